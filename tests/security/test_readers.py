"""What a user of Home Assistant who may only read can do or see, and what is put before those who may do more."""

from collections.abc import AsyncIterator
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nezha.const import DOMAIN
from custom_components.nezha.runtime import limits
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir, restore_state
from homeassistant.setup import async_setup_component
from simulator import Simulator
from tests.conftest import Clock, refresh, set_up
from tests.test_services import entity_of, entry_for, identity, serving

from .harm import harm

RENEWING = json.dumps(
    {"billingDataMod": {"startDate": "2020-01-01", "endDate": "2026-06-02", "cycle": "日", "autoRenewal": "1"}}
)
MARKDOWN = "[Sign in](https://evil.example) <b>"
ADDRESSES = ("198.51.100.77", "198.51.100.78")


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2, which is only polled."""
    async with serving() as simulator:
        yield simulator


@pytest.mark.filterwarnings("ignore::aiohttp.web.NotAppKeyWarning")  # Home Assistant's own
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0003-01-01T00:00:00Z", "9998-12-31T00:00:00Z"),
        # A day from the first and the last that there is: of those core itself makes an error before it asks anybody.
        ("0001-01-02T00:00:00Z", "9999-12-30T00:00:00Z"),
        ("9998-01-01T00:00:00Z", "9999-01-01T00:00:00Z"),
    ],
)
async def test_d_thousands_of_years_of_a_calendar(
    hass: HomeAssistant,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
    hass_read_only_access_token: str,
    start: str,
    end: str,
) -> None:
    for number in range(10):
        simulator.dashboard.add_server(f"renewing {number}", public_note=RENEWING)
    assert await async_setup_component(hass, "calendar", {})
    await set_up(hass, entry_for(simulator))
    reader = await hass_client(hass_read_only_access_token)
    name = entity_of(hass, "calendar", "renewals")
    with harm(hass) as done:
        async with reader.get(f"/api/calendars/{name}", params={"start": start, "end": end}) as response:
            assert response.status == 200
            events = await response.json()
    done.assert_nothing_blocked()
    assert len(events) <= limits.CALENDAR_EVENTS
    if start < "2024":
        assert len(events) == limits.CALENDAR_EVENTS
        assert min(event["start"]["date"] for event in events) > "2024"


async def test_n_a_site_name_with_markdown(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    """The text of a repair is Markdown, and the name is whoever's who runs the dashboard: it is shown as it is."""
    entry = entry_for(simulator)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, title=MARKDOWN)
    await set_up(hass, entry)
    simulator.firewall.reject("127.0.0.1")
    await refresh(hass, entry)
    assert simulator.firewall.turned_away
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "blocked_hub")
    assert issue
    assert issue.translation_placeholders == {"name": r"\[Sign in\]\(https\:\/\/evil\.example\) \<b\>"}


async def test_o_an_address_that_changes(
    hass: HomeAssistant, clock: Clock, simulator: Simulator, hass_storage: dict[str, Any]
) -> None:
    """Neither a state nor a restored state has an address, unless the user enabled the sensor that shows it."""
    machine = simulator.dashboard.servers[1].machine
    machine.pin(ipv4=ADDRESSES[0])
    clock.tick(10)
    entry = await set_up(hass, entry_for(simulator))
    machine.pin(ipv4=ADDRESSES[1])
    clock.tick(10)
    await refresh(hass, entry)
    known = simulator.dashboard.servers[1].host
    assert known
    assert known.ipv4 == ADDRESSES[1]
    event = hass.states.get(entity_of(hass, "event", f"{identity(simulator)}_changes") or "")
    assert event
    assert event.attributes["event_type"] == "address_changed"
    await restore_state.async_get(hass).async_dump_states()
    told = [str(state.as_dict()) for state in hass.states.async_all()] + [str(hass_storage[restore_state.STORAGE_KEY])]
    assert not [text for text in told if any(address in text for address in ADDRESSES)]


async def test_p_a_number_that_another_task_has_taken(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    """The button says "Run Backup", and runs that or nothing."""
    simulator.dashboard.add_task("Backup")
    entry = await set_up(hass, entry_for(simulator))
    backup = entity_of(hass, "button", "task_1")
    assert backup
    simulator.dashboard.tasks[1].name = "Erase everything"

    async def press() -> None:
        await hass.services.async_call("button", "press", {"entity_id": backup}, blocking=True)

    with pytest.raises(HomeAssistantError) as refused:
        await press()
    assert refused.value.translation_key == "task_changed"
    await refresh(hass, entry)
    assert hass.states.get(backup).state == "unavailable"
    await press()
    assert not [each for each in simulator.requests if each.path == "/api/v1/cron/1/manual"]
