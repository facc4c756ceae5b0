"""The Nezha client. It knows aiohttp and the dashboards' API, and nothing of Home Assistant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum
from http import HTTPStatus

from aiohttp import ClientSession
from yarl import URL

from .backend import Backend
from .credentials import AccessToken, Password
from .cycle import Cycle, Unit
from .decode import Fields
from .envelope import UNKNOWN_PATH, answer_of
from .errors import (
    AlertRuleChangedError,
    AuthenticationError,
    BlockedError,
    FloodError,
    GatewayError,
    HistoryOffError,
    MissingScopeError,
    MovedError,
    NezhaError,
    NoHistoryError,
    NotNezhaError,
    PasswordOrSignInRejectedError,
    PasswordRejectedError,
    ProtocolError,
    ServerError,
    ServiceChangedError,
    SessionRefusedError,
    UnreachableError,
    UntrustedError,
)
from .history import Metric, Period, Point
from .limits import MOST_PROVIDERS
from .models import (
    Alert,
    AlertKind,
    Frame,
    Host,
    Kind,
    Report,
    Right,
    Server,
    Service,
    Snapshot,
    State,
    Task,
    Temperature,
    TrafficCycle,
    Unreadable,
)
from .price import Price
from .public_note import Billing, Plan, PublicNote, Term
from .transport import Transport, only_to
from .v0 import BackendV0, is_v0
from .v1 import BackendV1

__all__ = [
    "Alert",
    "AlertKind",
    "AlertRuleChangedError",
    "AuthenticationError",
    "Backend",
    "Billing",
    "BlockedError",
    "Cycle",
    "Dashboard",
    "FloodError",
    "Frame",
    "GatewayError",
    "Generation",
    "HistoryOffError",
    "Host",
    "Kind",
    "Metric",
    "MissingScopeError",
    "MovedError",
    "NezhaError",
    "NoHistoryError",
    "NotNezhaError",
    "PasswordOrSignInRejectedError",
    "PasswordRejectedError",
    "Period",
    "Plan",
    "Point",
    "Price",
    "ProtocolError",
    "PublicNote",
    "Report",
    "Right",
    "Server",
    "ServerError",
    "Service",
    "ServiceChangedError",
    "SessionRefusedError",
    "Snapshot",
    "State",
    "Task",
    "Temperature",
    "Term",
    "TrafficCycle",
    "Unit",
    "UnreachableError",
    "Unreadable",
    "UntrustedError",
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
    oauth_providers: tuple[str, ...] = ()
    """Where its users may sign in instead of by password, which may be off for some of them then (v1, v2)."""


async def identify(session: ClientSession, url: URL, headers: Mapping[str, str]) -> Dashboard:
    """Find out which generation answers at an address, without any credential.

    `/api/v1/server/list` gives status 200 and a `code` on v0. Later generations do not know the path, and say so with status
    404, before v1.5.0 with 200. Their `/api/v1/setting`, open to everyone, names the site, with the key `tsdb_enabled` from
    v2.0.0 on (recorded exchanges `v0_path.json` and `anon_setting.json`). Raises `NotNezhaError` for anything else that
    answers, and what `Transport.get` raises.
    """
    transport = Transport(session, url, headers)
    reply = await transport.get("api/v1/server/list", {})
    try:
        answer = answer_of(reply)
    except ProtocolError as err:
        raise NotNezhaError(str(err)) from None
    if is_v0(reply, answer):
        return Dashboard(Generation.V0)
    if reply.status != HTTPStatus.NOT_FOUND and answer.get("error") != UNKNOWN_PATH:
        raise NotNezhaError("the answer is that of another API")
    reply = await transport.get("api/v1/setting", {})
    try:
        match answer_of(reply):
            case {"data": {"config": dict(config), **rest}}:
                return _describe(Fields(config), Generation.V2 if "tsdb_enabled" in rest else Generation.V1)
            case {"data": {"site_name": _} as config}:
                return _describe(Fields(config), Generation.V1)
    except ProtocolError as err:
        raise NotNezhaError(str(err)) from None
    raise NotNezhaError("the settings are those of another API")


def _describe(config: Fields, generation: Generation) -> Dashboard:
    """Return what guests see of a dashboard's settings; before v1.5.0 those stand a level higher."""
    providers = filter(None, config.texts("oauth2_providers", MOST_PROVIDERS))
    return Dashboard(generation, config.text("site_name"), tuple(providers))


def connect(
    session: ClientSession,
    url: URL,
    generation: Generation,
    headers: Mapping[str, str],
    *,
    token: str | None = None,
    username: str = "",
    password: str = "",
    has_oauth: bool = False,
    time_zone: tzinfo = UTC,
) -> Backend:
    """Return the client of a dashboard; nothing is sent yet.

    v0 takes a token, v1 a user and password, v2 either. Where users may sign in elsewhere (`has_oauth`), the rejection of a
    password is a `PasswordOrSignInRejectedError`. Dates in notes that have no offset are days in `time_zone`. The session has to be made with `only_to`, and keep no cookies:
    a refused session must not go out again as a cookie.
    """
    transport = Transport(session, url, headers)
    if generation is Generation.V0:
        return BackendV0(transport, token or "")
    credential = AccessToken(token) if token else Password(username, password, has_oauth=has_oauth)
    return BackendV1(transport, credential, run_by_get=generation is Generation.V1, time_zone=time_zone)
