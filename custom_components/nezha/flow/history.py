"""Imports what a dashboard remembers of all its servers, with progress and a way to stop."""

import asyncio
from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig

from ..api import NezhaError, Period
from ..runtime.coordinator import NezhaConfigEntry
from ..runtime.history import MEASUREMENTS, HistoryImport, ServerReport

_PERIOD = "period"
_ABORTS = frozenset({"history_off", "clock_differs"})
"""Errors that have their own text; all others share one."""


class HistorySteps(OptionsFlow):
    """The steps of an import."""

    _task: asyncio.Task[Mapping[str, ServerReport]] | None = None

    async def _offers_history(self) -> bool:
        """Whether the dashboard could have something to import, and the credential may read it."""
        entry: NezhaConfigEntry = self.config_entry
        if "recorder" not in self.hass.config.components or entry.state is not ConfigEntryState.LOADED:
            return False
        coordinator = entry.runtime_data
        if not coordinator.data or coordinator.is_importing:
            return False
        number = next(iter(coordinator.data.values())).server.number
        try:
            return await coordinator.ask(lambda: coordinator.backend.offers_history(number))
        except NezhaError:
            return False

    async def async_step_import_history(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how far back to go."""
        if user_input is not None:
            entry: NezhaConfigEntry = self.config_entry
            period, servers = Period(user_input[_PERIOD]), entry.runtime_data.data
            work = HistoryImport(self.hass, entry, servers, MEASUREMENTS, period, self.async_update_progress)
            try:
                await work.check()
            except HomeAssistantError as err:
                return self._end(err)
            self._task = self.hass.async_create_task(work.run(), "import history")
            return await self.async_step_import_progress()
        schema = vol.Schema(
            {
                vol.Required(_PERIOD, default=Period.WEEK.value): SelectSelector(
                    SelectSelectorConfig(options=[period.value for period in Period], translation_key=_PERIOD)
                )
            }
        )
        return self.async_show_form(step_id="import_history", data_schema=schema)

    async def async_step_import_progress(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show how far it is, until it ends."""
        assert self._task is not None
        if not self._task.done():
            return self.async_show_progress(
                step_id="import_progress", progress_action="import_history", progress_task=self._task
            )
        return self.async_show_progress_done(next_step_id="import_done")

    async def async_step_import_done(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say what was written."""
        assert self._task is not None
        if user_input is not None:
            return self.async_create_entry(data=self.config_entry.options)
        try:
            reports = self._task.result()
        except HomeAssistantError as err:
            return self._end(err)
        written = [each for report in reports.values() for each in report.written]
        return self.async_show_form(
            step_id="import_done",
            data_schema=vol.Schema({}),
            description_placeholders={
                "hours": str(sum(each.hours for each in written)),
                "entities": str(len(written)),
            },
        )

    def _end(self, err: HomeAssistantError) -> ConfigFlowResult:
        return self.async_abort(reason=err.translation_key if err.translation_key in _ABORTS else "import_failed")
