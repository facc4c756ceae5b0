"""Works out the latency of the last minutes from the mean of the day, which is all that a dashboard tells of every service."""

from collections import deque
from dataclasses import dataclass

_WINDOW = 300
"""Seconds that the latency is of, or a little more: until the newest probe before them."""
_LONGEST_SILENCE = 900
"""Seconds without a successful probe, after which the latency is unknown."""


@dataclass(frozen=True, slots=True)
class _Sample:
    """What the day came to at a moment."""

    at: float
    probes: int
    milliseconds: float
    """Of all successful probes together."""


class RecentLatency:
    """The latency of one service."""

    def __init__(self) -> None:
        """Know no probe yet."""
        self._samples: deque[_Sample] = deque()

    def update(self, now: float, probes: int, mean: float) -> float | None:
        """Take today's number of successful probes and their mean; return the mean of those of the last minutes.

        `now` is a moment of a clock that never goes back, in seconds. At first nothing is known: the dashboard's mean says
        nothing of when.
        """
        samples = self._samples
        if samples and probes < samples[-1].probes:
            # Another day, or another start of the dashboard: it counts from zero.
            samples.clear()
            samples.append(_Sample(now, 0, 0))
        if not samples or probes > samples[-1].probes:
            samples.append(_Sample(now, probes, probes * mean))
        while len(samples) > 2 and samples[1].at <= now - _WINDOW:
            samples.popleft()
        first, last = samples[0], samples[-1]
        if last.probes == first.probes or now - last.at > _LONGEST_SILENCE:
            return None
        return max(0.0, (last.milliseconds - first.milliseconds) / (last.probes - first.probes))
