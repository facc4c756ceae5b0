"""Fixtures: a Home Assistant that may talk to loopback, a clock that is moved by hand, dashboards to talk to."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
import socket
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from aiohttp.abc import AbstractResolver
import freezegun
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

# The plugin puts its own custom_components first on the path: ours has to be known before `hass` exists.
from custom_components.nezha.const import CONF_GENERATION, DOMAIN
from homeassistant.const import CONF_HEADERS, CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from simulator import Dashboard, Simulator

from .patience import in_turns
from .scripted import ScriptedDashboard

pytest_plugins = ["tests.live_home", "tests.no_secrets", "tests.strict_translations"]

NOON = "2026-06-01T12:00:00+00:00"


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Do without the loop's debug mode, in which every future keeps a stack: two fifths of a test's time.

    With `PYTHONASYNCIODEBUG=1` all loops are debugged, as each night.
    """


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration."""


class LoopbackResolver(AbstractResolver):
    """Resolves every name to loopback, but those that end in `.invalid`."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[dict[str, Any]]:
        if host.endswith(".invalid"):
            raise OSError(socket.EAI_NONAME, "Name or service not known")
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        pass

    real_close = close


@pytest.fixture(autouse=True)
def loopback_resolver() -> Iterator[None]:
    """Replace a resolver that does not outlive the first test."""
    with patch(
        "homeassistant.helpers.aiohttp_client._async_make_resolver", side_effect=lambda hass: LoopbackResolver()
    ):
        yield


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Write registry entries and states readably."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


class Clock:
    """The wall clock, moved by hand."""

    def __init__(self, hass: HomeAssistant, frozen: freezegun.api.FrozenDateTimeFactory) -> None:
        self._hass = hass
        self._frozen = frozen

    def move_to(self, moment: datetime) -> None:
        """Jump, before anything has begun."""
        self._frozen.move_to(moment)

    def tick(self, seconds: float) -> None:
        """Let time pass, and every timer of Home Assistant's helpers go off that was due by then."""
        self._frozen.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self._hass, datetime.now(UTC))


@pytest.fixture
async def clock(hass: HomeAssistant) -> AsyncIterator[Clock]:
    """Freeze the wall clock, and leave the loop's own running: requests have to time out."""
    loop = asyncio.get_running_loop()
    with freezegun.freeze_time(NOON) as frozen, patch.object(loop, "time", freezegun.api.real_monotonic):
        yield Clock(hass, frozen)


@pytest.fixture(autouse=True)
def no_pauses_between_polls() -> Iterator[None]:
    """Let what is asked once more be asked at once: a poll that fails, and one by which all servers seem silent."""
    with (
        patch("custom_components.nezha.runtime.limits.RETRY_PAUSES", (0, 0)),
        patch("custom_components.nezha.runtime.limits.SECOND_LOOK", 0),
    ):
        yield


@pytest.fixture(autouse=True)
def every_frame_counts() -> Iterator[None]:
    """Take in each frame, however soon it comes after the one before: tests move the clock by hand."""
    with patch("custom_components.nezha.api.websocket.FRAME_PAUSE", 0):
        yield


@pytest.fixture
def impatient() -> Iterator[None]:
    """Wait for no answer that hangs."""
    with patch("custom_components.nezha.api.transport.asyncio", SimpleNamespace(timeout=in_turns)):
        yield


@pytest.fixture
def all_enabled() -> Iterator[None]:
    """Enable also what is disabled by default."""
    with patch.object(Entity, "entity_registry_enabled_default", new=True):
        yield


@pytest.fixture
async def scripted(socket_enabled: None) -> AsyncIterator[ScriptedDashboard]:
    """A dashboard that answers what the test says, word for word."""
    dashboard = ScriptedDashboard()
    await dashboard.start()
    yield dashboard
    await dashboard.stop()


@pytest.fixture
async def simulator(socket_enabled: None) -> AsyncIterator[Simulator]:
    """Run a simulated dashboard with a server in each of two groups and one in none."""
    dashboard = Dashboard(tokens=[ScriptedDashboard.TOKEN])
    dashboard.add_server("alpha", tag="Tokyo")
    dashboard.add_server("beta", tag="Berlin")
    dashboard.add_server("gamma")
    simulator = Simulator(dashboard)
    await simulator.start()
    yield simulator
    await simulator.stop()


def entry_of(url: str, *, token: str = ScriptedDashboard.TOKEN, **options: Any) -> MockConfigEntry:
    """Return an entry as the config flow makes it."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="dashboard",
        data={CONF_URL: url, CONF_TOKEN: token, CONF_GENERATION: "v0", CONF_VERIFY_SSL: True, CONF_HEADERS: {}},
        options=options,
        entry_id="hub",
    )


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Set up an entry and wait for its entities."""
    if not hass.config_entries.async_get_entry(entry.entry_id):
        entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def refresh(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Poll once, now."""
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()
