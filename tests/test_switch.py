"""Alert rules: each a switch, that changes nothing else of its rule, whoever else changes it at the same time."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from homeassistant.const import ATTR_ENTITY_ID, STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from simulator import Simulator

from .conftest import Clock, refresh, set_up
from .test_services import entity_of, entry_for, limit_scopes, polls, reload, serving, shown

READ, WRITE = "nezha:alertrule:read", "nezha:alertrule:write"
MINUTE = 61


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2 with a rule."""
    async with serving() as simulator:
        simulator.dashboard.add_rule("Monthly", limit=10**12)
        yield simulator


def key(simulator: Simulator, number: int = 1) -> str:
    return f"alert_rule_{number}_{int(simulator.dashboard.rules[number].created_at)}"


def enable(hass: HomeAssistant, *keys: str) -> None:
    """Let the user enable switches before the entry is set up."""
    for each in keys:
        er.async_get(hass).async_get_or_create("switch", "nezha", f"hub_{each}", disabled_by=None)


async def turn(hass: HomeAssistant, action: str, key: str) -> None:
    """Switch as a user does."""
    target = {ATTR_ENTITY_ID: entity_of(hass, "switch", key)}
    await hass.services.async_call("switch", action, target, blocking=True)


def changes(simulator: Simulator) -> list[str]:
    """Return the paths of what was written, but for asking whether anything may be."""
    return [seen.path for seen in simulator.requests if seen.method == "PATCH" and not seen.path.endswith("/0")]


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_each_rule_has_one_that_is_off_by_default(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    async with serving(generation) as simulator:
        simulator.dashboard.add_rule("Monthly")
        entry = await set_up(hass, entry_for(simulator, generation))
        entity = er.async_get(hass).async_get(entity_of(hass, "switch", key(simulator)) or "")
        assert entity
        assert (entity.disabled_by, entity.entity_category) == ("integration", "config")
        er.async_get(hass).async_update_entity(entity.entity_id, disabled_by=None)
        await reload(hass, entry)
        assert shown(hass, "switch", key(simulator)) == STATE_ON
        await turn(hass, "turn_off", key(simulator))
        assert shown(hass, "switch", key(simulator)) == STATE_OFF
        assert simulator.dashboard.rules[1].enabled is False
        await turn(hass, "turn_on", key(simulator))
        assert simulator.dashboard.rules[1].enabled is True
        assert shown(hass, "switch", key(simulator)) == STATE_ON


@pytest.mark.parametrize("missing", [READ, WRITE])
async def test_without_a_scope_there_is_none(hass: HomeAssistant, simulator: Simulator, missing: str) -> None:
    limit_scopes(simulator, missing)
    entry = await set_up(hass, entry_for(simulator))
    await refresh(hass, entry)
    assert entity_of(hass, "switch", key(simulator)) is None


async def test_what_another_one_changed_meanwhile_stays(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    enable(hass, key(simulator))
    await set_up(hass, entry_for(simulator))
    rule = simulator.dashboard.rules[1]
    rule.name, rule.max, rule.trigger_mode, rule.notification_group = "Quarterly", 5, 1, 7
    rule.fail_tasks, rule.recover_tasks = [1], [2, 3]
    await turn(hass, "turn_off", key(simulator))
    assert (rule.enabled, rule.name, rule.max, rule.trigger_mode, rule.notification_group) == (
        False,
        "Quarterly",
        5,
        1,
        7,
    )
    assert (rule.fail_tasks, rule.recover_tasks) == ([1], [2, 3])


async def test_a_rule_that_took_over_the_number_is_left_alone(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    old = key(simulator)
    enable(hass, old)
    entry = await set_up(hass, entry_for(simulator))
    clock.tick(5)
    del simulator.dashboard.rules[1]
    simulator.dashboard.add_rule("Monthly")
    with pytest.raises(HomeAssistantError) as raised:
        await turn(hass, "turn_off", old)
    assert raised.value.translation_key == "alert_rule_changed"
    assert changes(simulator) == []
    clock.tick(MINUTE)
    await refresh(hass, entry)
    assert shown(hass, "switch", old) == STATE_UNAVAILABLE
    assert entity_of(hass, "switch", key(simulator)) not in (None, entity_of(hass, "switch", old))


async def test_a_deleted_rule_takes_its_switch_along_after_a_while(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    simulator.dashboard.add_rule("Weekly")
    deleted, kept = key(simulator), key(simulator, 2)
    entry = await set_up(hass, entry_for(simulator))
    rule = simulator.dashboard.rules.pop(1)
    clock.tick(MINUTE)
    await polls(hass, clock, entry, lists=5, seconds=599)
    assert entity_of(hass, "switch", deleted)
    clock.tick(MINUTE)
    await refresh(hass, entry)
    assert entity_of(hass, "switch", deleted) is None
    assert entity_of(hass, "switch", kept)
    simulator.dashboard.rules[1] = rule
    clock.tick(MINUTE)
    await refresh(hass, entry)
    assert entity_of(hass, "switch", deleted)


async def test_one_that_was_deleted_while_home_assistant_was_down_goes_too(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    deleted = key(simulator)
    entry = await set_up(hass, entry_for(simulator))
    simulator.dashboard.rules.clear()
    await reload(hass, entry)
    assert entity_of(hass, "switch", deleted)
    await polls(hass, clock, entry, lists=5, seconds=700)
    assert entity_of(hass, "switch", deleted) is None


@pytest.mark.parametrize("at_the_start", [True, False])
async def test_what_is_unknown_for_long_removes_nothing(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, *, at_the_start: bool
) -> None:
    enable(hass, key(simulator))
    entry = await set_up(hass, entry_for(simulator))
    simulator.faults.set("html_502", path="/alert-rule")
    if at_the_start:
        await reload(hass, entry)
    await polls(hass, clock, entry, lists=5, seconds=7_200)
    assert entity_of(hass, "switch", key(simulator))
    simulator.faults.clear()
    await refresh(hass, entry)
    assert shown(hass, "switch", key(simulator)) == STATE_ON


async def test_where_it_is_unknown_whether_it_may_be_changed_it_stays(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    enable(hass, key(simulator))
    entry = await set_up(hass, entry_for(simulator))
    simulator.faults.set("html_502", path="/alert-rule/0")
    await reload(hass, entry)
    await polls(hass, clock, entry, lists=5, seconds=7_200)
    assert entity_of(hass, "switch", key(simulator))
    simulator.faults.clear()
    await refresh(hass, entry)
    assert shown(hass, "switch", key(simulator)) == STATE_ON


async def test_without_rules_nobody_asks_whether_they_may_be_changed(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.dashboard.rules.clear()
    await set_up(hass, entry_for(simulator))
    assert [seen for seen in simulator.requests if seen.method == "PATCH"] == []


async def test_a_rejected_token_is_sent_once(hass: HomeAssistant, simulator: Simulator) -> None:
    enable(hass, key(simulator))
    entry = await set_up(hass, entry_for(simulator))
    simulator.faults.set("token_revoked")
    with pytest.raises(HomeAssistantError) as raised:
        await turn(hass, "turn_off", key(simulator))
    assert raised.value.translation_key == "token_rejected"
    sent = [seen for seen in simulator.requests if "Authorization" in seen.headers]
    await refresh(hass, entry)
    await turn(hass, "turn_on", key(simulator))
    assert [seen for seen in simulator.requests if "Authorization" in seen.headers] == sent
    assert simulator.dashboard.rules[1].enabled is True
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == ["reauth"]


async def test_what_is_changed_on_the_dashboard_is_seen(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    enable(hass, key(simulator))
    entry = await set_up(hass, entry_for(simulator))
    simulator.dashboard.rules[1].enabled = False
    clock.tick(MINUTE)
    await refresh(hass, entry)
    assert shown(hass, "switch", key(simulator)) == STATE_OFF


async def test_a_failure_at_the_start_removes_nothing(hass: HomeAssistant, simulator: Simulator, clock: Clock) -> None:
    enable(hass, key(simulator))
    simulator.faults.set("html_502", path="/alert-rule")
    entry = await set_up(hass, entry_for(simulator))
    assert entity_of(hass, "switch", key(simulator))
    simulator.faults.clear()
    await refresh(hass, entry)
    assert shown(hass, "switch", key(simulator)) == STATE_ON


@pytest.mark.parametrize(("fault", "reason"), [("html_502", "server_error"), ("html_200", "gateway")])
async def test_a_failure_is_named(hass: HomeAssistant, simulator: Simulator, fault: str, reason: str) -> None:
    enable(hass, key(simulator))
    await set_up(hass, entry_for(simulator))
    simulator.faults.set(fault, path="/alert-rule")
    with pytest.raises(HomeAssistantError) as raised:
        await turn(hass, "turn_off", key(simulator))
    assert raised.value.translation_key == reason
    assert simulator.dashboard.rules[1].enabled is True


async def test_rules_are_asked_for_once_a_minute(hass: HomeAssistant, simulator: Simulator, clock: Clock) -> None:
    entry: Any = await set_up(hass, entry_for(simulator))
    for seconds, times in ((30, 1), (31, 2), (30, 2)):
        clock.tick(seconds)
        await refresh(hass, entry)
        assert [(seen.method, seen.path) for seen in simulator.requests].count(("GET", "/api/v1/alert-rule")) == times
