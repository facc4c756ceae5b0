"""What can go wrong between a dashboard and its client, on demand: `FAULTS` is the list.

A fault knows nothing of a generation's fields beyond the envelope (an object with one list of servers, or a WebSocket
frame alike) and a server's `id` and `name`, which all generations share.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
import functools
import json
import math
import socket
import struct
from typing import Any, Protocol
import zlib

from aiohttp import hdrs, web

from .dashboard import Dashboard

CLOCK_ERROR = 3_600
"""Seconds."""
DAY = 86_400
BOMB_SIZE = 64 * 1024**2
"""Bytes once unpacked; 64 KiB on the wire."""
NAME_SIZE = 1024**2
CHUNK = b" " * 65_536

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class World(Protocol):
    """What a fault may take hold of besides a request."""

    dashboard: Dashboard

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


class Faults:
    """The faults that are switched on at present."""

    def __init__(self, world: World) -> None:
        """Start with none."""
        self._world = world
        self._left: dict[str, int | None] = {}
        self._paths: dict[str, str] = {}
        self._released = asyncio.Event()
        self.delivered: Counter[str] = Counter()
        """How often each fault took effect; for `refuse` how often the socket was closed."""
        self.elsewhere = "http://127.0.0.1:9"
        """The other origin that `redirect_elsewhere` points to, without a trailing slash."""

    @property
    def active(self) -> tuple[str, ...]:
        """Return the names of the faults that are on."""
        return tuple(self._left)

    def set(self, name: str, times: int | None = None, *, path: str = "") -> None:
        """Switch a fault on, for so many deliveries or until it is cleared; `path` is a part of those it concerns."""
        fault = named(name)
        self._paths[name] = path
        if name in self._left:
            self._left[name] = times
            return
        self._left[name] = times
        if fault.enter is not None:
            fault.enter(self._world)
        if fault.answer is None:
            self._deliver(name)

    def clear(self, name: str | None = None) -> None:
        """Switch a fault off, or all of them; requests that hang go on."""
        for active in [name] if name is not None else list(self._left):
            self._retire(active)
        self._released.set()
        self._released = asyncio.Event()

    async def answer(self, request: web.Request, proceed: Handler) -> web.StreamResponse:
        """Answer a request through every fault that is on, the newest outermost."""
        for name in self._left:
            if (answer := named(name).answer) is not None:
                proceed = functools.partial(self._through, name, answer, proceed)
        try:
            return await proceed(request)
        except ConnectionError:
            # The client went while an answer was on its way.
            return web.Response()

    async def _through(
        self,
        name: str,
        answer: Callable[[Call], Awaitable[web.StreamResponse]],
        proceed: Handler,
        request: web.Request,
    ) -> web.StreamResponse:
        if name not in self._left or self._paths[name] not in request.path:
            # It may have been cleared while the request hung in another fault.
            return await proceed(request)
        call = Call(
            request=request,
            handler=proceed,
            deliver=functools.partial(self._deliver, name),
            released=self._released,
            elsewhere=self.elsewhere,
        )
        return await answer(call)

    def _deliver(self, name: str) -> None:
        self.delivered[name] += 1
        left = self._left.get(name)
        if left is not None:
            self._left[name] = left - 1
            if left <= 1:
                self._retire(name)

    def _retire(self, name: str) -> None:
        if name in self._left:
            del self._left[name]
            if (leave := named(name).leave) is not None:
                leave(self._world)


async def _as_usual(call: Call) -> web.StreamResponse:
    call.deliver()
    return await call.proceed()


async def _reset(call: Call) -> web.StreamResponse:
    call.deliver()
    if (transport := call.request.transport) is not None:
        # Lingering for 0 s makes the kernel send RST in place of FIN.
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    return web.Response()


async def _hang(call: Call) -> web.StreamResponse:
    call.deliver()
    await call.released.wait()
    return await call.proceed()


async def _hang_in_body(call: Call) -> web.StreamResponse:
    usual = await call.proceed()
    if not (body := _body(usual)):
        return usual
    begun = await _send_half(call, usual, body)
    await call.released.wait()
    await begun.write(body[len(body) // 2 :])
    return begun


async def _close_in_body(call: Call) -> web.StreamResponse:
    usual = await call.proceed()
    if not (body := _body(usual)):
        return usual
    begun = await _send_half(call, usual, body)
    if call.request.transport is not None:
        call.request.transport.close()
    return begun


async def _send_half(call: Call, usual: web.StreamResponse, body: bytes) -> web.StreamResponse:
    call.deliver()
    begun = web.StreamResponse(status=usual.status, headers={hdrs.CONTENT_TYPE: usual.headers[hdrs.CONTENT_TYPE]})
    begun.content_length = len(body)
    await begun.prepare(call.request)
    await begun.write(body[: len(body) // 2])
    return begun


async def _endless(call: Call) -> web.StreamResponse:
    call.deliver()
    begun = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "application/json; charset=utf-8"})
    await begun.prepare(call.request)
    await begun.write(b'{"code":0,"message":"success","result":[')
    while not call.released.is_set():
        await begun.write(CHUNK)
        # A client that reads as fast as this writes would otherwise keep the loop for itself.
        await asyncio.sleep(0)
    await begun.write(b"]}")
    return begun


async def _gzip_bomb(call: Call) -> web.StreamResponse:
    call.deliver()
    headers = {hdrs.CONTENT_TYPE: "application/json; charset=utf-8", hdrs.CONTENT_ENCODING: "gzip"}
    return web.Response(body=_bomb(), headers=headers)


@functools.cache
def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([packer.compress(CHUNK) for _ in range(BOMB_SIZE // len(CHUNK))]) + packer.flush()


def _replaced(body: bytes, content_type: str = "application/json; charset=utf-8", status: int = 200) -> Fault:
    """Answer with this in place of what was asked for."""

    async def answer(call: Call) -> web.StreamResponse:
        call.deliver()
        return web.Response(body=body, status=status, headers={hdrs.CONTENT_TYPE: content_type})

    return Fault(f"answers {status} with {content_type}: {body[:40]!r}", answer)


def _html(status: int) -> Fault:
    page = (
        f"<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>Gateway: {status}</h1></body></html>\n"
    )
    return _replaced(page.encode(), "text/html; charset=utf-8", status)


async def _redirect_elsewhere(call: Call) -> web.StreamResponse:
    call.deliver()
    return _redirect(call.elsewhere + call.request.path_qs)


async def _redirect_loop(call: Call) -> web.StreamResponse:
    call.deliver()
    return _redirect(call.request.path_qs)


async def _redirect_within(call: Call) -> web.StreamResponse:
    if "redirected" in call.request.query:
        return await call.proceed()
    call.deliver()
    return _redirect(str(call.request.rel_url.update_query(redirected="1")))


def _redirect(location: str) -> web.Response:
    return web.Response(status=302, headers={hdrs.LOCATION: location})


async def _token_revoked(call: Call) -> web.StreamResponse:
    headers = call.request.headers.copy()
    if hdrs.AUTHORIZATION not in headers:
        return await call.proceed()
    call.deliver()
    headers[hdrs.AUTHORIZATION] += "-revoked"
    return await call.handler(call.request.clone(headers=headers))


def _wrong_clock(seconds: int) -> Fault:
    def enter(world: World) -> None:
        world.dashboard.clock_offset += seconds

    def leave(world: World) -> None:
        world.dashboard.clock_offset -= seconds

    return Fault(f"the dashboard's clock is off by {seconds} s", _as_usual, enter, leave)


def _spoilt_body(summary: str, change: Callable[[bytes], bytes], content_type: str | None = None) -> Fault:
    """Change the bytes of an answer, or what it says of them."""

    async def answer(call: Call) -> web.StreamResponse:
        usual = await call.proceed()
        if not (body := _body(usual)):
            return usual
        changed = change(body)
        if changed == body and content_type is None:
            return usual
        call.deliver()
        headers = {hdrs.CONTENT_TYPE: content_type or usual.headers[hdrs.CONTENT_TYPE]}
        return web.Response(body=changed, status=usual.status, headers=headers)

    return Fault(summary, answer, spoil=change if content_type is None else None)


def _body(answer: web.StreamResponse) -> bytes | None:
    """Return a body that has not been sent yet."""
    body = answer.body if isinstance(answer, web.Response) else None
    return body if isinstance(body, bytes) else None


def _spoilt_list(summary: str, change: Callable[[list[Any]], Any]) -> Fault:
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
        return _dumps(answer)

    return _spoilt_body(summary, spoil)


def _dumps(answer: Any) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def _spoilt_server(summary: str, change: Callable[[dict[str, Any]], Any]) -> Fault:
    """Change the server with the smallest id; the others stay good, and so does what has none, as a group."""

    def spoil(servers: list[Any]) -> list[Any]:
        if (victim := _first(servers)) is None or "id" not in victim:
            return servers
        return [change(victim) if server is victim else server for server in servers]

    return _spoilt_list(summary, spoil)


def _first(servers: list[Any]) -> dict[str, Any] | None:
    """Return the server with the smallest id; another fault may have put anything into the list."""
    return min((server for server in servers if isinstance(server, dict)), key=_number, default=None)


def _number(server: Any) -> float:
    number = server.get("id") if isinstance(server, dict) else None
    return number if isinstance(number, int) else math.inf


def _with(**fields: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda server: server | fields


def _each_number(change: Callable[[float], Any]) -> Callable[[Any], Any]:
    """Change every number in a server but its id, at any depth."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: item if key == "id" else walk(item) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item) for item in value]
        return change(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    return walk


def _each_object(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Change the objects within a server: its host, its state."""
    return lambda server: {key: change(item) if isinstance(item, dict) else item for key, item in server.items()}


def _with_null(value: Any, place: list[str]) -> Any:
    """Return a value with null at a place within it, or as it is where there is no such place."""
    match value, place:
        case _, []:
            return None
        case dict(), [key, *rest] if key in value:
            return value | {key: _with_null(value[key], rest)}
        case list(), ["0", *rest] if value:
            victim = _first(value) or value[0]
            return [_with_null(item, rest) if item is victim else item for item in value]
    return value


def _null_at(place: str) -> Fault:
    def spoil(body: bytes) -> bytes:
        try:
            answer = json.loads(body)
        except ValueError, RecursionError:
            return body
        changed = _with_null(answer, place.split("."))
        return body if changed == answer else _dumps(changed)

    return _spoilt_body(f"null at {place}", spoil)


def _half(servers: list[Any]) -> list[Any]:
    return sorted(servers, key=_number)[: len(servers) // 2]


def _twice_the_first(servers: list[Any]) -> list[Any]:
    first = _first(servers)
    return servers if first is None else [*servers, first | {"name": "duplicate"}]


def _except(*keys: str) -> Callable[[dict[str, Any]], Any]:
    return lambda server: {key: value for key, value in server.items() if key not in keys}


def _nulls(items: Iterable[str]) -> dict[str, None]:
    return dict.fromkeys(items)


HOSTILE_NAME = '<script>alert("1")</script><b>\x00\x07\x1b[31m\u202e\u2028\r\n{{ states("x") }} &amp; \U0001f4a5'

FAULTS: dict[str, Fault] = {
    "refuse": Fault(
        "the listening socket is closed", None, lambda world: world.stop_listening(), lambda world: world.resume()
    ),
    "reset": Fault("the connection is reset", _reset),
    "hang_before_headers": Fault("no answer until cleared", _hang),
    "hang_in_body": Fault("half of the body, and the rest once cleared", _hang_in_body),
    "close_in_body": Fault("half of the body, then the connection is closed", _close_in_body),
    "endless_body": Fault("a body that never ends", _endless),
    "gzip_bomb": Fault("64 MiB of spaces in 64 KiB", _gzip_bomb),
    "deep_json": _replaced(b"[" * 100_000 + b"]" * 100_000),
    "empty_body": _replaced(b""),
    "json_null": _replaced(b"null"),
    "not_json": _replaced(b"real ip header not found", "text/plain; charset=utf-8"),
    **{f"html_{status}": _html(status) for status in (200, 302, 403, 404, 502, 520)},
    "redirect_elsewhere": Fault("to the same path on another origin", _redirect_elsewhere),
    "redirect_loop": Fault("to the same path, again and again", _redirect_loop),
    "redirect_within": Fault("once, to the same path with one parameter more", _redirect_within),
    "token_revoked": Fault("every credential is refused", _token_revoked),
    "clock_ahead": _wrong_clock(CLOCK_ERROR),
    "clock_behind": _wrong_clock(-CLOCK_ERROR),
    "day_ahead": _wrong_clock(DAY),
    "day_behind": _wrong_clock(-DAY),
    "truncated_json": _spoilt_body("the last third is missing", lambda body: body[: len(body) * 2 // 3]),
    "wrong_encoding": _spoilt_body(
        "names that are not UTF-8", lambda body: body.replace(b'"name":"', b'"name":"\xff\xfe\x80')
    ),
    "wrong_charset": _spoilt_body(
        "a charset that does not exist", lambda body: body, "application/json; charset=no-such-charset"
    ),
    "null_list": _spoilt_list("null in place of the servers", lambda _: None),
    "object_for_list": _spoilt_list("an object in place of the servers", lambda _: {}),
    "empty_fleet": _spoilt_list("no servers", lambda _: []),
    "halved_fleet": _spoilt_list("only the first half of the servers, by id", _half),
    "duplicate_id": _spoilt_list("the first server twice, once with another name", _twice_the_first),
    "strangers": _spoilt_list(
        "things that are no servers", lambda servers: [None, 42, "server", [], {}, *servers, True, [[]], {"id": {}}]
    ),
    "server_null": _spoilt_server("null in place of a server", lambda _: None),
    "server_as_text": _spoilt_server("a text in place of a server", lambda server: server["name"]),
    "server_as_list": _spoilt_server("a server within a list", lambda server: [server]),
    "id_as_text": _spoilt_server("a number in quotes", lambda server: server | {"id": str(server["id"])}),
    "id_as_boolean": _spoilt_server("true is no number", _with(id=True)),
    "id_null": _spoilt_server("no id", _with(id=None)),
    "id_missing": _spoilt_server("no id", _except("id")),
    "name_null": _spoilt_server("no name", _with(name=None)),
    "huge_name": _spoilt_server("a name of 1 MiB", _with(name="n" * NAME_SIZE)),
    "hostile_name": _spoilt_server("HTML, a template and control characters", _with(name=HOSTILE_NAME)),
    "only_id": _spoilt_server("nothing but an id", lambda server: {"id": server["id"]}),
    "null_values": _spoilt_server(
        "everything but the id is null", lambda server: _nulls(server) | {"id": server["id"]}
    ),
    "null_objects": _spoilt_server("host and state are null", _each_object(lambda _: None)),
    "null_fields": _spoilt_server("each field of host and state is null", _each_object(_nulls)),
    "empty_objects": _spoilt_server("host and state are empty", _each_object(lambda _: {})),
    "list_for_object": _spoilt_server("host and state are lists", _each_object(lambda item: [item])),
    "text_for_numbers": _spoilt_server("every number in words", _each_number(lambda _: "many")),
    "numbers_in_text": _spoilt_server("every number in quotes", _each_number(str)),
    "nan": _spoilt_server("NaN, which is not JSON", _each_number(lambda _: math.nan)),
    "infinity": _spoilt_server("Infinity, which is not JSON", _each_number(lambda _: math.inf)),
    "negative_numbers": _spoilt_server("every number below 0", _each_number(lambda number: -abs(number) - 1)),
    "enormous_numbers": _spoilt_server(
        "far over 64 bits", _each_number(lambda number: 10**30 if isinstance(number, int) else 1e308)
    ),
}
"""Every fault by its name."""

NULL = "null:"


@functools.cache
def named(name: str) -> Fault:
    """Return one of `FAULTS`, or for `null:` and a place in the answer, such as `null:data.0.host.cpu`, null there.

    0 is the first of a list, of servers the one with the smallest id.
    """
    return _null_at(name.removeprefix(NULL)) if name.startswith(NULL) else FAULTS[name]
