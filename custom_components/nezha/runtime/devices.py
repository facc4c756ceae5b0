"""Keeps the device registry true: a device for the dashboard, and one behind it for each server and each service."""

import asyncio
from collections.abc import Mapping
import time

from yarl import URL

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntry, DeviceEntryType, DeviceInfo

from ..api import Generation, Service, Snapshot
from ..const import CONF_GENERATION, CONF_GROUP_AS_AREA, DOMAIN
from ..fleet import KnownServer
from ..names import machine, system

SERVICE_PREFIX = "service_"
"""Begins the key of a service; no identity of a server does."""
_LISTS_WITHOUT = 3
_SECONDS_WITHOUT = 600
"""A device goes after this many complete lists and seconds without its server."""


def device_identifier(entry: ConfigEntry, key: str) -> tuple[str, str]:
    """Return what the device of a server (by its identity) or of a service (`service_` and its number) is known by."""
    return DOMAIN, f"{entry.entry_id}_{key}"


def key_of(entry: ConfigEntry, device: dr.AnyDeviceEntry) -> str | None:
    """Return the key of a device's server or service; `None` for the dashboard's own device."""
    prefix = f"{entry.entry_id}_"
    return next(
        (key.removeprefix(prefix) for domain, key in device.identifiers if domain == DOMAIN and key.startswith(prefix)),
        None,
    )


class Devices:
    """The devices of one entry. The registry is the memory of who was there, also over a restart."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Register the dashboard's device, so that servers' devices can be placed behind it."""
        self.removed: frozenset[str] = frozenset()
        """Keys whose device went since the update before: they are new if they come back."""
        self.disabled: frozenset[str] = frozenset()
        """Keys whose device the user disabled."""
        self._entry = entry
        self._registry = dr.async_get(hass)
        self._url = URL(entry.data[CONF_URL])
        # v0 has no page for a single server.
        self._has_pages = entry.data[CONF_GENERATION] != Generation.V0
        self._hub = self._registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, entry.entry_id)},
            entry_type=DeviceEntryType.SERVICE,
            name=entry.title,
            manufacturer="Nezha",
            model=f"Nezha {entry.data[CONF_GENERATION]}",
            configuration_url=self._url,
        )
        self._entries: list[DeviceEntry] = []
        self._by_key: dict[str, DeviceEntry] = {}
        """The devices of servers and services among these entries."""
        self._registered: dict[str, tuple[object, ...]] = {}
        """What was registered, by the key of its device."""
        self._missing: dict[str, tuple[int, float]] = {}

    async def update(
        self, servers: Mapping[str, KnownServer], services: Mapping[str, Service], snapshot: Snapshot
    ) -> None:
        """Register and rename devices, and remove those of servers and services that are gone for good."""
        self._look_up()
        devices = self._by_key
        wanted = servers.keys() | services.keys()
        removed = self._registered.keys() - devices.keys()
        for key in devices.keys() - wanted:
            # A server that is listed but not wanted is one of a group that the user did not choose.
            gone = snapshot.groups_known if key in snapshot.servers else self._is_gone(key, snapshot)
            if gone and not devices[key].disabled:
                self._registry.async_remove_device(devices[key].id)
                removed.add(key)
        for key in removed:
            self._registered.pop(key, None)
            self._missing.pop(key, None)
        for key in wanted & self._missing.keys():
            del self._missing[key]
        for key, known in servers.items():
            server = known.server
            facts = server.number, server.name, server.groups, known.host
            if self._registered.get(key) != facts:
                await self._register(key, facts, self._describe(known))
        for key, service in services.items():
            if self._registered.get(key) != (service.name,):
                await self._register(key, (service.name,), self._describe_service(service))
        self.removed = frozenset(removed)

    def _look_up(self) -> None:
        """Take the devices of servers and services from the registry, if any is another than before."""
        entries = dr.async_entries_for_config_entry(self._registry, self._entry.entry_id)
        if entries == self._entries:
            return
        self._entries = entries
        self._by_key = {key: device for device in entries if (key := key_of(self._entry, device)) is not None}
        self.disabled = frozenset(key for key, device in self._by_key.items() if device.disabled)

    def _is_gone(self, key: str, snapshot: Snapshot) -> bool:
        """Count a complete list without a server or service. A single bad answer must not cost a user their device."""
        complete = snapshot.services is not None if key.startswith(SERVICE_PREFIX) else snapshot.complete
        if not complete:
            return False
        now = time.monotonic()
        lists, since = self._missing.get(key, (0, now))
        self._missing[key] = lists + 1, since
        return lists + 1 >= _LISTS_WITHOUT and now - since >= _SECONDS_WITHOUT

    async def _register(self, key: str, facts: tuple[object, ...], info: DeviceInfo) -> None:
        """Write a device of which a fact changed. A name that the user gave is kept by the registry itself."""
        info["identifiers"] = {device_identifier(self._entry, key)}
        info["manufacturer"] = "Nezha"
        info["via_device_id"] = self._hub.id
        self._registry.async_get_or_create(config_entry_id=self._entry.entry_id, **info)
        self._registered[key] = facts
        # Registering a thousand takes a while, in which the loop has other work too.
        await asyncio.sleep(0)

    def _describe(self, known: KnownServer) -> DeviceInfo:
        """Say what is known of a server."""
        server, host = known.server, known.host
        info = DeviceInfo(configuration_url=self._url / "server" / str(server.number) if self._has_pages else self._url)
        if server.name:
            info["name"] = server.name
        else:
            info["translation_key"] = "unnamed_server"
            info["translation_placeholders"] = {"number": str(server.number)}
        info["model"] = (host and system(host.platform, host.platform_version)) or "Server"
        info["hw_version"] = (host and machine(host.arch, host.virtualization)) or None
        # Home Assistant would call the agent's version the server's firmware: it is a sensor.
        info["sw_version"] = None
        if server.groups and self._entry.options.get(CONF_GROUP_AS_AREA):
            info["suggested_area"] = server.groups[0]
        return info

    def _describe_service(self, service: Service) -> DeviceInfo:
        """Say what is known of a service."""
        info = DeviceInfo(entry_type=DeviceEntryType.SERVICE, model="Service", configuration_url=self._url)
        if service.name:
            info["name"] = service.name
        else:
            info["translation_key"] = "unnamed_service"
            info["translation_placeholders"] = {"number": str(service.number)}
        return info
