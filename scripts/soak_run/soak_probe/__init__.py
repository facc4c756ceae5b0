"""Inside the Home Assistant of a soak: compiles statistics without waiting for their time, and counts what is alive."""

import _sqlite3
import asyncio
from collections import Counter
import ctypes
from datetime import timedelta
import gc
import os
from pathlib import Path
import sys
from typing import Any

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.tasks import CommitTask, RecorderTask, StatisticsTask, SynchronizeTask
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

DOMAIN = "soak_probe"
_PERIOD = timedelta(minutes=5)
_OURS = "custom_components.nezha."


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Offer both as actions."""

    async def record(*tasks: RecorderTask) -> ServiceResponse:
        """Let the recorder write what waits, then do this, and wait until it is done."""
        done = hass.loop.create_future()
        for task in (CommitTask(), *tasks, SynchronizeTask(done)):
            get_instance(hass).queue_task(task)
        await done
        return {}

    async def write(call: ServiceCall) -> ServiceResponse:
        """Write every state that waits to be."""
        return await record()

    async def compile_statistics(call: ServiceCall) -> ServiceResponse:
        """Compile the period under way as if it were over, and the one before it if that is not done yet."""
        now = dt_util.utcnow()
        period = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
        return await record(*(StatisticsTask(start, fire_events=False) for start in (period - _PERIOD, period)))

    async def census(call: ServiceCall) -> ServiceResponse:
        """Count what is alive."""
        tasks = len(asyncio.all_tasks())
        counted = await hass.async_add_executor_job(take_census)
        return {**counted, "figures": {"tasks": tasks, **counted["figures"]}}

    for action in (write, compile_statistics, census):
        hass.services.async_register(DOMAIN, action.__name__, action, supports_response=SupportsResponse.ONLY)
    return True


class _Heap(ctypes.Structure):
    """The C library's `mallinfo2`."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    ]


def _heap() -> int:
    """Return the bytes that are handed out by the C library: all but the small blocks, which Python hands out itself."""
    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = _Heap
    heap = libc.mallinfo2()
    return int(heap.uordblks + heap.hblkhd)


def _pages() -> int:
    """Return the bytes of these that SQLite holds: pages of the database, as many as the recorder allows it to keep."""
    sqlite = ctypes.CDLL(_sqlite3.__file__)
    sqlite.sqlite3_memory_used.restype = ctypes.c_int64
    return int(sqlite.sqlite3_memory_used())


def take_census() -> dict[str, Any]:
    """Count the integration's objects by kind, the open files, and the memory in use.

    That is `blocks`, small ones that Python handed out; `heap`, bytes that the C library handed out but for SQLite's; `pages`,
    the bytes of these; and `resident` bytes.
    """
    # A cycle of garbage is no leak.
    gc.collect()
    objects: Counter[str] = Counter()
    for thing in gc.get_objects():
        # A type may make a riddle of its module's name; none of ours does.
        module = getattr(type(thing), "__module__", None)
        if isinstance(module, str) and module.startswith(_OURS):
            objects[f"{module.removeprefix(_OURS)}.{type(thing).__qualname__}"] += 1
    pages = _pages()
    resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    figures = {
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "blocks": sys.getallocatedblocks(),
        "heap": _heap() - pages,
        "pages": pages,
        "resident": resident * os.sysconf("SC_PAGE_SIZE"),
    }
    return {"objects": dict(objects), "figures": figures}
