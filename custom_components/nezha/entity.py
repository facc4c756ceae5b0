"""What all entities share: which device they belong to, and writing a state only when it changed."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .api import Service
from .const import DOMAIN
from .coordinator import NezhaCoordinator
from .devices import device_identifier
from .fleet import KnownServer


class NezhaEntity(CoordinatorEntity[NezhaCoordinator]):
    """An entity of the dashboard or of one of its servers."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: NezhaCoordinator, description: EntityDescription) -> None:
        """Read the first state."""
        super().__init__(coordinator)
        self.entity_description = description
        self._shown: object = None

    @abstractmethod
    def _read(self) -> object:
        """Set the attributes from the coordinator's data, and return all that a user would see change."""

    @override
    async def async_added_to_hass(self) -> None:
        """Read the state that Home Assistant is about to write."""
        await super().async_added_to_hass()
        self._shown = self._read()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        shown = self._read()
        if shown != self._shown:
            self._shown = shown
            self.async_write_ha_state()

    @property
    @override
    def available(self) -> bool:
        """Return what was read last."""
        return self._attr_available


class HubEntity(NezhaEntity):
    """An entity of the dashboard: about all servers together."""

    def __init__(self, coordinator: NezhaCoordinator, description: EntityDescription) -> None:
        """Place the entity on the dashboard's device."""
        super().__init__(coordinator, description)
        entry_id = coordinator.config_entry.entry_id
        self._attr_unique_id = f"{entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry_id)})


class ServerEntity(NezhaEntity):
    """An entity of a server."""

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: EntityDescription) -> None:
        """Place the entity on the server's device."""
        super().__init__(coordinator, description)
        self._identity = identity
        self._attr_unique_id = f"{coordinator.config_entry.entry_id}_{identity}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={device_identifier(coordinator.config_entry, identity)})

    @property
    def known(self) -> KnownServer | None:
        """The server, while the dashboard can be had and lists it."""
        return self.coordinator.data.get(self._identity) if self.coordinator.last_update_success else None


class ServiceEntity(NezhaEntity):
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


def add_entities[ThingT, DescriptionT: EntityDescription](
    coordinator: NezhaCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
    *,
    things: Callable[[], Mapping[str, ThingT]],
    describe: Callable[[ThingT], Iterable[DescriptionT]],
    create: Callable[[NezhaCoordinator, str, DescriptionT], Entity],
    parts: Callable[[ThingT], object] = lambda _: None,
) -> None:
    """Add entities now and whenever a thing appears, or a part of one.

    `things` gives servers, services or tasks by the key of their device; `describe` is asked again only where what `parts` gives
    has changed.
    """
    seen: dict[str, object] = {}
    added: dict[str, set[str]] = {}

    @callback
    def add() -> None:
        if not coordinator.last_update_success:
            return
        for key in coordinator.devices.removed:
            seen.pop(key, None)
            added.pop(key, None)
        entities: list[Entity] = []
        for key, thing in things().items():
            found = parts(thing)
            if key in seen and seen[key] == found:
                continue
            seen[key] = found
            keys = added.setdefault(key, set())
            new = [description for description in describe(thing) if description.key not in keys]
            keys.update(description.key for description in new)
            entities.extend(create(coordinator, key, description) for description in new)
        if entities:
            async_add_entities(entities)

    coordinator.config_entry.async_on_unload(coordinator.async_add_listener(add))
    add()
