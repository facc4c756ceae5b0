"""Whether the dashboard answers, a server is online, and a service answers."""

from typing import Any, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import UNAVAILABLE, EntityAdder, HubEntity, ServerEntity, ServiceEntity, Unavailable
from .figures import is_up
from .runtime.coordinator import NezhaConfigEntry

PARALLEL_UPDATES = 0

DASHBOARD = BinarySensorEntityDescription(
    key="dashboard", translation_key="dashboard", device_class=BinarySensorDeviceClass.CONNECTIVITY
)

ONLINE = BinarySensorEntityDescription(
    key="online", translation_key="online", device_class=BinarySensorDeviceClass.CONNECTIVITY
)

UP = BinarySensorEntityDescription(key="up", translation_key="up", device_class=BinarySensorDeviceClass.CONNECTIVITY)


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensors of the dashboard, of every server and of every service."""
    coordinator = entry.runtime_data
    async_add_entities([DashboardBinarySensor(coordinator, DASHBOARD)])
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        describe=lambda _: (ONLINE,),
        create=OnlineBinarySensor,
    ).async_start()
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.services,
        describe=lambda _: (UP,),
        create=UpBinarySensor,
    ).async_start()


class DashboardBinarySensor(HubEntity[tuple[bool, str | None]], BinarySensorEntity):
    """Whether the dashboard answers, and the reason where it does not. It is always available."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @override
    def _read(self) -> tuple[bool, str | None]:
        return self.coordinator.last_update_success, self.coordinator.reason

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the dashboard answers."""
        return self.shown[0] if self.shown else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return why it does not answer, as a key of which the texts are translated."""
        return {"reason": self.shown[1] if self.shown else None}


class OnlineBinarySensor(ServerEntity[bool], BinarySensorEntity):
    """Whether a server reported lately. One that never did is offline, not unknown.

    It stands for the server, and has no name of its own.
    """

    _attr_name = None
    _always_fits = True

    @override
    def _read(self) -> bool | Unavailable:
        return known.online if (known := self.known) else UNAVAILABLE

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the server is online."""
        return self.shown


class UpBinarySensor(ServiceEntity[bool | None], BinarySensorEntity):
    """Whether most probes of the last few minutes succeeded. Without any it is unknown, not down.

    It stands for the service, and has no name of its own.
    """

    _attr_name = None

    @override
    def _read(self) -> bool | Unavailable | None:
        return is_up(service) if (service := self.service) else UNAVAILABLE

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the service answers."""
        return self.shown
