"""The dashboard's own words: its raw JSON, read every second and, where there are frames, with each of them.

Without a line of the integration.
"""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
import time
from typing import Any, Self, override

import aiohttp

from .errors import HarnessError
from .reading import Reading
from .wire import frame_v1, servers_v0, servers_v1, services_v1

type Credential = Mapping[str, str]
"""What the user gave: `token`, or `username` and `password`."""

_TIMEOUT = 60
"""Seconds. A thousand servers are a megabyte, and the machine has Home Assistant to run besides."""
_RENEW_AFTER = 3000
"""Seconds that a session is used for; it lasts an hour."""
_FRAME_AGE = 2
"""Seconds: what a frame says was true at some moment since the frame before."""
_RECONNECT = 1
"""Seconds between two attempts to follow the frames."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where a dashboard is, and what it is signed in to with."""

    url: str
    """Without a page."""
    credential: Credential
    release: str = ""
    """Of a simulated one, which may be another at the same address in the next run."""

    def __str__(self) -> str:
        """Name the dashboard, so that entities of one are not taken for those of another."""
        return f"{self.url} {self.release}".rstrip()


class Api:
    """A dashboard's JSON."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """Take the dashboard's address."""
        self._session = session
        self._url = f"{url.rstrip('/')}/api/v1/"

    async def ask(
        self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", json: object = None
    ) -> tuple[int, str, Any]:
        """Return status, date and body of an answer."""
        try:
            async with self._session.request(
                method, self._url + path, headers=headers, json=json, timeout=aiohttp.ClientTimeout(_TIMEOUT)
            ) as response:
                return response.status, response.headers["Date"], await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as err:
            raise HarnessError(f"The dashboard gave no JSON at {self._url}{path}: {err!r}") from err

    async def frames(self, headers: Mapping[str, str]) -> AsyncIterator[Any]:
        """Yield frames until the socket ends; nobody waits for its close, which the dashboard never answers."""
        url = f"{self._url}ws/server"
        try:
            async with asyncio.timeout(10):
                socket = await self._session.ws_connect(url, headers=headers, max_msg_size=0)
        except aiohttp.ClientError, TimeoutError:
            return
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                yield message.json()
        finally:
            socket._response.close()  # noqa: SLF001

    async def generation(self) -> str:
        """Find out which generation answers, without a credential."""
        status, _, body = await self.ask("server/list")
        if status == 200 and "code" in body:
            return "v0"
        _, _, body = await self.ask("setting")
        return "v2" if "tsdb_enabled" in (body.get("data") or {}) else "v1"


class Reader(ABC):
    """Reads a dashboard again and again, and keeps what it said."""

    live: bool
    """Whether this generation sends frames."""

    def __init__(self, api: Api, credential: Credential) -> None:
        """Take the dashboard, and what the user gave for it."""
        self.readings: list[Reading] = []
        self._api = api
        self._credential = credential
        self._tasks: list[asyncio.Task[None]] = []

    @abstractmethod
    async def _read(self) -> Reading:
        """Ask once."""

    async def read(self) -> None:
        """Ask once, and keep the answer."""
        try:
            self.readings.append(await self._read())
        except (AttributeError, LookupError, TypeError, ValueError) as err:
            raise HarnessError(f"The dashboard gave JSON that the check cannot read: {err!r}") from err

    async def wait_until(self, moment: float) -> None:
        """Wait for a reading that was asked for after a moment."""
        while not self.readings or self.readings[-1].asked <= moment:
            for task in self._tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.05)

    async def __aenter__(self) -> Self:
        """Read every second from now on."""
        await self.read()
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._follow())]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Read no more; what went wrong in the end no longer matters."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @abstractmethod
    async def _follow(self) -> None:
        """Take what is sent without being asked for, where anything is."""

    async def _run(self) -> None:
        """Ask every second, until cancelled."""
        while True:
            started = time.monotonic()
            await self.read()
            await asyncio.sleep(max(0.0, started + 1 - time.monotonic()))


class ReaderV0(Reader):
    """Reads v0: one answer has all."""

    live = False

    @override
    async def _read(self) -> Reading:
        asked = time.monotonic()
        _, date, body = await self._api.ask("server/details", {"Authorization": self._credential["token"]})
        if body["code"] != 0:
            raise HarnessError(f"The dashboard refused the check: {body.get('message')}")
        return Reading(asked=asked, at=time.monotonic(), now=_seconds(date), servers=servers_v0(body["result"] or ()))

    @override
    async def _follow(self) -> None:
        """Take nothing: v0 sends nothing by itself to those who have a token."""


class ReaderV1(Reader):
    """Reads v1 and v2: servers, then what is probed and counted, and which tasks may be run."""

    live = True

    def __init__(self, api: Api, credential: Credential) -> None:
        """Prepare; nobody is logged in yet."""
        super().__init__(api, credential)
        self._headers: Mapping[str, str] = {}
        self._renew_at = 0.0
        self._runs_tasks: bool | None = None
        self._identities: Mapping[int, str] = {}
        """The servers' uuids by the numbers that frames know them by."""
        self._ahead: float | None = None
        """Seconds by which the dashboard's clock is ahead of ours that never jumps, as frames tell: a proxy may write a
        `Date` of its own."""

    @override
    async def _read(self) -> Reading:
        if time.monotonic() >= self._renew_at:
            self._headers = {"Authorization": f"Bearer {await self._bearer()}"}
            self._renew_at = time.monotonic() + _RENEW_AFTER
        asked = time.monotonic()
        _, date, body = await self._api.ask("server", self._headers)
        if not body.get("success"):
            raise HarnessError(f"The dashboard refused the check: {body.get('error')}")
        at = time.monotonic()
        self._identities = {item["id"]: item["uuid"] for item in body.get("data") or ()}
        probes = await self._optional("service") or {}
        tasks = (await self._optional("cron") or ()) if await self._may_run_tasks() else ()
        return Reading(
            asked=asked,
            at=at,
            now=_seconds(date) if self._ahead is None else int(at + self._ahead),
            servers=servers_v1(body.get("data") or (), probes),
            services=services_v1(probes),
            tasks=frozenset(str(task["id"]) for task in tasks),
        )

    @override
    async def _follow(self) -> None:
        """Make a reading of each frame, on top of what was read last: at a thousand servers one a second is too few."""
        while True:
            before = time.monotonic()
            async for frame in self._api.frames(self._headers):
                at, last = time.monotonic(), self.readings[-1]
                known = {number: identity for number, identity in self._identities.items() if identity in last.servers}
                told = frame_v1(frame.get("servers") or (), last.servers, known)
                asked, now = max(before, at - _FRAME_AGE), frame["now"] // 1000
                self.readings.append(replace(last, asked=asked, at=at, now=now, servers=told))
                self._ahead = now - at
                before = at
            await asyncio.sleep(_RECONNECT)

    async def _bearer(self) -> str:
        """Return the token, or the session that user and password give."""
        if token := self._credential.get("token"):
            return token
        _, _, body = await self._api.ask("login", method="POST", json=dict(self._credential))
        if not body.get("success"):
            raise HarnessError(f"The dashboard refused the check's log-in: {body.get('error')}")
        return str(body["data"]["token"])

    async def _optional(self, path: str) -> Any:
        """Ask for what a token may lack the scope for."""
        _, _, body = await self._api.ask(path, self._headers)
        return body.get("data")

    async def _may_run_tasks(self) -> bool:
        """Ask once for a task that does not exist, which a token without the scope is refused."""
        if self._runs_tasks is None:
            self._runs_tasks = "token" not in self._credential
            if not self._runs_tasks:
                status, _, _ = await self._api.ask("cron/0/manual", self._headers, method="POST")
                self._runs_tasks = status != 403
        return self._runs_tasks


async def reader(session: aiohttp.ClientSession, access: Access) -> Reader:
    """Return a reader for the generation that answers; nothing is sent to one that takes another credential."""
    api = Api(session, access.url)
    generation = await api.generation()
    given = "--token" if "token" in access.credential else "--username and --password"
    # v2 takes either.
    taken = {"v0": "--token", "v1": "--username and --password"}.get(generation, given)
    if given != taken:
        raise HarnessError(f"A Nezha {generation} dashboard answers at {access.url}: it takes {taken}.")
    return (ReaderV0 if generation == "v0" else ReaderV1)(api, access.credential)


def _seconds(date: str) -> int:
    """Read the header `Date`."""
    return int(parsedate_to_datetime(date).timestamp())
