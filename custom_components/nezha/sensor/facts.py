"""What is known of a server, whether it is online or not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import EntityCategory, UnitOfInformation
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import Host
from ..entity import UNAVAILABLE, EntityAdder, ServerEntity, Unavailable
from ..fleet import KnownServer
from ..names import Processor
from ..runtime.coordinator import NezhaCoordinator
from .base import Reading, ReadingSensor, Value, as_time, shortened


@dataclass(frozen=True, kw_only=True)
class FactDescription(SensorEntityDescription):
    """What is known of a server: it stays while the server is offline."""

    is_fact: bool = True
    """Whether it stays the same from one report to the next."""

    value_fn: Callable[[KnownServer], Value]
    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC


def _total(key: str, value_fn: Callable[[Host], int | None]) -> FactDescription:
    return FactDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.GIBIBYTES,
        suggested_display_precision=2,
        entity_registry_enabled_default=False,
        value_fn=lambda known: value_fn(known.host) if known.host else None,
    )


def _text(key: str, value_fn: Callable[[KnownServer], str | None]) -> FactDescription:
    """Describe a text; as a state it has at most 255 characters."""
    return FactDescription(
        key=key,
        translation_key=key,
        entity_registry_enabled_default=False,
        value_fn=lambda known: shortened(value_fn(known) or "") or None,
    )


FACTS: tuple[FactDescription, ...] = (
    FactDescription(
        key="boot_time",
        translation_key="boot_time",
        device_class=SensorDeviceClass.UPTIME,
        value_fn=lambda known: as_time(known.memory.boot_time),
    ),
    FactDescription(
        key="last_active",
        translation_key="last_active",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=False,
        is_fact=False,
        value_fn=lambda known: as_time(known.memory.last_active),
    ),
    _total("memory_total", lambda host: host.memory_total),
    _total("swap_total", lambda host: host.swap_total),
    _total("disk_total", lambda host: host.disk_total),
    _text("ipv4", lambda known: known.server.ipv4),
    _text("ipv6", lambda known: known.server.ipv6),
    _text("country", lambda known: known.server.country),
    _text("group", lambda known: ", ".join(known.server.groups)),
    _text("agent_version", lambda known: known.host.agent_version if known.host else None),
    _text("cpu_model", lambda known: Processor.parse(known.host.cpu).model if known.host else None),
    FactDescription(
        key="cpu_cores",
        translation_key="cpu_cores",
        entity_registry_enabled_default=False,
        value_fn=lambda known: Processor.parse(known.host.cpu).cores if known.host else None,
    ),
)


async def add_facts(coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the facts of every server."""
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        describe=lambda _: FACTS,
        create=FactSensor,
    ).async_start()


class FactSensor(ServerEntity[Reading], ReadingSensor):
    """A fact about a server."""

    entity_description: FactDescription

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: FactDescription) -> None:
        """Look at reports only where they matter."""
        super().__init__(coordinator, identity, description, shows_facts=description.is_fact)

    @override
    def _read(self) -> Reading | Unavailable:
        return Reading(self.entity_description.value_fn(known)) if (known := self.known) else UNAVAILABLE
