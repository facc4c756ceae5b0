"""The dashboard's WebSocket: frames as long as it can be had, and a new connection whenever it is lost."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
import logging
import random

from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType
import orjson

from .errors import AuthenticationError, NezhaError, ProtocolError
from .models import Frame
from .transport import hang_up

_LOGGER = logging.getLogger(__name__)
_FIRST_PAUSE = 2
_LONGEST_PAUSE = 120
"""Seconds between two attempts to connect."""


async def frames(
    connect: Callable[[], Awaitable[ClientWebSocketResponse]], decode: Callable[[object], Frame]
) -> AsyncGenerator[Frame | None]:
    """Give every frame, and `None` each time the socket is lost.

    A frame that cannot be read, and ten seconds without one, count as a loss. Connections are tried again with growing
    pauses, each a little other than planned so that a restarted dashboard is not met by all at once. Raises
    `AuthenticationError`, and ends in no other way.
    """
    pause = _FIRST_PAUSE
    while True:
        try:
            socket = await connect()
        except AuthenticationError:
            raise
        except NezhaError as err:
            _LOGGER.debug("No live connection: %s", err)
        else:
            try:
                async for frame in _receive(socket, decode):
                    pause = _FIRST_PAUSE
                    yield frame
            except (ClientError, OSError, ProtocolError, TimeoutError) as err:
                _LOGGER.debug("Live connection lost: %s", err)
            finally:
                await hang_up(socket)
            yield None
        await asyncio.sleep(pause * random.uniform(0.75, 1.25))
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _receive(socket: ClientWebSocketResponse, decode: Callable[[object], Frame]) -> AsyncIterator[Frame]:
    """Give the frames of one connection. Raises `TimeoutError` for silence and `ProtocolError` for anything but a frame."""
    while True:
        message = await socket.receive()
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            raise ProtocolError(f"the socket says {message.type.name}")
        try:
            value = orjson.loads(message.data)
        except orjson.JSONDecodeError as err:
            raise ProtocolError(f"a frame is not JSON (byte {err.pos})") from None
        frame = decode(value)
        # Decoding a thousand servers took its time: let the loop have a turn before they are compared.
        await asyncio.sleep(0)
        yield frame
