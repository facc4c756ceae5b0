"""Adds a dashboard, and gives it a new credential or address."""

from collections.abc import Mapping
from dataclasses import dataclass
import logging
from typing import Any, override

import voluptuous as vol
from yarl import URL

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigFlow, ConfigFlowResult
from homeassistant.const import (
    CONF_HEADERS,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_TOKEN,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
)
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig, TextSelectorType
from homeassistant.helpers.typing import DiscoveryInfoType

from ..api import (
    AuthenticationError,
    Generation,
    MissingScopeError,
    MovedError,
    NezhaError,
    PasswordRejectedError,
    Snapshot,
    connect,
)
from ..const import CONF_GENERATION, CONF_REJECTED, DOMAIN
from ..runtime.coordinator import NezhaConfigEntry
from ..runtime.devices import SERVICE_PREFIX, key_of
from ..runtime.session import passing_session
from .address import (
    InvalidAddressError,
    InvalidHeadersError,
    find_dashboard,
    format_headers,
    parse_headers,
    same_dashboard,
)
from .options import NezhaOptionsFlow

_LOGGER = logging.getLogger(__name__)

_ADVANCED = "advanced"
_PLACEHOLDERS = {"example": "https://nezha.example.com", "header": "CF-Access-Client-Id: …"}
_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))

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
_TOKEN_SCHEMA = vol.Schema({vol.Required(CONF_TOKEN): _SECRET})
_PASSWORD_SCHEMA = vol.Schema({vol.Required(CONF_USERNAME): TextSelector(), vol.Required(CONF_PASSWORD): _SECRET})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dashboard:
    """A dashboard that answered."""

    url: URL
    generation: Generation
    site_name: str
    verify_ssl: bool
    headers: Mapping[str, str]

    @property
    def title(self) -> str:
        """What the entry is called."""
        return self.site_name or self.url.authority

    @property
    def placeholders(self) -> dict[str, str]:
        """What the forms tell about it."""
        return {
            "dashboard": " · ".join(filter(None, (f"Nezha {self.generation}", self.site_name))),
            "origin": str(self.url.origin()),
        }

    def data(self, credential: Mapping[str, str]) -> dict[str, Any]:
        """Return an entry's data."""
        return {
            CONF_URL: str(self.url),
            CONF_GENERATION: self.generation.value,
            CONF_VERIFY_SSL: self.verify_ssl,
            CONF_HEADERS: dict(self.headers),
            **credential,
        }

    @classmethod
    def of(cls, entry: NezhaConfigEntry) -> _Dashboard:
        """Return the dashboard of an entry."""
        return cls(
            url=URL(entry.data[CONF_URL]),
            generation=Generation(entry.data[CONF_GENERATION]),
            site_name=entry.title,
            verify_ssl=entry.data[CONF_VERIFY_SSL],
            headers=entry.data[CONF_HEADERS],
        )


class NezhaConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks for the address first, and once a dashboard answers there, for what its generation takes."""

    VERSION = 1

    def __init__(self) -> None:
        """Start with nothing known."""
        self._dashboard: _Dashboard
        self._accepted: Mapping[str, str]
        self._missing_scopes: list[str] = []
        self._rejected: list[Mapping[str, str]] = []

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: NezhaConfigEntry) -> NezhaOptionsFlow:
        """Return the options."""
        return NezhaOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the address of a new dashboard; the one that a repair is about is suggested."""
        return await self._async_step_address("user", user_input, self.init_data or {})

    @override
    async def async_step_integration_discovery(self, discovery_info: DiscoveryInfoType) -> ConfigFlowResult:
        """Begin to add anew a dashboard that a repair is about."""
        self.context["title_placeholders"] = {CONF_NAME: discovery_info[CONF_NAME]}
        return await self.async_step_user()

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

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for a new credential after the dashboard rejected the one it had."""
        self._dashboard = _Dashboard.of(self._get_reauth_entry())
        return await self._async_ask_credential()

    async def _async_step_address(
        self, step_id: str, user_input: dict[str, Any] | None, suggested: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Find the dashboard, then ask for a credential."""
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
                placeholders |= _details(err)
            else:
                if self._is_configured():
                    return self.async_abort(reason="already_configured")
                return await self._async_ask_credential()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(_ADDRESS_SCHEMA, user_input or suggested),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _async_find(self, user_input: Mapping[str, Any]) -> _Dashboard:
        advanced = user_input[_ADVANCED]
        verify_ssl = advanced[CONF_VERIFY_SSL]
        headers = parse_headers(advanced[CONF_HEADERS])
        with passing_session(self.hass, verify_ssl) as session:
            url, found = await find_dashboard(session, user_input[CONF_URL], headers)
        return _Dashboard(
            url=url,
            generation=found.generation,
            site_name=found.site_name,
            verify_ssl=verify_ssl,
            headers=headers,
        )

    def _changed_entry(self) -> NezhaConfigEntry | None:
        """Return the entry that gets a new credential or address; `None` where a new entry is made."""
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        return self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None

    def _is_configured(self) -> bool:
        """Whether another entry has this dashboard. One that numbers its servers anew is another dashboard."""
        own = self._changed_entry()
        return any(
            entry is not own
            and same_dashboard(entry.data[CONF_URL], str(self._dashboard.url))
            and (entry.data[CONF_GENERATION] == Generation.V0) == (self._dashboard.generation is Generation.V0)
            for entry in self._async_current_entries()
        )

    async def _async_ask_credential(self) -> ConfigFlowResult:
        """Ask for what the generation takes. What the entry has is suggested, unless it was rejected."""
        entry = self._changed_entry()
        if entry and (self.source == SOURCE_REAUTH or entry.data.get(CONF_REJECTED)):
            self._rejected.append(_credential(entry.data))
        match self._dashboard.generation:
            case Generation.V2:
                return await self.async_step_credential()
            case Generation.V1:
                return await self.async_step_password()
            case _:
                return await (
                    self.async_step_reauth_confirm() if self.source == SOURCE_REAUTH else self.async_step_token()
                )

    async def async_step_credential(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let the user choose what to sign in to v2 with."""
        return self.async_show_menu(
            step_id="credential",
            menu_options=["access_token", "password"],
            description_placeholders=self._dashboard.placeholders,
        )

    async def async_step_token(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the API token of v0."""
        return await self._async_step_check("token", _TOKEN_SCHEMA, user_input)

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take another API token of v0."""
        return await self._async_step_check("reauth_confirm", _TOKEN_SCHEMA, user_input)

    async def async_step_access_token(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the personal access token of v2."""
        return await self._async_step_check("access_token", _TOKEN_SCHEMA, user_input)

    async def async_step_password(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the user and password of v1 or v2."""
        return await self._async_step_check("password", _PASSWORD_SCHEMA, user_input)

    async def _async_step_check(
        self, step_id: str, schema: vol.Schema, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for the fleet with a credential; finish with whom it answers."""
        errors: dict[str, str] = {}
        placeholders = self._dashboard.placeholders
        if user_input is not None:
            credential = _credential(user_input)
            try:
                snapshot = await self._async_try(credential)
            except NezhaError as err:
                _LOGGER.debug("The fleet cannot be had: %s", err, exc_info=True)
                errors["base"] = err.reason
                placeholders |= _details(err)
            else:
                if self._is_configured():
                    # By another flow, in the meantime.
                    return self.async_abort(reason="already_configured")
                if not self._is_other_dashboard(snapshot):
                    self._accepted = credential
                    return await self.async_step_scopes()
                errors["base"] = "another_dashboard"
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, self._suggested()),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _suggested(self) -> Mapping[str, str] | None:
        """Return what the entry has, where only its address is changed."""
        if self.source != SOURCE_RECONFIGURE:
            return None
        credential = _credential(self._get_reconfigure_entry().data)
        return None if credential in self._rejected else credential

    async def _async_try(self, credential: Mapping[str, str]) -> Snapshot:
        """Fetch the fleet. A credential that was rejected once is not sent again, and an empty one never."""
        is_password = CONF_PASSWORD in credential
        if credential in self._rejected or not all(credential.values()):
            raise PasswordRejectedError if is_password else AuthenticationError
        dashboard = self._dashboard
        with passing_session(self.hass, dashboard.verify_ssl) as session:
            backend = connect(session, dashboard.url, dashboard.generation, dashboard.headers, **credential)
            try:
                snapshot = await backend.snapshot()
                self._missing_scopes = await backend.missing_scopes()
            except AuthenticationError:
                self._rejected.append(credential)
                raise
        return snapshot

    def _is_other_dashboard(self, snapshot: Snapshot) -> bool:
        """Whether none of the servers that the entry has devices of is there: by uuid, or by number and name on v0."""
        entry = self._changed_entry()
        if entry is None:
            return False
        known = {
            key: device.name
            for device in dr.async_entries_for_config_entry(dr.async_get(self.hass), entry.entry_id)
            if (key := key_of(entry, device)) is not None and not key.startswith(SERVICE_PREFIX)
        }
        by_number = self._dashboard.generation is Generation.V0
        # The device of a server without a name has one in the user's language: its number has to do.
        return bool(known) and not any(
            identity in known and (not by_number or server.name in ("", known[identity]))
            for identity, server in snapshot.servers.items()
        )

    async def async_step_scopes(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Tell what a token may not do, before the entry is made; then make or change it.

        Its data is replaced whole, and with it the mark of a rejected credential.
        """
        if self._missing_scopes and user_input is None:
            scopes = ", ".join(f"`{scope}`" for scope in self._missing_scopes)
            return self.async_show_form(step_id="scopes", description_placeholders={"scopes": scopes})
        data = self._dashboard.data(self._accepted)
        if entry := self._changed_entry():
            return self.async_update_reload_and_abort(entry, data=data)
        return self.async_create_entry(title=self._dashboard.title, data=data)


def _credential(data: Mapping[str, Any]) -> Mapping[str, str]:
    """Return a credential as it is given and kept: a token, or a user and password."""
    if CONF_TOKEN in data:
        return {CONF_TOKEN: _clean(data[CONF_TOKEN])}
    return {CONF_USERNAME: data[CONF_USERNAME].strip(), CONF_PASSWORD: data[CONF_PASSWORD]}


def _details(error: NezhaError) -> dict[str, str]:
    """Return what an error's text names."""
    match error:
        case MovedError(target=target):
            return {"target": str(target.origin())}
        case MissingScopeError(scope=scope):
            return {"scope": scope}
    return {}


def _clean(token: str) -> str:
    """Remove what slips in where a token is copied: spaces, line ends, invisible characters."""
    return "".join(char for char in token if char.isprintable() and char != " ")
