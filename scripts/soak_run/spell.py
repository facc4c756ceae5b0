"""A stretch of time."""

import asyncio
import time


class Spell:
    """Ends at a moment; whoever waits for longer goes on then, to bring to an end what was begun."""

    def __init__(self, seconds: float) -> None:
        """Begin."""
        self._ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Return the seconds until the end, 0 after it."""
        return max(self._ends - time.monotonic(), 0)

    async def wait(self, seconds: float) -> None:
        """Wait for so long, or until the end."""
        await asyncio.sleep(min(seconds, self.left))
