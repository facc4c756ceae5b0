"""Nezha for Home Assistant: every server of a Nezha dashboard is a device."""

from yarl import URL

from homeassistant.const import CONF_HEADERS, CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .api import AuthenticationError, connect
from .const import CONF_TOKEN_REJECTED, DOMAIN
from .coordinator import NezhaConfigEntry, NezhaCoordinator, memory_store
from .devices import identity_of

PLATFORMS = (Platform.BINARY_SENSOR, Platform.SENSOR)


async def async_setup_entry(hass: HomeAssistant, entry: NezhaConfigEntry) -> bool:
    """Set up a dashboard."""
    if entry.data.get(CONF_TOKEN_REJECTED):
        raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key=AuthenticationError.reason)
    backend = connect(
        async_get_clientsession(hass, entry.data[CONF_VERIFY_SSL]),
        URL(entry.data[CONF_URL]),
        entry.data[CONF_TOKEN],
        entry.data[CONF_HEADERS],
    )
    coordinator = NezhaCoordinator(hass, entry, backend)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: NezhaConfigEntry) -> bool:
    """Unload a dashboard; what is known of its servers is kept on disk."""
    if unloaded := await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        await entry.runtime_data.async_save()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: NezhaConfigEntry) -> None:
    """Forget what was known of a dashboard's servers."""
    await memory_store(hass, entry.entry_id).async_remove()


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: NezhaConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Let the user delete the device of a server that the dashboard no longer lists."""
    identity = identity_of(entry, device)
    return identity is not None and identity not in entry.runtime_data.data
