"""Whether a server is online, and whether a service answers."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import ServerEntity, ServiceEntity, add_entities
from .figures import is_up
from .runtime.coordinator import NezhaConfigEntry

PARALLEL_UPDATES = 0

ONLINE = BinarySensorEntityDescription(
    key="online", translation_key="online", device_class=BinarySensorDeviceClass.CONNECTIVITY
)

UP = BinarySensorEntityDescription(key="up", translation_key="up", device_class=BinarySensorDeviceClass.CONNECTIVITY)


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensor of every server and of every service."""
    coordinator = entry.runtime_data
    await add_entities(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        describe=lambda _: (ONLINE,),
        create=OnlineBinarySensor,
    )
    await add_entities(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.services,
        describe=lambda _: (UP,),
        create=UpBinarySensor,
    )


class OnlineBinarySensor(ServerEntity[bool], BinarySensorEntity):
    """Whether a server reported lately. One that never did is offline, not unknown."""

    @override
    def _read(self) -> bool | None:
        return known.online if (known := self.known) else None

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the server is online."""
        return self._shown


class UpBinarySensor(ServiceEntity[tuple[bool | None]], BinarySensorEntity):
    """Whether most probes of the last few minutes succeeded. Without any it is unknown, not down."""

    @override
    def _read(self) -> tuple[bool | None] | None:
        return (is_up(service),) if (service := self.service) else None

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the service answers."""
        return self._shown[0] if self._shown else None
