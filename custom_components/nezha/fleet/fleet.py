"""All servers of one dashboard, through its answers and frames."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
import math
from typing import Any

from ..api import Frame, Report, Server, Snapshot
from .availability import Availability
from .clock import Clock, Step, elapsed
from .known import NOTHING, KnownServer, complete, is_settled, reported
from .limits import GONE_FOR_GOOD
from .memory import Memory, Stored
from .saves import UrgentBoots

UNGROUPED = "ungrouped"
"""Stands for servers without a group where the user chooses groups."""
_LONGEST_DELAY = 60
"""Seconds for which a frame may wait to be taken in."""


class Fleet:
    """All servers of one dashboard."""

    def __init__(self, offline_after: int, stored: Mapping[str, Any], monotonic: Callable[[], float] = elapsed) -> None:
        """Take the seconds of silence that make a server offline, and what `dump` gave in this release or another.

        `monotonic` tells seconds that go by whatever clock is set.
        """
        restored = Stored.from_dict(stored)
        self._offline_after = offline_after
        self._monotonic = monotonic
        # An error of half the threshold takes no server offline that reports every few seconds.
        self._clock = Clock(tolerance=offline_after // 2, offset=restored.clock_offset)
        self._memories = dict(restored.servers)
        self._urgent = UrgentBoots()
        self._availability = Availability(restored.watched, restored.records)
        self._reports: Mapping[int, Report] = {}
        """Those of the newest frame."""
        self._followed_at = -math.inf
        """When that was taken in, by the clock that nobody sets."""
        self._has_looked = False
        self.servers: Mapping[str, KnownServer] = {}
        """By identity; a server of which nothing changed is the same object as before, and so are all together."""

    @property
    def is_clock_doubtful(self) -> bool:
        """Whether a fleet that seems silent may be one before which a proxy's clock is ahead: another answer tells."""
        return self._clock.is_doubtful

    @property
    def now(self) -> int | None:
        """The time by the dashboard's clock when it was heard last."""
        return self._clock.now

    def dump(self) -> dict[str, Any]:
        """Return what has to outlive a restart, as JSON has it.

        Servers that are gone stay in it for a while: they may come back.
        """
        now = self._clock.now
        if now is not None:
            for identity, memory in list(self._memories.items()):
                if identity in self.servers:
                    continue
                if memory.listed is None or memory.listed > now:
                    self._memories[identity] = replace(memory, listed=now)
                elif now - memory.listed > GONE_FOR_GOOD:
                    del self._memories[identity]
        watched, records = self._availability.dump(self.servers.keys() if self._has_looked else None)
        return Stored(
            servers=self._memories, clock_offset=self._clock.offset, watched=watched, records=records
        ).as_dict()

    def availability(self, identity: str, window: int) -> float | None:
        """Return for what part of the last `window` seconds a server was online, in percent, as far as anybody looked.

        `None` where too little of that is known.
        """
        return self._availability.of(identity, window)

    def update(self, snapshot: Snapshot, groups: Iterable[str] | None, *, after_outage: bool) -> bool:
        """Take in an answer; return whether a boot was accepted that has to be on disk before it is shown.

        `groups` limits who is taken; `None` takes all. `after_outage` says that this is the first answer after the
        dashboard was unavailable. What a frame told since the answer was asked for is not undone.
        """
        at = self._monotonic()
        listed = snapshot.servers
        heard = {identity: server.last_active for identity, server in listed.items()}
        step = self._clock.read_answer(snapshot.now, heard, at)
        know = partial(self._know, step=step, after_outage=after_outage)
        wanted = None if groups is None else set(groups)
        reports = self._reports if self._followed_at >= snapshot.asked_at else {}
        servers = {
            identity: know(_with_newer(server, reports.get(server.number), self._memories.get(identity, NOTHING)))
            for identity, server in listed.items()
            if wanted is None or not wanted.isdisjoint(server.groups or (UNGROUPED,))
        }
        if not snapshot.complete:
            # Whoever could not be read this time is judged by what was read last.
            servers = {
                identity: know(known.server) for identity, known in self.servers.items() if identity not in listed
            } | servers
        return self._remember(servers, at, step=step, after_outage=after_outage)

    def follow(self, frame: Frame) -> bool:
        """Take in a frame; return whether a boot was accepted that has to be on disk before it is shown.

        Only the list decides who is there, and what a server is called and made of: a frame may be of a guest's view. Where
        the frame waited for its turn while a list arrived, what the list has is not undone.
        """
        at = self._monotonic()
        step = self._clock.read_frame(frame.now, at)
        before, self._reports, self._followed_at = self._reports, frame.reports, at
        servers = {}
        for identity, known in self.servers.items():
            server = known.server
            report = frame.reports.get(server.number)
            if report is None:
                servers[identity] = known
                continue
            earlier = before.get(server.number)
            if report is not earlier and not _is_outdated(report, earlier, server):
                server = reported(server, known.memory.host, report)
            servers[identity] = self._know(server, step=step)
        return self._remember(servers, at, step=step)

    def _know(self, server: Server, *, step: Step, after_outage: bool = False) -> KnownServer:
        """Complete a server by what is remembered of it; the same object where that is the same as before."""
        now, offline_after = self._clock.now or 0, self._offline_after
        known = self.servers.get(server.identity)
        if (
            known
            and known.server is server
            and step is Step.STEADY
            and not after_outage
            and is_settled(known, now=now, offline_after=offline_after)
        ):
            return known
        memory = self._memories.get(server.identity, NOTHING)
        new = complete(
            known, memory, server, now=now, offline_after=offline_after, step=step, after_outage=after_outage
        )
        may_be_equal = known is not None and known.server.last_active == server.last_active
        return known if known and may_be_equal and new == known else new

    def _remember(
        self, servers: Mapping[str, KnownServer], at: float, *, step: Step, after_outage: bool = False
    ) -> bool:
        changed = {
            identity: known.memory
            for identity, known in servers.items()
            if known.memory is not self._memories.get(identity)
        }
        booted = {
            identity: before.last_reset
            for identity, memory in changed.items()
            if memory.last_reset != (before := self._memories.get(identity, NOTHING)).last_reset
        }
        self._watch(servers, at, step=step, after_outage=after_outage)
        if servers != self.servers:
            self.servers = servers
        self._memories |= changed
        if booted:
            self._urgent.forget_before(at)
        # The first boot that is seen of a server comes once.
        urgent = [identity for identity, last in booted.items() if last is None or self._urgent.admit(identity, at)]
        return bool(urgent)

    def _watch(self, servers: Mapping[str, KnownServer], at: float, *, step: Step, after_outage: bool) -> None:
        """Keep when each server was offline."""
        now = self._clock.now or 0
        self._availability.prepare(now, at, was_set=step is not Step.STEADY, after_outage=after_outage)
        new = servers.keys() - self.servers.keys()
        turned = {
            identity: known.online
            for identity, known in servers.items()
            if identity in new or known.online != self.servers[identity].online
        }
        # What was remembered of those of the first list goes on.
        self._availability.look(now, turned, new if self._has_looked else frozenset())
        self._has_looked = True


def _with_newer(server: Server, report: Report | None, memory: Memory) -> Server:
    """Return a server with what the newest frame said of it, unless the answer has a later report.

    The answer may have waited for its turn while frames arrived; of one second, the frame's is known to be no older. A report
    without a time is of a stream that broke (v2): it is as new as what was heard last.
    """
    if report is None or (server.last_active or 0) > (report.last_active or memory.last_active or 0):
        return server
    return reported(server, server.host, report)


def _is_outdated(report: Report, earlier: Report | None, server: Server) -> bool:
    """Whether a list has a later report of a server than a frame, which was made before it.

    The frames come in order: where a report is older than the one of the frame before, the dashboard's clock was set back.
    """
    if report.last_active is None or server.last_active is None:
        return False
    in_order = earlier is None or earlier.last_active is None or earlier.last_active <= report.last_active
    return in_order and 0 < server.last_active - report.last_active <= _LONGEST_DELAY
