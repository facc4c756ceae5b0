"""What a simulated dashboard's entities would have shown, had Home Assistant been there all along."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
import functools

from harness.reading import Server
from harness.rules import HUB, SERVICE, Place, server_rule
from harness.simulated import reported
from simulator import Dashboard, Machine, populate

DAY = 86_400
HOUR = 3_600
FIVE_MINUTES = 300
_EARLIER = 60 * DAY
"""Seconds by which each machine booted before that."""
_LATENCIES = ("latency", "latency_now")
_TOTALS = ("net_in_transfer", "net_out_transfer")


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

    def value(self, place: Place, at: float) -> float | None:
        """Return what an entity showed at a moment; none where there is no such past."""
        if place.service is not None:
            return self._of_service(place.service, place.key, at)
        if place.server is None and (place.key not in HUB or "speed" not in place.key):
            return None
        try:
            rule = server_rule(place.key)
        except KeyError:
            return None
        told = (self._at(identity, at) for identity in (self._servers if place.server is None else [place.server]))
        numbers = [number for server in told if server and (number := rule.value(server)) is not None]
        return round(sum(numbers) / rule.scale, rule.decimals) if numbers else None

    def booted(self, place: Place, at: float) -> float:
        """Return since when a counter counted at a moment."""
        told = self._at(place.server or "", at)
        return told.host.boot_time if told and told.host else 0

    def _of_service(self, number: str, key: str, at: float) -> float | None:
        service = self._services.get(number)
        if service is None or not service.probing or service.failing:
            return None
        if key in _LATENCIES:
            return round(service.delay_at(at), SERVICE["latency"].decimals)
        if key not in SERVICE:
            return None
        ups, downs = sum(service.up), sum(service.down)
        return round(100 * ups / (ups + downs), SERVICE[key].decimals)

    # It lives as long as the one past that there is.
    @functools.lru_cache(maxsize=4_096)  # noqa: B019
    def _at(self, identity: str, at: float) -> Server | None:
        server = self._servers.get(identity)
        if server is None or server.host is None:
            return None
        host, machine = server.host, server.machine
        if at < host.boot_time:
            host, machine = replace(host, boot_time=host.boot_time - _EARLIER), self._before[identity]
        return reported(host, machine.state(at), at)


def is_total(place: Place) -> bool:
    """Return whether it is a counter, which has a sum."""
    return place.server is not None and place.key in _TOTALS


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


def periods(past: Past, place: Place, first: float, last: float, step: int, samples: int) -> Iterator[Period]:
    """Yield the periods of `step` seconds between two moments, each of so many samples."""
    for start in range(int(first // step) * step, int(last // step) * step, step):
        told = [past.value(place, start + step * part / samples) for part in range(1, samples + 1)]
        numbers = [value for value in told if value is not None]
        if numbers:
            reset = past.booted(place, start + step) if is_total(place) else 0
            yield Period(start, sum(numbers) / len(numbers), min(numbers), max(numbers), numbers[-1], reset)
