"""Sets how a dashboard is watched."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import CONF_SCAN_INTERVAL
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ..api import Generation
from ..const import (
    CONF_GENERATION,
    CONF_GROUP_AS_AREA,
    CONF_GROUPS,
    CONF_METRICS_INTERVAL,
    CONF_OFFLINE_AFTER,
    CONF_PUBLISHED_AGENT,
    DEFAULT_METRICS_INTERVAL,
    DEFAULT_OFFLINE_AFTER,
    DEFAULT_SCAN_INTERVAL,
)
from ..fleet import UNGROUPED
from ..runtime.coordinator import NezhaConfigEntry
from .areas import place_in_areas
from .history import HistorySteps
from .latency import LatencySteps

SOURCE_SETUP: Final = "setup"
"""Who starts the flow at the end of setting up."""


class NezhaOptionsFlow(LatencySteps, HistorySteps, OptionsFlowWithReload):
    """How often to ask and to publish, when a silent server is offline, which groups to take; and what is only on request.

    At the end of setting up, groups alone: for all else, there are good defaults.
    """

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Begin with a menu, unless setting up goes on with the groups."""
        if user_input is not None:
            return await self.async_step_settings(user_input)
        if self.source == SOURCE_SETUP or self._takes_over():
            return self._show(self._group_fields())
        return await self.async_step_menu()

    async def async_step_menu(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer what this dashboard and this credential have; the options alone need no menu."""
        more = {"latency": self._offers_latency(), "import_history": await self._offers_history()}
        if not any(more.values()):
            return await self.async_step_settings()
        offered = [step for step, is_there in more.items() if is_there]
        return self.async_show_menu(step_id="menu", menu_options=["settings", *offered])

    async def async_step_settings(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the options with what is on the dashboard now."""
        entry: NezhaConfigEntry = self.config_entry
        if user_input is not None:
            switched_on = user_input[CONF_GROUP_AS_AREA] and not entry.options.get(CONF_GROUP_AS_AREA)
            if switched_on and entry.state is ConfigEntryState.LOADED:
                place_in_areas(self.hass, entry, user_input.get(CONF_GROUPS, ()))
            return self.async_create_entry(data={**entry.options, **user_input})
        return self._show({**self._pace_fields(), **self._group_fields(), **self._agent_fields()})

    def _show(self, fields: Mapping[vol.Marker, Any]) -> ConfigFlowResult:
        schema = vol.Schema(fields)
        return self.async_show_form(
            step_id="init", data_schema=self.add_suggested_values_to_schema(schema, self.config_entry.options)
        )

    def _takes_over(self) -> bool:
        """End the flow that setting up started, if any: the frontend starts another one rather than going on with that."""
        flows = self.hass.config_entries.options
        started = [
            flow["flow_id"]
            for flow in flows.async_progress_by_handler(self.handler)
            if flow["flow_id"] != self.flow_id and flow["context"].get("source") == SOURCE_SETUP
        ]
        for flow_id in started:
            flows.async_abort(flow_id)
        return bool(started)

    def _pace_fields(self) -> dict[vol.Marker, vol.All]:
        pace = {vol.Required(CONF_METRICS_INTERVAL, default=DEFAULT_METRICS_INTERVAL): _seconds(2, 300)}
        return {
            vol.Required(CONF_SCAN_INTERVAL, default=DEFAULT_SCAN_INTERVAL): _seconds(5, 3600),
            # v0 sends no frames.
            **({} if self.config_entry.data[CONF_GENERATION] == Generation.V0 else pace),
            vol.Required(CONF_OFFLINE_AFTER, default=DEFAULT_OFFLINE_AFTER): _seconds(5, 3600),
        }

    def _group_fields(self) -> dict[vol.Marker, Selector[Any]]:
        entry: NezhaConfigEntry = self.config_entry
        groups = set(entry.options.get(CONF_GROUPS, ()))
        if hasattr(entry, "runtime_data"):
            groups.update(entry.runtime_data.groups)
        return {
            vol.Optional(CONF_GROUPS, default=[]): SelectSelector(
                SelectSelectorConfig(
                    options=[
                        SelectOptionDict(value=name, label=name) for name in (*sorted(groups - {UNGROUPED}), UNGROUPED)
                    ],
                    translation_key=CONF_GROUPS,
                    multiple=True,
                    mode=SelectSelectorMode.DROPDOWN,
                )
            ),
            vol.Required(CONF_GROUP_AS_AREA, default=False): BooleanSelector(),
        }

    def _agent_fields(self) -> dict[vol.Marker, Selector[Any]]:
        if self.config_entry.data[CONF_GENERATION] == Generation.V0:
            # What is published now is no agent for v0.
            return {}
        return {vol.Required(CONF_PUBLISHED_AGENT, default=False): BooleanSelector()}


def _seconds(least: int, most: int) -> vol.All:
    return vol.All(
        NumberSelector(
            NumberSelectorConfig(min=least, max=most, step=1, unit_of_measurement="s", mode=NumberSelectorMode.BOX)
        ),
        vol.Coerce(int),
    )
