"""Nezha v1 and v2 on the wire, as recorded from 1.14.14 and 2.3.7; `releases` says what older ones do otherwise.

What was not recorded is marked: it follows the notes beside the recordings, or the dashboard's source.
"""

from collections.abc import Callable
from dataclasses import dataclass
import functools
import json
import math
import secrets
from typing import Any

from aiohttp import hdrs, web

from . import bodies, go, history
from .callers import GUEST, NO_CSRF, UNAUTHORISED, WRONG_TOKEN, Caller, RefusalError
from .credentials import (
    ALERT_READ,
    ALERT_WRITE,
    CRON_EXEC,
    CRON_READ,
    INVENTORY_READ,
    PAT_PREFIX,
    SCOPES,
    SERVER_READ,
    SERVER_WRITE,
    SERVICE_READ,
    SERVICE_WRITE,
)
from .dashboard import Dashboard, Server, Temper
from .firewall import Firewall
from .live import Live
from .records import Group, Record, Service, Task, TrafficRule
from .releases import Release, Span, Trait

JWT_COOKIE = "nz-jwt"
CSRF_COOKIE = "nz-csrf"
CSRF_HEADER = "X-CSRF-Token"
LEASING = Temper(forgets_contact=True, blanks_rebooted=True, registers_after=math.inf)
NAME_LIMIT = 128
"""Characters of a token's name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that its caller may make."""

    request: web.Request
    caller: Caller
    body: Any = None
    """Decoded, of those that have one."""

    @property
    def number(self) -> int:
        """Return the number in the path."""
        return int(self.request.match_info["id"])


type Answer = Callable[[Asked], Any]
"""Returns the data of an answer; None for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One path."""

    path: str
    answer: Answer
    method: str = hdrs.METH_GET
    scope: str | None = None
    guests: bool = False
    """Whether it answers those whose JWT is missing or refused."""
    forced: bool = True
    """Whether it shuts guests out, too, where the dashboard demands a credential of everybody."""
    session_only: bool = False
    """Whether a token may not ask, whatever its scopes."""
    since: Span | None = None


class V1:
    """The endpoints of a v1 or v2 dashboard."""

    def __init__(self, dashboard: Dashboard, firewall: Firewall, live: Live, release: Release) -> None:
        """Speak for a dashboard, as a release does."""
        self.temper = LEASING if release.has(Trait.LEASES) else Temper(registers_after=4)
        self._dashboard = dashboard
        self._firewall = firewall
        self._live = live
        self._release = release

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Return what the dashboard answers, below a path prefix."""
        api = f"{prefix}/api/v1"
        routes = [
            web.post(f"{api}/login", self._log_in),
            web.get(f"{api}/ws/server", self._stream, allow_head=False),
        ]
        for endpoint in self._endpoints():
            handler = functools.partial(self._handle, endpoint)
            routes.append(web.route(endpoint.method, api + endpoint.path, handler))
        return routes

    def unknown_path(self) -> web.Response:
        """Return the answer to everything else."""
        return go.response({"error": "404 Not Found"}, 404 if self._has(Trait.NOT_FOUND_IS_404) else 200)

    def blocked(self) -> web.Response:
        """Return the firewall's page."""
        page = (
            '<!DOCTYPE html>\n<html lang="en">\n<head><title>Blocked</title></head>\n<body><main><h1>Blocked</h1>\n'
            '<p>you were blocked by nezha WAF</p>\n<p class="secondary">nezha WAF</p></main></body>\n</html>'
        )
        return web.Response(text=page, status=403, content_type="text/html", charset="utf-8")

    def _has(self, trait: Span | None) -> bool:
        return trait is None or self._release.has(trait)

    def _endpoints(self) -> list[Endpoint]:
        manual = hdrs.METH_POST if self._has(Trait.TASKS_BY_POST) else hdrs.METH_GET
        inventory = INVENTORY_READ if self._has(Trait.INVENTORY_SCOPE) else SERVER_READ
        number, pages, tokens = "{id:[0-9]+}", Trait.SERVER_PAGES, Trait.ACCESS_TOKENS
        endpoints = [
            Endpoint(path="/server", answer=self._servers, scope=inventory),
            Endpoint(path="/server-group", answer=self._groups, scope=inventory, guests=True),
            Endpoint(path="/service", answer=self._services, scope=SERVICE_READ, guests=True),
            Endpoint(path="/service/list", answer=self._service_list, scope=SERVICE_READ, since=Trait.SERVICE_LIST),
            Endpoint(path="/setting", answer=self._setting, guests=True, forced=False),
            Endpoint(path="/cron", answer=self._tasks, scope=CRON_READ),
            Endpoint(path=f"/cron/{number}/manual", answer=self._run, method=manual, scope=CRON_EXEC),
            Endpoint(
                path=f"/server/{number}/metrics", answer=self._metrics, scope=SERVER_READ, guests=True, since=pages
            ),
            Endpoint(
                path=f"/server/{number}/service",
                answer=self._server_services,
                scope=SERVICE_READ,
                guests=True,
                since=pages,
            ),
            Endpoint(
                path=f"/service/{number}/history",
                answer=self._service_history,
                scope=SERVICE_READ,
                guests=True,
                since=pages,
            ),
            Endpoint(path="/service/server", answer=self._probing_servers, scope=SERVICE_READ, guests=True),
            Endpoint(path="/service/{id}", answer=self._service_by_number, scope=SERVICE_READ, guests=True),
            Endpoint(
                path=f"/service/{number}",
                answer=self._change_service,
                method=hdrs.METH_PATCH,
                scope=SERVICE_WRITE,
            ),
            Endpoint(path="/alert-rule", answer=self._rules, scope=ALERT_READ),
            Endpoint(path=f"/alert-rule/{number}", answer=self._change_rule, method=hdrs.METH_PATCH, scope=ALERT_WRITE),
            Endpoint(path="/force-update/server", answer=self._force_update, method=hdrs.METH_POST, scope=SERVER_WRITE),
            Endpoint(path="/profile", answer=self._profile, session_only=True),
            Endpoint(path="/api-tokens", answer=self._access_tokens, session_only=True, since=tokens),
            Endpoint(path="/api-tokens", answer=self._mint, method=hdrs.METH_POST, session_only=True, since=tokens),
        ]
        return [endpoint for endpoint in endpoints if self._has(endpoint.since)]

    async def _handle(self, endpoint: Endpoint, request: web.Request) -> web.Response:
        try:
            caller = self._admit(request, endpoint.scope, guests=endpoint.guests, forced=endpoint.forced)
            caller.require_session(wanted=endpoint.session_only)
            changes = endpoint.method in {hdrs.METH_POST, hdrs.METH_PATCH}
            if changes and caller.user and self._has(Trait.CSRF):
                _check_csrf(request)
            data = endpoint.answer(Asked(request, caller, await _decoded(request) if changes else None))
        except RefusalError as refusal:
            return self._refuse(refusal)
        # An empty list is left out, as everything empty (server_services.json); an empty object is not.
        return go.response({"success": True} | ({} if data is None or data == [] else {"data": data}))

    async def _log_in(self, request: web.Request) -> web.Response:
        try:
            asked = json.loads(await request.text())
            login = self._dashboard.credentials.log_in(asked["username"], asked["password"])
        except ValueError, KeyError, TypeError:
            login = None
        if login is None:
            self._firewall.reject(self._firewall.address_of(request))
            return self._refuse(RefusalError(UNAUTHORISED))
        expires = go.time(int(login.expires) + self._dashboard.clock_offset)
        answer = go.response({"success": True, "data": {"token": login.token, "expire": expires}})
        life = int(self._dashboard.credentials.jwt_life)
        answer.set_cookie(JWT_COOKIE, login.token, max_age=life, httponly=True)
        if self._has(Trait.CSRF):
            answer.set_cookie(CSRF_COOKIE, secrets.token_urlsafe(24), max_age=life)
        return answer

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        try:
            scope = INVENTORY_READ if self._has(Trait.INVENTORY_SCOPE) else SERVER_READ
            caller = self._admit(request, scope, guests=True, forced=True)
        except RefusalError as refusal:
            return self._refuse(refusal)
        return await self._live.serve(request, functools.partial(self._frame, caller))

    def _refuse(self, refusal: RefusalError) -> web.Response:
        self._dashboard.credentials.refusals[refusal.error] += 1
        return go.response({"error": refusal.error}, refusal.status)

    def _admit(self, request: web.Request, scope: str | None, *, guests: bool, forced: bool) -> Caller:
        """Return who asks, or refuse."""
        caller = self._caller(request)
        if self._dashboard.force_auth and forced and self._has(Trait.FORCE_AUTH):
            guests = False
        if not caller.known and not guests:
            raise RefusalError(UNAUTHORISED)
        caller.require(scope)
        return caller

    def _caller(self, request: web.Request) -> Caller:
        scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        token = given if scheme == "Bearer" else request.cookies.get(JWT_COOKIE, "")
        credentials = self._dashboard.credentials
        if self._has(Trait.ACCESS_TOKENS) and token.startswith(PAT_PREFIX):
            access = credentials.access_token(token)
            if access is None:
                self._firewall.reject(self._firewall.address_of(request))
                raise RefusalError(WRONG_TOKEN, 401)
            return Caller(token=access)
        # A refused JWT is no rejection to the firewall: it has expired as a rule.
        return Caller(user=True) if credentials.accepts_jwt(token) else GUEST

    def _visible(self, caller: Caller) -> list[Server]:
        """Return the servers that a caller sees, in the dashboard's order."""
        servers = [server for server in self._dashboard.servers.values() if caller.sees(server)]
        return sorted(servers, key=lambda server: (-server.display_index, server.id))

    def _hides(self, caller: Caller) -> Callable[[int], bool]:
        """Return what tells of a server's number whether groups and traffic leave it out."""
        if not self._has(Trait.HIDDEN_EVERYWHERE):
            return lambda _: False
        servers = self._dashboard.servers
        return lambda server_id: server_id not in servers or not caller.sees(servers[server_id])

    def _servers(self, asked: Asked) -> list[dict[str, Any]]:
        return [self._server(server) for server in self._visible(asked.caller) if not server.foreign]

    def _server(self, server: Server) -> dict[str, Any]:
        host = server.host
        return (
            self._stamps(server.id, server.created_at, server.updated_at)
            | {"name": server.name, "uuid": server.machine.uuid}
            | go.filled({"note": server.note, "public_note": server.public_note})
            | {"display_index": server.display_index}
            | go.filled({"hide_for_guest": server.hide_for_guest})
            | {
                "host": {} if host is None else bodies.host(host),
                "state": {} if server.state is None else bodies.state(server.state),
                "geoip": {"ip": {}} if host is None else bodies.geoip(host),
                "last_active": self._last_active(server),
            }
            | ({"owner": {"id": 0}} if self._has(Trait.OWNERS) else {})
        )

    def _frame(self, caller: Caller, first: bool, online: int, guest: bool) -> dict[str, Any]:
        """Return a frame, see `live.Compose`."""
        viewer = GUEST if guest else caller
        return (
            {"now": self._dashboard.now() * 1_000}
            | ({"online": online} if self._has(Trait.ONLINE_IN_FRAMES) else {})
            | {"servers": [self._streamed(server, viewer, first=first) for server in self._visible(viewer)]}
        )

    def _streamed(self, server: Server, viewer: Caller, *, first: bool) -> dict[str, Any]:
        host = server.host
        # Another user's server shows as to a guest: not recorded.
        full = (viewer.known and not server.foreign) or not self._has(Trait.HOSTS_FILTERED)
        return (
            {"id": server.id, "name": server.name}
            | go.filled(
                {"public_note": server.public_note if first else "", "display_index": server.display_index},
            )
            | {
                "host": {} if host is None else bodies.host(host, full=full),
                "state": {} if server.state is None else bodies.state(server.state),
            }
            | go.filled({"country_code": "" if host is None else host.country_code})
            | {"last_active": self._last_active(server)}
        )

    def _groups(self, asked: Asked) -> list[dict[str, Any]]:
        hides = self._hides(asked.caller)

        def told(group: Group) -> dict[str, Any]:
            return {
                "group": self._recorded(group) | {"name": group.name},
                "servers": [server_id for server_id in group.servers if not hides(server_id)],
            }

        return [told(group) for group in self._dashboard.groups.values()]

    def _services(self, asked: Asked) -> dict[str, Any]:
        now, hides = self._dashboard.clock(), self._hides(asked.caller)
        rules = [rule for rule in self._dashboard.rules.values() if rule.enabled and now >= rule.absent_until]
        told = {
            service.id: bodies.probes(service, self._recorded(service), self._release, asked.caller)
            for service in self._dashboard.services.values()
            if service.shown or self._has(Trait.ALL_SERVICES)
        }
        return go.filled(
            {
                "services": bodies.by_id(told),
                "cycle_transfer_stats": bodies.by_id({rule.id: self._traffic(rule, hides) for rule in rules}),
            }
        )

    def _traffic(self, rule: TrafficRule, hides: Callable[[int], bool]) -> dict[str, Any]:
        begin, end = rule.period(self._dashboard.clock())
        names = {server.id: server.name for server in self._dashboard.servers.values()}
        told = {server_id: sent for server_id, sent in rule.transfer.items() if not hides(server_id)}
        update = self._time(rule.next_update)
        head = {
            "name": rule.name,
            "from": bodies.whole(begin),
            "to": bodies.whole(end),
            "max": rule.max,
            "min": rule.min,
        }
        # A rule that has counted nothing yet names no server.
        return head | go.filled(
            {
                "server_name": bodies.by_id({server_id: names.get(server_id, "") for server_id in told}),
                "transfer": bodies.by_id(told),
                "next_update": bodies.by_id(dict.fromkeys(told, update)),
            }
        )

    def _service_list(self, asked: Asked) -> list[dict[str, Any]]:
        services = self._dashboard.services.values()
        return [bodies.service(service, self._recorded(service), self._release) for service in services]

    def _service_by_number(self, asked: Asked) -> None:
        """Refuse what is no number, as the list of services is where there is none (not recorded for a number)."""
        text = asked.request.match_info["id"]
        if not text.isdecimal():
            raise RefusalError(f'strconv.ParseUint: parsing "{text}": invalid syntax')

    def _change_service(self, asked: Asked) -> None:
        """Change a service's name (not recorded but for its refusal)."""
        service = self._dashboard.services.get(asked.number)
        if service is None:
            raise RefusalError(f"service id {asked.number} does not exist")
        service.name = asked.body["name"]

    def _probing_servers(self, asked: Asked) -> list[int]:
        """Return the servers that probe anything."""
        return [server.id for server in self._visible(asked.caller) if server.state is not None]

    def _setting(self, asked: Asked) -> dict[str, Any]:
        return bodies.settings(self._dashboard, self._release, asked.caller)

    def _profile(self, asked: Asked) -> dict[str, Any]:
        """Return who asks (not recorded but for a token's refusal)."""
        return {"id": 1, "username": "admin"}

    def _tasks(self, asked: Asked) -> list[dict[str, Any]]:
        return [self._task(task) for task in self._dashboard.tasks.values()]

    def _task(self, task: Task) -> dict[str, Any]:
        return (
            self._recorded(task)
            | {
                "name": task.name,
                "task_type": 0,
                "scheduler": task.scheduler,
                "command": task.command,
                "servers": task.servers,
                "notification_group_id": 1,
                "last_executed_at": self._time(task.last_executed_at),
            }
            | go.filled({"last_result": task.last_result})
            | {"cover": 0, "cron_job_id": 7}
        )

    def _run(self, asked: Asked) -> None:
        if (task := self._dashboard.tasks.get(asked.number)) is None:
            raise RefusalError(f"task id {asked.number} does not exist")
        task.run(self._dashboard.clock())

    def _metrics(self, asked: Asked) -> dict[str, Any]:
        """Return what the time series database remembers of a server; without one there is nothing."""
        server, name = self._server_asked(asked), asked.request.query.get("metric", "")
        if (metric := history.METRICS.get(name)) is None:
            raise RefusalError("invalid metric name")
        period = _period(asked)
        points = history.points(server, metric, period, self._dashboard.clock()) if self._dashboard.tsdb else []
        return {"server_id": server.id, "server_name": server.name, "metric": name, "data_points": points}

    def _server_services(self, asked: Asked) -> list[dict[str, Any]]:
        server, period, now = self._server_asked(asked), _period(asked), self._dashboard.clock()
        services = self._dashboard.services.values() if self._dashboard.tsdb else ()
        return [history.server_service(service, server, period, now) for service in services]

    def _service_history(self, asked: Asked) -> dict[str, Any]:
        service: Service | None = self._dashboard.services.get(asked.number)
        if service is None:
            raise RefusalError("service not found")
        period, now = _period(asked), self._dashboard.clock()
        servers = [server for server in self._visible(asked.caller) if server.state is not None]
        told = [history.service_server(service, server, period, now) for server in servers if self._dashboard.tsdb]
        return {"service_id": service.id, "service_name": service.name, "servers": told}

    def _server_asked(self, asked: Asked) -> Server:
        server = self._dashboard.servers.get(asked.number)
        if server is None or not asked.caller.sees(server):
            raise RefusalError("server not found")
        return server

    def _rules(self, asked: Asked) -> list[dict[str, Any]]:
        return [self._rule(rule) for rule in self._dashboard.rules.values()]

    def _rule(self, rule: TrafficRule) -> dict[str, Any]:
        begin, _ = rule.period(rule.created_at)
        counted = {
            "type": "transfer_all_cycle",
            "max": rule.max,
            "cycle_start": bodies.whole(begin),
            "cycle_interval": 1,
            "cycle_unit": str(rule.cycle),
            "cover": 0,
        }
        return self._stamps(rule.id, rule.created_at, rule.updated_at or rule.created_at) | {
            "name": rule.name,
            "enable": rule.enabled,
            "trigger_mode": 0,
            "notification_group_id": 1,
            "rules": [counted],
            "fail_trigger_tasks": [],
            "recover_trigger_tasks": [],
        }

    def _change_rule(self, asked: Asked) -> int:
        """Switch a rule on or off; what else its form holds is left alone."""
        if (rule := self._dashboard.rules.get(asked.number)) is None:
            raise RefusalError(f"alert id {asked.number} does not exist")
        rule.enabled, rule.updated_at = asked.body["enable"], self._dashboard.clock()
        return rule.id

    def _force_update(self, asked: Asked) -> dict[str, list[int]]:
        """Have the agents update themselves, as far as they are connected."""
        connected = {server.id for server in self._visible(asked.caller) if self._dashboard.is_connected(server)}
        updated = [number for number in asked.body if number in connected]
        self._dashboard.forced_updates += updated
        return go.filled({"success": updated, "offline": [number for number in asked.body if number not in connected]})

    def _access_tokens(self, asked: Asked) -> list[dict[str, Any]]:
        """Return the tokens without themselves (not recorded but for a token's refusal)."""
        tokens = self._dashboard.credentials.access_tokens
        return [{"id": token.id, "name": token.name, "scopes": sorted(token.scopes)} for token in tokens]

    def _mint(self, asked: Asked) -> dict[str, Any]:
        """Make a token, which is shown this once."""
        match asked.body:
            case {"name": str(name), "scopes": [*scopes]} if name.strip() and scopes:
                pass
            case {"scopes": []}:
                raise RefusalError("at least one scope required")
            case _:
                raise RefusalError("name required")
        if len(name) > NAME_LIMIT:
            raise RefusalError(f"name too long (max {NAME_LIMIT} chars)")
        known = SCOPES if self._has(Trait.INVENTORY_SCOPE) else set(SCOPES) - {INVENTORY_READ}
        if (unknown := next((scope for scope in scopes if scope not in known), None)) is not None:
            raise RefusalError(f"unknown scope: {unknown}")
        servers = asked.body.get("server_ids") or None
        token, access = self._dashboard.credentials.mint(name.strip(), scopes, servers)
        told = {"id": access.id, "name": access.name, "token": token, "scopes": scopes}
        return told | go.filled({"server_ids": servers or []})

    def _recorded(self, record: Record) -> dict[str, Any]:
        return self._stamps(record.id, record.created_at, record.created_at)

    def _stamps(self, number: int, created: float, updated: float) -> dict[str, Any]:
        return {"id": number, "created_at": self._time(created), "updated_at": self._time(updated)}

    def _last_active(self, server: Server) -> str:
        return self._time(server.last_active)

    def _time(self, moment: float | None) -> str:
        """Write a time of the true clock by the dashboard's own."""
        return go.time(None if moment is None else moment + self._dashboard.clock_offset)


def _check_csrf(request: web.Request) -> None:
    cookie = request.cookies.get(CSRF_COOKIE, "")
    if not cookie or not secrets.compare_digest(cookie.encode(), request.headers.get(CSRF_HEADER, "").encode()):
        raise RefusalError(NO_CSRF, 403)


async def _decoded(request: web.Request) -> Any:
    text = await request.text()
    try:
        return json.loads(text) if text else None
    except ValueError as error:
        # Not recorded.
        raise RefusalError("invalid character in the body") from error


def _period(asked: Asked) -> history.Period:
    text = asked.request.query.get("period", "") or history.GUESTS_PERIOD
    if (period := history.PERIODS.get(text)) is None:
        raise RefusalError(f"invalid period: {text}, expected 1d, 7d, or 30d")
    if not asked.caller.known and text != history.GUESTS_PERIOD:
        raise RefusalError("unauthorized: only 1d data available for guests")
    return period
