"""What all entities share: which device they belong to, and writing a state only when it changed."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import NezhaCoordinator
from .devices import server_identifier
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
        self._attr_device_info = DeviceInfo(identifiers={server_identifier(coordinator.config_entry, identity)})

    @property
    def known(self) -> KnownServer | None:
        """The server, while the dashboard can be had and lists it."""
        return self.coordinator.data.get(self._identity) if self.coordinator.last_update_success else None


def add_server_entities[DescriptionT: EntityDescription](
    coordinator: NezhaCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
    describe: Callable[[KnownServer], Iterable[DescriptionT]],
    create: Callable[[NezhaCoordinator, str, DescriptionT], Entity],
) -> None:
    """Add entities of servers now and whenever a server, or a part of one, appears."""
    parts: dict[str, object] = {}
    added: dict[str, set[str]] = {}

    @callback
    def add() -> None:
        for identity in coordinator.devices.removed:
            parts.pop(identity, None)
            added.pop(identity, None)
        entities: list[Entity] = []
        for identity, known in coordinator.data.items():
            if parts.get(identity) == known.parts:
                continue
            parts[identity] = known.parts
            keys = added.setdefault(identity, set())
            new = [description for description in describe(known) if description.key not in keys]
            keys.update(description.key for description in new)
            entities.extend(create(coordinator, identity, description) for description in new)
        if entities:
            async_add_entities(entities)

    coordinator.config_entry.async_on_unload(coordinator.async_add_listener(add))
    add()
