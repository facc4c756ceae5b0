"""Set-up, reload, memory, and how long the event loop is held up by them and by refreshes."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
import gc
from pathlib import Path
import time
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .dashboard import running
from .figures import LINEAR, Figure, Line, line
from .home import add_nezha, connected, home, settled
from .process import measured
from .refresh import ALL, BASE, Course
from .watch import Longest, Stall, watched

_RUNS = 3
"""Each in a Home Assistant of its own."""
_REFRESHES = 3
_LONGEST_CALLBACK = 100
"""Milliseconds."""
_SELDOM = 10**6
_PACE = 2


@dataclass(frozen=True, slots=True)
class Taken:
    """What something took."""

    seconds: float
    cpu: float
    """Seconds of all threads."""


@dataclass(frozen=True, slots=True)
class Start:
    """What one Home Assistant showed."""

    set_up: Taken
    reload: Taken
    entities: int
    """Those that are enabled."""
    peak: int
    """Kilobytes of memory in use at the most, above what Home Assistant had before."""
    stalls: dict[str, Stall]
    """The longest callbacks, by phase."""


async def start(generation: str, servers: int) -> Start:
    """Set a dashboard up, refresh, and reload."""
    async with running(generation, servers) as dashboard, home() as hass:
        gc.collect()
        used = _memory("VmRSS")
        stalls: dict[str, Stall] = {}
        with watched() as stalls["set-up"]:
            adding = add_nezha(hass, dashboard, scan_interval=_SELDOM, metrics_interval=_PACE)
            set_up, entry = await _taken(hass, adding)
        course = Course(hass, dashboard)
        with watched() as stalls["refreshes"]:
            for _ in range(_REFRESHES):
                await course.act(ALL)
                await _taken(hass, entry.runtime_data.async_refresh())
        if generation == "v2":
            await connected(entry, dashboard)
            with watched() as stalls["frames"]:
                for _ in range(_REFRESHES):
                    await course.act(ALL, _PACE)
                    await dashboard.tell("push")
                    await settled(hass)
        peak = _memory("VmHWM") - used
        with watched() as stalls["reload"]:
            reload, _ = await _taken(hass, hass.config_entries.async_reload(entry.entry_id))
        registered = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        entities = sum(not each.disabled for each in registered)
    return Start(set_up, reload, entities, peak, stalls)


async def _taken[T](hass: HomeAssistant, work: Coroutine[Any, Any, T]) -> tuple[Taken, T]:
    """Return what some work and all that it scheduled took, and its result."""
    began, cpu = time.perf_counter(), time.process_time()
    # A task, so that a long callback goes by the name of the work and not by ours.
    result = await asyncio.create_task(work)
    await hass.async_block_till_done()
    return Taken(time.perf_counter() - began, time.process_time() - cpu), result


def _memory(field: str) -> int:
    """Return the kilobytes of memory in use now (VmRSS), or at the most (VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(row.split()[1]) for row in status.splitlines() if row.startswith(f"{field}:"))


def section(sizes: list[int]) -> list[Line]:
    """Measure all sizes."""
    cases = {
        (generation, servers): [measured(start, generation, servers) for _ in range(_RUNS)]
        for generation in ("v0", "v2")
        for servers in sizes
    }
    return [
        each
        for (generation, servers), starts in cases.items()
        for each in _lines(generation, servers, starts, cases.get((generation, BASE)))
    ]


def _lines(generation: str, servers: int, starts: list[Start], base: list[Start] | None) -> Iterator[Line]:
    yield line(f"Enabled entities, {generation}", servers, [starts[0].entities], "")
    for name, takens in (
        ("Set-up", [start.set_up for start in starts]),
        ("Reload", [start.reload for start in starts]),
    ):
        cpu = Figure.of([taken.cpu for taken in takens])
        yield line(f"{name}, {generation}", servers, [taken.seconds for taken in takens], "s", beside=f"CPU: {cpu} s")
    memory = [start.peak / servers for start in starts]
    if base and servers > BASE:
        few = [start.peak / BASE for start in base]
        what = f"{BASE} servers"
        yield line(f"Peak memory a server, {generation}", servers, memory, "kB", beside=what, theirs=few, goal=LINEAR)
    else:
        yield line(f"Peak memory a server, {generation}", servers, memory, "kB")
    for phase in starts[0].stalls:
        stalls = [start.stalls[phase] for start in starts]
        yield _longest(f"Longest callback, {generation}, {phase}", servers, [stall.whole for stall in stalls])
        name = f"Longest callback, {generation}, {phase}, less the search for garbage"
        yield _longest(name, servers, [stall.work for stall in stalls])


def _longest(name: str, servers: int, callbacks: list[Longest]) -> Line:
    longest = max(callbacks, key=lambda callback: callback.seconds)
    milliseconds = [1000 * callback.seconds for callback in callbacks]
    return line(name, servers, milliseconds, "ms", beside=longest.name, goal=_LONGEST_CALLBACK)
