"""Nezha v1 and v2 on the wire, as recorded from 1.14.14 and 2.3.7; a `Dialect` holds what differs.

What was not recorded is marked: it follows the notes beside the recordings, or the dashboard's source.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
import functools
import json
import math
import secrets
from typing import Any

from aiohttp import hdrs, web

from . import go
from .credentials import (
    CRON_EXEC,
    CRON_READ,
    INVENTORY_READ,
    PAT_PREFIX,
    SERVER_READ,
    SERVICE_READ,
    AccessToken,
)
from .dashboard import Dashboard, Server, Temper
from .firewall import Firewall
from .fleet import Host, State
from .live import Live
from .records import Group, Record, Service, Task, TrafficRule

UNAUTHORISED = "ApiErrorUnauthorized"
WRONG_TOKEN = "ApiErrorUnauthorized: invalid api token"
NO_SCOPE = "ApiErrorForbidden: api token lacks scope {}"
NO_CSRF = "ApiErrorForbidden: invalid csrf token"
"""Not recorded: only the status is known."""

JWT_COOKIE = "nz-jwt"
CSRF_COOKIE = "nz-csrf"
CSRF_HEADER = "X-CSRF-Token"

FRONTENDS = (
    {"path": "admin-dist", "name": "OfficialAdmin", "author": "nezhahq", "is_admin": True, "is_official": True},
    {"path": "user-dist", "name": "Official", "author": "hamster1963", "is_official": True},
    {"path": "nezha-ascii-dist", "name": "Nezha-ASCII", "author": "hamster1963"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What one generation does and the other does not."""

    temper: Temper
    manual_method: str
    """How a task is run: GET before v2.0.14, POST since."""
    access_tokens: bool = False
    csrf: bool = False
    """Whether a POST with a JWT wants the CSRF pair."""
    owners: bool = False
    """Whether a server names its owner."""
    tsdb: bool = False
    """Whether the settings tell of the time series database, which came with v2.0.0."""
    hides_everywhere: bool = False
    """Whether groups and traffic leave out what a guest may not see; v1 names hidden servers in both."""
    all_services: bool = False
    """Whether every service is shown, or those that are set to."""
    server_pages: bool = False
    """Whether a server has metrics and services of its own."""


DIALECTS = {
    "v1": Dialect(temper=Temper(registers_after=4), manual_method=hdrs.METH_GET),
    "v2": Dialect(
        temper=Temper(forgets_contact=True, blanks_rebooted=True, registers_after=math.inf),
        manual_method=hdrs.METH_POST,
        access_tokens=True,
        csrf=True,
        owners=True,
        tsdb=True,
        hides_everywhere=True,
        all_services=True,
        server_pages=True,
    ),
}


class RefusalError(Exception):
    """A request that is not answered."""

    def __init__(self, error: str, status: int = 200) -> None:
        """Say why."""
        super().__init__(error)
        self.error = error
        self.status = status


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a user, a personal access token, or (neither) a guest."""

    user: bool = False
    token: AccessToken | None = None

    @property
    def known(self) -> bool:
        """Return whether it is no guest."""
        return self.user or self.token is not None

    def require(self, scope: str | None) -> None:
        """Refuse a token without a scope."""
        if self.token is not None and scope is not None and scope not in self.token.scopes:
            raise RefusalError(NO_SCOPE.format(scope), 403)

    def sees(self, server: Server) -> bool:
        """Return whether a server is shown at all."""
        if self.token is not None and self.token.servers is not None:
            return server.id in self.token.servers
        return self.known or not server.hide_for_guest


GUEST = Caller()

type Answer = Callable[[web.Request, Caller], Any]
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


class V1:
    """The endpoints of a v1 or v2 dashboard."""

    def __init__(self, dashboard: Dashboard, firewall: Firewall, live: Live, dialect: Dialect) -> None:
        """Speak for a dashboard."""
        self.temper = dialect.temper
        self._dashboard = dashboard
        self._firewall = firewall
        self._live = live
        self._dialect = dialect

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
        return go.response({"error": "404 Not Found"}, 404)

    def blocked(self) -> web.Response:
        """Return the firewall's page."""
        page = "<!DOCTYPE html>\n<html><head><title>Blocked</title></head><body><h1>Blocked by Nezha WAF</h1></body></html>\n"
        return web.Response(text=page, status=403, content_type="text/html", charset="utf-8")

    def _endpoints(self) -> list[Endpoint]:
        manual = "/cron/{id:[0-9]+}/manual"
        endpoints = [
            Endpoint(path="/server", answer=self._servers, scope=INVENTORY_READ),
            Endpoint(path="/server-group", answer=self._groups, scope=INVENTORY_READ, guests=True),
            Endpoint(path="/service", answer=self._services, scope=SERVICE_READ, guests=True),
            Endpoint(path="/service/list", answer=self._service_list, scope=SERVICE_READ),
            Endpoint(path="/setting", answer=self._setting, guests=True),
            Endpoint(path="/cron", answer=self._tasks, scope=CRON_READ),
            Endpoint(path=manual, answer=self._run, method=self._dialect.manual_method, scope=CRON_EXEC),
        ]
        if self._dialect.server_pages:
            server = "/server/{id:[0-9]+}"
            endpoints += [
                Endpoint(path=f"{server}/metrics", answer=self._metrics, scope=SERVER_READ),
                Endpoint(path=f"{server}/service", answer=self._server_services, scope=SERVICE_READ),
            ]
        return endpoints

    async def _handle(self, endpoint: Endpoint, request: web.Request) -> web.Response:
        try:
            caller = self._admit(request, endpoint.scope, guests=endpoint.guests)
            if endpoint.method == hdrs.METH_POST and caller.user and self._dialect.csrf:
                _check_csrf(request)
            data = endpoint.answer(request, caller)
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
            self._firewall.reject(request.remote or "")
            return self._refuse(RefusalError(UNAUTHORISED))
        expires = go.time(int(login.expires) + self._dashboard.clock_offset)
        answer = go.response({"success": True, "data": {"token": login.token, "expire": expires}})
        life = int(self._dashboard.credentials.jwt_life)
        answer.set_cookie(JWT_COOKIE, login.token, max_age=life, httponly=True)
        if self._dialect.csrf:
            answer.set_cookie(CSRF_COOKIE, secrets.token_urlsafe(24), max_age=life)
        return answer

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        try:
            caller = self._admit(request, INVENTORY_READ, guests=True)
        except RefusalError as refusal:
            return self._refuse(refusal)
        return await self._live.serve(request, functools.partial(self._frame, caller))

    def _refuse(self, refusal: RefusalError) -> web.Response:
        self._dashboard.credentials.refusals[refusal.error] += 1
        return go.response({"error": refusal.error}, refusal.status)

    def _admit(self, request: web.Request, scope: str | None, *, guests: bool) -> Caller:
        """Return who asks, or refuse."""
        caller = self._caller(request)
        if not caller.known and not guests:
            raise RefusalError(UNAUTHORISED)
        caller.require(scope)
        return caller

    def _caller(self, request: web.Request) -> Caller:
        scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        token = given if scheme == "Bearer" else request.cookies.get(JWT_COOKIE, "")
        credentials = self._dashboard.credentials
        if self._dialect.access_tokens and token.startswith(PAT_PREFIX):
            access = credentials.access_token(token)
            if access is None:
                self._firewall.reject(request.remote or "")
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
        if not self._dialect.hides_everywhere:
            return lambda _: False
        servers = self._dashboard.servers
        return lambda server_id: server_id not in servers or not caller.sees(servers[server_id])

    def _servers(self, request: web.Request, caller: Caller) -> list[dict[str, Any]]:
        return [self._server(server) for server in self._visible(caller) if not server.foreign]

    def _server(self, server: Server) -> dict[str, Any]:
        host = server.host
        return (
            self._stamps(server.id, server.created_at, server.updated_at)
            | {"name": server.name, "uuid": server.machine.uuid}
            | go.filled({"note": server.note, "public_note": server.public_note})
            | {"display_index": server.display_index}
            | go.filled({"hide_for_guest": server.hide_for_guest})
            | {
                "host": {} if host is None else _host(host),
                "state": {} if server.state is None else _state(server.state),
                "geoip": {"ip": {}} if host is None else _geoip(host),
                "last_active": self._last_active(server),
            }
            | ({"owner": {"id": 0}} if self._dialect.owners else {})
        )

    def _frame(self, caller: Caller, first: bool, online: int, guest: bool) -> dict[str, Any]:
        """Return a frame, see `live.Compose`."""
        viewer = GUEST if guest else caller
        return {
            "now": self._dashboard.now() * 1_000,
            "online": online,
            "servers": [self._streamed(server, viewer, first=first) for server in self._visible(viewer)],
        }

    def _streamed(self, server: Server, viewer: Caller, *, first: bool) -> dict[str, Any]:
        host = server.host
        # Another user's server shows as to a guest: not recorded.
        full = viewer.known and not server.foreign
        return (
            {"id": server.id, "name": server.name}
            | go.filled(
                {"public_note": server.public_note if first else "", "display_index": server.display_index},
            )
            | {
                "host": {} if host is None else _host(host, full=full),
                "state": {} if server.state is None else _state(server.state),
            }
            # Not recorded, since the recorded servers have no country; its name and place are the source's.
            | go.filled({"country_code": "" if host is None else host.country_code})
            | {"last_active": self._last_active(server)}
        )

    def _groups(self, request: web.Request, caller: Caller) -> list[dict[str, Any]]:
        hides = self._hides(caller)

        def told(group: Group) -> dict[str, Any]:
            return {
                "group": self._recorded(group) | {"name": group.name},
                "servers": [server_id for server_id in group.servers if not hides(server_id)],
            }

        return [told(group) for group in self._dashboard.groups.values()]

    def _services(self, request: web.Request, caller: Caller) -> dict[str, Any]:
        services = self._dashboard.services.values()
        now, hides = self._dashboard.clock(), self._hides(caller)
        rules = [rule for rule in self._dashboard.rules.values() if now >= rule.absent_until]
        return go.filled(
            {
                "services": _by_id(
                    {
                        service.id: _probes(service)
                        for service in services
                        if service.shown or self._dialect.all_services
                    }
                ),
                "cycle_transfer_stats": _by_id({rule.id: self._traffic(rule, hides) for rule in rules}),
            }
        )

    def _traffic(self, rule: TrafficRule, hides: Callable[[int], bool]) -> dict[str, Any]:
        begin, end = rule.period(self._dashboard.clock())
        names = {server.id: server.name for server in self._dashboard.servers.values()}
        told = {server_id: sent for server_id, sent in rule.transfer.items() if not hides(server_id)}
        update = self._time(rule.next_update)
        return {
            "name": rule.name,
            "from": _whole(begin),
            "to": _whole(end),
            "max": rule.max,
            "min": rule.min,
            "server_name": _by_id({server_id: names.get(server_id, "") for server_id in told}),
            "transfer": _by_id(told),
            "next_update": _by_id(dict.fromkeys(told, update)),
        }

    def _service_list(self, request: web.Request, caller: Caller) -> list[dict[str, Any]]:
        return [self._service(service) for service in self._dashboard.services.values()]

    def _service(self, service: Service) -> dict[str, Any]:
        return (
            self._recorded(service)
            | {
                "name": service.name,
                "type": int(service.kind),
                "target": service.target,
                "duration": service.interval,
            }
            | ({"display_index": 0} if self._dialect.all_services else {})
            | {"notification_group_id": 1, "cover": 0}
            | go.filled({"enable_show_in_service": service.shown and not self._dialect.all_services})
            | {
                "fail_trigger_tasks": None,
                "recover_trigger_tasks": None,
                "min_latency": 0,
                "max_latency": 0,
                "skip_servers": {},
            }
        )

    def _setting(self, request: web.Request, caller: Caller) -> dict[str, Any]:
        """Return the settings: a guest and a token get less than a user (not recorded for v2's user)."""
        config: dict[str, Any] = {"language": "en-US", "site_name": self._dashboard.site_name}
        more: dict[str, Any] = {}
        if caller.user:
            config |= {"user_template": "user-dist", "admin_template": "admin-dist"}
            more = {"version": "debug", "frontend_templates": [_frontend(frontend) for frontend in FRONTENDS]}
        config |= {"ip_change_notification_group_id": 0, "cover": int(caller.user)}
        return {"config": config} | more | ({"tsdb_enabled": False} if self._dialect.tsdb else {})

    def _tasks(self, request: web.Request, caller: Caller) -> list[dict[str, Any]]:
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

    def _run(self, request: web.Request, caller: Caller) -> None:
        number = int(request.match_info["id"])
        if (task := self._dashboard.tasks.get(number)) is None:
            raise RefusalError(f"task id {number} does not exist")
        task.run(self._dashboard.clock())

    def _metrics(self, request: web.Request, caller: Caller) -> dict[str, Any]:
        """Return what there is without a time series database: nothing."""
        server = self._asked(request, caller)
        metric = request.query.get("metric", "")
        return {"server_id": server.id, "server_name": server.name, "metric": metric, "data_points": []}

    def _server_services(self, request: web.Request, caller: Caller) -> None:
        self._asked(request, caller)

    def _asked(self, request: web.Request, caller: Caller) -> Server:
        server = self._dashboard.servers.get(int(request.match_info["id"]))
        if server is None or not caller.sees(server):
            raise RefusalError("server not found")
        return server

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


def _host(host: Host, *, full: bool = True) -> dict[str, Any]:
    """Return what is told of a host; a guest learns no versions."""
    return go.filled(
        {
            "platform": host.platform,
            "platform_version": host.platform_version if full else "",
            "cpu": list(host.cpu),
            "mem_total": host.mem_total,
            "disk_total": host.disk_total,
            "swap_total": host.swap_total,
            "arch": host.arch,
            "virtualization": host.virtualization,
            "boot_time": host.boot_time,
            "version": host.version if full else "",
            "gpu": list(host.gpu),
        }
    )


def _state(state: State) -> dict[str, Any]:
    return go.filled(
        {
            "cpu": go.number(state.cpu),
            "mem_used": state.mem_used,
            "swap_used": state.swap_used,
            "disk_used": state.disk_used,
            "net_in_transfer": state.net_in_transfer,
            "net_out_transfer": state.net_out_transfer,
            "net_in_speed": state.net_in_speed,
            "net_out_speed": state.net_out_speed,
            "uptime": state.uptime,
            "load_1": go.number(state.load_1),
            "load_5": go.number(state.load_5),
            "load_15": go.number(state.load_15),
            "tcp_conn_count": state.tcp_conn_count,
            "udp_conn_count": state.udp_conn_count,
            "process_count": state.process_count,
            # Its keys have capitals in every generation.
            "temperatures": [
                {"Name": sensor.name, "Temperature": go.number(sensor.celsius)} for sensor in state.temperatures
            ],
            "gpu": [go.number(percent) for percent in state.gpu],
        }
    )


def _geoip(host: Host) -> dict[str, Any]:
    addresses = go.filled({"ipv4_addr": host.ipv4, "ipv6_addr": host.ipv6})
    return {"ip": addresses} | go.filled({"country_code": host.country_code})


def _probes(service: Service) -> dict[str, Any]:
    ups = sum(service.current)
    return {
        "service_name": service.name,
        "current_up": ups,
        "current_down": len(service.current) - ups,
        "total_up": sum(service.up),
        "total_down": sum(service.down),
        "delay": [go.number(milliseconds) for milliseconds in service.delay],
        "up": service.up,
        "down": service.down,
    }


def _frontend(facts: Mapping[str, Any]) -> dict[str, Any]:
    path, name, author = facts["path"], facts["name"], facts["author"]
    flags = {key: facts[key] for key in ("is_admin", "is_official") if key in facts}
    repository = f"https://github.com/{author}/{path}"
    return {"path": path, "name": name, "repository": repository, "author": author, "version": "v1.0.0"} | flags


def _by_id[T](items: Mapping[int, T]) -> dict[str, T]:
    """Return an object as Go writes a map: with its keys as texts, in their order."""
    return {key: items[int(key)] for key in sorted(map(str, items))}


def _whole(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
