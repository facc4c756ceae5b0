"""Actions with a response, of every generation, and running a task."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.nezha.const import DOMAIN
from custom_components.nezha.services import SCHEMAS
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from scripts.languages import languages
from simulator import DEMO_PAT, SCOPES, Simulator
from tests.conftest import Clock
from tests.test_services import device_of, serving

from .home import ALPHA, BETA, GAMMA, GIB, Home, dashboard, home_of
from .test_descriptors import described, read


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2."""
    async with serving("v2", dashboard()) as simulator:
        yield simulator


@pytest.fixture
async def home(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> Home:
    """Set up the dashboard."""
    return await home_of(hass, clock, simulator)


async def ask(home: Home, action: str, **data: Any) -> Any:
    """Return what an action responds."""
    return await home.hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)


def names(response: Any) -> list[str]:
    """Return the names of servers."""
    return [server["name"] for server in response["servers"]]


async def test_they_are_there_without_any_dashboard(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert set(hass.services.async_services()[DOMAIN]) == set(SCHEMAS)
    response = await hass.services.async_call(DOMAIN, "get_servers", {}, blocking=True, return_response=True)
    assert response == {"servers": [], "total": 0, "online": 0, "offline": 0, "never_seen": 0, "unreachable": []}


@pytest.mark.parametrize("name", SCHEMAS)
def test_fields_agree(name: str) -> None:
    fields = {str(marker) for marker in SCHEMAS[name].schema}
    assert set(described("services")[name]["fields"]) == fields
    assert set(read("icons.json")["services"]) == set(SCHEMAS)
    for language in languages():
        texts = read(f"translations/{language}.json")["services"]
        assert set(texts) == set(SCHEMAS)
        assert set(texts[name]["fields"]) == fields


class TestServers:
    async def test_all(self, home: Home) -> None:
        home.machine(2).silent = True
        await home.pass_by(60)
        response = await ask(home, "get_servers")
        assert names(response) == [ALPHA, BETA, GAMMA]
        assert {key: response[key] for key in ("total", "online", "offline", "never_seen", "unreachable")} == {
            "total": 3,
            "online": 2,
            "offline": 1,
            "never_seen": 0,
            "unreachable": [],
        }
        alpha, beta, _ = response["servers"]
        assert alpha["cpu"] == 10.0 and alpha["memory"] == 25.0 and alpha["disk"] == 40.0
        assert (alpha["load_1"], alpha["load_5"], alpha["load_15"]) == (0.1, 0.1, 0.1)
        assert alpha["group"] == "Tokyo" and alpha["state"] == "online" and alpha["days_left"] == 29
        assert beta["state"] == "offline" and beta["cpu"] is None and beta["last_active"].startswith("2026-06-01T")

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"groups": ["tokyo"]}, [ALPHA]),
            ({"groups": ["ungrouped", "Berlin"]}, [BETA, GAMMA]),
            ({"ids": [3, 1]}, [ALPHA, GAMMA]),
            ({"ids": ["2"]}, [BETA]),
            ({"state": "offline"}, [BETA]),
            ({"state": ["online", "never_seen"]}, [ALPHA, GAMMA]),
            ({"state": "offline", "groups": ["Tokyo"]}, []),
            ({"config_entry_id": "hub"}, [ALPHA, BETA, GAMMA]),
        ],
    )
    async def test_some(self, home: Home, asked: dict[str, Any], found: list[str]) -> None:
        home.machine(2).silent = True
        await home.pass_by(60)
        assert names(await ask(home, "get_servers", **asked)) == found

    async def test_the_newest_data_or_newer_ones(self, home: Home) -> None:
        home.machine(1).pin(cpu=77.0)
        home.clock.tick(5)
        assert (await ask(home, "get_servers"))["servers"][0]["cpu"] == 10.0
        assert (await ask(home, "get_servers", refresh=True))["servers"][0]["cpu"] == 77.0

    async def test_of_a_dashboard_that_does_not_answer(self, home: Home) -> None:
        home.simulator.stop_listening()
        response = await ask(home, "get_servers", refresh=True)
        assert response["servers"] == [] and response["unreachable"] == ["My site"]

    async def test_a_dashboard_that_blocks_is_not_asked(self, home: Home) -> None:
        while not home.simulator.firewall.blocked_for("127.0.0.1"):
            home.simulator.firewall.reject("127.0.0.1")
        await home.poll()
        asked = len(home.simulator.requests)
        response = await ask(home, "get_servers", refresh=True)
        assert response["unreachable"] == ["My site"] and len(home.simulator.requests) == asked

    async def test_disabled_devices_are_left_out(self, home: Home) -> None:
        device = device_of(home.hass, home.machine(1).uuid)
        dr.async_get(home.hass).async_update_device(device.id, disabled_by=dr.DeviceEntryDisabler.USER)
        await home.pass_by(30)
        assert names(await ask(home, "get_servers")) == [BETA, GAMMA]
        assert [group["name"] for group in (await ask(home, "get_groups"))["groups"]] == ["Berlin", "ungrouped"]


class TestServer:
    async def test_all_that_is_known(self, home: Home) -> None:
        device = device_of(home.hass, home.machine(1).uuid)
        server = await ask(home, "get_server", device_id=device.id, refresh=True)
        state, host = home.machine(1).state(home.dashboard.clock()), home.machine(1).host(home.dashboard.clock())
        assert server["name"] == ALPHA and server["device_id"] == device.id and server["id"] == 1
        assert server["ipv4"] == "198.51.100.1" and server["agent_version"] == "1.2.0"
        assert (server["memory_used"], server["memory_total"]) == (GIB, 4 * GIB)
        assert server["disk_total"] == host.disk_total and server["cpu_models"] == list(host.cpu)
        assert server["processes"] == state.process_count
        assert server["billing"] == {
            "expires": "2026-06-30T17:00:00-07:00",
            "days_left": 29,
            "term": "expires",
            "price": "5USD",
            "cycle": "month",
            "price_per_month": 5.0,
            "currency": "USD",
        }
        (cycle,) = server["cycles"]
        assert cycle["rule"] == "Monthly" and cycle["limit"] == 1000 * GIB
        assert cycle["remaining"] == cycle["limit"] - cycle["used"]

    async def test_what_is_wrong_is_named(self, home: Home) -> None:
        hub = device_of(home.hass, "")
        for device_id, key in (("gone", "device_not_found"), (hub.id, "device_not_server")):
            with pytest.raises(ServiceValidationError) as raised:
                await ask(home, "get_server", device_id=device_id)
            assert raised.value.translation_key == key and raised.value.translation_domain == DOMAIN
        service = device_of(home.hass, "service_1")
        with pytest.raises(ServiceValidationError, match="Website is not a server"):
            await ask(home, "get_server", device_id=service.id)

    async def test_that_the_dashboard_does_not_answer(self, home: Home) -> None:
        home.simulator.stop_listening()
        device = device_of(home.hass, home.machine(1).uuid)
        with pytest.raises(ServiceValidationError, match="My site does not answer"):
            await ask(home, "get_server", device_id=device.id, refresh=True)

    async def test_that_the_server_is_gone(self, home: Home) -> None:
        device = device_of(home.hass, home.machine(1).uuid)
        home.dashboard.remove_server(1)
        await home.poll()
        with pytest.raises(ServiceValidationError, match=f"My site no longer lists {ALPHA}"):
            await ask(home, "get_server", device_id=device.id)


async def test_groups(home: Home) -> None:
    home.machine(2).silent = True
    await home.pass_by(60)
    groups = (await ask(home, "get_groups"))["groups"]
    assert [(group["name"], group["total"], group["online"], group["offline"], group["ids"]) for group in groups] == [
        ("Berlin", 1, 0, 1, [2]),
        ("Tokyo", 1, 1, 0, [1]),
        ("ungrouped", 1, 1, 0, [3]),
    ]


async def test_services_and_cycles(home: Home) -> None:
    home.dashboard.services[1].failing = True
    await home.pass_by(1800, step=300)
    response = await ask(home, "get_services")
    (service,) = response["services"]
    assert service["name"] == "Website" and service["state"] == "down" and service["availability_today"] < 100
    (cycle,) = response["cycles"]
    assert cycle["rule"] == "Monthly" and [server["name"] for server in cycle["servers"]] == [ALPHA, BETA, GAMMA]


class TestTasks:
    @pytest.mark.parametrize("task", ["Backup", "1", 1])
    async def test_one_is_run(self, home: Home, task: str | int) -> None:
        (known,) = (await ask(home, "get_tasks"))["tasks"]
        assert known == {
            "name": "Backup",
            "id": 1,
            "dashboard": "My site",
            "last_run": None,
            "last_run_succeeded": None,
            "config_entry_id": "hub",
        }
        await home.hass.services.async_call(DOMAIN, "run_task", {"task": task}, blocking=True)
        await home.poll()
        assert (await ask(home, "get_tasks"))["tasks"][0]["last_run"] is not None

    async def test_none_of_that_name(self, home: Home) -> None:
        with pytest.raises(ServiceValidationError, match="My site has no task Restore"):
            await home.hass.services.async_call(DOMAIN, "run_task", {"task": "Restore"}, blocking=True)

    async def test_two_of_a_name(self, home: Home) -> None:
        home.dashboard.add_task("Backup")
        await home.poll()
        with pytest.raises(ServiceValidationError, match="choose by number: 1, 2"):
            await home.hass.services.async_call(DOMAIN, "run_task", {"task": "Backup"}, blocking=True)

    async def test_the_token_may_no_longer(self, home: Home) -> None:
        home.dashboard.credentials.add_access_token(DEMO_PAT, set(SCOPES) - {"nezha:cron:exec"})
        with pytest.raises(HomeAssistantError) as raised:
            await home.hass.services.async_call(DOMAIN, "run_task", {"task": "Backup"}, blocking=True)
        assert raised.value.translation_key == "missing_scope"

    async def test_a_user_who_may_only_read(self, home: Home, hass_read_only_user: MockUser) -> None:
        context = Context(user_id=hass_read_only_user.id)
        with pytest.raises(Unauthorized):
            await home.hass.services.async_call(DOMAIN, "run_task", {"task": "Backup"}, blocking=True, context=context)
        await home.poll()
        assert (await ask(home, "get_tasks"))["tasks"][0]["last_run"] is None

    async def test_a_user_who_may_do_things(self, home: Home, hass_admin_user: MockUser) -> None:
        context = Context(user_id=hass_admin_user.id)
        await home.hass.services.async_call(DOMAIN, "run_task", {"task": "Backup"}, blocking=True, context=context)
        await home.poll()
        assert (await ask(home, "get_tasks"))["tasks"][0]["last_run"] is not None

    async def test_a_dashboard_that_is_not_there(self, home: Home) -> None:
        with pytest.raises(ServiceValidationError):
            await home.hass.services.async_call(
                DOMAIN, "run_task", {"config_entry_id": "gone", "task": "Backup"}, blocking=True
            )


@pytest.mark.parametrize("generation", ["v0", "v1"])
async def test_other_generations(hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str) -> None:
    async with serving(generation, dashboard()) as simulator:
        home = await home_of(hass, clock, simulator, generation)
        home.machine(2).silent = True
        await home.pass_by(60)
        response = await ask(home, "get_servers", refresh=True)
        assert names(response) == [ALPHA, BETA, GAMMA] and response["offline"] == 1
        device = dr.async_get(hass).async_get(response["servers"][0]["device_id"])
        server = await ask(home, "get_server", device_id=device.id)
        assert server["memory_total"] == 4 * GIB and server["group"] == "Tokyo"
        assert [group["name"] for group in (await ask(home, "get_groups"))["groups"]] == [
            "Berlin",
            "Tokyo",
            "ungrouped",
        ]
        services = (await ask(home, "get_services"))["services"]
        assert [service["name"] for service in services] == ([] if generation == "v0" else ["Website"])
        if generation == "v0":
            with pytest.raises(ServiceValidationError, match="has no tasks"):
                await hass.services.async_call(DOMAIN, "run_task", {"task": "Backup"}, blocking=True)
