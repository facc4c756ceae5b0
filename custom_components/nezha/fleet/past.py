"""What a dashboard's series say of whole hours: means, and how far counters had come, over reboots.

Three series of a metric overlap: a day in steps of 30 s, a week of 30 min, a month of 2 h. Each hour is taken from the finest that
covers it as a whole, also where that has no point: the server was silent then, and a coarser step would only spread what it
said before or after. Of a step of two hours, both hours get its mean. Moments are unix seconds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from ..api import Period, Point

HOUR = 3_600
SETTLED = 900
"""Seconds after the end of an hour for which the recorder may still be about to write it: that hour is its own."""
_SAME_BOOT = 120
"""Seconds by which the boot of a series and the one that the recorder has may differ, and be the same."""
_BY_ROUNDING = 1.0
"""Bytes."""

type Series = Mapping[Period, Sequence[Point]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HourMean:
    """An hour of a measurement; least and greatest are known only where the steps are as fine as what Home Assistant sees."""

    start: int
    mean: float
    least: float | None = None
    greatest: float | None = None


def hours_of(period: Period, now: int) -> range:
    """Return the begins of the hours that a period covers as a whole, and that the recorder is done with."""
    first = -(-(now - period.length) // HOUR) * HOUR
    return range(first, (now - SETTLED) // HOUR * HOUR, HOUR)


def bands(period: Period, now: int) -> Mapping[Period, frozenset[int]]:
    """Return which hours of a period are taken from which series: the finest that covers them."""
    found: dict[Period, frozenset[int]] = {}
    taken: set[int] = set()
    for each in Period:
        found[each] = frozenset(hours_of(each, now)) - taken
        taken |= found[each]
        if each is period:
            break
    return found


def hourly_means(series: Series, wanted: Mapping[Period, Iterable[int]]) -> dict[int, HourMean]:
    """Return the means of the hours that are wanted of each series, as far as it has a point in them, by their begin."""
    means: dict[int, HourMean] = {}
    for period, hours in wanted.items():
        values: dict[int, list[float]] = {}
        for point in series.get(period, ()):
            for start in range(point.start // HOUR * HOUR, point.start + period.step, HOUR):
                values.setdefault(start, []).append(point.value)
        for start in hours:
            if found := values.get(start):
                is_fine = period is Period.DAY
                means[start] = HourMean(
                    start=start,
                    mean=sum(found) / len(found),
                    least=min(found) if is_fine else None,
                    greatest=max(found) if is_fine else None,
                )
    return means


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A counter at the end of a step, or a little before."""

    at: int
    value: float
    boot: int
    """The running number of the boot."""
    booted: int
    """When that was, by the dashboard's clock."""


def readings(counter: Series, uptime: Series, wanted: Mapping[Period, Iterable[int]]) -> list[Reading]:
    """Return the readings of a counter in the hours that are wanted of each series, and of which boot each is.

    A server has booted where its uptime is shorter than the time that went by since the reading before: then the boot came in
    between. A counter that falls by itself, as a network card went away, does not prove one.
    """
    raw: list[tuple[int, int, float, float]] = []
    for period, hours in wanted.items():
        chosen = frozenset(hours)
        uptimes = dict(uptime.get(period, ()))
        raw += (
            (point.start + period.step, period.step, point.value, uptimes[point.start])
            for point in counter.get(period, ())
            if point.start in uptimes
            and not chosen.isdisjoint(range(point.start // HOUR * HOUR, point.start + period.step, HOUR))
        )
    raw.sort()
    boots = [0] * len(raw)
    for index, ((before, step_before, _, old), (at, step, _, new)) in enumerate(pairwise(raw), start=1):
        elapsed = at - before
        step = max(step_before, step)
        is_shorter = new < old or new < old + elapsed - step - _SAME_BOOT
        is_boot = new <= elapsed + step and is_shorter
        boots[index] = boots[index - 1] + is_boot
    starts = {
        boot: min(at - int(up) for at, _, _, up in group)
        for boot, group in (
            (boot, [one for _, one in members])
            for boot, members in groupby(zip(boots, raw, strict=True), key=lambda pair: pair[0])
        )
    }
    return [
        Reading(at=at, value=value, boot=boot, booted=starts[boot])
        for boot, (at, _, value, _) in zip(boots, raw, strict=True)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the recorder's statistics of a counter, in bytes."""

    end: int
    state: float
    sum: float
    booted: float | None
    """Since when the counter counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourSum:
    """An hour of a counter that the recorder lacks, so that the sums around it stay as they are."""

    start: int
    state: float
    sum: float
    booted: int


@dataclass(frozen=True, slots=True)
class Sums:
    """The hours that fit in between those that the recorder has, and why others do not."""

    hours: Sequence[HourSum]
    unanchored: int = 0
    """Hours after which the recorder has nothing yet that they could be joined to."""
    uncounted: int = 0
    """Hours before a reboot that Home Assistant did not see: the sums that it has leave no room for what was sent then."""


def fit_sums(readings: Sequence[Reading], rows: Sequence[Row], missing: Iterable[int]) -> Sums:
    """Fit hours in between those that the recorder has, which stay as they are: so no byte is counted twice.

    `rows` are in order; the sum of an hour is that of the next row, less what was sent until then. Before the first row the
    sums may be negative: the recorder begins at 0, and only differences mean anything.
    """
    ends = [row.end for row in rows]
    hours: list[HourSum] = []
    unanchored = uncounted = 0
    for start, last in _last_of_hours(readings, missing):
        following = bisect_right(ends, start + HOUR)
        if following == len(rows):
            unanchored += 1
            continue
        after, before = rows[following], rows[following - 1] if following else None
        # What Home Assistant did not see before a reboot is in no sum: between two rows there is no room for it.
        sent = _sent(readings, last, after, may_cross=before is None)
        total = None if sent is None else after.sum - sent
        if total is None or (before and not before.sum - _BY_ROUNDING <= total <= after.sum + _BY_ROUNDING):
            uncounted += 1
            continue
        hours.append(HourSum(start=start, state=last.value, sum=total, booted=last.booted))
    return Sums(hours, unanchored, uncounted)


def _last_of_hours(readings: Sequence[Reading], missing: Iterable[int]) -> Iterator[tuple[int, Reading]]:
    """Yield the hours that are missing and have a reading, with the last one in each."""
    lasts = {(reading.at - 1) // HOUR * HOUR: reading for reading in readings}
    for start in sorted(missing):
        if start in lasts:
            yield start, lasts[start]


def _sent(readings: Sequence[Reading], last: Reading, row: Row, *, may_cross: bool) -> float | None:
    """Return the bytes from a reading to a row of the recorder.

    `None` where it cannot be said of which boot the row is, or it is of another one and that may not be.
    """
    between = [reading for reading in readings if last.at <= reading.at <= row.end] or [last]
    tops = {reading.boot: reading.value for reading in between}
    boot = _boot_of(row, between)
    if boot == last.boot:
        return row.state - last.value
    if boot is None or boot < last.boot or not may_cross:
        return None
    return sum(top for number, top in tops.items() if number < boot) - last.value + row.state


def _boot_of(row: Row, between: Sequence[Reading]) -> int | None:
    """Return the boot that a row is of: by when that was, or because there is no other."""
    starts = {reading.boot: reading.booted for reading in between}
    if row.booted is not None:
        near = {boot: abs(start - row.booted) for boot, start in starts.items()}
        boot = min(near, key=lambda each: near[each])
        if near[boot] <= _SAME_BOOT:
            return boot
        if row.booted > between[-1].at - _SAME_BOOT:
            # It began after all that the series tells.
            return max(starts) + 1
    return between[-1].boot if len(starts) == 1 and row.state >= between[-1].value else None
