"""What happens to a server beside going offline: a reboot, another address, another agent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import UNAVAILABLE, EntityAdder, ServerEntity, Unavailable
from .fleet import KnownServer, Memory
from .runtime.coordinator import NezhaConfigEntry, NezhaCoordinator

PARALLEL_UPDATES = 0

CHANGES = EventEntityDescription(
    key="changes", translation_key="changes", event_types=["rebooted", "address_changed", "agent_updated"]
)


@dataclass(frozen=True, slots=True)
class Watched:
    """A fact whose change is an event."""

    event_type: str
    attribute: str
    read_fn: Callable[[KnownServer], str | None]
    """What the event says; empty or `None` where the fact is blank."""
    same_fn: Callable[[KnownServer], object] | None = None
    """What stays the same while there is no event, whatever it says; without, that is what it says."""


def _boot_time(memory: Memory) -> str | None:
    """Return when a server booted: by the dashboard's clock, where its own does not tell."""
    moment = memory.last_reset if memory.boot_time is None else memory.boot_time
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat()


WATCHED = (
    Watched(
        "rebooted",
        "boot_time",
        lambda known: _boot_time(known.memory),
        # A boot time that is put right is of the same boot.
        lambda known: known.memory.last_reset,
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
        self._facts: dict[str, tuple[str, object]] = {}
        """By attribute: what an event would say, and what stays the same without one."""

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
            self._trigger_event(watched.event_type, {f"old_{watched.attribute}": old, f"new_{watched.attribute}": new})
            self.async_write_ha_state()

    def _changes(self) -> list[tuple[Watched, str, str]]:
        """Return what differs from before. What is blank is no change, neither on the way there nor back."""
        changes: list[tuple[Watched, str, str]] = []
        if (known := self.known) is None:
            return changes
        for watched in WATCHED:
            if new := watched.read_fn(known):
                same = watched.same_fn(known) if watched.same_fn else new
                old, was = self._facts.get(watched.attribute, (new, same))
                self._facts[watched.attribute] = new, same
                if was != same:
                    changes.append((watched, old, new))
        return changes
