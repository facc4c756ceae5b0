"""What an administrator keeps on a v1 or v2 dashboard besides servers: groups, probes, traffic rules and tasks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import enum
import math

from .fleet import DAY, State

BUCKETS = 30
"""Days that a probe remembers; the last is today."""
CURRENT = 30
"""The newest results that make up `current_up` and `current_down`."""
RECALCULATION = 1_800
"""Seconds between two recalculations of a traffic rule, as recorded."""


@dataclass(slots=True, kw_only=True)
class Record:
    """What all of them have."""

    id: int
    name: str
    created_at: float
    """Unix seconds."""


@dataclass(slots=True, kw_only=True)
class Group(Record):
    """A group of servers; a server may be in several."""

    servers: list[int]


class ServiceKind(enum.IntEnum):
    """How a service is probed, by the number on the wire (`model/service.go`)."""

    HTTP = 1
    PING = 2
    TCP = 3


def _days() -> list[int]:
    return [0] * BUCKETS


def _delays() -> list[float]:
    return [0.0] * BUCKETS


@dataclass(slots=True, kw_only=True)
class Service(Record):
    """A probe; it is taken lazily, as the agents' reports are."""

    kind: ServiceKind
    target: str
    interval: int = 30
    """Seconds between two probes."""
    shown: bool = True
    """Whether v1 shows it outside its settings; v2 shows all."""
    probing: bool = True
    """Whether probes are made at all."""
    failing: bool = False
    trigger_tasks: list[int] | None = None
    """What its administrator has run at a failure; None where none was ever entered, an empty list where all were taken out."""
    recover_tasks: list[int] | None = None
    """What is run when it succeeds again."""
    order: int = 0
    notify: bool = False
    """Whether anybody is notified of its failures."""
    notification_group: int = 1
    latency_notify: bool = False
    min_latency: float = 0
    """Milliseconds. So is `max_latency`."""
    max_latency: float = 0
    triggers: bool = False
    """Whether the tasks are run."""
    hidden: bool = False
    """From guests."""
    cover: int = 0
    """0 probes from all servers but those that are skipped, 1 from no other ones."""
    skip_servers: dict[str, bool] = field(default_factory=dict)
    updated_at: float | None = None
    latency: float = 25.0
    """Milliseconds; the probes differ by a fifth."""
    delay: list[float] = field(default_factory=_delays)
    up: list[int] = field(default_factory=_days)
    down: list[int] = field(default_factory=_days)
    current: list[bool] = field(default_factory=list)
    """The newest results, True for a success."""
    _probed_at: float | None = None

    def advance(self, now: float) -> None:
        """Make the probes that are due."""
        before = self.created_at if self._probed_at is None else self._probed_at
        for _ in range(min(int(now // DAY) - int(before // DAY), BUCKETS)):
            for buckets in (self.delay, self.up, self.down):
                buckets.append(0)
                del buckets[0]
        due = math.floor((now - before) / self.interval)
        if not self.probing:
            self._probed_at = now
        elif due > 0:
            today = math.floor((now - now // DAY * DAY) / self.interval)
            self.probe(min(due, max(today, 1)), now)
            self._probed_at = before + due * self.interval

    def probe(self, count: int = 1, now: float = 0) -> None:
        """Make so many probes at once."""
        self.current = (self.current + [not self.failing] * min(count, CURRENT))[-CURRENT:]
        if self.failing:
            self.down[-1] += count
            return
        latency = self.delay_at(now)
        self.delay[-1] = (self.delay[-1] * self.up[-1] + latency * count) / (self.up[-1] + count)
        self.up[-1] += count

    def delay_at(self, moment: float) -> float:
        """Return the milliseconds that a probe takes at a moment."""
        return self.latency * (1 + 0.2 * math.sin(moment / 97 + self.id))

    def forget(self) -> None:
        """Forget what a dashboard's restart forgets: today and the newest results."""
        self.current = []
        self.delay[-1], self.up[-1], self.down[-1] = 0.0, 0, 0


class Cycle(enum.StrEnum):
    """How often a traffic rule starts anew, in UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(slots=True, kw_only=True)
class TrafficRule(Record):
    """An alert rule that counts the traffic of servers over a cycle."""

    cycle: Cycle = Cycle.MONTH
    max: int = 0
    """Bytes; 0 is no limit."""
    min: int = 0
    servers: frozenset[int] | None = None
    """None covers all."""
    enabled: bool = True
    """Whether it counts, and is shown in the traffic."""
    updated_at: float | None = None
    notification_group: int = 1
    trigger_mode: int = 0
    fail_tasks: list[int] = field(default_factory=list)
    recover_tasks: list[int] = field(default_factory=list)
    counting: bool = True
    """False for a rule that was made a moment ago: it has counted nothing, of no server."""
    transfer: dict[int, int] = field(default_factory=dict)
    """Bytes by server; grows at each recalculation only."""
    next_update: float = -math.inf
    absent_until: float = -math.inf
    """After the dashboard's restart there are no statistics for a while."""
    _counters: dict[int, int] = field(default_factory=dict)
    _began: datetime | None = None

    def period(self, now: float) -> tuple[datetime, datetime]:
        """Return when the present cycle began, and when it ends."""
        today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        match self.cycle:
            case Cycle.DAY:
                return today, today + timedelta(days=1)
            case Cycle.WEEK:
                monday = today - timedelta(days=today.weekday())
                return monday, monday + timedelta(days=7)
            case Cycle.MONTH:
                first = today.replace(day=1)
                return first, (first + timedelta(days=32)).replace(day=1)

    def covers(self, server_id: int) -> bool:
        """Return whether it counts a server."""
        return self.servers is None or server_id in self.servers

    def advance(self, now: float, states: Mapping[int, State | None]) -> None:
        """Recalculate if that is due, and for a server that is new."""
        begin, _ = self.period(now)
        if self._began is not None and begin != self._began:
            self.transfer.clear()
            self.next_update = now
        self._began = begin
        covered = {server_id: state for server_id, state in states.items() if self.counting and self.covers(server_id)}
        for gone in self.transfer.keys() - covered.keys():
            del self.transfer[gone]
        if now >= self.next_update:
            self.next_update = now + RECALCULATION
            self._count(covered)
        elif covered.keys() != self.transfer.keys():
            self._count({server_id: covered[server_id] for server_id in covered.keys() - self.transfer.keys()})

    def _count(self, states: Mapping[int, State | None]) -> None:
        for server_id, state in states.items():
            counted = self.transfer.setdefault(server_id, 0)
            if state is None:
                continue
            counter = state.net_in_transfer + state.net_out_transfer
            before = self._counters.get(server_id, counter)
            self.transfer[server_id] = counted + (counter - before if counter >= before else counter)
            self._counters[server_id] = counter


@dataclass(slots=True, kw_only=True)
class Task(Record):
    """A scheduled task, run by hand only: nothing here keeps its schedule."""

    command: str
    scheduler: str = "0 0 3 * * *"
    servers: list[int] = field(default_factory=list)
    succeeds: bool = True
    """What its next run comes to."""
    last_executed_at: float | None = None
    last_result: bool = False
    runs: list[float] = field(default_factory=list)
    """When it was started, in unix seconds."""

    def run(self, now: float) -> None:
        """Run, and have the result at once."""
        self.runs.append(now)
        self.last_executed_at = now
        self.last_result = self.succeeds


def next_id(records: Iterable[int]) -> int:
    """Return the number after the highest."""
    return max(records, default=0) + 1
