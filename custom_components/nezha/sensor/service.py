"""How fast and how reliably a probed service answers."""

from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfTime
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import Service
from ..entity import UNAVAILABLE, EntityAdder, ServiceEntity, Unavailable
from ..figures import availability, latency
from ..runtime.coordinator import NezhaCoordinator
from .base import Reading, ReadingSensor
from .latency import RecentLatency


@dataclass(frozen=True, kw_only=True)
class ServiceDescription(SensorEntityDescription):
    """A figure of a service."""

    value_fn: Callable[[Service], float | None]
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT


LATENCY_NOW = ServiceDescription(
    key="latency_now",
    translation_key="latency_now",
    device_class=SensorDeviceClass.DURATION,
    native_unit_of_measurement=UnitOfTime.MILLISECONDS,
    suggested_display_precision=1,
    value_fn=latency,
)
SERVICES: tuple[ServiceDescription, ...] = (
    ServiceDescription(
        key="latency",
        translation_key="latency",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        suggested_display_precision=1,
        value_fn=latency,
    ),
    ServiceDescription(
        key="availability_today",
        translation_key="availability_today",
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=2,
        value_fn=lambda service: availability(service.up[-1:], service.down[-1:]),
    ),
    ServiceDescription(
        key="availability_30_days",
        translation_key="availability_30_days",
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=2,
        value_fn=lambda service: availability(service.up, service.down),
    ),
)


async def add_service_sensors(
    coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of every service."""
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.services,
        describe=lambda _: (LATENCY_NOW, *SERVICES),
        create=_create,
    ).async_start()


def _create(coordinator: NezhaCoordinator, key: str, description: ServiceDescription) -> ServiceSensor:
    kind = LatencySensor if description is LATENCY_NOW else ServiceSensor
    return kind(coordinator, key, description)


class ServiceSensor(ServiceEntity[Reading], ReadingSensor):
    """A figure of a service."""

    entity_description: ServiceDescription

    @override
    def _read(self) -> Reading | Unavailable:
        return Reading(self.entity_description.value_fn(service)) if (service := self.service) else UNAVAILABLE

    @override
    def _newest_report(self) -> object:
        return self.service


class LatencySensor(ServiceSensor):
    """The latency of the last minutes."""

    def __init__(self, coordinator: NezhaCoordinator, key: str, description: ServiceDescription) -> None:
        """Know no probe yet."""
        super().__init__(coordinator, key, description)
        self._recent = RecentLatency()

    @override
    def _read(self) -> Reading | Unavailable:
        if (service := self.service) is None:
            return UNAVAILABLE
        mean, probes = service.delay[-1:], service.up[-1:]
        if not mean or not probes or mean[0] is None or probes[0] is None:
            return Reading()
        latency_now = self._recent.update(time.monotonic(), probes[0], mean[0])
        return Reading(None if latency_now is None else round(latency_now, 1))
