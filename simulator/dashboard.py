"""What a dashboard knows of its servers, whatever generation it speaks.

It keeps what agents told it, as long as it runs: its own restart forgets every state and every host.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
import math
import random

from .credentials import Credentials
from .fleet import Host, Machine, State, machine_uuid, wall_clock
from .records import Cycle, Group, Service, ServiceKind, Task, TrafficRule, next_id

RECONNECT_DELAY = 10
"""Seconds that an agent waits before it connects again after an error, as the real one does."""
CYCLES_DELAY = 60
"""Seconds after a dashboard's start without traffic statistics."""

FIRST_WORDS = ("amber", "brisk", "clever", "dapper", "eager", "frosty", "gentle", "humble", "jolly", "lucky", "mellow")
SECOND_WORDS = ("badger", "crane", "dolphin", "falcon", "gecko", "heron", "ibis", "jackal", "koala", "lemur", "marten")


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """How a generation treats what agents tell, as the recorded stories show."""

    forgets_contact: bool = False
    """Whether a broken stream blanks the time of the last report (v2); the state stays in any case."""
    blanks_rebooted: bool = False
    """Whether a reboot blanks state and time until the first report (v2), or the old counters stay for a moment."""
    registers_after: float | None = None
    """Seconds until a deleted server whose agent lives is registered anew (v1); infinite if that takes a new connection
    (v2), None if it never happens (v0)."""


@dataclass(frozen=True, slots=True)
class Orphan:
    """An agent whose server was deleted."""

    machine: Machine
    since: float


@dataclass(slots=True, kw_only=True)
class Server:
    """A server on the dashboard: what its administrator entered, and what its agent last told."""

    id: int
    name: str
    tag: str
    display_index: int
    hide_for_guest: bool
    machine: Machine
    note: str = ""
    """The administrator's own."""
    public_note: str = ""
    foreign: bool = False
    """Whether it is another user's: in frames, but not in the list (v1, v2)."""
    created_at: float = 0
    """Unix seconds by the true clock."""
    updated_at: float = 0
    host: Host | None = None
    """None until the agent connects."""
    state: State | None = None
    """None until the agent's first report."""
    last_active: float | None = None
    """The last report's time by the true clock, in unix seconds; see `Dashboard.last_active`."""
    boots: int = 0
    """The machine's count of boots at its last contact."""


class Dashboard:
    """The memory of a dashboard.

    Reports are taken lazily: `advance`, called at each request, brings every agent's last report up to now.
    """

    def __init__(self, clock: Callable[[], float] = wall_clock, tokens: Iterable[str] = ("demo-token",)) -> None:
        """Make a dashboard without servers; `clock` gives true unix seconds, for the machines too."""
        self.clock = clock
        self.clock_offset = 0
        """Whole seconds by which the dashboard's own clock is ahead (negative: behind), and has always been."""
        self.servers: dict[int, Server] = {}
        self.temper = Temper()
        """Set by whoever puts it on the network, see `Simulator`."""
        self.site_name = "Simulated Nezha"
        self.force_auth = False
        """Whether it shuts guests out, where the release knows that."""
        self.oauth_providers: list[str] = []
        """What else one may log in by."""
        self.tsdb = False
        """Whether it keeps a time series database, which v2 tells and answers from."""
        self.forced_updates: list[int] = []
        """The servers whose agents were told to update themselves, one entry each time."""
        self.agent_release = ""
        """The version that an agent has as soon as it was told to update itself; empty where it finds none."""
        self.credentials = Credentials(clock)
        """Those of v1 and v2; v0 has its tokens."""
        self.groups: dict[int, Group] = {}
        self.services: dict[int, Service] = {}
        self.rules: dict[int, TrafficRule] = {}
        self.tasks: dict[int, Task] = {}
        self._orphans: list[Orphan] = []
        self._tokens = set(tokens)
        self._next_id = 1
        self._stopped_at: float | None = None

    def now(self) -> int:
        """Return the time by the dashboard's own clock, in unix seconds."""
        return int(self.clock()) + self.clock_offset

    def last_active(self, server: Server) -> int | None:
        """Return when a server last reported, by the dashboard's own clock in unix seconds."""
        return None if server.last_active is None else int(server.last_active) + self.clock_offset

    def add_server(
        self,
        name: str,
        machine: Machine | None = None,
        *,
        tag: str = "",
        display_index: int = 0,
        hide_for_guest: bool = False,
        note: str = "",
        public_note: str = "",
        foreign: bool = False,
        server_id: int | None = None,
    ) -> Server:
        """Add a server whose agent has just reported; without a machine it gets an ordinary one, up for three days."""
        now = self.clock()
        server_id = self._next_id if server_id is None else server_id
        if server_id in self.servers:
            raise ValueError(f"there is a server {server_id} already")
        # An id is never given twice, as in the dashboard's database.
        self._next_id = max(self._next_id, server_id + 1)
        if machine is None:
            host = Host(boot_time=int(now) - 3 * 86_400)
            machine = Machine(host, seed=server_id, uuid=machine_uuid(server_id))
        self._orphans = [orphan for orphan in self._orphans if orphan.machine is not machine]
        machine.attach(self.advance, now)
        self.servers[server_id] = Server(
            id=server_id,
            name=name,
            tag=tag,
            display_index=display_index,
            hide_for_guest=hide_for_guest,
            machine=machine,
            note=note,
            public_note=public_note,
            foreign=foreign,
            created_at=now,
            updated_at=now,
            boots=machine.boots,
        )
        return self.servers[server_id]

    def remove_server(self, server_id: int) -> None:
        """Delete a server; see `Temper.registers_after` for what becomes of its agent."""
        now = self.advance()
        server = self.servers.pop(server_id)
        for group in self.groups.values():
            group.servers = [member for member in group.servers if member != server_id]
        if self.temper.registers_after is not None:
            self._orphans.append(Orphan(server.machine, now))

    def rename(self, server_id: int, name: str) -> None:
        """Give a server another name."""
        self.servers[server_id].name = name
        self.servers[server_id].updated_at = self.clock()

    def add_group(self, name: str, servers: Iterable[int] = ()) -> Group:
        """Add a group of servers."""
        group = Group(id=next_id(self.groups), name=name, created_at=self.clock(), servers=list(servers))
        self.groups[group.id] = group
        return group

    def add_service(
        self, name: str, kind: ServiceKind = ServiceKind.TCP, target: str = "192.0.2.1:443", *, probed: int = 1
    ) -> Service:
        """Add a service with so many probes behind it; with none it is not probed until `probing` is set."""
        now = self.clock()
        service = Service(
            id=next_id(self.services), name=name, created_at=now, kind=kind, target=target, probing=probed > 0
        )
        if probed:
            service.probe(probed, now)
        self.services[service.id] = service
        return service

    def add_rule(
        self, name: str, *, cycle: Cycle = Cycle.MONTH, limit: int = 0, servers: Iterable[int] | None = None
    ) -> TrafficRule:
        """Add a traffic rule over these servers (None: all); a `limit` of 0 bytes is none."""
        covered = None if servers is None else frozenset(servers)
        rule = TrafficRule(
            id=next_id(self.rules), name=name, created_at=self.clock(), cycle=cycle, max=limit, servers=covered
        )
        self.rules[rule.id] = rule
        return rule

    def add_task(self, name: str, command: str = "true", servers: Iterable[int] = ()) -> Task:
        """Add a scheduled task."""
        task = Task(id=next_id(self.tasks), name=name, created_at=self.clock(), command=command, servers=list(servers))
        self.tasks[task.id] = task
        return task

    def retag(self, server_id: int, tag: str) -> None:
        """Put a server into another group."""
        self.servers[server_id].tag = tag

    def add_token(self, token: str) -> None:
        """Accept a credential from now on."""
        self._tokens.add(token)

    def revoke_token(self, token: str) -> None:
        """Refuse a credential from now on."""
        self._tokens.discard(token)

    def accepts(self, token: str) -> bool:
        """Return whether a credential is good."""
        return token in self._tokens

    def is_connected(self, server: Server) -> bool:
        """Return whether a server's agent is connected now."""
        return self._stopped_at is None and server.machine.last_contact(self.clock()) is not None

    def advance(self) -> float:
        """Take every report that is due, and return the true time."""
        now = self.clock()
        if self._stopped_at is None:
            for server in self.servers.values():
                if (moment := server.machine.due(now)) is not None:
                    self._take_report(server, moment)
                    server.machine.live_through(moment)
                self._take_report(server, now)
            self._register(now)
            states = {server.id: server.state for server in self.servers.values()}
            for service in self.services.values():
                service.advance(now)
            for rule in self.rules.values():
                rule.advance(now, states)
        return now

    def stop(self) -> None:
        """Stop: no report arrives any more, and everything that agents told is forgotten."""
        self._stopped_at = self.advance()
        for server in self.servers.values():
            server.host = server.state = server.last_active = None
        for service in self.services.values():
            service.forget()
        for rule in self.rules.values():
            rule.absent_until = math.inf

    def start(self) -> None:
        """Start again: each agent comes back at its next attempt."""
        if self._stopped_at is None:
            raise ValueError("the dashboard is running")
        attempts = max(math.ceil((self.clock() - self._stopped_at) / RECONNECT_DELAY), 1)
        back_at = self._stopped_at + attempts * RECONNECT_DELAY
        self._stopped_at = None
        agents = [server.machine for server in self.servers.values()] + [orphan.machine for orphan in self._orphans]
        for machine in agents:
            machine.reconnect(back_at + machine.phase)
        for rule in self.rules.values():
            rule.absent_until = self.clock() + CYCLES_DELAY

    def restart(self) -> None:
        """Stop and start at once: blank until each agent is back, 10 s later or a little more."""
        self.stop()
        self.start()

    def _register(self, now: float) -> None:
        """Take in the agents whose servers were deleted: under another number and another name."""
        for orphan in list(self._orphans):
            machine, after = orphan.machine, self.temper.registers_after
            if after is None or machine.last_contact(now) is None:
                continue
            if now < orphan.since + after and machine.connected_at <= orphan.since:
                continue
            self._orphans.remove(orphan)
            chance = random.Random(f"{machine.uuid} {self._next_id}")
            server = Server(
                id=self._next_id,
                name=f"{chance.choice(FIRST_WORDS)}-{chance.choice(SECOND_WORDS)}",
                tag="",
                display_index=0,
                hide_for_guest=False,
                machine=machine,
                created_at=now,
                updated_at=now,
                boots=machine.boots,
            )
            self._next_id += 1
            self.servers[server.id] = server
            self._take_report(server, now)

    def _take_report(self, server: Server, until: float) -> None:
        machine, temper = server.machine, self.temper
        contact = machine.last_contact(until)
        if contact is not None:
            server.host = machine.host(contact)
            if temper.blanks_rebooted and server.boots != machine.boots:
                server.state = server.last_active = None
            server.boots = machine.boots
        elif temper.forgets_contact:
            server.last_active = None
        reported = machine.last_report(until)
        if reported is not None and (server.last_active is None or reported > server.last_active):
            server.state = machine.state(reported)
            server.last_active = reported
