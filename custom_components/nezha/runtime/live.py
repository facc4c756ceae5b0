"""Follows the frames of one dashboard, whatever goes wrong, for as long as its entry is loaded."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import StrEnum
import time
from typing import Protocol

from ..api import AuthenticationError, Backend, BlockedError, FloodError, Frame
from .block import Block
from .limits import (
    FIRST_BLOCK_PAUSE,
    FIRST_LIVE_PAUSE,
    LONGEST_BLOCK_PAUSE,
    LONGEST_LIVE_PAUSE,
    MANY_FRAMES,
    NEWEST_FRAME_AGE,
)
from .log import DashboardLog


class LiveState(StrEnum):
    """Where the live data of a dashboard comes from."""

    POLLED = "polled"
    """The dashboard sends no frames, or is not followed."""
    WAITING = "waiting"
    """No frame has come since the socket was opened or lost."""
    LIVE = "live"
    """Frames arrive."""


class Audience(Protocol):
    """Whoever takes frames in."""

    async def take_frame(self, frame: Frame, *, is_first: bool) -> None:
        """Take one in; the first comes after a time without any."""

    def frames_ceased(self) -> None:
        """Ask in another way from now on."""

    def reject_credential(self) -> None:
        """Have the user asked for another credential."""


class _Pause:
    """Seconds to wait, each time longer."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = self._next = first
        self._longest = longest

    def next(self) -> float:
        """Return how long to wait this time."""
        pause, self._next = self._next, min(2 * self._next, self._longest)
        return pause

    def reset(self) -> None:
        """Wait for a short time again."""
        self._next = self._first


class LiveFollower:
    """The task that follows the frames of a dashboard."""

    def __init__(self, backend: Backend, block: Block, log: DashboardLog, audience: Audience) -> None:
        """Follow nothing yet."""
        self._backend = backend
        self._block = block
        self._log = log
        self._audience = audience
        self._state = LiveState.POLLED
        self._newest: Frame | None = None
        self._newest_at = 0.0
        self._after_error = _Pause(FIRST_LIVE_PAUSE, LONGEST_LIVE_PAUSE)
        self._after_refusal = _Pause(FIRST_BLOCK_PAUSE, LONGEST_BLOCK_PAUSE)

    @property
    def state(self) -> LiveState:
        """Whether frames arrive: they do while the newest one is young."""
        is_old = time.monotonic() - self._newest_at > NEWEST_FRAME_AGE
        return LiveState.WAITING if self._state is LiveState.LIVE and is_old else self._state

    @property
    def newest(self) -> Frame | None:
        """The newest frame, while they arrive."""
        return self._newest if self.state is LiveState.LIVE else None

    async def run(self) -> None:
        """Follow until the credential is rejected. What nobody foresaw is logged, and all is begun anew."""
        try:
            # A socket that is opened asks too: it waits for the end of a block.
            while (frames := self._backend.frames(self._block.wait_until_over)) is not None:
                try:
                    await self._follow(frames)
                    pause = self._after_error
                except BlockedError:
                    # Whether it is the dashboard's block, and not a proxy's affair, is found out by the list.
                    pause = self._after_refusal
                except FloodError:
                    self._log.flooded()
                    pause = self._after_refusal
                except AuthenticationError:
                    self._audience.reject_credential()
                    return
                except Exception as err:  # noqa: BLE001
                    self._log.live_failed(err)
                    pause = self._after_error
                self._cease()
                await asyncio.sleep(pause.next())
        finally:
            self._state, self._newest = LiveState.POLLED, None

    async def _follow(self, frames: AsyncGenerator[Frame | None]) -> None:
        self._state = LiveState.WAITING
        async with aclosing(frames):
            async for frame in frames:
                if frame is None:
                    self._cease()
                    continue
                is_first = self.state is not LiveState.LIVE
                self._state, self._newest, self._newest_at = LiveState.LIVE, frame, time.monotonic()
                self._after_error.reset()
                self._after_refusal.reset()
                if frame.skipped >= MANY_FRAMES:
                    self._log.frames_skipped()
                await self._audience.take_frame(frame, is_first=is_first)

    def _cease(self) -> None:
        """Notify once where frames arrived before, or were to."""
        was_live = self._state is LiveState.LIVE
        self._state, self._newest = LiveState.WAITING, None
        if was_live:
            self._audience.frames_ceased()
