"""How long the event loop was held up: the longest callback, and whose it was.

Measured is the CPU time of the loop's thread: whatever else the machine has to do does not count.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import thread_time
from types import CoroutineType


@dataclass(slots=True)
class Stall:
    """The longest callback so far."""

    seconds: float = 0
    name: str = ""


@contextmanager
def watched() -> Iterator[Stall]:
    """Time every callback of the event loop."""
    stall = Stall()
    run = asyncio.Handle._run  # noqa: SLF001

    def timed(handle: asyncio.Handle) -> None:
        before = thread_time()
        run(handle)
        if (taken := thread_time() - before) > stall.seconds:
            stall.seconds, stall.name = taken, _name(handle)

    asyncio.Handle._run = timed  # type: ignore[assignment, method-assign] # noqa: SLF001
    try:
        yield stall
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign] # noqa: SLF001


def _name(handle: asyncio.Handle) -> str:
    """Name a callback; for the step of a task, its coroutine and the file that is from."""
    callback = handle._callback  # type: ignore[attr-defined] # noqa: SLF001
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task) and isinstance(coroutine := owner.get_coro(), CoroutineType):
        return f"{coroutine.__qualname__} in {'/'.join(Path(coroutine.cr_code.co_filename).parts[-2:])}"
    return str(getattr(callback, "__qualname__", callback))
