"""Reads a WebSocket whoever is at the other end: only the newest message counts, and nobody can send without bound."""

from asyncio import get_running_loop, sleep, timeout
from contextlib import suppress
from dataclasses import dataclass
import math

from aiohttp import ClientWebSocketResponse, WSMessage, WSMsgType

from .errors import FloodError, ProtocolError
from .limits import FRAME_PAUSE, LARGEST_SECOND, LONGEST_GOODBYE, MOST_MESSAGES, SILENCE

_HEARTBEATS = (WSMsgType.PING, WSMsgType.PONG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message with a frame in it."""

    data: str | bytes
    skipped: int
    """Messages before it that came too soon after another one: they were not looked at."""


class FrameReader:
    """Reads the frames of one connection: of those that come within `FRAME_PAUSE` seconds, only the newest.

    Whatever comes is taken off the socket at once, so that there is never a backlog of what is old.
    """

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        """Read nothing yet."""
        self._socket = socket
        self._allowance = _Allowance()
        self._has_read = False

    async def newest(self) -> Received:
        """Return the next frame, which comes at once where the one before was asked for long enough ago.

        Raises `TimeoutError` for silence, `FloodError` where more comes than anybody needs, and `ProtocolError` for anything
        but a frame.
        """
        due_at = get_running_loop().time() + FRAME_PAUSE if self._has_read else -math.inf
        self._has_read = True
        data, skipped = await self._receive(SILENCE), 0
        with suppress(TimeoutError):
            while (left := due_at - get_running_loop().time()) > 0:
                data = await self._receive(left)
                skipped += 1
        return Received(data=data, skipped=skipped)

    async def _receive(self, patience: float) -> str | bytes:
        """Return the data of the next message that is no heartbeat. Those do not break a silence."""
        async with timeout(patience):
            while (message := await self._socket.receive()).type in _HEARTBEATS:
                self._allowance.take(message)
                if message.type is WSMsgType.PING:
                    await self._socket.pong(message.data)
                await sleep(0)
        # What has arrived already is returned without a turn of the loop, which has other work too.
        await sleep(0)
        self._allowance.take(message)
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            raise ProtocolError(f"the socket says {message.type.name}")
        data: str | bytes = message.data
        return data


class _Allowance:
    """What may come within a second, whatever it is."""

    def __init__(self) -> None:
        self._since = -math.inf
        self._messages = 0
        self._size = 0

    def take(self, message: WSMessage) -> None:
        """Count a message. Raises `FloodError`."""
        now = get_running_loop().time()
        if now - self._since >= 1:
            self._since, self._messages, self._size = now, 0, 0
        self._messages += 1
        self._size += len(message.data) if isinstance(message.data, str | bytes) else 0
        if self._messages > MOST_MESSAGES or self._size > LARGEST_SECOND:
            raise FloodError("the dashboard sends too much at once")


async def hang_up(socket: ClientWebSocketResponse) -> None:
    """Close a WebSocket. The dashboard never answers a close, and its frames keep arriving: this waits for neither."""
    with suppress(TimeoutError):
        async with timeout(LONGEST_GOODBYE):
            await socket.close()
