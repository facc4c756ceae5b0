"""The dashboard's own words: its raw JSON, read every second without a line of the integration."""

import asyncio
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
import time
from typing import Any, Self

import aiohttp

from .errors import DemoError

type Server = dict[str, Any]
"""A server as the dashboard gives it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer of the dashboard."""

    at: float
    """When it came, by our clock that never jumps."""
    now: int
    """When it was given, by the dashboard's clock."""
    servers: dict[str, Server]


class Reader:
    """Reads a v0 dashboard again and again, and keeps what it said."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        """Take the dashboard's address without a page, and the API token."""
        self._session = session
        self._url = f"{url.rstrip('/')}/api/v1/server/details"
        self._token = token
        self._task: asyncio.Task[None] | None = None
        self.readings: list[Reading] = []

    async def read(self) -> Reading:
        """Ask once."""
        try:
            async with self._session.get(
                self._url, headers={"Authorization": self._token}, timeout=aiohttp.ClientTimeout(10)
            ) as response:
                date = parsedate_to_datetime(response.headers["Date"])
                body = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as err:
            raise DemoError(f"The dashboard gave no JSON at {self._url}: {err!r}") from err
        if body.get("code") != 0:
            raise DemoError(f"The dashboard refused {self._url}: {body.get('message')}")
        servers = {str(server["id"]): server for server in body["result"] or ()}
        reading = Reading(at=time.monotonic(), now=int(date.timestamp()), servers=servers)
        self.readings.append(reading)
        return reading

    async def wait_until(self, moment: float) -> None:
        """Wait for a reading from after a moment."""
        while not self.readings or self.readings[-1].at <= moment:
            if self._task and self._task.done():
                self._task.result()
            await asyncio.sleep(0.05)

    async def __aenter__(self) -> Self:
        """Read every second from now on."""
        await self.read()
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Read no more; what went wrong in the end no longer matters."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        """Ask every second, until cancelled."""
        while True:
            started = time.monotonic()
            await self.read()
            await asyncio.sleep(max(0.0, started + 1 - time.monotonic()))
