"""Processes that the demo starts, and therefore ends: only these, each by its own id."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
import os
from pathlib import Path
import socket
from typing import Self

from .errors import HarnessError

LOCALHOST = "127.0.0.1"
_PATIENCE = 20
"""Seconds that a process gets to end by itself."""


def free_port(preferred: int = 0) -> int:
    """Return the preferred port, or any free one where there is none or it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            # As servers do: connections of an earlier run that are still closing do not take the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((LOCALHOST, port))
                return int(probe.getsockname()[1])
    raise HarnessError(f"No port is free on {LOCALHOST}.")


class Process:
    """A child that writes to a log, ends with the demo, and whose early end is an error."""

    def __init__(self, name: str, log: Path, process: asyncio.subprocess.Process) -> None:
        """Take a running process; use `start`."""
        self._name = name
        self._log = log
        self._process = process

    @classmethod
    async def start(
        cls, name: str, command: Sequence[str], *, log: Path, folder: Path, environment: Mapping[str, str] | None = None
    ) -> Self:
        """Start a command in a folder."""
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                # Ctrl-C on the terminal is for the demo alone, which then ends the others in order.
                start_new_session=True,
            )
        return cls(name, log, process)

    def check(self) -> None:
        """Raise with the end of the log if the process is no longer there."""
        if self._process.returncode is not None:
            raise HarnessError(f"{self._name} ended by itself with code {self._process.returncode}.\n{self.log_end()}")

    async def wait_until(self, ready: Callable[[], Awaitable[bool]], seconds: float) -> None:
        """Wait until it is ready; raise with the end of the log if it ends before that, or takes longer."""
        try:
            async with asyncio.timeout(seconds):
                while not await ready():
                    self.check()
                    await asyncio.sleep(0.2)
        except TimeoutError as err:
            raise HarnessError(f"{self._name} did not start within {seconds} s.\n{self.log_end()}") from err

    def log_end(self) -> str:
        """Return the last lines of the log."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        return "\n".join(["The end of its log:", *lines] if lines else ["Its log is empty."])

    async def stop(self) -> None:
        """End the process, by force if it does not listen."""
        if self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def kill(self) -> None:
        """End the process without a chance to save anything, as a power cut does."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
