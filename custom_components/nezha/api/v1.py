"""Nezha v1 and v2: `snake_case` fields in an envelope of `success`, `data` and `error`; fields of value 0 are absent."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from http import HTTPStatus
import logging
from types import UnionType
from typing import Any, override

from aiohttp import ClientWebSocketResponse

from .backend import Backend
from .credentials import Credential, is_token
from .decode import Kept, MalformedError
from .envelope import UnauthorisedError, answer_of, data_of
from .errors import (
    AlertRuleChangedError,
    AuthenticationError,
    BlockedError,
    GatewayError,
    HandshakeError,
    MissingScopeError,
    NezhaError,
    NoHistoryError,
    ProtocolError,
    ReportedError,
    ServiceChangedError,
    SessionRefusedError,
    TaskChangedError,
    UnknownPathError,
)
from .history import Metric, Period, Point, decode_probes, decode_series
from .limits import LARGEST_HISTORY, MOST_ELEMENTS
from .live import frames
from .models import Alert, AlertKind, Frame, Right, Snapshot
from .transport import Json, Reply, Transport
from .v1_decode import (
    FrameDecoder,
    ServersDecoder,
    Things,
    decode_alert_rules,
    decode_cycles,
    decode_groups,
    decode_service_alerts,
    decode_services,
    decode_tasks,
)

_LOGGER = logging.getLogger(__name__)
_SERVERS = "api/v1/server"
_GROUPS = "api/v1/server-group"
_SERVICES = "api/v1/service"
_TASKS = "api/v1/cron"
_SETTING = "api/v1/setting"
_NO_GROUPS: Mapping[int, tuple[str, ...]] = {}
_RUN_SCOPE = "nezha:cron:exec"
_TOKENS = "api/v1/api-tokens"
_UPDATES = "api/v1/force-update/server"
_STAMPS = ("id", "created_at", "updated_at")
"""What of a record its form has not."""
_READ_SCOPES = ("nezha:inventory:read", "nezha:service:read")
_OLD_READ_SCOPES = ("nezha:server:read", "nezha:service:read")
"""What reads the same in v2.1, which knows no inventory."""
_SCOPES: Mapping[Right, Sequence[str]] = {
    Right.RUN_TASKS: ("nezha:cron:read", _RUN_SCOPE),
    Right.READ_HISTORY: ("nezha:server:read",),
    Right.UPDATE_AGENTS: ("nezha:server:write",),
    Right.SWITCH_ALERT_RULES: ("nezha:alertrule:read", "nezha:alertrule:write"),
    Right.SWITCH_NOTIFICATIONS: ("nezha:service:write",),
}
_NOT_THERE = (MissingScopeError, UnknownPathError)


type _Method = Callable[[str], Callable[[Mapping[str, str]], Awaitable[Reply]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _AlertForm:
    """How alerts of a kind are listed and changed. The list tells all that the form has, in every release that has both."""

    listed: str
    written: str
    flag: str
    """The field that says whether the dashboard notifies."""
    fields: Mapping[str, type | UnionType]
    """What is never absent from the list: without it a form is not what it was."""
    decode: Callable[[object], Things[Alert]]
    changed: type[NezhaError]

    def read(self, listed: object) -> Mapping[str, Any] | None:
        """Return the form of what the list has; `None` where something is missing."""
        match listed:
            case dict() if all(isinstance(listed.get(field, _MISSING), kind) for field, kind in self.fields.items()):
                return {key: value for key, value in listed.items() if key not in _STAMPS}
        return None


_MISSING = object()
_FORMS = {
    AlertKind.RULE: _AlertForm(
        listed="api/v1/alert-rule",
        written="api/v1/alert-rule",
        flag="enable",
        fields={"name": str, "rules": list},
        decode=decode_alert_rules,
        changed=AlertRuleChangedError,
    ),
    # Recorded exchanges `service_list.json` and `service_update_without_scope.json`. `notify` and what else is off are absent.
    AlertKind.SERVICE: _AlertForm(
        listed=f"{_SERVICES}/list",
        written=_SERVICES,
        flag="notify",
        fields={
            "name": str,
            "type": int,
            "target": str,
            "duration": int,
            "cover": int,
            "notification_group_id": int,
            "min_latency": int | float,
            "max_latency": int | float,
            "skip_servers": dict | None,
            "fail_trigger_tasks": list | None,
            "recover_trigger_tasks": list | None,
        },
        decode=decode_service_alerts,
        changed=ServiceChangedError,
    ),
}


class BackendV1(Backend):
    """A v1 or v2 dashboard."""

    has_extras = True

    def __init__(
        self, transport: Transport, credential: Credential, *, run_by_get: bool, time_zone: tzinfo = UTC
    ) -> None:
        """Take a credential that the generation knows; `run_by_get` says by which method a task is run first.

        Dates in notes that have no offset are days in `time_zone`.
        """
        self._transport = transport
        self._credential = credential
        self._run_methods: list[_Method] = [self._get, self._post] if run_by_get else [self._post, self._get]
        self._probe_paths = [f"{_SERVICES}/{{}}", f"{_SERVERS}/{{}}/service"]
        if not run_by_get:
            self._probe_paths.reverse()
        self._runs_tasks: bool | None = None if credential.scoped else True
        self._updates_agents: bool | None = None if credential.scoped else True
        self._switches_alerts: dict[AlertKind, bool] = {} if credential.scoped else dict.fromkeys(AlertKind, True)
        self._denied: set[str] = set()
        self._groups: Things[tuple[str, ...]] | None = None
        self._open = Kept(data_of)
        self._decode_servers = ServersDecoder(time_zone)
        self._decode_groups = Kept(decode_groups)
        self._decode_services = Kept(decode_services)
        self._decode_cycles = Kept(decode_cycles)
        self._decode_tasks = Kept(decode_tasks)
        self._decode_alerts = {kind: Kept(form.decode) for kind, form in _FORMS.items()}

    @override
    async def snapshot(self) -> Snapshot:
        """Ask for the servers first: this alone demands a valid session, the others would give a guest's view."""
        data, now = await self._fetch(_SERVERS)
        listed = _list(data)
        # One after the other: were the credential rejected meanwhile, a second request would carry it already.
        groups = await self._groups_of_servers()
        told = await self._optional(_SERVICES, {})
        services = _decoded(self._decode_services, _SERVICES, _part(told, "services"))
        cycles = _decoded(self._decode_cycles, _SERVICES, _part(told, "cycle_transfer_stats"))
        tasks = _decoded(self._decode_tasks, _TASKS, await self._optional(_TASKS, []))
        servers = await self._decode_servers(listed, groups.by_number if groups else _NO_GROUPS)
        return Snapshot(
            now=now,
            servers=servers.servers,
            omitted=servers.omitted,
            unreadable=(
                *servers.unreadable,
                *(each for things in (groups, services, cycles, tasks) if things for each in things.unreadable),
            ),
            groups_known=groups is not None,
            services=_by_number(services),
            cycles=_by_number(cycles),
            tasks=_by_number(tasks),
            runs_tasks=None if tasks is None else await self._may_run_tasks(),
        )

    @override
    async def missing_scopes(self) -> list[str]:
        """Ask for everything once, and read the scope that is missing from each refusal."""
        missing: list[str] = []
        if not self._credential.scoped:
            return missing
        for path in (_SERVERS, _GROUPS, _SERVICES, _TASKS):
            try:
                await self._fetch(path)
            except MissingScopeError as err:
                missing.append(err.scope)
        if await self._may_run_tasks() is False:
            missing.append(_RUN_SCOPE)
        return list(dict.fromkeys(missing))

    @override
    def frames(self, before_connecting: Callable[[], Awaitable[None]] | None = None) -> AsyncGenerator[Frame | None]:
        """Follow the WebSocket."""
        return frames(self._connect, FrameDecoder(), before_connecting)

    @override
    async def run_task(self, number: int, name: str | None = None) -> None:
        """Run a task now. What runs is a command on servers: whether it is the one that is meant is asked first."""
        if name is not None:
            data, _ = await self._fetch(_TASKS)
            tasks = _by_number(_decoded(self._decode_tasks, _TASKS, [] if data is None else data)) or {}
            if number in tasks and tasks[number].name != name:
                raise TaskChangedError
        await self._run_task(number)

    async def _run_task(self, number: int) -> None:
        """Run a task now, by the method that the release knows: up to v2.0.13 it is GET, from v2.0.14 on POST.

        The other one is tried only where the dashboard says that it knows no such path, and so ran nothing.
        """
        path = f"api/v1/cron/{number}/manual"
        for send in tuple(self._run_methods):
            try:
                await self._ask(send(path), data_of)
            except UnknownPathError:
                self._run_methods.append(self._run_methods.pop(0))
            else:
                return
        raise UnknownPathError(HTTPStatus.NOT_FOUND)

    @override
    async def alerts(self, kind: AlertKind) -> Mapping[int, Alert] | None:
        """Ask for the list (recorded exchanges `alert_rule.json`, `service_list.json`); releases before v1.0.22 have none of services."""
        path = _FORMS[kind].listed
        alerts = _by_number(_decoded(self._decode_alerts[kind], path, await self._optional(path, [], _NOT_THERE)))
        return {} if path in self._denied else alerts

    @override
    async def may_switch_alerts(self, kind: AlertKind) -> bool | None:
        """Ask once, of number 0, which is none, so that nothing is changed (recorded exchange `alert_rule_unknown.json`)."""
        if kind not in self._switches_alerts:
            try:
                await self._ask(self._patch(f"{_FORMS[kind].written}/0", {"name": "none"}), data_of)
            except MissingScopeError:
                self._switches_alerts[kind] = False
            except AuthenticationError, BlockedError:
                raise
            except ReportedError as err:
                if err.status == HTTPStatus.OK and not isinstance(err, UnknownPathError):
                    self._switches_alerts[kind] = True
            except NezhaError as err:
                _LOGGER.debug("Whether each %s may be changed is unknown: %s", kind, err or type(err).__name__)
        return self._switches_alerts.get(kind)

    @override
    async def switch_alert(self, alert: Alert, *, enabled: bool) -> None:
        """Read the whole form right before it is written back: the dashboard takes what is left out for empty."""
        form = _FORMS[alert.kind]
        data, _ = await self._fetch(form.listed)
        listed = _list(data)
        known = (_by_number(_decoded(self._decode_alerts[alert.kind], form.listed, listed)) or {}).get(alert.number)
        found = [each for each in listed if isinstance(each, dict) and each.get("id") == alert.number]
        if known is None or known.created != alert.created or len(found) != 1:
            raise form.changed
        if (entered := form.read(found[0])) is None:
            raise ProtocolError(f"the form of the {alert.kind} cannot be read")
        await self._ask(self._patch(f"{form.written}/{alert.number}", {**entered, form.flag: enabled}), data_of)

    @override
    async def update_agent(self, number: int) -> bool:
        """Have an agent update itself (recorded exchange `force_update.json`)."""
        data, _ = await self._ask(self._post(_UPDATES, [number]), data_of)
        match data:
            case {"success": [*told]}:
                return number in told
        return False

    @override
    async def create_token(self, name: str, rights: Collection[Right] = ()) -> str:
        """Make a token (v2, by a session; recorded exchange `api_token_create.json`)."""
        wanted = [scope for right in Right if right in rights for scope in _SCOPES[right]]
        try:
            return await self._create_token(name, (*_READ_SCOPES, *wanted))
        except ReportedError as err:
            # An unknown scope is refused with status 200 (`api_token_create_unknown_scope.json`), an unknown path is not.
            if err.status != HTTPStatus.OK:
                raise
            return await self._create_token(name, tuple(dict.fromkeys((*_OLD_READ_SCOPES, *wanted))))

    async def _create_token(self, name: str, scopes: Sequence[str]) -> str:
        data, _ = await self._ask(self._post(_TOKENS, {"name": name, "scopes": [*scopes]}), data_of)
        match data:
            case {"token": str(token)} if is_token(token):
                return token
        raise ProtocolError("the answer has no token")

    @override
    async def keeps_history(self) -> bool:
        """Read it from the settings, which are open to everyone (recorded exchange `anon_setting.json`)."""
        answer = answer_of(await self._transport.get(_SETTING, {}))
        match answer:
            case {"data": {"config": dict(), "tsdb_enabled": is_on}}:
                return is_on is True
            case {"data": dict()}:
                raise NoHistoryError
        raise ProtocolError("the settings cannot be read")

    @override
    async def offers_history(self, number: int) -> bool:
        """Ask for the shortest series: a refusal names the scope."""
        try:
            await self.history(number, Metric.UPTIME, Period.MONTH)
        except MissingScopeError, NoHistoryError:
            return False
        return True

    @override
    async def history(self, number: int, metric: Metric, period: Period) -> Sequence[Point]:
        """Ask for one metric (recorded exchanges `v2-control/server_metrics_*.json`)."""
        query = {"metric": metric.value, "period": period.value}
        try:
            data, _ = await self._ask(self._get(f"{_SERVERS}/{number}/metrics", query), data_of)
        except UnknownPathError as err:
            raise NoHistoryError from err
        return decode_series(metric, data)

    @override
    async def probes(self, number: int) -> Mapping[int, Sequence[Point]]:
        """Ask for all services of a server: v2 by its page (`v2-control/server_services_1d.json`), v1 by `/service/{id}`."""
        for path in tuple(self._probe_paths):
            query = {"period": Period.DAY.value}
            try:
                data, _ = await self._ask(self._get(path.format(number), query, LARGEST_HISTORY), data_of)
            except UnknownPathError:
                self._probe_paths.append(self._probe_paths.pop(0))
            else:
                return decode_probes(data)
        raise NoHistoryError

    async def _connect(self) -> ClientWebSocketResponse:
        headers = await self._credential.headers(self._transport)
        try:
            return await self._transport.connect("api/v1/ws/server", headers)
        except GatewayError as err:
            if err.status == HTTPStatus.FORBIDDEN:
                # It may be a block that cannot be told by its page: the socket has time, and the list will tell.
                raise BlockedError("the socket is refused") from err
            raise
        except HandshakeError as err:
            if err.reply is None:
                raise
            reply = err.reply
        try:
            data_of(reply)
        except UnauthorisedError:
            self._credential.refuse(headers)
        raise HandshakeError(reply.status, reply)

    async def _may_run_tasks(self) -> bool | None:
        """Whether the credential has the scope: asked of task 0, which is none, so that nothing runs.

        `None` where no answer said so yet.
        """
        if self._runs_tasks is None:
            try:
                await self._run_task(0)
            except MissingScopeError:
                self._runs_tasks = False
            except ReportedError as err:
                # It says, in its own language, that there is no such task (recorded exchange `cron_manual_unknown.json`).
                if err.status == HTTPStatus.OK and not isinstance(err, UnknownPathError):
                    self._runs_tasks = True
            except AuthenticationError, BlockedError:
                raise
            except NezhaError as err:
                _LOGGER.debug("Whether tasks may be run is unknown: %s", err or type(err).__name__)
            else:
                self._runs_tasks = True
        return self._runs_tasks

    @override
    async def may_update_agents(self) -> bool | None:
        """Ask for no server at all, so that nothing is updated; the answer says whether the credential has the scope."""
        if self._updates_agents is None:
            try:
                await self._ask(self._post(_UPDATES, []), data_of)
            except MissingScopeError, UnknownPathError:
                self._updates_agents = False
            except AuthenticationError, BlockedError:
                raise
            except NezhaError as err:
                _LOGGER.debug("Whether agents may be updated is unknown: %s", err or type(err).__name__)
            else:
                self._updates_agents = True
        return self._updates_agents

    def _get(
        self, path: str, query: Mapping[str, str] | None = None, most: int | None = None
    ) -> Callable[[Mapping[str, str]], Awaitable[Reply]]:
        if query is None:
            return lambda headers: self._transport.get(path, headers)
        return lambda headers: self._transport.get(path, headers, query, most)

    def _post(self, path: str, json: Json | None = None) -> Callable[[Mapping[str, str]], Awaitable[Reply]]:
        return lambda headers: self._transport.post(path, {**headers, **self._credential.post_headers()}, json)

    def _patch(self, path: str, json: Json) -> Callable[[Mapping[str, str]], Awaitable[Reply]]:
        return lambda headers: self._transport.patch(path, {**headers, **self._credential.post_headers()}, json)

    async def _fetch(self, path: str) -> tuple[object, int | None]:
        """Return the data of an endpoint, the same object where it says the same as before, and the dashboard's now."""
        return await self._ask(self._get(path), partial(self._open, path))

    async def _ask(
        self,
        send: Callable[[Mapping[str, str]], Awaitable[Reply]],
        open_reply: Callable[[Reply], object],
    ) -> tuple[object, int | None]:
        """Send a request; where its session is refused, once more with a new one. Return data and the dashboard's now."""
        for _ in range(2):
            try:
                headers = await self._credential.headers(self._transport)
                reply = await send(headers)
                return open_reply(reply), reply.now
            except UnauthorisedError:
                self._credential.refuse(headers)
        raise SessionRefusedError

    async def _groups_of_servers(self) -> Things[tuple[str, ...]] | None:
        """Return the groups by server; where they are unavailable, those that were known: servers must not leave them."""
        data = await self._optional(_GROUPS, [])
        if groups := _decoded(self._decode_groups, _GROUPS, [] if _GROUPS in self._denied else data):
            self._groups = groups
        return self._groups

    async def _optional(
        self, path: str, empty: object, lasting: tuple[type[NezhaError], ...] = (MissingScopeError,)
    ) -> object:
        """Return the data of an endpoint, `empty` where there is none.

        `None` where the endpoint is unavailable, which must not cost us the servers; after an error that is `lasting` it is
        not asked any more.
        """
        if path in self._denied:
            return None
        try:
            data, _ = await self._fetch(path)
        except AuthenticationError, BlockedError:
            raise
        except lasting as err:
            _LOGGER.debug("%s is not asked any more: %s", path, err)
            self._denied.add(path)
            return None
        except NezhaError as err:
            _LOGGER.debug("%s is unavailable: %s", path, err)
            return None
        return empty if data is None else data


def _list(data: object) -> list[Any]:
    """Return a list; an empty one is absent from the envelope or null."""
    if data is None:
        return []
    if not isinstance(data, list):
        raise ProtocolError("the answer's data is no list")
    if len(data) > MOST_ELEMENTS:
        raise ProtocolError(f"the answer has {len(data)} servers")
    return data


def _by_number[T](things: Things[T] | None) -> Mapping[int, T] | None:
    return things.by_number if things else None


def _part(data: object, field: str) -> object:
    """Return a part of an answer, an empty object where there is none; `None` where the answer is unavailable."""
    if not isinstance(data, dict):
        return None
    part = data.get(field)
    return {} if part is None else part


def _decoded[T](decode: Callable[[str, object], Things[T]], path: str, data: object) -> Things[T] | None:
    """Return what an endpoint has several of; `None` where it is unavailable, or not what it should be."""
    if data is None:
        return None
    try:
        return decode(path, data)
    except MalformedError as err:
        _LOGGER.debug("%s cannot be read: %s", path, err)
        return None
