"""Sets how a dashboard is watched."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import CONF_SCAN_INTERVAL
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
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
    DEFAULT_METRICS_INTERVAL,
    DEFAULT_OFFLINE_AFTER,
    DEFAULT_SCAN_INTERVAL,
)
from ..fleet import UNGROUPED
from ..runtime.coordinator import NezhaConfigEntry


class NezhaOptionsFlow(OptionsFlowWithReload):
    """How often to ask and to publish, when a silent server is offline, and which groups to take."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the options with what is on the dashboard now."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        entry: NezhaConfigEntry = self.config_entry
        groups = set(entry.options.get(CONF_GROUPS, ()))
        if hasattr(entry, "runtime_data"):
            groups.update(entry.runtime_data.groups)
        groups.discard(UNGROUPED)
        pace = {vol.Required(CONF_METRICS_INTERVAL, default=DEFAULT_METRICS_INTERVAL): _seconds(2, 300)}
        schema = vol.Schema(
            {
                vol.Required(CONF_SCAN_INTERVAL, default=DEFAULT_SCAN_INTERVAL): _seconds(5, 3600),
                # v0 sends no frames.
                **({} if entry.data[CONF_GENERATION] == Generation.V0 else pace),
                vol.Required(CONF_OFFLINE_AFTER, default=DEFAULT_OFFLINE_AFTER): _seconds(5, 3600),
                vol.Optional(CONF_GROUPS, default=[]): SelectSelector(
                    SelectSelectorConfig(
                        options=[SelectOptionDict(value=group, label=group) for group in (*sorted(groups), UNGROUPED)],
                        translation_key=CONF_GROUPS,
                        multiple=True,
                        mode=SelectSelectorMode.DROPDOWN,
                    )
                ),
                vol.Required(CONF_GROUP_AS_AREA, default=False): BooleanSelector(),
            }
        )
        return self.async_show_form(
            step_id="init", data_schema=self.add_suggested_values_to_schema(schema, entry.options)
        )


def _seconds(least: int, most: int) -> vol.All:
    return vol.All(
        NumberSelector(
            NumberSelectorConfig(min=least, max=most, step=1, unit_of_measurement="s", mode=NumberSelectorMode.BOX)
        ),
        vol.Coerce(int),
    )
