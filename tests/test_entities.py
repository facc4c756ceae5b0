"""All devices and entities of a recorded fleet, as Home Assistant shows them."""

from dataclasses import replace
from email.utils import parsedate_to_datetime
import json
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.nezha.api import NezhaError
from custom_components.nezha.runtime.devices import key_of
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_platform, entity_registry as er
from simulator import Simulator

from .conftest import Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server
from .strict_translations import TRANSLATIONS

DETAILS = json.loads((Path(__file__).parent / "recordings/v0/details.json").read_text())


@pytest.fixture
async def entry(hass: HomeAssistant, clock: Clock, all_enabled: None, scripted: ScriptedDashboard) -> MockConfigEntry:
    """The recorded fleet at the moment of its recording, with all its entities enabled."""
    clock.move_to(parsedate_to_datetime(DETAILS["headers"]["Date"]))
    scripted.body, scripted.date = DETAILS["body"], DETAILS["headers"]["Date"]
    return await set_up(hass, entry_of(scripted.url))


async def test_devices(hass: HomeAssistant, entry: MockConfigEntry, snapshot: SnapshotAssertion) -> None:
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert len(devices) == 1 + len(DETAILS["body"]["result"])
    for device in sorted(devices, key=lambda device: int(key_of(entry, device) or 0)):
        # The scripted dashboard's port is another one every time.
        assert device == snapshot(name=device.name, exclude=props("configuration_url"))


async def test_every_device_leads_to_the_dashboard(
    hass: HomeAssistant, entry: MockConfigEntry, scripted: ScriptedDashboard
) -> None:
    hub, *servers = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert {device.configuration_url for device in (hub, *servers)} == {scripted.url}
    assert {device.via_device_id for device in servers} == {hub.id}


async def test_all_states(hass: HomeAssistant, entry: MockConfigEntry, snapshot: SnapshotAssertion) -> None:
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert len(entities) > 300
    states = {entity.entity_id: hass.states.get(entity.entity_id) for entity in entities}
    assert {entity_id: state and state.state for entity_id, state in sorted(states.items())} == snapshot


async def test_entities_in_full(hass: HomeAssistant, entry: MockConfigEntry, snapshot: SnapshotAssertion) -> None:
    """Server 5 has temperatures, 6 a graphics card, 3 never reported, 4 has no group; the others are like these."""
    shown = {f"{entry.entry_id}_{number}_" for number in (3, 4, 5, 6)}
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    for entity in sorted(entities, key=lambda entity: entity.entity_id):
        of_server = entity.unique_id.split("_")[1].isdigit()
        if not of_server or any(entity.unique_id.startswith(prefix) for prefix in shown):
            assert entity == snapshot(name=f"{entity.entity_id}-entry")
            assert hass.states.get(entity.entity_id) == snapshot(name=f"{entity.entity_id}-state")


async def test_what_stands_for_a_device_has_no_name_of_its_own(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    state = hass.states.get("binary_sensor.vps_0")
    assert state
    assert state.name == "vps-0"


class TestDashboard:
    """Whether the dashboard answers is seen at all times, and why it does not."""

    @pytest.fixture
    async def running(self, hass: HomeAssistant, simulator: Simulator) -> MockConfigEntry:
        """Run an entry."""
        return await set_up(hass, entry_of(simulator.url))

    def shown(self, hass: HomeAssistant) -> tuple[str, str | None]:
        """Return what a user sees."""
        state = hass.states.get("binary_sensor.dashboard_dashboard")
        assert state
        return state.state, state.attributes["reason"]

    async def test_it_goes_and_comes_back(
        self, hass: HomeAssistant, running: MockConfigEntry, simulator: Simulator
    ) -> None:
        assert self.shown(hass) == ("on", None)
        simulator.faults.set("html_502")
        await refresh(hass, running)
        assert self.shown(hass) == ("off", "server_error")
        simulator.faults.clear()
        await refresh(hass, running)
        assert self.shown(hass) == ("on", None)

    async def test_another_reason_is_shown_too(
        self, hass: HomeAssistant, running: MockConfigEntry, simulator: Simulator
    ) -> None:
        for fault, reason in (("html_502", "server_error"), ("refuse", "refused"), ("html_502", "server_error")):
            simulator.faults.clear()
            simulator.faults.set(fault)
            await refresh(hass, running)
            assert self.shown(hass) == ("off", reason)

    async def test_each_reason_has_a_text(self) -> None:
        for language in TRANSLATIONS.parent.glob("*.json"):
            texts = json.loads(language.read_text())
            reasons = texts["entity"]["binary_sensor"]["dashboard"]["state_attributes"]["reason"]["state"]
            of_a_press = {"task_changed", "alert_rule_changed", "service_changed", "no_history", "history_off"}
            assert reasons.keys() | of_a_press == {each.reason for each in every_error(NezhaError)} | {"rejected"}


def every_error(kind: type[NezhaError]) -> set[type[NezhaError]]:
    """Return all errors that derive from one."""
    kinds = kind.__subclasses__()
    return {*kinds}.union(*(every_error(each) for each in kinds))


class TestDeviceThatWasDeleted:
    """A device that its user deleted is new when its server returns, once."""

    async def test_returns_without_a_word(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard, caplog: pytest.LogCaptureFixture
    ) -> None:
        scripted.servers = [server(1), server(2, "beta")]
        entry = await set_up(hass, entry_of(scripted.url))
        registry = er.async_get(hass)
        before = {each.unique_id for each in er.async_entries_for_config_entry(registry, entry.entry_id)}
        scripted.servers = [server(2, "beta")]
        await refresh(hass, entry)
        devices = dr.async_get(hass)
        (device,) = (each for each in dr.async_entries_for_config_entry(devices, "hub") if key_of(entry, each) == "1")
        devices.async_remove_device(device.id)
        await hass.async_block_till_done()
        scripted.servers = [server(1), server(2, "beta")]
        for _ in range(3):
            await refresh(hass, entry)
            # As frames do between two polls.
            entry.runtime_data.async_update_listeners()
            await hass.async_block_till_done()
        assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
        after = {each.unique_id for each in er.async_entries_for_config_entry(registry, entry.entry_id)}
        assert after == before
        state = hass.states.get("binary_sensor.alpha")
        assert state
        assert state.state == "on"


async def test_an_entity_id_changes_in_place_where_core_can(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """From 2026.11 on, core asks an entity for this; without, it is removed and added anew."""
    for platform in entity_platform.async_get_platforms(hass, "nezha"):
        for each in platform.entities.values():
            for kind in type(each).__mro__:
                if kind.__module__.startswith("custom_components.nezha") and "async_added_to_hass" in vars(kind):
                    assert "async_entity_id_changed" in vars(kind), kind
            each.async_entity_id_changed("sensor.old")


async def test_many_groups_are_shortened(
    hass: HomeAssistant, clock: Clock, all_enabled: None, scripted: ScriptedDashboard
) -> None:
    """A state has at most 255 characters; a longer one would be unknown, with an error in the log."""
    scripted.servers = [server(1)]
    entry = await set_up(hass, entry_of(scripted.url))
    coordinator = entry.runtime_data
    groups = tuple(f"group number {number}" for number in range(20))
    known = coordinator.data["1"]
    coordinator.data = {"1": replace(known, server=replace(known.server, groups=groups))}
    coordinator.async_update_listeners()
    await hass.async_block_till_done()
    state = hass.states.get("sensor.alpha_group")
    assert state
    assert (len(state.state), state.state[:30], state.state[-1]) == (255, "group number 0, group number 1", "…")
