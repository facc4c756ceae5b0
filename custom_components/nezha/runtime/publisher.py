"""Decides what of all that is known is published now, and whom that concerns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
import time

from ..api import Alert, Service, Task, TrafficCycle
from ..fleet import KnownServer
from .limits import FRAME_EARLY
from .listeners import AgentOf, AlertOf, CyclesOf, FactsOf, LatencyOf, ServiceOf, TaskOf, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """All that entities show."""

    success: bool = True
    """Whether there is anything to show at all."""
    servers: Mapping[str, KnownServer] = field(default_factory=dict)
    """By identity."""
    cycles: Mapping[str, Sequence[TrafficCycle]] = field(default_factory=dict)
    """The traffic cycles that count a server, by its identity."""
    services: Mapping[str, Service] = field(default_factory=dict)
    """By the key of their device."""
    tasks: Mapping[str, Task] = field(default_factory=dict)
    """By the key of their button."""
    alert_rules: Mapping[str, Alert] = field(default_factory=dict)
    """By the key of their switch; so are `service_alerts`."""
    service_alerts: Mapping[str, Alert] = field(default_factory=dict)
    agents: tuple[str | None, bool] = (None, False)
    """The newest version of the agent, and whether the credential may have agents updated."""


def changed_topics(before: Published, after: Published) -> Iterator[Topic]:
    """Give what differs: a server that is another object than before, and apart from it what else there is of it."""
    is_all = before.success != after.success
    if is_all or before.servers is not after.servers:
        for identity in before.servers.keys() | after.servers.keys():
            old, new = before.servers.get(identity), after.servers.get(identity)
            if is_all or old is not new:
                yield identity
                if is_all or old is None or new is None:
                    yield LatencyOf(identity)
                if is_all or old is None or new is None or old.facts != new.facts:
                    yield FactsOf(identity)
                    # A server's cycles are found by its number.
                    yield CyclesOf(identity)
    if before.agents != after.agents:
        for identity in after.servers:
            yield AgentOf(identity)
    if is_all or before.cycles is not after.cycles:
        for identity in _changed_keys(before.cycles, after.cycles, is_all=is_all):
            yield CyclesOf(identity)
    if is_all or before.services is not after.services:
        for key in _changed_keys(before.services, after.services, is_all=is_all):
            yield ServiceOf(key)
    for old_alerts, alerts in (
        (before.alert_rules, after.alert_rules),
        (before.service_alerts, after.service_alerts),
    ):
        if is_all or old_alerts is not alerts:
            for key in _changed_keys(old_alerts, alerts, is_all=is_all):
                yield AlertOf(key)
    if is_all or before.tasks is not after.tasks:
        for key in _changed_keys(before.tasks, after.tasks, is_all=is_all):
            yield TaskOf(key)


def _changed_keys(before: Mapping[str, object], after: Mapping[str, object], *, is_all: bool) -> Iterator[str]:
    for key in before.keys() | after.keys():
        if is_all or before.get(key) != after.get(key):
            yield key


def must_publish_now(known: KnownServer, shown: KnownServer | None) -> bool:
    """Whether a server is published whatever the pace: it came, went online or offline, or booted."""
    return shown is None or shown.online != known.online or shown.memory.last_reset != known.memory.last_reset


class Publisher:
    """The pace at which measurements of frames are published. Whoever is polled is published with each answer."""

    def __init__(self, interval: float) -> None:
        """Take the seconds between two measurements."""
        self._interval = interval
        self._due_at = 0.0

    def all_of(self, known: Mapping[str, KnownServer]) -> Mapping[str, KnownServer]:
        """Publish everything; the pace goes on from here."""
        now = time.monotonic()
        self._due_at += self._interval
        if not now < self._due_at <= now + self._interval + FRAME_EARLY:
            self._due_at = now + self._interval
        return known

    def of_frame(self, known: Mapping[str, KnownServer], shown: Mapping[str, KnownServer]) -> Mapping[str, KnownServer]:
        """Publish everything where that is due, and otherwise what must not wait."""
        if self._is_due():
            return self.all_of(known)
        urgent = {
            identity: server for identity, server in known.items() if must_publish_now(server, shown.get(identity))
        }
        return {**shown, **urgent} if urgent else shown

    def of_list(self, known: Mapping[str, KnownServer], shown: Mapping[str, KnownServer]) -> Mapping[str, KnownServer]:
        """Publish everything but measurements that are not due: frames bring them in their time."""
        if self._is_due():
            return self.all_of(known)
        held = dict(known)
        for identity, before in shown.items():
            if (server := known.get(identity)) and server is not before and not must_publish_now(server, before):
                held[identity] = replace(server, state=before.state, report=before.report)
        return held

    def _is_due(self) -> bool:
        """Whether measurements are due; the next frame would be later than this one is early."""
        return time.monotonic() >= self._due_at - FRAME_EARLY
