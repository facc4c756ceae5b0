"""The Nezha client. It knows aiohttp and the dashboards' API, and nothing of Home Assistant."""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus

from aiohttp import ClientSession
from yarl import URL

from .backend import Backend
from .errors import (
    AuthenticationError,
    GatewayError,
    MovedError,
    NezhaError,
    NotNezhaError,
    ProtocolError,
    UnreachableError,
    UnsupportedGenerationError,
)
from .models import Host, Server, Snapshot, State, Temperature
from .transport import Transport
from .v0 import BackendV0, is_v0

__all__ = [
    "AuthenticationError",
    "Backend",
    "GatewayError",
    "Generation",
    "Host",
    "MovedError",
    "NezhaError",
    "NotNezhaError",
    "ProtocolError",
    "Server",
    "Snapshot",
    "State",
    "Temperature",
    "UnreachableError",
    "UnsupportedGenerationError",
    "connect",
    "identify",
]


class Generation(StrEnum):
    """The generations of Nezha that have a backend."""

    V0 = "v0"


async def identify(session: ClientSession, url: URL, headers: Mapping[str, str]) -> Generation:
    """Find out which generation answers at an address, without any credential.

    `/api/v1/server/list` gives status 200 and a `code` on v0, and a JSON 404 on later generations, whose
    `/api/v1/setting` then names the site. Raises `UnsupportedGenerationError` for those, `NotNezhaError` for anything
    else that answers, and what `Transport.get` raises.
    """
    transport = Transport(session, url, headers)
    reply = await transport.get("api/v1/server/list", {})
    try:
        if is_v0(reply):
            return Generation.V0
        if reply.status == HTTPStatus.NOT_FOUND and "data" in (await transport.get("api/v1/setting", {})).json():
            raise UnsupportedGenerationError
    except ProtocolError as err:
        raise NotNezhaError from err
    raise NotNezhaError


def connect(session: ClientSession, url: URL, token: str, headers: Mapping[str, str]) -> Backend:
    """Return the client of a dashboard; nothing is sent yet."""
    return BackendV0(Transport(session, url, headers), token)
