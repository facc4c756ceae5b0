"""What is measured on a server: there only while it is online."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfInformation, UnitOfTemperature
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import Host, State
from ..entity import ServerEntity, add_entities
from ..figures import disk_share, memory_share, swap_share
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator
from .base import SPEED, NumberSensor

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


def _percentage(key: str, value_fn: Callable[[State, Host | None], float | None], **kwargs: Any) -> StateDescription:
    return StateDescription(
        key=key,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=value_fn,
        **{"translation_key": key, **kwargs},
    )


def _size(key: str, value_fn: Callable[[State, Host | None], int | None], **kwargs: Any) -> StateDescription:
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


def _count(key: str, value_fn: Callable[[State, Host | None], float | None], **kwargs: Any) -> StateDescription:
    return StateDescription(
        key=key,
        translation_key=key,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=value_fn,
        **kwargs,
    )


def _has_swap(known: KnownServer) -> bool:
    return known.host is not None and bool(known.host.swap_total)


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
    _count("net_in_speed", lambda state, _: state.net_in_speed, **SPEED),
    _count("net_out_speed", lambda state, _: state.net_out_speed, **SPEED),
    _count("load_1", lambda state, _: state.load_1, suggested_display_precision=2),
    _count("load_5", lambda state, _: state.load_5, suggested_display_precision=2, dead_band=0.05),
    _count("load_15", lambda state, _: state.load_15, suggested_display_precision=2, dead_band=0.05),
    _count("tcp_connections", lambda state, _: state.tcp_connections, entity_registry_enabled_default=False),
    _count("udp_connections", lambda state, _: state.udp_connections, entity_registry_enabled_default=False),
    _count("processes", lambda state, _: state.processes, entity_registry_enabled_default=False),
)


_PARTS_ENABLED = 3
"""Graphics cards and temperatures that a server shows by default; some report one for every core."""


def _describe(known: KnownServer) -> Iterator[StateDescription]:
    """Say which measurements a server has."""
    yield from (description for description in STATES if description.exists_fn(known))
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


async def add_measurements(coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the measurements of every server."""
    await add_entities(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        parts=lambda known: known.parts,
        describe=_describe,
        create=StateSensor,
    )


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
