"""Traffic cycles: what a server has used of each rule that counts it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.nezha.api import TrafficCycle, v1
from custom_components.nezha.api.v1_decode import Things
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator import CYCLES_DELAY, Cycle, Simulator

from .conftest import Clock, refresh, set_up
from .test_services import (
    enable,
    entity_of,
    entry_for,
    identity,
    limit_scopes,
    polls,
    reload,
    serving,
    shown,
    state_of,
)

GIB = 2**30
FIGURES = ("used_share", "reset", "used", "remaining")
JUNE, JULY, AUGUST = (datetime(2026, month, 1, tzinfo=UTC).isoformat() for month in (6, 7, 8))


def add_rule(simulator: Simulator, name: str, used: Mapping[int, int], **fields: Any) -> None:
    """Add a rule over the servers of which it has counted something."""
    rule = simulator.dashboard.add_rule(name, servers=used, **fields)
    simulator.dashboard.advance()
    rule.transfer.update(used)


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2 with a monthly rule."""
    async with serving() as simulator:
        add_rule(simulator, "Monthly", {1: GIB}, limit=4 * GIB)
        yield simulator


def key(simulator: Simulator, figure: str, rule: int = 1, number: int = 1) -> str:
    """Return what an entity is known by."""
    return f"{identity(simulator, number)}_cycle_{rule}_{figure}"


def enable_all(hass: HomeAssistant, simulator: Simulator) -> None:
    """Enable what is not enabled by default."""
    enable(hass, key(simulator, "used"), key(simulator, "remaining"))


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_a_cycle_has_four_figures_two_of_them_off(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    async with serving(generation) as simulator:
        add_rule(simulator, "Monthly", {1: GIB}, limit=3 * GIB)
        entry = await set_up(hass, entry_for(simulator, generation))
        registry = er.async_get(hass)
        entities = {figure: registry.async_get(entity_of(hass, "sensor", key(simulator, figure))) for figure in FIGURES}
        assert [figure for figure, entity in entities.items() if entity.disabled] == ["used", "remaining"]
        assert entities["used_share"].entity_id == "sensor.alpha_monthly_usage"
        assert shown(hass, "sensor", key(simulator, "used_share")) == "33.3"
        assert shown(hass, "sensor", key(simulator, "reset")) == JULY

        for entity in entities.values():
            registry.async_update_entity(entity.entity_id, disabled_by=None)
        await reload(hass, entry)
        assert shown(hass, "sensor", key(simulator, "used")) == "1.0"
        assert shown(hass, "sensor", key(simulator, "remaining")) == "2.0"
        assert state_of(hass, "sensor", key(simulator, "used")).attributes["unit_of_measurement"] == "GiB"


async def test_more_than_all_leaves_nothing(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.dashboard.rules[1].transfer[1] = 5 * GIB
    enable_all(hass, simulator)
    await set_up(hass, entry_for(simulator))
    assert shown(hass, "sensor", key(simulator, "used_share")) == "125.0"
    assert shown(hass, "sensor", key(simulator, "remaining")) == "0"


async def test_without_a_limit_there_is_no_share_and_nothing_remains(hass: HomeAssistant, simulator: Simulator) -> None:
    add_rule(simulator, "Counted only", {1: GIB})
    entry = await set_up(hass, entry_for(simulator))
    ids = [entity_of(hass, "sensor", key(simulator, figure, rule=2)) for figure in FIGURES]
    assert [bool(each) for each in ids] == [False, True, True, False]
    simulator.dashboard.rules[2].max = 2 * GIB
    simulator.dashboard.rules[1].max = 0
    await refresh(hass, entry)
    assert shown(hass, "sensor", key(simulator, "used_share", rule=2)) == "50.0"
    assert shown(hass, "sensor", key(simulator, "used_share")) == STATE_UNKNOWN
    assert shown(hass, "sensor", key(simulator, "reset")) == JULY


async def test_rules_over_one_server_and_servers_under_one_rule_do_not_collide(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    simulator.dashboard.add_server("beta")
    # Two rules of one name, which nothing forbids.
    add_rule(simulator, "Monthly", {1: GIB, 2: 2 * GIB}, limit=2 * GIB, cycle=Cycle.WEEK)
    await set_up(hass, entry_for(simulator))
    assert shown(hass, "sensor", key(simulator, "used_share")) == "25.0"
    assert shown(hass, "sensor", key(simulator, "used_share", rule=2)) == "50.0"
    assert shown(hass, "sensor", key(simulator, "used_share", rule=2, number=2)) == "100.0"
    assert entity_of(hass, "sensor", key(simulator, "used_share", number=2)) is None
    assert shown(hass, "sensor", key(simulator, "reset", rule=2)) == "2026-06-08T00:00:00+00:00"


async def test_a_rule_that_is_new_or_renamed(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    share = entity_of(hass, "sensor", key(simulator, "used_share"))
    add_rule(simulator, "Weekly", {1: GIB}, limit=2 * GIB, cycle=Cycle.WEEK)
    simulator.dashboard.rules[1].name = "Plan A"
    await refresh(hass, entry)
    assert shown(hass, "sensor", key(simulator, "used_share", rule=2)) == "50.0"
    count = len(hass.states.async_entity_ids("sensor"))
    await reload(hass, entry)
    assert entity_of(hass, "sensor", key(simulator, "used_share")) == share
    assert state_of(hass, "sensor", key(simulator, "used_share")).name.startswith("alpha Plan A ")
    assert len(hass.states.async_entity_ids("sensor")) == count


async def test_after_the_dashboards_restart_there_are_none_for_a_while(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    entry = await set_up(hass, entry_for(simulator))
    simulator.dashboard.restart()
    await refresh(hass, entry)
    assert shown(hass, "sensor", key(simulator, "used_share")) == STATE_UNAVAILABLE
    await reload(hass, entry)
    await polls(hass, clock, entry, lists=4, seconds=CYCLES_DELAY - 1)
    assert shown(hass, "sensor", key(simulator, "reset")) == STATE_UNAVAILABLE
    clock.tick(1)
    await refresh(hass, entry)
    assert shown(hass, "sensor", key(simulator, "used_share")) == "25.0"


class TestRuleThatIsGone:
    """What a rule showed stays for a while, and goes with the rule."""

    def ids(self, hass: HomeAssistant, simulator: Simulator, rule: int = 1) -> list[bool]:
        """Return which of a rule's entities there are."""
        return [bool(entity_of(hass, "sensor", key(simulator, figure, rule=rule))) for figure in FIGURES]

    async def test_is_removed_after_an_hour_and_can_come_back(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        add_rule(simulator, "Weekly", {1: GIB}, limit=2 * GIB, cycle=Cycle.WEEK)
        entry = await set_up(hass, entry_for(simulator))
        rule = simulator.dashboard.rules.pop(1)
        await polls(hass, clock, entry, lists=4, seconds=3_599)
        assert shown(hass, "sensor", key(simulator, "reset")) == STATE_UNAVAILABLE
        await polls(hass, clock, entry, lists=2, seconds=2)
        assert self.ids(hass, simulator) == [False] * 4
        assert self.ids(hass, simulator, rule=2) == [True] * 4
        simulator.dashboard.rules[1] = rule
        await refresh(hass, entry)
        assert shown(hass, "sensor", key(simulator, "reset")) == JULY
        assert self.ids(hass, simulator) == [True] * 4

    async def test_is_removed_where_it_went_while_home_assistant_was_down(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        entry = await set_up(hass, entry_for(simulator))
        simulator.dashboard.rules.clear()
        await reload(hass, entry)
        await polls(hass, clock, entry, lists=4, seconds=3_600)
        assert self.ids(hass, simulator) == [False] * 4

    async def test_stays_where_it_returns_in_time(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        entry = await set_up(hass, entry_for(simulator))
        for _ in range(3):
            rule = simulator.dashboard.rules.pop(1)
            await polls(hass, clock, entry, lists=4, seconds=3_000)
            simulator.dashboard.rules[1] = rule
            await refresh(hass, entry)
        assert shown(hass, "sensor", key(simulator, "reset")) == JULY

    async def test_stays_while_it_is_suspended_and_goes_when_it_is_deleted(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        entry = await set_up(hass, entry_for(simulator))
        simulator.dashboard.rules[1].enabled = False
        await polls(hass, clock, entry, lists=4, seconds=7_200)
        assert shown(hass, "sensor", key(simulator, "reset")) == STATE_UNAVAILABLE
        await reload(hass, entry)
        await polls(hass, clock, entry, lists=4, seconds=7_200)
        assert self.ids(hass, simulator) == [True] * 4
        simulator.dashboard.rules.clear()
        await polls(hass, clock, entry, lists=6, seconds=7_200)
        assert self.ids(hass, simulator) == [False] * 4

    async def test_stays_while_it_may_be_suspended_for_all_that_is_known(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        entry = await set_up(hass, entry_for(simulator))
        simulator.dashboard.rules[1].enabled = False
        simulator.faults.set("html_502", path="/alert-rule")
        await polls(hass, clock, entry, lists=4, seconds=7_200)
        assert self.ids(hass, simulator) == [True] * 4

    async def test_goes_where_the_token_may_not_read_rules(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        limit_scopes(simulator, "nezha:alertrule:read")
        entry = await set_up(hass, entry_for(simulator))
        simulator.dashboard.rules.clear()
        await polls(hass, clock, entry, lists=4, seconds=3_600)
        assert self.ids(hass, simulator) == [False] * 4

    async def test_stays_where_the_token_lost_the_scope(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        entry = await set_up(hass, entry_for(simulator))
        limit_scopes(simulator, "nezha:service:read")
        await polls(hass, clock, entry, lists=4, seconds=7_200)
        assert shown(hass, "sensor", key(simulator, "reset")) == STATE_UNAVAILABLE


async def test_a_new_name_is_shown_at_once(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    simulator.dashboard.rules[1].name = "Plan A"
    await refresh(hass, entry)
    assert state_of(hass, "sensor", key(simulator, "used_share")).name.startswith("alpha Plan A ")


async def test_a_reload_does_not_bring_a_new_cycle_to_the_number_of_the_old_one(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """For up to half an hour the dashboard has the new cycle's start beside what was used in the old one."""
    enable_all(hass, simulator)
    entry = await set_up(hass, entry_for(simulator))
    decode = v1.decode_cycles

    def decode_later(data: object) -> Things[TrafficCycle]:
        things = decode(data)
        cycle = replace(things.by_number[1], start=datetime.fromisoformat(JULY))
        return replace(things, by_number={1: cycle})

    with patch.object(v1, "decode_cycles", decode_later):
        await reload(hass, entry)
        state = state_of(hass, "sensor", key(simulator, "used"))
        assert (state.state, state.attributes["last_reset"]) == (str(GIB), JUNE)
        simulator.dashboard.rules[1].transfer[1] = GIB // 2
        await refresh(hass, entry)
        state = state_of(hass, "sensor", key(simulator, "used"))
        assert (state.state, state.attributes["last_reset"]) == (str(GIB // 2), JULY)


async def test_an_unreachable_dashboard_makes_them_unavailable(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    simulator.faults.set("refuse")
    await refresh(hass, entry)
    assert shown(hass, "sensor", key(simulator, "reset")) == STATE_UNAVAILABLE


async def test_a_server_under_a_new_number_goes_on(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    known = key(simulator, "used_share")
    machine = simulator.dashboard.servers[1].machine
    simulator.dashboard.remove_server(1)
    await refresh(hass, entry)
    assert shown(hass, "sensor", known) == STATE_UNAVAILABLE
    simulator.dashboard.add_server("brisk-badger", machine)
    simulator.dashboard.rules[1].servers = None
    simulator.dashboard.advance()
    simulator.dashboard.rules[1].transfer[2] = 2 * GIB
    await refresh(hass, entry)
    assert shown(hass, "sensor", known) == "50.0"


async def test_what_is_used_is_a_total_since_the_cycles_begin(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    enable_all(hass, simulator)
    entry = await set_up(hass, entry_for(simulator))
    state = state_of(hass, "sensor", key(simulator, "used"))
    assert state.attributes["state_class"] == "total"
    assert state.attributes["last_reset"] == JUNE
    assert "last_reset" not in state_of(hass, "sensor", key(simulator, "remaining")).attributes
    clock.tick(30 * 86_400)
    await refresh(hass, entry)
    state = state_of(hass, "sensor", key(simulator, "used"))
    assert state.attributes["last_reset"] == JULY
    assert shown(hass, "sensor", key(simulator, "reset")) == AUGUST


async def test_a_new_cycle_begins_for_a_server_when_it_is_counted_anew(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """The dashboard moves a rule's cycle on as soon as the first of its servers is counted."""
    enable_all(hass, simulator)
    entry = await set_up(hass, entry_for(simulator))
    coordinator = entry.runtime_data
    assert coordinator.snapshot
    shares = []
    begin = datetime.fromisoformat(JULY)
    for used in (GIB, GIB, GIB // 2):
        cycle = replace(coordinator.snapshot.cycles[1], start=begin, used=MappingProxyType({1: used}))
        coordinator.snapshot = replace(coordinator.snapshot, cycles={1: cycle})
        coordinator.counted = {identity(simulator): [cycle]}
        coordinator.async_update_listeners()
        state = state_of(hass, "sensor", key(simulator, "used"))
        shares.append((state.state, state.attributes["last_reset"]))
    assert shares == [(str(GIB), JUNE), (str(GIB), JUNE), (str(GIB // 2), JULY)]
