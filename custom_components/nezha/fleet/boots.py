"""Whether a report is of the boot that is known, of a new one, or of one that is not known yet.

Traffic counters start anew at a boot, so one boot taken for two counts bytes twice, and two taken for one lose them. No
single fact proves a boot:

- the **boot time** is by the agent's clock. It jitters by seconds, is in 1970 or at the last shutdown until that clock is
  set, and moves when it is put right. Some agents do not know it (Android, some MIPS);
- the **start** is `last_active` less `uptime`: the same moment by the dashboard's clock. It moves when that one is put right, by
  a pause of a virtual machine, and, as the agent computes the uptime from its boot time, for up to ten minutes when the agent's
  clock is put right;
- the **uptime** falls at a boot, unless nobody looked for as long as it takes to pass its old value;
- the **counters** fall at a boot, unless they have passed their old values, and fall without one where a network card goes
  away (README of the API, "Traffic counters").

`decide` compares what is remembered with what is reported. The first row that fits is the verdict; "repeated" is a boot time
that came beside another state before, and "later" that the boot began after the newest report of the one that is known:

| remembered | reported | verdict |
|---|---|---|
| nothing | no time of the report | unknown |
| nothing | no boot time, and a host that tells nothing at all | unknown |
| nothing | a boot time after the report, not repeated | unknown |
| nothing | anything else | new |
| a boot | no time of the report; and another boot time, or a fallen uptime, or without uptime fallen counters | unknown |
| a boot | no time of the report | same |
| a boot | the same start | same |
| a boot, its time | a blank host; and a later start or a fallen uptime, or without uptime fallen counters | unknown |
| a boot, its time | a blank host | same |
| a boot | the same boot time; uptime and counters have both fallen | new |
| a boot | the same boot time | same |
| a boot | uptime and counters of the report that is known already | same |
| a boot, its time | a boot time that moved further than the start, not repeated | between |
| a boot | the uptime has fallen, and a counter too | new |
| a boot | the uptime has fallen, and the boot is later, or the dashboard's clock went back | new |
| a boot | a later boot | new |
| a boot | no uptime to compare, and the counters have fallen; the boot time did not stay | new |
| a boot | anything else: a clock was put right, or a machine paused | same |

*Between* is the state of a boot that nobody saw beside the boot time of the next, which v0 shows for two seconds: the next
report tells. A state of a boot that is *between* or *unknown* must not be shown beside what is known.
"""

from dataclasses import dataclass
from enum import Enum, auto

from ..api import Server
from .limits import MOST_AHEAD

JITTER = 60
"""Seconds. Agents report the same boot some seconds earlier or later."""
YEAR_2000 = 946_684_800
"""No server booted before, and no clock that says so was ever set."""


class Verdict(Enum):
    """Of which boot a report is."""

    SAME = auto()
    """The one that is known."""
    NEW = auto()
    """The one that is reported: to be known from here on."""
    BETWEEN = auto()
    """One that began after what is known and ended before what is reported."""
    UNKNOWN = auto()
    """It cannot be said: a later report will tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """What a report tells of the boot that it is of, and what is remembered of it."""

    time: int | None = None
    """By the agent's clock."""
    reported: int | None = None
    """When the newest report came, by the dashboard's clock."""
    uptime: int | None = None
    """In that report, in seconds."""
    net_in_transfer: int | None = None
    """In that report, in bytes."""
    net_out_transfer: int | None = None

    @property
    def started(self) -> int | None:
        """The boot by the dashboard's clock."""
        return None if self.reported is None or self.uptime is None else self.reported - self.uptime


def boot_of(server: Server) -> Boot | None:
    """Return what a server's newest report tells of its boot, if there is one."""
    if (state := server.state) is None:
        return None
    reported, uptime = server.last_active, state.uptime
    if uptime is not None and reported is not None and reported - uptime < YEAR_2000 <= reported:
        # The agent's clock was set, and its boot time not yet.
        uptime = None
    time = server.host.boot_time if server.host else None
    if time is not None and (time < YEAR_2000 or (reported is not None and time - reported > MOST_AHEAD)):
        time = None
    return Boot(
        time=time,
        reported=reported,
        uptime=uptime,
        net_in_transfer=state.net_in_transfer,
        net_out_transfer=state.net_out_transfer,
    )


def decide(known: Boot | None, new: Boot, *, is_host_blank: bool, is_repeated: bool) -> Verdict:
    """Decide by the table above of which boot a report is.

    `is_host_blank` says that the host beside it tells nothing at all; `is_repeated` that the same boot time came beside
    another state before.
    """
    if known is None:
        return _decide_first(new, is_host_blank=is_host_blank, is_repeated=is_repeated)
    later = _difference(new.started, known.started)
    if later is not None and -JITTER <= later <= JITTER:
        return Verdict.SAME
    uptime_fell = _is_less(new.uptime, known.uptime, JITTER)
    if new.reported is None:
        is_other = _is_apart(new.time, known.time) or uptime_fell or (new.uptime is None and _all_fell(known, new))
        return Verdict.UNKNOWN if is_other else Verdict.SAME
    if new.time is None and known.time is not None and is_host_blank:
        is_other = (later is not None and later > JITTER) or uptime_fell
        is_other = is_other or (new.uptime is None and _all_fell(known, new))
        return Verdict.UNKNOWN if is_other else Verdict.SAME
    moved = _difference(new.time, known.time)
    if moved is not None and abs(moved) <= JITTER:
        return Verdict.NEW if uptime_fell and _all_fell(known, new) else Verdict.SAME
    if _is_copy(known, new):
        return Verdict.SAME
    if later is None:
        return _decide_without_start(known, new)
    is_ongoing = later <= JITTER and not uptime_fell
    if moved is not None and moved - later > JITTER and not is_ongoing and not is_repeated:
        return Verdict.BETWEEN
    is_new = _began_after(known, new)
    if uptime_fell:
        is_new = is_new or _one_fell(known, new) or _is_less(new.reported, known.reported, JITTER)
    return Verdict.NEW if is_new else Verdict.SAME


def _decide_first(new: Boot, *, is_host_blank: bool, is_repeated: bool) -> Verdict:
    if new.reported is None:
        return Verdict.UNKNOWN
    if new.time is None:
        return Verdict.UNKNOWN if is_host_blank else Verdict.NEW
    return Verdict.NEW if new.time <= new.reported or is_repeated else Verdict.UNKNOWN


def _decide_without_start(known: Boot, new: Boot) -> Verdict:
    """Decide where one of both has no uptime."""
    is_later = _is_less(known.reported, new.started, JITTER)
    return Verdict.NEW if is_later or _all_fell(known, new) else Verdict.SAME


def _difference(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one - other


def _is_apart(one: int | None, other: int | None) -> bool:
    difference = _difference(one, other)
    return difference is not None and abs(difference) > JITTER


def _is_less(one: int | None, other: int | None, by: int = 0) -> bool:
    difference = _difference(one, other)
    return difference is not None and difference < -by


def _one_fell(known: Boot, new: Boot) -> bool:
    return _is_less(new.net_in_transfer, known.net_in_transfer) or _is_less(
        new.net_out_transfer, known.net_out_transfer
    )


def _all_fell(known: Boot, new: Boot) -> bool:
    """Whether each counter fell that can be compared, and there is one."""
    differences = (
        _difference(new.net_in_transfer, known.net_in_transfer),
        _difference(new.net_out_transfer, known.net_out_transfer),
    )
    comparable = [difference for difference in differences if difference is not None]
    return bool(comparable) and max(comparable) < 0


def _is_copy(known: Boot, new: Boot) -> bool:
    """Whether it is the report that is known already, whatever stands beside it."""
    return (
        new.uptime is not None
        and new.uptime == known.uptime
        and new.net_in_transfer == known.net_in_transfer
        and new.net_out_transfer == known.net_out_transfer
    )


def _began_after(known: Boot, new: Boot) -> bool:
    """Whether it began after the newest report of the boot that is known, by the dashboard's clock."""
    started, reported = new.started, known.reported
    return started is not None and reported is not None and started > reported - JITTER


def continued(known: Boot, new: Boot, *, may_correct: bool) -> Boot:
    """Return what is to be remembered of a boot after one more report of it.

    A boot time that moved is a clock that was put right: it is taken over where `may_correct` says that it was repeated.
    One that was not known is taken over at once.
    """
    if new.reported is None or _is_copy(known, new):
        return known
    time, uptime = known.time, new.uptime
    if new.time is not None and new.time != time and (time is None or (may_correct and _is_apart(new.time, time))):
        time = new.time
    started, before = new.started, known.started
    if before is not None and (started is None or started < before - JITTER):
        # More uptime than time went by: the agent's clock was put right, and its boot time follows later.
        if not _is_less(new.reported, known.reported, JITTER):
            uptime = max(new.reported - before, 0)
    if (
        time == new.time
        and uptime == new.uptime
        and new.net_in_transfer is not None
        and new.net_out_transfer is not None
    ):
        return new
    return Boot(
        time=time,
        reported=new.reported,
        uptime=known.uptime if uptime is None else uptime,
        net_in_transfer=known.net_in_transfer if new.net_in_transfer is None else new.net_in_transfer,
        net_out_transfer=known.net_out_transfer if new.net_out_transfer is None else new.net_out_transfer,
    )


def last_reset(new: Boot, before: int | None) -> int:
    """Return what the counters of a new boot count from; it differs from what those of the boot before counted from.

    By the agent's clock as far as it tells the boots apart, else by the dashboard's: then it is when the boot began, or when
    it was first reported.
    """
    assert new.reported is not None
    for moment in (new.time, new.started, new.reported):
        if moment is not None and (before is None or abs(moment - before) > JITTER):
            return max(moment, 0)
    return max(new.reported, (before or 0) + 1)
