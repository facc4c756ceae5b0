"""What all entities share: which device they belong to, and writing a state only when it changed."""

from abc import abstractmethod
import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import batched
from typing import override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback, EntityPlatform
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from ..api import Service
from ..const import DOMAIN
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator
from ..runtime.devices import device_identifier
from ..runtime.listeners import FactsOf, Topic

_BATCH = 40
"""Entities that are added in one go."""
_ROOM = 9_900
"""Enabled entities that all servers together may have: Home Assistant takes 10,000 of an entry, and refuses the rest."""
_FEW = 500
"""Servers that have room for all of their entities."""
_RANKED = (
    "online",
    "cpu",
    "memory",
    "disk",
    "net_in_transfer",
    "net_out_transfer",
    "net_in_speed",
    "net_out_speed",
    "load_1",
    "boot_time",
    "load_5",
    "load_15",
    "memory_used",
    "disk_used",
)
"""Keys of what a server is watched for, the most wanted first."""


def _has_room(key: str, servers: int) -> bool:
    """Whether an entity of each server can be enabled in a fleet of this size."""
    return servers <= _FEW or key in _RANKED[: _ROOM // servers]


class NezhaEntity[ShownT](CoordinatorEntity[NezhaCoordinator]):
    """An entity of the dashboard or of one of its servers.

    It writes a state only where a user would see it change, or where what it measures was reported anew.
    """

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: NezhaCoordinator, description: EntityDescription, topic: Topic | None = None
    ) -> None:
        """Listen to a topic, or to every update."""
        super().__init__(coordinator, topic)
        self.entity_description = description
        self._shown: ShownT | None = None
        self._report: object = None
        self._name_follows = False

    @abstractmethod
    def _read(self) -> ShownT | None:
        """Return all that is shown, from the coordinator's data; `None` where the entity is unavailable."""

    def _newest_report(self) -> object:
        """Return what differs with every report of what is measured; `None` where nothing is measured."""
        return None

    def _read_placeholders(self) -> dict[str, str] | None:
        """Return the names in the entity's own name, from the coordinator's data; `None` where they are unknown."""
        return None

    @override
    def add_to_platform_start(
        self, hass: HomeAssistant, platform: EntityPlatform, parallel_updates: asyncio.Semaphore | None
    ) -> None:
        """Learn the names in the entity's own name before it is registered."""
        self._name_follows = self._follow_name()
        super().add_to_platform_start(hass, platform, parallel_updates)

    @override
    async def async_added_to_hass(self) -> None:
        """Read the state that Home Assistant is about to write."""
        await super().async_added_to_hass()
        self._shown, self._report = self._read(), self._newest_report()

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is: nothing here goes by the entity id. From 2026.11 on, who defines this is not added anew."""
        if parents := getattr(super(), "async_entity_id_changed", None):
            parents(old_entity_id)

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Let the loop have a turn: without, thousands of entities would be removed in one go."""
        await super().async_will_remove_from_hass()
        await asyncio.sleep(0)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        before, self._shown = self._shown, self._read()
        earlier, self._report = self._report, self._newest_report()
        if self._name_follows and self._follow_name():
            self.async_write_ha_state()
        # Helpers that weigh by time have to know that a measurement stayed the same: that is reported, and not recorded.
        elif self._shown != before or (self._shown is not None and self._report != earlier):
            self._write(before)

    def _follow_name(self) -> bool:
        """Take the names in the entity's own name; return whether any is new."""
        placeholders = self._read_placeholders()
        if placeholders is None or placeholders == self.translation_placeholders:
            return False
        self._attr_translation_placeholders = placeholders
        # Core keeps a name that it has put together once.
        self.__dict__.pop("name", None)
        return True

    @callback
    def _write(self, before: ShownT | None) -> None:
        """Write what is shown now, after what was shown before."""
        self.async_write_ha_state()

    @property
    @override
    def available(self) -> bool:
        """Return whether there is anything to show."""
        return self._shown is not None


class HubEntity[ShownT](NezhaEntity[ShownT]):
    """An entity of the dashboard: about all servers together."""

    def __init__(self, coordinator: NezhaCoordinator, description: EntityDescription) -> None:
        """Place the entity on the dashboard's device."""
        super().__init__(coordinator, description)
        entry_id = coordinator.config_entry.entry_id
        self._attr_unique_id = f"{entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry_id)})

    def _name_of(self, identity: str) -> str:
        """Return what the user sees as the name of a server, which may have none on the dashboard."""
        identifier = device_identifier(self.coordinator.config_entry, identity)
        device = dr.async_get(self.hass).async_get_device(identifiers={identifier})
        return (device and (device.name_by_user or device.name)) or self.coordinator.data[identity].server.name


class ServerEntity[ShownT](NezhaEntity[ShownT]):
    """An entity of a server."""

    def __init__(
        self,
        coordinator: NezhaCoordinator,
        identity: str,
        description: EntityDescription,
        *,
        shows_facts: bool = True,
    ) -> None:
        """Place the entity on the server's device. Who shows more than facts looks at every report of the server."""
        super().__init__(coordinator, description, FactsOf(identity) if shows_facts else identity)
        self._identity = identity
        self._shows_facts = shows_facts
        if not _has_room(description.key, servers=len(coordinator.data)):
            self._attr_entity_registry_enabled_default = False
        self._attr_unique_id = f"{coordinator.config_entry.entry_id}_{identity}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={device_identifier(coordinator.config_entry, identity)})

    @property
    def known(self) -> KnownServer | None:
        """The server, while the dashboard can be had and lists it."""
        return self.coordinator.data.get(self._identity) if self.coordinator.last_update_success else None

    @override
    def _newest_report(self) -> object:
        known = None if self._shows_facts else self.known
        return known and known.report


class ServiceEntity[ShownT](NezhaEntity[ShownT]):
    """An entity of a probed service."""

    def __init__(self, coordinator: NezhaCoordinator, key: str, description: EntityDescription) -> None:
        """Place the entity on the service's device."""
        super().__init__(coordinator, description)
        self._key = key
        self._attr_unique_id = f"{coordinator.config_entry.entry_id}_{key}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={device_identifier(coordinator.config_entry, key)})

    @property
    def service(self) -> Service | None:
        """The service, while the dashboard can be had and lists it."""
        return self.coordinator.services.get(self._key) if self.coordinator.last_update_success else None


async def add_entities[ThingT, DescriptionT: EntityDescription](
    coordinator: NezhaCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
    *,
    things: Callable[[], Mapping[str, ThingT]],
    describe: Callable[[ThingT], Iterable[DescriptionT]],
    create: Callable[[NezhaCoordinator, str, DescriptionT], Entity],
    parts: Callable[[ThingT], object] = lambda _: None,
) -> None:
    """Add entities now and whenever a thing appears, or a part of one.

    `things` gives servers, services or tasks by the key of their device, the same mapping while nothing changes; `describe` is
    asked again only where what `parts` gives has changed.
    """
    looked_at: Mapping[str, ThingT] = {}
    seen: dict[str, tuple[ThingT, object]] = {}
    added: dict[str, set[str]] = {}

    def new() -> Iterator[Entity]:
        nonlocal looked_at
        found = things()
        if found is looked_at:
            return
        looked_at = found
        for key, thing in found.items():
            before = seen.get(key)
            if before and before[0] is thing:
                continue
            has = parts(thing)
            seen[key] = thing, has
            if before and before[1] == has:
                continue
            keys = added.setdefault(key, set())
            for description in describe(thing):
                if description.key not in keys:
                    keys.add(description.key)
                    yield create(coordinator, key, description)

    @callback
    def add() -> None:
        nonlocal looked_at
        if not coordinator.last_update_success:
            return
        for key in coordinator.devices.removed:
            seen.pop(key, None)
            added.pop(key, None)
            looked_at = {}
        if entities := list(new()):
            async_add_entities(entities)

    coordinator.config_entry.async_on_unload(coordinator.async_add_listener(add))
    for batch in batched(new(), _BATCH, strict=False):
        async_add_entities(batch)
        # Registering thousands takes seconds, in which the loop has other work too.
        await asyncio.sleep(0)
