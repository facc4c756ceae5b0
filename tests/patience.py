"""A request's patience, counted in turns of the event loop: a machine that halts for a second halts both ends of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_TURNS = 100
"""Enough for any answer that does come: an exchange takes a dozen."""
_TURN = 0.002


@asynccontextmanager
async def in_turns(seconds: float | None = 10) -> AsyncIterator[None]:
    """Bound what hangs, in place of `asyncio.timeout` and of whatever seconds that has. Raises `TimeoutError`."""
    assert seconds, "nothing would bound it"
    loop = asyncio.get_running_loop()
    left = _TURNS

    def next_turn() -> None:
        nonlocal left, timer
        left -= 1
        if left:
            timer = loop.call_later(_TURN, next_turn)
        else:
            bound.reschedule(loop.time())

    async with asyncio.timeout(None) as bound:
        timer = loop.call_later(_TURN, next_turn)
        try:
            yield
        finally:
            timer.cancel()
