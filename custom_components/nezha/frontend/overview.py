"""What a page has to know to lay out a dashboard: who is there, in which order, and by which entities they are shown.

Entities are named by our own keys, which users cannot change; a key is missing where its entity is disabled, hidden, or not for
this user. Nothing comes from a state.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
import re
from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import CONF_GENERATION, DOMAIN
from ..runtime.devices import SERVICE_PREFIX, key_of
from .structure import Place, Structure

_CYCLE = re.compile(r"cycle_(\d+)_")
_TASK = re.compile(r"task_(\d+)(?:_[0-9a-f]{8})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """What a user may do with entities."""

    may_read: Callable[[str], bool]
    may_control: Callable[[str], bool]

    @classmethod
    def of(cls, user: User) -> Viewer:
        """Ask the user's permissions; most users may do everything, and are not asked for each entity."""

        def check(policy: str) -> Callable[[str], bool]:
            if user.permissions.access_all_entities(policy):
                return lambda _: True
            return lambda entity_id: user.permissions.check_entity(entity_id, policy)

        return cls(may_read=check(POLICY_READ), may_control=check(POLICY_CONTROL))


def overview(hass: HomeAssistant, entry: ConfigEntry, structure: Structure, viewer: Viewer) -> dict[str, Any]:
    """Return all that a page needs of one dashboard."""
    devices = {
        device.id: key
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        if (key := key_of(entry, device)) is not None
    }
    entities = _entities(hass, entry, devices, viewer)
    own = entities.pop(None, {})
    tasks = {int(found[1]): entity_id for key, entity_id in own.items() if (found := _TASK.fullmatch(key))}
    device_ids = {key: device_id for device_id, key in devices.items()}
    servers = [
        {
            "device_id": device_ids[key],
            "path": path,
            "groups": place.groups,
            "country": place.country,
            "agent": place.agent,
            "silent_since": place.silent_since,
            "entities": entities[key],
        }
        for key, path, place in _servers(entities, structure)
    ]
    services = [
        {
            "device_id": device_ids[key],
            "days": structure.services.get(key, ()),
            "entities": entities[key],
        }
        for key in _in_order(structure.services, entities)
        if key.startswith(SERVICE_PREFIX)
    ]
    hub = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    return {
        "entry_id": entry.entry_id,
        "title": entry.title,
        "generation": entry.data[CONF_GENERATION],
        "device_id": hub.id if hub else None,
        "entities": {key: entity_id for key, entity_id in own.items() if not _TASK.fullmatch(key)},
        "groups": structure.groups,
        "is_ordered": bool(structure.servers),
        "servers": servers,
        "services": services,
        "cycles": _cycles(structure, entities),
        "tasks": [entity_id for _, entity_id in sorted(tasks.items()) if viewer.may_control(entity_id)],
    }


def _entities(
    hass: HomeAssistant, entry: ConfigEntry, devices: Mapping[str, str], viewer: Viewer
) -> dict[str | None, dict[str, str]]:
    """Return the entities that are to be seen by their key, by the key of their device; `None` for the dashboard's own."""
    found: dict[str | None, dict[str, str]] = {}
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        if entity.disabled_by or entity.hidden_by or not viewer.may_read(entity.entity_id):
            continue
        thing = devices.get(entity.device_id or "")
        prefix = f"{entry.entry_id}_" if thing is None else f"{entry.entry_id}_{thing}_"
        if entity.unique_id.startswith(prefix):
            found.setdefault(thing, {})[entity.unique_id.removeprefix(prefix)] = entity.entity_id
    return found


def _in_order(known: Mapping[str, Any], entities: Mapping[str | None, Any]) -> Iterator[str]:
    """Yield the keys of things that have entities: first those whose place is known."""
    yield from (key for key in known if key in entities)
    yield from (key for key in entities if key is not None and key not in known)


def _servers(entities: Mapping[str | None, Any], structure: Structure) -> Iterator[tuple[str, str, Place]]:
    """Yield the key, the page's path and the place of each server."""
    taken: set[str] = set()
    for key in _in_order(structure.servers, entities):
        if key.startswith(SERVICE_PREFIX):
            continue
        # A uuid is known by its begin, unless that of another is the same.
        path = f"server-{key[:8]}"
        if path in taken:
            path = f"server-{key}"
        taken.add(path)
        yield key, path, structure.servers.get(key, Place())


def _cycles(structure: Structure, entities: Mapping[str | None, Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the traffic rules that have entities; one whose name is not known has none."""
    counted = {found[1] for keys in entities.values() for key in keys if (found := _CYCLE.match(key))}
    numbers = [number for number in structure.cycles if number in counted]
    numbers += sorted(counted - set(numbers), key=int)
    return [{"number": int(number), "name": structure.cycles.get(number, "")} for number in numbers]
