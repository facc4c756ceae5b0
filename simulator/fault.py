"""What a fault is, and the ways to make one.

A fault knows nothing of a generation's fields beyond the envelope (an object with one list of servers, or a WebSocket
frame alike) and a server's `id` and `name`, which all generations share.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import json
import math
from typing import Any, Protocol

from aiohttp import hdrs, web

from .dashboard import Dashboard

JSON = "application/json; charset=utf-8"

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class World(Protocol):
    """What a fault may take hold of besides a request."""

    dashboard: Dashboard
    proxy_clock: Callable[[], float]
    """Returns the seconds by which the `Date` is ahead of the dashboard's clock."""

    def stop_listening(self) -> None:
        """Close the listening socket and every connection."""

    def resume(self) -> None:
        """Listen again."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through a fault."""

    request: web.Request
    handler: Handler
    """Gives the answer that would be sent without the fault."""
    deliver: Callable[[], None]
    """To be called when the fault is about to take effect."""
    released: asyncio.Event
    """Set when the fault is cleared: whatever hangs goes on."""
    elsewhere: str

    async def proceed(self) -> web.StreamResponse:
        """Return the usual answer."""
        return await self.handler(self.request)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    summary: str
    answer: Callable[[Call], Awaitable[web.StreamResponse]] | None
    """None if it takes effect as soon as it is switched on, before there is a request."""
    enter: Callable[[World], None] | None = None
    leave: Callable[[World], None] | None = None
    spoil: Callable[[bytes], bytes] | None = None
    """Changes the bytes of a body, if that is all the fault does; it goes for a WebSocket frame as well."""


async def as_usual(call: Call) -> web.StreamResponse:
    """Answer as usual, and count it."""
    call.deliver()
    return await call.proceed()


def replaced(body: bytes, content_type: str = JSON, status: int = 200) -> Fault:
    """Answer with this in place of what was asked for."""

    async def answer(call: Call) -> web.StreamResponse:
        call.deliver()
        return web.Response(body=body, status=status, headers={hdrs.CONTENT_TYPE: content_type})

    return Fault(f"answers {status} with {content_type}: {body[:40]!r}", answer)


def html(status: int) -> Fault:
    """Answer with a gateway's page."""
    page = (
        f"<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>Gateway: {status}</h1></body></html>\n"
    )
    return replaced(page.encode(), "text/html; charset=utf-8", status)


def redirect(location: str) -> web.Response:
    """Return a redirect."""
    return web.Response(status=302, headers={hdrs.LOCATION: location})


def spoilt_body(summary: str, change: Callable[[bytes], bytes], content_type: str | None = None) -> Fault:
    """Change the bytes of an answer, or what it says of them."""

    async def answer(call: Call) -> web.StreamResponse:
        usual = await call.proceed()
        if not (body := unsent(usual)):
            return usual
        changed = change(body)
        if changed == body and content_type is None:
            return usual
        call.deliver()
        headers = {hdrs.CONTENT_TYPE: content_type or usual.headers[hdrs.CONTENT_TYPE]}
        return web.Response(body=changed, status=usual.status, headers=headers)

    return Fault(summary, answer, spoil=change if content_type is None else None)


def unsent(answer: web.StreamResponse) -> bytes | None:
    """Return a body that has not been sent yet."""
    body = answer.body if isinstance(answer, web.Response) else None
    return body if isinstance(body, bytes) else None


def spoilt_list(summary: str, change: Callable[[list[Any]], Any]) -> Fault:
    """Change the list that an answer carries, whatever its key."""

    def spoil(body: bytes) -> bytes:
        try:
            answer = json.loads(body)
        except ValueError, RecursionError:
            return body
        items = answer.items() if isinstance(answer, dict) else ()
        key = next((key for key, value in items if isinstance(value, list)), None)
        if key is None:
            return body
        answer[key] = change(answer[key])
        return dumps(answer)

    return spoilt_body(summary, spoil)


def dumps(answer: Any) -> bytes:
    """Write JSON without spaces."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def spoilt_server(summary: str, change: Callable[[dict[str, Any]], Any]) -> Fault:
    """Change the server with the smallest id; the others stay good, and so does what has none, as a group."""

    def spoil(servers: list[Any]) -> list[Any]:
        if (victim := first(servers)) is None or "id" not in victim:
            return servers
        return [change(victim) if server is victim else server for server in servers]

    return spoilt_list(summary, spoil)


def first(servers: list[Any]) -> dict[str, Any] | None:
    """Return the server with the smallest id; another fault may have put anything into the list."""
    return min((server for server in servers if isinstance(server, dict)), key=number_of, default=None)


def number_of(server: Any) -> float:
    """Return a server's number, or one after all others."""
    number = server.get("id") if isinstance(server, dict) else None
    return number if isinstance(number, int) else math.inf
