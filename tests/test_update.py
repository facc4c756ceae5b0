"""The agents: what is installed, what is the newest, and updating them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.nezha.runtime.limits import AGENT_UPDATE, AGENT_UPDATE_POLL
from custom_components.nezha.runtime.listeners import FactsOf
from homeassistant.const import ATTR_ENTITY_ID, STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from simulator import DEMO_PAT, Simulator

from .conftest import NOON, Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server
from .test_services import entity_of, entry_for, identity, limit_scopes, serving, shown, state_of

WRITE = "nezha:server:write"
FORCE = "/api/v1/force-update/server"


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2 with three servers, the first of which is behind."""
    async with serving() as simulator:
        for name in ("beta", "gamma"):
            simulator.dashboard.add_server(name)
        for number, version in enumerate(("1.2.0", "1.3.0", "1.3.0"), 1):
            simulator.dashboard.servers[number].machine.pin(version=version)
        yield simulator


def key(simulator: Simulator, number: int = 1) -> str:
    return f"{identity(simulator, number)}_agent"


def versions(hass: HomeAssistant, key: str) -> tuple[str, Any, Any]:
    """Return the state, what is installed and what is the newest."""
    state = state_of(hass, "update", key)
    return state.state, state.attributes["installed_version"], state.attributes["latest_version"]


def asked(simulator: Simulator) -> list[str]:
    """Return what agents were asked to update themselves, other than for nothing."""
    return [seen.text for seen in simulator.requests if seen.path == FORCE and seen.text != "[]"]


def pass_time(hass: HomeAssistant, clock: Clock, seconds: float) -> None:
    """Let the timers run that are due by then: the loop's own clock stands still."""
    clock.tick(seconds)
    now = datetime.now(UTC)
    async_fire_time_changed(hass, now + (now - datetime.fromisoformat(NOON)))


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn. Core's own waiting would wait for the update too."""
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it does not come to that")


def install(hass: HomeAssistant, entity_id: str) -> asyncio.Task[None]:
    """Start an update as a user does."""
    action = hass.services.async_call("update", "install", {ATTR_ENTITY_ID: entity_id}, blocking=True)
    # Not one that Home Assistant waits for.
    return asyncio.create_task(action)


class TestVersions:
    """What is shown without any right to change anything."""

    async def test_the_newest_is_that_of_the_fleet(self, hass: HomeAssistant, simulator: Simulator) -> None:
        await set_up(hass, entry_for(simulator))
        assert versions(hass, key(simulator)) == (STATE_ON, "1.2.0", "1.3.0")
        assert versions(hass, key(simulator, 2)) == (STATE_OFF, "1.3.0", "1.3.0")
        assert entity_of(hass, "update", key(simulator)) == "update.alpha_agent"

    async def test_all_hear_of_a_newer_one(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_for(simulator))
        simulator.dashboard.servers[3].machine.pin(version="1.4.0")
        await refresh(hass, entry)
        assert versions(hass, key(simulator)) == (STATE_ON, "1.2.0", "1.4.0")
        assert versions(hass, key(simulator, 2)) == (STATE_ON, "1.3.0", "1.4.0")

    async def test_a_liar_makes_nobody_out_of_date(self, hass: HomeAssistant, simulator: Simulator) -> None:
        simulator.dashboard.servers[3].machine.pin(version="999.0")
        await set_up(hass, entry_for(simulator))
        assert versions(hass, key(simulator, 2)) == (STATE_OFF, "1.3.0", "1.3.0")
        assert versions(hass, key(simulator, 3)) == (STATE_OFF, "999.0", "999.0")

    async def test_what_is_no_release_is_not_out_of_date(self, hass: HomeAssistant, simulator: Simulator) -> None:
        simulator.dashboard.servers[1].machine.pin(version="debug")
        await set_up(hass, entry_for(simulator))
        assert versions(hass, key(simulator)) == (STATE_OFF, "debug", "debug")

    async def test_one_that_never_reported_is_unknown(self, hass: HomeAssistant, simulator: Simulator) -> None:
        simulator.dashboard.servers[1].machine.never_reports = True
        simulator.dashboard.servers[1].host = None
        await set_up(hass, entry_for(simulator))
        assert shown(hass, "update", key(simulator)) == STATE_UNKNOWN

    async def test_stays_while_the_server_is_offline_and_goes_with_the_dashboard(
        self, hass: HomeAssistant, simulator: Simulator, clock: Clock
    ) -> None:
        entry = await set_up(hass, entry_for(simulator))
        simulator.dashboard.servers[1].machine.silent = True
        clock.tick(120)
        await refresh(hass, entry)
        assert versions(hass, key(simulator)) == (STATE_ON, "1.2.0", "1.3.0")
        simulator.faults.set("refuse")
        await refresh(hass, entry)
        assert shown(hass, "update", key(simulator)) == STATE_UNAVAILABLE

    async def test_v0_shows_the_version(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        scripted.servers = [server(1, "alpha"), server(2, "beta", host={"Version": "0.20.6"})]
        await set_up(hass, entry_of(scripted.url))
        assert versions(hass, "1_agent") == (STATE_ON, "0.20.5", "0.20.6")
        assert state_of(hass, "update", "1_agent").attributes["supported_features"] == 0


class TestRights:
    """Whether agents may be updated is learnt from answers that say so."""

    async def test_without_the_scope_nothing_can_be_installed(self, hass: HomeAssistant, simulator: Simulator) -> None:
        limit_scopes(simulator, WRITE)
        entry = await set_up(hass, entry_for(simulator))
        assert state_of(hass, "update", key(simulator)).attributes["supported_features"] == 0
        with pytest.raises(HomeAssistantError):
            await install(hass, entity_of(hass, "update", key(simulator)) or "")
        await refresh(hass, entry)
        assert asked(simulator) == []
        # The refusal is enough.
        assert [seen.path for seen in simulator.requests].count(FORCE) == 1

    @pytest.mark.parametrize("generation", ["v1", "v2"])
    async def test_asking_updates_nobody(
        self, hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
    ) -> None:
        async with serving(generation) as simulator:
            await set_up(hass, entry_for(simulator, generation))
            assert state_of(hass, "update", key(simulator)).attributes["supported_features"] == 1
            assert simulator.dashboard.forced_updates == []

    async def test_a_failure_at_the_start_says_nothing(self, hass: HomeAssistant, simulator: Simulator) -> None:
        simulator.faults.set("html_502", path="/force-update")
        entry = await set_up(hass, entry_for(simulator))
        assert versions(hass, key(simulator)) == (STATE_ON, "1.2.0", "1.3.0")
        simulator.faults.clear()
        await refresh(hass, entry)
        assert state_of(hass, "update", key(simulator)).attributes["supported_features"] == 1


class TestInstalling:
    """An update is in progress until the server reports a newer version."""

    async def test_until_the_server_is_back_with_it(
        self, hass: HomeAssistant, simulator: Simulator, clock: Clock
    ) -> None:
        entry = await set_up(hass, entry_for(simulator))
        action = install(hass, "update.alpha_agent")
        await self._until_it_waits(entry, simulator)
        assert simulator.dashboard.forced_updates == [1]
        assert hass.states.get("update.alpha_agent").attributes["in_progress"] is True
        assert not action.done()
        # It takes what it finds, not what others have.
        simulator.dashboard.servers[1].machine.pin(version="1.4.0")
        pass_time(hass, clock, AGENT_UPDATE_POLL.total_seconds())
        await until(action.done)
        await action
        assert versions(hass, key(simulator)) == (STATE_OFF, "1.4.0", "1.4.0")
        assert hass.states.get("update.alpha_agent").attributes["in_progress"] is False
        assert asked(simulator) == ["[1]"]

    async def test_one_that_does_not_come_back_is_an_error(
        self, hass: HomeAssistant, simulator: Simulator, clock: Clock
    ) -> None:
        entry = await set_up(hass, entry_for(simulator))
        action = install(hass, "update.alpha_agent")
        await self._until_it_waits(entry, simulator)
        pass_time(hass, clock, AGENT_UPDATE - 1)
        await asyncio.sleep(0)
        assert not action.done()
        pass_time(hass, clock, 2)
        with pytest.raises(HomeAssistantError) as raised:
            await action
        assert raised.value.translation_key == "agent_not_updated"
        assert raised.value.translation_placeholders == {"server": "alpha", "minutes": "5"}
        assert hass.states.get("update.alpha_agent").attributes["in_progress"] is False

    async def test_an_older_version_is_not_the_new_one(
        self, hass: HomeAssistant, simulator: Simulator, clock: Clock
    ) -> None:
        entry = await set_up(hass, entry_for(simulator))
        action = install(hass, "update.alpha_agent")
        await self._until_it_waits(entry, simulator)
        simulator.dashboard.servers[1].machine.pin(version="1.1.0")
        await entry.runtime_data.async_refresh()
        await until(lambda: versions(hass, key(simulator))[1] == "1.1.0")
        assert not action.done()
        pass_time(hass, clock, AGENT_UPDATE)
        with pytest.raises(HomeAssistantError):
            await action

    async def test_one_that_is_not_connected_is_an_error_at_once(
        self, hass: HomeAssistant, simulator: Simulator, clock: Clock
    ) -> None:
        await set_up(hass, entry_for(simulator))
        simulator.dashboard.servers[1].machine.silent = True
        with pytest.raises(HomeAssistantError) as raised:
            await install(hass, "update.alpha_agent")
        assert raised.value.translation_key == "agent_not_connected"
        assert simulator.dashboard.forced_updates == []

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            ("html_502", "server_error"),
            ("reset", "cannot_connect"),
            ("html_200", "gateway"),
        ],
    )
    async def test_a_failure_is_named_and_sent_once(
        self, hass: HomeAssistant, simulator: Simulator, fault: str, reason: str
    ) -> None:
        await set_up(hass, entry_for(simulator))
        simulator.faults.set(fault, path="/force-update")
        with pytest.raises(HomeAssistantError) as raised:
            await install(hass, "update.alpha_agent")
        assert raised.value.translation_key == reason
        assert len(asked(simulator)) == 1

    async def test_a_rejected_token_is_not_sent_again(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_for(simulator))
        simulator.dashboard.credentials.remove_access_token(DEMO_PAT)
        with pytest.raises(HomeAssistantError) as raised:
            await install(hass, "update.alpha_agent")
        assert raised.value.translation_key == "token_rejected"
        before = len(simulator.requests)
        await refresh(hass, entry)
        assert len(simulator.requests) == before

    async def test_a_scope_that_was_taken_away_is_named(self, hass: HomeAssistant, simulator: Simulator) -> None:
        await set_up(hass, entry_for(simulator))
        limit_scopes(simulator, WRITE)
        with pytest.raises(HomeAssistantError) as raised:
            await install(hass, "update.alpha_agent")
        assert raised.value.translation_key == "missing_scope"

    async def test_nothing_is_left_behind_by_an_entry_that_is_unloaded(
        self, hass: HomeAssistant, simulator: Simulator, clock: Clock
    ) -> None:
        entry = await set_up(hass, entry_for(simulator))
        action = install(hass, "update.alpha_agent")
        await self._until_it_waits(entry, simulator)
        await hass.config_entries.async_unload(entry.entry_id)
        pass_time(hass, clock, AGENT_UPDATE_POLL.total_seconds())
        with pytest.raises(HomeAssistantError):
            await action

    async def _until_it_waits(self, entry: MockConfigEntry, simulator: Simulator) -> None:
        """Let the dashboard answer: from then on, a second one listens to the agent."""
        listeners = entry.runtime_data._topic_listeners._listeners[FactsOf(identity(simulator))]
        before = len(listeners)
        await until(lambda: len(listeners) > before)


async def test_the_newest_one_cannot_be_installed_again(hass: HomeAssistant, simulator: Simulator) -> None:
    await set_up(hass, entry_for(simulator))
    with pytest.raises((HomeAssistantError, ServiceValidationError)):
        await install(hass, "update.beta_agent")
    assert asked(simulator) == []


async def test_the_registry_knows_one_agent_a_server(hass: HomeAssistant, simulator: Simulator) -> None:
    entry: MockConfigEntry = await set_up(hass, entry_for(simulator))
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    agents = [each for each in entities if each.domain == "update"]
    assert len(agents) == 3
    assert {each.entity_category for each in agents} == {"config"}
    assert {each.disabled_by for each in agents} == {None}
