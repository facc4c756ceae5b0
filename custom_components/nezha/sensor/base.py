"""What sensors share: a value that is shown as it is, and a number that changes with nearly every answer."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN, UNIT_CONVERTERS
from homeassistant.const import MAX_LENGTH_STATE_STATE, UnitOfDataRate
from homeassistant.core import State, callback
from homeassistant.core_config import DATA_CUSTOMIZE
from homeassistant.helpers.entity import FLOAT_PRECISION
from homeassistant.helpers.entity_values import EntityValues
from homeassistant.helpers.event import async_track_time_change

from ..entity import UNAVAILABLE, NezhaEntity, Unavailable

SPEED: dict[str, Any] = {
    "device_class": SensorDeviceClass.DATA_RATE,
    "native_unit_of_measurement": UnitOfDataRate.BYTES_PER_SECOND,
    "suggested_unit_of_measurement": UnitOfDataRate.KILOBYTES_PER_SECOND,
    "suggested_display_precision": 1,
}
"""What descriptions of speeds share."""

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


class NumberSensor(ReadingSensor):
    """A sensor that shows a number, in the unit that the user chose, and changes with nearly every answer.

    Working out a sensor's attributes costs Home Assistant more than writing its state: while only the number changes, they
    are those of the state before.
    """

    _to_shown: Callable[[float], float]
    _to_native: Callable[[float], float]
    _places: int | None = None
    """Decimal places that are shown; without, all are."""
    _written: State | None = None
    """The state that was written last, and what the user had customized then."""
    _customized: EntityValues | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Learn how the number is shown before it is read."""
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
    def _write(self, before: Reading | Unavailable) -> None:
        hass, entity_id = self.hass, self.entity_id
        number, written = self._number, hass.states.get(entity_id)
        if number is not None and written is not None and self._keeps_attributes(before, written):
            state = f"{number:{_FORMAT}}" if type(number) is float else str(number)
            hass.states.async_set(entity_id, state, written.attributes, state_info=written.state_info)
        else:
            super()._write(before)
            self._customized = hass.data.get(DATA_CUSTOMIZE)
        self._written = hass.states.get(entity_id)

    def _keeps_attributes(self, before: Reading | Unavailable, written: State) -> bool:
        """Whether the attributes of the state are ours, and are to stay as they are."""
        shown = self._shown
        return (
            written is self._written
            and before is not UNAVAILABLE
            and before.value is not None
            and shown is not UNAVAILABLE
            and shown.last_reset == before.last_reset
            and self.hass.data.get(DATA_CUSTOMIZE) is self._customized
        )

    @property
    def _number(self) -> float | None:
        """The number that is shown, in its unit."""
        shown = self._shown
        value = None if shown is UNAVAILABLE else shown.value
        return value if isinstance(value, (int, float)) else None

    @property
    @override
    def native_value(self) -> float | None:
        """Return the number in its own unit."""
        return None if self._number is None else self._to_native(self._number)


def _same(value: float) -> float:
    return value
