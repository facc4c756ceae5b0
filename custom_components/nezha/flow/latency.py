"""Chooses of which services, on which servers, the latency is shown."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ..const import CONF_LATENCY_SERVERS, CONF_LATENCY_SERVICES
from ..runtime import limits
from ..runtime.coordinator import NezhaConfigEntry


class LatencySteps(OptionsFlow):
    """The step of latencies by server."""

    def _offers_latency(self) -> bool:
        """Whether there are services to choose, or some are chosen."""
        entry: NezhaConfigEntry = self.config_entry
        has_services = entry.state is ConfigEntryState.LOADED and bool(entry.runtime_data.services)
        return has_services or bool(entry.options.get(CONF_LATENCY_SERVICES))

    async def async_step_latency(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for services and servers, not too many of them together."""
        entry: NezhaConfigEntry = self.config_entry
        errors = {}
        if user_input is not None:
            pairs = len(user_input[CONF_LATENCY_SERVICES]) * len(user_input[CONF_LATENCY_SERVERS])
            if pairs <= limits.LATENCY_PAIRS:
                return self.async_create_entry(data={**entry.options, **user_input})
            errors["base"] = "too_many_pairs"
        is_loaded = entry.state is ConfigEntryState.LOADED
        services = entry.runtime_data.services.values() if is_loaded else ()
        servers = entry.runtime_data.data if is_loaded else {}
        names = {identity: known.server.name or str(known.server.number) for identity, known in servers.items()}
        schema = vol.Schema(
            {
                vol.Optional(CONF_LATENCY_SERVICES, default=[]): self._choice(
                    CONF_LATENCY_SERVICES, {str(each.number): each.name or str(each.number) for each in services}
                ),
                vol.Optional(CONF_LATENCY_SERVERS, default=[]): self._choice(CONF_LATENCY_SERVERS, names),
            }
        )
        return self.async_show_form(
            step_id="latency",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or entry.options),
            errors=errors,
            description_placeholders={"most": str(limits.LATENCY_PAIRS)},
        )

    def _choice(self, key: str, labels: Mapping[str, str]) -> SelectSelector:
        """Return a choice of several; what was chosen and is gone can be given up."""
        gone = {value: value for value in self.config_entry.options.get(key, ()) if value not in labels}
        options = [SelectOptionDict(value=value, label=label) for value, label in {**labels, **gone}.items()]
        return SelectSelector(
            SelectSelectorConfig(options=options, multiple=True, sort=True, mode=SelectSelectorMode.DROPDOWN)
        )
