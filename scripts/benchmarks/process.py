"""A process for each measurement, so that none inherits what another left behind.

They are forked: Home Assistant is imported once, and takes longer to import than most measurements take.
"""

import asyncio
from collections.abc import Callable, Coroutine
import logging
import multiprocessing
from multiprocessing.connection import Connection
import sys
from typing import Any, override

from . import clock


def measured[*Ts, T](function: Callable[[*Ts], Coroutine[Any, Any, T]], *args: *Ts) -> T:
    """Run a coroutine function in a process of its own, and return its result."""
    print("…", function.__module__.rpartition(".")[2], function.__name__, *args, file=sys.stderr, flush=True)
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, function, args))
    process.start()
    sender.close()
    try:
        result: T = receiver.recv()
    except EOFError:
        sys.exit("That could not be measured, see above.")
    finally:
        process.join()
    return result


class _Errors(logging.Handler):
    """Keeps the first error that is logged."""

    first: str | None = None

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if not self.first:
            self.first = self.format(record)


def _run(sender: Connection[Any], function: Callable[..., Coroutine[Any, Any, object]], args: Any) -> None:
    """Run it, and send the result."""
    clock.install()
    errors = _Errors(logging.ERROR)
    # As Home Assistant's own, so that nothing is formatted that a user's would not format.
    logging.basicConfig(level=logging.WARNING, handlers=[errors])
    result = asyncio.run(function(*args))
    if errors.first:
        raise RuntimeError(f"what went wrong is not worth measuring:\n{errors.first}")
    sender.send(result)
