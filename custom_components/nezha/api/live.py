"""The dashboard's WebSocket: frames while it is open, and a new connection whenever it is lost."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import replace
import logging
import random

from aiohttp import ClientError, ClientWebSocketResponse

from .errors import AuthenticationError, BlockedError, FloodError, NezhaError
from .models import Frame
from .transport import parse_json
from .websocket import FrameReader, hang_up

_LOGGER = logging.getLogger(__name__)
_FIRST_PAUSE = 2
_LONGEST_PAUSE = 120
"""Seconds between two attempts to connect."""


async def frames(
    connect: Callable[[], Awaitable[ClientWebSocketResponse]],
    decode: Callable[[object], Awaitable[Frame]],
    before_connecting: Callable[[], Awaitable[None]] | None = None,
) -> AsyncGenerator[Frame | None]:
    """Yield the newest frame of each second, and `None` each time the socket is lost.

    `before_connecting` is waited for each time it is opened.

    A frame that cannot be read, and ten seconds without one, count as a loss. Connections are tried again with growing
    pauses, each a little other than planned so that a restarted dashboard is not met by all at once. Raises
    `AuthenticationError`, `BlockedError` and `FloodError`, and ends in no other way.
    """
    pause = _FIRST_PAUSE
    while True:
        if before_connecting:
            await before_connecting()
        try:
            socket = await connect()
        except AuthenticationError, BlockedError:
            raise
        except NezhaError as err:
            _LOGGER.debug("No live connection: %s", err or type(err).__name__)
        else:
            try:
                async for frame in _receive(socket, decode):
                    pause = _FIRST_PAUSE
                    yield frame
            except FloodError:
                raise
            except NezhaError as err:
                _LOGGER.debug("Live connection lost: %s", err)
            except (ClientError, OSError) as err:
                # Its text may hold what was sent or received.
                _LOGGER.debug("Live connection lost: %s", type(err).__name__)
            finally:
                await hang_up(socket)
            yield None
        await asyncio.sleep(pause * random.uniform(0.75, 1.25))
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _receive(
    socket: ClientWebSocketResponse, decode: Callable[[object], Awaitable[Frame]]
) -> AsyncIterator[Frame]:
    """Yield the frames of one connection. Raises what `FrameReader.newest` does."""
    reader = FrameReader(socket)
    while True:
        received = await reader.newest()
        frame = await decode(parse_json(received.data))
        # Decoding took its time: let the loop have a turn before the frame is compared.
        await asyncio.sleep(0)
        yield replace(frame, skipped=received.skipped) if received.skipped else frame
