"""How fast and how reliably a probed service answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfTime
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import Service
from ..entity import UNAVAILABLE, EntityAdder, ServiceEntity, Unavailable
from ..figures import availability, latency
from ..runtime.coordinator import NezhaCoordinator
from .base import Reading, ReadingSensor


@dataclass(frozen=True, kw_only=True)
class ServiceDescription(SensorEntityDescription):
    """A figure of a service."""

    value_fn: Callable[[Service], float | None]
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT


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
        describe=lambda _: SERVICES,
        create=ServiceSensor,
    ).async_start()


class ServiceSensor(ServiceEntity[Reading], ReadingSensor):
    """A figure of a service."""

    entity_description: ServiceDescription

    @override
    def _read(self) -> Reading | Unavailable:
        return Reading(self.entity_description.value_fn(service)) if (service := self.service) else UNAVAILABLE

    @override
    def _newest_report(self) -> object:
        return self.service
