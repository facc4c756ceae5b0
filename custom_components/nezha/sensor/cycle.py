"""How much traffic a server has used of a rule's cycle."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
import re
import time
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity
from homeassistant.util import dt as dt_util

from ..api import Snapshot, TrafficCycle
from ..const import DOMAIN
from ..entity import UNAVAILABLE, EntityAdder, HubEntity, ServerEntity, Unavailable
from ..figures import cycle_share
from ..runtime.coordinator import NezhaCoordinator
from ..runtime.listeners import CyclesOf
from .base import SIZE, Reading, ReadingSensor

_KEY = re.compile(r"cycle_(\d+)_[a-z_]+")
_OF_ALL = ""
"""Stands for all servers together where one is named by its identity."""
_LISTS_WITHOUT = 3
_SECONDS_WITHOUT = 3_600
"""What a rule showed of a server is removed after so many answers and seconds without it: after its restart a dashboard has
no cycles for a while, and a server that has registered anew is counted up to half an hour later."""


@dataclass(frozen=True, kw_only=True)
class CycleDescription(SensorEntityDescription):
    """A figure of a cycle; `value_fn` also gets the bytes that the server has used."""

    value_fn: Callable[[TrafficCycle, int], int | float | datetime | None]
    needs_limit: bool = False
    in_cycle: bool = False
    rule: int = 0


def _figure(
    key: str, value_fn: Callable[[TrafficCycle, int], int | float | datetime | None], **kwargs: Any
) -> CycleDescription:
    return CycleDescription(key=key, translation_key=f"cycle_{key}", value_fn=value_fn, **kwargs)


CYCLES: tuple[CycleDescription, ...] = (
    _figure(
        "used_share",
        cycle_share,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        needs_limit=True,
    ),
    _figure("reset", lambda cycle, _: cycle.end, device_class=SensorDeviceClass.TIMESTAMP),
    _figure(
        "used",
        lambda _, used: used,
        state_class=SensorStateClass.TOTAL,
        entity_registry_enabled_default=False,
        in_cycle=True,
        **SIZE,
    ),
    _figure(
        "remaining",
        lambda cycle, used: max(0, cycle.limit - used) if cycle.limit else None,
        entity_registry_enabled_default=False,
        needs_limit=True,
        **SIZE,
    ),
)
TOTAL = SensorEntityDescription(
    key="total",
    translation_key="cycle_total",
    # Not a total: at the end of a cycle it falls server by server, for half an hour.
    state_class=SensorStateClass.MEASUREMENT,
    **SIZE,
)


def _key(rule: int, description: SensorEntityDescription) -> str:
    return f"cycle_{rule}_{description.key}"


def _describe(cycles: list[TrafficCycle]) -> Iterator[CycleDescription]:
    """Say which sensors a server has."""
    for cycle in cycles:
        for description in CYCLES:
            if cycle.limit or not description.needs_limit:
                yield replace(
                    description,
                    key=_key(cycle.number, description),
                    rule=cycle.number,
                )


async def add_cycle_sensors(coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the sensors of every rule over every server, each known by its rule's number; those of deleted rules go."""
    adder = EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.counted,
        parts=lambda cycles: [(cycle.number, bool(cycle.limit)) for cycle in cycles],
        describe=_describe,
        create=_create,
    )
    totals = EntityAdder(
        coordinator,
        async_add_entities,
        things=_Totals(coordinator).cycles,
        describe=lambda cycle: (replace(TOTAL, key=_key(cycle.number, TOTAL)),),
        create=lambda coordinator, key, description: CycleTotal(coordinator, int(key), description),
    )

    def forget(identity: str, rule: int) -> None:
        if identity == _OF_ALL:
            totals.forget(str(rule))
        for description in CYCLES:
            adder.forget(identity, _key(rule, description))

    CyclePruner(coordinator).async_start(on_removed=forget)
    await adder.async_start()
    await totals.async_start()


class _Totals:
    """The rules by their number as text, the same mapping while nothing changes."""

    def __init__(self, coordinator: NezhaCoordinator) -> None:
        """Know none yet."""
        self._coordinator = coordinator
        self._source: Mapping[int, TrafficCycle] = {}
        self._by_key: Mapping[str, TrafficCycle] = {}

    def cycles(self) -> Mapping[str, TrafficCycle]:
        """Return the rules."""
        if self._source != (cycles := self._coordinator.cycles):
            self._source, self._by_key = cycles, {str(number): cycle for number, cycle in cycles.items()}
        return self._by_key


def _create(coordinator: NezhaCoordinator, identity: str, description: CycleDescription) -> CycleSensor:
    return (CycleCounter if description.in_cycle else CycleSensor)(coordinator, identity, description)


class CyclePruner:
    """Removes what a rule showed of a server that it does not count any more, in most cases because it was deleted.

    What it showed of all servers together goes with the rule itself. A rule that is suspended counts nobody, and stays: where
    it is unknown which are, nothing is removed.
    """

    def __init__(self, coordinator: NezhaCoordinator) -> None:
        """Look up what is registered."""
        self._coordinator = coordinator
        self._registry = er.async_get(coordinator.hass)
        self._looked_at: Snapshot | None = None
        self._known: set[tuple[str, int]] = set()
        """Servers by identity, and the numbers of rules that once counted them."""
        self._missing: dict[tuple[str, int], tuple[int, float]] = {}
        """How many answers lack one of these, and since when."""
        self._prefix = f"{coordinator.config_entry.entry_id}_"
        for entity in er.async_entries_for_config_entry(self._registry, coordinator.config_entry.entry_id):
            own = entity.unique_id.removeprefix(self._prefix)
            identity, _, key = own.partition("_")
            if found := _KEY.fullmatch(key):
                self._known.add((identity, int(found[1])))
            elif found := _KEY.fullmatch(own):
                self._known.add((_OF_ALL, int(found[1])))

    @callback
    def async_start(self, on_removed: Callable[[str, int], None]) -> None:
        """Look at each answer; `on_removed` is called with the identity and the rule of what is removed."""

        @callback
        def look() -> None:
            coordinator = self._coordinator
            snapshot = coordinator.snapshot
            if coordinator.last_update_success and snapshot is not self._looked_at:
                self._looked_at = snapshot
                if snapshot and snapshot.cycles is not None:
                    self._look(on_removed)

        look()
        self._coordinator.config_entry.async_on_unload(self._coordinator.async_add_listener(look))

    def _look(self, on_removed: Callable[[str, int], None]) -> None:
        counted = {
            (identity, cycle.number) for identity, cycles in self._coordinator.counted.items() for cycle in cycles
        } | {(_OF_ALL, rule) for rule in self._coordinator.cycles}
        self._known |= counted
        if (suspended := self._coordinator.alert_rules.suspended) is None:
            return
        now = time.monotonic()
        # What belongs to a server that is missing itself is removed with its device.
        missing = {
            (identity, rule)
            for identity, rule in self._known - counted
            if rule not in suspended and (identity == _OF_ALL or identity in self._coordinator.data)
        }
        self._missing = {each: self._missing.get(each, (0, now)) for each in missing}
        for each, (lists, since) in self._missing.items():
            self._missing[each] = lists + 1, since
            if lists + 1 >= _LISTS_WITHOUT and now - since >= _SECONDS_WITHOUT:
                self._known.discard(each)
                self._remove(*each)
                on_removed(*each)

    def _remove(self, identity: str, rule: int) -> None:
        keys = [_key(rule, TOTAL)] if identity == _OF_ALL else [f"{identity}_{_key(rule, each)}" for each in CYCLES]
        for key in keys:
            if entity_id := self._registry.async_get_entity_id("sensor", DOMAIN, f"{self._prefix}{key}"):
                self._registry.async_remove(entity_id)


class CycleSensor(ServerEntity[Reading], ReadingSensor):
    """A figure of a cycle. There is none for a while after the dashboard's restart: that is no reason to remove it."""

    entity_description: CycleDescription
    _counted = Reading()
    """What was shown last, and since when it counts."""

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: CycleDescription) -> None:
        """Name the rule: several may count the same server."""
        super().__init__(coordinator, identity, description, topic=CyclesOf(identity))
        self._follow_name()

    @property
    def _cycle(self) -> TrafficCycle | None:
        return self.coordinator.cycles.get(self.entity_description.rule)

    @override
    def _read_placeholders(self) -> dict[str, str] | None:
        return {"rule": cycle.name} if (cycle := self._cycle) else None

    @override
    def _newest_report(self) -> object:
        known, cycle = self.coordinator.data.get(self._identity), self._cycle
        if known is None or cycle is None or self.entity_description.state_class is None:
            return None
        return cycle.next_count.get(known.server.number)

    @override
    def _read(self) -> Reading | Unavailable:
        known, cycle = self.known, self._cycle
        if known is None or cycle is None or known.server.number not in cycle.used:
            return UNAVAILABLE
        used = cycle.used[known.server.number]
        if used is None or (not cycle.limit and self.entity_description.needs_limit):
            return Reading()
        return self._reading(cycle, used)

    def _reading(self, cycle: TrafficCycle, used: int) -> Reading:
        return Reading(self.entity_description.value_fn(cycle, used))


class CycleTotal(HubEntity[Reading], ReadingSensor):
    """What all servers that a rule counts have used of its cycle; those whose device the user disabled do not count."""

    _always_fits = False

    def __init__(self, coordinator: NezhaCoordinator, rule: int, description: SensorEntityDescription) -> None:
        """Name the rule."""
        super().__init__(coordinator, description)
        self._rule = rule
        self._follow_name()

    @property
    def _cycle(self) -> TrafficCycle | None:
        return self.coordinator.cycles.get(self._rule)

    @override
    def _read_placeholders(self) -> dict[str, str] | None:
        return {"rule": cycle.name} if (cycle := self._cycle) else None

    @override
    def _newest_report(self) -> object:
        return cycle.next_count if (cycle := self._cycle) else None

    @override
    def _read(self) -> Reading | Unavailable:
        coordinator, cycle = self.coordinator, self._cycle
        if cycle is None or not coordinator.last_update_success:
            return UNAVAILABLE
        numbers = (
            known.server.number
            for identity, known in coordinator.data.items()
            if identity not in coordinator.devices.disabled
        )
        counted = [used for number in numbers if (used := cycle.used.get(number)) is not None]
        return Reading(sum(counted) if counted else None)


class CycleCounter(CycleSensor, RestoreEntity):
    """What is used of a cycle, and since when it counts.

    A new cycle starts for all servers at once, and each is counted anew in its turn, up to half an hour later: until then
    the number is that of the cycle before, also after a restart.
    """

    _counted = Reading()

    @override
    async def async_added_to_hass(self) -> None:
        """Remember what was shown last."""
        if data := await self.async_get_last_extra_data():
            self._counted = _restored(data.as_dict())
        await super().async_added_to_hass()

    @callback
    @override
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is."""
        super().async_entity_id_changed(old_entity_id)

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """Return what is shown."""
        since = self._counted.last_reset
        return RestoredExtraData({"used": self._counted.value, "since": since and since.isoformat()})

    @override
    def _reading(self, cycle: TrafficCycle, used: int) -> Reading:
        if used != self._counted.value:
            self._counted = Reading(used, last_reset=cycle.start)
        return self._counted


def _restored(data: Mapping[str, Any]) -> Reading:
    """Return what was shown before a restart; nothing where that cannot be read."""
    used, since = data.get("used"), data.get("since")
    start = dt_util.parse_datetime(since) if isinstance(since, str) else None
    return Reading(used, last_reset=start) if type(used) is int and start else Reading()
