"""What sensors share: a value that is shown as it is, and a number that changes with nearly every answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, Self, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN, UNIT_CONVERTERS
from homeassistant.const import MAX_LENGTH_STATE_STATE, UnitOfDataRate, UnitOfInformation
from homeassistant.core import HomeAssistant, callback
from homeassistant.core_config import DATA_CUSTOMIZE
from homeassistant.helpers.entity import FLOAT_PRECISION, StateInfo
from homeassistant.helpers.entity_values import EntityValues
from homeassistant.helpers.event import async_track_time_change

from ..entity import NezhaEntity

SPEED: dict[str, Any] = {
    "device_class": SensorDeviceClass.DATA_RATE,
    "native_unit_of_measurement": UnitOfDataRate.BYTES_PER_SECOND,
    "suggested_unit_of_measurement": UnitOfDataRate.KILOBYTES_PER_SECOND,
    "suggested_display_precision": 1,
}
"""What descriptions of speeds share."""
SIZE: dict[str, Any] = {
    "device_class": SensorDeviceClass.DATA_SIZE,
    "native_unit_of_measurement": UnitOfInformation.BYTES,
    "suggested_unit_of_measurement": UnitOfInformation.GIBIBYTES,
    "suggested_display_precision": 2,
}
"""What descriptions of sizes share."""

type Value = str | int | float | Decimal | datetime | None


class Reading(NamedTuple):
    """What a sensor shows."""

    value: Value = None
    last_reset: datetime | None = None
    """Of a counter, since when it counts."""
    unit: str | None = None
    """Of an amount of money, its currency: two servers may be paid for in two."""


_FORMAT = f".{FLOAT_PRECISION}"
"""Home Assistant's own for a state that is not whole."""


def as_time(seconds: int | None) -> datetime | None:
    """Return a moment of unix seconds."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def shortened(text: str) -> str:
    """Return a text that is no longer than a state may be."""
    return text if len(text) <= MAX_LENGTH_STATE_STATE else f"{text[: MAX_LENGTH_STATE_STATE - 1]}…"


class ReadingSensor(NezhaEntity[Reading], SensorEntity):
    """A sensor that shows a value as it is."""

    @property
    @override
    def native_value(self) -> Value:
        """Return the value."""
        return self.shown.value if self.shown else None

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when the counter started."""
        return self.shown.last_reset if self.shown else None


class HourlySensor[ShownT](NezhaEntity[ShownT]):
    """A sensor that is recounted every hour, too: a renewed term has started, or another day.

    Each day starts with a full hour, but not each has a midnight: where clocks are put forward at 0:00 it starts at 1:00.
    """

    @override
    async def async_added_to_hass(self) -> None:
        """Wait for the hour."""
        await super().async_added_to_hass()
        self.async_on_remove(async_track_time_change(self.hass, self._handle_hour, minute=0, second=0))

    @callback
    @override
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is."""
        super().async_entity_id_changed(old_entity_id)

    @callback
    def _handle_hour(self, _: datetime) -> None:
        self._handle_coordinator_update()


@dataclass(frozen=True, slots=True)
class _Written:
    """A state that was written: what of it stays as it is while only the number changes."""

    hass: HomeAssistant
    entity_id: str
    attributes: Mapping[str, Any]
    state_info: StateInfo | None
    customized: EntityValues | None
    """What the user had customized when it was written."""

    @classmethod
    def of(cls, hass: HomeAssistant, entity_id: str) -> Self | None:
        """Return what is written of an entity now."""
        if (state := hass.states.get(entity_id)) is None:
            return None
        return cls(hass, entity_id, state.attributes, state.state_info, hass.data.get(DATA_CUSTOMIZE))

    @callback
    def write(self, number: float) -> bool:
        """Write another number beside all that stays; return whether it is still what stands there."""
        hass, entity_id, attributes = self.hass, self.entity_id, self.attributes
        states = hass.states
        state = states.get(entity_id)
        if not state or state.attributes is not attributes or hass.data.get(DATA_CUSTOMIZE) is not self.customized:
            return False
        text = f"{number:{_FORMAT}}" if type(number) is float else str(number)
        states.async_set(entity_id, text, attributes, state_info=self.state_info)
        return True


class NumberSensor(NezhaEntity[float | None], SensorEntity):
    """A sensor that shows a number, in the unit that the user chose, and changes with nearly every answer.

    Working out a sensor's attributes costs Home Assistant more than writing its state: while only the number changes, they
    are those of the state before.
    """

    __slots__ = ("_places", "_to_native", "_to_shown", "_written")
    _places: int | None
    """Decimal places that are shown; without, all are."""
    _to_native: Callable[[float], float]
    _to_shown: Callable[[float], float]
    _written: _Written | None
    """`None` where all of the state has to be written the next time."""

    @override
    async def async_added_to_hass(self) -> None:
        """Learn how the number is shown before it is read."""
        self._written = None
        self._learn()
        await super().async_added_to_hass()

    @callback
    @override
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is."""
        super().async_entity_id_changed(old_entity_id)

    @callback
    @override
    def async_registry_entry_updated(self) -> None:
        """Follow the user's choice of unit and precision."""
        super().async_registry_entry_updated()
        self._learn()
        self._shown = self._read()

    def _learn(self) -> None:
        entry = self.registry_entry
        options: Mapping[str, Any] = (entry and entry.options.get(SENSOR_DOMAIN)) or {}
        chosen = options.get("display_precision")
        places = options.get("suggested_display_precision", self.suggested_display_precision)
        # How few places the user wants to look at is no reason to forget the others: they are in the history.
        self._places = places if places is None or chosen is None else max(places, chosen)
        native, shown = self.native_unit_of_measurement, self.unit_of_measurement
        self._to_shown = self._to_native = _same
        if native != shown and (converter := UNIT_CONVERTERS.get(self.device_class)):
            self._to_shown = converter.converter_factory(native, shown)
            self._to_native = converter.converter_factory(shown, native)

    def _rounded(self, value: float) -> float:
        """Return a number as it is shown: what nobody sees change need not be written, nor recorded."""
        value = self._to_shown(value)
        return value if self._places is None else round(value, self._places)

    @callback
    @override
    def _write(self) -> None:
        number, written = self.shown, self._written
        if written and number is not None and written.write(number):
            return
        super()._write()
        # The attributes of a state without a number are others.
        self._written = None if number is None else _Written.of(self.hass, self.entity_id)

    @property
    @override
    def native_value(self) -> float | None:
        """Return the number in its own unit."""
        return None if self.shown is None else self._to_native(self.shown)


def _same(value: float) -> float:
    return value
