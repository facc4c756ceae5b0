"""Adds entities: now, and whenever a server, service, rule or task appears, or a part of one."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import batched

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..runtime.coordinator import NezhaCoordinator
from ..runtime.devices import device_identifier
from ..runtime.limits import ENTITIES_AT_ONCE

_NOTHING = object()


@dataclass(slots=True)
class _Seen:
    """What is known of a thing that has entities."""

    thing: object = None
    parts: object = _NOTHING
    keys: set[str] = field(default_factory=set)
    """Of the entities that were added."""


class EntityAdder[ThingT, DescriptionT: EntityDescription]:
    """Adds one kind of entities for every thing of a kind."""

    def __init__(
        self,
        coordinator: NezhaCoordinator,
        async_add_entities: AddConfigEntryEntitiesCallback,
        *,
        things: Callable[[], Mapping[str, ThingT]],
        describe: Callable[[ThingT], Iterable[DescriptionT]],
        create: Callable[[NezhaCoordinator, str, DescriptionT], Entity],
        parts: Callable[[ThingT], object] | None = None,
    ) -> None:
        """Add nothing yet.

        `things` returns servers, services or tasks by the key of their device, the same mapping while nothing changes.
        `describe` is asked again only where what `parts` returns has changed; without it, once.
        """
        self._coordinator = coordinator
        self._async_add_entities = async_add_entities
        self._things = things
        self._describe = describe
        self._create = create
        self._parts = parts
        self._seen: dict[str, _Seen] = {}
        self._looked_at: Mapping[str, ThingT] | None = None
        self._is_adding = False

    async def async_start(self) -> None:
        """Add what is there, and go on with what appears."""
        entry, hass = self._coordinator.config_entry, self._coordinator.hass
        entry.async_on_unload(self._coordinator.async_add_listener(self._handle_update))
        entry.async_on_unload(hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._handle_device))
        await self._async_add()

    @callback
    def forget(self, key: str, part: str | None = None) -> None:
        """Take the entities of a thing, or the one of a part, for removed: should it appear again, it is new."""
        if part is None:
            self._seen.pop(key, None)
        elif seen := self._seen.get(key):
            seen.parts = _NOTHING
            seen.keys.discard(part)
        self._looked_at = None

    @callback
    def _handle_device(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        """Notice that a device was removed, and its entities with it, disabled ones included."""
        if event.data["action"] != "remove":
            return
        entry = self._coordinator.config_entry
        identifiers = {tuple(identifier) for identifier in event.data["device"]["identifiers"]}
        for key in [key for key in self._seen if device_identifier(entry, key) in identifiers]:
            self.forget(key)

    @callback
    def _handle_update(self) -> None:
        if self._is_unloading:
            return
        entry = self._coordinator.config_entry
        if self._coordinator.last_update_success and not self._is_adding and self._things() is not self._looked_at:
            entry.async_create_task(self._coordinator.hass, self._async_add(), "add entities")

    @property
    def _is_unloading(self) -> bool:
        """Whether entities are being removed, while an answer may still arrive: one that is added now would stay behind."""
        return self._coordinator.config_entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS

    async def _async_add(self) -> None:
        """Add in batches, each in a turn of its own: registering thousands takes seconds, and each platform adds some."""
        self._is_adding = True
        try:
            while (things := self._things()) is not self._looked_at:
                self._looked_at = things
                for batch in batched(self._new(things), ENTITIES_AT_ONCE, strict=False):
                    await asyncio.sleep(0)
                    if self._is_unloading:
                        return
                    self._async_add_entities(batch)
        finally:
            self._is_adding = False

    def _new(self, things: Mapping[str, ThingT]) -> Iterator[Entity]:
        for key, thing in things.items():
            if (seen := self._seen.get(key)) is None:
                seen = self._seen[key] = _Seen()
            is_seen = seen.parts is not _NOTHING
            if is_seen and (self._parts is None or seen.thing is thing):
                continue
            seen.thing, before, seen.parts = thing, seen.parts, self._parts and self._parts(thing)
            if seen.parts == before:
                continue
            for description in self._describe(thing):
                if description.key not in seen.keys:
                    seen.keys.add(description.key)
                    yield self._create(self._coordinator, key, description)
