"""The dashboard as seen from Home Assistant's process; see `stage`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import sys
from typing import Any

from simulator.__main__ import DEMO_TOKENS

from .stage import LONGEST_LINE

_ROOT = Path(__file__).resolve().parents[2]


class Remote:
    """A running dashboard."""

    def __init__(self, generation: str, process: asyncio.subprocess.Process) -> None:
        """Take its process; use `running`."""
        self.generation = generation
        self.token = DEMO_TOKENS[generation]
        self.url = ""
        self._process = process

    async def tell(self, method: str, *arguments: object) -> Any:
        """Call a method of the `Stage`, and return its result."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([method, arguments]).encode() + b"\n")
        if not (line := await self._process.stdout.readline()):
            raise RuntimeError(f"the dashboard ended at {method}")
        return json.loads(line)


@asynccontextmanager
async def running(generation: str, servers: int) -> AsyncIterator[Remote]:
    """Give a running dashboard with so many servers of all kinds."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"{__package__}.stage", generation),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
    )
    try:
        remote = Remote(generation, process)
        remote.url = await remote.tell("open", servers)
        yield remote
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()
