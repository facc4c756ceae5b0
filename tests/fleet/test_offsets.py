"""Whatever clock is wrong by whatever constant, nobody flaps, the silent go offline in time, and who returns is online.

Each test tells the story of every wrong clock: a server that is alive, and one that is silent for a while.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from .clocks import CADENCE, FRAME_PACE, OFFSETS, Agent, Clocks, Seen, Story, wrong_clock, wrong_clocks
from .world import Watch

BEGIN, END = 200, 400
"""When one of them is silent."""
ALIVE, SILENT = 1, 2
THRESHOLD = 30
EARLY = CADENCE + 1
"""Seconds since the last report at the beginning of a silence, and the fraction of one that no clock tells."""

WAYS = [("v0", False), ("v1", False), ("v1", True), ("v2", False), ("v2", True)]
"""A generation, and whether frames arrive: v0 sends none."""
pytestmark = pytest.mark.parametrize(
    ("generation", "has_frames"), WAYS, ids=[f"{way[0]}{'-frames' * way[1]}" for way in WAYS]
)


def stories(
    generation: str, has_frames: bool, clocks: Iterable[tuple[str, Clocks]] | None = None, **fields: Any
) -> Iterator[tuple[str, Story]]:
    """Give the story of each wrong clock, or of each of some."""
    for name, wrong in clocks or wrong_clocks():
        agents = [Agent(ALIVE), Agent(SILENT, silent=(BEGIN, END))]
        yield name, Story(generation, agents, wrong, has_frames=has_frames, **fields)


def each_alone() -> Iterator[tuple[str, Clocks]]:
    """Give each single clock that is wrong."""
    for offset in OFFSETS:
        yield from wrong_clock(offset)


def learnt(seen: Seen, number: int) -> list[float]:
    """Return when a server was offline after the first answer: nothing but another one tells a wrong `Date` from silence."""
    return [moment for moment in seen.off(number) if moment > 0]


def assert_alive(seen: Seen, story: Story, name: str, threshold: int = THRESHOLD) -> None:
    """Who reports is online; only a `Date` that is ahead takes it for silent, and that once."""
    assert not learnt(seen, ALIVE), name
    assert story.clocks.proxy > threshold - EARLY or not seen.off(ALIVE), name


def assert_silent(seen: Seen, pace: int, name: str, threshold: int = THRESHOLD, patience: int = 0) -> None:
    """Who is silent goes offline once, after half the threshold at least, and comes back with its first report."""
    silent = learnt(seen, SILENT)
    assert silent, name
    assert BEGIN + threshold / 2 - EARLY < silent[0] <= BEGIN + threshold + pace + 1 + patience, (name, silent[0])
    assert END - pace <= silent[-1] <= END + EARLY, (name, silent[-1])
    assert seen.turns(SILENT) == 2 + (0.0 in seen.off(SILENT)), name


@pytest.mark.parametrize(("interval", "threshold"), [(30, 30), (60, 30), (10, 10)])
def test_a_constant_offset(generation: str, has_frames: bool, interval: int, threshold: int) -> None:
    for name, story in stories(generation, has_frames, interval=interval):
        seen = story.told(Watch(threshold=threshold), until=500)
        assert_alive(seen, story, name, threshold)
        assert_silent(seen, FRAME_PACE if has_frames else interval, name, threshold)


def test_nobody_else_tells_the_time(generation: str, has_frames: bool) -> None:
    for name, story in stories(generation, has_frames):
        del story.agents[0]
        seen = story.told(Watch(), until=500)
        assert_silent(seen, FRAME_PACE if has_frames else story.interval, name)


def test_no_date_at_all(generation: str, has_frames: bool) -> None:
    for name, story in stories(generation, has_frames, has_date=False):
        seen = story.told(Watch(), until=500)
        assert not seen.off(ALIVE), name
        assert_silent(seen, FRAME_PACE if has_frames else story.interval, name)


def test_a_restart_of_home_assistant(generation: str, has_frames: bool) -> None:
    """The offset is remembered: not even the first answer takes anybody for silent."""
    for name, story in stories(generation, has_frames):
        before = Watch()
        story.told(before, until=120)
        seen = story.told(before.restarted(), until=120)
        assert not seen.off(ALIVE), name
        assert not seen.off(SILENT), name


def test_frames_that_cease(generation: str, has_frames: bool) -> None:
    """What they told of the clock the answers tell as well."""
    for name, story in stories(generation, has_frames, frames_lost=(100, 450)):
        seen = story.told(Watch(), until=500)
        assert_alive(seen, story, name)
        assert_silent(seen, story.interval, name)


@pytest.mark.parametrize("interval", [5, 30])
def test_an_offset_that_comes(generation: str, has_frames: bool, interval: int) -> None:
    """It costs one threshold at most, from the answer on that shows it, and that alone whom it finds silent."""
    for name, story in stories(generation, has_frames, each_alone(), interval=interval):
        story.jumps = {225.0: story.clocks}
        story.clocks = Clocks(agent=story.clocks.agent)
        seen = story.told(Watch(), until=500)
        assert not seen.off(ALIVE), name
        assert_silent(seen, FRAME_PACE if has_frames else interval, name, patience=THRESHOLD + interval)


@pytest.mark.parametrize("interval", [5, 30])
def test_an_offset_that_goes(generation: str, has_frames: bool, interval: int) -> None:
    for name, story in stories(generation, has_frames, each_alone(), interval=interval):
        story.jumps = {225.0: Clocks(agent=story.clocks.agent)}
        seen = story.told(Watch(), until=500)
        assert_alive(seen, story, name)
        assert_silent(seen, FRAME_PACE if has_frames else interval, name, patience=THRESHOLD + interval)
