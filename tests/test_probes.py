"""The latency of services by server: only what was chosen, at a pace of its own, and nothing else depends on it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nezha.api import Point
from custom_components.nezha.runtime import limits
from custom_components.nezha.runtime.latency import LatencyPoller, latency_of
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from simulator import Dashboard, Simulator

from .conftest import Clock, refresh, set_up
from .test_services import entity_of, entry_for, identity, limit_scopes, polls, reload, serving

NOW = int(datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp())


class TestLatency:
    """What the newest half an hour of a series says."""

    def test_the_mean_of_those_that_succeeded(self) -> None:
        latency = latency_of([Point(NOW - 90, 10), Point(NOW - 60, 0), Point(NOW - 30, 20), Point(NOW, 0)], NOW)
        assert latency is not None
        assert (latency.delay, latency.loss) == (15, 50)

    def test_none_did(self) -> None:
        latency = latency_of([Point(NOW - 30, 0)], NOW)
        assert latency is not None
        assert (latency.delay, latency.loss) == (None, 100)

    def test_older_ones_are_over(self) -> None:
        assert latency_of([Point(NOW - limits.LATENCY_WINDOW, 10)], NOW) is None
        assert latency_of([Point(NOW + 60, 10)], NOW) is None
        assert latency_of([], NOW) is None


@pytest.fixture(params=["v1", "v2"])
async def simulator(clock: Clock, socket_enabled: None, request: pytest.FixtureRequest) -> AsyncIterator[Simulator]:
    """Serve a dashboard with two servers that probe two services, of which one fails."""
    dashboard = Dashboard()
    dashboard.tsdb = True
    for name in ("alpha", "beta"):
        dashboard.add_server(name)
    dashboard.add_service("Website").latency = 40
    dashboard.add_service("数据库").failing = True
    clock.tick(600)
    async with serving(request.param, dashboard) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def by_hand() -> Iterator[None]:
    """Ask when a test says so."""
    with patch.object(LatencyPoller, "async_start"):
        yield


async def start(hass: HomeAssistant, simulator: Simulator, services: list[str], servers: list[str]) -> MockConfigEntry:
    """Set up with a choice, and ask for the first time."""
    entry = entry_for(simulator, simulator.release.generation, latency_services=services, latency_servers=servers)
    await set_up(hass, entry)
    await ask(hass, entry)
    return entry


async def ask(hass: HomeAssistant, entry: MockConfigEntry) -> bool:
    """Ask once; return whether it goes on."""
    goes_on: bool = await entry.runtime_data.latencies.poll()
    await hass.async_block_till_done()
    return goes_on


def shown(hass: HomeAssistant, key: str) -> str | None:
    """Return what a user sees, `None` without an entity."""
    entity_id = entity_of(hass, "sensor", key)
    state = hass.states.get(entity_id) if entity_id else None
    return state.state if state else None


def registered(hass: HomeAssistant) -> set[str]:
    """Return the keys of all entities of probes."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), "hub")
    return {entity.unique_id.removeprefix("hub_") for entity in entities if "_probe_" in entity.unique_id}


async def test_what_was_chosen_and_nothing_else(hass: HomeAssistant, simulator: Simulator) -> None:
    alpha = identity(simulator)
    await start(hass, simulator, ["1", "2"], [alpha])
    assert registered(hass) == {f"{alpha}_probe_{what}_{number}" for what in ("delay", "loss") for number in (1, 2)}
    assert 10 < float(shown(hass, f"{alpha}_probe_delay_1") or 0) < 100
    assert shown(hass, f"{alpha}_probe_loss_1") == "0.0"
    assert shown(hass, f"{alpha}_probe_delay_2") == STATE_UNKNOWN
    assert shown(hass, f"{alpha}_probe_loss_2") == "100.0"
    state = hass.states.get(entity_of(hass, "sensor", f"{alpha}_probe_delay_2") or "")
    assert state and state.name == "alpha Latency of 数据库"
    probed = [request for request in simulator.requests if "service" in request.path.rstrip("0123456789/")]
    assert not [
        request for request in probed if request.path.endswith("/2/service") or request.path.endswith("service/2")
    ]


async def test_nothing_is_asked_unless_it_was_chosen(hass: HomeAssistant, simulator: Simulator) -> None:
    await start(hass, simulator, [], [identity(simulator)])
    assert registered(hass) == set()
    assert not [request for request in simulator.requests if request.path.endswith("/1/service")]


async def test_a_choice_that_is_given_up(hass: HomeAssistant, simulator: Simulator) -> None:
    alpha, beta = identity(simulator), identity(simulator, 2)
    entry = await start(hass, simulator, ["1", "2"], [alpha, beta])
    assert len(registered(hass)) == 8
    hass.config_entries.async_update_entry(entry, options={"latency_services": ["1"], "latency_servers": [beta]})
    await reload(hass, entry)
    assert registered(hass) == {f"{beta}_probe_delay_1", f"{beta}_probe_loss_1"}


async def test_a_service_that_is_gone(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    alpha = identity(simulator)
    entry = await start(hass, simulator, ["1", "2"], [alpha])
    del simulator.dashboard.services[2]
    await polls(hass, clock, entry, limits.LISTS_WITHOUT, limits.SECONDS_WITHOUT)
    assert registered(hass) == {f"{alpha}_probe_delay_1", f"{alpha}_probe_loss_1"}


async def test_a_failure_is_its_own(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    """What is known stays for a while, and then is unknown; nothing else is touched."""
    alpha = identity(simulator)
    entry = await start(hass, simulator, ["1"], [alpha])
    before = shown(hass, f"{alpha}_probe_delay_1")
    path = "/api/v1/server/1/service" if simulator.release.generation == "v2" else "/api/v1/service/1"
    simulator.faults.set("not_json", path=path)
    assert await ask(hass, entry)
    assert shown(hass, f"{alpha}_probe_delay_1") == before
    clock.tick(limits.LATENCY_STALE)
    await refresh(hass, entry)
    await ask(hass, entry)
    assert shown(hass, f"{alpha}_probe_delay_1") == STATE_UNKNOWN
    assert entry.runtime_data.last_update_success
    assert shown(hass, f"{alpha}_cpu") not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
    simulator.faults.clear()
    await ask(hass, entry)
    assert shown(hass, f"{alpha}_probe_delay_1") not in (STATE_UNAVAILABLE, STATE_UNKNOWN)


async def test_with_the_dashboard_it_goes(hass: HomeAssistant, simulator: Simulator) -> None:
    alpha = identity(simulator)
    entry = await start(hass, simulator, ["1"], [alpha])
    await simulator.stop()
    await refresh(hass, entry)
    assert shown(hass, f"{alpha}_probe_delay_1") == STATE_UNAVAILABLE
    asked = len(simulator.requests)
    assert await ask(hass, entry)
    assert len(simulator.requests) == asked


@pytest.mark.parametrize("simulator", ["v2"], indirect=True)
async def test_a_scope_that_is_missing_ends_it(hass: HomeAssistant, simulator: Simulator) -> None:
    alpha = identity(simulator)
    entry = await start(hass, simulator, ["1"], [alpha])
    limit_scopes(simulator, "nezha:service:read")
    assert not await ask(hass, entry)
    await refresh(hass, entry)
    assert entry.runtime_data.last_update_success


@pytest.mark.parametrize(
    ("services", "servers", "asked"), [(1, 500, 100), (4, 500, 25), (30, 50, 3), (200, 500, 1), (0, 500, 0)]
)
def test_no_more_than_a_bound(services: int, servers: int, asked: int) -> None:
    """Also where an entry has more than its form would take: each server is a request."""
    options = {
        "latency_services": [str(number) for number in range(services)],
        "latency_servers": [f"server-{number}" for number in range(servers)],
    }
    coordinator: Any = SimpleNamespace(config_entry=MockConfigEntry(domain="nezha", options=options))
    poller = LatencyPoller(coordinator)
    assert len(poller.servers) == asked
    assert len(poller.servers) * len(poller.services) <= limits.LATENCY_PAIRS


@pytest.mark.parametrize("simulator", ["v2"], indirect=True)
async def test_it_is_asked_again_after_a_pause(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await start(hass, simulator, ["1"], [identity(simulator)])
    rounds = asyncio.Event()
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            rounds.set()
            await asyncio.Event().wait()

    with patch("custom_components.nezha.runtime.latency.asyncio.sleep", pause):
        task = hass.async_create_background_task(entry.runtime_data.latencies._run(), "latencies")
        await rounds.wait()
    task.cancel()
    assert pauses == [limits.LATENCY_PAUSE] * 3


class TestOptions:
    """The choice is made in the options."""

    async def test_services_and_servers(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await start(hass, simulator, [], [])
        flows = hass.config_entries.options
        menu = await flows.async_init("hub")
        assert menu["type"] is FlowResultType.MENU
        form = await flows.async_configure(menu["flow_id"], {"next_step_id": "latency"})
        chosen = {"latency_services": ["2"], "latency_servers": [identity(simulator, 2)]}
        end = await flows.async_configure(form["flow_id"], chosen)
        assert end["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        assert {key: entry.options[key] for key in chosen} == chosen
        assert registered(hass) == {f"{identity(simulator, 2)}_probe_{what}_2" for what in ("delay", "loss")}
        # The other options keep it.
        menu = await flows.async_init("hub")
        form = await flows.async_configure(menu["flow_id"], {"next_step_id": "settings"})
        await flows.async_configure(form["flow_id"], {})
        await hass.async_block_till_done()
        assert {key: entry.options[key] for key in chosen} == chosen

    async def test_too_many(self, hass: HomeAssistant, simulator: Simulator) -> None:
        await start(hass, simulator, [], [])
        flows = hass.config_entries.options
        menu = await flows.async_init("hub")
        form = await flows.async_configure(menu["flow_id"], {"next_step_id": "latency"})
        with patch.object(limits, "LATENCY_PAIRS", 3):
            everything = {
                "latency_services": ["1", "2"],
                "latency_servers": [identity(simulator), identity(simulator, 2)],
            }
            again = await flows.async_configure(form["flow_id"], everything)
        assert again["errors"] == {"base": "too_many_pairs"}
        assert again["description_placeholders"] == {"most": "3"}
