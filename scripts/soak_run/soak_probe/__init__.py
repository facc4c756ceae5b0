"""Inside the Home Assistant of a soak: compiles statistics without waiting for their time, and counts what is alive."""

import asyncio
from collections import Counter
import ctypes
from datetime import timedelta
import gc
import os
from pathlib import Path

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.tasks import CommitTask, RecorderTask, StatisticsTask, SynchronizeTask
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

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
        return {"tasks": len(asyncio.all_tasks()), **await hass.async_add_executor_job(_census)}

    for action in (write, compile_statistics, census):
        hass.services.async_register(DOMAIN, action.__name__, action, supports_response=SupportsResponse.ONLY)
    return True


def _census() -> dict[str, JsonValueType]:
    """Count the integration's objects, the open files, and the bytes of memory in use."""
    # A cycle of garbage is no leak, nor is memory that the allocator only keeps for later.
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    objects: Counter[str] = Counter()
    for thing in gc.get_objects():
        # A type may make a riddle of its module's name; none of ours does.
        module = getattr(type(thing), "__module__", None)
        if isinstance(module, str) and module.startswith(_OURS):
            objects[f"{module.removeprefix(_OURS)}.{type(thing).__qualname__}"] += 1
    resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {
        "objects": dict(objects),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "resident": resident * os.sysconf("SC_PAGE_SIZE"),
    }
