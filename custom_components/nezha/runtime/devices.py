"""Keeps the device registry true: a device for the dashboard, and one behind it for each server and each service."""

import asyncio
from collections import deque
from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass
import logging
import time

from yarl import URL

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntry, DeviceEntryType, DeviceInfo
from homeassistant.util.hass_dict import HassKey

from ..api import Generation, Service, Snapshot
from ..const import CONF_GENERATION, CONF_GROUP_AS_AREA, CONF_GROUPS, DOMAIN
from ..fleet import KnownServer
from ..names import machine, system
from . import limits

_LOGGER = logging.getLogger(__name__)

SERVICE_PREFIX = "service_"
"""Begins the key of a service; no identity of a server does."""
_AN_HOUR = 3_600
_CHOSEN_GROUPS: HassKey[dict[str, list[str]]] = HassKey(f"{DOMAIN}_chosen_groups")
"""The groups of each entry whose servers have devices: another choice is the user's, and needs no second look."""


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


@dataclass(slots=True)
class _Absence:
    """For how long a device's server or service was missing."""

    since: float
    lists: int = 0


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
        self._missing: dict[str, _Absence] = {}
        self._written: dict[str, deque[float]] = {}
        """When each device was written lately."""
        self._all_areas = ar.async_get(hass)
        self._areas = {
            device.area_id
            for device in dr.async_entries_for_config_entry(self._registry, entry.entry_id)
            if device.area_id is not None
        }
        """The areas in which these devices were."""
        self._has_logged_areas = False
        self._chosen: list[str] = entry.options.get(CONF_GROUPS, [])
        self._chosen_before = hass.data.setdefault(_CHOSEN_GROUPS, {})

    async def update(
        self, servers: Mapping[str, KnownServer], services: Mapping[str, Service], snapshot: Snapshot
    ) -> None:
        """Register and rename devices, and remove those of servers and services that are gone for good."""
        self._look_up()
        devices = self._by_key
        wanted = servers.keys() | services.keys()
        removed = self._registered.keys() - devices.keys()
        for key in self._gone(wanted, snapshot):
            if not devices[key].disabled:
                self._registry.async_remove_device(devices[key].id)
                removed.add(key)
        if snapshot.groups_known:
            self._chosen_before[self._entry.entry_id] = self._chosen
        for key in removed:
            self._registered.pop(key, None)
            self._missing.pop(key, None)
            self._written.pop(key, None)
        for key in wanted & self._missing.keys():
            del self._missing[key]
        for key, known in servers.items():
            server = known.server
            facts = server.number, server.name, server.groups, known.host
            if self._registered.get(key) != facts and self._may_write(key):
                await self._register(key, facts, self._describe(known))
        for key, service in services.items():
            if self._registered.get(key) != (service.name,) and self._may_write(key):
                await self._register(key, (service.name,), self._describe_service(service))
        self.removed = frozenset(removed)

    def keys(self) -> AbstractSet[str]:
        """Return the keys of the servers and services that have a device."""
        self._look_up()
        return self._by_key.keys()

    def _look_up(self) -> None:
        """Take the devices of servers and services from the registry, if any differs from before."""
        entries = dr.async_entries_for_config_entry(self._registry, self._entry.entry_id)
        if entries == self._entries:
            return
        self._entries = entries
        self._by_key = {key: device for device in entries if (key := key_of(self._entry, device)) is not None}
        self.disabled = frozenset(key for key, device in self._by_key.items() if device.disabled)

    def _gone(self, wanted: AbstractSet[str], snapshot: Snapshot) -> AbstractSet[str]:
        """Return whose device has to go; where most are missing that is doubted for a day, and then done in parts."""
        now = time.monotonic()
        absent = self._by_key.keys() - wanted
        if self._chosen_before.get(self._entry.entry_id, self._chosen) != self._chosen and snapshot.groups_known:
            unchosen = absent & snapshot.servers.keys()
        else:
            unchosen = set()
        for key in absent - unchosen:
            if _is_proven_absent(key, snapshot):
                self._missing.setdefault(key, _Absence(since=now)).lists += 1
        half = len(self._by_key.keys() | wanted) // 2
        gone = {key for key in absent - unchosen if self._is_gone(key, now, limits.SECONDS_WITHOUT)}
        if len(gone) > half:
            gone = set(sorted(key for key in gone if self._is_gone(key, now, limits.SECONDS_WITHOUT_MOST))[:half])
        return gone | unchosen

    def _is_gone(self, key: str, now: float, seconds: float) -> bool:
        """Whether a device was missing in enough lists, for long enough."""
        absence = self._missing.get(key)
        return absence is not None and absence.lists >= limits.LISTS_WITHOUT and now - absence.since >= seconds

    def _may_write(self, key: str) -> bool:
        """Whether a device may be written that was written before; what is put off is done with a later list."""
        now = time.monotonic()
        written = self._written.setdefault(key, deque(maxlen=limits.DEVICE_WRITES_AN_HOUR))
        if len(written) == limits.DEVICE_WRITES_AN_HOUR and now - written[0] < _AN_HOUR:
            return False
        written.append(now)
        return True

    async def _register(self, key: str, facts: tuple[object, ...], info: DeviceInfo) -> None:
        """Write a device of which a fact changed. A name that the user gave is kept by the registry itself."""
        info["identifiers"] = {device_identifier(self._entry, key)}
        info["manufacturer"] = "Nezha"
        info["via_device_id"] = self._hub.id
        device = self._registry.async_get_or_create(config_entry_id=self._entry.entry_id, **info)
        if device.area_id is not None:
            self._areas.add(device.area_id)
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
        if server.groups and self._entry.options.get(CONF_GROUP_AS_AREA) and self._has_area(server.groups[0]):
            info["suggested_area"] = server.groups[0]
        return info

    def _has_area(self, group: str) -> bool:
        """Whether there is an area of a group's name, or room for one: users of the dashboard name its groups."""
        if self._all_areas.async_get_area_by_name(group) or len(self._areas) < limits.AREAS:
            return True
        if not self._has_logged_areas:
            self._has_logged_areas = True
            _LOGGER.warning(
                "%s has groups for more than the %d areas that they may add: servers of the others are in none",
                self._entry.title,
                limits.AREAS,
            )
        return False

    def _describe_service(self, service: Service) -> DeviceInfo:
        """Say what is known of a service."""
        info = DeviceInfo(entry_type=DeviceEntryType.SERVICE, model="Service", configuration_url=self._url)
        if service.name:
            info["name"] = service.name
        else:
            info["translation_key"] = "unnamed_service"
            info["translation_placeholders"] = {"number": str(service.number)}
        return info


def _is_proven_absent(key: str, snapshot: Snapshot) -> bool:
    """Whether an answer proves that a device's server or service is not among those that are wanted.

    A list with an omission may have it, and an empty one proves nothing: so a dashboard answers that lost its database.
    """
    if key.startswith(SERVICE_PREFIX):
        return snapshot.services is not None
    if key in snapshot.servers:
        return snapshot.groups_known
    return snapshot.complete and bool(snapshot.servers)
