"""What is remembered on disk is read whatever release wrote it, and no set-up fails for it."""

from copy import deepcopy
import json
import logging
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nezha.const import CONF_GENERATION, DOMAIN
from custom_components.nezha.runtime.store import MemoryStore
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_URL, STATE_ON
from homeassistant.core import HomeAssistant

from .conftest import Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, blank_server, server
from .test_life import STORE, logged, now, shown, shown_time

FIRST_BOOT = 1_780_300_000


def written_by_the_first_releases() -> dict[str, Any]:
    """Return a file as they wrote it: version 1.1, a record a server."""
    return {
        "version": 1,
        "minor_version": 1,
        "key": STORE,
        "data": {
            "1": {
                "last_active": now() - 10,
                "boot_time": FIRST_BOOT,
                "started": FIRST_BOOT,
                "reported": now() - 10,
                "net_in_transfer": 5 * 2**30,
                "online": True,
                "host": {
                    "platform": "debian",
                    "platform_version": "12.11",
                    "cpu": ["AMD EPYC 2 Virtual Core"],
                    "gpu": [],
                    "memory_total": 4 * 2**30,
                    "disk_total": 40 * 2**30,
                    "swap_total": 0,
                    "arch": "x86_64",
                    "virtualization": "kvm",
                    "boot_time": FIRST_BOOT,
                    "agent_version": "0.20.5",
                },
            }
        },
    }


async def start_beside_a_blank_dashboard(
    hass: HomeAssistant, scripted: ScriptedDashboard, storage: dict[str, Any], file: Any
) -> MockConfigEntry:
    """Set up where all that can be shown is what was remembered."""
    storage[STORE] = file
    scripted.servers = [blank_server()]
    entry = await set_up(hass, entry_of(scripted.url))
    assert entry.state is ConfigEntryState.LOADED
    return entry


def newer(file: dict[str, Any], **version: int) -> dict[str, Any]:
    """Return a file as a later release may write it: with fields that nobody knows yet."""
    file = deepcopy(file) | version
    records = file["data"].get("servers", file["data"])
    for record in records.values():
        record["mood"] = "good"
        record["host"]["sockets"] = 2
    file["data"]["weather"] = {"sunny": True}
    return file


@pytest.fixture(autouse=True)
def stopped(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Stop the clock, and read the log as a user does."""
    caplog.set_level(logging.INFO)


async def test_of_the_release_before(
    hass: HomeAssistant, scripted: ScriptedDashboard, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    await start_beside_a_blank_dashboard(hass, scripted, hass_storage, written_by_the_first_releases())
    assert shown(hass, "online") == STATE_ON
    assert shown_time(hass, "boot_time") == FIRST_BOOT
    assert logged(caplog, logging.WARNING) == []


@pytest.mark.parametrize("version", [{"minor_version": 99}, {"version": 99}, {"version": 99, "minor_version": 7}])
async def test_of_one_that_does_not_exist_yet(
    hass: HomeAssistant, scripted: ScriptedDashboard, hass_storage: dict[str, Any], version: dict[str, int]
) -> None:
    scripted.servers = [server()]
    entry = await set_up(hass, entry_of(scripted.url))
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[STORE] = newer(hass_storage[STORE], **version)
    scripted.servers = [blank_server()]
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert (shown(hass, "online"), shown_time(hass, "boot_time")) == (STATE_ON, FIRST_BOOT)


@pytest.mark.parametrize(
    "record",
    [None, 7, [], {}, {"boot_time": "yesterday"}, {"host": 5}, {"host": {"cpu": 5}}, {"last_active": 10**15}],
)
async def test_a_record_that_cannot_be_read_costs_itself_alone(
    hass: HomeAssistant, scripted: ScriptedDashboard, hass_storage: dict[str, Any], record: object
) -> None:
    file = written_by_the_first_releases()
    file["data"]["2"] = record
    entry = await start_beside_a_blank_dashboard(hass, scripted, hass_storage, file)
    assert shown_time(hass, "boot_time") == FIRST_BOOT
    scripted.servers = [server(), server(2, "beta")]
    await refresh(hass, entry)
    assert shown(hass, "online", "2") == STATE_ON


@pytest.mark.parametrize(
    "file",
    [
        {"version": "1", "minor_version": 1, "data": {}},
        {"version": 1, "minor_version": 2, "data": []},
        {"version": 1, "minor_version": 1, "data": None},
    ],
)
async def test_a_file_that_makes_no_sense_is_begun_anew(
    hass: HomeAssistant, scripted: ScriptedDashboard, hass_storage: dict[str, Any], file: dict[str, Any]
) -> None:
    entry = await start_beside_a_blank_dashboard(hass, scripted, hass_storage, file)
    scripted.servers = [server()]
    await refresh(hass, entry)
    assert shown_time(hass, "boot_time") == FIRST_BOOT
    await hass.config_entries.async_unload(entry.entry_id)
    assert str(FIRST_BOOT) in json.dumps(hass_storage[STORE])


async def test_an_entry_of_which_only_the_necessary_is_known(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    scripted.servers = [server()]
    data = {CONF_URL: scripted.url, CONF_TOKEN: ScriptedDashboard.TOKEN, CONF_GENERATION: "v0"}
    entry = MockConfigEntry(domain=DOMAIN, title="dashboard", data=data, entry_id="hub")
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert shown(hass, "online") == STATE_ON


def test_it_is_written_in_one_piece(hass: HomeAssistant, tmp_path: Path) -> None:
    """A power cut while it is written leaves the file before."""
    store = MemoryStore(hass, "hub")._store
    hass.config.config_dir = str(tmp_path)
    with patch("homeassistant.helpers.storage.write_utf8_file_atomic") as write:
        store._write_prepared_data("w", "{}")
    assert write.call_args.args[0] == str(tmp_path / ".storage" / STORE)
