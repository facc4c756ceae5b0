"""How long the event loop was held up: the longest callback, and whose it was.

Measured is the CPU time of the loop's thread: whatever else the machine has to do does not count. Now and then Python looks
for garbage among all objects that there are, in whichever callback makes the one too many: the time is told with that and
without it.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import gc
from pathlib import Path
from time import thread_time
from types import CoroutineType


@dataclass(slots=True)
class Longest:
    """The longest callback so far."""

    seconds: float = 0
    name: str = ""

    def see(self, seconds: float, handle: asyncio.Handle) -> None:
        """Compare with another one."""
        if seconds > self.seconds:
            self.seconds, self.name = seconds, _name(handle)


@dataclass(frozen=True, slots=True)
class Stall:
    """How long the loop was held up at the most."""

    whole: Longest
    work: Longest
    """Without the search for garbage."""


@contextmanager
def watched() -> Iterator[Stall]:
    """Time every callback of the event loop."""
    stall = Stall(Longest(), Longest())
    run = asyncio.Handle._run  # noqa: SLF001
    begun = collecting = 0.0

    def collect(phase: str, _: dict[str, int]) -> None:
        nonlocal begun, collecting
        if phase == "start":
            begun = thread_time()
        else:
            collecting += thread_time() - begun

    def timed(handle: asyncio.Handle) -> None:
        nonlocal collecting
        collecting = 0.0
        before = thread_time()
        run(handle)
        taken = thread_time() - before
        stall.whole.see(taken, handle)
        stall.work.see(taken - collecting, handle)

    asyncio.Handle._run = timed  # type: ignore[assignment, method-assign] # noqa: SLF001
    gc.callbacks.append(collect)
    try:
        yield stall
    finally:
        gc.callbacks.remove(collect)
        asyncio.Handle._run = run  # type: ignore[method-assign] # noqa: SLF001


def _name(handle: asyncio.Handle) -> str:
    """Name a callback; for the step of a task, its coroutine and the file that is from."""
    callback = handle._callback  # type: ignore[attr-defined] # noqa: SLF001
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task) and isinstance(coroutine := owner.get_coro(), CoroutineType):
        return f"{coroutine.__qualname__} in {'/'.join(Path(coroutine.cr_code.co_filename).parts[-2:])}"
    return str(getattr(callback, "__qualname__", callback))
