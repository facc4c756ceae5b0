"""What happens to a server beside going offline: a reboot, another address, another agent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import NezhaConfigEntry, NezhaCoordinator
from .entity import ServerEntity, add_entities
from .fleet import KnownServer

PARALLEL_UPDATES = 0

CHANGES = EventEntityDescription(
    key="changes", translation_key="changes", event_types=["rebooted", "address_changed", "agent_updated"]
)


@dataclass(frozen=True, slots=True)
class Watched:
    """A fact whose change is an event; `read_fn` gives nothing where it is blank."""

    event_type: str
    attribute: str
    read_fn: Callable[[KnownServer], str | None]


def _boot_time(known: KnownServer) -> str | None:
    boot_time = known.memory.boot_time
    return datetime.fromtimestamp(boot_time, UTC).isoformat() if boot_time else None


WATCHED = (
    Watched("rebooted", "boot_time", _boot_time),
    Watched("address_changed", "ipv4", lambda known: known.server.ipv4 or None),
    Watched("address_changed", "ipv6", lambda known: known.server.ipv6 or None),
    Watched("agent_updated", "agent_version", lambda known: (known.host and known.host.agent_version) or None),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the event entity of every server of v1 and v2."""
    coordinator = entry.runtime_data
    if not coordinator.backend.has_extras:
        return
    await add_entities(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        describe=lambda _: (CHANGES,),
        create=ServerEvent,
    )


class ServerEvent(ServerEntity[bool], EventEntity):
    """The changes of a server. Addresses are told, and not recorded."""

    _unrecorded_attributes = frozenset({"old_ipv4", "new_ipv4", "old_ipv6", "new_ipv6"})

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: EventEntityDescription) -> None:
        """Remember nothing yet."""
        super().__init__(coordinator, identity, description)
        self._facts: dict[str, str] = {}

    @override
    async def async_added_to_hass(self) -> None:
        """Take what is known now as the begin: only what changes from here on is an event."""
        await super().async_added_to_hass()
        self._changes()

    @override
    def _read(self) -> bool | None:
        return True if self.known else None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        super()._handle_coordinator_update()
        for watched, old, new in self._changes():
            self._trigger_event(watched.event_type, {f"old_{watched.attribute}": old, f"new_{watched.attribute}": new})
            self.async_write_ha_state()

    def _changes(self) -> list[tuple[Watched, str, str]]:
        """Return what is another than before. What is blank is no change, neither on the way there nor back."""
        changes = []
        for watched in WATCHED:
            new = watched.read_fn(known) if (known := self.known) else None
            old = self._facts.get(watched.attribute)
            if new is not None:
                self._facts[watched.attribute] = new
                if old is not None and old != new:
                    changes.append((watched, old, new))
        return changes
