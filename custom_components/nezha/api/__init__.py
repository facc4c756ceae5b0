"""The Nezha client. It knows aiohttp and the dashboards' API, and nothing of Home Assistant."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from aiohttp import ClientSession
from yarl import URL

from .backend import Backend
from .credentials import AccessToken, Password
from .decode import as_text
from .errors import (
    AuthenticationError,
    BlockedError,
    GatewayError,
    MissingScopeError,
    MovedError,
    NezhaError,
    NotNezhaError,
    PasswordRejectedError,
    ProtocolError,
    ServerError,
    UnreachableError,
)
from .models import (
    Frame,
    Host,
    Kind,
    Report,
    Server,
    Service,
    Snapshot,
    State,
    Task,
    Temperature,
    TrafficCycle,
    Unreadable,
)
from .public_note import Billing, Cycle, Plan, PublicNote, Term
from .transport import Transport, is_without_address, only_to
from .v0 import BackendV0, is_v0
from .v1 import BackendV1

__all__ = [
    "AuthenticationError",
    "Backend",
    "Billing",
    "BlockedError",
    "Cycle",
    "Dashboard",
    "Frame",
    "GatewayError",
    "Generation",
    "Host",
    "Kind",
    "MissingScopeError",
    "MovedError",
    "NezhaError",
    "NotNezhaError",
    "PasswordRejectedError",
    "Plan",
    "ProtocolError",
    "PublicNote",
    "Report",
    "Server",
    "ServerError",
    "Service",
    "Snapshot",
    "State",
    "Task",
    "Temperature",
    "Term",
    "TrafficCycle",
    "UnreachableError",
    "Unreadable",
    "connect",
    "identify",
    "only_to",
]


class Generation(StrEnum):
    """The generations of Nezha that have a backend."""

    V0 = "v0"
    V1 = "v1"
    V2 = "v2"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What a dashboard tells about itself without a credential."""

    generation: Generation
    site_name: str = ""
    """What its owner calls it; v0 does not tell."""


async def identify(session: ClientSession, url: URL, headers: Mapping[str, str]) -> Dashboard:
    """Find out which generation answers at an address, without any credential.

    `/api/v1/server/list` gives status 200 and a `code` on v0, and a JSON 404 on later generations, whose
    `/api/v1/setting` then names the site, with the key `tsdb_enabled` from v2.0.0 on (recorded exchanges `v0_path.json`
    and `setting.json`). Raises `NotNezhaError` for anything else that answers, and what `Transport.get` raises.
    """
    transport = Transport(session, url, headers)
    reply = await transport.get("api/v1/server/list", {})
    if is_without_address(reply):
        raise BlockedError("the dashboard does not see who asks")
    try:
        if is_v0(reply):
            return Dashboard(Generation.V0)
        if reply.status == HTTPStatus.NOT_FOUND:
            match (await transport.get("api/v1/setting", {})).json():
                case {"data": {"config": {"site_name": str()} as config, **rest}}:
                    generation = Generation.V2 if "tsdb_enabled" in rest else Generation.V1
                    return Dashboard(generation, as_text(config["site_name"]))
    except ProtocolError as err:
        raise NotNezhaError from err
    raise NotNezhaError("the answer is that of another API")


def connect(
    session: ClientSession,
    url: URL,
    generation: Generation,
    headers: Mapping[str, str],
    *,
    token: str | None = None,
    username: str = "",
    password: str = "",
) -> Backend:
    """Return the client of a dashboard; nothing is sent yet.

    v0 takes a token, v1 a user and password, v2 either. The session has to be made with `only_to`, and keep no cookies:
    a refused session must not go out again as a cookie.
    """
    transport = Transport(session, url, headers)
    if generation is Generation.V0:
        return BackendV0(transport, token or "")
    credential = AccessToken(token) if token else Password(username, password)
    return BackendV1(transport, credential, run_by_get=generation is Generation.V1)
