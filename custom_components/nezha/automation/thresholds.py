"""Whether a number is on the side of a threshold that is asked for. A threshold may be the state of an entity."""

from typing import Any, cast

from homeassistant.core import HomeAssistant
from homeassistant.helpers.automation import ThresholdConfig
from homeassistant.helpers.selector import NumericThresholdType

from .meanings import Value


class Threshold:
    """What a number is compared with."""

    def __init__(self, hass: HomeAssistant, options: dict[str, Any]) -> None:
        """Take the option as core's selector validated it."""
        self._hass = hass
        self._type = NumericThresholdType(options["type"])
        self._value, self._lower, self._upper = (
            ThresholdConfig.from_config(options.get(key)) for key in ("value", "value_min", "value_max")
        )

    def matches(self, value: Value) -> bool | None:
        """Return whether a value is within; `None` where an entity shows no number to compare it with."""
        number = float(value)
        match self._type:
            case NumericThresholdType.ABOVE:
                limit = self._number(self._value)
                return None if limit is None else number > limit
            case NumericThresholdType.BELOW:
                limit = self._number(self._value)
                return None if limit is None else number < limit
            case NumericThresholdType.BETWEEN | NumericThresholdType.OUTSIDE:
                lower, upper = self._number(self._lower), self._number(self._upper)
                if lower is None or upper is None:
                    return None
                return (lower <= number <= upper) is (self._type is NumericThresholdType.BETWEEN)
            case _:
                return True

    def _number(self, config: ThresholdConfig | None) -> float | None:
        if config is None:
            return None
        if config.numerical:
            return config.number
        state = self._hass.states.get(cast("str", config.entity))
        try:
            return float(state.state) if state else None
        except ValueError:
            return None
