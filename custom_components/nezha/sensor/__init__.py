"""What is measured on a server, what is known of it, and what all servers come to together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    UnitOfDataRate,
    UnitOfInformation,
    UnitOfTemperature,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import Host, State
from ..entity import HubEntity, ServerEntity, add_entities
from ..figures import disk_share, memory_share, swap_share
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaConfigEntry, NezhaCoordinator
from .base import NumberSensor, Shown, Value, ValueSensor
from .billing import add_billing_sensors
from .cycle import add_cycle_sensors
from .service import add_service_sensors

PARALLEL_UPDATES = 0

_LONGEST_UNSEEN = 60
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class StateDescription(SensorEntityDescription):
    """A measurement: there only while the server is online."""

    value_fn: Callable[[State, Host | None], float | None]
    exists_fn: Callable[[KnownServer], bool] = lambda _: True
    placeholders: dict[str, str] | None = None
    dead_band: float = 0
    """How far the number may move unseen, for `_LONGEST_UNSEEN` at most."""


@dataclass(frozen=True, kw_only=True)
class TrafficDescription(SensorEntityDescription):
    """A counter of bytes since boot, there only while the server is online."""

    value_fn: Callable[[State], int]
    device_class: SensorDeviceClass | None = SensorDeviceClass.DATA_SIZE
    native_unit_of_measurement: str | None = UnitOfInformation.BYTES
    suggested_unit_of_measurement: str | None = UnitOfInformation.GIBIBYTES
    suggested_display_precision: int | None = 2
    state_class: SensorStateClass | None = SensorStateClass.TOTAL


@dataclass(frozen=True, kw_only=True)
class FactDescription(SensorEntityDescription):
    """What is known of a server: it stays while the server is offline."""

    is_fact: bool = True
    """Whether it stays the same from one report to the next."""

    value_fn: Callable[[KnownServer], Value]
    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC


@dataclass(frozen=True, kw_only=True)
class HubDescription(SensorEntityDescription):
    """A figure about all servers."""

    value_fn: Callable[[list[KnownServer]], float]
    attributes_fn: Callable[[list[KnownServer]], dict[str, Any]] = lambda _: {}
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT


def _percentage(key: str, value_fn: Callable[[State, Host | None], float | None], **kwargs: Any) -> StateDescription:
    return StateDescription(
        key=key,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=value_fn,
        **{"translation_key": key, **kwargs},
    )


def _size(key: str, value_fn: Callable[[State, Host | None], int], **kwargs: Any) -> StateDescription:
    return StateDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.GIBIBYTES,
        suggested_display_precision=2,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=value_fn,
        **kwargs,
    )


def _count(key: str, value_fn: Callable[[State, Host | None], float], **kwargs: Any) -> StateDescription:
    return StateDescription(
        key=key,
        translation_key=key,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=value_fn,
        **kwargs,
    )


_SPEED: dict[str, Any] = {
    "device_class": SensorDeviceClass.DATA_RATE,
    "native_unit_of_measurement": UnitOfDataRate.BYTES_PER_SECOND,
    "suggested_unit_of_measurement": UnitOfDataRate.MEGABYTES_PER_SECOND,
    "suggested_display_precision": 2,
}


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _has_swap(known: KnownServer) -> bool:
    return known.host is not None and known.host.swap_total > 0


STATES: tuple[StateDescription, ...] = (
    _percentage("cpu", lambda state, _: state.cpu),
    _percentage("memory", memory_share),
    _percentage("swap", swap_share, exists_fn=_has_swap),
    _percentage("disk", disk_share),
    _size("memory_used", lambda state, _: state.memory_used),
    _size(
        "swap_used",
        lambda state, _: state.swap_used,
        exists_fn=_has_swap,
        entity_registry_enabled_default=False,
    ),
    _size("disk_used", lambda state, _: state.disk_used),
    _count("net_in_speed", lambda state, _: state.net_in_speed, **_SPEED),
    _count("net_out_speed", lambda state, _: state.net_out_speed, **_SPEED),
    _count("load_1", lambda state, _: state.load_1, suggested_display_precision=2),
    _count("load_5", lambda state, _: state.load_5, suggested_display_precision=2, dead_band=0.05),
    _count("load_15", lambda state, _: state.load_15, suggested_display_precision=2, dead_band=0.05),
    _count("tcp_connections", lambda state, _: state.tcp_connections, entity_registry_enabled_default=False),
    _count("udp_connections", lambda state, _: state.udp_connections, entity_registry_enabled_default=False),
    _count("processes", lambda state, _: state.processes, entity_registry_enabled_default=False),
)


TRAFFIC: tuple[TrafficDescription, ...] = (
    TrafficDescription(
        key="net_in_transfer", translation_key="net_in_transfer", value_fn=lambda state: state.net_in_transfer
    ),
    TrafficDescription(
        key="net_out_transfer", translation_key="net_out_transfer", value_fn=lambda state: state.net_out_transfer
    ),
)


def _total(key: str, value_fn: Callable[[Host], int]) -> FactDescription:
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
    return FactDescription(
        key=key,
        translation_key=key,
        entity_registry_enabled_default=False,
        value_fn=lambda known: value_fn(known) or None,
    )


FACTS: tuple[FactDescription, ...] = (
    FactDescription(
        key="boot_time",
        translation_key="boot_time",
        device_class=SensorDeviceClass.UPTIME,
        value_fn=lambda known: _time(known.memory.boot_time),
    ),
    FactDescription(
        key="last_active",
        translation_key="last_active",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=False,
        is_fact=False,
        value_fn=lambda known: _time(known.memory.last_active),
    ),
    _total("memory_total", lambda host: host.memory_total),
    _total("swap_total", lambda host: host.swap_total),
    _total("disk_total", lambda host: host.disk_total),
    _text("ipv4", lambda known: known.server.ipv4),
    _text("ipv6", lambda known: known.server.ipv6),
    _text("country", lambda known: known.server.country),
    _text("group", lambda known: ", ".join(known.server.groups)),
    _text("agent_version", lambda known: known.host.agent_version if known.host else None),
)


def _online(servers: list[KnownServer]) -> list[KnownServer]:
    return [known for known in servers if known.online]


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
        value_fn=lambda servers: sum(known.state.net_in_speed for known in _online(servers) if known.state),
        **_SPEED,
    ),
    HubDescription(
        key="net_out_speed",
        translation_key="net_out_speed",
        value_fn=lambda servers: sum(known.state.net_out_speed for known in _online(servers) if known.state),
        **_SPEED,
    ),
)

_PARTS_ENABLED = 3
"""Graphics cards and temperatures that a server shows by default; some report one for every core."""


def _describe(known: KnownServer) -> Iterator[StateDescription | TrafficDescription | FactDescription]:
    """Say which sensors a server has."""
    yield from (description for description in STATES if description.exists_fn(known))
    yield from TRAFFIC
    yield from FACTS
    if known.state:
        parts = [
            *(_gpu(index, len(known.state.gpu)) for index in range(len(known.state.gpu))),
            *_temperatures([temperature.name for temperature in known.state.temperatures]),
        ]
        yield from parts[:_PARTS_ENABLED]
        yield from (replace(part, entity_registry_enabled_default=False) for part in parts[_PARTS_ENABLED:])


def _gpu(index: int, cards: int) -> StateDescription:
    """Describe the usage of a graphics card."""
    return _percentage(
        f"gpu_{index}",
        lambda state, _: state.gpu[index] if index < len(state.gpu) else None,
        translation_key="gpu" if cards == 1 else "gpu_number",
        placeholders=None if cards == 1 else {"number": str(index + 1)},
    )


def _temperatures(names: list[str]) -> Iterator[StateDescription]:
    """Describe temperatures: each is known by its sensor's name, and by its turn where several have the same."""
    for position, name in enumerate(names):
        yield _temperature(name, turn=names[:position].count(name))


def _temperature(name: str, turn: int) -> StateDescription:
    label = f"{name} {turn + 1}" if turn else name

    def read(state: State, _: Host | None) -> float | None:
        found = [temperature.celsius for temperature in state.temperatures if temperature.name == name]
        return found[turn] if turn < len(found) else None

    return StateDescription(
        key=f"temperature_{label}",
        translation_key="temperature",
        placeholders={"sensor": label},
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=read,
    )


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the dashboard's sensors, and those of every server and service."""
    coordinator = entry.runtime_data
    async_add_entities(HubSensor(coordinator, description) for description in HUB)
    await add_entities(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        parts=lambda known: known.parts,
        describe=_describe,
        create=_create,
    )
    await add_billing_sensors(coordinator, async_add_entities)
    await add_cycle_sensors(coordinator, async_add_entities)
    await add_service_sensors(coordinator, async_add_entities)


def _create(
    coordinator: NezhaCoordinator,
    identity: str,
    description: StateDescription | TrafficDescription | FactDescription,
) -> StateSensor | TrafficSensor | FactSensor:
    match description:
        case StateDescription():
            return StateSensor(coordinator, identity, description)
        case TrafficDescription():
            return TrafficSensor(coordinator, identity, description)
        case FactDescription():
            return FactSensor(coordinator, identity, description)


class StateSensor(ServerEntity[tuple[float | None, None]], NumberSensor[None]):
    """A measurement of a server."""

    entity_description: StateDescription

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: StateDescription) -> None:
        """Name the part that is measured where there are several."""
        super().__init__(coordinator, identity, description, shows_facts=False)
        if description.placeholders:
            self._attr_translation_placeholders = description.placeholders

    _true_at: int | None = None
    """When what is shown was measured last, by the dashboard's clock."""

    @override
    def _read(self) -> tuple[float | None, None] | None:
        known = self.known
        if known is None or known.state is None or not known.online:
            return None
        value = self.entity_description.value_fn(known.state, known.host)
        shown = None if value is None else self._rounded(value)
        if self.entity_description.dead_band and self._is_held(shown, known.memory.last_active):
            return self._shown
        self._true_at = known.memory.last_active
        return shown, None

    def _is_held(self, number: float | None, measured_at: int | None) -> bool:
        """Whether what is shown may stand for this number until the next one: it drifts, and each step would be recorded."""
        before = self._shown and self._shown[0]
        if number is None or before is None or number == before or measured_at is None or self._true_at is None:
            return False
        age = measured_at + self.coordinator.pace - self._true_at
        return abs(number - before) < self.entity_description.dead_band and 0 <= age <= _LONGEST_UNSEEN


class TrafficSensor(ServerEntity[tuple[float | None, int | None]], NumberSensor[int | None]):
    """A counter of a server, to the byte. Without the begin of its cycle it would tell the statistics nothing but lies."""

    entity_description: TrafficDescription

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: TrafficDescription) -> None:
        """Look at every report."""
        super().__init__(coordinator, identity, description, shows_facts=False)

    @override
    def _read(self) -> tuple[float | None, int | None] | None:
        known = self.known
        if known is None or known.state is None or not known.online:
            return None
        boot_time = known.memory.boot_time
        return self._to_shown(self.entity_description.value_fn(known.state)) if boot_time else None, boot_time

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when the server booted."""
        return _time(self._shown[1]) if self._shown else None


class FactSensor(ServerEntity[Shown], ValueSensor):
    """A fact about a server."""

    entity_description: FactDescription

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: FactDescription) -> None:
        """Look at reports only where they matter."""
        super().__init__(coordinator, identity, description, shows_facts=description.is_fact)

    @override
    def _read(self) -> Shown | None:
        return (self.entity_description.value_fn(known), None) if (known := self.known) else None


class HubSensor(HubEntity[tuple[float | None, dict[str, Any]]], NumberSensor[dict[str, Any]]):
    """A figure about all servers; those whose device the user disabled do not count."""

    entity_description: HubDescription
    _unrecorded_attributes = frozenset({"offline", "never_seen"})

    @override
    def _read(self) -> tuple[float, dict[str, Any]] | None:
        if not self.coordinator.last_update_success:
            return None
        disabled = self.coordinator.devices.disabled
        servers = [known for identity, known in self.coordinator.data.items() if identity not in disabled]
        description = self.entity_description
        return self._rounded(description.value_fn(servers)), description.attributes_fn(servers)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return who is meant."""
        return self._shown[1] if self._shown else None
