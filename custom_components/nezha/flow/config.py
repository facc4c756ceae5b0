"""Adds a dashboard, and gives it a new credential or address."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
import logging
from typing import Any, override

from aiohttp import ClientSession
import voluptuous as vol
from yarl import URL

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    FlowType,
)
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
from homeassistant.helpers.typing import DiscoveryInfoType

from ..api import (
    AuthenticationError,
    Backend,
    Generation,
    MissingScopeError,
    MovedError,
    NezhaError,
    NotNezhaError,
    PasswordRejectedError,
    Right,
    Snapshot,
    connect,
    identify,
)
from ..const import CONF_REJECTED, DOMAIN
from ..markdown import escaped
from ..runtime.coordinator import NezhaConfigEntry
from ..runtime.session import passing_session
from . import forms
from .address import (
    InvalidAddressError,
    InvalidHeadersError,
    find_dashboard,
    format_headers,
    origin_of,
    parse_headers,
)
from .dashboard import Credential, FoundDashboard, credential_of
from .identity import find_same_fleet, has_address, is_other_fleet
from .options import SOURCE_SETUP, NezhaOptionsFlow

_LOGGER = logging.getLogger(__name__)

_PLACEHOLDERS = {"example": "https://nezha.example.com", "header": "CF-Access-Client-Id: …"}
_TOKEN_NAME = "Home Assistant"


class NezhaConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks for the address first, and once a dashboard answers there, for what its generation takes.

    What the user submits is sent, once a submit: the dashboard decides anew each time whether it rejects it.
    """

    VERSION = 1

    def __init__(self) -> None:
        """Start with nothing known."""
        self._dashboard: FoundDashboard
        self._accepted: Credential
        self._snapshot: Snapshot
        self._missing_scopes: list[str] = []
        self._same: NezhaConfigEntry | None = None
        """The entry that has the same servers, while a new one is being made."""
        self._moved: NezhaConfigEntry | None = None
        """That entry, where the user chose to change its address."""
        self._rights: frozenset[Right] | None = None
        """What the token that is to be made may do beside reading; `None` where none is made."""
        self._answered: set[str] = set()
        self._headers_asked_for: set[URL] = set()
        """The origins for which the user entered the headers, having been told that they were not taken along."""

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: NezhaConfigEntry) -> NezhaOptionsFlow:
        """Return the options."""
        return NezhaOptionsFlow()

    # --- Where

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
        """Ask for another address of a known dashboard; a new credential can be entered after it."""
        entry = self._get_reconfigure_entry()
        return await self._async_step_address(
            "reconfigure",
            user_input,
            {
                CONF_URL: entry.data[CONF_URL],
                forms.ADVANCED: {
                    CONF_VERIFY_SSL: entry.data[CONF_VERIFY_SSL],
                    CONF_HEADERS: format_headers(entry.data[CONF_HEADERS]),
                },
            },
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for a new credential after the dashboard rejected the one it had."""
        self._dashboard = FoundDashboard.of(self._get_reauth_entry())
        return await self._async_ask_credential()

    async def _async_step_address(
        self, step_id: str, user_input: dict[str, Any] | None, suggested: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Find the dashboard, then ask for a credential."""
        errors: dict[str, str] = {}
        placeholders = dict(_PLACEHOLDERS)
        if user_input is not None:
            suggested = user_input
            try:
                if self._takes_headers_along(user_input):
                    errors["base"] = "headers_of_old_address"
                    advanced = user_input[forms.ADVANCED]
                    suggested = {**user_input, forms.ADVANCED: {**advanced, CONF_HEADERS: ""}}
                else:
                    self._dashboard = await self._async_find(user_input)
            except InvalidAddressError as err:
                errors[CONF_URL] = err.reason
            except InvalidHeadersError as err:
                errors["base"] = err.reason
            except NezhaError as err:
                _LOGGER.debug("No dashboard at %s: %s", origin_of(user_input[CONF_URL]), _cause(err))
                errors["base"] = err.reason
                placeholders |= _details(err)
            if not errors:
                if self._is_configured():
                    return self.async_abort(reason="already_configured")
                return await self._async_ask_credential()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(forms.ADDRESS, suggested),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _takes_headers_along(self, user_input: Mapping[str, Any]) -> bool:
        """Whether headers that the form was filled in with would go to another origin than they were entered for."""
        if self.source != SOURCE_RECONFIGURE:
            return False
        known = self._get_reconfigure_entry().data
        origin = origin_of(user_input[CONF_URL])
        headers = parse_headers(user_input[forms.ADVANCED][CONF_HEADERS])
        if origin == URL(known[CONF_URL]).origin() or origin in self._headers_asked_for:
            return False
        self._headers_asked_for.add(origin)
        return bool(headers.items() & known[CONF_HEADERS].items())

    async def _async_find(self, user_input: Mapping[str, Any]) -> FoundDashboard:
        advanced = user_input[forms.ADVANCED]
        verify_ssl = advanced[CONF_VERIFY_SSL]
        headers = parse_headers(advanced[CONF_HEADERS])
        entry = self._changed_entry()
        with passing_session(self.hass, verify_ssl) as session:
            url, found = await find_dashboard(
                session,
                user_input[CONF_URL],
                headers,
                only_https=entry is not None and FoundDashboard.of(entry).is_encrypted,
            )
        return FoundDashboard(
            url=url,
            generation=found.generation,
            site_name=found.site_name,
            verify_ssl=verify_ssl,
            headers=headers,
            has_oauth=bool(found.oauth_providers),
        )

    def _changed_entry(self) -> NezhaConfigEntry | None:
        """Return the entry that gets a new credential or address; `None` where a new entry is made."""
        match self.source:
            case x if x == SOURCE_REAUTH:
                return self._get_reauth_entry()
            case x if x == SOURCE_RECONFIGURE:
                return self._get_reconfigure_entry()
        return self._moved

    def _is_configured(self) -> bool:
        """Whether another entry has the address of this dashboard."""
        own = self._changed_entry()
        return any(entry is not own and has_address(entry, self._dashboard) for entry in self._async_current_entries())

    # --- Who

    async def _async_ask_credential(self) -> ConfigFlowResult:
        """Ask for what the generation takes."""
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
            description_placeholders={
                **self._dashboard.placeholders,
                "dashboard": escaped(self._dashboard.placeholders["dashboard"]),
            },
        )

    async def async_step_token(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the API token of v0."""
        return await self._async_step_check("token", forms.TOKEN, user_input)

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take another API token of v0."""
        return await self._async_step_check("reauth_confirm", forms.TOKEN, user_input)

    async def async_step_access_token(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the personal access token of v2."""
        return await self._async_step_check("access_token", forms.TOKEN, user_input)

    async def async_step_password(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the user and password of v1 or v2."""
        return await self._async_step_check("password", forms.PASSWORD, user_input)

    async def _async_step_check(
        self, step_id: str, schema: vol.Schema, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for the fleet with a credential; go on with whom it answers."""
        errors: dict[str, str] = {}
        placeholders = self._dashboard.placeholders
        suggested = self._known_credential()
        if user_input is not None:
            credential = credential_of(user_input)
            suggested = _without_password(credential)
            try:
                self._snapshot = await self._async_try(credential)
            except NezhaError as err:
                _LOGGER.debug("%s does not show its servers: %s", self._dashboard.url, _cause(err))
                errors["base"] = err.reason
                placeholders |= _details(err)
                if isinstance(err, AuthenticationError):
                    suggested = {key: value for key, value in suggested.items() if key != CONF_TOKEN}
            else:
                entry = self._changed_entry()
                if entry is None or not is_other_fleet(self.hass, entry, self._dashboard, self._snapshot):
                    self._accepted = credential
                    return await self._async_go_on()
                errors["base"] = "another_dashboard"
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                schema if self._dashboard.is_encrypted else forms.with_warning(schema), suggested
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _known_credential(self) -> Credential:
        """Return what the entry has, where its address is changed: a secret for its own origin only, a password never."""
        if self.source != SOURCE_RECONFIGURE:
            return {}
        known = self._get_reconfigure_entry().data
        if known.get(CONF_REJECTED):
            return {}
        if CONF_TOKEN in known and URL(known[CONF_URL]).origin() != self._dashboard.url.origin():
            return {}
        return _without_password(credential_of(known))

    async def _async_try(self, credential: Credential) -> Snapshot:
        """Fetch the fleet. An empty credential is not sent: each rejection counts."""
        if not all(credential.values()):
            raise PasswordRejectedError if CONF_PASSWORD in credential else AuthenticationError
        dashboard = self._dashboard
        with passing_session(self.hass, dashboard.verify_ssl) as session:
            if CONF_PASSWORD in credential and dashboard.has_oauth is None:
                # It is known to be Nezha: where it cannot be recognised now, the log-in says what is wrong.
                with suppress(NotNezhaError):
                    found = await identify(session, dashboard.url, dashboard.headers)
                    self._dashboard = replace(dashboard, has_oauth=bool(found.oauth_providers))
            backend = self._connect(session, credential)
            snapshot = await backend.snapshot()
            self._missing_scopes = await backend.missing_scopes()
        return snapshot

    def _connect(self, session: ClientSession, credential: Credential) -> Backend:
        dashboard = self._dashboard
        return connect(
            session,
            dashboard.url,
            dashboard.generation,
            dashboard.headers,
            token=credential.get(CONF_TOKEN),
            username=credential.get(CONF_USERNAME, ""),
            password=credential.get(CONF_PASSWORD, ""),
            has_oauth=bool(dashboard.has_oauth),
        )

    # --- What else

    async def _async_go_on(self) -> ConfigFlowResult:
        """Ask what is still to be asked of whom the dashboard answers, each question once; then finish."""
        is_new = self._changed_entry() is None
        if is_new:
            if self._is_configured():
                # By another flow, in the meantime.
                return self.async_abort(reason="already_configured")
            self._same = find_same_fleet(self.hass, self._async_current_entries(), self._dashboard, self._snapshot)
        questions = {
            self.async_step_same_dashboard: is_new and self._same is not None,
            self.async_step_scopes: bool(self._missing_scopes),
            self.async_step_least_privilege: (
                self._dashboard.generation is Generation.V2 and CONF_PASSWORD in self._accepted
            ),
        }
        for ask, is_open in questions.items():
            if is_open and ask.__name__ not in self._answered:
                self._answered.add(ask.__name__)
                return await ask()
        return await self._async_finish()

    async def async_step_same_dashboard(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer to change the address of the entry that has these servers: with two, every device would be there twice."""
        assert self._same is not None
        return self.async_show_menu(
            step_id="same_dashboard",
            menu_options=["move", "keep"],
            description_placeholders={
                "name": escaped(self._same.title),
                "origin": str(self._dashboard.url.origin()),
                "known": str(URL(self._same.data[CONF_URL]).origin()),
            },
        )

    async def async_step_move(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Go on with the entry that there is."""
        self._moved = self._same
        return await self._async_go_on()

    async def async_step_keep(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Leave that entry as it is."""
        return self.async_abort(reason="already_configured")

    async def async_step_scopes(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Tell what a token may not do, before the entry is made."""
        if user_input is None:
            scopes = ", ".join(f"`{scope}`" for scope in self._missing_scopes)
            return self.async_show_form(
                step_id="scopes", data_schema=vol.Schema({}), description_placeholders={"scopes": scopes}
            )
        return await self._async_go_on()

    async def async_step_least_privilege(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer a token that can only read in place of the password, which can do everything its user can."""
        if user_input is None:
            return self._show_least_privilege({})
        wanted = frozenset(right for right in Right if user_input[right.value])
        self._rights = wanted if user_input[forms.READ_ONLY] else None
        return await self._async_go_on()

    def _show_least_privilege(self, suggested: Mapping[str, Any], **error: str) -> ConfigFlowResult:
        return self.async_show_form(
            step_id="least_privilege",
            data_schema=self.add_suggested_values_to_schema(forms.LEAST_PRIVILEGE, suggested),
            errors=error,
            description_placeholders={**self._dashboard.placeholders, "token": _TOKEN_NAME},
        )

    async def _async_finish(self) -> ConfigFlowResult:
        """Make or change the entry.

        Its data is replaced whole, and with it the mark of a rejected credential. A token is made last, so that a flow which
        is left before its end leaves none on the dashboard.
        """
        credential = self._accepted
        if self._rights is not None:
            try:
                credential = await self._async_create_token(self._rights)
            except NezhaError as err:
                _LOGGER.debug("%s makes no token: %s", self._dashboard.url, _cause(err))
                self._rights = None
                return self._show_least_privilege({forms.READ_ONLY: False}, base="no_token_made")
        data = self._dashboard.data(credential)
        if (entry := self._changed_entry()) is None:
            return self.async_create_entry(title=self._dashboard.title, data=data)
        reason = "reauth_successful" if self.source == SOURCE_REAUTH else "reconfigure_successful"
        # Named, so that the text is ours: core has one for each that fits every integration.
        return self.async_update_reload_and_abort(entry, data=data, reason=reason)

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Go on with the options, where the dashboard has groups to choose from."""
        entry: NezhaConfigEntry = result["result"]
        if entry.state is ConfigEntryState.LOADED and entry.runtime_data.groups:
            options = await self.hass.config_entries.options.async_init(
                entry.entry_id, context={"source": SOURCE_SETUP}
            )
            result["next_flow"] = FlowType.OPTIONS_FLOW, options["flow_id"]
        return result

    async def _async_create_token(self, rights: frozenset[Right]) -> Credential:
        """Have the dashboard make a token, and see that it shows the fleet before the password is forgotten."""
        with passing_session(self.hass, self._dashboard.verify_ssl) as session:
            backend = self._connect(session, self._accepted)
            token = await backend.create_token(_TOKEN_NAME, rights)
            credential = {CONF_TOKEN: token}
            await self._connect(session, credential).snapshot()
        return credential


def _without_password(credential: Credential) -> Credential:
    return {key: value for key, value in credential.items() if key != CONF_PASSWORD}


def _cause(error: NezhaError) -> str:
    """Say what went wrong, for the log."""
    return str(error) or error.reason


def _details(error: NezhaError) -> dict[str, str]:
    """Return what an error's text names."""
    match error:
        case MovedError(target=target):
            return {"target": str(target.origin())}
        case MissingScopeError(scope=scope):
            return {"scope": scope}
    return {}
