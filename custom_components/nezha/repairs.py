"""What only the user can mend, and what they should know while it lasts."""

from collections.abc import Iterable
from typing import Final, override

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .markdown import escaped

CONF_ENTRY_ID: Final = "entry_id"


def create_blocked_issue(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Tell that the dashboard blocks this address."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"blocked_{entry.entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="blocked",
        translation_placeholders={"name": escaped(entry.title)},
    )


def delete_blocked_issue(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take that back."""
    ir.async_delete_issue(hass, DOMAIN, f"blocked_{entry.entry_id}")


def create_groups_gone_issue(hass: HomeAssistant, entry: ConfigEntry, groups: Iterable[str]) -> None:
    """Tell that no server is in some of the groups that the user chose."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"groups_gone_{entry.entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="groups_gone",
        translation_placeholders={"name": escaped(entry.title), "groups": escaped(", ".join(sorted(groups)))},
    )


def delete_groups_gone_issue(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take that back."""
    ir.async_delete_issue(hass, DOMAIN, f"groups_gone_{entry.entry_id}")


def create_new_servers_issue(hass: HomeAssistant, entry: ConfigEntry, count: int) -> None:
    """Ask whether all servers are to become devices, of which so many came at once."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"new_servers_{entry.entry_id}",
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key="new_servers",
        translation_placeholders={"name": escaped(entry.title), "count": str(count)},
        data={CONF_ENTRY_ID: entry.entry_id},
    )


def delete_new_servers_issue(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Ask no more."""
    ir.async_delete_issue(hass, DOMAIN, f"new_servers_{entry.entry_id}")


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
    for issue in ("blocked", "groups_gone", "new_servers", "renumbered"):
        ir.async_delete_issue(hass, DOMAIN, f"{issue}_{entry.entry_id}")


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Lead to what an issue asks for."""
    if data and (entry_id := data.get(CONF_ENTRY_ID)):
        return AdmitFlow(str(entry_id))
    return AddAnewFlow()


class AdmitFlow(ConfirmRepairFlow):
    """Has all servers become devices that wait for that."""

    def __init__(self, entry_id: str) -> None:
        """Take the entry whose dashboard they are on."""
        super().__init__()
        self._entry_id = entry_id

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Admit them with the next list, which is asked for at once."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if user_input is not None and entry and entry.state is ConfigEntryState.LOADED:
            entry.runtime_data.admission.agree()
            await entry.runtime_data.async_request_refresh()
        return await super().async_step_confirm(user_input)


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
