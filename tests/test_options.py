"""The options: what is offered, what is saved, and that it is used."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.nezha.fleet import UNGROUPED
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import area_registry as ar, device_registry as dr
from simulator import Simulator

from .conftest import Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server

DEFAULTS = {"scan_interval": 30, "offline_after": 30, "groups": [], "group_as_area": False}


async def open_options(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Open the form."""
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "init")
    return form


async def choose(hass: HomeAssistant, entry: MockConfigEntry, **options: Any) -> None:
    """Open the form, change some of the defaults, and save."""
    form = await open_options(hass, entry)
    end = await hass.config_entries.options.async_configure(form["flow_id"], DEFAULTS | options)
    assert end["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == DEFAULTS | options
    assert entry.state is ConfigEntryState.LOADED


def offered(form: ConfigFlowResult) -> list[str]:
    """Return the groups that can be chosen."""
    assert form["data_schema"] is not None
    return [option["value"] for option in form["data_schema"].schema["groups"].config["options"]]


def servers(hass: HomeAssistant, entry: MockConfigEntry) -> set[str | None]:
    """Return the names of the servers that have a device."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {device.name for device in devices if device.entry_type is None}


def area_of(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> str | None:
    """Return the name of the area in which a server's device is."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    [area_id] = [device.area_id for device in devices if device.name == name]
    area = area_id and ar.async_get(hass).async_get_area(area_id)
    return area.name if area else None


async def wait(hass: HomeAssistant, seconds: float) -> None:
    """Let everything happen that is due within some seconds."""
    async_fire_time_changed(hass, datetime.now(UTC) + timedelta(seconds=seconds))
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_the_defaults_are_offered(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    form = await open_options(hass, entry)
    assert form["data_schema"] is not None
    assert form["data_schema"]({}) == DEFAULTS


async def test_every_group_of_the_dashboard_is_offered(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url, groups=["Berlin"]))
    assert offered(await open_options(hass, entry)) == ["Berlin", "Tokyo", UNGROUPED]


async def test_a_chosen_group_is_offered_though_the_dashboard_has_none_of_it(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    entry = await set_up(hass, entry_of(simulator.url, groups=["Atlantis", UNGROUPED]))
    form = await open_options(hass, entry)
    assert offered(form) == ["Atlantis", "Berlin", "Tokyo", UNGROUPED]


async def test_what_was_saved_is_shown(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    await choose(hass, entry, scan_interval=7, offline_after=90, groups=["Tokyo"], group_as_area=True)
    form = await open_options(hass, entry)
    assert form["data_schema"] is not None
    assert {str(marker): marker.description["suggested_value"] for marker in form["data_schema"].schema} == {
        "scan_interval": 7,
        "offline_after": 90,
        "groups": ["Tokyo"],
        "group_as_area": True,
    }


async def test_seconds_are_saved_whole(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    form = await open_options(hass, entry)
    await hass.config_entries.options.async_configure(form["flow_id"], DEFAULTS | {"scan_interval": 12.0})
    await hass.async_block_till_done()
    assert type(entry.options["scan_interval"]) is int


@pytest.mark.parametrize("value", [4, 3601, -1, "often", None])
@pytest.mark.parametrize("field", ["scan_interval", "offline_after"])
async def test_seconds_out_of_range_are_refused(
    hass: HomeAssistant, simulator: Simulator, field: str, value: Any
) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    form = await open_options(hass, entry)
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(form["flow_id"], DEFAULTS | {field: value})
    assert entry.options == {}
    await hass.config_entries.options.async_configure(form["flow_id"], DEFAULTS | {field: 5})
    await hass.async_block_till_done()
    assert entry.options[field] == 5


async def test_a_group_that_nobody_offered_is_refused(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    form = await open_options(hass, entry)
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(form["flow_id"], DEFAULTS | {"groups": ["Atlantis"]})


@pytest.mark.parametrize("interval", [None, 5, 45])
async def test_the_dashboard_is_asked_once_an_interval(
    hass: HomeAssistant, simulator: Simulator, interval: int | None
) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    if interval:
        await choose(hass, entry, scan_interval=interval)
    before = len(simulator.requests)
    await wait(hass, (interval or 30) - 2)
    assert len(simulator.requests) == before
    await wait(hass, (interval or 30) + 2)
    assert len(simulator.requests) == before + 1


async def test_the_seconds_until_offline_are_used(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    # Fetched once more after each change: what was said before must not decide.
    scripted.servers = [server(last_active=int(datetime.now(UTC).timestamp()) - 60)]
    entry = await set_up(hass, entry_of(scripted.url))
    assert hass.states.get("binary_sensor.alpha").state == "off"
    await choose(hass, entry, offline_after=120)
    assert hass.states.get("binary_sensor.alpha").state == "on"
    await choose(hass, entry, offline_after=20)
    assert hass.states.get("binary_sensor.alpha").state == "off"


async def test_without_a_choice_of_groups_all_servers_are_taken(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    assert servers(hass, entry) == {"alpha", "beta", "gamma"}


async def test_a_choice_of_groups_takes_servers_and_lets_them_go(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    await choose(hass, entry, groups=["Tokyo"])
    assert servers(hass, entry) == {"alpha"}
    assert hass.states.get("binary_sensor.beta") is None
    await choose(hass, entry, groups=["Berlin", UNGROUPED])
    assert servers(hass, entry) == {"beta", "gamma"}
    await choose(hass, entry, groups=[])
    assert servers(hass, entry) == {"alpha", "beta", "gamma"}
    assert hass.states.get("binary_sensor.alpha").state == "on"


async def test_servers_without_a_group_can_be_chosen(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    await choose(hass, entry, groups=[UNGROUPED])
    assert servers(hass, entry) == {"gamma"}


async def test_a_new_server_of_a_chosen_group_appears_by_itself(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    await choose(hass, entry, groups=["Tokyo"])
    simulator.dashboard.add_server("delta", tag="Tokyo")
    simulator.dashboard.add_server("epsilon", tag="Berlin")
    await refresh(hass, entry)
    assert servers(hass, entry) == {"alpha", "delta"}
    assert hass.states.get("binary_sensor.delta").state == "on"


async def test_a_server_that_changes_its_group_comes_and_goes(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    entry = await set_up(hass, entry_of(simulator.url, groups=["Tokyo"]))
    simulator.dashboard.retag(1, "Berlin")
    simulator.dashboard.retag(2, "Tokyo")
    await refresh(hass, entry)
    assert hass.states.get("binary_sensor.alpha").state == "unavailable"
    assert hass.states.get("binary_sensor.beta").state == "on"
    for _ in range(2):
        assert servers(hass, entry) == {"alpha", "beta"}
        clock.tick(301)
        await refresh(hass, entry)
    assert servers(hass, entry) == {"beta"}


async def test_the_group_is_suggested_as_area_only_on_request(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    assert area_of(hass, entry, "alpha") is None
    assert not ar.async_get(hass).async_list_areas()
    await choose(hass, entry, group_as_area=True)
    simulator.dashboard.add_server("delta", tag="Tokyo")
    simulator.dashboard.add_server("epsilon")
    await refresh(hass, entry)
    assert area_of(hass, entry, "delta") == "Tokyo"
    assert area_of(hass, entry, "epsilon") is None


async def test_switching_it_on_places_the_devices_that_are_in_no_area(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    simulator.dashboard.add_server("delta", tag="Tokyo")
    entry = await set_up(hass, entry_of(simulator.url))
    kitchen = ar.async_get(hass).async_create("Kitchen")
    berlin = ar.async_get(hass).async_create("Berlin")
    registry = dr.async_get(hass)
    by_name = {device.name: device for device in dr.async_entries_for_config_entry(registry, entry.entry_id)}
    registry.async_update_device(by_name["delta"].id, area_id=kitchen.id)
    await choose(hass, entry, group_as_area=True)
    assert {name: area_of(hass, entry, name) for name in ("alpha", "beta", "gamma", "delta")} == {
        "alpha": "Tokyo",
        "beta": "Berlin",
        "gamma": None,
        "delta": "Kitchen",
    }
    assert ar.async_get(hass).async_get_area_by_name("Berlin") == berlin
    # Where a user takes a device out of it, it stays out.
    registry.async_update_device(by_name["alpha"].id, area_id=None)
    await choose(hass, entry, group_as_area=True, offline_after=60)
    assert area_of(hass, entry, "alpha") is None


async def test_no_dashboard_fills_the_home_with_areas(hass: HomeAssistant, simulator: Simulator) -> None:
    for number in range(60):
        simulator.dashboard.add_server(f"server {number}", tag=f"group {number}")
    entry = await set_up(hass, entry_of(simulator.url))
    await choose(hass, entry, group_as_area=True)
    assert len(list(ar.async_get(hass).async_list_areas())) == 50


async def test_an_area_that_the_user_chose_stays(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url, group_as_area=True))
    kitchen = ar.async_get(hass).async_create("Kitchen")
    registry = dr.async_get(hass)
    [alpha] = [
        device for device in dr.async_entries_for_config_entry(registry, entry.entry_id) if device.name == "alpha"
    ]
    registry.async_update_device(alpha.id, area_id=kitchen.id)
    simulator.dashboard.rename(1, "alfa")
    await refresh(hass, entry)
    assert area_of(hass, entry, "alfa") == "Kitchen"


async def test_the_options_of_an_entry_that_is_not_loaded_can_be_changed(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    simulator.faults.set("refuse")
    entry = await set_up(hass, entry_of(simulator.url, groups=["Berlin"]))
    assert entry.state is ConfigEntryState.SETUP_RETRY
    form = await open_options(hass, entry)
    assert offered(form) == ["Berlin", UNGROUPED]
    simulator.faults.clear()
    await hass.config_entries.options.async_configure(form["flow_id"], DEFAULTS | {"groups": ["Berlin"]})
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert servers(hass, entry) == {"beta"}
