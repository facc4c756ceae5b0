"""How fast and how reliably a probed service answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfTime
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import Service
from ..entity import ServiceEntity, add_entities
from ..runtime.coordinator import NezhaCoordinator
from .base import Shown, ValueSensor


@dataclass(frozen=True, kw_only=True)
class ServiceDescription(SensorEntityDescription):
    """A figure of a service."""

    value_fn: Callable[[Service], float | None]
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT


def _availability(up: int, down: int) -> float | None:
    """Return the share of successful probes in percent; without a probe there is none."""
    return round(100 * up / (up + down), 2) if up + down else None


def _latency(service: Service) -> float | None:
    """Return today's mean; the dashboard has 0 where no probe succeeded."""
    return round(service.delay[-1], 1) if service.up and service.up[-1] and service.delay else None


SERVICES: tuple[ServiceDescription, ...] = (
    ServiceDescription(
        key="latency",
        translation_key="latency",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        suggested_display_precision=1,
        value_fn=_latency,
    ),
    ServiceDescription(
        key="availability_today",
        translation_key="availability_today",
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=2,
        value_fn=lambda service: (
            _availability(service.up[-1], service.down[-1]) if service.up and service.down else None
        ),
    ),
    ServiceDescription(
        key="availability_30_days",
        translation_key="availability_30_days",
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=2,
        value_fn=lambda service: _availability(sum(service.up), sum(service.down)),
    ),
)


async def add_service_sensors(
    coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of every service."""
    await add_entities(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.services,
        describe=lambda _: SERVICES,
        create=ServiceSensor,
    )


class ServiceSensor(ServiceEntity[Shown], ValueSensor):
    """A figure of a service."""

    entity_description: ServiceDescription

    @override
    def _read(self) -> Shown | None:
        return (self.entity_description.value_fn(service), None) if (service := self.service) else None
