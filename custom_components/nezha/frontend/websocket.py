"""The commands that the modules ask."""

from hashlib import sha256
from typing import Any

import voluptuous as vol

from homeassistant.components import websocket_api
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from .overview import Viewer, overview
from .serving import SERVED
from .structure import Structure

_STORE_VERSION = 1
_STORE_DELAY = 10
"""Seconds."""
_REVISION_LENGTH = 12


class Memory:
    """The structure of each dashboard as it was asked for last."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Remember nothing yet."""
        self._hass = hass
        self._structures: dict[str, Structure] = {}
        self._stores: dict[str, Store[dict[str, Any]]] = {}

    async def structure(self, entry: ConfigEntry) -> Structure:
        """Return what the dashboard said last, be it before a restart."""
        if entry.state is ConfigEntryState.LOADED:
            structure = Structure.of(entry.runtime_data)
            if structure != self._structures.get(entry.entry_id):
                self._structures[entry.entry_id] = structure
                self._store(entry).async_delay_save(structure.to_dict, _STORE_DELAY)
        elif entry.entry_id not in self._structures:
            stored = await self._store(entry).async_load()
            self._structures[entry.entry_id] = Structure.from_dict(stored) if stored else Structure()
        return self._structures[entry.entry_id]

    async def remove(self, entry: ConfigEntry) -> None:
        """Forget a dashboard."""
        self._structures.pop(entry.entry_id, None)
        await self._store(entry).async_remove()
        del self._stores[entry.entry_id]

    def _store(self, entry: ConfigEntry) -> Store[dict[str, Any]]:
        """Return where a structure is kept: always the same object, which knows what is still to be written."""
        if (store := self._stores.get(entry.entry_id)) is None:
            key = f"{DOMAIN}.{entry.entry_id}.overview"
            store = self._stores[entry.entry_id] = Store(self._hass, _STORE_VERSION, key)
        return store


_MEMORY: HassKey[Memory] = HassKey("nezha_overview")


@callback
def async_setup_commands(hass: HomeAssistant) -> None:
    """Take the commands."""
    hass.data[_MEMORY] = Memory(hass)
    websocket_api.async_register_command(hass, websocket_frontend)
    websocket_api.async_register_command(hass, websocket_overview)


async def async_remove_overview(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget the structure of a dashboard that is removed."""
    await hass.data[_MEMORY].remove(entry)


@callback
@websocket_api.websocket_command({vol.Required("type"): "nezha/frontend"})
def websocket_frontend(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Tell where the modules of this version are: a page may have been loaded with those of an older one."""
    served = hass.data.get(SERVED)
    connection.send_result(msg["id"], {"base": served.base if served else None})


@websocket_api.websocket_command(
    {vol.Required("type"): "nezha/overview", vol.Optional("entry_id"): str, vol.Optional("revision"): str}
)
@websocket_api.async_response
async def websocket_overview(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]
) -> None:
    """Tell the structure of all dashboards, or of one; no hubs where it is that of the revision which is known already."""
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False)
    if entry_id := msg.get("entry_id"):
        entries = [entry for entry in entries if entry.entry_id == entry_id]
    viewer = Viewer.of(connection.user)
    memory = hass.data[_MEMORY]
    hubs = [overview(hass, entry, await memory.structure(entry), viewer) for entry in entries]
    revision = _revision(hubs)
    connection.send_result(msg["id"], {"revision": revision, "hubs": None if revision == msg.get("revision") else hubs})


def _revision(hubs: list[dict[str, Any]]) -> str:
    """Return what is another where a page is to be laid out anew: not because of who is offline, or how a service fares."""
    laid_out = [
        hub
        | {
            "servers": [server | {"silent_since": None} for server in hub["servers"]],
            "services": [service | {"days": len(service["days"])} for service in hub["services"]],
        }
        for hub in hubs
    ]
    return sha256(json_bytes(laid_out)).hexdigest()[:_REVISION_LENGTH]
