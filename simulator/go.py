"""How Go writes what a dashboard answers: JSON, numbers, times, and what it leaves out."""

from collections.abc import Mapping
from datetime import UTC, datetime
import json
import math
from typing import Any

from aiohttp import web

ZERO_TIME = "0001-01-01T00:00:00Z"


def number(value: float) -> float:
    """Write a whole number without a fraction, as Go does."""
    return int(value) if value == int(value) else value


def filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is 0, false or empty, as `omitempty` does."""
    return {key: value for key, value in fields.items() if value}


def time(moment: float | None) -> str:
    """Write unix seconds with nanoseconds less their trailing zeros (RFC 3339), and no time as Go's zero time."""
    if moment is None:
        return ZERO_TIME
    whole = math.floor(moment)
    nanoseconds = min(round((moment - whole) * 1e9), 999_999_999)
    fraction = f".{nanoseconds:09}".rstrip("0").rstrip(".")
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def dumps(value: Any) -> str:
    """Write JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def response(body: Mapping[str, Any], status: int = 200) -> web.Response:
    """Answer with JSON."""
    return web.Response(text=dumps(body), status=status, content_type="application/json", charset="utf-8")
