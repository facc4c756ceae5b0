"""What public reports tell of dashboards and of what stands before them: `WILD` is the list."""

from collections.abc import Callable
import itertools

from aiohttp import web

from .fault import JSON, Call, Fault, World, as_usual, html, replaced

PROXY_AHEAD = 90
"""Seconds by which a proxy's own `Date` is ahead of the dashboard's clock."""
CHALLENGE = (
    '<!DOCTYPE html>\n<html lang="en-US"><head><title>Just a moment...</title></head>\n'
    "<body><h1>Checking your browser</h1><p>Enable JavaScript and cookies to continue</p></body></html>\n"
)


def _proxy_clock(summary: str, offset: Callable[[], Callable[[], float]]) -> Fault:
    """Write another `Date`, as a proxy with a clock of its own does; what the dashboard itself tells stays."""

    def enter(world: World) -> None:
        world.proxy_clock = offset()

    def leave(world: World) -> None:
        world.proxy_clock = lambda: 0

    return Fault(summary, as_usual, enter, leave)


async def _login_refused(call: Call) -> web.StreamResponse:
    """Refuse a log-in without looking at it, as where the dashboard's database was busy."""
    if not call.request.path.endswith("/login"):
        return await call.proceed()
    call.deliver()
    return web.Response(body=b'{"error":"ApiErrorUnauthorized"}', headers={"Content-Type": JSON})


WILD: dict[str, Fault] = {
    "database_locked": replaced(b'{"error":"database is locked"}'),
    "login_refused": Fault("a right password is refused, and no firewall minds", _login_refused),
    "challenge_403": replaced(CHALLENGE.encode(), "text/html; charset=UTF-8", 403),
    "html_401": html(401),
    "empty_401": replaced(b"", "text/plain", 401),
    "json_401": replaced(b'{"message":"Unauthorized"}', JSON, 401),
    "html_429": html(429),
    "html_503": html(503),
    "proxy_clock": _proxy_clock("a proxy writes its own Date", lambda: lambda: PROXY_AHEAD),
    "proxy_clock_jumps": _proxy_clock(
        "two proxies with clocks of their own, in turns", lambda: itertools.cycle((PROXY_AHEAD, -PROXY_AHEAD)).__next__
    ),
}
"""Every one by its name."""
