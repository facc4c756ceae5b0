"""Adds a dashboard, gives it a new token or address, and sets its options."""

from collections.abc import Mapping
from dataclasses import dataclass
import logging
from typing import Any, override

import voluptuous as vol
from yarl import URL

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_HEADERS, CONF_SCAN_INTERVAL, CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .address import (
    InvalidAddressError,
    InvalidHeadersError,
    find_dashboard,
    format_headers,
    parse_headers,
    same_dashboard,
)
from .api import AuthenticationError, Generation, MovedError, NezhaError, Snapshot, connect
from .const import (
    CONF_GENERATION,
    CONF_GROUP_AS_AREA,
    CONF_GROUPS,
    CONF_OFFLINE_AFTER,
    CONF_TOKEN_REJECTED,
    DEFAULT_OFFLINE_AFTER,
    DEFAULT_SCAN_INTERVAL,
    DOMAIN,
)
from .coordinator import NezhaConfigEntry
from .devices import identity_of
from .fleet import UNGROUPED

_LOGGER = logging.getLogger(__name__)

_ADVANCED = "advanced"
_PLACEHOLDERS = {"example": "https://nezha.example.com", "header": "CF-Access-Client-Id: …"}

_ADDRESS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_URL): TextSelector(TextSelectorConfig(autocomplete="url")),
        vol.Required(_ADVANCED): section(
            vol.Schema(
                {
                    vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
                    vol.Optional(CONF_HEADERS, default=""): TextSelector(TextSelectorConfig(multiline=True)),
                }
            ),
            {"collapsed": True},
        ),
    }
)
_TOKEN_SCHEMA = vol.Schema(
    {vol.Required(CONF_TOKEN): TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dashboard:
    """A dashboard that answered."""

    url: URL
    generation: Generation
    verify_ssl: bool
    headers: Mapping[str, str]

    def data(self, token: str) -> dict[str, Any]:
        """Return an entry's data."""
        return {
            CONF_URL: str(self.url),
            CONF_GENERATION: self.generation.value,
            CONF_VERIFY_SSL: self.verify_ssl,
            CONF_HEADERS: dict(self.headers),
            CONF_TOKEN: token,
        }

    @classmethod
    def of(cls, entry: NezhaConfigEntry) -> _Dashboard:
        """Return the dashboard of an entry."""
        return cls(
            url=URL(entry.data[CONF_URL]),
            generation=Generation(entry.data[CONF_GENERATION]),
            verify_ssl=entry.data[CONF_VERIFY_SSL],
            headers=entry.data[CONF_HEADERS],
        )


class NezhaConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks for the address first, and for the token once a dashboard answers there."""

    VERSION = 1

    def __init__(self) -> None:
        """Start with nothing known."""
        self._dashboard: _Dashboard
        self._rejected: set[str] = set()

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: NezhaConfigEntry) -> NezhaOptionsFlow:
        """Return the options."""
        return NezhaOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the address of a new dashboard."""
        return await self._async_step_address("user", user_input, {})

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for another address of a known dashboard."""
        entry = self._get_reconfigure_entry()
        return await self._async_step_address(
            "reconfigure",
            user_input,
            {
                CONF_URL: entry.data[CONF_URL],
                _ADVANCED: {
                    CONF_VERIFY_SSL: entry.data[CONF_VERIFY_SSL],
                    CONF_HEADERS: format_headers(entry.data[CONF_HEADERS]),
                },
            },
        )

    async def _async_step_address(
        self, step_id: str, user_input: dict[str, Any] | None, suggested: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Find the dashboard, then ask for its token."""
        errors: dict[str, str] = {}
        placeholders = dict(_PLACEHOLDERS)
        if user_input is not None:
            try:
                self._dashboard = await self._async_find(user_input)
            except InvalidAddressError as err:
                errors[CONF_URL] = err.reason
            except InvalidHeadersError as err:
                errors["base"] = err.reason
            except NezhaError as err:
                _LOGGER.debug("No dashboard found: %s", err, exc_info=True)
                errors["base"] = err.reason
                if isinstance(err, MovedError):
                    placeholders["target"] = str(err.target.origin())
            else:
                if self._is_configured():
                    return self.async_abort(reason="already_configured")
                return await self.async_step_token()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(_ADDRESS_SCHEMA, user_input or suggested),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _async_find(self, user_input: Mapping[str, Any]) -> _Dashboard:
        advanced = user_input[_ADVANCED]
        headers = parse_headers(advanced[CONF_HEADERS])
        session = async_get_clientsession(self.hass, advanced[CONF_VERIFY_SSL])
        url, generation = await find_dashboard(session, user_input[CONF_URL], headers)
        return _Dashboard(url=url, generation=generation, verify_ssl=advanced[CONF_VERIFY_SSL], headers=headers)

    def _is_configured(self) -> bool:
        """Whether another entry has this dashboard."""
        own = self._get_reconfigure_entry().entry_id if self.source == SOURCE_RECONFIGURE else None
        return any(
            entry.entry_id != own and same_dashboard(entry.data[CONF_URL], str(self._dashboard.url))
            for entry in self._async_current_entries()
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for a new token after the dashboard rejected the one it had."""
        self._dashboard = _Dashboard.of(self._get_reauth_entry())
        self._rejected.add(entry_data[CONF_TOKEN])
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the new token."""
        return await self._async_step_token("reauth_confirm", user_input, None)

    async def async_step_token(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the token of a dashboard that was found at a new address."""
        suggested = None
        if self.source == SOURCE_RECONFIGURE:
            data = self._get_reconfigure_entry().data
            if data.get(CONF_TOKEN_REJECTED):
                self._rejected.add(data[CONF_TOKEN])
            else:
                suggested = {CONF_TOKEN: data[CONF_TOKEN]}
        return await self._async_step_token("token", user_input, suggested)

    async def _async_step_token(
        self, step_id: str, user_input: dict[str, Any] | None, suggested: Mapping[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for the fleet with a token; finish with whom it answers."""
        errors: dict[str, str] = {}
        if user_input is not None:
            token = user_input[CONF_TOKEN].strip()
            try:
                snapshot = await self._async_snapshot(token)
            except NezhaError as err:
                _LOGGER.debug("The fleet cannot be had: %s", err, exc_info=True)
                errors["base"] = err.reason
            else:
                if self._is_other_dashboard(snapshot):
                    errors["base"] = "another_dashboard"
                else:
                    return self._finish(token)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(_TOKEN_SCHEMA, suggested),
            errors=errors,
            description_placeholders={
                "generation": self._dashboard.generation.value,
                "origin": str(self._dashboard.url.origin()),
            },
        )

    async def _async_snapshot(self, token: str) -> Snapshot:
        """Fetch the fleet. A token that was rejected once is not sent again."""
        if token in self._rejected:
            raise AuthenticationError
        backend = connect(
            async_get_clientsession(self.hass, self._dashboard.verify_ssl),
            self._dashboard.url,
            token,
            self._dashboard.headers,
        )
        try:
            return await backend.snapshot()
        except AuthenticationError:
            self._rejected.add(token)
            raise

    def _is_other_dashboard(self, snapshot: Snapshot) -> bool:
        """Whether none of the servers that the entry has devices of is there, by number and name."""
        if self.source not in (SOURCE_REAUTH, SOURCE_RECONFIGURE):
            return False
        entry: NezhaConfigEntry = self._get_reauth_entry() if self.source == SOURCE_REAUTH else self._get_reconfigure_entry()
        known = {
            (identity, device.name)
            for device in dr.async_entries_for_config_entry(dr.async_get(self.hass), entry.entry_id)
            if (identity := identity_of(entry, device)) is not None
        }
        return bool(known) and known.isdisjoint(
            (identity, server.name) for identity, server in snapshot.servers.items()
        )

    def _finish(self, token: str) -> ConfigFlowResult:
        """Make or change the entry; its data is replaced whole, and with it the mark of a rejected token."""
        data = self._dashboard.data(token)
        if self.source == SOURCE_REAUTH:
            return self.async_update_reload_and_abort(self._get_reauth_entry(), data=data)
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_reload_and_abort(self._get_reconfigure_entry(), data=data)
        return self.async_create_entry(title=self._dashboard.url.authority, data=data)


class NezhaOptionsFlow(OptionsFlowWithReload):
    """How often to ask, when a silent server is offline, and which groups to take."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the options with what is on the dashboard now."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        entry: NezhaConfigEntry = self.config_entry
        groups = set(entry.options.get(CONF_GROUPS, ()))
        if hasattr(entry, "runtime_data"):
            groups.update(entry.runtime_data.groups)
        groups.discard(UNGROUPED)
        schema = vol.Schema(
            {
                vol.Required(CONF_SCAN_INTERVAL, default=DEFAULT_SCAN_INTERVAL): _seconds(5, 3600),
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
            NumberSelectorConfig(
                min=least, max=most, step=1, unit_of_measurement="s", mode=NumberSelectorMode.BOX
            )
        ),
        vol.Coerce(int),
    )
