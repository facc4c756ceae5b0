"""The dashboard as a web server on 127.0.0.1, with everything around it that is no part of Nezha."""

import asyncio
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from email.utils import formatdate
import socket
from ssl import SSLContext
from typing import Protocol, override

from aiohttp import hdrs, typedefs, web
from multidict import CIMultiDictProxy

from .dashboard import Dashboard, Temper
from .faults import Faults
from .firewall import Firewall, UnknownAddressError
from .frame_faults import FrameFaults
from .go import response
from .live import FRAME_INTERVAL, Live, Pace
from .releases import NEWEST, Release
from .v0 import V0
from .v1 import V1

ADDRESS = "127.0.0.1"
LINGER = 5.0
"""Seconds for which a dashboard that shuts down still sends frames."""


class Generation(Protocol):
    """A wire format."""

    temper: Temper
    """How the dashboard behaves whose format it is."""

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Return what the dashboard answers, below a path prefix."""

    def unknown_path(self) -> web.Response:
        """Return the answer to everything else."""

    def blocked(self) -> web.Response:
        """Return the firewall's page."""


GENERATIONS = tuple(NEWEST)


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request as it arrived."""

    method: str
    path: str
    """Decoded, without the query."""
    query: Mapping[str, str]
    headers: CIMultiDictProxy[str]
    text: str = ""
    """The body, of a request that has one."""


class Handshake(asyncio.Protocol):
    """A TLS handshake before HTTP.

    `asyncio` could do it, but tells the loop's exception handler of each client that rejects the certificate, and the
    one of Home Assistant's tests takes that for a failure.
    """

    def __init__(self, serve: web.Server, context: SSLContext, fail: Callable[[], None]) -> None:
        """Hand a connection over to `serve` once it is encrypted; tell `fail` if it comes to nothing."""
        self._serve = serve
        self._context = context
        self._fail = fail
        self._upgrading: asyncio.Task[None] | None = None
        self._early = bytearray()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.pause_reading()
            self._upgrading = asyncio.get_running_loop().create_task(self._upgrade(transport))

    @override
    def data_received(self, data: bytes) -> None:
        """Keep a request that comes along with the end of the handshake."""
        self._early += data

    async def _upgrade(self, plain: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        try:
            encrypted = await loop.start_tls(plain, self, self._context, server_side=True)
        except OSError:
            plain.abort()
            self._fail()
            return
        if encrypted is not None:
            http = self._serve()
            encrypted.set_protocol(http)
            http.connection_made(encrypted)
            if self._early:
                http.data_received(bytes(self._early))


class Simulator:
    """A simulated dashboard, within a running event loop."""

    def __init__(
        self,
        dashboard: Dashboard | None = None,
        *,
        generation: str = "v0",
        release: str | None = None,
        prefix: str = "",
        gateway_headers: Mapping[str, str] | None = None,
        ssl_context: SSLContext | None = None,
        frames: Pace = FRAME_INTERVAL,
        firewall: bool = True,
    ) -> None:
        """Serve a dashboard, below `prefix` (as "/nezha"), behind a gateway that wants these headers.

        It answers as the `release` does ("1.4.9"), or as the newest of the generation if none is given.
        `frames` are the seconds between two frames on a WebSocket; "manual" sends only those that are pushed. Without
        its firewall the dashboard blocks nobody.
        """
        self.dashboard = Dashboard() if dashboard is None else dashboard
        self.faults = Faults(self)
        self.firewall = Firewall(self.dashboard.clock, enabled=firewall)
        self.live = Live(frames, self.dashboard.advance)
        self.requests: list[SeenRequest] = []
        """Every request since the start, those a fault or the gateway answered too."""
        self.proxy_clock: Callable[[], float] = lambda: 0
        """Returns the seconds by which the `Date` of a proxy, which writes its own, is ahead of the dashboard's clock."""
        self.failed_handshakes = 0
        """How many TLS connections came to nothing, as where a client rejected the certificate."""
        self._generation = self._speak(generation, release)
        self._prefix = prefix
        self._gateway_headers = gateway_headers or {}
        self._ssl_context = ssl_context
        self._port = 0
        self._socket: socket.socket | None = None
        self._listening: asyncio.Task[asyncio.Server] | None = None
        self._runner: web.AppRunner | None = None
        self._shutting_down: asyncio.TimerHandle | None = None

    @property
    def frame_faults(self) -> FrameFaults:
        """Return the faults of frames."""
        return self.live.faults

    @property
    def url(self) -> str:
        """Return the dashboard's address, with its prefix and without a trailing slash."""
        scheme = "http" if self._ssl_context is None else "https"
        return f"{scheme}://{ADDRESS}:{self._port}{self._prefix}"

    @property
    def connections(self) -> int:
        """Return how many connections are open, those included that wait for another request."""
        return 0 if self._runner is None or self._runner.server is None else len(self._runner.server.connections)

    async def start(self, port: int = 0) -> None:
        """Listen, on a free port unless one is given."""
        app = web.Application(middlewares=[self._answer])
        app.add_routes(self._generation.routes(self._prefix))
        app.on_response_prepare.append(self._stamp)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.05, access_log=None)
        await self._runner.setup()
        self._port = port
        self.resume()
        if self._listening is not None:
            await self._listening

    async def stop(self) -> None:
        """Close everything; whatever hangs is cut off."""
        self._forget_shut_down()
        self.live.drop()
        listening = self._listening
        self.stop_listening()
        if listening is not None:
            await asyncio.wait([listening])
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def stop_listening(self, *, sockets_too: bool = True) -> None:
        """Be unreachable: the port is closed, and so is every connection. The dashboard itself goes on."""
        if self._listening is None or self._socket is None:
            return
        if self._listening.done():
            self._listening.result().close()
        else:
            self._listening.cancel()
            # The loop may watch the socket already: left with its number, it would be deaf to the next socket that gets it.
            asyncio.get_running_loop().remove_reader(self._socket)
        self._listening = None
        self._socket.close()
        self._socket = None
        if not sockets_too:
            self._disconnect(self.live.protocols)
            return
        self.disconnect()

    def disconnect(self) -> None:
        """Close every connection; new ones are taken."""
        self.live.drop()
        self._disconnect()

    def resume(self) -> None:
        """Listen again, on the same port."""
        if self._listening is not None or self._runner is None or self._runner.server is None:
            return
        # The kernel takes connections from here on; what waits in its queue is served as soon as the loop runs. So this
        # need not be a coroutine, and a fault can be cleared anywhere.
        self._socket = socket.create_server((ADDRESS, self._port), backlog=128)
        self._socket.setblocking(False)
        self._port = self._socket.getsockname()[1]
        loop = asyncio.get_running_loop()
        serve, context = self._runner.server, self._ssl_context
        protocol = serve if context is None else lambda: Handshake(serve, context, self._count_failure)
        self._listening = loop.create_task(loop.create_server(protocol, sock=self._socket))

    async def push_frame(self) -> int:
        """Send a frame to every WebSocket now, and return how many there are."""
        return await self.live.push()

    def shut_down(self, linger: float | None = LINGER) -> None:
        """Shut the dashboard down: requests are refused at once, frames go on for `linger` seconds.

        With None they go on until `power_off`; `start_up` ends it all.
        """
        self.stop_listening(sockets_too=False)
        self._forget_shut_down()
        if linger is not None:
            self._shutting_down = asyncio.get_running_loop().call_later(linger, self.power_off)

    def power_off(self) -> None:
        """End the shutdown, if there was one: every socket is dropped, and all that agents told is forgotten."""
        self._forget_shut_down()
        self.stop_listening()
        self.disconnect()
        self.dashboard.stop()

    def start_up(self) -> None:
        """Start the dashboard again, on the same port; its agents come back one by one."""
        if self._shutting_down is not None:
            self.power_off()
        self.dashboard.start()
        self.resume()

    async def switch(self, generation: str, release: str | None = None) -> None:
        """Replace the dashboard's software by another generation's or release, on the same port, with what it knows."""
        await self.stop()
        self._generation = self._speak(generation, release)
        await self.start(self._port)

    def _speak(self, generation: str, release: str | None) -> Generation:
        self.release = NEWEST[generation] if release is None else Release.parse(release)
        """What it runs."""
        if self.release.generation == "v0":
            spoken: Generation = V0(self.dashboard, self.release)
        else:
            spoken = V1(self.dashboard, self.firewall, self.live, self.release)
        self.dashboard.temper = spoken.temper
        return spoken

    def _disconnect(self, spared: Container[object] = ()) -> None:
        if self._runner is not None and self._runner.server is not None:
            for connection in self._runner.server.connections:
                if connection not in spared:
                    connection.force_close()

    def _count_failure(self) -> None:
        self.failed_handshakes += 1

    def _forget_shut_down(self) -> None:
        if self._shutting_down is not None:
            self._shutting_down.cancel()
            self._shutting_down = None

    @web.middleware
    async def _answer(self, request: web.Request, handler: typedefs.Handler) -> web.StreamResponse:
        text = await request.text() if request.can_read_body else ""
        headers = CIMultiDictProxy(request.headers.copy())
        self.requests.append(SeenRequest(request.method, request.path, dict(request.query), headers, text))
        if any(request.headers.get(name) != value for name, value in self._gateway_headers.items()):
            page = (
                "<!DOCTYPE html>\n<html><head><title>Access</title></head><body><h1>Log in first</h1></body></html>\n"
            )
            return web.Response(text=page, status=403, content_type="text/html", charset="utf-8")

        async def proceed(request: web.Request) -> web.StreamResponse:
            self.dashboard.advance()
            try:
                address = self.firewall.address_of(request)
            except UnknownAddressError as error:
                return response({"error": str(error)})
            if self.firewall.blocked_for(address):
                self.firewall.turned_away += 1
                return self._generation.blocked()
            try:
                return await handler(request)
            except web.HTTPNotFound, web.HTTPMethodNotAllowed:
                return self._generation.unknown_path()

        return await self.faults.answer(request, proceed)

    async def _stamp(self, request: web.Request, answer: web.StreamResponse) -> None:
        answer.headers[hdrs.DATE] = formatdate(self.dashboard.now() + self.proxy_clock(), usegmt=True)
