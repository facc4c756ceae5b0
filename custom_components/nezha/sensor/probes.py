"""How fast chosen services answer a server, and how often they do not."""

from collections.abc import Callable, Iterable, Iterator, Set as AbstractSet
from dataclasses import dataclass
import re
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfTime
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..entity import UNAVAILABLE, EntityAdder, ServerEntity, Unavailable
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator
from ..runtime.devices import SERVICE_PREFIX
from ..runtime.latency import Latency
from ..runtime.listeners import LatencyOf
from .base import Reading, ReadingSensor

_UNIQUE_ID = re.compile(r"(?P<identity>[^_]+)_(?P<key>(?:probe_delay|probe_loss)_(?P<service>\d+))")


@dataclass(frozen=True, kw_only=True)
class ProbeDescription(SensorEntityDescription):
    """A figure of a service as one server sees it."""

    service: int
    value_fn: Callable[[Latency], float | None]
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT


def _describe_service(number: int) -> Iterator[ProbeDescription]:
    yield ProbeDescription(
        key=f"probe_delay_{number}",
        translation_key="probe_delay",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        suggested_display_precision=1,
        service=number,
        value_fn=lambda latency: None if latency.delay is None else round(latency.delay, 1),
    )
    yield ProbeDescription(
        key=f"probe_loss_{number}",
        translation_key="probe_loss",
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=1,
        service=number,
        value_fn=lambda latency: round(latency.loss, 1),
    )


async def add_probe_sensors(coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the sensors of the services and servers that are chosen; those of others go, and with a service its own."""
    poller = coordinator.latencies
    chosen = frozenset(poller.servers)

    def services() -> tuple[int, ...]:
        """Return the services that are there, or may be."""
        snapshot = coordinator.snapshot
        there = snapshot.services if snapshot else None
        return tuple(sorted(poller.services if there is None else poller.services & there.keys()))

    adder = EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        parts=lambda known: services() if known.server.identity in chosen else (),
        describe=lambda known: _describe(known, chosen, services()),
        create=ProbeSensor,
    )

    @callback
    def prune() -> None:
        removed = coordinator.devices.removed
        gone = {int(key.removeprefix(SERVICE_PREFIX)) for key in removed if key.startswith(SERVICE_PREFIX)}
        if gone:
            for identity, key in _remove(coordinator, lambda _, service: service in gone):
                adder.forget(identity, key)

    _remove(coordinator, lambda identity, service: identity not in chosen or service not in poller.services)
    coordinator.config_entry.async_on_unload(coordinator.async_add_listener(prune))
    await adder.async_start()


def _describe(known: KnownServer, chosen: AbstractSet[str], services: Iterable[int]) -> Iterator[ProbeDescription]:
    if known.server.identity in chosen:
        for number in services:
            yield from _describe_service(number)


def _remove(coordinator: NezhaCoordinator, unwanted: Callable[[str, int], bool]) -> list[tuple[str, str]]:
    """Remove entities of services on servers that are unwanted; return the servers' identities and the entities' keys."""
    registry, entry_id = er.async_get(coordinator.hass), coordinator.config_entry.entry_id
    removed = []
    for entity in er.async_entries_for_config_entry(registry, entry_id):
        found = _UNIQUE_ID.fullmatch(entity.unique_id.removeprefix(f"{entry_id}_"))
        if found and unwanted(found["identity"], int(found["service"])):
            registry.async_remove(entity.entity_id)
            removed.append((found["identity"], found["key"]))
    return removed


class ProbeSensor(ServerEntity[Reading], ReadingSensor):
    """A figure of a service as one server sees it; unknown while it has measured nothing of late."""

    entity_description: ProbeDescription

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: ProbeDescription) -> None:
        """Name the service."""
        super().__init__(coordinator, identity, description, topic=LatencyOf(identity))
        self._follow_name()

    @override
    def _read_placeholders(self) -> dict[str, str] | None:
        number = self.entity_description.service
        service = self.coordinator.services.get(f"{SERVICE_PREFIX}{number}")
        return {"service": service.name or str(number)} if service else None

    @override
    def _read(self) -> Reading | Unavailable:
        if self.known is None:
            return UNAVAILABLE
        latency = self.coordinator.latencies.get(self._identity, self.entity_description.service)
        return Reading(None if latency is None else self.entity_description.value_fn(latency))
