"""What all servers of a dashboard come to together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.sensor import SensorEntityDescription, SensorStateClass
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import State
from ..entity import HubEntity
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator
from .base import SPEED, NumberSensor


@dataclass(frozen=True, kw_only=True)
class HubDescription(SensorEntityDescription):
    """A figure about all servers."""

    value_fn: Callable[[list[KnownServer]], float]
    attributes_fn: Callable[[list[KnownServer]], dict[str, Any]] = lambda _: {}
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT


def _online(servers: list[KnownServer]) -> list[KnownServer]:
    return [known for known in servers if known.online]


def _speeds(servers: list[KnownServer], read: Callable[[State], int | None]) -> Iterator[int]:
    """Yield the speeds that are known."""
    for known in _online(servers):
        if known.state and (speed := read(known.state)) is not None:
            yield speed


def _offline_names(servers: list[KnownServer]) -> dict[str, Any]:
    """Name the offline servers, and apart from them those of which nothing was ever heard."""
    offline = [known for known in servers if not known.online]
    return {
        "offline": [known.server.name for known in offline if known.memory.last_active is not None],
        "never_seen": [known.server.name for known in offline if known.memory.last_active is None],
    }


HUB: tuple[HubDescription, ...] = (
    HubDescription(key="servers", translation_key="servers", value_fn=len),
    HubDescription(
        key="servers_online", translation_key="servers_online", value_fn=lambda servers: len(_online(servers))
    ),
    HubDescription(
        key="servers_offline",
        translation_key="servers_offline",
        value_fn=lambda servers: len(servers) - len(_online(servers)),
        attributes_fn=_offline_names,
    ),
    HubDescription(
        key="net_in_speed",
        translation_key="net_in_speed",
        value_fn=lambda servers: sum(_speeds(servers, lambda state: state.net_in_speed)),
        **SPEED,
    ),
    HubDescription(
        key="net_out_speed",
        translation_key="net_out_speed",
        value_fn=lambda servers: sum(_speeds(servers, lambda state: state.net_out_speed)),
        **SPEED,
    ),
)


@callback
def add_hub_sensors(coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the dashboard's sensors."""
    async_add_entities(HubSensor(coordinator, description) for description in HUB)


class HubSensor(HubEntity[tuple[float | None, dict[str, Any]]], NumberSensor[dict[str, Any]]):
    """A figure about all servers; those whose device the user disabled do not count."""

    entity_description: HubDescription
    _unrecorded_attributes = frozenset({"offline", "never_seen"})

    @override
    def _read(self) -> tuple[float, dict[str, Any]] | None:
        if not self.coordinator.last_update_success:
            return None
        servers = self._servers()
        description = self.entity_description
        return self._rounded(description.value_fn(servers)), description.attributes_fn(servers)

    @override
    def _newest_report(self) -> object:
        return sum(known.report for known in self._servers())

    def _servers(self) -> list[KnownServer]:
        disabled = self.coordinator.devices.disabled
        return [known for identity, known in self.coordinator.data.items() if identity not in disabled]

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return who is meant."""
        return self._shown[1] if self._shown else None
