"""What only the user can mend, and what they should know while it lasts."""

from typing import override

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntry
from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .markdown import escaped

_FIRST_PAUSE = 60
_LONGEST_PAUSE = 3600
"""Seconds for which a dashboard that blocks us is left alone. Each rejection lengthens its block, and agents behind the
same address are cut off with us."""


class BlockedIssue:
    """Tells that the dashboard blocks this address, as long as it does."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Tell nothing yet."""
        self._hass = hass
        self._name = escaped(entry.title)
        self._issue_id = f"blocked_{entry.entry_id}"
        self._pause = _FIRST_PAUSE

    def pause(self) -> int:
        """Tell the user, and return for how many seconds to wait, each time longer."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="blocked",
            translation_placeholders={"name": self._name},
        )
        pause, self._pause = self._pause, min(2 * self._pause, _LONGEST_PAUSE)
        return pause

    def end(self) -> None:
        """Take it back."""
        self._pause = _FIRST_PAUSE
        ir.async_delete_issue(self._hass, DOMAIN, self._issue_id)


def create_renumbered_issue(hass: HomeAssistant, entry: ConfigEntry, generation: str) -> None:
    """Tell that the dashboard was installed anew: its numbers are those of other servers now."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"renumbered_{entry.entry_id}",
        is_fixable=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key="renumbered",
        translation_placeholders={"name": escaped(entry.title), "generation": generation},
        data={CONF_NAME: entry.title, CONF_URL: entry.data[CONF_URL]},
    )


def delete_renumbered_issue(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take that back: the dashboard that was known is there again."""
    ir.async_delete_issue(hass, DOMAIN, f"renumbered_{entry.entry_id}")


def delete_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take back what was told about an entry."""
    for issue in ("blocked", "renumbered"):
        ir.async_delete_issue(hass, DOMAIN, f"{issue}_{entry.entry_id}")


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Lead to adding the dashboard as a new entry."""
    return AddAnewFlow()


class AddAnewFlow(ConfirmRepairFlow):
    """Begins the flow that adds a dashboard, once the user has read why."""

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Go on with the config flow, which waits among the discovered integrations: one of a user's own would not."""
        if user_input is not None:
            await self.hass.config_entries.flow.async_init(
                DOMAIN, context={"source": SOURCE_INTEGRATION_DISCOVERY}, data=self.data
            )
        return await super().async_step_confirm(user_input)
