"""Nezha for Home Assistant: every server of a Nezha dashboard is a device."""

from functools import partial

from yarl import URL

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.const import (
    CONF_HEADERS,
    CONF_PASSWORD,
    CONF_TOKEN,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
    Platform,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

from .api import BlockedError, Generation, NezhaError, connect, identify
from .const import CONF_GENERATION, CONF_REJECTED, DOMAIN
from .frontend import async_announce, async_forget, async_remove_overview, async_serve, async_setup_commands
from .repairs import create_renumbered_issue, delete_issues, delete_renumbered_issue
from .runtime.block import block_of, forget_block
from .runtime.coordinator import NezhaConfigEntry, NezhaCoordinator
from .runtime.devices import key_of
from .runtime.session import lasting_session
from .runtime.store import MemoryStore
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.UPDATE,
)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what all dashboards share."""
    async_setup_services(hass)
    async_setup_commands(hass)
    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, partial(_tidy_up, hass))
    await async_serve(hass)
    return True


@callback
def _tidy_up(hass: HomeAssistant, change: ConfigEntryChange, entry: ConfigEntry) -> None:
    """Take back what a user is told of a dashboard as soon as its entry is unloaded, disabled or removed."""
    if entry.domain == DOMAIN and entry.state is ConfigEntryState.NOT_LOADED:
        forget_block(hass, entry)
        delete_issues(hass, entry)


async def async_setup_entry(hass: HomeAssistant, entry: NezhaConfigEntry) -> bool:
    """Set up a dashboard."""
    await async_announce(hass)
    if entry.data.get(CONF_REJECTED):
        raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="rejected")
    block = block_of(hass, entry)
    if block.remaining:
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key=BlockedError.reason)
    url = URL(entry.data[CONF_URL])
    # An entry of another release may lack what is not there by default.
    headers = entry.data.get(CONF_HEADERS) or {}
    session = lasting_session(hass, url, entry.data.get(CONF_VERIFY_SSL, True))
    ask = partial(identify, session, url, headers)
    try:
        dashboard = await ask()
    except NezhaError as err:
        if isinstance(err, BlockedError):
            block.begin()
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key=err.reason) from err
    _take_generation(hass, entry, dashboard.generation)
    backend = connect(
        session,
        url,
        dashboard.generation,
        headers,
        token=entry.data.get(CONF_TOKEN),
        username=entry.data.get(CONF_USERNAME, ""),
        password=entry.data.get(CONF_PASSWORD, ""),
        has_oauth=bool(dashboard.oauth_providers),
        time_zone=dt_util.get_default_time_zone(),
    )
    coordinator = NezhaCoordinator(hass, entry, backend, ask)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    coordinator.async_follow()
    return True


def _take_generation(hass: HomeAssistant, entry: NezhaConfigEntry, generation: Generation) -> None:
    """Go on where a dashboard was upgraded from v1 to v2, and stop where its servers were numbered anew."""
    known = Generation(entry.data[CONF_GENERATION])
    if generation is known:
        delete_renumbered_issue(hass, entry)
        return
    if Generation.V0 in (known, generation):
        create_renumbered_issue(hass, entry, generation)
        raise ConfigEntryError(translation_domain=DOMAIN, translation_key="renumbered")
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_GENERATION: generation.value})


async def async_unload_entry(hass: HomeAssistant, entry: NezhaConfigEntry) -> bool:
    """Unload a dashboard; what is known of its servers is kept on disk."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: NezhaConfigEntry) -> None:
    """Forget what was known of a dashboard's servers."""
    await MemoryStore(hass, entry.entry_id).remove()
    await async_remove_overview(hass, entry)
    if all(other.entry_id == entry.entry_id for other in hass.config_entries.async_entries(DOMAIN)):
        await async_forget(hass)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: NezhaConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Let the user delete the device of a server or service that the dashboard no longer lists."""
    key = key_of(entry, device)
    if key is None or entry.state is not ConfigEntryState.LOADED:
        # Only a dashboard that was asked can have a server no longer.
        return False
    coordinator = entry.runtime_data
    return key not in coordinator.data and key not in coordinator.services
