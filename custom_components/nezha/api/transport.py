"""One HTTP exchange with a dashboard: limits, redirects, and every failure as an error of `errors.py`."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
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
    ClientWSTimeout,
    WSServerHandshakeError,
)
import orjson
from yarl import URL

from .errors import (
    CannotResolveError,
    CertificateError,
    GatewayError,
    HandshakeError,
    MovedError,
    NotNezhaError,
    ProtocolError,
    RefusedError,
    RequestTimeoutError,
    ServerError,
    UnreachableError,
)
from .limits import LAST_SECOND

TIMEOUT = 10
"""Seconds for one exchange, the whole body included."""
LARGEST_REPLY = 32 * 2**20
"""Bytes. 1,000 servers are 0.85 MB on v0."""
SILENCE = 10
"""Seconds without a frame after which a WebSocket counts as lost; the dashboard sends one every 2 s."""
_GOODBYE = 0.1
"""Seconds."""
_MOST_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_HTTP_SCHEMES = {"ws": "http", "wss": "https"}


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
        """Decode the body. Raises `ProtocolError` for anything but a JSON object."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError as err:
            # Without the cause: it would carry the whole body into the log.
            raise ProtocolError(f"the answer is not JSON (byte {err.pos})") from None
        if not isinstance(value, dict):
            raise ProtocolError("the answer is not a JSON object")
        return value


class Transport:
    """Sends requests to one dashboard, and its credentials nowhere else."""

    def __init__(self, session: ClientSession, url: URL, headers: Mapping[str, str]) -> None:
        """Take the dashboard's address, any path prefix included, and what a gateway before it wants in every request."""
        self._session = session
        self._url = url
        self._headers = headers

    async def get(self, path: str, headers: Mapping[str, str]) -> Reply:
        """Send a GET and follow redirects within the dashboard's own origin.

        Raises an `UnreachableError` where there is no answer, `GatewayError` where something else answered, and
        `ProtocolError` where the answer is too large. A JSON answer is returned whatever its status below 500.
        """
        async with _bounded():
            return await self._get(self._url / path, {**self._headers, **headers})

    async def post(self, path: str, headers: Mapping[str, str], json: Mapping[str, object] | None = None) -> Reply:
        """Send a POST, which is not to be redirected. Raises what `get` raises."""
        url = self._url / path
        merged = {**self._headers, **headers}
        async with _bounded(), self._session.post(url, headers=merged, json=json, allow_redirects=False) as response:
            if response.status in _REDIRECTS:
                _redirect(url, response.headers.get("Location", ""))
                raise GatewayError("redirected")
            return await _read(response)

    async def connect(self, path: str, headers: Mapping[str, str]) -> ClientWebSocketResponse:
        """Open a WebSocket. Raises what `get` raises.

        Redirects cannot be followed by hand here: the session has to be made with `only_to`.
        """
        async with _bounded():
            return await self._session.ws_connect(
                self._url / path,
                headers={**self._headers, **headers},
                max_msg_size=LARGEST_REPLY,
                timeout=ClientWSTimeout(ws_receive=SILENCE),
            )

    async def _get(self, url: URL, headers: Mapping[str, str]) -> Reply:
        """Follow redirects by hand: the library would send our headers along to another origin."""
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await _read(response)
                url = _redirect(url, response.headers.get("Location", ""))
        raise GatewayError("redirected in a circle")


async def hang_up(socket: ClientWebSocketResponse) -> None:
    """Close a WebSocket. The dashboard never answers a close, and its frames keep arriving: this waits for neither."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_GOODBYE):
            await socket.close()


def only_to(url: URL) -> ClientMiddlewareType:
    """Return a guard for a session that sends nothing to another origin, not even when it is redirected there."""

    async def guard(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        target = request.url.with_scheme(_HTTP_SCHEMES.get(request.url.scheme, request.url.scheme))
        if target.origin() != url.origin():
            raise MovedError(target)
        return await handler(request)

    return guard


@asynccontextmanager
async def _bounded() -> AsyncIterator[None]:
    """Bound an exchange in time, and name what goes wrong in it."""
    try:
        async with asyncio.timeout(TIMEOUT):
            yield
    except TimeoutError as err:
        raise RequestTimeoutError from err
    except ClientConnectorDNSError as err:
        raise CannotResolveError from err
    except (ClientConnectorCertificateError, ClientSSLError) as err:
        raise CertificateError from err
    except ClientConnectorError as err:
        if isinstance(err.os_error, ConnectionRefusedError):
            raise RefusedError from err
        raise UnreachableError from err
    except WSServerHandshakeError as err:
        raise HandshakeError(err.status) from None
    except ClientResponseError:
        # Without the cause: it would carry our headers, the token among them, wherever it is shown.
        raise ProtocolError("the answer is not HTTP") from None
    except (ClientError, OSError) as err:
        raise UnreachableError from err


def is_without_address(reply: Reply) -> bool:
    """Whether a dashboard past its proxy (v1, v2) does not see who asks: it answers so with status 200, and blocks us."""
    return reply.body.strip() == b"real ip header not found"


def _redirect(url: URL, location: str) -> URL:
    """Return where a redirect leads, if that is the same origin."""
    try:
        target = url.join(URL(location))
        same = target.origin() == url.origin()
    except ValueError as err:
        raise GatewayError("redirected to an address that is none") from err
    if not same:
        raise MovedError(target)
    return target


async def _read(response: ClientResponse) -> Reply:
    """Read a bounded body, and tell a web page from an answer of the dashboard."""
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ServerError(f"status {response.status}")
    body = bytearray()
    async for chunk in response.content.iter_chunked(2**16):
        body += chunk
        if len(body) > LARGEST_REPLY:
            raise ProtocolError("the answer is too large")
    if response.content_type == "text/html" or body.lstrip()[:1] == b"<":
        if response.status == HTTPStatus.NOT_FOUND:
            raise NotNezhaError("the API's address is unknown there")
        raise GatewayError(f"a web page with status {response.status}", status=response.status)
    return Reply(
        status=response.status,
        body=bytes(body),
        date=response.headers.get("Date"),
        cookies={name: morsel.value for name, morsel in response.cookies.items()},
    )
