"""Runs the work of a command, and ends it in order: by its own end, by what is wrong, or by a signal."""

import asyncio
from collections.abc import Coroutine
import signal
import sys
from typing import Any

from .errors import HarnessError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(work: Coroutine[Any, Any, int], *, failed: int, interrupted: int) -> int:
    """Run the work and return its exit code; `failed` after a HarnessError, `interrupted` after a signal."""
    code = failed
    try:
        code = asyncio.run(_until_signal(work))
    except* HarnessError as errors:
        for error in errors.exceptions:
            print(f"\n{error}", file=sys.stderr)
    except* asyncio.CancelledError:
        code = interrupted
    return code


async def _until_signal(work: Coroutine[Any, Any, int]) -> int:
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()

    def end() -> None:
        # Once: a second signal must not keep the rest from being ended.
        for number in _SIGNALS:
            loop.add_signal_handler(number, lambda: None)
        print("\nEnding …", file=sys.stderr)
        task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, end)
    return await task
