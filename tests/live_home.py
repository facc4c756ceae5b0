"""A Home Assistant beside a dashboard that sends frames, one at a time, when a test says so."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.nezha.const import CONF_GENERATION, DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import (
    CONF_HEADERS,
    CONF_PASSWORD,
    CONF_TOKEN,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
    EVENT_STATE_CHANGED,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from simulator import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, Dashboard, Simulator

from .conftest import Clock, refresh, set_up

LIST = "/api/v1/server"


class Pauses:
    """Stands in for `asyncio` where the socket waits to be opened again: each pause ends when the test says so."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if not seconds:
            await asyncio.sleep(0)
            return
        self.seconds.append(seconds)
        await self._over.wait()
        self._over.clear()

    def end(self) -> None:
        """End the pause, or the next one."""
        self._over.set()


class Home:
    """A Home Assistant with a dashboard of three servers, the second of which is hidden from guests."""

    def __init__(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator, pauses: Pauses, generation: str
    ) -> None:
        self.hass = hass
        self.clock = clock
        self.simulator = simulator
        self.pauses = pauses
        self.generation = generation
        self.host = "127.0.0.1"
        self.entry: MockConfigEntry | None = None
        self.seen: list[tuple[str, str]] = []
        """Every state of an entity that says whether a server is online, after the set-up."""
        self._marks = 0

    @property
    def dashboard(self) -> Dashboard:
        """The dashboard."""
        return self.simulator.dashboard

    async def set_up(self, **options: Any) -> MockConfigEntry:
        """Set up, and wait until somebody looks on."""
        credential = (
            {CONF_TOKEN: DEMO_PAT}
            if self.generation == "v2"
            else {CONF_USERNAME: DEMO_USER, CONF_PASSWORD: DEMO_PASSWORD}
        )
        url = self.simulator.url.replace("127.0.0.1", self.host)
        data = {CONF_URL: url, CONF_GENERATION: self.generation, CONF_VERIFY_SSL: True, CONF_HEADERS: {}}
        self.entry = MockConfigEntry(
            domain=DOMAIN, title="dashboard", data=data | credential, options=options, entry_id="hub"
        )
        await set_up(self.hass, self.entry)
        await self.viewer()
        self.hass.bus.async_listen(EVENT_STATE_CHANGED, self._see)
        return self.entry

    @callback
    def _see(self, event: Event) -> None:
        state = event.data["new_state"]
        if state and state.domain == "binary_sensor" and not state.entity_id.endswith("_dashboard"):
            self.seen.append((state.entity_id, state.state))

    async def viewer(self) -> None:
        """Wait until somebody looks on."""
        await until(lambda: self.simulator.live.online == 1)

    async def frame(self, seconds: float = 0) -> None:
        """Let time pass, have a frame sent, and wait until it is taken in."""
        self.clock.tick(seconds)
        await self.simulator.push_frame()
        await self.taken_in()

    async def taken_in(self) -> None:
        """Wait until all frames are taken in: their reader answers a ping only when it asks for the next one."""
        self._marks += 1
        mark = str(self._marks).encode()
        (viewer,) = self.simulator.live._viewers
        await viewer._socket.ping(mark)
        async with asyncio.timeout(60):
            while (await viewer._socket.receive()).data != mark:
                pass
        await self.hass.async_block_till_done()

    async def poll(self, seconds: float = 0) -> None:
        """Let time pass, and poll."""
        self.clock.tick(seconds)
        await refresh(self.hass, self.entry)

    async def frame_is_lost(self) -> None:
        """Have a frame sent that ends the connection, and wait until that is known."""
        await self.simulator.push_frame()
        await self.is_lost()

    async def is_lost(self) -> None:
        """Wait until the end of the connection is known, and the dashboard asked in its place."""
        await until(lambda: self.pauses.seconds)
        await self.hass.async_block_till_done()

    async def reconnects(self) -> None:
        """End the pause, and wait for the connection."""
        self.pauses.seconds.clear()
        self.pauses.end()
        await self.viewer()

    def asked(self, path: str = LIST) -> int:
        """Count the requests for a path."""
        return sum(request.path == path for request in self.simulator.requests)

    def entity_id(self, key: str, number: int = 1) -> str:
        """Return the id of a server's entity."""
        identity = self.dashboard.servers[number].machine.uuid
        domain = "binary_sensor" if key == "online" else "sensor"
        entity_id = er.async_get(self.hass).async_get_entity_id(domain, DOMAIN, f"hub_{identity}_{key}")
        assert entity_id
        return entity_id

    def shown(self, key: str, number: int = 1) -> str:
        """Return what a user sees."""
        return self.hass.states.get(self.entity_id(key, number)).state

    def all_shown(self) -> set[str]:
        """Return all that is to be seen, without repetitions."""
        entries = er.async_entries_for_config_entry(er.async_get(self.hass), "hub")
        states = (self.hass.states.get(entry.entity_id) for entry in entries)
        return {state.state for state in states if state}

    def devices(self) -> dict[str, str | None]:
        """Return the names of the devices by their own id."""
        return {each.id: each.name for each in dr.async_entries_for_config_entry(dr.async_get(self.hass), "hub")}

    def entities(self) -> dict[str, str]:
        """Return the entity ids by unique id."""
        return {
            each.unique_id: each.entity_id for each in er.async_entries_for_config_entry(er.async_get(self.hass), "hub")
        }

    def issues(self) -> set[str]:
        """Return what the user is told to look after."""
        return {issue for domain, issue in ir.async_get(self.hass).issues if domain == DOMAIN}

    def reauths(self) -> int:
        """Count the flows that ask for another credential."""
        flows = self.hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        return sum(flow["context"]["source"] == SOURCE_REAUTH for flow in flows)


async def until(condition: Any) -> None:
    """Wait for what is about to happen."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


async def timers_due(hass: HomeAssistant, seconds: float) -> None:
    """Run every timer of the event loop that is due within so many seconds."""
    async_fire_time_changed(hass, datetime.now(UTC) + timedelta(seconds=seconds))
    await hass.async_block_till_done()


def our_tasks() -> list[str]:
    """Return the tasks that are the integration's."""
    names = (f"{task.get_name()} {task.get_coro()}" for task in asyncio.all_tasks())
    return [name for name in names if "nezha" in name and "test" not in name]


@pytest.fixture
def pauses() -> Iterator[Pauses]:
    """Pause until told."""
    pauses = Pauses()
    with patch("custom_components.nezha.api.live.asyncio", pauses):
        yield pauses


@pytest.fixture
def generation() -> str:
    """Return the dashboard's generation; a test may name another."""
    return "v2"


@pytest.fixture
def pace() -> Any:
    """Return the seconds between two frames; by hand, unless a test says otherwise."""
    return "manual"


@pytest.fixture
def home_class() -> type[Home]:
    """Return what a home is made of; tests may know more of theirs."""
    return Home


@pytest.fixture
async def home(
    hass: HomeAssistant,
    clock: Clock,
    pauses: Pauses,
    socket_enabled: None,
    generation: str,
    pace: Any,
    home_class: type[Home],
) -> AsyncIterator[Home]:
    """Return a home that is not set up yet."""
    dashboard = Dashboard()
    simulator = Simulator(dashboard, generation=generation, frames=pace)
    dashboard.add_server("alpha")
    dashboard.add_server("beta", hide_for_guest=True)
    dashboard.add_server("gamma")
    await simulator.start()
    home = home_class(hass, clock, simulator, pauses, generation)
    # No test waits for silence by chance: whoever runs the timers of a minute would run its one too.
    with patch("custom_components.nezha.api.websocket.SILENCE", 10**6):
        yield home
    if home.entry and home.entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(home.entry.entry_id)
    await simulator.stop()
