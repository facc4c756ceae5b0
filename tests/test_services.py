"""Services, which the dashboard probes: a device each, that comes, goes and returns as servers do."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nezha.const import CONF_GENERATION, DOMAIN
from homeassistant.const import (
    CONF_HEADERS,
    CONF_PASSWORD,
    CONF_TOKEN,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, SCOPES, Dashboard, ServiceKind, Simulator

from .conftest import Clock, refresh, set_up

BY_TOKEN = {CONF_TOKEN: DEMO_PAT}
BY_PASSWORD = {CONF_USERNAME: DEMO_USER, CONF_PASSWORD: DEMO_PASSWORD}
READ_SERVICES = "nezha:service:read"
SENSORS = ("latency", "availability_today", "availability_30_days")
TEN_MINUTES = 600


@asynccontextmanager
async def serving(
    generation: str = "v2", dashboard: Dashboard | None = None, release: str | None = None
) -> AsyncIterator[Simulator]:
    """Serve a dashboard with one server, which is only polled: what frames do is not in question."""
    if dashboard is None:
        dashboard = Dashboard()
        dashboard.add_server("alpha")
    simulator = Simulator(dashboard, generation=generation, release=release, frames="manual")
    await simulator.start()
    with patch("custom_components.nezha.api.v1.BackendV1.frames", return_value=None):
        yield simulator
    await simulator.stop()


def entry_for(
    simulator: Simulator, generation: str = "v2", credential: Mapping[str, str] | None = None, **options: Any
) -> MockConfigEntry:
    """Return an entry as the config flow makes it: with a token for v2, and a user and password for v1."""
    if credential is None:
        credential = BY_TOKEN if generation == "v2" else BY_PASSWORD
    return MockConfigEntry(
        domain=DOMAIN,
        title="My site",
        data={
            CONF_URL: f"{simulator.url}/",
            CONF_GENERATION: generation,
            CONF_VERIFY_SSL: True,
            CONF_HEADERS: {},
            **credential,
        },
        options=options,
        entry_id="hub",
    )


def limit_scopes(simulator: Simulator, *missing: str) -> None:
    """Take scopes from the token."""
    simulator.dashboard.credentials.add_access_token(DEMO_PAT, set(SCOPES) - set(missing))


def entity_of(hass: HomeAssistant, domain: str, key: str) -> str | None:
    """Return the id of an entity."""
    return er.async_get(hass).async_get_entity_id(domain, DOMAIN, f"hub_{key}")


def state_of(hass: HomeAssistant, domain: str, key: str) -> State:
    """Return the state of an entity."""
    state = hass.states.get(entity_of(hass, domain, key) or "")
    assert state, f"{domain} {key} has no state"
    return state


def shown(hass: HomeAssistant, domain: str, key: str) -> str:
    """Return what a user sees."""
    return state_of(hass, domain, key).state


def enable(hass: HomeAssistant, *keys: str, domain: str = "sensor") -> None:
    """Let the user enable entities before the entry is set up."""
    for key in keys:
        er.async_get(hass).async_get_or_create(domain, DOMAIN, f"hub_{key}", disabled_by=None)


def identity(simulator: Simulator, number: int = 1) -> str:
    """Return what a server is known by for good."""
    return simulator.dashboard.servers[number].machine.uuid


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up anew."""
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


async def polls(hass: HomeAssistant, clock: Clock, entry: MockConfigEntry, lists: int, seconds: float) -> None:
    """Poll so often over so many seconds, the first time at once."""
    for number in range(lists):
        if number:
            clock.tick(seconds / (lists - 1))
        await refresh(hass, entry)


def device_of(hass: HomeAssistant, key: str) -> dr.DeviceEntry | None:
    """Return a service's or server's device; the dashboard's own without a key."""
    identifier = (DOMAIN, f"hub_{key}" if key else "hub")
    entries = dr.async_entries_for_config_entry(dr.async_get(hass), "hub")
    return next((device for device in entries if identifier in device.identifiers), None)


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2 with a service that is probed."""
    async with serving() as simulator:
        simulator.dashboard.add_service("Website", ServiceKind.HTTP)
        yield simulator


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_a_service_is_a_device_behind_the_hub(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    async with serving(generation) as simulator:
        service = simulator.dashboard.add_service("Website", ServiceKind.HTTP)
        service.delay[-1] = 12.34
        service.up[-2:], service.down[-2:] = [0, 3], [4, 1]
        simulator.dashboard.add_service("Database 🗄️")
        await set_up(hass, entry_for(simulator, generation))
        device = device_of(hass, "service_1")
        assert device
        assert (device.name, device.via_device_id) == ("Website", device_of(hass, "").id)
        assert device.entry_type is dr.DeviceEntryType.SERVICE
        assert device_of(hass, "service_2").name == "Database 🗄️"

        assert state_of(hass, "binary_sensor", "service_1_up").attributes["device_class"] == "connectivity"
        assert shown(hass, "binary_sensor", "service_1_up") == STATE_ON
        assert [shown(hass, "sensor", f"service_1_{key}") for key in SENSORS] == ["12.3", "75.0", "37.5"]
        latency = state_of(hass, "sensor", "service_1_latency").attributes
        assert (latency["unit_of_measurement"], latency["state_class"]) == ("ms", "measurement")
        assert state_of(hass, "sensor", "service_1_availability_today").attributes["unit_of_measurement"] == "%"


async def test_a_nameless_service_is_called_by_its_number(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.dashboard.services[1].name = ""
    await set_up(hass, entry_for(simulator))
    assert device_of(hass, "service_1").name == "Service 1"


@pytest.mark.parametrize(("up", "down", "state"), [(9, 1, STATE_ON), (8, 2, STATE_OFF), (0, 1, STATE_OFF)])
async def test_it_is_down_where_a_fifth_of_the_newest_probes_failed(
    hass: HomeAssistant, simulator: Simulator, up: int, down: int, state: str
) -> None:
    simulator.dashboard.services[1].current = [True] * up + [False] * down
    await set_up(hass, entry_for(simulator))
    assert shown(hass, "binary_sensor", "service_1_up") == state


async def test_without_a_probe_all_is_unknown_and_nothing_is_down(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.dashboard.add_service("Not probed yet", probed=0)
    await set_up(hass, entry_for(simulator))
    assert shown(hass, "binary_sensor", "service_2_up") == STATE_UNKNOWN
    assert {shown(hass, "sensor", f"service_2_{key}") for key in SENSORS} == {STATE_UNKNOWN}


async def test_a_service_that_never_answered_has_no_latency(hass: HomeAssistant, simulator: Simulator) -> None:
    service = simulator.dashboard.add_service("Broken", probed=0)
    service.failing = True
    service.probe(5)
    await set_up(hass, entry_for(simulator))
    assert shown(hass, "binary_sensor", "service_2_up") == STATE_OFF
    assert [shown(hass, "sensor", f"service_2_{key}") for key in SENSORS] == [STATE_UNKNOWN, "0.0", "0.0"]


async def test_the_latency_of_the_last_minutes(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    service = simulator.dashboard.services[1]
    entry = await set_up(hass, entry_for(simulator))
    assert shown(hass, "sensor", "service_1_latency_now") == STATE_UNKNOWN, "today's mean says nothing of when"
    seen = []
    for milliseconds in (10, 10, 90, 90):
        service.latency = milliseconds
        clock.tick(300)
        await refresh(hass, entry)
        seen.append(float(shown(hass, "sensor", "service_1_latency_now")))
    assert seen == [pytest.approx(milliseconds, rel=0.21) for milliseconds in (10, 10, 90, 90)]
    assert float(shown(hass, "sensor", "service_1_latency")) < 50

    service.failing = True
    clock.tick(1_000)
    await refresh(hass, entry)
    assert shown(hass, "sensor", "service_1_latency_now") == STATE_UNKNOWN


async def test_it_goes_down_and_comes_back(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    states = []
    for failing in (True, False):
        simulator.dashboard.services[1].failing = failing
        clock.tick(1_800)
        await refresh(hass, entry)
        states.append(shown(hass, "binary_sensor", "service_1_up"))
    assert states == [STATE_OFF, STATE_ON]
    assert shown(hass, "sensor", "service_1_availability_today") == "50.41"


async def test_a_new_service_appears(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    simulator.dashboard.add_service("DNS", ServiceKind.PING)
    await refresh(hass, entry)
    assert device_of(hass, "service_2").name == "DNS"
    assert shown(hass, "binary_sensor", "service_2_up") == STATE_ON
    simulator.dashboard.services[2].name = "Resolver"
    await refresh(hass, entry)
    assert device_of(hass, "service_2").name == "Resolver"


async def test_a_deleted_service_goes_and_returns_under_the_same_ids(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    simulator.dashboard.add_service("DNS")
    entry = await set_up(hass, entry_for(simulator))
    device, entity = device_of(hass, "service_1").id, entity_of(hass, "sensor", "service_1_latency")
    service = simulator.dashboard.services.pop(1)
    await refresh(hass, entry)
    assert shown(hass, "binary_sensor", "service_1_up") == STATE_UNAVAILABLE
    assert shown(hass, "sensor", "service_1_latency") == STATE_UNAVAILABLE
    await polls(hass, clock, entry, lists=2, seconds=TEN_MINUTES)
    assert device_of(hass, "service_1") is None
    assert entity_of(hass, "sensor", "service_1_latency") is None
    assert device_of(hass, "service_2")

    simulator.dashboard.services[1] = service
    await refresh(hass, entry)
    assert device_of(hass, "service_1").id == device
    assert entity_of(hass, "sensor", "service_1_latency") == entity
    assert shown(hass, "binary_sensor", "service_1_up") == STATE_ON


@pytest.mark.parametrize(("lists", "seconds"), [(2, 86_400), (20, 599)])
async def test_it_does_not_go_before_three_lists_and_ten_minutes(
    hass: HomeAssistant, clock: Clock, simulator: Simulator, lists: int, seconds: int
) -> None:
    entry = await set_up(hass, entry_for(simulator))
    del simulator.dashboard.services[1]
    await polls(hass, clock, entry, lists, seconds)
    assert device_of(hass, "service_1")
    await polls(hass, clock, entry, lists=2, seconds=1)
    assert device_of(hass, "service_1") is None


async def test_services_that_cannot_be_had_cost_nothing(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    entry = await set_up(hass, entry_for(simulator))
    simulator.faults.set("html_502", path="/api/v1/service")
    await polls(hass, clock, entry, lists=5, seconds=3_600)
    assert device_of(hass, "service_1")
    assert shown(hass, "binary_sensor", "service_1_up") == STATE_UNAVAILABLE
    assert shown(hass, "binary_sensor", f"{identity(simulator)}_online") == STATE_ON
    simulator.faults.clear()
    await refresh(hass, entry)
    assert shown(hass, "binary_sensor", "service_1_up") == STATE_ON


async def test_a_token_that_may_not_read_them_has_none(hass: HomeAssistant, simulator: Simulator) -> None:
    limit_scopes(simulator, READ_SERVICES)
    entry = await set_up(hass, entry_for(simulator))
    assert device_of(hass, "service_1") is None
    for _ in range(3):
        await refresh(hass, entry)
    # A refusal for a scope is none of the token: still it is not asked for again and again.
    assert sum(request.path == "/api/v1/service" for request in simulator.requests) == 1
    assert shown(hass, "binary_sensor", f"{identity(simulator)}_online") == STATE_ON


async def test_a_token_that_lost_the_scope_removes_none(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    entry = await set_up(hass, entry_for(simulator))
    limit_scopes(simulator, READ_SERVICES)
    await polls(hass, clock, entry, lists=5, seconds=3_600)
    await reload(hass, entry)
    await polls(hass, clock, entry, lists=5, seconds=3_600)
    assert device_of(hass, "service_1")
    assert shown(hass, "binary_sensor", "service_1_up") == STATE_UNAVAILABLE
    limit_scopes(simulator)
    await reload(hass, entry)
    assert shown(hass, "binary_sensor", "service_1_up") == STATE_ON


async def test_an_unreachable_dashboard_makes_them_unavailable(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    simulator.faults.set("refuse")
    await refresh(hass, entry)
    assert shown(hass, "binary_sensor", "service_1_up") == STATE_UNAVAILABLE
    assert shown(hass, "sensor", "service_1_latency") == STATE_UNAVAILABLE
