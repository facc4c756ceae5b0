"""Conditions: what lasts of what the triggers are about, for any or for all of what is chosen.

As the triggers, each is there twice: about a target, and as `any_` about everything.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, override

from homeassistant.const import CONF_FOR
from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers.condition import Condition, ConditionConfig
from homeassistant.helpers.selector import NumericThresholdMode
from homeassistant.util import dt as dt_util

from .automation import meanings
from .automation.meanings import Meaning, Value
from .automation.options import (
    AVERAGE,
    CONF_BEHAVIOR,
    CONF_DAYS,
    CONF_THRESHOLD,
    DAYS,
    FOR,
    Configurable,
    Fields,
    behavior,
    threshold,
)
from .automation.records import async_get_records
from .automation.selection import Selection
from .automation.thresholds import Threshold
from .automation.watch import States

BEHAVIOR_ANY = "any"
BEHAVIOR_ALL = "all"
_BEHAVIOR = behavior(BEHAVIOR_ANY, BEHAVIOR_ALL)
_IS = threshold(NumericThresholdMode.IS)


class NezhaCondition(Configurable, Condition):
    """Whether something is so, and has been for a time. What is not known counts for nothing, and nothing is not all."""

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take a configuration as it was validated."""
        super().__init__(hass, config)
        self._config = config
        self._options = config.options or {}
        self._selection = Selection(hass, self.meaning, config.target, self._options)
        self._matches = self._matcher()
        self._watch: States | None = None
        self._let_go: CALLBACK_TYPE | None = None

    @abstractmethod
    def _matcher(self) -> Callable[[Value], bool | None]:
        """Return what says whether a value is what is asked for."""

    @override
    async def _async_setup(self) -> None:
        """Watch from now on, where it matters for how long something has been so."""
        if not (duration := self._options.get(CONF_FOR)):
            return
        records = await async_get_records(self._hass)
        self._watch = States(self._hass, self._selection, lambda _: None, matches=self._matches, duration=duration)
        self._watch.on_remembered = records.plan_save
        configuration = {"condition": self._name(), **asdict(self._config)}
        record, self._let_go = records.attach(configuration, self._watch.dump)
        if record is not None:
            self._watch.restore(record)
        self._watch.start()

    def _name(self) -> str:
        return next(name for name, condition in CONDITIONS.items() if condition is type(self))

    @override
    def _async_unload(self) -> None:
        if self._watch and self._let_go:
            self._watch.stop()
            self._let_go()

    @override
    def _async_check(self, **kwargs: Any) -> bool:
        if not self._watch:
            self._selection.forget_target()
        else:
            self._watch.look()
        results = [
            self._watch.lasts(subject, dt_util.utcnow().timestamp()) if self._watch else self._matches(reading.value)
            for entry in self._selection.entries()
            for subject, reading in self._selection.readings(entry)
        ]
        if self._options[CONF_BEHAVIOR] == BEHAVIOR_ALL:
            return bool(results) and all(results)
        return any(results)


def _is(of: Meaning, state: bool) -> type[NezhaCondition]:
    class IsCondition(NezhaCondition):
        meaning = of
        fields = _BEHAVIOR | FOR

        @override
        def _matcher(self) -> Callable[[Value], bool | None]:
            return lambda value: value is state

    return IsCondition


def _compared(of: Meaning, also: Fields | None = None) -> type[NezhaCondition]:
    class ComparedCondition(NezhaCondition):
        meaning = of
        fields = _BEHAVIOR | FOR | _IS | (also or {})

        @override
        def _matcher(self) -> Callable[[Value], bool | None]:
            return Threshold(self._hass, self._options[CONF_THRESHOLD]).matches

    return ComparedCondition


class ExpiresCondition(NezhaCondition):
    """Whether a server has to be paid within some days."""

    meaning = meanings.DAYS_LEFT
    fields = _BEHAVIOR | DAYS

    @override
    def _matcher(self) -> Callable[[Value], bool | None]:
        days: int = self._options[CONF_DAYS]
        return lambda value: float(value) <= days


def _any(condition: type[NezhaCondition]) -> type[NezhaCondition]:
    """Return the same about everything."""
    return type(f"Any{condition.__name__}", (condition,), {"has_target": False})


_TARGETED: dict[str, type[NezhaCondition]] = {
    "server_is_offline": _is(meanings.ONLINE, False),
    "server_is_online": _is(meanings.ONLINE, True),
    "cpu_is": _compared(meanings.CPU),
    "memory_is": _compared(meanings.MEMORY),
    "disk_is": _compared(meanings.DISK),
    "load_is": _compared(meanings.LOAD, AVERAGE),
    "traffic_is": _compared(meanings.TRAFFIC),
    "server_expires": ExpiresCondition,
    "service_is_down": _is(meanings.UP, False),
    "service_is_up": _is(meanings.UP, True),
    "dashboard_is_unreachable": _is(meanings.REACHABLE, False),
    "dashboard_is_reachable": _is(meanings.REACHABLE, True),
}
CONDITIONS = _TARGETED | {f"any_{name}": _any(condition) for name, condition in _TARGETED.items()}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[NezhaCondition]]:
    """Return the conditions by their names."""
    return CONDITIONS
