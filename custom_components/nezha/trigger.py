"""Triggers: a server, a service or a dashboard went down or came back, a measure crossed a threshold, something changed.

Each is there twice: about a target, and as `any_` about everything that a dashboard or its groups have, and will have.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import asdict
from typing import override

from homeassistant.const import CONF_FOR
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.selector import NumericThresholdMode
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig

from .automation import meanings
from .automation.aspects import EXPIRES, Aspect, Configurable, being, measures, with_any
from .automation.options import CONF_BEHAVIOR, behavior
from .automation.payload import payload_of
from .automation.records import async_get_records
from .automation.selection import Selection
from .automation.watch import BEHAVIOR_ALL, BEHAVIOR_EACH, BEHAVIOR_FIRST, Changes, Happening, States, Watch


class NezhaTrigger(Configurable, Trigger):
    """Runs an automation for what a watch reports."""

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take a configuration as it was validated."""
        super().__init__(hass, config)
        self._config = config
        self._options = config.options or {}
        self._selection = Selection(hass, self.aspect.meaning, config.target, self._options)

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: Callable[..., None] | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def report(happenings: list[Happening]) -> None:
            payload = payload_of(self._hass, self.aspect.meaning, happenings, self._options.get(CONF_FOR))
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

    common = behavior(BEHAVIOR_EACH, BEHAVIOR_FIRST, BEHAVIOR_ALL)

    @override
    def _watch(self, report: Callable[[list[Happening]], None]) -> Watch:
        return States(
            self._hass,
            self._selection,
            report,
            matches=self.aspect.matcher(self._hass, self._options),
            duration=self._options.get(CONF_FOR),
            behavior=self._options[CONF_BEHAVIOR],
        )


_ASPECTS = {
    "server_went_offline": being(meanings.ONLINE, False),
    "server_came_online": being(meanings.ONLINE, True),
    **{f"{name}_crossed_threshold": aspect for name, aspect in measures(NumericThresholdMode.CROSSED).items()},
    "server_expires": EXPIRES,
    "service_went_down": being(meanings.UP, False),
    "service_came_up": being(meanings.UP, True),
    "dashboard_unreachable": being(meanings.REACHABLE, False),
    "dashboard_reachable": being(meanings.REACHABLE, True),
}
_CHANGES = {
    "server_rebooted": Aspect(meaning=meanings.BOOT_TIME),
    "address_changed": Aspect(meaning=meanings.ADDRESS),
    "agent_updated": Aspect(meaning=meanings.AGENT_VERSION),
}
TRIGGERS: dict[str, type[NezhaTrigger]] = with_any(
    {name: StateTrigger.about(aspect) for name, aspect in _ASPECTS.items()}
    | {name: ChangeTrigger.about(aspect) for name, aspect in _CHANGES.items()}
)


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[NezhaTrigger]]:
    """Return the triggers by their names."""
    return TRIGGERS
