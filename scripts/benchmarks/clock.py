"""Time that can be put forward: hours of Home Assistant's life in seconds of ours.

Whoever asks the module `time` (the event loop, Home Assistant's states and timers, the integration) is told the real time
and what it was put forward by; so is who asks for Home Assistant's `utcnow`. CPU time is never touched.
"""

from datetime import UTC, datetime
from functools import partial
import time

from homeassistant.util import dt as dt_util

_real_time, _real_monotonic = time.time, time.monotonic
_ahead = 0.0


def install() -> None:
    """Take over this process's clocks."""
    time.time = lambda: _real_time() + _ahead
    time.monotonic = lambda: _real_monotonic() + _ahead
    dt_util.utcnow = partial(_utcnow)


def put_forward(seconds: float) -> None:
    """Let so much time have passed; the event loop notices at its next turn."""
    global _ahead  # noqa: PLW0603
    _ahead += seconds


def _utcnow() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)
