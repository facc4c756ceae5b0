"""Whether a server is online."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import NezhaConfigEntry
from .entity import ServerEntity, add_server_entities

PARALLEL_UPDATES = 0

ONLINE = BinarySensorEntityDescription(
    key="online", translation_key="online", device_class=BinarySensorDeviceClass.CONNECTIVITY
)


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensor of every server."""
    add_server_entities(entry.runtime_data, async_add_entities, lambda _: (ONLINE,), OnlineBinarySensor)


class OnlineBinarySensor(ServerEntity, BinarySensorEntity):
    """Whether a server reported lately. One that never did is offline, not unknown."""

    @override
    def _read(self) -> object:
        known = self.known
        self._attr_available = known is not None
        self._attr_is_on = known.online if known else None
        return self._attr_is_on
