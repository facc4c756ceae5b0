"""A server's availability in Home Assistant: off by default, and true over restarts and outages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .conftest import Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server
from .test_life import entity_id, now, shown, state_of

KEYS = ("availability_24_hours", "availability_7_days", "availability_30_days")
TEN_MINUTES = 600
HOUR = 3_600


async def watch(
    hass: HomeAssistant, entry: Any, clock: Clock, scripted: ScriptedDashboard, seconds: int, **silent: int
) -> None:
    """Let time pass, in which server 1 reports unless it is silent since a moment."""
    for _ in range(seconds // TEN_MINUTES):
        clock.tick(TEN_MINUTES)
        scripted.servers = [server(last_active=silent.get("since", now()))]
        await refresh(hass, entry)
        await look_again(hass)


async def look_again(hass: HomeAssistant) -> None:
    """Let the sensors look, as they do from time to time."""
    async_fire_time_changed(hass, datetime.now(UTC) + timedelta(minutes=5))
    await hass.async_block_till_done()


async def test_off_by_default(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    scripted.servers = [server()]
    await set_up(hass, entry_of(scripted.url))
    for key in KEYS:
        entity = er.async_get(hass).async_get(entity_id(hass, key) or "")
        assert entity and entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION


@pytest.mark.usefixtures("all_enabled")
async def test_what_was_seen(hass: HomeAssistant, scripted: ScriptedDashboard, clock: Clock) -> None:
    scripted.servers = [server(last_active=now())]
    entry = await set_up(hass, entry_of(scripted.url))
    assert shown(hass, KEYS[0]) == STATE_UNKNOWN
    await watch(hass, entry, clock, scripted, 8 * HOUR)
    assert [shown(hass, key) for key in KEYS] == ["100.0", "100.0", STATE_UNKNOWN]
    await watch(hass, entry, clock, scripted, 2 * HOUR, since=now())
    assert float(shown(hass, KEYS[0])) == pytest.approx(100 * 8 / 10, abs=2)
    state = state_of(hass, KEYS[0])
    assert state.attributes.keys() == {"state_class", "unit_of_measurement", "friendly_name"}
    await watch(hass, entry, clock, scripted, 25 * HOUR)
    assert shown(hass, KEYS[0]) == "100.0"
    assert shown(hass, KEYS[1]) == shown(hass, KEYS[2])
    assert 94 < float(shown(hass, KEYS[1])) < 95


@pytest.mark.usefixtures("all_enabled")
async def test_it_stays_over_a_restart(hass: HomeAssistant, scripted: ScriptedDashboard, clock: Clock) -> None:
    scripted.servers = [server(last_active=now())]
    entry = await set_up(hass, entry_of(scripted.url))
    await watch(hass, entry, clock, scripted, 8 * HOUR)
    await watch(hass, entry, clock, scripted, 2 * HOUR, since=now())
    before = shown(hass, KEYS[1])
    await hass.config_entries.async_unload(entry.entry_id)
    clock.tick(5 * HOUR)
    scripted.servers = [server(last_active=now())]
    await set_up(hass, entry)
    assert shown(hass, KEYS[1]) == before


@pytest.mark.usefixtures("all_enabled")
async def test_an_outage_of_the_dashboard_is_not_the_servers(
    hass: HomeAssistant, scripted: ScriptedDashboard, clock: Clock
) -> None:
    scripted.servers = [server(last_active=now())]
    entry = await set_up(hass, entry_of(scripted.url))
    await watch(hass, entry, clock, scripted, 2 * HOUR)
    await scripted.stop()
    clock.tick(HOUR)
    await refresh(hass, entry)
    assert shown(hass, KEYS[0]) == STATE_UNAVAILABLE
    clock.tick(4 * HOUR)
    await scripted.start()
    scripted.servers = [server(last_active=now() - 5 * HOUR)]
    await refresh(hass, entry)
    assert shown(hass, KEYS[0]) == "100.0"


@pytest.mark.usefixtures("all_enabled")
async def test_it_goes_on_while_nothing_is_reported(
    hass: HomeAssistant, scripted: ScriptedDashboard, clock: Clock
) -> None:
    """An outage that lasts shows by itself: every five minutes."""
    scripted.servers = [server(last_active=now())]
    entry = await set_up(hass, entry_of(scripted.url))
    await watch(hass, entry, clock, scripted, 2 * HOUR)
    await watch(hass, entry, clock, scripted, TEN_MINUTES, since=now())
    before = float(shown(hass, KEYS[0]))
    await watch(hass, entry, clock, scripted, HOUR, since=now())
    assert float(shown(hass, KEYS[0])) < before
