"""The dashboard's clock: the only one by which a server is silent, and one that no answer simply states.

Five clocks are about, each of them off by any amount:

- **the dashboard's**: it writes `last_active`, and `now` into every frame of its WebSocket (v1, v2);
- **the proxy's**: a CDN or nginx before the dashboard may put its own `Date` into the answers, right or wrong;
- **the agent's**: it writes the boot time, and nothing else; it is not used here;
- **Home Assistant's wall clock**: used nowhere;
- **Home Assistant's monotonic clock**: it tells no time, and how much of it went by, whatever anybody sets.

So the dashboard's now is, in this order: what a frame says, and what went by since, while frames arrive; the `Date` of an
answer, corrected by the offset between both clocks; without a `Date`, the time before and what went by since.

The offset is learnt from who reported between two answers: the dashboard's clock is not behind the newest of these reports,
and not further ahead of it than the time between the answers, for it was not there before. Agents report every 1 to 4 s,
so a fleet that is alive tells the dashboard's clock as well as a frame does. While all are silent nothing is learnt, and the
`Date` goes on as before: silence is not mistaken for an offset. A `Date` that jumps while all are silent does not move the
dashboard's clock. Before anything is learnt the `Date` is believed, but for a report that is ahead of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
import time

FRAMES_CEASED_AFTER = 10
"""Seconds. A dashboard sends a frame every 2 s; a socket that is silent for so long counts as lost."""
ROUNDING = 2
"""Seconds by which two readings of one clock differ: both are cut to whole ones, at different moments."""
_BELIEVED_AT_FIRST_SIGHT = 2 * 86_400
"""Seconds by which one report that nobody saw arrive may be ahead of the `Date`: a server that died while the dashboard's
clock was far in the future must not take the others offline."""


class Step(Enum):
    """How the clock came from one reading to the next."""

    STEADY = auto()
    """By as much time as went by."""
    SET = auto()
    """It jumped: somebody set it."""
    CORRECTED = auto()
    """It jumped, for it was only guessed before."""


def elapsed() -> float:
    """Return seconds that go by whatever clock is set."""
    return time.monotonic()


@dataclass(slots=True)
class _Answer:
    """What the answer before had to say about time."""

    date: float
    at: float
    heard: Mapping[str, int | None]
    """When each server reported last, by identity."""


class Clock:
    """The dashboard's clock, as far as its answers and frames show it.

    It never goes back by itself: two sources that disagree by less than the tolerance hold it for a moment. A clock that is
    set is followed, forwards and back, and said to have jumped.
    """

    def __init__(self, tolerance: int, offset: int | None = None) -> None:
        """Take the seconds of error that do no harm, and the offset that was known before a restart."""
        self.now: int | None = None
        """Unix seconds; `None` before the first reading."""
        self._tolerance = tolerance
        self._at = 0.0
        self._frame: tuple[int, float] | None = None
        self._answer: _Answer | None = None
        self._heard: dict[str, int] = {}
        """The newest report of each server that is listed, also where the dashboard forgot it since."""
        self._offset = offset or 0
        self._is_learnt = offset is not None
        self._lagged: int | None = None
        """The offset that the answer before would have, if it was not a fleet that happened to report late."""
        self._has_date = offset is not None

    @property
    def offset(self) -> int | None:
        """Seconds from the `Date` to the dashboard's clock; `None` where that is not known, or there is no `Date`."""
        return self._offset if self._is_learnt and self._has_date else None

    @property
    def is_doubtful(self) -> bool:
        """Whether servers have reported, and none of their reports goes with the only clock that was read, a `Date`."""
        return not self._is_sure and bool(self._heard)

    def _has_frames(self, at: float) -> bool:
        """Whether frames arrive."""
        return self._frame is not None and at - self._frame[1] <= FRAMES_CEASED_AFTER

    def read_frame(self, now: int | None, at: float) -> Step:
        """Take in a frame's `now`, which arrived at a moment of the monotonic clock."""
        if now is None:
            return self._move(int((self.now or 0) + at - self._at), at)
        was_sure = self._is_sure
        self._frame = now, at
        return self._move(now, at, was_sure=was_sure)

    def read_answer(self, date: int | None, heard: Mapping[str, int | None], at: float) -> Step:
        """Take in an answer's `Date` and when each server reported last."""
        was_sure = self._is_sure
        newest, arrived = self._hear(heard)
        self._has_date |= date is not None
        read = float(date) if date is not None else self._dateless(newest, at)
        self._learn(read, newest, arrived, at)
        self._answer = _Answer(read, at, heard)
        if self._frame is not None and self._has_frames(at):
            now = self._frame[0] + at - self._frame[1]
        else:
            now = read + self._offset
        return self._move(int(now), at, was_sure=was_sure)

    @property
    def _is_sure(self) -> bool:
        """Whether anything but a `Date` told the time."""
        return self._is_learnt or self._frame is not None

    def _dateless(self, newest: int | None, at: float) -> float:
        """Return what stands for a `Date` where an answer has none: at first, as if the newest report was of now."""
        if self._answer is None:
            return (newest or 0) - self._offset
        return self._answer.date + at - self._answer.at

    def _hear(self, heard: Mapping[str, int | None]) -> tuple[int | None, int | None]:
        """Return the newest report, and the newest that came since the answer before.

        One that is older than the one before came after the dashboard's clock was set back; but where the dashboard had
        forgotten meanwhile, it may be one that it remembers again.
        """
        before = self._answer.heard if self._answer else {}
        newest = arrived = None
        remembered: dict[str, int] = {}
        for identity, moment in heard.items():
            last = self._heard.get(identity)
            if moment is None:
                if last is not None:
                    remembered[identity] = last
                continue
            remembered[identity] = moment
            if newest is None or moment > newest:
                newest = moment
            if last is None or moment == last or (moment < last and before.get(identity) is None):
                continue
            if arrived is None or moment > arrived:
                arrived = moment
        self._heard = remembered
        return newest, arrived

    def _learn(self, date: float, newest: int | None, arrived: int | None, at: float) -> None:
        """Learn the offset from who reported since the answer before."""
        before = self._answer
        if before is None:
            ahead = 0 if newest is None else newest - (date + self._offset)
            if ROUNDING < ahead <= _BELIEVED_AT_FIRST_SIGHT:
                self._set(int(self._offset + ahead))
            elif newest is not None and -ahead <= self._tolerance:
                self._is_learnt = True
            return
        jump = (date - before.date) - (at - before.at)
        if abs(jump) > self._tolerance and not (arrived is not None and self._fits(date, arrived)):
            # Whose clock was set only a new report tells; until there is one, time went by as it always does.
            self._offset -= int(jump)
            self._is_learnt = False
        if arrived is not None:
            self._compare(date, arrived, at - before.at)

    def _fits(self, date: float, arrived: int) -> bool:
        """Whether the offset goes with a report that came just now."""
        return -ROUNDING <= date + self._offset - arrived <= self._tolerance

    def _compare(self, date: float, arrived: int, elapsed: float) -> None:
        """Compare the offset with the one by which a report came just now."""
        if self._fits(date, arrived):
            self._is_learnt, self._lagged = True, None
            return
        offset = int(arrived - date)
        is_possible = offset < self._offset <= offset + elapsed + ROUNDING
        if is_possible and self._is_learnt and self._lagged is None:
            # Perhaps they were all late once.
            self._lagged = offset
            return
        if is_possible and self._lagged is not None:
            offset = max(offset, self._lagged)
        self._set(offset)
        self._is_learnt, self._lagged = True, None

    def _set(self, offset: int) -> None:
        """Take an offset; one that does no harm is none, so that a `Date` that is right counts to the second."""
        self._offset = 0 if -self._tolerance <= offset <= ROUNDING else offset

    def _move(self, now: int, at: float, *, was_sure: bool = True) -> Step:
        """Set the clock; return how it came there."""
        step = Step.STEADY
        if self.now is not None:
            if abs(now - (self.now + at - self._at)) > self._tolerance:
                step = Step.SET if was_sure else Step.CORRECTED
            else:
                now = max(now, self.now)
        self.now, self._at = now, at
        return step
