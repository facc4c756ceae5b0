"""Keeps the device registry true: a device for the dashboard, and one behind it for each server."""

from collections.abc import Mapping
import time
from typing import TYPE_CHECKING

from yarl import URL

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntry, DeviceEntryType, DeviceInfo

from .api import Snapshot
from .const import CONF_GENERATION, CONF_GROUP_AS_AREA, DOMAIN
from .fleet import KnownServer

if TYPE_CHECKING:
    from .coordinator import NezhaConfigEntry

_LISTS_WITHOUT = 3
_SECONDS_WITHOUT = 600
"""A device goes after this many complete lists and seconds without its server."""


def server_identifier(entry: NezhaConfigEntry, identity: str) -> tuple[str, str]:
    """Return what a server's device is known by."""
    return DOMAIN, f"{entry.entry_id}_{identity}"


def identity_of(entry: NezhaConfigEntry, device: dr.AnyDeviceEntry) -> str | None:
    """Return the identity of a device's server; `None` for the dashboard's own device."""
    prefix = f"{entry.entry_id}_"
    return next(
        (key.removeprefix(prefix) for domain, key in device.identifiers if domain == DOMAIN and key.startswith(prefix)),
        None,
    )


class Devices:
    """The devices of one entry. The registry is the memory of who was there, also over a restart."""

    def __init__(self, hass: HomeAssistant, entry: NezhaConfigEntry) -> None:
        """Register the dashboard's device, so that servers' devices can be placed behind it."""
        self.removed: frozenset[str] = frozenset()
        """Servers whose device went since the update before: they are new if they come back."""
        self.disabled: frozenset[str] = frozenset()
        """Servers whose device the user disabled."""
        self._entry = entry
        self._registry = dr.async_get(hass)
        self._url = URL(entry.data[CONF_URL])
        self._hub = self._registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, entry.entry_id)},
            entry_type=DeviceEntryType.SERVICE,
            name=entry.title,
            manufacturer="Nezha",
            model=f"Nezha {entry.data[CONF_GENERATION]}",
            configuration_url=self._url,
        )
        self._registered: dict[str, DeviceInfo] = {}
        self._missing: dict[str, tuple[int, float]] = {}

    def update(self, servers: Mapping[str, KnownServer], snapshot: Snapshot) -> None:
        """Register and rename the servers' devices, and remove those of servers that are gone for good."""
        devices = self._devices()
        removed = self._registered.keys() - devices.keys()
        for identity in devices.keys() - servers.keys():
            unwanted = identity in snapshot.servers
            if not devices[identity].disabled and (unwanted or self._is_gone(identity, snapshot)):
                self._registry.async_remove_device(devices[identity].id)
                removed.add(identity)
        for identity in removed:
            self._registered.pop(identity, None)
            self._missing.pop(identity, None)
        for identity, known in servers.items():
            self._missing.pop(identity, None)
            self._register(identity, self._describe(known))
        self.removed = frozenset(removed)
        self.disabled = frozenset(identity for identity, device in devices.items() if device.disabled)

    def _devices(self) -> dict[str, DeviceEntry]:
        """Return the servers' devices in the registry by identity."""
        return {
            identity: device
            for device in dr.async_entries_for_config_entry(self._registry, self._entry.entry_id)
            if (identity := identity_of(self._entry, device)) is not None
        }

    def _is_gone(self, identity: str, snapshot: Snapshot) -> bool:
        """Count a complete list without a server. A single bad answer must not cost a user their device."""
        if not snapshot.complete:
            return False
        now = time.monotonic()
        lists, since = self._missing.get(identity, (0, now))
        self._missing[identity] = lists + 1, since
        return lists + 1 >= _LISTS_WITHOUT and now - since >= _SECONDS_WITHOUT

    def _register(self, identity: str, info: DeviceInfo) -> None:
        """Write a device only if something of it changed. A name that the user gave is kept by the registry itself."""
        if self._registered.get(identity) != info:
            self._registry.async_get_or_create(config_entry_id=self._entry.entry_id, **info)
            self._registered[identity] = info

    def _describe(self, known: KnownServer) -> DeviceInfo:
        """Say what is known of a server."""
        server, host = known.server, known.host
        info = DeviceInfo(
            identifiers={server_identifier(self._entry, server.identity)},
            manufacturer="Nezha",
            configuration_url=self._url,
            via_device_id=self._hub.id,
        )
        if server.name:
            info["name"] = server.name
        else:
            info["translation_key"] = "unnamed_server"
            info["translation_placeholders"] = {"number": str(server.number)}
        if host:
            info["model"] = f"{host.platform} {host.platform_version}".strip()
            info["hw_version"] = " · ".join(filter(None, (host.arch, host.virtualization)))
            info["sw_version"] = host.agent_version or None
        if server.groups and self._entry.options.get(CONF_GROUP_AS_AREA):
            info["suggested_area"] = server.groups[0]
        return info
