"""Triggers: a server, a service or a dashboard went down or came back, a measure crossed a threshold, something changed.

Each is there twice: about a target, and as `any_` about everything that a dashboard or its groups have, and will have.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import asdict
from typing import ClassVar, override

from homeassistant.const import CONF_FOR
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.selector import NumericThresholdMode
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig

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
from .automation.payload import payload_of
from .automation.records import async_get_records
from .automation.selection import Selection
from .automation.thresholds import Threshold
from .automation.watch import BEHAVIOR_ALL, BEHAVIOR_EACH, BEHAVIOR_FIRST, Changes, Happening, States, Watch

_BEHAVIOR = behavior(BEHAVIOR_EACH, BEHAVIOR_FIRST, BEHAVIOR_ALL)
_CROSSED = threshold(NumericThresholdMode.CROSSED)


class NezhaTrigger(Configurable, Trigger):
    """Runs an automation for what a watch reports."""

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take a configuration as it was validated."""
        super().__init__(hass, config)
        self._config = config
        self._options = config.options or {}
        self._selection = Selection(hass, self.meaning, config.target, self._options)

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: Callable[..., None] | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def report(happenings: list[Happening]) -> None:
            payload = payload_of(self._hass, self.meaning, happenings, self._options.get(CONF_FOR))
            run_action(payload, payload["names"])

        records = await async_get_records(self._hass)
        watch = self._watch(report)
        watch.on_remembered = records.plan_save
        record, let_go = records.attach(asdict(self._config), watch.dump)
        if record is not None:
            watch.restore(record)
        watch.start()

        @callback
        def detach() -> None:
            watch.stop()
            let_go()

        return detach

    @abstractmethod
    def _watch(self, report: Callable[[list[Happening]], None]) -> Watch:
        """Return what watches the selection."""


class ChangeTrigger(NezhaTrigger):
    """Something is not what it was."""

    @override
    def _watch(self, report: Callable[[list[Happening]], None]) -> Watch:
        return Changes(self._hass, self._selection, report)


class StateTrigger(NezhaTrigger):
    """Something has become so."""

    @override
    def _watch(self, report: Callable[[list[Happening]], None]) -> Watch:
        return States(
            self._hass,
            self._selection,
            report,
            matches=self._matcher(),
            duration=self._options.get(CONF_FOR),
            behavior=self._options[CONF_BEHAVIOR],
        )

    @abstractmethod
    def _matcher(self) -> Callable[[Value], bool | None]:
        """Return what says whether a value is what is waited for."""


def _became(of: Meaning, state: bool) -> type[NezhaTrigger]:
    class BecameTrigger(StateTrigger):
        meaning = of
        fields = _BEHAVIOR | FOR

        @override
        def _matcher(self) -> Callable[[Value], bool | None]:
            return lambda value: value is state

    return BecameTrigger


def _crossed(of: Meaning, also: Fields | None = None) -> type[NezhaTrigger]:
    class CrossedTrigger(StateTrigger):
        meaning = of
        fields = _BEHAVIOR | FOR | _CROSSED | (also or {})

        @override
        def _matcher(self) -> Callable[[Value], bool | None]:
            return Threshold(self._hass, self._options[CONF_THRESHOLD]).matches

    return CrossedTrigger


def _changed(of: Meaning) -> type[NezhaTrigger]:
    class ChangedTrigger(ChangeTrigger):
        meaning = of
        fields: ClassVar[Fields] = {}

    return ChangedTrigger


def _any(trigger: type[NezhaTrigger]) -> type[NezhaTrigger]:
    """Return the same about everything."""
    return type(f"Any{trigger.__name__}", (trigger,), {"has_target": False})


class ExpiresTrigger(StateTrigger):
    """A server has to be paid within some days."""

    meaning = meanings.DAYS_LEFT
    fields = _BEHAVIOR | DAYS

    @override
    def _matcher(self) -> Callable[[Value], bool | None]:
        days: int = self._options[CONF_DAYS]
        return lambda value: float(value) <= days


_TARGETED: dict[str, type[NezhaTrigger]] = {
    "server_went_offline": _became(meanings.ONLINE, False),
    "server_came_online": _became(meanings.ONLINE, True),
    "cpu_crossed_threshold": _crossed(meanings.CPU),
    "memory_crossed_threshold": _crossed(meanings.MEMORY),
    "disk_crossed_threshold": _crossed(meanings.DISK),
    "load_crossed_threshold": _crossed(meanings.LOAD, AVERAGE),
    "traffic_crossed_threshold": _crossed(meanings.TRAFFIC),
    "server_expires": ExpiresTrigger,
    "server_rebooted": _changed(meanings.BOOT_TIME),
    "address_changed": _changed(meanings.ADDRESS),
    "agent_updated": _changed(meanings.AGENT_VERSION),
    "service_went_down": _became(meanings.UP, False),
    "service_came_up": _became(meanings.UP, True),
    "dashboard_unreachable": _became(meanings.REACHABLE, False),
    "dashboard_reachable": _became(meanings.REACHABLE, True),
}
TRIGGERS = _TARGETED | {f"any_{name}": _any(trigger) for name, trigger in _TARGETED.items()}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[NezhaTrigger]]:
    """Return the triggers by their names."""
    return TRIGGERS
