"""What a page is told of a dashboard."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator import Dashboard, Host, Machine, ServiceKind
from tests.conftest import entry_of, refresh, set_up
from tests.scripted import ScriptedDashboard, blank_server, server
from tests.test_services import entry_for, serving

type Ask = Callable[..., Any]

STORED = "nezha.hub.overview"


@pytest.fixture
def ask(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> Ask:
    """Ask as a page does."""

    async def ask(token: str | None = None, **arguments: str) -> list[dict[str, Any]]:
        client = await hass_ws_client(hass, token) if token else await hass_ws_client(hass)
        await client.send_json_auto_id({"type": "nezha/overview", **arguments})
        answer = await client.receive_json()
        assert answer["success"], answer
        return answer["result"]["hubs"]

    return ask


def names(hass: HomeAssistant, things: list[dict[str, Any]]) -> list[str]:
    devices = dr.async_get(hass)
    return [device.name or "" for thing in things if (device := devices.async_get(thing["device_id"]))]


def fleet() -> Dashboard:
    """Return a dashboard with servers in groups, and a service."""
    dashboard = Dashboard()
    last = dashboard.add_server("last", display_index=-1)
    second = dashboard.add_server("second")
    first = dashboard.add_server("first", display_index=9)
    dashboard.add_server("alone")
    dashboard.add_group("Tokyo", [last.id, first.id])
    dashboard.add_group("Berlin", [second.id])
    dashboard.add_service("Website", ServiceKind.HTTP, probed=40)
    return dashboard


async def test_servers_are_in_the_order_of_the_dashboard_with_groups_and_countries(
    hass: HomeAssistant, ask: Ask
) -> None:
    async with serving(dashboard=fleet()) as simulator:
        await set_up(hass, entry_for(simulator))
        [hub] = await ask()

        assert (hub["title"], hub["generation"], hub["is_ordered"]) == ("My site", "v2", True)
        assert hub["device_id"] is not None
        assert names(hass, hub["servers"]) == ["first", "second", "alone", "last"]
        assert [server["groups"] for server in hub["servers"]] == [["Tokyo"], ["Berlin"], [], ["Tokyo"]]
        assert hub["groups"] == ["Tokyo", "Berlin"]
        assert hub["entities"]["servers_offline"].startswith("sensor.my_site")
        assert {"online", "cpu", "net_in_transfer", "boot_time"} <= hub["servers"][0]["entities"].keys()


async def test_a_service_has_thirty_days(hass: HomeAssistant, ask: Ask) -> None:
    async with serving(dashboard=fleet()) as simulator:
        await set_up(hass, entry_for(simulator))
        [service] = (await ask())[0]["services"]

        assert len(service["days"]) == 30
        assert all(day is None or 0 <= day <= 100 for day in service["days"])
        assert {"up", "latency", "availability_today"} <= service["entities"].keys()


async def test_what_is_hidden_or_disabled_is_left_out(hass: HomeAssistant, ask: Ask) -> None:
    entities = er.async_get(hass)
    devices = dr.async_get(hass)
    async with serving(dashboard=fleet()) as simulator:
        entry = await set_up(hass, entry_for(simulator))
        first, second, alone, last = (await ask())[0]["servers"]
        entities.async_update_entity(first["entities"]["cpu"], hidden_by=er.RegistryEntryHider.USER)
        entities.async_update_entity(first["entities"]["disk"], disabled_by=er.RegistryEntryDisabler.USER)
        entities.async_update_entity(first["entities"]["online"], new_entity_id="binary_sensor.renamed")
        devices.async_update_device(second["device_id"], disabled_by=dr.DeviceEntryDisabler.USER)
        await hass.async_block_till_done()
        await refresh(hass, entry)

        servers = (await ask())[0]["servers"]

        assert [server["device_id"] for server in servers] == [server["device_id"] for server in (first, alone, last)]
        assert servers[0]["entities"]["online"] == "binary_sensor.renamed"
        assert first["entities"].keys() - servers[0]["entities"].keys() == {"cpu", "disk"}


async def test_a_dashboard_that_goes_away_keeps_its_structure(hass: HomeAssistant, ask: Ask) -> None:
    async with serving(dashboard=fleet()) as simulator:
        entry = await set_up(hass, entry_for(simulator))
        before = await ask()
        await simulator.stop()
        await refresh(hass, entry)

        assert not entry.runtime_data.last_update_success
        assert await ask() == before

        await hass.config_entries.async_reload(entry.entry_id)

        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert await ask() == before


async def test_the_structure_survives_a_restart_without_the_dashboard(
    hass: HomeAssistant, hass_storage: dict[str, Any], ask: Ask, scripted: ScriptedDashboard
) -> None:
    hass_storage[STORED] = {
        "version": 1,
        "key": STORED,
        "data": {
            "servers": {
                "2": {"groups": ["B"], "country": "JP", "silent_since": None},
                "9": {"groups": ["A"], "country": "", "silent_since": None},
                "1": {"groups": [], "country": "DE", "silent_since": None},
            },
            "services": {},
            "cycles": {},
        },
    }
    entry = entry_of(scripted.url)
    scripted.servers = [server(1, "one"), server(2, "two"), server(3, "three")]
    await set_up(hass, entry)
    await scripted.stop()
    await hass.config_entries.async_reload(entry.entry_id)

    [hub] = await ask()

    assert names(hass, hub["servers"]) == ["two", "one", "three"]
    assert [(server["groups"], server["country"]) for server in hub["servers"]] == [(["B"], "JP"), ([], "DE"), ([], "")]


async def test_without_any_memory_the_registries_answer(
    hass: HomeAssistant, ask: Ask, scripted: ScriptedDashboard
) -> None:
    scripted.servers = [server(1, "one"), server(2, "two")]
    entry = await set_up(hass, entry_of(scripted.url))
    await scripted.stop()
    await hass.config_entries.async_reload(entry.entry_id)

    [hub] = await ask()

    assert not hub["is_ordered"]
    assert sorted(names(hass, hub["servers"])) == ["one", "two"]
    assert "cpu" in hub["servers"][0]["entities"]


async def test_the_structure_goes_with_its_entry(
    hass: HomeAssistant, hass_storage: dict[str, Any], ask: Ask, scripted: ScriptedDashboard
) -> None:
    scripted.servers = [server(1, "one")]
    await set_up(hass, entry_of(scripted.url))
    await ask()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert hass_storage[STORED]["data"]["servers"] == {
        "1": {"groups": ["Tokyo"], "country": "JP", "agent": "0.20.5", "silent_since": None}
    }

    await hass.config_entries.async_remove("hub")
    assert STORED not in hass_storage


async def test_one_of_several_dashboards_can_be_asked_for(
    hass: HomeAssistant, ask: Ask, scripted: ScriptedDashboard
) -> None:
    scripted.servers = [server(1, "one")]
    await set_up(hass, entry_of(scripted.url))
    other = MockConfigEntry(domain="nezha", title="other", data=dict(entry_of(scripted.url).data), entry_id="other")
    await set_up(hass, other)

    assert [hub["entry_id"] for hub in await ask()] == ["hub", "other"]
    assert [hub["title"] for hub in await ask(entry_id="other")] == ["other"]
    assert await ask(entry_id="unknown") == []


async def test_a_user_is_told_only_of_what_may_be_seen(
    hass: HomeAssistant,
    ask: Ask,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
    scripted: ScriptedDashboard,
) -> None:
    scripted.servers = [server(1, "one"), server(2, "two")]
    await set_up(hass, entry_of(scripted.url))
    allowed = (await ask())[0]["servers"][1]["entities"]["cpu"]
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {allowed: {"read": True}}}})

    [hub] = await ask(hass_read_only_access_token)

    assert [server["entities"] for server in hub["servers"]] == [{"cpu": allowed}]
    assert hub["entities"] == {}


@pytest.mark.parametrize(("policy", "count"), [(True, 1), ({"all": {"read": True}}, 0)])
async def test_tasks_are_for_those_who_may_run_them(
    hass: HomeAssistant,
    ask: Ask,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
    policy: Any,
    count: int,
) -> None:
    dashboard = fleet()
    dashboard.add_task("Backup")
    hass_read_only_user.mock_policy({"entities": policy})
    async with serving(dashboard=dashboard) as simulator:
        await set_up(hass, entry_for(simulator))
        [hub] = await ask(hass_read_only_access_token)

    assert len(hub["tasks"]) == count
    assert "task_1" not in hub["entities"]


async def test_pages_of_servers_have_paths_of_their_own(hass: HomeAssistant, ask: Ask) -> None:
    dashboard = Dashboard()
    for end in "1", "2":
        machine = Machine(Host(), uuid=f"01234567-0000-4000-8000-00000000000{end}")
        dashboard.add_server(f"twin {end}", machine)
    async with serving(dashboard=dashboard) as simulator:
        await set_up(hass, entry_for(simulator))
        [hub] = await ask()

    assert [server["path"] for server in hub["servers"]] == [
        "server-01234567",
        "server-01234567-0000-4000-8000-000000000002",
    ]


async def test_traffic_rules_are_named(hass: HomeAssistant, ask: Ask) -> None:
    dashboard = fleet()
    dashboard.add_rule("Monthly", limit=10**12)
    dashboard.add_rule("Counted only")
    async with serving(dashboard=dashboard) as simulator:
        await set_up(hass, entry_for(simulator))
        [hub] = await ask()

    assert hub["cycles"] == [{"number": 1, "name": "Monthly"}, {"number": 2, "name": "Counted only"}]
    assert {"cycle_1_used_share", "cycle_2_reset"} <= hub["servers"][0]["entities"].keys()


async def test_v0_has_servers_and_nothing_else(hass: HomeAssistant, ask: Ask, scripted: ScriptedDashboard) -> None:
    scripted.servers = [server(1, "one", "Tokyo")]
    await set_up(hass, entry_of(scripted.url))
    [hub] = await ask()

    assert (hub["generation"], hub["services"], hub["cycles"], hub["tasks"]) == ("v0", [], [], [])
    assert (hub["groups"], hub["servers"][0]["path"]) == (["Tokyo"], "server-1")


async def test_a_page_hears_whether_it_is_to_be_laid_out_anew(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, scripted: ScriptedDashboard
) -> None:
    scripted.servers = [server(1, "one", "Tokyo")]
    entry = await set_up(hass, entry_of(scripted.url))
    client = await hass_ws_client(hass)

    async def look(revision: str) -> dict[str, Any]:
        await client.send_json_auto_id({"type": "nezha/overview", "revision": revision})
        result: dict[str, Any] = (await client.receive_json())["result"]
        return result

    first = await look("")
    assert first["hubs"]
    assert await look(first["revision"]) == {"revision": first["revision"], "hubs": None}

    scripted.servers = [server(1, "one", "Berlin", status={"CPU": 99})]
    await refresh(hass, entry)
    second = await look(first["revision"])
    assert second["revision"] != first["revision"]
    assert second["hubs"][0]["groups"] == ["Berlin"]


async def test_for_how_long_a_server_is_offline_outlives_a_reload(
    hass: HomeAssistant, ask: Ask, scripted: ScriptedDashboard
) -> None:
    heard = int(datetime.now(UTC).timestamp()) - 3600
    scripted.servers = [server(1, "one", last_active=heard), server(2, "two"), blank_server(3, "three")]
    entry = await set_up(hass, entry_of(scripted.url))

    for _ in range(2):
        [hub] = await ask()
        assert [server["silent_since"] for server in hub["servers"]] == [heard, None, None]
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
