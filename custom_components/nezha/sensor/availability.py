"""For what part of the last day, week and month a server was online, as far as Home Assistant looked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override

from homeassistant.components.sensor import SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_interval

from ..entity import UNAVAILABLE, EntityAdder, ServerEntity, Unavailable
from ..fleet.availability import DAY
from ..runtime.coordinator import NezhaCoordinator
from .base import Reading, ReadingSensor

_PACE = timedelta(minutes=5)
"""While nothing happens, it changes by less than the recorder need know of."""
_PLACES = 3


@dataclass(frozen=True, kw_only=True)
class AvailabilityDescription(SensorEntityDescription):
    """The availability over a span of time up to now."""

    window: int
    """Seconds."""


def _over(key: str, days: int) -> AvailabilityDescription:
    return AvailabilityDescription(
        key=key,
        translation_key=key,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        entity_registry_enabled_default=False,
        window=days * DAY,
    )


AVAILABILITY = (_over("availability_24_hours", 1), _over("availability_7_days", 7), _over("availability_30_days", 30))


async def add_availability(coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the availability of every server."""
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        describe=lambda _: AVAILABILITY,
        create=AvailabilitySensor,
    ).async_start()


class AvailabilitySensor(ServerEntity[Reading], ReadingSensor):
    """The availability of a server. It counts what the connectivity sensor shows, so it stays while the server is offline."""

    entity_description: AvailabilityDescription

    @override
    async def async_added_to_hass(self) -> None:
        """Look again from time to time: it changes although nothing happens."""
        await super().async_added_to_hass()
        self.async_on_remove(async_track_time_interval(self.hass, self._handle_pace, _PACE, cancel_on_shutdown=True))

    @callback
    @override
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is."""
        super().async_entity_id_changed(old_entity_id)

    @callback
    def _handle_pace(self, _: datetime) -> None:
        self._handle_coordinator_update()

    @override
    def _read(self) -> Reading | Unavailable:
        if self.known is None:
            return UNAVAILABLE
        availability = self.coordinator.availability(self._identity, self.entity_description.window)
        return Reading(None if availability is None else round(availability, _PLACES))
