"""How much traffic a server has used of a rule's cycle."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfInformation
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import TrafficCycle
from ..entity import UNAVAILABLE, EntityAdder, ServerEntity, Unavailable
from ..figures import cycle_share
from ..runtime.coordinator import NezhaCoordinator
from .base import Reading, ReadingSensor


@dataclass(frozen=True, kw_only=True)
class CycleDescription(SensorEntityDescription):
    """A figure of a cycle; `value_fn` also gets the bytes that the server has used."""

    value_fn: Callable[[TrafficCycle, int], int | float | datetime | None]
    needs_limit: bool = False
    in_cycle: bool = False
    rule: int = 0


CYCLES: tuple[CycleDescription, ...] = (
    CycleDescription(
        key="used_share",
        translation_key="cycle_used_share",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        needs_limit=True,
        value_fn=cycle_share,
    ),
    CycleDescription(
        key="reset",
        translation_key="cycle_reset",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda cycle, _: cycle.end,
    ),
    CycleDescription(
        key="used",
        translation_key="cycle_used",
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.GIBIBYTES,
        suggested_display_precision=2,
        state_class=SensorStateClass.TOTAL,
        entity_registry_enabled_default=False,
        in_cycle=True,
        value_fn=lambda _, used: used,
    ),
    CycleDescription(
        key="remaining",
        translation_key="cycle_remaining",
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.GIBIBYTES,
        suggested_display_precision=2,
        entity_registry_enabled_default=False,
        needs_limit=True,
        value_fn=lambda cycle, used: max(0, cycle.limit - used) if cycle.limit else None,
    ),
)


def _describe(cycles: list[TrafficCycle]) -> Iterator[CycleDescription]:
    """Say which sensors a server has."""
    for cycle in cycles:
        for description in CYCLES:
            if cycle.limit or not description.needs_limit:
                yield replace(
                    description,
                    key=f"cycle_{cycle.number}_{description.key}",
                    rule=cycle.number,
                )


async def add_cycle_sensors(coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the sensors of every rule over every server, each known by its rule's number."""
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.counted,
        parts=lambda cycles: [(cycle.number, bool(cycle.limit)) for cycle in cycles],
        describe=_describe,
        create=CycleSensor,
    ).async_start()


class CycleSensor(ServerEntity[Reading], ReadingSensor):
    """A figure of a cycle. There is none for a while after the dashboard's restart: that is no reason to remove it."""

    entity_description: CycleDescription
    _counted = Reading()
    """What was shown last, and since when it counts."""

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: CycleDescription) -> None:
        """Name the rule: several may count the same server."""
        super().__init__(coordinator, identity, description)
        self._follow_name()

    @override
    def _read_placeholders(self) -> dict[str, str] | None:
        cycle = self.coordinator.cycles.get(self.entity_description.rule)
        return {"rule": cycle.name} if cycle else None

    @override
    def _read(self) -> Reading | Unavailable:
        known = self.known
        cycle = self.coordinator.cycles.get(self.entity_description.rule)
        if known is None or cycle is None or known.server.number not in cycle.used:
            return UNAVAILABLE
        used = cycle.used[known.server.number]
        if used is None or (not cycle.limit and self.entity_description.needs_limit):
            return Reading()
        value = self.entity_description.value_fn(cycle, used)
        if not self.entity_description.in_cycle:
            return Reading(value)
        # A new cycle begins for all servers at once, and each is counted anew in its turn, up to half an hour later.
        if value != self._counted.value:
            self._counted = Reading(value, last_reset=cycle.start)
        return self._counted
