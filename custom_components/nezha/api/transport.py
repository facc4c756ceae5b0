"""One HTTP exchange with a dashboard: limits, redirects, and every failure as an error of `errors.py`."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientMiddlewareType,
    ClientRequest,
    ClientResponse,
    ClientResponseError,
    ClientSession,
    ClientSSLError,
    ClientWebSocketResponse,
    WSServerHandshakeError,
    hdrs,
)
import orjson
from yarl import URL

from .errors import (
    BlockedError,
    CannotResolveError,
    CertificateError,
    GatewayError,
    HandshakeError,
    MovedError,
    NezhaError,
    NotNezhaError,
    ProtocolError,
    RefusedError,
    RequestTimeoutError,
    ServerError,
    UnreachableError,
    UntrustedError,
)
from .limits import (
    LARGEST_ANSWER,
    LARGEST_BY_PATH,
    LARGEST_GREETING,
    LARGEST_REPLY,
    LAST_SECOND,
    LONGEST_EXCHANGE,
    MOST_REDIRECTS,
    MOST_VALUES,
)

_REDIRECTS = {301, 302, 303, 307, 308}
_HTTP_SCHEMES = {"ws": "http", "wss": "https"}
_COST_OF_LIST, _COST_OF_OBJECT = 2, 5
"""How much longer it takes to decode one than a number."""
_BLOCK_PAGE = b"nezha WAF"
"""Stands in the page by which every v1 and v2 answers an address that it blocks (`proxy/blocked_setting.json`)."""


type Json = Mapping[str, object] | Sequence[object]
"""What may be sent along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A dashboard's answer that is not a web page. Two are equal that say the same, whenever that was."""

    status: int
    body: bytes
    date: str | None = field(compare=False)
    cookies: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def now(self) -> int | None:
        """The `Date`, by the clock of whoever answered, perhaps a proxy; `None` without one that can be read."""
        try:
            now = parsedate_to_datetime(self.date or "").timestamp()
        except ValueError, OverflowError, OSError:
            return None
        return int(now) if 0 < now <= LAST_SECOND else None

    def json(self) -> dict[str, Any]:
        """Decode the body. Raises what `unexpected` returns for anything but a JSON object."""
        try:
            answer = parse_json(self.body)
        except ProtocolError as err:
            raise self.unexpected(str(err)) from None
        if not isinstance(answer, dict):
            raise self.unexpected("the answer is not a JSON object")
        return answer

    def unexpected(self, message: str) -> NezhaError:
        """Return the error for an answer that is not the dashboard's: with a status of failure, it is a gateway's."""
        if self.status == HTTPStatus.NOT_FOUND:
            return NotNezhaError("the API's address is unknown there")
        if self.status >= HTTPStatus.BAD_REQUEST:
            return GatewayError(f"{message} (status {self.status})", status=self.status)
        return ProtocolError(message)


def parse_json(body: bytes | str) -> Any:
    """Decode a body or a frame. Raises `ProtocolError`, without a part of it, and before it is decoded where it is too much."""
    if isinstance(body, str):
        body = body.encode(errors="surrogatepass")
    if body.count(b",") + _COST_OF_LIST * body.count(b"[") + _COST_OF_OBJECT * body.count(b"{") > MOST_VALUES:
        raise ProtocolError("the answer has too many values")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as err:
        message = f"the answer is not JSON (byte {err.pos})"
    # Outside, since the cause would carry the whole body into the log.
    raise ProtocolError(message)


class Transport:
    """Sends requests to one dashboard, and its credentials nowhere else."""

    def __init__(self, session: ClientSession, url: URL, headers: Mapping[str, str]) -> None:
        """Take the dashboard's address, any path prefix included, and what a gateway before it wants in every request."""
        self._session = session
        self._url = url
        self._headers = headers

    async def get(
        self,
        path: str,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        most: int | None = None,
    ) -> Reply:
        """Send a GET and follow redirects within the dashboard's own origin. The answer may have `most` bytes.

        Raises an `UnreachableError` where there is no answer, `GatewayError` where something else answered, and
        `ProtocolError` where the answer is too large. A JSON answer is returned whatever its status below 500.
        """
        url = self._url / path
        if query:
            url = url.with_query(query)
        return await _bounded(self._get(url, {**self._headers, **headers}, most or _most(path)))

    async def post(self, path: str, headers: Mapping[str, str], json: Json | None = None) -> Reply:
        """Send a POST, which is not to be redirected. Raises what `get` raises."""
        return await _bounded(self._post(self._url / path, {**self._headers, **headers}, json, _most(path)))

    async def patch(self, path: str, headers: Mapping[str, str], json: Json) -> Reply:
        """Send a PATCH, as `post` does."""
        url, method = self._url / path, hdrs.METH_PATCH
        return await _bounded(self._post(url, {**self._headers, **headers}, json, _most(path), method))

    async def connect(self, path: str, headers: Mapping[str, str]) -> ClientWebSocketResponse:
        """Open a WebSocket.

        Raises what `get` raises, and `HandshakeError` where the dashboard itself refuses. Redirects cannot be followed by
        hand here, nor refusals be read: the session has to be made with `only_to`.
        """
        return await _bounded(
            self._session.ws_connect(
                self._url / path,
                headers={**self._headers, **headers},
                max_msg_size=LARGEST_REPLY,
                autoping=False,
            )
        )

    async def _get(self, url: URL, headers: Mapping[str, str], most: int) -> Reply:
        """Follow redirects by hand: the library would send our headers along to another origin."""
        for _ in range(MOST_REDIRECTS + 1):
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await _read(response, most)
                url = _redirect(url, response.headers.get("Location", ""))
        raise GatewayError("redirected in a circle")

    async def _post(
        self, url: URL, headers: Mapping[str, str], json: Json | None, most: int, method: str = hdrs.METH_POST
    ) -> Reply:
        async with self._session.request(method, url, headers=headers, json=json, allow_redirects=False) as response:
            if response.status in _REDIRECTS:
                _redirect(url, response.headers.get("Location", ""))
                raise GatewayError("redirected")
            return await _read(response, most)


def only_to(url: URL) -> ClientMiddlewareType:
    """Return a guard for a session that sends nothing to another origin, not even when it is redirected there.

    Where a WebSocket is refused, it raises what the refusal says: the library would throw that away.
    """

    async def guard(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        target = request.url.with_scheme(_HTTP_SCHEMES.get(request.url.scheme, request.url.scheme))
        if target.origin() != url.origin():
            raise MovedError(target)
        response = await handler(request)
        is_upgrade = request.url.scheme in _HTTP_SCHEMES or "Sec-WebSocket-Key" in request.headers
        if is_upgrade and response.status != HTTPStatus.SWITCHING_PROTOCOLS and response.status not in _REDIRECTS:
            try:
                reply = await _read(response, LARGEST_GREETING)
            finally:
                response.close()
            raise HandshakeError(response.status, reply)
        return response

    return guard


def _most(path: str) -> int:
    """Return how many bytes an answer may have."""
    return min(LARGEST_BY_PATH.get(path, LARGEST_ANSWER), LARGEST_REPLY)


async def _bounded[T](exchange: Awaitable[T]) -> T:
    """Bound an exchange in time, and name what goes wrong in it.

    The error is raised outside the handlers: the library's own carry our headers, the token among them, and what was
    answered, a session's cookie among that, wherever they are shown.
    """
    error: NezhaError
    try:
        async with asyncio.timeout(LONGEST_EXCHANGE):
            return await exchange
    except TimeoutError:
        error = RequestTimeoutError()
    except ClientConnectorDNSError:
        error = CannotResolveError()
    except ClientConnectorCertificateError:
        error = UntrustedError()
    except ClientSSLError:
        error = CertificateError()
    except ClientConnectorError as err:
        error = RefusedError() if isinstance(err.os_error, ConnectionRefusedError) else UnreachableError()
    except WSServerHandshakeError as err:
        error = HandshakeError(err.status)
    except ClientResponseError:
        error = ProtocolError("the answer is not HTTP")
    except ClientError, OSError:
        error = UnreachableError()
    except ValueError:
        error = ProtocolError("what was to be sent is no request")
    raise error


def _redirect(url: URL, location: str) -> URL:
    """Return where a redirect leads, if that is the same origin."""
    try:
        target = url.join(URL(location))
        same = target.origin() == url.origin()
    except ValueError:
        target, same = None, False
    if target is None or target.user is not None or target.password is not None:
        # With a user in the address, the library would refuse to send our own credential beside it.
        raise GatewayError("redirected to an address that is none")
    if not same:
        raise MovedError(target)
    return target


async def _read(response: ClientResponse, most: int) -> Reply:
    """Read a bounded body, and tell a web page from an answer of the dashboard."""
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ServerError(f"status {response.status}")
    body = bytearray()
    async for chunk in response.content.iter_chunked(2**16):
        body += chunk
        if len(body) > most:
            raise ProtocolError("the answer is too large")
    if response.content_type == "text/html" or body.lstrip()[:1] == b"<":
        if response.status == HTTPStatus.FORBIDDEN and _BLOCK_PAGE in body:
            raise BlockedError("the dashboard blocks this address")
        if response.status == HTTPStatus.NOT_FOUND:
            raise NotNezhaError("the API's address is unknown there")
        raise GatewayError(f"a web page with status {response.status}", status=response.status)
    return Reply(
        status=response.status,
        body=bytes(body),
        date=response.headers.get("Date"),
        cookies={name: morsel.value for name, morsel in response.cookies.items()},
    )
