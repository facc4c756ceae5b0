"""Whether a service notifies: a switch on its device, that changes nothing else of the service, whoever else does."""

from collections.abc import AsyncIterator
from dataclasses import asdict, replace

import pytest

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from simulator import Dashboard, ServiceKind, Simulator

from .conftest import Clock, refresh, set_up
from .test_services import device_of, entity_of, entry_for, limit_scopes, polls, reload, serving, shown
from .test_switch import MINUTE, changes, enable, turn

READ, WRITE = "nezha:service:read", "nezha:service:write"
KEY = "service_1_notifications"
LIST = ("GET", "/api/v1/service/list")


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2 with a service that notifies."""
    async with serving() as simulator:
        simulator.dashboard.add_service("Website", ServiceKind.HTTP).notify = True
        yield simulator


def lists(simulator: Simulator) -> int:
    """Return how often the list of services was asked for."""
    return [(seen.method, seen.path) for seen in simulator.requests].count(LIST)


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_each_service_has_one_that_is_off_by_default(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    async with serving(generation) as simulator:
        service = simulator.dashboard.add_service("Website", ServiceKind.HTTP)
        entry = await set_up(hass, entry_for(simulator, generation))
        entity = er.async_get(hass).async_get(entity_of(hass, "switch", KEY) or "")
        device = device_of(hass, "service_1")
        assert entity
        assert device
        assert (entity.disabled_by, entity.entity_category, entity.device_id) == ("integration", "config", device.id)
        er.async_get(hass).async_update_entity(entity.entity_id, disabled_by=None)
        await reload(hass, entry)
        assert shown(hass, "switch", KEY) == STATE_OFF
        await turn(hass, "turn_on", KEY)
        assert service.notify is True
        assert shown(hass, "switch", KEY) == STATE_ON
        await turn(hass, "turn_off", KEY)
        assert service.notify is False
        assert shown(hass, "switch", KEY) == STATE_OFF


@pytest.mark.parametrize("missing", [READ, WRITE])
async def test_without_a_scope_there_is_none(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, missing: str
) -> None:
    limit_scopes(simulator, missing)
    entry = await set_up(hass, entry_for(simulator))
    await polls(hass, clock, entry, lists=3, seconds=3 * MINUTE)
    assert entity_of(hass, "switch", KEY) is None
    assert lists(simulator) == 1


async def test_asking_whether_it_may_be_changed_changes_nothing(hass: HomeAssistant, simulator: Simulator) -> None:
    before = asdict(simulator.dashboard.services[1])
    await set_up(hass, entry_for(simulator))
    assert [seen.path for seen in simulator.requests if seen.method == "PATCH"] == ["/api/v1/service/0"]
    assert asdict(simulator.dashboard.services[1]) | {"current": before["current"]} == before


async def test_without_services_nobody_asks_whether_they_may_be_changed(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    simulator.dashboard.services.clear()
    await set_up(hass, entry_for(simulator))
    assert [seen for seen in simulator.requests if seen.method == "PATCH"] == []


async def test_what_another_one_changed_meanwhile_stays(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    enable(hass, KEY)
    await set_up(hass, entry_for(simulator))
    changed = replace(
        simulator.dashboard.services[1],
        name="Shop",
        kind=ServiceKind.TCP,
        target="192.0.2.7:443",
        interval=60,
        order=3,
        notification_group=7,
        latency_notify=True,
        min_latency=1.5,
        max_latency=250.25,
        triggers=True,
        hidden=True,
        cover=1,
        skip_servers={"1": True, "2": False},
        trigger_tasks=[1],
        recover_tasks=[2, 3],
    )
    simulator.dashboard.services[1] = changed
    before = asdict(changed)
    await turn(hass, "turn_off", KEY)
    after = asdict(simulator.dashboard.services[1])
    # The simulated v2 knows no `enable_show_in_service` any more.
    passing = ("updated_at", "shown", "current", "up", "down", "delay", "_probed_at")
    assert {key: value for key, value in after.items() if key not in passing} == {
        key: value for key, value in before.items() if key not in passing
    } | {"notify": False}


async def test_a_service_that_took_over_the_number_is_left_alone(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    enable(hass, KEY)
    entry = await set_up(hass, entry_for(simulator))
    clock.tick(5)
    del simulator.dashboard.services[1]
    simulator.dashboard.add_service("Another").notify = True
    with pytest.raises(HomeAssistantError) as raised:
        await turn(hass, "turn_off", KEY)
    assert raised.value.translation_key == "service_changed"
    assert changes(simulator) == []
    # As what else the device shows, the switch is the new service's from then on.
    clock.tick(MINUTE)
    await refresh(hass, entry)
    await turn(hass, "turn_off", KEY)
    assert simulator.dashboard.services[1].notify is False


async def test_a_deleted_service_takes_its_switch_along(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    simulator.dashboard.add_service("Shop")
    enable(hass, KEY)
    entry = await set_up(hass, entry_for(simulator))
    service = simulator.dashboard.services.pop(1)
    clock.tick(MINUTE)
    await refresh(hass, entry)
    assert shown(hass, "switch", KEY) == STATE_UNAVAILABLE
    await polls(hass, clock, entry, lists=5, seconds=700)
    assert entity_of(hass, "switch", KEY) is None
    assert device_of(hass, "service_1") is None
    assert entity_of(hass, "switch", "service_2_notifications")
    simulator.dashboard.services[1] = service
    clock.tick(MINUTE)
    await refresh(hass, entry)
    assert entity_of(hass, "switch", KEY)


async def test_a_token_that_lost_the_scope_loses_the_switches_and_no_service(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    simulator.dashboard.add_rule("Monthly")
    entry = await set_up(hass, entry_for(simulator))
    rule = f"alert_rule_1_{int(simulator.dashboard.rules[1].created_at)}"
    limit_scopes(simulator, READ)
    await reload(hass, entry)
    await polls(hass, clock, entry, lists=5, seconds=700)
    assert entity_of(hass, "switch", KEY) is None
    assert entity_of(hass, "binary_sensor", "service_1_up")
    assert entity_of(hass, "switch", rule)


async def test_what_is_unknown_for_long_removes_nothing(
    hass: HomeAssistant, simulator: Simulator, clock: Clock
) -> None:
    enable(hass, KEY)
    entry = await set_up(hass, entry_for(simulator))
    simulator.faults.set("html_502", path="/service/list")
    await reload(hass, entry)
    await polls(hass, clock, entry, lists=5, seconds=7_200)
    assert entity_of(hass, "switch", KEY)
    simulator.faults.clear()
    await refresh(hass, entry)
    assert shown(hass, "switch", KEY) == STATE_ON


async def test_a_service_that_v1_shows_nobody_has_none(hass: HomeAssistant, clock: Clock, socket_enabled: None) -> None:
    async with serving("v1") as simulator:
        simulator.dashboard.add_service("Website").shown = False
        await set_up(hass, entry_for(simulator, "v1"))
        assert lists(simulator) == 1
        assert device_of(hass, "service_1") is None
        assert entity_of(hass, "switch", KEY) is None


async def test_a_release_without_the_list_is_asked_once(
    hass: HomeAssistant, clock: Clock, socket_enabled: None
) -> None:
    dashboard = Dashboard()
    dashboard.add_server("alpha")
    dashboard.add_service("Website")
    async with serving("v1", dashboard, release="1.0.0") as simulator:
        entry = await set_up(hass, entry_for(simulator, "v1"))
        await polls(hass, clock, entry, lists=3, seconds=3 * MINUTE)
        assert device_of(hass, "service_1")
        assert entity_of(hass, "switch", KEY) is None
        assert lists(simulator) == 1


@pytest.mark.parametrize(("fault", "reason"), [("html_502", "server_error"), ("html_200", "gateway")])
async def test_a_failure_is_named(hass: HomeAssistant, simulator: Simulator, fault: str, reason: str) -> None:
    enable(hass, KEY)
    await set_up(hass, entry_for(simulator))
    simulator.faults.set(fault, path="/service/1")
    with pytest.raises(HomeAssistantError) as raised:
        await turn(hass, "turn_off", KEY)
    assert raised.value.translation_key == reason
    assert shown(hass, "switch", KEY) == STATE_ON
