"""The WebSockets of v1 and v2: who looks on, and when a frame is sent to them.

The real dashboard never reads from them, so it answers no close frame and learns of a viewer's departure only when the
connection is gone. Neither does this one.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Literal, override

from aiohttp import WSMsgType, web

from .frame_faults import FrameFaults, Sink
from .go import dumps

FRAME_INTERVAL = 2.0
"""Seconds."""
PING_EVERY = 4
"""Frames."""

type Pace = float | Literal["manual"]
"""Seconds between two frames, or none but those that are pushed."""
type Compose = Callable[[bool, int, bool], dict[str, Any]]
"""Makes a frame: whether it is the first, how many look on, and whether it is for guests whatever the viewer is."""


class DeafSocket(web.WebSocketResponse):
    """A WebSocket that never closes properly: its connection goes, without a word."""

    def __init__(self) -> None:
        """Leave every incoming frame alone."""
        super().__init__(autoclose=False, autoping=False, compress=False)

    @override
    async def write_eof(self) -> None:  # type: ignore[override]
        """Drop the connection in place of the farewell that `aiohttp` would wait for."""
        if self._req is not None and self._req.transport is not None:
            self._req.transport.abort()


class Viewer(Sink):
    """One open socket."""

    def __init__(self, socket: DeafSocket, compose: Compose, protocol: object) -> None:
        """Send what `compose` makes."""
        self.protocol = protocol
        self.gone = asyncio.Event()
        self._socket = socket
        self._compose = compose
        self._sent = 0

    def frame(self, online: int, guest: bool) -> bytes:
        """Return the next frame."""
        return dumps(self._compose(self._sent == 0, online, guest)).encode()

    @override
    async def send(self, frame: bytes) -> None:
        """Send a frame, and now and then a ping, whose pong nobody reads."""
        self._sent += 1
        await self._socket.send_frame(frame, WSMsgType.TEXT)
        if self._sent % PING_EVERY == 0:
            await self.ping()

    @override
    async def ping(self) -> None:
        """Send a ping, as the real dashboard does now and then."""
        await self._socket.ping()

    @override
    async def say_goodbye(self) -> None:
        """Send a close frame, as a proxy that is restarted does, and go."""
        await self._socket.send_frame((1001).to_bytes(2), WSMsgType.CLOSE)
        self.drop()

    @override
    def drop(self) -> None:
        """Let the connection go, without a close frame."""
        self.gone.set()


class Live:
    """Every open socket."""

    def __init__(self, pace: Pace, prepare: Callable[[], object]) -> None:
        """Send a frame each `pace` seconds, or when it is pushed; `prepare` brings the dashboard up to date."""
        self.faults = FrameFaults()
        self._pace = pace
        self._prepare = prepare
        self._viewers: set[Viewer] = set()

    @property
    def online(self) -> int:
        """Return how many look on."""
        return len(self._viewers)

    @property
    def protocols(self) -> set[object]:
        """Return the connections of all sockets, as the web server knows them."""
        return {viewer.protocol for viewer in self._viewers}

    async def serve(self, request: web.Request, compose: Compose) -> web.StreamResponse:
        """Open a socket, and send frames until it is gone."""
        socket = DeafSocket()
        await socket.prepare(request)
        viewer = Viewer(socket, compose, request.protocol)
        self._viewers.add(viewer)
        try:
            while not viewer.gone.is_set():
                if self._pace == "manual":
                    await viewer.gone.wait()
                else:
                    await self._send(viewer)
                    try:
                        await asyncio.wait_for(viewer.gone.wait(), self._pace)
                    except TimeoutError:
                        continue
        except ConnectionError:
            # The viewer went while a frame was on its way.
            pass
        finally:
            self._viewers.discard(viewer)
        return socket

    async def push(self) -> int:
        """Send a frame to every socket now, and return how many there are."""
        viewers = list(self._viewers)
        for viewer in viewers:
            try:
                await self._send(viewer)
            except ConnectionError:
                viewer.drop()
        return len(viewers)

    def drop(self) -> None:
        """Drop every socket."""
        for viewer in list(self._viewers):
            viewer.drop()
            self._viewers.discard(viewer)

    async def _send(self, viewer: Viewer) -> None:
        self._prepare()
        frame = viewer.frame(self.online, self.faults.wants_guest_view)
        await self.faults.send(frame, viewer)
