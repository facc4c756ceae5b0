"""What a user can attach to a bug report: all that helps, and nothing secret."""

import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion

from custom_components.nezha.const import CONF_REJECTED
from custom_components.nezha.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_HEADERS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .conftest import Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, blank_server, server


def secrets_of(entry: MockConfigEntry) -> list[str]:
    """Return what must not be told: of the entry, and the addresses in `fleet`."""
    host = entry.data["url"].removeprefix("http://")
    return [ScriptedDashboard.TOKEN, "X-Gate", "the-gate-key", host, "127.0.0.1", "203.0.113", "198.51.100", "2001:db8"]


def fleet() -> list[dict[str, Any]]:
    """Return servers of all kinds, one of which cannot be read."""
    return [
        server(1, ipv4="203.0.113.77", ipv6="2001:db8::77", valid_ip="203.0.113.77"),
        server(
            2,
            "beta",
            "",
            host={"SwapTotal": 2**30, "GPU": ["Tesla T4"]},
            status={"GPU": 50, "Temperatures": [{"Name": "coretemp", "Temperature": 41.5}]},
        ),
        blank_server(3, "gamma"),
        server(4, "delta", ipv4="203.0.113.78", id="203.0.113.79"),
    ]


@pytest.fixture
async def entry(hass: HomeAssistant, scripted: ScriptedDashboard) -> MockConfigEntry:
    """Add an entry with headers for a gateway."""
    entry = entry_of(scripted.url, groups=[], offline_after=60)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HEADERS: {"X-Gate": "the-gate-key"}})
    return entry


def assert_nothing_secret(diagnostics: dict[str, Any], entry: MockConfigEntry) -> None:
    """Look for everything secret in the file that the user gets."""
    dump = json.dumps(diagnostics, default=str)
    assert [secret for secret in secrets_of(entry) if secret in dump] == []


async def test_diagnostics_tell_all_that_is_known(
    hass: HomeAssistant,
    clock: Clock,
    scripted: ScriptedDashboard,
    entry: MockConfigEntry,
    snapshot: SnapshotAssertion,
) -> None:
    scripted.servers = fleet()
    await set_up(hass, entry)
    assert await async_get_config_entry_diagnostics(hass, entry) == snapshot


@pytest.mark.filterwarnings("ignore::aiohttp.web.NotAppKeyWarning")  # Home Assistant's own
async def test_the_file_that_the_user_gets_holds_nothing_secret(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, scripted: ScriptedDashboard, entry: MockConfigEntry
) -> None:
    scripted.servers = fleet()
    await set_up(hass, entry)
    assert await async_setup_component(hass, "diagnostics", {})
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert [known["server"]["name"] for known in diagnostics["servers"].values()] == ["alpha", "beta", "gamma"]
    assert len(diagnostics["omitted"]) == 1
    assert_nothing_secret(diagnostics, entry)


async def test_diagnostics_after_a_failure_name_its_kind_and_keep_what_was_known(
    hass: HomeAssistant, scripted: ScriptedDashboard, entry: MockConfigEntry
) -> None:
    scripted.servers = fleet()
    await set_up(hass, entry)
    await scripted.stop()
    await refresh(hass, entry)
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert diagnostics["last_update_success"] is False
    assert diagnostics["last_error"] == "UpdateFailed"
    assert len(diagnostics["servers"]) == 3
    assert_nothing_secret(diagnostics, entry)


async def test_diagnostics_can_be_had_of_an_entry_that_never_loaded(
    hass: HomeAssistant, scripted: ScriptedDashboard, entry: MockConfigEntry
) -> None:
    await scripted.stop()
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert diagnostics["options"] == {"groups": [], "offline_after": 60}
    assert_nothing_secret(diagnostics, entry)


async def test_diagnostics_tell_that_the_token_was_rejected(
    hass: HomeAssistant, scripted: ScriptedDashboard, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_REJECTED: True})
    await set_up(hass, entry)
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert diagnostics["data"][CONF_REJECTED] is True
    assert_nothing_secret(diagnostics, entry)
