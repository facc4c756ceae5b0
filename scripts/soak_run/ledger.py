"""All that a dashboard ever reported of its servers: the truth that statistics are held against."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import override

from harness.rules import SERVER, server_rule
from harness.simulated import reported
from simulator import Dashboard, Host, Server, State

GIB = 2**30
_IMPOSSIBLE = 2**63
"""A number without a sign that fell below zero is more."""
_FASTEST = 10**13
"""Bytes per second: no machine moves as much."""
TRAFFIC = ("net_in_transfer", "net_out_transfer")
"""The counters, by the simulator's names and the integration's alike."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an agent told at a moment."""

    at: float
    """Unix seconds by the true clock."""
    boot: int
    """How often the machine had booted."""
    counters: tuple[int, int]
    """Bytes, in the order of `TRAFFIC`."""


@dataclass(slots=True)
class Range:
    """The least and the most that was reported of a measurement."""

    least: float
    most: float

    def include(self, value: float) -> None:
        """Widen it."""
        self.least, self.most = min(self.least, value), max(self.most, value)


@dataclass(slots=True)
class History:
    """What was reported of one server, under all its numbers and names."""

    reports: list[Report] = field(default_factory=list)
    ranges: dict[str, Range] = field(default_factory=dict)
    """By the integration's name of a measurement, in the unit of its statistics."""
    announced: set[int] = field(default_factory=set)
    """The boots before whose end Home Assistant had recorded the last report: of these nothing may be missing."""

    def note(self, server: Server) -> None:
        """Take in what the dashboard has of a server, if that is new."""
        state, host, at = server.state, server.host, server.last_active
        if state is None or host is None or at is None:
            return
        counters = (state.net_in_transfer, state.net_out_transfer)
        newest = self.reports[-1] if self.reports else None
        if newest and newest.at >= at and newest.counters == counters:
            return
        for key, value in measurements(host, state):
            if key in self.ranges:
                self.ranges[key].include(value)
            else:
                self.ranges[key] = Range(value, value)
        if max(counters) >= _IMPOSSIBLE:
            return
        self.reports.append(Report(at, server.boots, counters))


class WatchedDashboard(Dashboard):
    """A dashboard that writes down what it is told whenever somebody may see it."""

    def __init__(self, identify: Callable[[Server], str]) -> None:
        """Start without servers; `identify` gives what Home Assistant knows a server by."""
        super().__init__(tokens=())
        self.histories: defaultdict[str, History] = defaultdict(History)
        self._identify = identify

    @override
    def advance(self) -> float:
        now = super().advance()
        for server in self.servers.values():
            self.histories[self._identify(server)].note(server)
        return now

    def history(self, server: Server) -> History:
        """Return what was reported of a server."""
        return self.histories[self._identify(server)]


def measurements(host: Host, state: State) -> Iterator[tuple[str, float]]:
    """Give every measurement that Home Assistant keeps statistics of, as it shows them."""
    server = reported(host, state, 0)
    cards = (f"gpu_{card}" for card in range(len(state.gpu)))
    for key in (*SERVER, *cards, *(f"temperature_{sensor.name}" for sensor in state.temperatures)):
        rule = server_rule(key)
        value = rule.value(server)
        if value is not None and not ("speed" in key and value >= _FASTEST):
            yield key, value / rule.scale
    if state.gpu:
        # v0's one number for all cards.
        yield "gpu_0", sum(state.gpu) / len(state.gpu)
