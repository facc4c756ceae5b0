"""What a Nezha dashboard tells, in one form for all generations.

Sizes are bytes, speeds bytes per second, percentages 0 to 100, times whole unix seconds.
A part that a dashboard does not have (yet, or any more) is `None`, never a row of zeros: after a restart it answers
blanks for every server until the server's agent is back (recorded exchanges `details.json`, `story_v0.jsonl`).
Within a part each field may be unknown by itself, because it is absent, unreadable or impossible: a number is `None` then,
and a text empty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .public_note import PublicNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A server's hardware and system, as its agent reports it after each start."""

    platform: str
    platform_version: str
    cpu: tuple[str, ...]
    gpu: tuple[str, ...]
    memory_total: int | None
    """0 is unknown too, but of swap: there is none."""
    disk_total: int | None
    swap_total: int | None
    arch: str
    virtualization: str
    boot_time: int | None
    """By the server's own clock, not before the year 2000; the same boot may be reported some seconds earlier or later."""
    agent_version: str


UNKNOWN_HOST = Host(
    platform="",
    platform_version="",
    cpu=(),
    gpu=(),
    memory_total=None,
    disk_total=None,
    swap_total=None,
    arch="",
    virtualization="",
    boot_time=None,
    agent_version="",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperature:
    """One temperature sensor of a server."""

    name: str
    celsius: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A server's measurements, as its agent reports them every few seconds."""

    cpu: float | None
    """Percent over all cores."""
    memory_used: int | None
    swap_used: int | None
    disk_used: int | None
    net_in_transfer: int | None
    """Bytes through the network cards since boot."""
    net_out_transfer: int | None
    net_in_speed: int | None
    net_out_speed: int | None
    uptime: int | None
    """Seconds since boot, at least 1."""
    load_1: float | None
    load_5: float | None
    load_15: float | None
    tcp_connections: int | None
    udp_connections: int | None
    processes: int | None
    temperatures: tuple[Temperature, ...]
    gpu: tuple[float | None, ...]
    """Percent, one a card; v0 has a single number for all cards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server as one answer of the dashboard describes it."""

    identity: str
    """What stays when name and address change: the number on v0, the agent's uuid from v1 on."""
    number: int
    """What the dashboard calls it by; a server that registers anew has another one."""
    name: str
    groups: tuple[str, ...]
    ipv4: str
    ipv6: str
    country: str
    """ISO 3166 code in capitals, or empty."""
    last_active: int | None
    """By the dashboard's clock; `None` where the dashboard has heard nothing since its own start."""
    host: Host | None
    state: State | None
    public_note: PublicNote = field(default_factory=PublicNote)
    """Empty on v0, whose notes are not in its API."""
    unreadable: tuple[str, ...] = ()
    """The fields that were there and could not be read or believed, such as `state.mem_used`; never their values."""

    @property
    def boot_time(self) -> int | None:
        """When it booted, by its own clock."""
        return self.host.boot_time if self.host else None

    @property
    def uptime(self) -> int | None:
        """Seconds since boot."""
        return self.state.uptime if self.state else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a frame tells of a server: the part that changes every few seconds."""

    last_active: int | None
    boot_time: int | None
    state: State | None
    unreadable: tuple[str, ...] = ()
    """As in `Server`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A message of the dashboard's WebSocket. It may show more servers than are the user's, or fewer."""

    now: int | None
    """By the dashboard's clock."""
    reports: Mapping[int, Report]
    """By the server's number; the uuid is not in a frame."""
    skipped: int = 0
    """Frames before it that were left out, as they came too soon after one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A probe of the dashboard: HTTP, TCP or ping."""

    number: int
    name: str
    current_up: int | None
    """Successful probes of the last few minutes."""
    current_down: int | None
    delay: tuple[float | None, ...]
    """Milliseconds, the mean of each of the last 30 days, today last. So are `up` and `down`."""
    up: tuple[int | None, ...]
    down: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficCycle:
    """A rule that counts the traffic of servers over a cycle such as a month."""

    number: int
    name: str
    start: datetime | None
    end: datetime | None
    """The next reset."""
    limit: int | None
    """Bytes; 0 is no limit."""
    used: Mapping[int, int | None]
    """Bytes by the server's number; empty for a while after a rule was made."""
    next_count: Mapping[int, datetime] = field(default_factory=dict)
    """When each server is counted next, as far as that is known: it differs after every count, also of the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A scheduled command, which can also be run by hand."""

    number: int
    name: str
    last_run: datetime | None
    last_result: bool | None
    """Whether the last run succeeded; without meaning before there was one."""


class AlertKind(StrEnum):
    """What the dashboard notifies somebody of."""

    RULE = "alert rule"
    """Something that a rule says of servers."""
    SERVICE = "service"
    """A probe that fails, or succeeds again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What the dashboard notifies somebody of, and whether it does at present."""

    kind: AlertKind
    number: int
    """Of the rule, or of the service."""
    name: str
    enabled: bool | None
    created: int
    """Unix seconds: a number that was another one's before comes with another time."""


class Right(StrEnum):
    """What a token may be allowed beside reading servers, groups and services."""

    RUN_TASKS = "run_tasks"
    READ_HISTORY = "read_history"
    UPDATE_AGENTS = "update_agents"
    SWITCH_ALERT_RULES = "switch_alert_rules"
    SWITCH_NOTIFICATIONS = "switch_notifications"


class Kind(StrEnum):
    """What an answer has several of."""

    SERVER = "server"
    GROUP = "group"
    SERVICE = "service"
    CYCLE = "traffic cycle"
    TASK = "task"
    ALERT_RULE = "alert rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """The fields of one thing that could not be read: they are unknown, and nothing else is affected."""

    kind: Kind
    number: int | None
    """`None` where that is what cannot be read, and the thing is left out."""
    name: str
    fields: tuple[str, ...]
    """Such as `state.mem_used`; never their values."""

    def __str__(self) -> str:
        """Say it in a line for the log."""
        called = f"{self.kind} without a number" if self.number is None else f"{self.kind} {self.number}"
        return f"{called}{f' ({self.name})' if self.name else ''}: {', '.join(self.fields)}"


def unreadable_servers(servers: Iterable[Server]) -> tuple[Unreadable, ...]:
    """Return what of these servers could not be read."""
    return tuple(
        Unreadable(kind=Kind.SERVER, number=server.number, name=server.name, fields=server.unreadable)
        for server in servers
        if server.unreadable
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One complete answer of the dashboard."""

    now: int | None
    """By the answer's `Date`: the clock of whoever answered, perhaps a proxy. `None` without one that can be read."""
    servers: Mapping[str, Server]
    """By identity."""
    omitted: tuple[str, ...]
    """What could not be read and why, one line a server; the others are unaffected."""
    unreadable: tuple[Unreadable, ...] = ()
    """What is there and has unknown fields, because they were not readable; to be logged, each once in a while."""
    groups_known: bool = True
    """Whether servers without a group really have none."""
    services: Mapping[int, Service] | None = None
    """By number; `None` where they are unavailable. So are `cycles` and `tasks`."""
    cycles: Mapping[int, TrafficCycle] | None = None
    tasks: Mapping[int, Task] | None = None
    runs_tasks: bool | None = None
    """Whether the credential may run tasks; `None` where no answer said so."""
    asked_at: float = 0
    """When it was asked for, by a clock that nobody sets: what a frame said after that may be newer."""

    @property
    def complete(self) -> bool:
        """Whether a server that is not here is not on the dashboard either."""
        return not self.omitted
