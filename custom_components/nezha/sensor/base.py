"""What sensors share: a value that is shown as it is, and a number that changes with nearly every answer."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN, UNIT_CONVERTERS
from homeassistant.const import MAX_LENGTH_STATE_STATE, UnitOfDataRate
from homeassistant.core import callback
from homeassistant.helpers.entity import FLOAT_PRECISION

from ..entity import NezhaEntity

SPEED: dict[str, Any] = {
    "device_class": SensorDeviceClass.DATA_RATE,
    "native_unit_of_measurement": UnitOfDataRate.BYTES_PER_SECOND,
    "suggested_unit_of_measurement": UnitOfDataRate.KILOBYTES_PER_SECOND,
    "suggested_display_precision": 1,
}
"""What descriptions of speeds share."""

type Value = str | int | float | datetime | None
type Shown = tuple[Value, datetime | None]
"""A value and, of a counter, since when it counts."""

_FORMAT = f".{FLOAT_PRECISION}"
"""Home Assistant's own for a state that is not whole."""


def as_time(seconds: int | None) -> datetime | None:
    """Return a moment of unix seconds."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def shortened(text: str) -> str:
    """Return a text that is no longer than a state may be."""
    return text if len(text) <= MAX_LENGTH_STATE_STATE else f"{text[: MAX_LENGTH_STATE_STATE - 1]}…"


class ValueSensor(NezhaEntity[Shown], SensorEntity):
    """A sensor that shows a value."""

    @property
    @override
    def native_value(self) -> Value:
        """Return the value."""
        return self._shown[0] if self._shown else None

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when the counter began."""
        return self._shown[1] if self._shown else None


class NumberSensor[RestT](NezhaEntity[tuple[float | None, RestT]], SensorEntity):
    """A sensor that shows a number, in the unit that the user chose, and something else that seldom changes.

    Working out a sensor's attributes costs Home Assistant more than writing its state: while only the number changes, they
    are those of the state before.
    """

    _to_shown: Callable[[float], float]
    _to_native: Callable[[float], float]
    _places: int | None = None
    """Decimal places that are shown; without, all are."""
    _text: str | None = None
    """The state that was written last."""

    @override
    async def async_added_to_hass(self) -> None:
        """Learn how the number is shown before it is read."""
        self._learn()
        await super().async_added_to_hass()

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
        self._places = options.get("suggested_display_precision", self.suggested_display_precision)
        self._places = self._places if chosen is None else chosen
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
    def _write(self, before: tuple[float | None, RestT] | None) -> None:
        number, rest = self._shown or (None, None)
        written = self.hass.states.get(self.entity_id)
        if (
            number is not None
            and before is not None
            and before[0] is not None
            and before[1] == rest
            and written is not None
            and written.state == self._text
        ):
            self._text = f"{number:{_FORMAT}}" if type(number) is float else str(number)
            self.hass.states.async_set(self.entity_id, self._text, written.attributes, state_info=written.state_info)
            return
        super()._write(before)
        written = self.hass.states.get(self.entity_id)
        self._text = written.state if written else None

    @property
    @override
    def native_value(self) -> float | None:
        """Return the number in its own unit."""
        number = self._shown[0] if self._shown else None
        return None if number is None else self._to_native(number)


def _same(value: float) -> float:
    return value
