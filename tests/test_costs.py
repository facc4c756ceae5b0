"""What servers cost: each per month, all together by currency, what of it is paid ahead, and what is due soon."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nezha.api import Billing, Cycle, Unit
from custom_components.nezha.costs import MOST_CURRENCIES, add_up, price_per_month, remaining_value
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator import Simulator

from .conftest import NOON, Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server
from .test_billing import at, note
from .test_services import device_of, enable, entity_of, entry_for, identity, serving, shown, state_of

NOW = datetime.fromisoformat(NOON)
JULY = datetime(2026, 7, 1, tzinfo=UTC)


def billing(amount: str = "30EUR", cycle: Cycle | None = Cycle.MONTH, **fields: Any) -> Billing:
    return Billing(amount=amount, cycle=cycle, **fields)


class TestPricePerMonth:
    """A price per month is that of the cycle by its months, exactly."""

    @pytest.mark.parametrize(
        ("amount", "cycle", "price"),
        [
            ("12.5€", Cycle.MONTH, "12.50"),
            ("12.5€", Cycle.YEAR, "1.04"),
            ("30€", Cycle.QUARTER, "10.00"),
            ("99€", Cycle(3, Unit.YEAR), "2.75"),
            ("1€", Cycle(1, Unit.DAY), "30.44"),
            ("7€", Cycle(1, Unit.WEEK), "30.44"),
            ("0", Cycle.MONTH, "0.00"),
            ("-1", Cycle.MONTH, None),
            ("30€", Cycle.ONCE, None),
            ("30€", None, None),
            ("ask", Cycle.MONTH, None),
        ],
    )
    def test_of_a_cycle(self, amount: str, cycle: Cycle | None, price: str | None) -> None:
        money = price_per_month(billing(amount, cycle))
        assert (money and str(money.rounded)) == price

    def test_a_third_is_no_cent_less_in_a_sum(self) -> None:
        thirds = {str(number): billing("1€", Cycle.QUARTER) for number in range(3)}
        assert add_up(thirds, NOW).monthly == {"EUR": Decimal("1.00")}

    def test_tenths_add_up(self) -> None:
        tenths = {str(number): billing("0.1€") for number in range(3)}
        assert add_up(tenths, NOW).monthly == {"EUR": Decimal("0.30")}


class TestRemainingValue:
    """Of the price of a cycle the share of its days that are left is not used up."""

    @pytest.mark.parametrize(
        ("end", "fields", "value"),
        [
            # 30 of the 30 days of June, which cost 30 euro.
            (JULY, {}, "30.00"),
            (JULY - timedelta(days=10), {}, "19.35"),
            # Three months ahead are worth three times a month of 31 days.
            (JULY + timedelta(days=62), {}, "89.03"),
            # The end that is told has passed, and rolls on.
            (datetime(2026, 5, 21, tzinfo=UTC), {"auto_renewal": True}, "19.35"),
            (datetime(2026, 5, 21, tzinfo=UTC), {}, None),
            (None, {"never_expires": True}, None),
            (None, {}, None),
            # Whoever writes this means that there is no end.
            (datetime(2099, 12, 31, tzinfo=UTC), {}, None),
            (JULY, {"amount": "0"}, None),
            (JULY, {"cycle": Cycle.ONCE}, None),
            (JULY, {"cycle": None}, None),
            (JULY, {"cycle": Cycle(60, Unit.DAY)}, "15.00"),
            (datetime(2, 7, 1, tzinfo=UTC), {"cycle": Cycle(100, Unit.YEAR)}, None),
        ],
    )
    def test_of_an_end(self, end: datetime | None, fields: Mapping[str, Any], value: str | None) -> None:
        money = remaining_value(billing(end=end, **fields), NOW)
        assert (money and str(money.rounded)) == value

    def test_a_leap_year(self) -> None:
        money = remaining_value(billing("366€", Cycle.YEAR, end=datetime(2028, 6, 1, tzinfo=UTC)), NOW)
        assert money
        # So many days are left, and the last year has 366.
        assert money.rounded == 731


class TestTogether:
    """Sums are by currency: nothing is converted."""

    def test_what_has_expired_costs_nothing_any_more(self) -> None:
        ended = billing(end=NOW - timedelta(days=1))
        assert add_up({"a": ended, "b": billing()}, NOW).monthly == {"EUR": Decimal("30.00")}

    def test_a_currency_that_is_not_in_use_is_in_no_sum(self) -> None:
        costs = add_up({"a": billing("1ZZZ"), "b": billing("1"), "c": billing("1JPY")}, NOW)
        assert list(costs.monthly) == ["JPY"]

    def test_so_many_currencies_and_no_more(self) -> None:
        codes = ["EUR", "USD", "CNY", "JPY", "GBP", "HKD", "TWD", "SGD", "AUD", "CAD"]
        billings = {code: billing(f"1{code}") for code in codes} | {"again": billing("1CAD")}
        costs = add_up(billings, NOW)
        assert len(costs.monthly) == MOST_CURRENCIES
        assert costs.monthly["CAD"] == 2

    def test_what_is_due_is_in_order(self) -> None:
        ends = {"late": 31, "second": 29, "first": 2, "over": -1}
        billings = {name: billing(end=NOW + timedelta(days=days)) for name, days in ends.items()}
        assert [due.identity for due in add_up(billings, NOW).due] == ["first", "second"]


@pytest.fixture
async def simulator(hass: HomeAssistant, clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2 with three servers for a user in UTC."""
    await hass.config.async_set_time_zone("UTC")
    async with serving() as simulator:
        simulator.dashboard.add_server("beta")
        simulator.dashboard.add_server("gamma")
        yield simulator


def write(simulator: Simulator, number: int, **fields: Any) -> None:
    """Write a note."""
    simulator.dashboard.servers[number].public_note = note(**fields)


def monthly(simulator: Simulator, number: int, amount: str, end: str = "2026-07-01T00:00:00Z", **fields: Any) -> None:
    """Write a note of a server that is paid by the month."""
    write(simulator, number, **{"amount": amount, "cycle": "Month", "endDate": end, **fields})


async def test_each_server(hass: HomeAssistant, simulator: Simulator) -> None:
    monthly(simulator, 1, "12.5€", cycle="Year")
    keys = [f"{identity(simulator)}_{key}" for key in ("price_per_month", "remaining_value")]
    await set_up(hass, entry_for(simulator))
    registry = er.async_get(hass)
    assert [registry.async_get(entity_of(hass, "sensor", key)).disabled_by for key in keys] == ["integration"] * 2


async def test_a_servers_price_has_the_currency_of_its_note(hass: HomeAssistant, simulator: Simulator) -> None:
    monthly(simulator, 1, "12€", cycle="Year")
    keys = [f"{identity(simulator)}_{key}" for key in ("price_per_month", "remaining_value")]
    enable(hass, *keys)
    entry = await set_up(hass, entry_for(simulator))
    price = state_of(hass, "sensor", keys[0])
    assert (price.state, price.attributes["unit_of_measurement"]) == ("1.00", "EUR")
    assert price.attributes["device_class"] == "monetary"
    assert shown(hass, "sensor", keys[1]) == "0.99"
    monthly(simulator, 1, "12$", cycle="Year")
    await refresh(hass, entry)
    assert state_of(hass, "sensor", keys[0]).attributes["unit_of_measurement"] == "USD"
    monthly(simulator, 1, "-1")
    await refresh(hass, entry)
    assert [shown(hass, "sensor", key) for key in keys] == [STATE_UNKNOWN] * 2


async def test_all_servers_by_currency(hass: HomeAssistant, simulator: Simulator) -> None:
    monthly(simulator, 1, "30€")
    monthly(simulator, 2, "12€", cycle="Year", end="2026-12-01T00:00:00Z", autoRenewal="1")
    monthly(simulator, 3, "5$", end="2026-06-20T00:00:00Z", autoRenewal="1")
    await set_up(hass, entry_for(simulator))
    euro = state_of(hass, "sensor", "price_per_month_eur")
    assert (euro.state, euro.attributes["unit_of_measurement"]) == ("31.00", "EUR")
    assert euro.attributes["friendly_name"] == "My site Price per month (EUR)"
    assert shown(hass, "sensor", "price_per_month_usd") == "5.00"
    # 30 of 30 days, and 183 of 365.
    assert shown(hass, "sensor", "remaining_value_eur") == "36.02"
    assert shown(hass, "sensor", "remaining_value_usd") == "3.06"


async def test_what_is_due(hass: HomeAssistant, simulator: Simulator, clock: Clock) -> None:
    monthly(simulator, 1, "30€", end="2026-06-30T00:00:00Z")
    monthly(simulator, 2, "12€", end="2026-12-01T00:00:00Z", cycle="Year")
    monthly(simulator, 3, "5$", end="2026-06-20T00:00:00Z", autoRenewal="1")
    await set_up(hass, entry_for(simulator))
    due = state_of(hass, "sensor", "due")
    assert due.state == "2"
    assert due.attributes["renews"] == ["gamma"]
    assert due.attributes["expires"] == ["alpha"]
    assert due.attributes["amounts"] == {"EUR": "30.00", "USD": "5.00"}
    await at(hass, clock, datetime(2026, 6, 30, 1, tzinfo=UTC))
    # The first has expired; the third is due again in July.
    assert shown(hass, "sensor", "due") == "1"
    assert shown(hass, "sensor", "price_per_month_eur") == "1.00"


async def test_another_currency_comes_and_one_goes(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    assert entity_of(hass, "sensor", "due") is None
    monthly(simulator, 1, "30€")
    await refresh(hass, entry)
    assert shown(hass, "sensor", "price_per_month_eur") == "30.00"
    assert entity_of(hass, "sensor", "price_per_month_usd") is None
    monthly(simulator, 1, "30$")
    await refresh(hass, entry)
    assert shown(hass, "sensor", "price_per_month_usd") == "30.00"
    assert shown(hass, "sensor", "price_per_month_eur") == "0.00"


async def test_a_server_whose_device_is_disabled_does_not_count(hass: HomeAssistant, simulator: Simulator) -> None:
    monthly(simulator, 1, "30€")
    monthly(simulator, 2, "20€")
    entry = await set_up(hass, entry_for(simulator))
    device = device_of(hass, identity(simulator, 2))
    dr.async_get(hass).async_update_device(device.id, disabled_by=dr.DeviceEntryDisabler.USER)
    await hass.async_block_till_done()
    await refresh(hass, entry)
    assert shown(hass, "sensor", "price_per_month_eur") == "30.00"


async def test_an_unreachable_dashboard_makes_them_unavailable(hass: HomeAssistant, simulator: Simulator) -> None:
    monthly(simulator, 1, "30€")
    entry = await set_up(hass, entry_for(simulator))
    simulator.faults.set("refuse")
    await refresh(hass, entry)
    for key in ("due", "price_per_month_eur", "remaining_value_eur"):
        assert shown(hass, "sensor", key) == STATE_UNAVAILABLE
    simulator.faults.clear()
    await refresh(hass, entry)
    assert shown(hass, "sensor", "due") == "1"


async def test_v0_has_none(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    scripted.servers = [server(1, "alpha")]
    await set_up(hass, entry_of(scripted.url))
    assert entity_of(hass, "sensor", "due") is None


class TestTrafficOfAllServers:
    """What a rule counts of all servers together."""

    async def test_is_the_sum(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await self._count(hass, simulator, {1: 2**30, 2: 2**31})
        total = state_of(hass, "sensor", "cycle_1_total")
        assert (total.state, total.attributes["unit_of_measurement"]) == ("3.0", "GiB")
        assert total.attributes["friendly_name"] == "My site Monthly used by all servers"
        simulator.dashboard.rules[1].name = "Yearly"
        simulator.dashboard.rules[1].transfer[2] = 2**30
        await refresh(hass, entry)
        total = state_of(hass, "sensor", "cycle_1_total")
        assert (total.state, total.attributes["friendly_name"]) == ("2.0", "My site Yearly used by all servers")

    async def test_goes_with_its_rule_and_not_before(
        self, hass: HomeAssistant, simulator: Simulator, clock: Clock
    ) -> None:
        entry = await self._count(hass, simulator, {1: 2**30})
        rule = simulator.dashboard.rules.pop(1)
        await refresh(hass, entry)
        assert shown(hass, "sensor", "cycle_1_total") == STATE_UNAVAILABLE
        for _ in range(3):
            clock.tick(1_300)
            await refresh(hass, entry)
        assert entity_of(hass, "sensor", "cycle_1_total") is None
        simulator.dashboard.rules[1] = rule
        await refresh(hass, entry)
        assert float(shown(hass, "sensor", "cycle_1_total")) >= 1

    async def _count(self, hass: HomeAssistant, simulator: Simulator, used: Mapping[int, int]) -> MockConfigEntry:
        rule = simulator.dashboard.add_rule("Monthly", servers=used)
        simulator.dashboard.advance()
        rule.transfer.update(used)
        return await set_up(hass, entry_for(simulator))
