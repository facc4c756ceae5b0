"""What happens to a server beside going offline: a reboot, another address, another agent."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
import time
from typing import NamedTuple, override

from homeassistant.components.event import EventEntity, EventEntityDescription, EventExtraStoredData
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later

from .const import DOMAIN
from .entity import UNAVAILABLE, EntityAdder, ServerEntity, Unavailable
from .fleet import KnownServer, Memory
from .runtime import limits
from .runtime.coordinator import NezhaConfigEntry, NezhaCoordinator

PARALLEL_UPDATES = 0

CHANGES = EventEntityDescription(
    key="changes", translation_key="changes", event_types=["rebooted", "address_changed", "agent_updated"]
)

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Watched:
    """A fact whose change is an event."""

    event_type: str
    attribute: str
    read_fn: Callable[[KnownServer], str | None]
    """What the event says; empty or `None` where the fact is blank."""
    same_fn: Callable[[KnownServer], object] | None = None
    """What stays the same while there is no event, whatever it says; without, that is what it says."""
    sensor: str | None = None
    """The key of the sensor that shows it, where only who enabled that wants to see it: states are read by everybody."""


class _Fact(NamedTuple):
    """What is known of something watched."""

    says: str
    same: object


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
    Watched("address_changed", "ipv4", lambda known: known.server.ipv4, sensor="ipv4"),
    Watched("address_changed", "ipv6", lambda known: known.server.ipv6, sensor="ipv6"),
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


class EventLimit:
    """How many events a server may have."""

    def __init__(self) -> None:
        """Start without any."""
        self._newest: dict[str, float] = {}
        self._of_day: deque[float] = deque(maxlen=limits.EVENTS_A_DAY)

    def seconds_left(self, fact: str) -> float:
        """Return how long the next event about a fact has to wait."""
        now = time.monotonic()
        left = self._newest.get(fact, now - limits.EVENT_PAUSE) + limits.EVENT_PAUSE - now
        if len(self._of_day) == limits.EVENTS_A_DAY:
            left = max(left, self._of_day[0] + _DAY - now)
        return max(left, 0)

    def count(self, fact: str) -> None:
        """Count an event."""
        self._newest[fact] = time.monotonic()
        self._of_day.append(time.monotonic())


class ServerEvent(ServerEntity[bool], EventEntity):
    """The changes of a server; what changes too often is told as one change when its time has come."""

    _unrecorded_attributes = frozenset({"old_ipv4", "new_ipv4", "old_ipv6", "new_ipv6"})

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: EventEntityDescription) -> None:
        """Remember nothing yet."""
        super().__init__(coordinator, identity, description)
        self._facts: dict[str, _Fact] = {}
        """What was told of last, by attribute."""
        self._limit = EventLimit()
        self._cancel_wait: CALLBACK_TYPE | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Take what is known now as the start: only what changes from here on is an event."""
        await super().async_added_to_hass()
        self._facts = {watched.attribute: new for watched, new in self._watched()}
        self.async_on_remove(self._stop_waiting)

    @callback
    @override
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is."""
        super().async_entity_id_changed(old_entity_id)

    @override
    async def async_get_last_event_data(self) -> EventExtraStoredData | None:
        """Return the event before the restart, without what the user does not want to see any more."""
        data = await super().async_get_last_event_data()
        if data and data.last_event_attributes:
            shown = {key for watched in WATCHED if self._is_shown(watched) for key in _attributes(watched)}
            data.last_event_attributes = {
                key: value for key, value in data.last_event_attributes.items() if key in shown
            }
        return data

    @override
    def _read(self) -> bool | Unavailable:
        return True if self.known else UNAVAILABLE

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        super()._handle_coordinator_update()
        self._tell_changes()

    @callback
    def _tell_changes(self, _: datetime | None = None) -> None:
        """Trigger an event for what is not what was told last, now or as soon as there may be one."""
        self._stop_waiting()
        waits = []
        for watched, new in self._watched():
            old = self._facts.setdefault(watched.attribute, new)
            if old.same == new.same:
                self._facts[watched.attribute] = new
                continue
            if wait := self._limit.seconds_left(watched.attribute):
                waits.append(wait)
                continue
            self._limit.count(watched.attribute)
            self._facts[watched.attribute] = new
            told = zip(_attributes(watched), (old.says, new.says), strict=True) if self._is_shown(watched) else ()
            self._trigger_event(watched.event_type, dict(told))
            self.async_write_ha_state()
        if waits:
            self._cancel_wait = async_call_later(self.hass, min(waits), self._tell_changes)

    def _watched(self) -> Iterator[tuple[Watched, _Fact]]:
        """Yield what is known. What is blank is no change, neither on the way there nor back."""
        if known := self.known:
            for watched in WATCHED:
                if says := watched.read_fn(known):
                    yield watched, _Fact(says, watched.same_fn(known) if watched.same_fn else says)

    def _is_shown(self, watched: Watched) -> bool:
        """Whether the user wants to see a fact."""
        if watched.sensor is None:
            return True
        registry = er.async_get(self.hass)
        unique_id = f"{self.coordinator.config_entry.entry_id}_{self._identity}_{watched.sensor}"
        entity = registry.async_get(registry.async_get_entity_id("sensor", DOMAIN, unique_id) or "")
        return entity is not None and not entity.disabled

    @callback
    def _stop_waiting(self) -> None:
        if self._cancel_wait:
            self._cancel_wait()
            self._cancel_wait = None


def _attributes(watched: Watched) -> tuple[str, str]:
    """Return the attributes of what was before, and of what is now."""
    return f"old_{watched.attribute}", f"new_{watched.attribute}"
