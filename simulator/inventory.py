"""What v1 and v2 answer of servers, groups, services, traffic and tasks, and send in frames.

What was not recorded is marked: it follows the notes beside the recordings, or the dashboard's source.
"""

from collections.abc import Callable
from typing import Any

from aiohttp import hdrs

from . import bodies, go, history
from .callers import GUEST, Caller, RefusalError
from .credentials import CRON_EXEC, CRON_READ, INVENTORY_READ, SERVER_READ, SERVICE_READ
from .dashboard import Dashboard, Server
from .endpoint import NUMBER, Asked, Endpoint
from .records import Group, Record, Service, Task, TrafficRule
from .releases import Release, Trait


class Inventory:
    """What there is, as a release shows it."""

    def __init__(self, dashboard: Dashboard, release: Release) -> None:
        """Look at a dashboard."""
        self.dashboard = dashboard
        self.release = release

    @property
    def scope(self) -> str:
        """Return what a token has to be good for, to see servers."""
        return INVENTORY_READ if self.release.has(Trait.INVENTORY_SCOPE) else SERVER_READ

    def endpoints(self) -> list[Endpoint]:
        """Return what reads it, and what runs a task."""
        manual = hdrs.METH_POST if self.release.has(Trait.TASKS_BY_POST) else hdrs.METH_GET
        return [
            Endpoint(path="/server", answer=self._servers, scope=self.scope),
            Endpoint(path="/server-group", answer=self._groups, scope=self.scope, guests=True),
            Endpoint(path="/service", answer=self._services, scope=SERVICE_READ, guests=True),
            Endpoint(path="/service/list", answer=self._service_list, scope=SERVICE_READ, since=Trait.SERVICE_LIST),
            Endpoint(path="/service/server", answer=self._probing_servers, scope=SERVICE_READ, guests=True),
            Endpoint(path="/service/{id}", answer=self._service_by_number, scope=SERVICE_READ, guests=True),
            Endpoint(path="/setting", answer=self._setting, guests=True, forced=False),
            Endpoint(path="/cron", answer=self._tasks, scope=CRON_READ),
            Endpoint(path=f"/cron/{NUMBER}/manual", answer=self._run, method=manual, scope=CRON_EXEC),
        ]

    def frame(self, caller: Caller, first: bool, online: int, guest: bool) -> dict[str, Any]:
        """Return a frame, see `live.Compose`."""
        viewer = GUEST if guest else caller
        return (
            {"now": self.dashboard.now() * 1_000}
            | ({"online": online} if self.release.has(Trait.ONLINE_IN_FRAMES) else {})
            | {"servers": [self._streamed(server, viewer, first=first) for server in self.visible(viewer)]}
        )

    def visible(self, caller: Caller) -> list[Server]:
        """Return the servers that a caller sees, in the dashboard's order."""
        servers = [server for server in self.dashboard.servers.values() if caller.sees(server)]
        return sorted(servers, key=lambda server: (-server.display_index, server.id))

    def server_asked(self, asked: Asked) -> Server:
        """Return the server that is asked for, or refuse."""
        server = self.dashboard.servers.get(asked.number)
        if server is None or not asked.caller.sees(server):
            raise RefusalError("server not found")
        return server

    def _hides(self, caller: Caller) -> Callable[[int], bool]:
        """Return what tells of a server's number whether groups and traffic leave it out."""
        if not self.release.has(Trait.HIDDEN_EVERYWHERE):
            return lambda _: False
        servers = self.dashboard.servers
        return lambda server_id: server_id not in servers or not caller.sees(servers[server_id])

    def _servers(self, asked: Asked) -> list[dict[str, Any]]:
        return [self._server(server) for server in self.visible(asked.caller) if not server.foreign]

    def _server(self, server: Server) -> dict[str, Any]:
        host = server.host
        return (
            self.stamps(server.id, server.created_at, server.updated_at)
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
            | ({"owner": {"id": 0}} if self.release.has(Trait.OWNERS) else {})
        )

    def _streamed(self, server: Server, viewer: Caller, *, first: bool) -> dict[str, Any]:
        host = server.host
        # Another user's server shows as to a guest: not recorded.
        full = (viewer.known and not server.foreign) or not self.release.has(Trait.HOSTS_FILTERED)
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

        return [told(group) for group in self.dashboard.groups.values()]

    def _services(self, asked: Asked) -> dict[str, Any]:
        now, hides = self.dashboard.clock(), self._hides(asked.caller)
        rules = [rule for rule in self.dashboard.rules.values() if rule.enabled and now >= rule.absent_until]
        told = {
            service.id: bodies.probes(service, self._recorded(service), self.release, asked.caller)
            for service in self.dashboard.services.values()
            if service.shown or self.release.has(Trait.ALL_SERVICES)
        }
        return go.filled(
            {
                "services": bodies.by_id(told),
                "cycle_transfer_stats": bodies.by_id({rule.id: self._traffic(rule, hides) for rule in rules}),
            }
        )

    def _traffic(self, rule: TrafficRule, hides: Callable[[int], bool]) -> dict[str, Any]:
        begin, end = rule.period(self.dashboard.clock())
        names = {server.id: server.name for server in self.dashboard.servers.values()}
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
        services = self.dashboard.services.values()
        return [bodies.service(service, self._stored(service), self.release) for service in services]

    def _service_by_number(self, asked: Asked) -> list[dict[str, Any]] | None:
        """Refuse what is no number, as the list of services is where there is none.

        A number is that of a server on v1, which tells what it probed in a day (not recorded: as the source has it).
        """
        text = asked.request.match_info["id"]
        if not text.isdecimal():
            raise RefusalError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
        server = self.dashboard.servers.get(int(text))
        if server is None or self.release.has(Trait.SERVER_PAGES):
            return None
        now, period = self.dashboard.clock(), history.PERIODS[history.GUESTS_PERIOD]
        told = [history.server_service(each, server, period, now) for each in self.dashboard.services.values()]
        return [{key: value for key, value in each.items() if key != "display_index"} for each in told]

    def _probing_servers(self, asked: Asked) -> list[int]:
        """Return the servers that probe anything."""
        return [server.id for server in self.visible(asked.caller) if server.state is not None]

    def _setting(self, asked: Asked) -> dict[str, Any]:
        return bodies.settings(self.dashboard, self.release, asked.caller)

    def _tasks(self, asked: Asked) -> list[dict[str, Any]]:
        return [self._task(task) for task in self.dashboard.tasks.values()]

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
        if (task := self.dashboard.tasks.get(asked.number)) is None:
            raise RefusalError(f"task id {asked.number} does not exist")
        task.run(self.dashboard.clock())

    def _recorded(self, record: Record) -> dict[str, Any]:
        return self.stamps(record.id, record.created_at, record.created_at)

    def _stored(self, service: Service) -> dict[str, Any]:
        return self.stamps(service.id, service.created_at, service.updated_at or service.created_at)

    def stamps(self, number: int, created: float, updated: float) -> dict[str, Any]:
        """Return the head of a record, as it was stored when the dashboard's clock was right."""
        return {"id": number, "created_at": go.time(created), "updated_at": go.time(updated)}

    def _last_active(self, server: Server) -> str:
        return self._time(server.last_active)

    def _time(self, moment: float | None) -> str:
        """Write a time of the true clock by the dashboard's own."""
        return go.time(None if moment is None else moment + self.dashboard.clock_offset)
