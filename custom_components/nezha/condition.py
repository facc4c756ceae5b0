"""Conditions: what lasts of what the triggers are about, for any or for all of what is chosen.

As the triggers, each is there twice: about a target, and as `any_` about everything.
"""

from dataclasses import asdict
from typing import Any, override

from homeassistant.const import CONF_FOR
from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers.condition import Condition, ConditionConfig
from homeassistant.helpers.selector import NumericThresholdMode
from homeassistant.util import dt as dt_util

from .automation import meanings
from .automation.aspects import EXPIRES, Configurable, being, measures, with_any
from .automation.options import CONF_BEHAVIOR, behavior
from .automation.records import async_get_records
from .automation.selection import Selection
from .automation.watch import States

BEHAVIOR_ANY = "any"
BEHAVIOR_ALL = "all"


class NezhaCondition(Configurable, Condition):
    """Whether something is so, and has been for a time. What is not known counts for nothing, and nothing is not all."""

    common = behavior(BEHAVIOR_ANY, BEHAVIOR_ALL)

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take a configuration as it was validated."""
        super().__init__(hass, config)
        self._config = config
        self._options = config.options or {}
        self._selection = Selection(hass, self.aspect.meaning, config.target, self._options)
        self._matches = self.aspect.matcher(hass, self._options)
        self._watch: States | None = None
        self._let_go: CALLBACK_TYPE | None = None

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


_ASPECTS = {
    "server_is_offline": being(meanings.ONLINE, False),
    "server_is_online": being(meanings.ONLINE, True),
    **{f"{name}_is": aspect for name, aspect in measures(NumericThresholdMode.IS).items()},
    "server_expires": EXPIRES,
    "service_is_down": being(meanings.UP, False),
    "service_is_up": being(meanings.UP, True),
    "dashboard_is_unreachable": being(meanings.REACHABLE, False),
    "dashboard_is_reachable": being(meanings.REACHABLE, True),
}
CONDITIONS = with_any({name: NezhaCondition.about(aspect) for name, aspect in _ASPECTS.items()})


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[NezhaCondition]]:
    """Return the conditions by their names."""
    return CONDITIONS
