"""Home Assistant takes 10,000 enabled entities of an entry: what does not fit is there too, and can be enabled by hand."""

from collections import Counter
from collections.abc import Mapping
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nezha.runtime import budget
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_platform, entity_registry as er
from simulator import Dashboard, ServiceKind

from .conftest import entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server
from .test_life import entity_id, shown
from .test_services import entry_for, serving

WITH_PARTS = {
    "host": {"SwapTotal": 2**30, "GPU": ["NVIDIA L4"]},
    "status": {"Temperatures": [{"Name": f"core_{number}", "Temperature": 40} for number in range(4)]},
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let Home Assistant take seventy entities, of which twenty are kept for later servers."""
    most = 70
    monkeypatch.setattr(entity_platform, "MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY", most)
    monkeypatch.setattr(budget, "_MOST_ENABLED", most)
    monkeypatch.setattr(budget, "_FOR_LATER", 20)
    return most


def entities(hass: HomeAssistant) -> list[er.RegistryEntry]:
    """Return all entities of the entry."""
    return er.async_entries_for_config_entry(er.async_get(hass), "hub")


def enabled(hass: HomeAssistant) -> Mapping[str, int]:
    """Return how many servers have an entity enabled, by its key."""
    ids = (each.unique_id.split("_", 2) for each in entities(hass) if not each.disabled)
    return Counter(rest[0] for _, identity, *rest in ids if identity.isdigit())


async def fleet(
    hass: HomeAssistant, scripted: ScriptedDashboard, count: int, **fields: Mapping[str, Any]
) -> MockConfigEntry:
    """Run an entry with so many servers."""
    scripted.servers = [server(number, f"server {number}", **fields) for number in range(1, count + 1)]
    return await set_up(hass, entry_of(scripted.url))


async def test_a_few_servers_have_all_of_it(hass: HomeAssistant, scripted: ScriptedDashboard, small: int) -> None:
    await fleet(hass, scripted, 2, **WITH_PARTS)
    assert set(enabled(hass).values()) == {2}
    assert {"online", "disk_used", "swap", "gpu_0"} <= enabled(hass).keys()


async def test_what_does_not_fit_for_all_is_enabled_for_none(
    hass: HomeAssistant, scripted: ScriptedDashboard, small: int, caplog: pytest.LogCaptureFixture
) -> None:
    await fleet(hass, scripted, 9, **WITH_PARTS)
    for_all = {key for key, count in enabled(hass).items() if count == 9}
    assert for_all == {"online", "cpu", "memory", "disk", "net_in_transfer"}
    assert sum(enabled(hass).values()) <= 60
    said = [record.getMessage() for record in caplog.records if record.name == budget.__name__]
    assert len(said) == 1
    assert "9 servers" in said[0]
    assert "Reached the maximum" not in caplog.text


async def test_services_and_the_dashboard_fit_whatever_servers_take(
    hass: HomeAssistant, socket_enabled: None, small: int, caplog: pytest.LogCaptureFixture
) -> None:
    """With 500 servers, their parts had taken all that ranked entities left, before services were there."""
    dashboard = Dashboard()
    for number in range(9):
        dashboard.add_server(f"server {number}")
    for number in range(3):
        dashboard.add_service(f"service {number}", ServiceKind.HTTP, probed=40)
    async with serving(dashboard=dashboard) as simulator:
        await set_up(hass, entry_for(simulator))
        registry = er.async_get(hass)
        found = {each.unique_id.removeprefix("hub_"): each.disabled for each in entities(hass)}
        assert {key for key, disabled in found.items() if key.startswith("service_") and not disabled} == {
            f"service_{number}_{key}"
            for number in dashboard.services
            for key in ("up", "latency", "latency_now", "availability_today", "availability_30_days")
        }
        # Where users enabled all there was, a server's entity makes way, and nothing of the dashboard's.
        own = {key for key, disabled in found.items() if key.partition("_")[0].isalpha() and not disabled}
        for each in [each for each in entities(hass) if each.disabled]:
            if sum(not each.disabled for each in entities(hass)) < small:
                registry.async_update_entity(each.entity_id, disabled_by=None)
        added = dashboard.add_service("another", ServiceKind.HTTP, probed=40)
        await refresh(hass, hass.config_entries.async_get_known_entry("hub"))
    enabled_now = {each.unique_id.removeprefix("hub_") for each in entities(hass) if not each.disabled}
    assert own | {f"service_{added.id}_up"} <= enabled_now
    assert len(enabled_now) == small
    assert "not adding more entities" not in caplog.text


async def test_what_does_not_fit_is_registered_and_can_be_enabled(
    hass: HomeAssistant, scripted: ScriptedDashboard, small: int
) -> None:
    entry = await fleet(hass, scripted, 9, **WITH_PARTS)
    registry = er.async_get(hass)
    load = registry.async_get(entity_id(hass, "load_1", "9") or "")
    assert load
    assert load.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    registry.async_update_entity(load.entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert shown(hass, "load_1", "9") == "0.5"


async def test_connectivity_fits_even_where_users_enabled_all_there_was(
    hass: HomeAssistant, scripted: ScriptedDashboard, small: int, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await fleet(hass, scripted, 9)
    registry = er.async_get(hass)
    for each in [each for each in entities(hass) if each.disabled]:
        if len([each for each in entities(hass) if not each.disabled]) < small:
            registry.async_update_entity(each.entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    caplog.clear()
    scripted.servers += [server(number, f"server {number}") for number in (10, 11)]
    await refresh(hass, entry)
    assert [shown(hass, "online", number) for number in ("10", "11")] == [STATE_ON, STATE_ON]
    assert len([each for each in entities(hass) if not each.disabled]) == small
    assert enabled(hass)["online"] == 11
    assert "does not" not in caplog.text
    assert "not adding more entities" not in caplog.text


async def test_a_fleet_whose_parts_are_too_many(
    hass: HomeAssistant, scripted: ScriptedDashboard, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As 417 servers with traffic cycles are to 10,000 entities, so are 42 with parts to 1,000."""
    caplog.set_level(logging.WARNING, "homeassistant")
    monkeypatch.setattr(entity_platform, "MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY", 1_000)
    monkeypatch.setattr(budget, "_MOST_ENABLED", 1_000)
    monkeypatch.setattr(budget, "_FOR_LATER", 50)
    parts = {
        "host": {"SwapTotal": 2**30, "GPU": [f"Card {number}" for number in range(16)]},
        "status": {"Temperatures": [{"Name": f"core_{number}", "Temperature": 40} for number in range(16)]},
    }
    entry = await fleet(hass, scripted, 42, **parts)
    before = enabled(hass)
    scripted.servers.append(server(43, "a new one", **parts))
    await refresh(hass, entry)
    assert before["disk_used"] == 42
    assert enabled(hass)["online"] == enabled(hass)["disk_used"] == 43
    registered = Counter(each.unique_id.split("_")[1] for each in entities(hass))
    assert registered["43"] == registered["1"]
    assert sum(not each.disabled for each in entities(hass)) <= 950
    assert "Reached the maximum" not in caplog.text
