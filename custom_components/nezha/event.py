"""What happens to a server beside going offline: a reboot, another address, another agent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import UNAVAILABLE, EntityAdder, ServerEntity, Unavailable
from .fleet import KnownServer
from .runtime.coordinator import NezhaConfigEntry, NezhaCoordinator

PARALLEL_UPDATES = 0

CHANGES = EventEntityDescription(
    key="changes", translation_key="changes", event_types=["rebooted", "address_changed", "agent_updated"]
)


@dataclass(frozen=True, slots=True)
class Watched:
    """A fact whose change is an event; it is 0 or empty where it is blank."""

    event_type: str
    attribute: str
    read_fn: Callable[[KnownServer], int | str | None]
    tell_fn: Callable[[Any], str] = str


WATCHED = (
    Watched(
        "rebooted",
        "boot_time",
        lambda known: known.memory.boot_time,
        lambda boot_time: datetime.fromtimestamp(boot_time, UTC).isoformat(),
    ),
    Watched("address_changed", "ipv4", lambda known: known.server.ipv4),
    Watched("address_changed", "ipv6", lambda known: known.server.ipv6),
    Watched("agent_updated", "agent_version", lambda known: known.host.agent_version if known.host else None),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the event entity of every server of v1 and v2."""
    coordinator = entry.runtime_data
    if not coordinator.backend.has_extras:
        return
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        describe=lambda _: (CHANGES,),
        create=ServerEvent,
    ).async_start()


class ServerEvent(ServerEntity[bool], EventEntity):
    """The changes of a server. Addresses are told, and not recorded."""

    _unrecorded_attributes = frozenset({"old_ipv4", "new_ipv4", "old_ipv6", "new_ipv6"})

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: EventEntityDescription) -> None:
        """Remember nothing yet."""
        super().__init__(coordinator, identity, description)
        self._facts: dict[str, int | str] = {}

    @override
    async def async_added_to_hass(self) -> None:
        """Take what is known now as the begin: only what changes from here on is an event."""
        await super().async_added_to_hass()
        self._changes()

    @callback
    @override
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is."""
        super().async_entity_id_changed(old_entity_id)

    @override
    def _read(self) -> bool | Unavailable:
        return True if self.known else UNAVAILABLE

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        super()._handle_coordinator_update()
        for watched, old, new in self._changes():
            told = {f"old_{watched.attribute}": watched.tell_fn(old), f"new_{watched.attribute}": watched.tell_fn(new)}
            self._trigger_event(watched.event_type, told)
            self.async_write_ha_state()

    def _changes(self) -> list[tuple[Watched, int | str, int | str]]:
        """Return what is another than before. What is blank is no change, neither on the way there nor back."""
        changes: list[tuple[Watched, int | str, int | str]] = []
        if (known := self.known) is None:
            return changes
        for watched in WATCHED:
            if new := watched.read_fn(known):
                old = self._facts.get(watched.attribute, new)
                self._facts[watched.attribute] = new
                if old != new:
                    changes.append((watched, old, new))
        return changes
