"""What happens to a server beside going offline, with what was before and what is now."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.nezha.runtime import limits
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from simulator import Dashboard, Host, Machine, Simulator

from .conftest import Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server
from .test_services import device_of, enable, entity_of, entry_for, identity, polls, serving, shown, state_of

IPV4, IPV6 = "198.51.100.1", "2001:db8::1"


def dashboard() -> Dashboard:
    """Return a dashboard with a server that has addresses."""
    dashboard = Dashboard()
    boot_time = int(dashboard.clock()) - 86_400
    machine = Machine(Host(boot_time=boot_time, ipv4=IPV4, ipv6=IPV6, version="1.2.0"), seed=1)
    dashboard.add_server("alpha", machine)
    return dashboard


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2."""
    async with serving("v2", dashboard()) as simulator:
        yield simulator


def changes(simulator: Simulator) -> str:
    """Return what the entity is known by."""
    return f"{identity(simulator)}_changes"


class Log:
    """The events of the server since the entry was set up."""

    def __init__(self, hass: HomeAssistant, simulator: Simulator) -> None:
        """Listen."""
        entity_id = entity_of(hass, "event", changes(simulator))
        assert entity_id
        self._entity_id = entity_id
        self._seen: list[Event[Any]] = async_capture_events(hass, EVENT_STATE_CHANGED)

    def take(self) -> list[dict[str, Any]]:
        """Return what was told since it was last asked: each event's kind and values."""
        told: list[State] = [event.data["new_state"] for event in self._seen if self._is_event(event)]
        self._seen.clear()
        return [
            {
                key: value
                for key, value in state.attributes.items()
                if key == "event_type" or key.startswith(("old_", "new_"))
            }
            for state in told
        ]

    def _is_event(self, event: Event[Any]) -> bool:
        new, old = event.data["new_state"], event.data["old_state"]
        if event.data["entity_id"] != self._entity_id or new.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
            return False
        # Coming back from unavailable, it tells its last event again, of the same time.
        return bool(old and old.state not in (new.state, STATE_UNAVAILABLE))


async def watched(hass: HomeAssistant, simulator: Simulator, generation: str = "v2") -> tuple[MockConfigEntry, Log]:
    """Set up the server; nothing has happened to it yet."""
    entry = await set_up(hass, entry_for(simulator, generation))
    assert shown(hass, "event", changes(simulator)) == STATE_UNKNOWN
    return entry, Log(hass, simulator)


async def pass_by(hass: HomeAssistant, clock: Clock, entry: MockConfigEntry) -> None:
    """Poll for a while."""
    await polls(hass, clock, entry, lists=12, seconds=60)


def at(seconds: float) -> str:
    """Return a moment as it is told."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_a_reboot(hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str) -> None:
    async with serving(generation, dashboard()) as simulator:
        entry, log = await watched(hass, simulator, generation)
        machine = simulator.dashboard.servers[1].machine
        before = machine.host(0).boot_time
        clock.tick(60)
        machine.reboot()
        after = machine.host(0).boot_time
        await pass_by(hass, clock, entry)
        assert log.take() == [{"event_type": "rebooted", "old_boot_time": at(before), "new_boot_time": at(after)}]


async def test_its_place_and_kinds(hass: HomeAssistant, simulator: Simulator) -> None:
    await watched(hass, simulator)
    entity = er.async_get(hass).async_get(entity_of(hass, "event", changes(simulator)))
    assert entity.device_id == device_of(hass, identity(simulator)).id
    assert state_of(hass, "event", changes(simulator)).attributes["event_types"] == [
        "rebooted",
        "address_changed",
        "agent_updated",
    ]


async def test_boot_times_that_jitter_are_no_reboot(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    entry, log = await watched(hass, simulator)
    simulator.dashboard.servers[1].machine.boot_jitter = 20
    await pass_by(hass, clock, entry)
    assert log.take() == []


async def test_another_address_of_either_kind(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    enable(hass, f"{identity(simulator)}_ipv4", f"{identity(simulator)}_ipv6")
    entry, log = await watched(hass, simulator)
    simulator.dashboard.servers[1].machine.pin(ipv4="198.51.100.2")
    await pass_by(hass, clock, entry)
    assert log.take() == [{"event_type": "address_changed", "old_ipv4": IPV4, "new_ipv4": "198.51.100.2"}]
    simulator.dashboard.servers[1].machine.pin(ipv6="2001:db8::2")
    await pass_by(hass, clock, entry)
    assert log.take() == [{"event_type": "address_changed", "old_ipv6": IPV6, "new_ipv6": "2001:db8::2"}]


async def test_another_agent(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    entry, log = await watched(hass, simulator)
    simulator.dashboard.servers[1].machine.pin(version="1.3.0")
    await pass_by(hass, clock, entry)
    assert log.take() == [{"event_type": "agent_updated", "old_agent_version": "1.2.0", "new_agent_version": "1.3.0"}]


async def test_several_changes_at_once_are_an_event_each(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    entry, log = await watched(hass, simulator)
    simulator.dashboard.servers[1].machine.pin(ipv4="198.51.100.2", ipv6="2001:db8::2", version="1.3.0")
    clock.tick(10)
    await refresh(hass, entry)
    assert [each["event_type"] for each in log.take()] == ["address_changed", "address_changed", "agent_updated"]


async def test_an_address_that_goes_and_comes_back_is_no_event(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    entry, log = await watched(hass, simulator)
    machine = simulator.dashboard.servers[1].machine
    machine.pin(ipv6="", version="")
    await pass_by(hass, clock, entry)
    machine.unpin()
    await pass_by(hass, clock, entry)
    assert log.take() == []
    machine.pin(ipv6="")
    await pass_by(hass, clock, entry)
    machine.pin(ipv6="2001:db8::2")
    await pass_by(hass, clock, entry)
    assert log.take() == [{"event_type": "address_changed"}]


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_the_dashboards_restart_is_none(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    async with serving(generation, dashboard()) as simulator:
        entry, log = await watched(hass, simulator, generation)
        simulator.dashboard.restart()
        await pass_by(hass, clock, entry)
        assert log.take() == []
        assert shown(hass, "binary_sensor", f"{identity(simulator)}_online") == "on"
        assert shown(hass, "event", changes(simulator)) == STATE_UNKNOWN


async def test_a_reboot_while_the_dashboard_restarts_is_told_once(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    entry, log = await watched(hass, simulator)
    simulator.dashboard.stop()
    clock.tick(70)
    simulator.dashboard.servers[1].machine.reboot()
    simulator.dashboard.start()
    await pass_by(hass, clock, entry)
    assert [each["event_type"] for each in log.take()] == ["rebooted"]


@pytest.mark.parametrize("changed", [True, False])
async def test_a_restart_of_home_assistant_is_none(
    hass: HomeAssistant, clock: Clock, simulator: Simulator, changed: bool
) -> None:
    entry, log = await watched(hass, simulator)
    await hass.config_entries.async_unload(entry.entry_id)
    clock.tick(120)
    if changed:
        simulator.dashboard.servers[1].machine.pin(ipv4="198.51.100.2", version="1.3.0")
        simulator.dashboard.servers[1].machine.reboot()
        clock.tick(10)
    else:
        simulator.dashboard.restart()
    await set_up(hass, entry)
    await pass_by(hass, clock, entry)
    assert log.take() == []


async def test_the_first_report_is_none(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    machine = simulator.dashboard.servers[1].machine
    machine.never_reports = True
    entry, log = await watched(hass, simulator)
    machine.never_reports = False
    await pass_by(hass, clock, entry)
    assert shown(hass, "binary_sensor", f"{identity(simulator)}_online") == "on"
    assert log.take() == []


async def test_it_is_there_while_the_server_is_offline(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    entry, log = await watched(hass, simulator)
    simulator.dashboard.servers[1].machine.silent = True
    await pass_by(hass, clock, entry)
    assert shown(hass, "binary_sensor", f"{identity(simulator)}_online") == "off"
    assert shown(hass, "event", changes(simulator)) == STATE_UNKNOWN
    simulator.dashboard.servers[1].machine.pin(version="1.3.0")
    simulator.dashboard.servers[1].machine.silent = False
    await pass_by(hass, clock, entry)
    assert [each["event_type"] for each in log.take()] == ["agent_updated"]


async def test_an_unreachable_dashboard_makes_it_unavailable_and_tells_nothing_twice(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    entry, log = await watched(hass, simulator)
    machine = simulator.dashboard.servers[1].machine
    machine.pin(version="1.3.0")
    await pass_by(hass, clock, entry)
    assert len(log.take()) == 1
    told = state_of(hass, "event", changes(simulator))
    simulator.faults.set("refuse")
    await refresh(hass, entry)
    assert shown(hass, "event", changes(simulator)) == STATE_UNAVAILABLE
    simulator.faults.clear()
    await refresh(hass, entry)
    state = state_of(hass, "event", changes(simulator))
    assert (state.state, state.attributes) == (told.state, told.attributes)


async def test_a_server_that_registers_anew_goes_on(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    entry, log = await watched(hass, simulator)
    machine = simulator.dashboard.servers[1].machine
    simulator.dashboard.remove_server(1)
    await refresh(hass, entry)
    simulator.dashboard.add_server("brisk-badger", machine)
    machine.pin(ipv4="198.51.100.2")
    await pass_by(hass, clock, entry)
    assert entity_of(hass, "event", f"{machine.uuid}_changes") == "event.alpha_changes"
    simulator.dashboard.servers[1] = simulator.dashboard.servers[2]
    assert [each["event_type"] for each in log.take()] == ["address_changed"]


async def test_a_frame_tells_of_a_reboot(hass: HomeAssistant, clock: Clock, socket_enabled: None) -> None:
    simulator = Simulator(dashboard(), generation="v2", frames="manual")
    await simulator.start()
    entry, log = await watched(hass, simulator)
    while not simulator.live.online:
        await hass.async_block_till_done()
    clock.tick(120)
    simulator.dashboard.servers[1].machine.reboot()
    clock.tick(5)
    requests = len(simulator.requests)
    await simulator.push_frame()
    while not (told := log.take()):
        await hass.async_block_till_done()
    assert [each["event_type"] for each in told] == ["rebooted"]
    assert len(simulator.requests) == requests
    await hass.config_entries.async_unload(entry.entry_id)
    await simulator.stop()


class TestAddresses:
    """States are read by everybody: addresses are in them only where the user enabled the sensors that show them."""

    async def change(self, hass: HomeAssistant, clock: Clock, entry: MockConfigEntry, simulator: Simulator) -> State:
        """Give the server other addresses."""
        simulator.dashboard.servers[1].machine.pin(ipv4="198.51.100.2", ipv6="2001:db8::2")
        clock.tick(10)
        await refresh(hass, entry)
        return state_of(hass, "event", changes(simulator))

    async def test_are_told_where_their_sensor_is_enabled_and_not_recorded(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        enable(hass, f"{identity(simulator)}_ipv6")
        entry, log = await watched(hass, simulator)
        state = await self.change(hass, clock, entry, simulator)
        assert log.take() == [
            {"event_type": "address_changed"},
            {"event_type": "address_changed", "old_ipv6": IPV6, "new_ipv6": "2001:db8::2"},
        ]
        assert state.state_info
        assert state.state_info["unrecorded_attributes"] >= {"old_ipv4", "new_ipv4", "old_ipv6", "new_ipv6"}

    async def test_do_not_come_back_once_the_sensor_is_disabled(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        enable(hass, f"{identity(simulator)}_ipv6")
        entry, _ = await watched(hass, simulator)
        told = await self.change(hass, clock, entry, simulator)
        sensor = entity_of(hass, "sensor", f"{identity(simulator)}_ipv6")
        er.async_get(hass).async_update_entity(sensor, disabled_by=er.RegistryEntryDisabler.USER)
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        state = state_of(hass, "event", changes(simulator))
        assert (state.state, state.attributes["event_type"]) == (told.state, "address_changed")
        assert "old_ipv6" not in state.attributes


class TestOften:
    """An agent may say something else with every report; what comes of it is bounded, and the last word is told."""

    async def flap(
        self, hass: HomeAssistant, clock: Clock, entry: MockConfigEntry, simulator: Simulator, seconds: int
    ) -> None:
        """Let the version change every half minute."""
        for turn in range(seconds // 30):
            simulator.dashboard.servers[1].machine.pin(version=f"1.3.{turn}")
            clock.tick(30)
            await refresh(hass, entry)

    async def test_there_is_one_in_five_minutes(self, hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
        entry, log = await watched(hass, simulator)
        await self.flap(hass, clock, entry, simulator, 1_800)
        told = log.take()
        assert len(told) == 6
        assert all(before["new_agent_version"] == after["old_agent_version"] for before, after in pairwise(told))

    async def test_there_are_twenty_a_day(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "EVENT_PAUSE", 0)
        entry, log = await watched(hass, simulator)
        await self.flap(hass, clock, entry, simulator, 25 * 30)
        assert len(log.take()) == 20

    async def test_the_last_word_is_told_when_its_time_has_come(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        entry, log = await watched(hass, simulator)
        await self.flap(hass, clock, entry, simulator, 60)
        assert [each["new_agent_version"] for each in log.take()] == ["1.3.0"]
        clock.tick(300)
        async_fire_time_changed(hass, datetime.now(UTC) + timedelta(seconds=300))
        await hass.async_block_till_done()
        assert [each["new_agent_version"] for each in log.take()] == ["1.3.1"]

    async def test_what_is_as_it_was_by_then_is_no_event(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        entry, log = await watched(hass, simulator)
        machine = simulator.dashboard.servers[1].machine
        for version in ("1.3.0", "1.2.0", "1.3.0"):
            machine.pin(version=version)
            clock.tick(30)
            await refresh(hass, entry)
        assert len(log.take()) == 1
        async_fire_time_changed(hass, datetime.now(UTC) + timedelta(seconds=300))
        await hass.async_block_till_done()
        assert log.take() == []


async def test_v0_has_no_events(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    scripted.servers = [server()]
    await set_up(hass, entry_of(scripted.url))
    assert hass.states.async_entity_ids("event") == []
