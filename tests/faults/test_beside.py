"""Each fault of an answer, where the dashboard is asked for something beside its list: that costs itself alone."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.nezha.api import Metric, NezhaError, Period
from custom_components.nezha.runtime.latency import LatencyPoller
from homeassistant.const import ATTR_ENTITY_ID, STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from simulator import Dashboard, Simulator
from tests.conftest import Clock, refresh, set_up
from tests.test_services import entity_of, entry_for, identity, serving, state_of

WIRE = (
    "refuse",
    "reset",
    "hang_before_headers",
    "hang_in_body",
    "close_in_body",
    "endless_body",
    "gzip_bomb",
    "deep_json",
    "empty_body",
    "json_null",
    "not_json",
    "redirect_elsewhere",
    "redirect_loop",
    "truncated_json",
    "wrong_encoding",
    "set:data=7",
    "set:data=null",
    'set:error="no"',
)
PLACES = ("null:data.0", "set:data.0.monitor_id=-1", "set:data.0.created_at=null", "set:data.0.avg_delay.0=1e400")


@pytest.fixture(params=["v1", "v2"])
async def site(clock: Clock, socket_enabled: None, request: pytest.FixtureRequest) -> AsyncIterator[Simulator]:
    """A dashboard that remembers, with two servers and two services."""
    dashboard = Dashboard()
    dashboard.tsdb = True
    for name in ("alpha", "beta"):
        dashboard.add_server(name)
    for name in ("Website", "Database"):
        dashboard.add_service(name).latency = 40
    clock.tick(600)
    async with serving(request.param, dashboard) as simulator:
        yield simulator


async def start(hass: HomeAssistant, site: Simulator) -> Any:
    """Set up, with the latency of a service on a server."""
    with patch.object(LatencyPoller, "async_start"):
        chosen = {"latency_services": ["1"], "latency_servers": [identity(site)]}
        entry = await set_up(hass, entry_for(site, site.release.generation, **chosen))
    assert await entry.runtime_data.latencies.poll()
    return entry


def shown(hass: HomeAssistant, site: Simulator, key: str) -> str:
    """Return what a user sees of the first server."""
    return state_of(hass, "sensor", f"{identity(site)}_{key}").state


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", [*WIRE, *PLACES])
async def test_the_latency_of_a_server(hass: HomeAssistant, clock: Clock, site: Simulator, fault: str) -> None:
    entry = await start(hass, site)
    path = "/api/v1/server/1/service" if site.release.generation == "v2" else "/api/v1/service/1"
    site.faults.set(fault, path=path)
    assert await entry.runtime_data.latencies.poll()
    site.faults.clear()
    clock.tick(30)
    await refresh(hass, entry)
    assert entry.runtime_data.last_update_success
    assert shown(hass, site, "cpu") not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
    assert shown(hass, site, "probe_delay_1") != STATE_UNAVAILABLE
    assert await entry.runtime_data.latencies.poll()
    await hass.async_block_till_done()
    assert shown(hass, site, "probe_delay_1") not in (STATE_UNAVAILABLE, STATE_UNKNOWN)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("site", ["v2"], indirect=True)
@pytest.mark.parametrize(
    "fault", [*WIRE, "set:data.data_points=7", "null:data.data_points.0", "set:data.data_points.0.value=1e400"]
)
async def test_the_history_of_a_server(hass: HomeAssistant, clock: Clock, site: Simulator, fault: str) -> None:
    """It is an error of the client, or a point less."""
    entry = await start(hass, site)
    coordinator = entry.runtime_data

    async def history() -> int:
        return len(await coordinator.backend.history(1, Metric.CPU, Period.DAY))

    whole = await coordinator.ask(history)
    assert whole > 10
    site.faults.set(fault, path="/api/v1/server/1/metrics")
    told = 0
    with suppress(NezhaError):
        told = await coordinator.ask(history)
    # Plain figures stay whole in any encoding.
    assert told < whole or fault == "wrong_encoding"
    site.faults.clear()
    clock.tick(30)
    await refresh(hass, entry)
    assert coordinator.last_update_success
    assert shown(hass, site, "cpu") not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
    assert await coordinator.ask(history) >= whole


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", [*WIRE, "set:data.success=7", "null:data.success", "set:data.success=[2]"])
async def test_the_update_of_an_agent(hass: HomeAssistant, clock: Clock, site: Simulator, fault: str) -> None:
    """It is an error of the client, or an agent that was not told."""
    entry = await start(hass, site)
    coordinator = entry.runtime_data
    assert coordinator.updates_agents

    async def update() -> bool:
        return await coordinator.backend.update_agent(1)

    site.faults.set(fault, path="/api/v1/force-update/server")
    is_told = False
    with suppress(NezhaError):
        is_told = await coordinator.ask(update)
    # Plain figures stay whole in any encoding.
    assert not is_told or fault == "wrong_encoding"
    clock.tick(30)
    await refresh(hass, entry)
    # Where nothing listens, nothing else is answered either.
    assert coordinator.last_update_success or fault == "refuse"
    site.faults.clear()
    clock.tick(30)
    await refresh(hass, entry)
    assert coordinator.last_update_success
    assert coordinator.updates_agents
    assert shown(hass, site, "cpu") not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
    assert await coordinator.ask(update)
    assert site.dashboard.forced_updates[-1] == 1


async def turn_off(hass: HomeAssistant, switch: str | None) -> None:
    """Switch as a user does."""
    await hass.services.async_call("switch", "turn_off", {ATTR_ENTITY_ID: switch}, blocking=True)


async def is_over(hass: HomeAssistant, clock: Clock, site: Simulator, entry: Any) -> None:
    """Let alerts be asked for while the fault lasts, and once more after it."""
    clock.tick(61)
    await refresh(hass, entry)
    site.faults.clear()
    clock.tick(61)
    await refresh(hass, entry)


RULES = (
    "null:data.0",
    "set:data.0.id=-1",
    "set:data.0.created_at=null",
    "set:data.0.enable=null",
    "set:data.0.name=7",
    "null:data.0.rules",
)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", [*WIRE, *RULES])
async def test_the_alert_rules(hass: HomeAssistant, clock: Clock, site: Simulator, fault: str) -> None:
    rule = site.dashboard.add_rule("Monthly")
    rule.fail_tasks, rule.recover_tasks, rule.notification_group = [1], [2], 7
    key = f"alert_rule_{rule.id}_{int(rule.created_at)}"
    er.async_get(hass).async_get_or_create("switch", "nezha", f"hub_{key}", disabled_by=None)
    entry = await start(hass, site)
    switch = entity_of(hass, "switch", key)
    assert state_of(hass, "switch", key).state == STATE_ON

    # What is read is written: a form that is broken, or cannot be read, must not be.
    site.faults.set(fault, path="/api/v1/alert-rule")
    with suppress(HomeAssistantError):
        await turn_off(hass, switch)
    assert (rule.name, rule.fail_tasks, rule.recover_tasks, rule.notification_group) == ("Monthly", [1], [2], 7)
    await is_over(hass, clock, site, entry)
    assert entry.runtime_data.last_update_success
    assert shown(hass, site, "cpu") not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
    await turn_off(hass, switch)
    assert rule.enabled is False
    assert (rule.name, rule.fail_tasks, rule.recover_tasks, rule.notification_group) == ("Monthly", [1], [2], 7)
    assert state_of(hass, "switch", key).state == STATE_OFF


SERVICES = (
    "null:data.0",
    "set:data.0.id=-1",
    "set:data.0.created_at=null",
    "set:data.0.notify=7",
    "set:data.0.name=7",
    "absent:data.0.target",
    "set:data.0.skip_servers=[]",
    "absent:data.0.fail_trigger_tasks",
)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", [*WIRE, *SERVICES])
async def test_the_notifications_of_services(hass: HomeAssistant, clock: Clock, site: Simulator, fault: str) -> None:
    number = min(site.dashboard.services)
    service = site.dashboard.services[number]
    service.notify, service.trigger_tasks, service.recover_tasks, service.notification_group = True, [1], [2], 7
    service.skip_servers = {"2": True}

    def whole() -> tuple[object, ...]:
        tasks = service.trigger_tasks, service.recover_tasks
        return service.name, service.target, *tasks, service.notification_group, service.skip_servers

    before = whole()
    key = f"service_{number}_notifications"
    er.async_get(hass).async_get_or_create("switch", "nezha", f"hub_{key}", disabled_by=None)
    entry = await start(hass, site)
    switch = entity_of(hass, "switch", key)
    assert state_of(hass, "switch", key).state == STATE_ON

    for path in ("/api/v1/service/list", f"/api/v1/service/{number}"):
        site.faults.set(fault, path=path)
        with suppress(HomeAssistantError):
            await turn_off(hass, switch)
        assert whole() == before
        await is_over(hass, clock, site, entry)
    assert entry.runtime_data.last_update_success
    assert shown(hass, site, "cpu") not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
    await turn_off(hass, switch)
    assert service.notify is False
    assert whole() == before
    assert state_of(hass, "switch", key).state == STATE_OFF


@pytest.mark.parametrize("site", ["v2"], indirect=True)
async def test_a_rejected_token_is_not_sent_again_by_anything(hass: HomeAssistant, site: Simulator) -> None:
    entry = await start(hass, site)
    site.faults.set("token_revoked")
    assert not await entry.runtime_data.latencies.poll()
    await hass.async_block_till_done()
    sent = sum("Authorization" in request.headers for request in site.requests)
    await entry.runtime_data.latencies.poll()
    with pytest.raises(NezhaError):
        await entry.runtime_data.ask(lambda: entry.runtime_data.backend.history(1, Metric.CPU, Period.DAY))
    assert sum("Authorization" in request.headers for request in site.requests) == sent
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == ["reauth"]
