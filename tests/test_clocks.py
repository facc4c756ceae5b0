"""Clocks that are wrong, and reports that lack what others have: over HTTP and through frames, in a whole Home Assistant."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.nezha.const import CONF_GENERATION, DOMAIN
from custom_components.nezha.runtime import limits
from custom_components.nezha.runtime.limits import SECOND_LOOK
from homeassistant.const import EVENT_STATE_CHANGED, STATE_OFF, STATE_ON, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator import ODDITIES, Dashboard, Machine, Simulator

from .conftest import Clock, entry_of, refresh, set_up
from .live_home import Home
from .scripted import ScriptedDashboard
from .test_services import entry_for, serving

DAY = 86_400
GENERATIONS = ("v0", "v1", "v2")
PROXIES = ("proxy_clock", "proxy_clock_jumps")


class Polled:
    """A dashboard with two servers that is only polled."""

    def __init__(self, hass: HomeAssistant, clock: Clock, simulator: Simulator, generation: str) -> None:
        self._hass = hass
        self._clock = clock
        self.simulator = simulator
        self.generation = generation
        self._entry: MockConfigEntry | None = None
        self._seen = async_capture_events(hass, EVENT_STATE_CHANGED)

    @property
    def machine(self) -> Machine:
        """The first server's."""
        return self.simulator.dashboard.servers[1].machine

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and the agents report."""
        self._clock.tick(seconds)
        self.simulator.dashboard.advance()

    async def set_up(self) -> None:
        """Add the dashboard, and poll it twice."""
        await self.add()
        await self.poll(30)
        self._seen.clear()

    async def add(self) -> None:
        """Add the dashboard."""
        is_v0 = self.generation == "v0"
        entry = entry_of(self.simulator.url) if is_v0 else entry_for(self.simulator, self.generation)
        assert entry.data[CONF_GENERATION] == self.generation
        self._entry = await set_up(self._hass, entry)
        self._seen.clear()

    async def poll(self, seconds: float) -> None:
        """Let time pass, and poll."""
        self._clock.tick(seconds)
        await refresh(self._hass, self._entry)

    def entity_id(self, domain: str, key: str, number: int = 1) -> str:
        """Return the id of a server's entity."""
        server = self.simulator.dashboard.servers[number]
        identity = str(number) if self.generation == "v0" else server.machine.uuid
        entity_id = er.async_get(self._hass).async_get_entity_id(domain, DOMAIN, f"hub_{identity}_{key}")
        assert entity_id, key
        return entity_id

    def shown(self, key: str, number: int = 1) -> str:
        """Return what a user sees."""
        domain = "binary_sensor" if key == "online" else "sensor"
        return self._hass.states.get(self.entity_id(domain, key, number)).state

    def last_reset(self) -> datetime | None:
        """Return what the inbound traffic counts from."""
        return self._hass.states.get(self.entity_id("sensor", "net_in_transfer")).attributes.get("last_reset")

    def turns(self, number: int = 1) -> list[str]:
        """Return what a server became, online or offline, since the second poll."""
        entity_id = self.entity_id("binary_sensor", "online", number)
        return [event.data["new_state"].state for event in self._seen if event.data["entity_id"] == entity_id]

    def reboots(self) -> int:
        """Count what was told of reboots."""
        if self.generation == "v0":
            return 0
        entity_id = self.entity_id("event", "changes")
        states = [event.data["new_state"] for event in self._seen if event.data["entity_id"] == entity_id]
        return sum(state.attributes.get("event_type") == "rebooted" for state in states)


@pytest.fixture(params=GENERATIONS)
def each(request: pytest.FixtureRequest) -> Any:
    """Return a generation."""
    return request.param


@pytest.fixture
async def polled(hass: HomeAssistant, clock: Clock, socket_enabled: None, each: str) -> AsyncIterator[Polled]:
    """Serve a dashboard that is not set up yet."""
    dashboard = Dashboard(tokens=[ScriptedDashboard.TOKEN])
    dashboard.add_server("alpha")
    dashboard.add_server("beta")
    async with serving(each, dashboard) as simulator:
        yield Polled(hass, clock, simulator, each)


@pytest.mark.parametrize("fault", PROXIES)
async def test_a_proxys_clock(polled: Polled, fault: str) -> None:
    polled.simulator.faults.set(fault)
    await polled.set_up()
    assert polled.shown("online") == STATE_ON
    for _ in range(5):
        await polled.poll(30)
    assert polled.turns() == []
    polled.machine.silent = True
    for _ in range(3):
        await polled.poll(30)
    polled.machine.silent = False
    await polled.poll(30)
    assert polled.turns() == [STATE_OFF, STATE_ON]
    assert polled.turns(2) == []


@pytest.fixture
def pauses(clock: Clock) -> Iterator[list[float]]:
    """Let the coordinator's pauses pass by the clock that is moved by hand; return them."""
    passed: list[float] = []

    async def sleep(seconds: float) -> None:
        if seconds:
            passed.append(seconds)
            clock.tick(seconds)
        await asyncio.sleep(0)

    with (
        patch.object(limits, "SECOND_LOOK", SECOND_LOOK),
        patch("custom_components.nezha.runtime.coordinator.asyncio", SimpleNamespace(sleep=sleep)),
    ):
        yield passed


@pytest.mark.parametrize(("offset", "looks"), [(-DAY, 2), (-60, 2), (0, 1), (10, 1), (40, 2), (DAY, 2), (3 * DAY, 2)])
async def test_a_proxys_clock_at_the_first_set_up(polled: Polled, pauses: list[float], offset: int, looks: int) -> None:
    """Who reports while the list is asked for once more is online from the first state on, and nobody else."""
    polled.simulator.proxy_clock = lambda: offset
    polled.simulator.dashboard.servers[2].machine.silent = True
    polled.pass_time(300)
    await polled.add()
    assert pauses == [SECOND_LOOK] * (looks - 1)
    assert (polled.shown("online"), polled.shown("online", 2)) == (STATE_ON, STATE_OFF)
    for _ in range(3):
        await polled.poll(30)
    assert polled.turns() == []
    assert polled.turns(2) == []


async def test_a_fleet_that_is_silent_at_the_first_set_up(polled: Polled, pauses: list[float], each: str) -> None:
    """v2 itself tells silence: it forgets then when a server reported."""
    for server in polled.simulator.dashboard.servers.values():
        server.machine.silent = True
    polled.pass_time(300)
    await polled.add()
    assert pauses == ([] if each == "v2" else [SECOND_LOOK])
    assert polled.shown("online") == polled.shown("online", 2) == STATE_OFF


@pytest.mark.parametrize("offset", [-DAY, -60, 60, DAY])
async def test_a_proxys_clock_while_everybody_is_silent(polled: Polled, offset: int) -> None:
    polled.simulator.proxy_clock = lambda: offset
    await polled.set_up()
    for server in polled.simulator.dashboard.servers.values():
        server.machine.silent = True
    for _ in range(4):
        await polled.poll(30)
    assert polled.turns() == [STATE_OFF]


async def test_a_proxys_clock_over_a_restart(hass: HomeAssistant, polled: Polled) -> None:
    polled.simulator.faults.set("proxy_clock")
    await polled.set_up()
    await hass.config_entries.async_reload("hub")
    await hass.async_block_till_done()
    assert STATE_OFF not in polled.turns()
    assert polled.shown("online") == STATE_ON


@pytest.mark.parametrize("generation", ["v1", "v2"])
@pytest.mark.parametrize("fault", PROXIES)
async def test_a_proxys_clock_beside_frames(home: Home, fault: str) -> None:
    home.simulator.faults.set(fault)
    await home.set_up()
    await home.frame(2)
    home.seen.clear()
    for _ in range(4):
        for _ in range(10):
            await home.frame(2)
        await home.poll(1)
    assert home.seen == []
    home.dashboard.servers[1].machine.silent = True
    for _ in range(18):
        await home.frame(2)
    await home.poll(1)
    assert [state for _, state in home.seen] == [STATE_OFF]


async def test_a_boot_in_1970_until_the_clock_is_set(polled: Polled) -> None:
    boot = polled.machine.host(0).boot_time
    polled.machine.pin(**ODDITIES["boot_in_1970"])
    await polled.set_up()
    since = polled.last_reset()
    assert (polled.shown("boot_time"), polled.shown("online")) == (STATE_UNKNOWN, STATE_ON)
    assert abs(datetime.fromisoformat(since).timestamp() - boot) <= 60
    polled.machine.pin(boot_time=boot)
    for _ in range(3):
        await polled.poll(30)
        assert datetime.fromisoformat(polled.shown("boot_time")).timestamp() == boot
        assert polled.last_reset() == since
    assert polled.reboots() == 0


async def test_a_boot_time_that_is_put_right(polled: Polled) -> None:
    boot = polled.machine.host(0).boot_time
    polled.machine.pin(boot_time=boot - 3_600)
    await polled.set_up()
    since = polled.last_reset()
    polled.machine.pin(boot_time=boot)
    for _ in range(3):
        await polled.poll(30)
        assert polled.last_reset() == since
    assert datetime.fromisoformat(polled.shown("boot_time")).timestamp() == boot
    assert polled.reboots() == 0


@pytest.mark.parametrize("oddity", ["no_boot_time", "no_uptime", "uptime_underflow", "neither_platform_nor_boot_time"])
async def test_a_reboot_of_a_server_that_does_not_tell_all(polled: Polled, oddity: str) -> None:
    polled.machine.pin(**ODDITIES[oddity])
    await polled.set_up()
    before = polled.last_reset()
    for key in ("cpu", "memory", "disk", "net_in_transfer", "net_in_speed"):
        assert float(polled.shown(key)) >= 0, key
    await polled.poll(30)
    assert polled.last_reset() == before
    polled.machine.reboot()
    for _ in range(4):
        await polled.poll(30)
    after = polled.last_reset()
    assert after > before
    await polled.poll(30)
    assert polled.last_reset() == after
    assert polled.reboots() == (polled.generation != "v0")
