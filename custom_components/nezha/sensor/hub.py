"""What all servers of a dashboard come to together."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import State
from ..entity import UNAVAILABLE, HubEntity, Unavailable
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator
from .base import SPEED, NumberSensor


@dataclass(frozen=True, kw_only=True)
class HubDescription(SensorEntityDescription):
    """A figure about all servers."""

    value_fn: Callable[[Iterable[KnownServer]], float]
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT


@dataclass(frozen=True, kw_only=True)
class CountDescription(SensorEntityDescription):
    """A number of servers; where they are worth naming, an attribute lists them."""

    counts_fn: Callable[[KnownServer], bool]
    attribute: str | None = None
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT


def _never_seen(known: KnownServer) -> bool:
    """Whether nothing was ever heard of a server."""
    return not known.online and known.memory.last_active is None


COUNTS: tuple[CountDescription, ...] = (
    CountDescription(key="servers", translation_key="servers", counts_fn=lambda _: True),
    CountDescription(key="servers_online", translation_key="servers_online", counts_fn=lambda known: known.online),
    CountDescription(
        key="servers_offline",
        translation_key="servers_offline",
        counts_fn=lambda known: not known.online and not _never_seen(known),
        attribute="offline",
    ),
    CountDescription(
        key="servers_never_seen",
        translation_key="servers_never_seen",
        entity_registry_enabled_default=False,
        counts_fn=_never_seen,
        attribute="never_seen",
    ),
)


def _sum(value_fn: Callable[[State], int | None]) -> Callable[[Iterable[KnownServer]], float]:
    """Return what adds up the servers that are online; what is unknown of one of them is not in it."""

    def add_up(servers: Iterable[KnownServer]) -> float:
        states = (known.state for known in servers if known.online and known.state)
        return sum(value for state in states if (value := value_fn(state)) is not None)

    return add_up


HUB: tuple[HubDescription, ...] = (
    HubDescription(
        key="net_in_speed",
        translation_key="net_in_speed",
        value_fn=_sum(lambda state: state.net_in_speed),
        **SPEED,
    ),
    HubDescription(
        key="net_out_speed",
        translation_key="net_out_speed",
        value_fn=_sum(lambda state: state.net_out_speed),
        **SPEED,
    ),
)


@callback
def add_hub_sensors(coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the dashboard's sensors."""
    async_add_entities(CountSensor(coordinator, description) for description in COUNTS)
    async_add_entities(HubSensor(coordinator, description) for description in HUB)


class FleetEntity[ShownT](HubEntity[ShownT]):
    """An entity about all servers; those whose device the user disabled do not count."""

    def _servers(self) -> Mapping[str, KnownServer]:
        servers, disabled = self.coordinator.data, self.coordinator.devices.disabled
        if not disabled:
            return servers
        return {identity: known for identity, known in servers.items() if identity not in disabled}

    @override
    def _newest_report(self) -> object:
        return sum(known.report for known in self._servers().values())


class CountSensor(FleetEntity[tuple[int, list[str]]], SensorEntity):
    """A number of servers."""

    entity_description: CountDescription
    _unrecorded_attributes = frozenset({"offline", "never_seen"})

    @override
    def _read(self) -> tuple[int, list[str]] | Unavailable:
        if not self.coordinator.last_update_success:
            return UNAVAILABLE
        description = self.entity_description
        meant = [identity for identity, known in self._servers().items() if description.counts_fn(known)]
        return len(meant), [self._name_of(identity) for identity in meant] if description.attribute else []

    @property
    @override
    def native_value(self) -> int | None:
        """Return how many servers there are of the kind."""
        return self.shown[0] if self.shown else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return who is meant."""
        attribute = self.entity_description.attribute
        return {attribute: self.shown[1]} if attribute and self.shown else None


class HubSensor(FleetEntity[float | None], NumberSensor):
    """A figure about all servers."""

    entity_description: HubDescription

    @override
    def _read(self) -> float | Unavailable:
        if not self.coordinator.last_update_success:
            return UNAVAILABLE
        return self._rounded(self.entity_description.value_fn(self._servers().values()))
