"""How much a server has received and sent since its boot."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import UnitOfInformation
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import State
from ..entity import UNAVAILABLE, EntityAdder, ServerEntity, Unavailable
from ..runtime.coordinator import NezhaCoordinator
from .base import NumberSensor, Reading, as_time


@dataclass(frozen=True, kw_only=True)
class TrafficDescription(SensorEntityDescription):
    """A counter of bytes since boot, there only while the server is online."""

    value_fn: Callable[[State], int | None]
    device_class: SensorDeviceClass | None = SensorDeviceClass.DATA_SIZE
    native_unit_of_measurement: str | None = UnitOfInformation.BYTES
    suggested_unit_of_measurement: str | None = UnitOfInformation.GIBIBYTES
    suggested_display_precision: int | None = 2
    state_class: SensorStateClass | None = SensorStateClass.TOTAL


TRAFFIC: tuple[TrafficDescription, ...] = (
    TrafficDescription(
        key="net_in_transfer", translation_key="net_in_transfer", value_fn=lambda state: state.net_in_transfer
    ),
    TrafficDescription(
        key="net_out_transfer", translation_key="net_out_transfer", value_fn=lambda state: state.net_out_transfer
    ),
)


async def add_traffic(coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the counters of every server."""
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        describe=lambda _: TRAFFIC,
        create=TrafficSensor,
    ).async_start()


class TrafficSensor(ServerEntity[Reading], NumberSensor):
    """A counter of a server, to the byte. Without the begin of its cycle it would tell the statistics nothing but lies."""

    entity_description: TrafficDescription

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: TrafficDescription) -> None:
        """Look at every report."""
        super().__init__(coordinator, identity, description, shows_facts=False)

    @override
    def _read(self) -> Reading | Unavailable:
        known = self.known
        if known is None or known.state is None or not known.online:
            return UNAVAILABLE
        last_reset = known.memory.last_reset
        counted = None if last_reset is None else self.entity_description.value_fn(known.state)
        return Reading(None if counted is None else self._to_shown(counted), last_reset=as_time(last_reset))
