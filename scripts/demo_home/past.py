"""What a simulated dashboard's entities would have shown, had Home Assistant been there all along."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
import functools

from harness.reading import Host, Server, State
from simulator import Dashboard, Machine, populate

from .rules import HUB, SERVICE, server_rule

DAY = 86_400
HOUR = 3_600
FIVE_MINUTES = 300
_EARLIER = 60 * DAY
"""Seconds by which each machine booted before that."""
_LATENCIES = ("latency", "latency_now")
_TOTALS = ("net_in_transfer", "net_out_transfer")


@dataclass(frozen=True, slots=True)
class Value:
    """What an entity showed at a moment, and the text of it."""

    number: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An entity by its place: on a server, a service, or neither."""

    server: str | None
    service: str | None
    key: str

    @property
    def is_total(self) -> bool:
        """Return whether it is a counter, which has a sum."""
        return self.server is not None and self.key in _TOTALS


class Past:
    """The past of a fleet that was fixed at a moment (see `python -m simulator --born`)."""

    def __init__(self, generation: str, servers: int, born: float) -> None:
        """Make the same fleet anew."""
        dashboard = Dashboard(lambda: born)
        populate(dashboard, servers, eventful=True)
        dashboard.advance()
        self.born = born
        self._before: dict[str, Machine] = {}
        """Each machine as it was before it last booted."""
        self._servers = {
            str(server.id) if generation == "v0" else server.machine.uuid: server
            for server in dashboard.servers.values()
            if not server.machine.never_reports
        }
        for identity, server in self._servers.items():
            if server.host is not None:
                host = replace(server.host, boot_time=server.host.boot_time - _EARLIER)
                self._before[identity] = Machine(host, seed=server.machine.seed, sensors=server.machine.sensors)
        self._services = {str(service.id): service for service in dashboard.services.values()}

    def value(self, subject: Subject, at: float) -> Value | None:
        """Return what an entity showed at a moment; none where there is no such past."""
        if subject.service is not None:
            return self._of_service(subject, at)
        if subject.server is not None:
            server = self._at(subject.server, at)
            try:
                rule = server_rule(subject.key)
            except KeyError:
                return None
            number = rule.value(server) if server else None
            return None if number is None else _shown(number / rule.scale, rule.decimals)
        if subject.key not in HUB or "speed" not in subject.key:
            return None
        rule = server_rule(subject.key)
        told = (self._at(identity, at) for identity in self._servers)
        return _shown(sum(rule.value(server) or 0 for server in told if server) / rule.scale, rule.decimals)

    def booted(self, subject: Subject, at: float) -> float:
        """Return since when a counter counted at a moment."""
        told = self._at(subject.server or "", at)
        return told.host.boot_time if told and told.host else 0

    def _of_service(self, subject: Subject, at: float) -> Value | None:
        service = self._services.get(subject.service or "")
        if service is None or not service.probing or service.failing:
            return None
        if subject.key in _LATENCIES:
            return _shown(service.delay_at(at), SERVICE["latency"].decimals)
        if subject.key not in SERVICE:
            return None
        ups, downs = sum(service.up), sum(service.down)
        return _shown(100 * ups / (ups + downs), SERVICE[subject.key].decimals)

    # It lives as long as the one past that there is.
    @functools.lru_cache(maxsize=4_096)  # noqa: B019
    def _at(self, identity: str, at: float) -> Server | None:
        server = self._servers.get(identity)
        if server is None or server.host is None:
            return None
        host, machine = server.host, server.machine
        if at < host.boot_time:
            host, machine = replace(host, boot_time=host.boot_time - _EARLIER), self._before[identity]
        state = machine.state(at)
        numbers = {
            name: float(getattr(state, name))
            for name in (
                *("cpu", "mem_used", "swap_used", "disk_used", "net_in_speed", "net_out_speed"),
                *("net_in_transfer", "net_out_transfer", "load_1", "load_5", "load_15"),
            )
        }
        return Server(
            last_active=int(at),
            host=Host(
                boot_time=host.boot_time,
                mem_total=host.mem_total,
                swap_total=host.swap_total,
                disk_total=host.disk_total,
            ),
            state=State(
                numbers=numbers,
                gpu=state.gpu,
                temperatures={sensor.name: sensor.celsius for sensor in state.temperatures},
            ),
        )


def _shown(number: float, decimals: int) -> Value:
    rounded = round(number, decimals)
    return Value(rounded, str(rounded))


@dataclass(frozen=True, slots=True)
class Period:
    """What the recorder keeps of a span of time: the least, the mean and the most, or the last of a counter."""

    start: float
    mean: float
    least: float
    most: float
    last: float
    reset: float = 0
    """Since when a counter counts."""


def periods(past: Past, subject: Subject, first: float, last: float, step: int, samples: int) -> Iterator[Period]:
    """Yield the periods of `step` seconds between two moments, each of so many samples."""
    for start in range(int(first // step) * step, int(last // step) * step, step):
        told = [past.value(subject, start + step * part / samples) for part in range(1, samples + 1)]
        numbers = [value.number for value in told if value is not None]
        if numbers:
            reset = past.booted(subject, start + step) if subject.is_total else 0
            yield Period(start, sum(numbers) / len(numbers), min(numbers), max(numbers), numbers[-1], reset)
