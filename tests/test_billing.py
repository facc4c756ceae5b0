"""What a server's public note says of its price, its end and its plan."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
import json
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.nezha.diagnostics import async_get_config_entry_diagnostics
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator import Simulator

from .conftest import NOON, Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server
from .test_services import enable, entity_of, entry_for, identity, serving, shown, state_of

BILLING = ("expiry", "days_left", "term", "price", "billing_cycle")
PLAN = ("plan_traffic", "plan_bandwidth")
SECRET = "the safe is behind the picture"


def note(plan: dict[str, str] | None = None, **billing: Any) -> str:
    """Return a note as Nezha's pages understand it."""
    return json.dumps(({"billingDataMod": billing} if billing else {}) | ({"planDataMod": plan} if plan else {}))


@pytest.fixture
async def simulator(hass: HomeAssistant, clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2 for a user in UTC."""
    await hass.config.async_set_time_zone("UTC")
    async with serving() as simulator:
        yield simulator


async def noted(hass: HomeAssistant, simulator: Simulator, text: str) -> MockConfigEntry:
    """Set up a server with a note, with all that may come of it enabled."""
    simulator.dashboard.servers[1].public_note = text
    if text.startswith('{"'):
        enable(hass, *(f"{identity(simulator)}_{key}" for key in (*BILLING, *PLAN) if key in text or key in BILLING))
    return await set_up(hass, entry_for(simulator))


def told(hass: HomeAssistant, simulator: Simulator, *keys: str) -> list[str]:
    """Return what a user sees of a note."""
    return [shown(hass, "sensor", f"{identity(simulator)}_{key}") for key in keys]


async def at(hass: HomeAssistant, clock: Clock, moment: datetime) -> None:
    """Let time pass, and the timers run that are due by then: the loop's own clock stands still."""
    clock.tick((moment - datetime.now(UTC)).total_seconds())
    async_fire_time_changed(hass, moment + (moment - datetime.fromisoformat(NOON)))
    await hass.async_block_till_done()


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_only_the_expiry_is_on_by_default(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    async with serving(generation) as simulator:
        plan = {"trafficVol": "1TB/Month", "bandwidth": "1Gbps"}
        simulator.dashboard.servers[1].public_note = note(plan, endDate="2026-08-01T00:00:00Z", amount="12.5€")
        await set_up(hass, entry_for(simulator, generation))
        registry = er.async_get(hass)
        ids = [entity_of(hass, "sensor", f"{identity(simulator)}_{key}") for key in (*BILLING, *PLAN)]
        assert [registry.async_get(each).disabled for each in ids] == [False, *[True] * 6]
        assert {registry.async_get(each).entity_category for each in ids} == {"diagnostic"}
        assert told(hass, simulator, "expiry") == ["2026-08-01T00:00:00+00:00"]
        assert state_of(hass, "sensor", f"{identity(simulator)}_expiry").attributes["device_class"] == "timestamp"


async def test_a_note_with_all_of_it(hass: HomeAssistant, simulator: Simulator) -> None:
    enable(hass, *(f"{identity(simulator)}_{key}" for key in PLAN))
    text = note(
        {"trafficVol": "1TB/Month", "bandwidth": "1Gbps"},
        endDate="2026-08-01T00:00:00Z",
        autoRenewal="0",
        cycle="Year",
        amount="12.5€",
    )
    await noted(hass, simulator, text)
    assert told(hass, simulator, *BILLING) == ["2026-08-01T00:00:00+00:00", "61", "expires", "12.5€", "year"]
    assert told(hass, simulator, *PLAN) == ["1TB/Month", "1Gbps"]


@pytest.mark.parametrize(
    ("billing", "expected"),
    [
        # With auto-renewal a past end rolls on by the cycle.
        (
            {"endDate": "2025-04-30T00:00:00Z", "autoRenewal": 1, "cycle": "季", "amount": "0"},
            ["2026-07-30T00:00:00+00:00", "59", "renews", "free", "quarter"],
        ),
        (
            {"endDate": "2026-05-01T00:00:00Z", "autoRenewal": "1", "cycle": "MO", "amount": "-1"},
            ["2026-07-01T00:00:00+00:00", "30", "renews", "pay_as_you_go", "month"],
        ),
        # Without it, it has expired.
        (
            {"endDate": "2026-05-30T23:59:59Z", "cycle": "half", "amount": "200EUR"},
            ["2026-05-30T23:59:59+00:00", "-2", "expires", "200EUR", "half_year"],
        ),
        (
            {"endDate": "0000-00-00T23:59:59+08:00", "cycle": "年", "amount": "3$"},
            [STATE_UNKNOWN, STATE_UNKNOWN, "never_expires", "3$", "year"],
        ),
        ({"amount": "5"}, [STATE_UNKNOWN, STATE_UNKNOWN, STATE_UNKNOWN, "5", STATE_UNKNOWN]),
        (
            {"endDate": "2026-07-01", "amount": ""},
            ["2026-07-01T00:00:00+00:00", "30", "expires", STATE_UNKNOWN, STATE_UNKNOWN],
        ),
    ],
)
async def test_every_kind_of_billing(
    hass: HomeAssistant, simulator: Simulator, billing: dict[str, Any], expected: list[str]
) -> None:
    await noted(hass, simulator, note(**billing))
    assert told(hass, simulator, *BILLING) == expected
    assert entity_of(hass, "sensor", f"{identity(simulator)}_plan_traffic") is None


@pytest.mark.parametrize(
    ("amount", "figures"),
    [("12.5€", {"amount": 12.5, "currency": "EUR"}), ("0", {}), ("-1", {}), ("as agreed", {})],
)
async def test_a_price_in_figures(
    hass: HomeAssistant, simulator: Simulator, amount: str, figures: dict[str, Any]
) -> None:
    await noted(hass, simulator, note(amount=amount, endDate="2026-07-01"))
    attributes = state_of(hass, "sensor", f"{identity(simulator)}_price").attributes
    assert {key: attributes[key] for key in ("amount", "currency") if key in attributes} == figures


async def test_a_plan_alone_and_a_part_of_it(hass: HomeAssistant, simulator: Simulator) -> None:
    enable(hass, *(f"{identity(simulator)}_{key}" for key in PLAN))
    simulator.dashboard.servers[1].public_note = note({"bandwidth": "100Mbps"})
    entry = await set_up(hass, entry_for(simulator))
    assert told(hass, simulator, *PLAN) == [STATE_UNKNOWN, "100Mbps"]
    assert entity_of(hass, "sensor", f"{identity(simulator)}_expiry") is None
    simulator.dashboard.servers[1].public_note = note(amount="3$")
    await refresh(hass, entry)
    assert told(hass, simulator, *PLAN, "expiry") == [STATE_UNKNOWN] * 3


async def test_days_left_are_recounted_where_there_is_no_midnight(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    """In Chile the clocks are put forward at 0:00: that day starts at 1:00."""
    await hass.config.async_set_time_zone("America/Santiago")
    clock.move_to(datetime(2026, 9, 6, 3, 30, tzinfo=UTC))
    await noted(hass, simulator, note(endDate="2026-09-08T12:00:00Z"))
    assert told(hass, simulator, "days_left") == ["3"]
    clock.tick(1_801)
    async_fire_time_changed(hass, datetime.now(UTC) + timedelta(seconds=1_801))
    await hass.async_block_till_done()
    assert told(hass, simulator, "days_left") == ["2"]


async def test_days_left_are_recounted_at_local_midnight_without_a_request(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    await hass.config.async_set_time_zone("Asia/Shanghai")
    entry = await noted(hass, simulator, note(endDate="2026-06-03T23:59:59+08:00"))
    entry.runtime_data.update_interval = None
    await refresh(hass, entry)
    requests = len(simulator.requests)
    days = told(hass, simulator, "days_left")
    for moment in (datetime(2026, 6, 1, 15, 59, 59, tzinfo=UTC), datetime(2026, 6, 1, 16, 0, 1, tzinfo=UTC)):
        await at(hass, clock, moment)
        days += told(hass, simulator, "days_left")
    assert days == ["2", "2", "1"]
    assert len(simulator.requests) == requests


async def test_a_renewal_at_midnight_begins_a_new_term(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    entry = await noted(hass, simulator, note(endDate="2026-06-02T00:00:00Z", autoRenewal="1", cycle="m"))
    entry.runtime_data.update_interval = None
    await refresh(hass, entry)
    assert told(hass, simulator, "expiry", "days_left") == ["2026-06-02T00:00:00+00:00", "1"]
    await at(hass, clock, datetime(2026, 6, 2, 0, 0, 1, tzinfo=UTC))
    assert told(hass, simulator, "expiry", "days_left") == ["2026-07-02T00:00:00+00:00", "30"]


async def test_midnight_while_the_dashboard_is_away_brings_nothing_back(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    entry = await noted(hass, simulator, note(endDate="2026-06-03T00:00:00Z"))
    simulator.faults.set("refuse")
    entry.runtime_data.update_interval = None
    await refresh(hass, entry)
    await at(hass, clock, datetime(2026, 6, 2, 0, 0, 1, tzinfo=UTC))
    assert told(hass, simulator, "expiry", "days_left") == [STATE_UNAVAILABLE] * 2


async def test_billing_stays_while_the_server_is_offline(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    entry = await noted(hass, simulator, note(endDate="2026-06-03T00:00:00Z"))
    simulator.dashboard.servers[1].machine.silent = True
    clock.tick(60)
    await refresh(hass, entry)
    assert shown(hass, "binary_sensor", f"{identity(simulator)}_online") == "off"
    assert told(hass, simulator, "expiry") == ["2026-06-03T00:00:00+00:00"]


async def test_a_note_written_later_makes_the_entities(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await noted(hass, simulator, "")
    assert entity_of(hass, "sensor", f"{identity(simulator)}_expiry") is None
    simulator.dashboard.servers[1].public_note = note(endDate="2026-06-03T00:00:00Z")
    await refresh(hass, entry)
    assert told(hass, simulator, "expiry") == ["2026-06-03T00:00:00+00:00"]
    simulator.dashboard.servers[1].public_note = ""
    await refresh(hass, entry)
    assert told(hass, simulator, "expiry") == [STATE_UNKNOWN]


@pytest.mark.parametrize(
    ("text", "fields", "made"),
    [
        (f'{{"billingDataMod": {{"endDate": "{SECRET}"', "public_note", False),
        (note(endDate="2025-07-141T23:59:59+08:00", amount=SECRET), "billingDataMod.endDate", True),
        (
            note(endDate=SECRET, cycle=SECRET, amount=[SECRET]),
            "billingDataMod.endDate, billingDataMod.cycle, billingDataMod.amount",
            False,
        ),
    ],
)
async def test_what_is_malformed_is_ignored_with_one_line_for_debugging(
    hass: HomeAssistant,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    text: str,
    fields: str,
    made: bool,
) -> None:
    caplog.set_level(logging.DEBUG)
    simulator.dashboard.servers[1].public_note = text
    entry = await set_up(hass, entry_for(simulator))
    await refresh(hass, entry)
    lines = [record.getMessage() for record in caplog.records if "Not understood" in record.getMessage()]
    assert lines == [f"Not understood in public notes of {entry.title}: server 1: {fields}"]
    if made:
        assert told(hass, simulator, "expiry") == [STATE_UNKNOWN]
    else:
        assert entity_of(hass, "sensor", f"{identity(simulator)}_expiry") is None
    own = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components")]
    assert SECRET not in "\n".join(own)


async def test_free_text_is_no_note(
    hass: HomeAssistant, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await noted(hass, simulator, "Under the desk")
    assert entity_of(hass, "sensor", f"{identity(simulator)}_expiry") is None
    assert "Not understood" not in caplog.text


async def test_notes_are_in_no_attribute_and_not_in_the_diagnostics(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.dashboard.servers[1].note = SECRET
    price = "3$ as agreed"
    text = note({"extra": SECRET, "networkRoute": SECRET}, endDate="2026-06-03", amount=price)
    entry = await noted(hass, simulator, text)
    diagnostics = json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str)
    assert "alpha" in diagnostics
    assert [each for each in (SECRET, price) if each in diagnostics] == []
    states = {state.entity_id: state for state in hass.states.async_all()}
    assert states.pop(entity_of(hass, "sensor", f"{identity(simulator)}_price")).state == price
    shown = {entity_id: str(state.as_dict()) for entity_id, state in states.items()}
    assert [entity_id for entity_id, state in shown.items() if SECRET in state or price in state] == []


async def test_v0_has_no_notes(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    scripted.servers = [server(public_note=note(endDate="2026-06-03"))]
    await set_up(hass, entry_of(scripted.url))
    assert entity_of(hass, "sensor", "1_cpu")
    assert entity_of(hass, "sensor", "1_expiry") is None
