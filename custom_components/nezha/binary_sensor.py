"""Whether a server is online, and whether a service answers."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import NezhaConfigEntry
from .entity import ServerEntity, ServiceEntity, add_entities

PARALLEL_UPDATES = 0

ONLINE = BinarySensorEntityDescription(
    key="online", translation_key="online", device_class=BinarySensorDeviceClass.CONNECTIVITY
)

UP = BinarySensorEntityDescription(key="up", translation_key="up", device_class=BinarySensorDeviceClass.CONNECTIVITY)
_UP_SHARE = 0.8
"""The share of successful probes above which the dashboard's own page does not call a service down."""


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensor of every server and of every service."""
    coordinator = entry.runtime_data
    add_entities(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        describe=lambda _: (ONLINE,),
        create=OnlineBinarySensor,
    )
    add_entities(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.services,
        describe=lambda _: (UP,),
        create=UpBinarySensor,
    )


class OnlineBinarySensor(ServerEntity, BinarySensorEntity):
    """Whether a server reported lately. One that never did is offline, not unknown."""

    @override
    def _read(self) -> object:
        known = self.known
        self._attr_available = known is not None
        self._attr_is_on = known.online if known else None
        return self._attr_is_on


class UpBinarySensor(ServiceEntity, BinarySensorEntity):
    """Whether most probes of the last few minutes succeeded. Without any it is unknown, not down."""

    @override
    def _read(self) -> object:
        service = self.service
        probes = service.current_up + service.current_down if service else 0
        self._attr_available = service is not None
        self._attr_is_on = service.current_up > _UP_SHARE * probes if service and probes else None
        return self._attr_available, self._attr_is_on
