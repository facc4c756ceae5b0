"""The machines that a simulated dashboard watches, and the agents that run on them.

A machine is a deterministic function of time and a seed: nothing is stepped, so a jump of hours costs as much as one of
seconds. Nothing in here knows how a dashboard stores what it is told, nor how that looks on the wire.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
import math
import random
import re
import time
from typing import Any
from uuid import UUID, uuid4

DAY = 86_400
GIB = 1024**3


def wall_clock() -> float:
    """Return the time in unix seconds.

    `time.time` is looked up at each call, so that a test can freeze it.
    """
    return time.time()


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What an agent tells when it connects: facts that stay until the next boot."""

    platform: str = "debian"
    platform_version: str = "12.11"
    cpu: tuple[str, ...] = ("AMD EPYC 2 Virtual Core",)
    mem_total: int = 4 * GIB
    """Bytes, as all totals."""
    disk_total: int = 80 * GIB
    swap_total: int = 0
    """0 on a machine without swap."""
    arch: str = "x86_64"
    virtualization: str = "kvm"
    boot_time: int = 0
    """Unix seconds."""
    country_code: str = ""
    """Two letters, lower case."""
    version: str = "0.20.5"
    """The agent's."""
    gpu: tuple[str, ...] = ()
    """The cards' names."""
    ipv4: str = ""
    ipv6: str = ""


@dataclass(frozen=True, slots=True)
class Temperature:
    """One sensor's reading in °C."""

    name: str
    celsius: float


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What an agent reports every few seconds."""

    cpu: float
    """Percent over all cores."""
    mem_used: int
    """Bytes, as all sizes used."""
    swap_used: int
    disk_used: int
    net_in_transfer: int
    """Bytes since boot."""
    net_out_transfer: int
    net_in_speed: int
    """Bytes per second, the mean since the report before."""
    net_out_speed: int
    uptime: int
    """Seconds."""
    load_1: float
    load_5: float
    load_15: float
    tcp_conn_count: int
    udp_conn_count: int
    process_count: int
    temperatures: tuple[Temperature, ...]
    gpu: tuple[float, ...]
    """Percent, one a card, in the order of `Host.gpu`."""


STATE_FIELDS = frozenset(field.name for field in fields(State))
HOST_FIELDS = frozenset(field.name for field in fields(Host)) - STATE_FIELDS
"""Without `cpu` and `gpu`, which are names there and usages in a state."""


@dataclass(frozen=True, slots=True)
class Wave:
    """A sine: `share` of the mean up and down, once in `period` seconds."""

    share: float
    period: float
    phase: float


@dataclass(frozen=True, slots=True)
class Flow:
    """Traffic around a mean rate in bytes per second.

    Made of sines because their integral has a closed form: a counter is exact at any time without being stepped. The
    shares must add up to less than 1, or the traffic would run backwards.
    """

    rate: float
    waves: tuple[Wave, ...] = ()

    def carried(self, start: float, end: float) -> float:
        """Return the bytes that passed between two moments."""
        total = end - start
        for wave in self.waves:
            turn = math.tau / wave.period
            swing = math.cos(turn * start + wave.phase) - math.cos(turn * end + wave.phase)
            total += wave.share / turn * swing
        return self.rate * total


@dataclass(frozen=True, slots=True)
class Meter:
    """A network card's counter: `base` bytes at the moment `since`, then what the flow carries.

    It moves in multiples of `step`, the seconds between two reports, so that the mean speed between two reports is a
    whole number and speed times seconds gives the growth to the byte.
    """

    flow: Flow
    since: float
    base: int
    step: int

    def read(self, at: float) -> int:
        """Return the counter in bytes."""
        if at <= self.since:
            return self.base
        return self.base + self.step * math.floor(self.flow.carried(self.since, at) / self.step)


@dataclass(frozen=True, slots=True)
class Habit:
    """Going away every `period` seconds for `away` seconds, with or without a reboot: life, for a demo."""

    period: float
    phase: float
    away: float
    reboots: bool

    def latest(self, now: float) -> float:
        """Return the newest moment at which it happened."""
        return self.phase + math.floor((now - self.phase) / self.period) * self.period


@dataclass(frozen=True, slots=True)
class _Life:
    """A machine between two boots."""

    until: float
    host: Host
    net_in: Meter
    net_out: Meter


class Machine:
    """One machine and its agent.

    Every control (`silent`, `reboot`, `pin` and so on) first has the dashboard take the reports that were due before.
    """

    def __init__(
        self,
        host: Host,
        *,
        seed: int = 0,
        sensors: tuple[str, ...] = (),
        never_reports: bool = False,
        habit: Habit | None = None,
        interval: int = 2,
        uuid: str | None = None,
    ) -> None:
        """Make a machine that booted at `host.boot_time`; `sensors` name its temperatures, `interval` is in seconds.

        The agent keeps its `uuid` (any, unless given) for good: a dashboard that lost the server knows it again by that.
        """
        chance = random.Random(seed)
        self.interval = interval
        self.uuid = str(uuid4()) if uuid is None else uuid
        self.never_reports = never_reports
        self.mute = False
        """Whether the agent tells its host and then never a state."""
        self.boots = 0
        """How often it has booted since it was made."""
        self.boot_jitter = 0
        """Seconds by which a reported boot time may be off, to either side."""
        self.renames_sensors = False
        """Whether every report names its temperatures anew, as some agents' drivers do."""
        self.phase = chance.random() * interval
        """Seconds: no two agents report at the same moment."""
        self.synchronise: Callable[[], float] = wall_clock
        """Set by the dashboard that watches this machine; returns the time."""
        self._host = host
        self.seed = seed
        self.sensors = sensors
        self._habit = habit
        self._habit_seen = math.inf
        self._pins: dict[str, Any] = {}
        self._silent = False
        self._clock_offset = 0
        self._connected_at = -math.inf
        self._cores = sum(int(count) for name in host.cpu for count in re.findall(r"(\d+) \w+ Core", name)) or 1
        self._calm = 0.12 + 0.4 * chance.random()
        self._peak = DAY * (0.7 + 0.2 * chance.random())
        self._phases = tuple(math.tau * chance.random() for _ in range(3))
        self._processes = chance.randrange(80, 400)
        self._net_in = Meter(_flow(chance), host.boot_time, 0, interval)
        self._net_out = Meter(_flow(chance), host.boot_time, 0, interval)
        self._lives: list[_Life] = []
        """The boots before this one, in order."""
        self._absences: list[tuple[float, float]] = []

    def attach(self, synchronise: Callable[[], float], now: float) -> None:
        """Let the agent run for a dashboard, for just long enough to have reported once."""
        self.synchronise = synchronise
        self._habit_seen = now
        self._connected_at = now - self.interval - self.phase

    @property
    def connected_at(self) -> float:
        """Return when the agent last connected, or will."""
        return self._connected_at

    @property
    def silent(self) -> bool:
        """Whether the agent does not reach the dashboard."""
        return self._silent

    @silent.setter
    def silent(self, silent: bool) -> None:
        now = self.synchronise()
        if self._silent and not silent:
            self._connected_at = now
        self._silent = silent

    @property
    def clock_offset(self) -> int:
        """Seconds by which the machine's own clock is ahead: it tells its boot time by that, and nothing else."""
        return self._clock_offset

    @clock_offset.setter
    def clock_offset(self, seconds: int) -> None:
        self.synchronise()
        self._clock_offset = seconds

    def reboot(
        self,
        at: float | None = None,
        *,
        net_in_rate: float | None = None,
        net_out_rate: float | None = None,
        clock_offset: int = 0,
    ) -> None:
        """Boot anew, now or at an earlier moment (unix seconds): the counters restart at 0.

        From then on the machine's own clock is so many seconds ahead.
        The agent connects at once, unless it is silent: first it tells its host, an interval later its state. The rates
        (bytes per second) make the new counters grow evenly in place of the machine's own traffic.
        """
        now = self.synchronise()
        self._boot(now if at is None else at, net_in_rate, net_out_rate)
        self._clock_offset = clock_offset
        self._connected_at = now

    def was_away(self, since: float, until: float) -> None:
        """Have had the agent silent for a span of the past, up to the moment at which it ends."""
        self._absences.append((since, until))

    @property
    def first_boot(self) -> int:
        """When it first booted, by the true clock."""
        return self._lives[0].host.boot_time if self._lives else self._host.boot_time

    def received(self, at: float) -> int:
        """Return the bytes that it has received since its first boot, whatever its counter said meanwhile."""
        past = sum(life.net_in.read(life.until) for life in self._lives if life.until <= at)
        now = next((life.net_in for life in self._lives if at < life.until), self._net_in)
        return past + now.read(at)

    def recall(self, at: float) -> State | None:
        """Return what it reported at a moment of the past, of this boot or an earlier one; `None` where it was away."""
        if any(since <= at < until for since, until in self._absences):
            return None
        life = next((life for life in self._lives if at < life.until), None)
        if life is None:
            return None if at < self._host.boot_time else self.state(at)
        if at < life.host.boot_time:
            return None
        now = _Life(math.inf, self._host, self._net_in, self._net_out)
        self._host, self._net_in, self._net_out = life.host, life.net_in, life.net_out
        try:
            return self.state(at)
        finally:
            self._host, self._net_in, self._net_out = now.host, now.net_in, now.net_out

    def drop_network_card(self, net_in: int, net_out: int | None = None) -> None:
        """Let the counters fall by so many bytes without a reboot, not below 0; `net_out` as `net_in` unless given."""
        now = self.synchronise()
        lost_in = min(net_in, self._net_in.read(now))
        lost_out = min(net_in if net_out is None else net_out, self._net_out.read(now))
        self._net_in = replace(self._net_in, base=self._net_in.base - lost_in)
        self._net_out = replace(self._net_out, base=self._net_out.base - lost_out)

    def pin(self, **values: Any) -> None:
        """Fix fields of `State` or `Host` from the next report on, until `unpin`."""
        if unknown := values.keys() - HOST_FIELDS - STATE_FIELDS:
            raise TypeError(f"neither a host nor a state has {', '.join(sorted(unknown))}")
        self.synchronise()
        self._pins |= values

    def hold(self, *names: str) -> dict[str, Any]:
        """Fix fields of `State` as they were last reported, until `unpin`, and return them.

        A machine that has not reported since it connected holds what it would report now.
        """
        now = self.synchronise()
        state = self.state(self.last_report(now) or now)
        held = {name: getattr(state, name) for name in names}
        self._pins |= held
        return held

    def unpin(self, *names: str) -> None:
        """Let the machine go its own way again, in these fields or in all."""
        self.synchronise()
        for name in names or tuple(self._pins):
            del self._pins[name]

    def report_now(self) -> None:
        """Report at this very moment, out of turn, so that a test need not wait for the next interval."""
        self._connected_at = self.synchronise() - self.interval

    def reconnect(self, at: float) -> None:
        """Connect at a later moment, because the dashboard was away; a machine that is away itself takes its time."""
        self._connected_at = max(at, self._connected_at)

    def due(self, now: float) -> float | None:
        """Return when the machine's habit last struck, if that has not been lived through yet."""
        if self._habit is None:
            return None
        moment = self._habit.latest(now)
        return moment if moment > self._habit_seen else None

    def live_through(self, moment: float) -> None:
        """Go away at this moment, as is the machine's habit."""
        if self._habit is None:
            raise ValueError("a machine without a habit")
        self._habit_seen = moment
        back = moment + self._habit.away
        if self._habit.reboots:
            self._boot(back - self._habit.away / 4, None, None)
        self._connected_at = back

    def last_contact(self, now: float) -> float | None:
        """Return when the agent last told its host: at its connection and with each report."""
        if self.never_reports or self._silent or now < self._connected_at:
            return None
        return self._connected_at + (now - self._connected_at) // self.interval * self.interval

    def last_report(self, now: float) -> float | None:
        """Return when the agent last reported its state: each interval, for the first time one after it connected."""
        contact = self.last_contact(now)
        return None if contact is None or contact == self._connected_at or self.mute else contact

    def host(self, at: float) -> Host:
        """Return what the agent tells of its host."""
        host = self._host
        if self.boot_jitter:
            jitter = random.Random(f"{self.seed} {int(at)}").randint(-self.boot_jitter, self.boot_jitter)
            host = replace(host, boot_time=host.boot_time + jitter)
        if self._clock_offset:
            host = replace(host, boot_time=max(host.boot_time + self._clock_offset, 1))
        pins = {name: value for name, value in self._pins.items() if name in HOST_FIELDS}
        return replace(host, **pins) if pins else host

    def state(self, at: float) -> State:
        """Return what the agent reports at a moment.

        The load has a daily curve, a wave of minutes and one of seconds, which together look like a machine at work.
        """
        host = self._host
        day = math.sin(math.tau * (at - self._peak) / DAY + math.pi / 2)
        slow = math.sin(at / 97 + self._phases[0])
        fast = math.sin(at / 7.3 + self._phases[1]) * math.sin(at / 2.9 + self._phases[2])
        daily = self._calm + 0.1 * day
        busy = min(max(daily + 0.15 * slow + 0.2 * fast, 0.005), 0.995)
        hours = max(daily + 0.15 * slow, 0.005)
        before = at - self.interval
        net_in, net_out = self._net_in.read(at), self._net_out.read(at)
        state = State(
            cpu=100 * busy,
            mem_used=int(host.mem_total * (0.3 + 0.5 * self._calm + 0.08 * slow)),
            swap_used=int(host.swap_total * (0.1 + 0.05 * day)),
            disk_used=int(host.disk_total * (0.3 + 0.5 * self._calm + 0.001 * day)),
            net_in_transfer=net_in,
            net_out_transfer=net_out,
            net_in_speed=(net_in - self._net_in.read(before)) // self.interval,
            net_out_speed=(net_out - self._net_out.read(before)) // self.interval,
            uptime=int(at) - host.boot_time,
            load_1=self._cores * busy,
            load_5=self._cores * hours,
            load_15=self._cores * max(daily, 0.005),
            tcp_conn_count=int(40 + 300 * hours),
            udp_conn_count=int(4 + 10 * busy),
            process_count=self._processes + int(8 * fast),
            temperatures=tuple(
                Temperature(self._sensor(name, at), 32 + 4 * place + 35 * hours + 4 * fast)
                for place, name in enumerate(self.sensors)
            ),
            gpu=tuple(100 * max(busy - 0.1 * place, 0) for place in range(len(host.gpu))),
        )
        pins = {name: value for name, value in self._pins.items() if name in STATE_FIELDS}
        return replace(state, **pins) if pins else state

    def _sensor(self, name: str, at: float) -> str:
        return f"{name} {int(at) // self.interval}" if self.renames_sensors else name

    def _boot(self, at: float, net_in_rate: float | None, net_out_rate: float | None) -> None:
        self.boots += 1
        self._lives.append(_Life(at, self._host, self._net_in, self._net_out))
        self._host = replace(self._host, boot_time=int(at))
        self._net_in = _restarted(self._net_in, at, net_in_rate)
        self._net_out = _restarted(self._net_out, at, net_out_rate)


def machine_uuid(seed: int) -> str:
    """Return an agent's identity that is the same for the same seed."""
    return str(UUID(int=random.Random(f"uuid {seed}").getrandbits(128), version=4))


def _flow(chance: random.Random) -> Flow:
    waves = (
        Wave(0.35, DAY, math.tau * chance.random()),
        Wave(0.25, 613, math.tau * chance.random()),
        Wave(0.2, 47, math.tau * chance.random()),
        Wave(0.15, 11, math.tau * chance.random()),
    )
    return Flow(10 ** (4 + 2 * chance.random()), waves)


def _restarted(meter: Meter, at: float, rate: float | None) -> Meter:
    return replace(meter, flow=meter.flow if rate is None else Flow(rate), since=at, base=0)
