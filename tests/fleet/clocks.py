"""A dashboard behind a proxy and its agents, each with a clock of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from custom_components.nezha.api import Report, Server

from .world import DAY, NOW, Watch, host, reported, state

CADENCE = 3
"""Seconds between two reports of an agent."""
FRAME_PACE = 2
OFFSETS = (-DAY, -45, -16, 0, 14, 29, 45, DAY)
UP_FOR = 100_000
"""Seconds since the servers booted when the story begins."""


@dataclass
class Clocks:
    """How far each of them is ahead, in seconds; Home Assistant's own is asked by nobody."""

    dashboard: int = 0
    proxy: int = 0
    """Beyond the dashboard's."""
    agent: int = 0


def wrong_clock(offset: int) -> Iterator[tuple[str, Clocks]]:
    """Give every single clock that is wrong by an offset, and a name for it."""
    yield f"the proxy's by {offset}", Clocks(proxy=offset)
    yield f"the dashboard's by {offset}", Clocks(dashboard=offset)
    yield f"the agents' by {offset}", Clocks(agent=offset)


def wrong_clocks() -> Iterator[tuple[str, Clocks]]:
    """Give every clock that is wrong, alone or with all others, by every offset."""
    for offset in OFFSETS:
        yield from wrong_clock(offset)
        yield f"all, each by its own part of {offset}", Clocks(proxy=offset, dashboard=-offset // 2, agent=offset)


@dataclass
class Agent:
    """A server that reports, but for a while."""

    number: int
    silent: tuple[float, float] = (0, 0)
    boots: list[float] = field(default_factory=lambda: [-float(UP_FOR)])
    """When it booted."""
    down_for: float = 0
    """Seconds of silence before each boot but the first."""

    def newest_report(self, at: float) -> float:
        """Return when it reported last."""
        phase = (self.number * 0.7) % CADENCE
        moment = (at - phase) // CADENCE * CADENCE + phase
        for begin, end in (self.silent, *((boot - self.down_for, boot) for boot in self.boots[1:])):
            if begin < moment < end:
                moment = (begin - phase) // CADENCE * CADENCE + phase
        return moment


@dataclass
class Seen:
    """Who was online, answer by answer and frame by frame."""

    moments: list[float] = field(default_factory=list)
    online: dict[int, list[bool]] = field(default_factory=dict)
    resets: dict[int, list[int]] = field(default_factory=dict)
    """What each server's counters counted from."""

    def off(self, number: int) -> list[float]:
        """Return when a server was offline."""
        return [moment for moment, online in zip(self.moments, self.online[number], strict=True) if not online]

    def turns(self, number: int) -> int:
        """Return how often a server went offline or came online."""
        states = self.online[number]
        return sum(one is not other for one, other in pairwise(states))


@dataclass
class Story:
    """What Home Assistant gets to see of it."""

    generation: str
    agents: list[Agent]
    clocks: Clocks
    interval: int = 30
    """Seconds between two polls."""
    has_frames: bool = False
    frames_lost: tuple[float, float] = (0, 0)
    has_date: bool = True
    has_boot_time: bool = True
    jumps: dict[float, Clocks] = field(default_factory=dict)
    """The clocks from a moment on."""

    def clocks_at(self, at: float) -> Clocks:
        """Return how far the clocks are ahead at a moment."""
        moments = [moment for moment in self.jumps if moment <= at]
        return self.jumps[max(moments)] if moments else self.clocks

    def dashboards(self, at: float) -> int:
        """Return the dashboard's time at a moment, as it was written then."""
        return int(NOW + at + self.clocks_at(at).dashboard)

    def server(self, agent: Agent, at: float) -> Server:
        """Return how the list has a server."""
        moment = agent.newest_report(at)
        boot = max(boot for boot in agent.boots if boot <= moment)
        # v2 forgets when a server reported as soon as its stream breaks.
        is_lost = self.generation == "v2" and at - moment > 2 * CADENCE
        return reported(
            self.dashboards(moment),
            agent.number,
            host=host(int(NOW + boot + self.clocks.agent) if self.has_boot_time else None),
            state=state(int(moment - boot) or None, net=int(moment - boot) * 1_000),
            **({"last_active": None} if is_lost else {}),
        )

    def events(self, until: float) -> Iterator[tuple[float, bool]]:
        """Give the moments of polls and frames in their order, and which of them are frames."""
        polls = [(float(at), False) for at in range(0, int(until), self.interval)]
        frames = [
            (at + 0.5, True)
            for at in range(0, int(until), FRAME_PACE)
            if self.has_frames and not self.frames_lost[0] <= at < self.frames_lost[1]
        ]
        yield from sorted(polls + frames)

    def told(self, watch: Watch, until: float = 600) -> Seen:
        """Let a fleet see it."""
        seen = Seen()
        for at, is_frame in self.events(until):
            servers = [self.server(agent, at) for agent in self.agents]
            if is_frame:
                reports = {
                    server.number: Report(
                        last_active=server.last_active, boot_time=server.boot_time, state=server.state
                    )
                    for server in servers
                }
                watch.follows(self.dashboards(at), reports, passed=at)
            else:
                date = self.dashboards(at) + self.clocks_at(at).proxy if self.has_date else None
                watch.sees(date, *servers, passed=at)
            seen.moments.append(at)
            for agent in self.agents:
                known = watch[str(agent.number)]
                seen.online.setdefault(agent.number, []).append(known.online)
                if (reset := known.memory.last_reset) is not None:
                    seen.resets.setdefault(agent.number, []).append(reset)
        return seen
