"""What can go wrong between a dashboard and its client, on demand: `FAULTS` is the list.

What was met in the wild is in `wild`, what a stranger may do on purpose in `attacks`; all of them are set by name.
"""

import asyncio
from collections import ChainMap, Counter
from collections.abc import Awaitable, Callable, Iterable
import functools
import math
import socket
import struct
from typing import Any
import zlib

from aiohttp import hdrs, web

from .attacks import ATTACKS
from .fault import (
    Call,
    Fault,
    Handler,
    World,
    as_usual,
    first,
    html,
    number_of,
    redirect,
    replaced,
    spoilt_body,
    spoilt_list,
    spoilt_server,
    unsent,
)
from .places import at_place
from .wild import WILD

CLOCK_ERROR = 3_600
"""Seconds."""
DAY = 86_400
BOMB_SIZE = 64 * 1024**2
"""Bytes once unpacked; 64 KiB on the wire."""
NAME_SIZE = 1024**2
CHUNK = b" " * 65_536


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
        """Switch a fault on, for so many deliveries or until it is cleared.

        `path` is a part of those it concerns; a name is one of `FAULTS`, `WILD` or `ATTACKS`, or of a place in the answer:
        `null:result.0.name`, `absent:data.0.state.uptime`, `set:servers.0.state.cpu=1e400`.
        """
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
    if not (body := unsent(usual)):
        return usual
    begun = await _send_half(call, usual, body)
    await call.released.wait()
    await begun.write(body[len(body) // 2 :])
    return begun


async def _close_in_body(call: Call) -> web.StreamResponse:
    usual = await call.proceed()
    if not (body := unsent(usual)):
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


async def _redirect_elsewhere(call: Call) -> web.StreamResponse:
    call.deliver()
    return redirect(call.elsewhere + call.request.path_qs)


async def _redirect_loop(call: Call) -> web.StreamResponse:
    call.deliver()
    return redirect(call.request.path_qs)


async def _redirect_within(call: Call) -> web.StreamResponse:
    if "redirected" in call.request.query:
        return await call.proceed()
    call.deliver()
    return redirect(str(call.request.rel_url.update_query(redirected="1")))


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

    return Fault(f"the dashboard's clock is off by {seconds} s", as_usual, enter, leave)


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


def _half(servers: list[Any]) -> list[Any]:
    return sorted(servers, key=number_of)[: len(servers) // 2]


def _twice_the_first(servers: list[Any]) -> list[Any]:
    victim = first(servers)
    return servers if victim is None else [*servers, victim | {"name": "duplicate"}]


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
    "deep_json": replaced(b"[" * 30_000 + b"]" * 30_000),
    "empty_body": replaced(b""),
    "json_null": replaced(b"null"),
    "not_json": replaced(b"upstream connect error or disconnect/reset before headers", "text/plain; charset=utf-8"),
    "real_ip_missing": replaced(b'{"error":"real ip header not found"}'),
    "real_ip_unreadable": replaced(b'{"error":"ParseAddr(\\"unknown\\"): unable to parse IP"}'),
    **{f"html_{status}": html(status) for status in (200, 302, 403, 404, 502, 520)},
    "redirect_elsewhere": Fault("to the same path on another origin", _redirect_elsewhere),
    "redirect_loop": Fault("to the same path, again and again", _redirect_loop),
    "redirect_within": Fault("once, to the same path with one parameter more", _redirect_within),
    "token_revoked": Fault("every credential is refused", _token_revoked),
    "clock_ahead": _wrong_clock(CLOCK_ERROR),
    "clock_behind": _wrong_clock(-CLOCK_ERROR),
    "day_ahead": _wrong_clock(DAY),
    "day_behind": _wrong_clock(-DAY),
    "truncated_json": spoilt_body("the last third is missing", lambda body: body[: len(body) * 2 // 3]),
    "wrong_encoding": spoilt_body(
        "names that are not UTF-8", lambda body: body.replace(b'"name":"', b'"name":"\xff\xfe\x80')
    ),
    "wrong_charset": spoilt_body(
        "a charset that does not exist", lambda body: body, "application/json; charset=no-such-charset"
    ),
    "null_list": spoilt_list("null in place of the servers", lambda _: None),
    "object_for_list": spoilt_list("an object in place of the servers", lambda _: {}),
    "empty_fleet": spoilt_list("no servers", lambda _: []),
    "halved_fleet": spoilt_list("only the first half of the servers, by id", _half),
    "duplicate_id": spoilt_list("the first server twice, once with another name", _twice_the_first),
    "strangers": spoilt_list(
        "things that are no servers", lambda servers: [None, 42, "server", [], {}, *servers, True, [[]], {"id": {}}]
    ),
    "server_null": spoilt_server("null in place of a server", lambda _: None),
    "server_as_text": spoilt_server("a text in place of a server", lambda server: server["name"]),
    "server_as_list": spoilt_server("a server within a list", lambda server: [server]),
    "id_as_text": spoilt_server("a number in quotes", lambda server: server | {"id": str(server["id"])}),
    "id_as_boolean": spoilt_server("true is no number", _with(id=True)),
    "id_null": spoilt_server("no id", _with(id=None)),
    "id_missing": spoilt_server("no id", _except("id")),
    "name_null": spoilt_server("no name", _with(name=None)),
    "huge_name": spoilt_server("a name of 1 MiB", _with(name="n" * NAME_SIZE)),
    "hostile_name": spoilt_server("HTML, a template and control characters", _with(name=HOSTILE_NAME)),
    "only_id": spoilt_server("nothing but an id", lambda server: {"id": server["id"]}),
    "null_values": spoilt_server("everything but the id is null", lambda server: _nulls(server) | {"id": server["id"]}),
    "null_objects": spoilt_server("host and state are null", _each_object(lambda _: None)),
    "null_fields": spoilt_server("each field of host and state is null", _each_object(_nulls)),
    "empty_objects": spoilt_server("host and state are empty", _each_object(lambda _: {})),
    "list_for_object": spoilt_server("host and state are lists", _each_object(lambda item: [item])),
    "text_for_numbers": spoilt_server("every number in words", _each_number(lambda _: "many")),
    "numbers_in_text": spoilt_server("every number in quotes", _each_number(str)),
    "nan": spoilt_server("NaN, which is not JSON", _each_number(lambda _: math.nan)),
    "infinity": spoilt_server("Infinity, which is not JSON", _each_number(lambda _: math.inf)),
    "negative_numbers": spoilt_server("every number below 0", _each_number(lambda number: -abs(number) - 1)),
    "enormous_numbers": spoilt_server(
        "far over 64 bits", _each_number(lambda number: 10**30 if isinstance(number, int) else 1e308)
    ),
}
"""Every fault by its name."""


EVERY = ChainMap(FAULTS, WILD, ATTACKS)


def named(name: str) -> Fault:
    """Return a fault of any of the tables, or one of a place in the answer (see `places`)."""
    return at_place(name) or EVERY[name]
