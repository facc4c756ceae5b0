"""How much a server has received and sent since its boot."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import SensorEntityDescription, SensorStateClass
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import State
from ..entity import EntityAdder
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator
from .base import SIZE, as_time
from .reported import ReportedNumberSensor


@dataclass(frozen=True, kw_only=True)
class TrafficDescription(SensorEntityDescription):
    """A counter of bytes since boot, there only while the server is online."""

    value_fn: Callable[[State], int | None]
    state_class: SensorStateClass | None = SensorStateClass.TOTAL


TRAFFIC: tuple[TrafficDescription, ...] = (
    TrafficDescription(
        key="net_in_transfer", translation_key="net_in_transfer", value_fn=lambda state: state.net_in_transfer, **SIZE
    ),
    TrafficDescription(
        key="net_out_transfer",
        translation_key="net_out_transfer",
        value_fn=lambda state: state.net_out_transfer,
        **SIZE,
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


class TrafficSensor(ReportedNumberSensor):
    """A counter of a server, to the byte. Without the begin of its cycle it would tell the statistics nothing but lies."""

    entity_description: TrafficDescription
    _started: int | None = None
    """When the counter started, unix seconds."""

    @override
    def _read_state(self, known: KnownServer, state: State) -> float | None:
        if known.memory.last_reset != self._started:
            self._start(known.memory.last_reset)
        counted = None if self._started is None else self.entity_description.value_fn(state)
        return None if counted is None else self._to_shown(counted)

    def _start(self, last_reset: int | None) -> None:
        """Count from here on: that is among the attributes, and always shown."""
        self._started, self._attr_last_reset = last_reset, as_time(last_reset)
        self._written = self._report = None
