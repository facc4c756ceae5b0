"""What is measured on a server: there only while it is online."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfTemperature
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import Host, State
from ..entity import EntityAdder
from ..figures import disk_share, memory_share, swap_share
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator
from .base import SIZE, SPEED
from .census import PartsCensus
from .parts import card_key, cards, outline, read_card, read_sensor, sensor_key, sensor_label, sensors
from .reported import ReportedNumberSensor

_LONGEST_UNSEEN = 60
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class StateDescription(SensorEntityDescription):
    """A measurement: there only while the server is online."""

    value_fn: Callable[[State, Host | None], float | None]
    exists_fn: Callable[[KnownServer], bool] = lambda _: True
    part_fn: Callable[[KnownServer], str | None] | None = None
    """The name of the part that is measured, where there may be several; `None` while it is unknown."""
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
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=value_fn,
        **SIZE,
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


def _describe_parts(known: KnownServer) -> Iterator[StateDescription]:
    """Say which parts of a server are measured."""
    yield from (_card(index) for index in range(len(cards(known))))
    yield from (_temperature(name, turn) for name, turn in sensors(known))


def _card(index: int) -> StateDescription:
    """Describe the usage of a graphics card."""

    def name(known: KnownServer) -> str | None:
        names = cards(known)
        return names[index] if index < len(names) else None

    return _percentage(card_key(index), read_card(index), translation_key="gpu", part_fn=name)


def _temperature(name: str, turn: int) -> StateDescription:
    """Describe a temperature sensor."""
    label = sensor_label(name, turn)
    return StateDescription(
        key=sensor_key(name, turn),
        translation_key="temperature",
        part_fn=lambda _: label,
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=read_sensor(name, turn),
    )


async def add_measurements(coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the measurements of every server, and of its parts."""
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        parts=_has_swap,
        describe=lambda known: (description for description in STATES if description.exists_fn(known)),
        create=StateSensor,
    ).async_start()
    census = PartsCensus(coordinator)
    adder = EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        parts=outline,
        describe=lambda known: census.admit(known, _describe_parts(known)),
        create=StateSensor,
    )
    census.async_start(on_removed=adder.forget)
    await adder.async_start()


class StateSensor(ReportedNumberSensor):
    """A measurement of a server."""

    __slots__ = ("_true_at",)
    entity_description: StateDescription
    _true_at: int | None
    """When what is shown was measured last, by the dashboard's clock."""

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: StateDescription) -> None:
        """Follow the name of the part that is measured, if it is one."""
        super().__init__(coordinator, identity, description)
        self._true_at = None
        if description.part_fn:
            self._follow_name()

    @override
    def _read_placeholders(self) -> dict[str, str] | None:
        part_fn, known = self.entity_description.part_fn, self.known
        part = part_fn(known) if part_fn and known else None
        return {"part": part} if part else None

    @override
    def _read_state(self, known: KnownServer, state: State) -> float | None:
        description, memory = self.entity_description, known.memory
        value = description.value_fn(state, memory.host)
        number = None if value is None else self._rounded(value)
        if description.dead_band and (before := self._held(number, memory.last_active)) is not None:
            return before
        self._true_at = memory.last_active
        return number

    def _held(self, number: float | None, measured_at: int | None) -> float | None:
        """Return what is shown if it may stand for this number until the next one: it drifts, and each step would be recorded."""
        before = self.shown
        if number is None or before is None or abs(number - before) >= self.entity_description.dead_band:
            return None
        if number == before or measured_at is None or self._true_at is None:
            return None
        age = measured_at + self.coordinator.pace - self._true_at
        return before if 0 <= age <= _LONGEST_UNSEEN else None
