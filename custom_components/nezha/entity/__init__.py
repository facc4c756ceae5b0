"""What all entities share: which device they belong to, and writing a state only when it changed."""

from abc import abstractmethod
import asyncio
from enum import Enum, auto
from typing import Final, Literal, override

from propcache.api import cached_property

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from ..api import Service
from ..const import DOMAIN
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator
from ..runtime.devices import device_identifier
from ..runtime.listeners import FactsOf, ServiceOf, Topic
from .adder import EntityAdder

__all__ = ["UNAVAILABLE", "EntityAdder", "HubEntity", "NezhaEntity", "ServerEntity", "ServiceEntity", "Unavailable"]


class _Availability(Enum):
    """What stands for a value where there is none to show."""

    UNAVAILABLE = auto()


type Unavailable = Literal[_Availability.UNAVAILABLE]
UNAVAILABLE: Final = _Availability.UNAVAILABLE


class NezhaEntity[ShownT](CoordinatorEntity[NezhaCoordinator]):
    """An entity of the dashboard or of one of its servers.

    It writes a state only where a user would see it change, or where what it measures was reported anew.
    """

    # What each report needs lies in the object itself: of thousands of entities, the dictionaries are seldom in the cache.
    __slots__ = ("_name_follows", "_report", "_shown", "coordinator", "entity_description")
    _attr_has_entity_name = True
    _always_fits = False
    """Whether there has to be room for it among the entities that Home Assistant takes."""

    def __init__(
        self, coordinator: NezhaCoordinator, description: EntityDescription, topic: Topic | None = None
    ) -> None:
        """Listen to a topic, or to every update."""
        super().__init__(coordinator, topic)
        self.entity_description = description
        self._shown: ShownT | Unavailable = UNAVAILABLE
        self._report: object = None
        self._name_follows = False

    @abstractmethod
    def _read(self) -> ShownT | Unavailable:
        """Return all that is shown, from the coordinator's data."""

    def _newest_report(self) -> object:
        """Return what differs with every report of what is measured; `None` where nothing is measured."""
        return None

    def _read_placeholders(self) -> dict[str, str] | None:
        """Return the names in the entity's own name, from the coordinator's data; `None` where they are unknown."""
        return None

    @cached_property
    @override
    def entity_registry_enabled_default(self) -> bool:
        """Return whether a new entity is enabled. Core asks just before it registers it: from then on it counts."""
        if not super().entity_registry_enabled_default:
            return False
        registry = er.async_get(self.hass)
        if registry.async_get_entity_id(self.platform.domain, DOMAIN, self.unique_id or ""):
            return True
        budget, key = self.coordinator.budget, self.entity_description.key
        if self._always_fits:
            budget.make_room(key)
            return True
        return budget.enables(key, servers=len(self.coordinator.data))

    @override
    async def async_added_to_hass(self) -> None:
        """Read the state that Home Assistant is about to write."""
        await super().async_added_to_hass()
        self._shown, self._report = self._read(), self._newest_report()

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is: nothing here goes by the entity id.

        Core 2026.11 and later call this, and do not add an entity anew that defines it where it defines `async_added_to_hass`.
        """
        if parents := getattr(super(), "async_entity_id_changed", None):
            parents(old_entity_id)

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Let the loop have a turn where the entry is unloaded: thousands of entities would be removed in one go.

        Where one entity is removed to be added under another id, a turn in between would hide registry updates from it.
        """
        await super().async_will_remove_from_hass()
        if self.coordinator.config_entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS:
            await asyncio.sleep(0)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        before, self._shown = self._shown, self._read()
        earlier, self._report = self._report, self._newest_report()
        if self._name_follows and self._follow_name():
            self.async_write_ha_state()
        # Helpers that weigh by time have to know that a measurement stayed the same: that is reported, and not recorded.
        elif self._shown != before or (self._shown is not UNAVAILABLE and self._report != earlier):
            self._write()

    def _follow_name(self) -> bool:
        """Take the names in the entity's own name; return whether any is new. Called once, they are followed."""
        self._name_follows = True
        placeholders = self._read_placeholders()
        if placeholders is None or placeholders == self.translation_placeholders:
            return False
        self._attr_translation_placeholders = placeholders
        # Core keeps a name that it has put together once.
        self.__dict__.pop("name", None)
        return True

    @callback
    def _write(self) -> None:
        """Write what is shown now."""
        self.async_write_ha_state()

    @property
    @override
    def available(self) -> bool:
        """Return whether there is anything to show."""
        return self._shown is not UNAVAILABLE

    @property
    def shown(self) -> ShownT | None:
        """All that is shown, `None` while the entity is unavailable."""
        return None if self._shown is UNAVAILABLE else self._shown


class HubEntity[ShownT](NezhaEntity[ShownT]):
    """An entity of the dashboard: about all servers together."""

    _always_fits = True

    def __init__(
        self, coordinator: NezhaCoordinator, description: EntityDescription, topic: Topic | None = None
    ) -> None:
        """Place the entity on the dashboard's device."""
        super().__init__(coordinator, description, topic)
        entry_id = coordinator.config_entry.entry_id
        self._attr_unique_id = f"{entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry_id)})

    def _name_of(self, identity: str) -> str:
        """Return what the user sees as the name of a server, which may have none on the dashboard."""
        entry = self.coordinator.config_entry
        identifier = device_identifier(entry, identity)
        device = dr.async_get(self.hass).async_get_device_by_identifier(identifier, entry.entry_id)
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
        topic: Topic | None = None,
    ) -> None:
        """Place the entity on the server's device. Who shows more than facts looks at every report of the server."""
        super().__init__(coordinator, description, topic or (FactsOf(identity) if shows_facts else identity))
        self._identity = identity
        self._shows_facts = shows_facts
        self._attr_unique_id = f"{coordinator.config_entry.entry_id}_{identity}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={device_identifier(coordinator.config_entry, identity)})

    @property
    def known(self) -> KnownServer | None:
        """The server, while the dashboard answers and lists it."""
        coordinator = self.coordinator
        return coordinator.data.get(self._identity) if coordinator.last_update_success else None

    @override
    def _newest_report(self) -> object:
        if self._shows_facts:
            return None
        known = self.coordinator.data.get(self._identity)
        return known and known.report


class ServiceEntity[ShownT](NezhaEntity[ShownT]):
    """An entity of a probed service. Services are few, whatever the number of servers, and have a page of their own."""

    _always_fits = True

    def __init__(
        self, coordinator: NezhaCoordinator, key: str, description: EntityDescription, topic: Topic | None = None
    ) -> None:
        """Place the entity on the service's device."""
        super().__init__(coordinator, description, topic or ServiceOf(key))
        self._key = key
        self._attr_unique_id = f"{coordinator.config_entry.entry_id}_{key}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={device_identifier(coordinator.config_entry, key)})

    @property
    def service(self) -> Service | None:
        """The service, while the dashboard answers and lists it."""
        return self.coordinator.services.get(self._key) if self.coordinator.last_update_success else None
