"""For what part of the last day, week or month a server was online, of the time in which anybody looked.

A server's record holds when it was offline; what nobody saw is held once for the whole fleet: the dashboard's outages, and the
time in which Home Assistant did not run. An outage of a server ends where such a blind span begins, and goes on behind it, so
that the two never overlap and may simply be added up. Moments are whole unix seconds by the dashboard's clock; where that clock is
set, what is recorded moves with it and keeps its age.

All of it is bounded: of too many spans the two that lie closest together become one, which remembers how many of its seconds
count. Only where the begin of a window lies inside of such a span is its share an estimate.
"""

from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, Self

from .limits import LONGEST_UNSEEN, MOST_BLIND_SPANS, MOST_SPANS

DAY = 86_400
LONGEST_WINDOW = 30 * DAY
LEAST_SHARE = 24
"""A window is unknown until this part of it was watched: an hour of a day."""
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999."""


class Span(NamedTuple):
    """A span of time, and how many of its seconds count."""

    start: int
    end: int
    seconds: int


def _within(spans: Iterable[Span], start: int, end: int) -> float:
    """Return how many seconds count between two moments."""
    total = 0.0
    for span in spans:
        overlap = min(span.end, end) - max(span.start, start)
        if overlap > 0:
            total += span.seconds * overlap / (span.end - span.start)
    return total


def _added(spans: Sequence[Span], start: int, end: int, most: int) -> tuple[Span, ...]:
    """Return spans with one more that is the newest, without those that no window reaches."""
    kept = [span for span in spans if span.end > end - LONGEST_WINDOW]
    if end > start:
        kept.append(Span(start, end, end - start))
    while len(kept) > most:
        at = min(range(len(kept) - 1), key=lambda index: kept[index + 1].end - kept[index].start)
        one, other = kept[at : at + 2]
        kept[at : at + 2] = [Span(one.start, other.end, one.seconds + other.seconds)]
    return tuple(kept)


def _moved(spans: Iterable[Span], by: int) -> tuple[Span, ...]:
    return tuple(Span(max(span.start + by, 0), max(span.end + by, 0), span.seconds) for span in spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """When one server was offline."""

    since: int | None = None
    """From when on it is watched; `None` until it was online for the first time."""
    offline: tuple[Span, ...] = ()
    offline_since: int | None = None
    """From when on it is offline now, without the part that nobody saw."""

    def taken(self, *, online: bool, now: int) -> Self:
        """Return it after a look at the server."""
        if self.since is None:
            return replace(self, since=now) if online else self
        if online == (self.offline_since is None):
            return self
        if not online:
            return replace(self, offline_since=now)
        return replace(self._closed(now), offline_since=None)

    def unseen(self, start: int, end: int) -> Self:
        """Return it after a span in which nobody looked."""
        return self if self.offline_since is None else replace(self._closed(start), offline_since=end)

    def moved(self, by: int) -> Self:
        """Return it after the clock was set."""
        return replace(
            self,
            since=None if self.since is None else max(self.since + by, 0),
            offline=_moved(self.offline, by),
            offline_since=None if self.offline_since is None else max(self.offline_since + by, 0),
        )

    def _closed(self, end: int) -> Self:
        assert self.offline_since is not None
        return replace(self, offline=_added(self.offline, self.offline_since, end, MOST_SPANS))

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Restore one; what cannot be read is forgotten, as whatever depends on it is known again in time."""
        if not isinstance(data, Mapping):
            return cls()
        since, offline_since = _moment(data.get("since")), _moment(data.get("offline_since"))
        return cls(
            since=since,
            offline=_spans(data.get("offline"), MOST_SPANS),
            offline_since=None if since is None else offline_since,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """When anybody looked at the fleet, as it is remembered."""

    until: int | None = None
    """The newest look."""
    blind: tuple[Span, ...] = ()

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Restore it as far as it can be read."""
        if not isinstance(data, Mapping):
            return cls()
        return cls(until=_moment(data.get("until")), blind=_spans(data.get("blind"), MOST_BLIND_SPANS))

    def unseen(self, start: int, end: int) -> Self:
        """Return it after a span in which nobody looked."""
        return replace(self, blind=_added(self.blind, start, end, MOST_BLIND_SPANS))

    def moved(self, by: int) -> Self:
        """Return it after the clock was set."""
        return replace(
            self, until=None if self.until is None else max(self.until + by, 0), blind=_moved(self.blind, by)
        )

    def availability(self, record: Record, window: int) -> float | None:
        """Return for what part of the last `window` seconds a server was online, in percent; `None` where little is known."""
        if record.since is None or self.until is None:
            return None
        end = self.until
        start = max(end - window, record.since)
        watched = end - start - _within(self.blind, start, end)
        if watched <= 0 or watched < window / LEAST_SHARE:
            return None
        offline = _within(record.offline, start, end)
        if record.offline_since is not None:
            offline += max(0, end - max(record.offline_since, start))
        return 100 * min(1.0, max(0.0, 1 - offline / watched))


class Availability:
    """The records of a fleet's servers, and when anybody looked at them."""

    def __init__(self, watched: Watched, records: Mapping[str, Record]) -> None:
        """Take what is remembered; nobody has looked since."""
        self._watched = watched
        self._records = dict(records)
        self._looked_at: float | None = None
        """When anybody looked last, by the monotonic clock."""

    def of(self, identity: str, window: int) -> float | None:
        """Return for what part of the last `window` seconds a server was online, in percent."""
        record = self._records.get(identity)
        return None if record is None else self._watched.availability(record, window)

    def prepare(self, now: int, at: float, *, was_set: bool, after_outage: bool) -> None:
        """Take in the time of a look, at a moment of the monotonic clock: it was perhaps a while since the one before.

        `was_set` says that the dashboard's clock was set since, `after_outage` that the dashboard was unavailable.
        """
        before, looked_at = self._watched.until, self._looked_at
        if before is not None:
            expected = now if looked_at is None else before + int(at - looked_at)
            if (was_set and looked_at is not None) or now < before:
                self._move(now - max(expected, before))
                before = self._watched.until
            if before is not None and (looked_at is None or after_outage or now - before > LONGEST_UNSEEN):
                self._unsee(before, now)
        self._watched, self._looked_at = replace(self._watched, until=now), at

    def look(self, now: int, online: Mapping[str, bool], new: AbstractSet[str]) -> None:
        """Take in who is online and who is not, as far as that may have changed.

        Those who are `new` on the list were not watched before, whatever is remembered of them.
        """
        for identity, is_online in online.items():
            before = Record() if identity in new else self._records.get(identity, Record())
            self._records[identity] = before.taken(online=is_online, now=now)

    def dump(self, listed: AbstractSet[str] | None) -> tuple[Watched, Mapping[str, Record]]:
        """Return when anybody looked, and the records of the servers that are listed, or of all."""
        return self._watched, {
            identity: record
            for identity, record in self._records.items()
            if record.since is not None and (listed is None or identity in listed)
        }

    def _move(self, by: int) -> None:
        self._watched = self._watched.moved(by)
        self._records = {identity: record.moved(by) for identity, record in self._records.items()}

    def _unsee(self, start: int, end: int) -> None:
        self._watched = self._watched.unseen(start, end)
        self._records = {identity: record.unseen(start, end) for identity, record in self._records.items()}


def _moment(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _LAST_SECOND else None


def _spans(value: object, most: int) -> tuple[Span, ...]:
    """Return the newest spans of a file that are in order and do not overlap."""
    spans = [span for span in map(_span, value if isinstance(value, list) else ()) if span]
    is_sorted = all(one.end <= other.start for one, other in pairwise(spans))
    return tuple(spans[-most:]) if is_sorted else ()


def _span(value: object) -> Span | None:
    match value:
        case [int(start), int(end), int(seconds)] if 0 <= start < end <= _LAST_SECOND and 0 < seconds <= end - start:
            return Span(start, end, seconds)
    return None
