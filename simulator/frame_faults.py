"""What can go wrong with the frames of a WebSocket: everything that spoils a list of servers, and what only frames know."""

from collections import ChainMap, Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import itertools
import json
from typing import Protocol

from .attacks import ATTACKS
from .faults import FAULTS
from .go import ZERO_TIME, dumps
from .places import at_place

DAY = 86_400
OVERSIZED = 5 * 1024**2
"""Bytes; by default `aiohttp` takes no message over 4 MiB."""
FLOOD = 400
"""Copies of a frame, all at once."""
PINGS = 5_000
STRANGER = 4_242
"""The number of a server that no list has."""


class Sink(Protocol):
    """Where a frame goes."""

    async def send(self, frame: bytes) -> None:
        """Send it."""

    async def ping(self) -> None:
        """Send a ping."""

    async def say_goodbye(self) -> None:
        """Send a close frame and drop the connection."""

    def drop(self) -> None:
        """Drop the connection."""


type Deliver = Callable[[bytes, Sink], Awaitable[bool]]
"""Sends a frame, or what becomes of it, and returns whether the fault took effect."""


@dataclass(frozen=True, slots=True)
class FrameFault:
    """One thing that goes wrong."""

    summary: str
    deliver: Deliver


def _spoilt(summary: str, change: Callable[[bytes], bytes]) -> FrameFault:
    async def deliver(frame: bytes, sink: Sink) -> bool:
        changed = change(frame)
        await sink.send(changed)
        return changed != frame

    return FrameFault(summary, deliver)


async def _silence(frame: bytes, sink: Sink) -> bool:
    return True


async def _close(frame: bytes, sink: Sink) -> bool:
    await sink.say_goodbye()
    return True


async def _drop(frame: bytes, sink: Sink) -> bool:
    sink.drop()
    return True


async def _as_is(frame: bytes, sink: Sink) -> bool:
    await sink.send(frame)
    return True


async def _ping(frame: bytes, sink: Sink) -> bool:
    await sink.ping()
    return True


def _now_in_turns() -> Deliver:
    days = itertools.cycle((DAY, -DAY))

    async def deliver(frame: bytes, sink: Sink) -> bool:
        told = json.loads(frame)
        await sink.send(dumps(told | {"now": told["now"] + 1_000 * next(days)}).encode())
        return True

    return deliver


async def _flood(frame: bytes, sink: Sink) -> bool:
    """Send a frame many times, the dashboard's time a day ahead and a day behind in all but the last."""
    told = json.loads(frame)
    copies = [dumps(told | {"now": told["now"] + 1_000 * days}).encode() for days in (DAY, -DAY)]
    for copy in itertools.islice(itertools.cycle(copies), FLOOD - 1):
        await sink.send(copy)
    await sink.send(frame)
    return True


async def _ping_flood(frame: bytes, sink: Sink) -> bool:
    for _ in range(PINGS):
        await sink.ping()
    return True


def _with_stranger(frame: bytes) -> bytes:
    told = json.loads(frame)
    stranger = {"id": STRANGER, "name": "stranger", "host": {}, "state": {}, "last_active": ZERO_TIME}
    return dumps(told | {"servers": [*told["servers"], stranger]}).encode()


FRAME_FAULTS: dict[str, FrameFault] = {
    **{name: _spoilt(fault.summary, fault.spoil) for name, fault in FAULTS.items() if fault.spoil is not None},
    "silence": FrameFault("no frame is sent, the connection stays", _silence),
    "garbage": _spoilt("no JSON", lambda _: b"\x7b\x00 no such thing"),
    "deep_json": _spoilt("100,000 lists within each other", lambda _: b"[" * 100_000 + b"]" * 100_000),
    "json_null": _spoilt("null", lambda _: b"null"),
    "empty": _spoilt("nothing", lambda _: b""),
    "oversized": _spoilt("5 MiB of spaces more", lambda frame: frame + b" " * OVERSIZED),
    "unknown_server": _spoilt("a server that is another user's", _with_stranger),
    "guest_view": FrameFault("what a guest sees, as after a JWT expired", _as_is),
    "close": FrameFault("a close frame, then the connection goes", _close),
    "drop": FrameFault("the connection goes", _drop),
}
"""Every fault of frames by its name."""


FRAME_ATTACKS: dict[str, FrameFault] = {
    **{name: _spoilt(fault.summary, fault.spoil) for name, fault in ATTACKS.items() if fault.spoil is not None},
    "only_pings": FrameFault("pings in place of frames", _ping),
    "flood": FrameFault(f"a frame {FLOOD} times at once, the dashboard's time jumping by days", _flood),
    "ping_flood": FrameFault(f"{PINGS} pings at once", _ping_flood),
    "now_jumps": FrameFault("the dashboard's time is a day ahead and a day behind, in turns", _now_in_turns()),
}
"""What a stranger may do to frames on purpose, by its name."""


EVERY = ChainMap(FRAME_FAULTS, FRAME_ATTACKS)


def named(name: str) -> FrameFault:
    """Return a fault of either table, or one of a place in the frame (see `places`)."""
    if (fault := at_place(name)) is None:
        return EVERY[name]
    assert fault.spoil is not None
    return _spoilt(fault.summary, fault.spoil)


class FrameFaults:
    """The faults of frames that are switched on at present."""

    def __init__(self) -> None:
        """Start with none."""
        self._left: dict[str, int | None] = {}
        self.delivered: Counter[str] = Counter()
        """How many frames each fault concerned."""

    @property
    def active(self) -> tuple[str, ...]:
        """Return the names of the faults that are on."""
        return tuple(self._left)

    @property
    def wants_guest_view(self) -> bool:
        """Return whether every viewer gets what a guest sees."""
        return "guest_view" in self._left

    def set(self, name: str, times: int | None = None) -> None:
        """Switch a fault on, for so many frames or until it is cleared; of several the newest wins."""
        named(name)
        self._left.pop(name, None)
        self._left[name] = times

    def clear(self, name: str | None = None) -> None:
        """Switch a fault off, or all of them."""
        for active in [name] if name is not None else list(self._left):
            self._left.pop(active, None)

    async def send(self, frame: bytes, sink: Sink) -> None:
        """Send a frame through the newest fault that is on."""
        name = next(reversed(self._left), None)
        if name is None:
            await sink.send(frame)
            return
        try:
            took_effect = await named(name).deliver(frame, sink)
        except ConnectionError:
            # The viewer did not want to hear the end of it.
            self._count(name)
            raise
        if took_effect:
            self._count(name)

    def _count(self, name: str) -> None:
        self.delivered[name] += 1
        left = self._left.get(name)
        if left is not None:
            self._left[name] = left - 1
            if left <= 1:
                self.clear(name)
