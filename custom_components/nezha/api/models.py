"""What a Nezha dashboard tells, in one form for all generations.

Sizes are bytes, speeds bytes per second, percentages 0 to 100, times whole unix seconds.
A part that a dashboard does not have (yet, or any more) is `None`, never a row of zeros: after a restart it answers
blanks for every server until the server's agent is back (recorded exchanges `details.json`, `story_v0.jsonl`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .public_note import PublicNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A server's hardware and system, as its agent reports it after each start."""

    platform: str
    platform_version: str
    cpu: tuple[str, ...]
    gpu: tuple[str, ...]
    memory_total: int
    disk_total: int
    swap_total: int
    arch: str
    virtualization: str
    boot_time: int
    """By the server's own clock; the same boot may be reported some seconds earlier or later."""
    agent_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperature:
    """One temperature sensor of a server."""

    name: str
    celsius: float


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A server's measurements, as its agent reports them every few seconds."""

    cpu: float
    """Percent over all cores."""
    memory_used: int
    swap_used: int
    disk_used: int
    net_in_transfer: int
    """Bytes through the network cards since boot."""
    net_out_transfer: int
    net_in_speed: int
    net_out_speed: int
    uptime: int
    """Seconds since boot."""
    load_1: float
    load_5: float
    load_15: float
    tcp_connections: int
    udp_connections: int
    processes: int
    temperatures: tuple[Temperature, ...]
    gpu: tuple[float, ...]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a frame tells of a server: the part that changes every few seconds."""

    last_active: int | None
    boot_time: int | None
    state: State | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A message of the dashboard's WebSocket. It may show more servers than are the user's, or fewer."""

    now: int
    """By the dashboard's clock."""
    reports: Mapping[int, Report]
    """By the server's number; the uuid is not in a frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A probe of the dashboard: HTTP, TCP or ping."""

    number: int
    name: str
    current_up: int
    """Successful probes of the last few minutes."""
    current_down: int
    delay: tuple[float, ...]
    """Milliseconds, the mean of each of the last 30 days, today last. So are `up` and `down`."""
    up: tuple[int, ...]
    down: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficCycle:
    """A rule that counts the traffic of servers over a cycle such as a month."""

    number: int
    name: str
    start: datetime
    end: datetime
    """The next reset."""
    limit: int
    """Bytes; 0 is no limit."""
    used: Mapping[int, int]
    """Bytes by the server's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A scheduled command, which can also be run by hand."""

    number: int
    name: str
    last_run: datetime | None
    last_result: bool
    """Whether the last run succeeded; without meaning before there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One complete answer of the dashboard."""

    now: int
    """By the dashboard's clock."""
    servers: Mapping[str, Server]
    """By identity."""
    omitted: tuple[str, ...]
    """What could not be read and why, one line a server; the others are unaffected."""
    groups_known: bool = True
    """Whether servers without a group really have none."""
    services: Mapping[int, Service] | None = None
    """By number; `None` where they cannot be had now or at all. So are `cycles` and `tasks`."""
    cycles: Mapping[int, TrafficCycle] | None = None
    tasks: Mapping[int, Task] | None = None
    runs_tasks: bool = False
    """Whether the credential may run tasks."""

    @property
    def complete(self) -> bool:
        """Whether a server that is not here is not on the dashboard either."""
        return not self.omitted
