"""The latency of the last minutes, worked out of the mean of the day."""

import math
import struct

import pytest

from custom_components.nezha.sensor.latency import RecentLatency


class Day:
    """A service that is probed, and what its dashboard makes of it: a running mean in single precision."""

    def __init__(self, probes: int = 0, mean: float = 0) -> None:
        self.probes, self.mean = probes, mean

    def probe(self, milliseconds: float, count: int = 1) -> None:
        for _ in range(count):
            mean = (self.mean * self.probes + milliseconds) / (self.probes + 1)
            self.mean = struct.unpack("f", struct.pack("f", mean))[0]
            self.probes += 1


def test_nothing_is_known_at_first() -> None:
    assert RecentLatency().update(0, 100, 25) is None


def test_probes_since_then_count_alone() -> None:
    latency, day = RecentLatency(), Day(2_000, 25)
    latency.update(0, day.probes, day.mean)
    day.probe(100, 3)
    assert latency.update(30, day.probes, day.mean) == pytest.approx(100, abs=0.1)


def test_older_ones_are_forgotten() -> None:
    latency, day = RecentLatency(), Day(20_000, 25)
    latency.update(0, day.probes, day.mean)
    for turn in range(1, 41):
        day.probe(50 if turn <= 20 else 150)
        seen = latency.update(30 * turn, day.probes, day.mean)
        assert seen is not None
        if turn == 20:
            assert seen == pytest.approx(50, abs=0.5)
    assert seen == pytest.approx(150, abs=0.5)


def test_without_new_probes_it_stays_and_then_is_unknown() -> None:
    latency, day = RecentLatency(), Day(100, 25)
    latency.update(0, day.probes, day.mean)
    day.probe(40)
    assert latency.update(30, day.probes, day.mean) == latency.update(600, day.probes, day.mean)
    assert latency.update(1_000, day.probes, day.mean) is None


@pytest.mark.parametrize("probes", [0, 3])
def test_another_day_starts_from_zero(probes: int) -> None:
    latency = RecentLatency()
    latency.update(0, 2_000, 25)
    assert latency.update(60, probes, 80) == (80 if probes else None)
    assert latency.update(90, probes + 1, (80 * probes + 40) / (probes + 1)) == pytest.approx(
        (80 * probes + 40) / (probes + 1)
    )


def test_rounding_makes_none_negative() -> None:
    latency = RecentLatency()
    latency.update(0, 1_000_000, 25)
    seen = latency.update(30, 1_000_001, 24.9999)
    assert seen == 0
    assert math.isfinite(seen)
