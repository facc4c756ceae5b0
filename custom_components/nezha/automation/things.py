"""How a server, a service or a dashboard is named to a person, and where it is in Home Assistant's registries."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import DOMAIN
from ..fleet import UNGROUPED, KnownServer
from ..runtime.coordinator import NezhaConfigEntry
from ..runtime.devices import key_of
from .meanings import Kind, Meaning, Subject


def loaded_entries(hass: HomeAssistant) -> list[NezhaConfigEntry]:
    """Return the dashboards that are set up."""
    entries: list[NezhaConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    return [entry for entry in entries if entry.state is ConfigEntryState.LOADED]


def is_in_groups(known: KnownServer, groups: frozenset[str]) -> bool:
    """Return whether a server is in one of the groups, in whatever letters they are written; no groups are all."""
    return not groups or not groups.isdisjoint(fold_groups(known.server.groups or (UNGROUPED,)))


def fold_groups(groups: tuple[str, ...] | list[str]) -> frozenset[str]:
    """Return groups as they are compared."""
    return frozenset(group.strip().casefold() for group in groups)


def devices_by_key(hass: HomeAssistant, entry: NezhaConfigEntry) -> dict[str, dr.DeviceEntry]:
    """Return a dashboard's devices by the key of their server or service; that of the dashboard has an empty one."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {key_of(entry, device) or "": device for device in devices}


def name_of(entry: NezhaConfigEntry, key: str, device: dr.AnyDeviceEntry | None) -> str:
    """Return what the user calls a thing: by its device, which also has a name where the dashboard has none."""
    if name := device and (device.name_by_user or device.name):
        return name
    coordinator = entry.runtime_data if entry.state is ConfigEntryState.LOADED else None
    if coordinator and (known := coordinator.data.get(key)):
        return known.server.name or str(known.server.number)
    if coordinator and (service := coordinator.services.get(key)):
        return service.name or str(service.number)
    return entry.title


def unique_id_prefix(entry_id: str, key: str) -> str:
    """Return what the unique ids of a thing's entities begin with."""
    return f"{entry_id}_{key}_" if key else f"{entry_id}_"


def entity_of(hass: HomeAssistant, meaning: Meaning, subject: Subject) -> str | None:
    """Return the entity that shows what is meant of a subject."""
    registry = er.async_get(hass)
    prefix = unique_id_prefix(subject.entry_id, subject.key)
    return next(
        (
            entity.entity_id
            for entity in er.async_entries_for_config_entry(registry, subject.entry_id)
            if entity.unique_id.startswith(prefix)
            and (match := meaning.entities.fullmatch(entity.unique_id.removeprefix(prefix)))
            and match.groupdict().get("part") in (None, subject.part)
        ),
        None,
    )


def describe(hass: HomeAssistant, entry: NezhaConfigEntry, kind: Kind, key: str) -> dict[str, Any]:
    """Return what a run is told of a thing."""
    return _DESCRIBE[kind](entry, key, devices_by_key(hass, entry).get(key))


def _describe_server(entry: NezhaConfigEntry, key: str, device: dr.AnyDeviceEntry | None) -> dict[str, Any]:
    known = entry.runtime_data.data.get(key)
    return {
        "name": name_of(entry, key, device),
        "group": ", ".join(known.server.groups) if known else "",
        "groups": list(known.server.groups) if known else [],
        "id": known.server.number if known else None,
        "dashboard": entry.title,
        "device_id": device.id if device else None,
    }


def _describe_service(entry: NezhaConfigEntry, key: str, device: dr.AnyDeviceEntry | None) -> dict[str, Any]:
    service = entry.runtime_data.services.get(key)
    return {
        "name": name_of(entry, key, device),
        "id": service.number if service else None,
        "dashboard": entry.title,
        "device_id": device.id if device else None,
    }


def _describe_dashboard(entry: NezhaConfigEntry, key: str, device: dr.AnyDeviceEntry | None) -> dict[str, Any]:
    return {"name": entry.title, "config_entry_id": entry.entry_id, "device_id": device.id if device else None}


_DESCRIBE: Mapping[Kind, Callable[[NezhaConfigEntry, str, dr.DeviceEntry | None], dict[str, Any]]] = {
    Kind.SERVER: _describe_server,
    Kind.SERVICE: _describe_service,
    Kind.DASHBOARD: _describe_dashboard,
}
