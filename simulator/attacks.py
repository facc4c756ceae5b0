"""What a stranger in the dashboard's place, or before it, may do on purpose: `ATTACKS` is the list."""

from collections.abc import Callable
import functools
import json
import re
from typing import Any
import zlib

from aiohttp import hdrs, web

from .fault import JSON, Call, Fault, dumps, redirect, unsent

HUGE = 10 * 1024**2
"""Bytes of a list; ten thousand once packed."""
UNREADABLE = 100_000
NAMELESS = 4_900
"""Servers without a uuid, as many as a list may still have beside good ones."""
FORGED = "\n2026-01-01 00:00:00.000 ERROR (MainThread) [homeassistant.core] forged\x1b[31m"
"""A line of the log, as somebody else would write it."""
SECRET = "eyJ.broken-off"
"""The session in an answer whose headers cannot be read."""
MARK = "<the list>"


def _list_of(item: bytes, count: int, *, more: bool = False) -> Callable[[bytes], bytes]:
    """Put so many of one thing into the list that an answer carries, behind what is in it or in its place.

    They are made once, and spliced in: the loop that serves is also the one whose blocks a test may measure.
    """

    @functools.cache
    def listed() -> bytes:
        return b",".join([item] * count)

    def spoil(body: bytes) -> bytes:
        answer = _decoded(body)
        if (key := _list_in(answer)) is None:
            return body
        kept = dumps(answer[key])[1:-1] if more else b""
        spliced = kept + b"," + listed() if kept else listed()
        return dumps(answer | {key: MARK}).replace(dumps(MARK), b"[" + spliced + b"]")

    return spoil


@functools.cache
def _nameless() -> bytes:
    return b",".join(b'{"id":%d}' % (10**6 + number) for number in range(NAMELESS))


def _with_nameless(body: bytes) -> bytes:
    answer = _decoded(body)
    if (key := _list_in(answer)) is None:
        return body
    spliced = b",".join([_nameless(), *([dumps(answer[key])[1:-1]] if answer[key] else [])])
    return dumps(answer | {key: MARK}).replace(dumps(MARK), b"[" + spliced + b"]")


def _forged(body: bytes) -> bytes:
    """Write a line of the log into whatever has a name, and into keys that nobody knows, beside what cannot be read."""

    def forge(value: Any) -> Any:
        if isinstance(value, list):
            return [forge(item) for item in value]
        if not isinstance(value, dict):
            return value
        forged = {key: FORGED if key == "name" else forge(item) for key, item in value.items()}
        return forged | {FORGED: FORGED, "uptime": FORGED, "boot_time": FORGED}

    answer = _decoded(body)
    key = _list_in(answer)
    return body if key is None else dumps(answer | {key: forge(answer[key])})


def _list_in(answer: dict[str, Any]) -> str | None:
    """Return under which key an answer or a frame has its list."""
    return next((key for key, value in answer.items() if isinstance(value, list)), None)


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError, RecursionError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _in_place(summary: str, change: Callable[[bytes], bytes], *, packed: bool = False) -> Fault:
    """Answer with something else, packed by gzip or not."""

    async def answer(call: Call) -> web.StreamResponse:
        usual = await call.proceed()
        body = unsent(usual)
        if body is None or (changed := change(body)) == body:
            return usual
        call.deliver()
        headers = {hdrs.CONTENT_TYPE: JSON} | ({hdrs.CONTENT_ENCODING: "gzip"} if packed else {})
        return web.Response(body=_packed(changed) if packed else changed, headers=headers)

    return Fault(summary, answer, spoil=None if packed else change)


@functools.lru_cache(maxsize=2)
def _packed(body: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(body) + packer.flush()


async def _redirect_with_user(call: Call) -> web.StreamResponse:
    call.deliver()
    return redirect(f"http://user:secret@{call.request.host}{call.request.path_qs}")


async def _broken_headers(call: Call) -> web.StreamResponse:
    """Break off in the headers, after a cookie."""
    call.deliver()
    if (transport := call.request.transport) is not None:
        transport.write(f"HTTP/1.1 200 OK\r\nSet-Cookie: nz-jwt={SECRET}\r\n no header at all\x00\r\n\r\n".encode())
        transport.close()
    return web.Response()


async def _session_of_two_lines(call: Call) -> web.StreamResponse:
    usual = await call.proceed()
    if not (body := unsent(usual)) or b'"token":"' not in body:
        return usual
    call.deliver()
    return web.Response(
        body=re.sub(rb'"token":"[^"]*"', rb'"token":"eyJ\\r\\nX-Forged: 1"', body), content_type="application/json"
    )


ATTACKS: dict[str, Fault] = {
    "huge_list": _in_place("10 MiB of empty objects in place of a list", _list_of(b"{}", HUGE // 3)),
    "huge_list_packed": _in_place("the same in 10 kB", _list_of(b"{}", HUGE // 3), packed=True),
    "huge_list_of_lists": _in_place("10 MiB of empty lists in place of a list", _list_of(b"[]", HUGE // 3)),
    "many_unreadable": _in_place(
        f"{UNREADABLE} servers more that cannot be read", _list_of(b'{"id":"x"}', UNREADABLE, more=True)
    ),
    "nameless": _in_place(f"{NAMELESS} servers more without a uuid", _with_nameless),
    "forged_lines": _in_place("lines of the log in names and keys", _forged),
    "redirect_with_user": Fault("to the same path, with a user and a password in the address", _redirect_with_user),
    "broken_headers": Fault("a session's cookie, and then no header", _broken_headers),
    "session_of_two_lines": Fault("a session with a line break", _session_of_two_lines),
}
"""Every one by its name."""
