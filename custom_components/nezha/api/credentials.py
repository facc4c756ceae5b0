"""What a dashboard knows its user by, from v1 on: an access token, or a session of a user and password."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Mapping
from datetime import datetime
import time
from typing import ClassVar, override

from .envelope import UnauthorisedError, accepted
from .errors import (
    AuthenticationError,
    PasswordOrSignInRejectedError,
    PasswordRejectedError,
    ProtocolError,
    SessionRefusedError,
)
from .limits import LOG_IN_PAUSE, LONGEST_TOKEN
from .transport import Reply, Transport

_LONGEST_LIFE = 3_600
"""Seconds: as long as a session lasts unless the dashboard is told otherwise (recorded exchange `login.json`)."""
_RENEW_BEFORE = 300
"""Seconds before its end at which a session is renewed, but not before half of its life."""


class Credential(ABC):
    """Gives the headers that a request needs."""

    scoped: ClassVar[bool]
    """Whether it may be limited to some of what its user may do."""

    @abstractmethod
    async def headers(self, transport: Transport) -> Mapping[str, str]:
        """Return the headers of a request.

        Raises `AuthenticationError` where the user has to be asked, and what `Transport.post` raises.
        """

    @abstractmethod
    def refuse(self, headers: Mapping[str, str]) -> None:
        """Take note that the dashboard refused these headers. Raises `AuthenticationError` where there are no others."""

    def post_headers(self) -> Mapping[str, str]:
        """Return what a POST needs beside `headers`."""
        return {}


class AccessToken(Credential):
    """A personal access token (v2)."""

    scoped = True

    def __init__(self, token: str) -> None:
        """Take a token as the dashboard shows it, `nzp_…`."""
        self._headers = {"Authorization": f"Bearer {token}"}
        self._rejected = not is_token(token)

    @override
    async def headers(self, transport: Transport) -> Mapping[str, str]:
        if self._rejected:
            raise AuthenticationError
        return self._headers

    @override
    def refuse(self, headers: Mapping[str, str]) -> None:
        self._rejected = True
        raise AuthenticationError


class Password(Credential):
    """A user and password. The session that they give is kept in memory only."""

    scoped = False

    def __init__(self, username: str, password: str, *, has_oauth: bool = False) -> None:
        """Take both; nothing is sent yet. `has_oauth` says that users of the dashboard may sign in elsewhere."""
        self._login = {"username": username, "password": password}
        self._rejection = PasswordOrSignInRejectedError if has_oauth else PasswordRejectedError
        self._rejected = False
        self._lock = asyncio.Lock()
        self._session: Mapping[str, str] | None = None
        self._csrf: Mapping[str, str] = {}
        self._renew_at = 0.0
        self._was_refused = False
        self._replaced_at = -float(LOG_IN_PAUSE)

    @override
    async def headers(self, transport: Transport) -> Mapping[str, str]:
        """Return the session's header; log in where there is none, or where it is about to end."""
        async with self._lock:
            if self._rejected:
                raise self._rejection
            now = time.monotonic()
            if self._was_refused:
                if now - self._replaced_at < LOG_IN_PAUSE:
                    raise SessionRefusedError
                self._replaced_at = now
            if self._session is None or now >= self._renew_at:
                self._session = await self._log_in(transport)
                self._was_refused = False
            return self._session

    @override
    def refuse(self, headers: Mapping[str, str]) -> None:
        """Drop a session: its hour may be over by another clock, or our address may have changed.

        Another one is asked for at once, but not more than one a minute.
        """
        if headers is self._session:
            self._session = None
            self._was_refused = True

    @override
    def post_headers(self) -> Mapping[str, str]:
        """Return the pair of cookie and header by which v2 tells its own page from another site's."""
        return self._csrf

    async def _log_in(self, transport: Transport) -> Mapping[str, str]:
        """Exchange the password for a session. What the dashboard rejected is never sent again."""
        self._session = None
        reply = await transport.post("api/v1/login", {}, json=self._login)
        try:
            answer = accepted(reply)
        except UnauthorisedError:
            self._rejected = True
        if self._rejected:
            raise self._rejection
        match answer:
            # The session itself shows that the log-in succeeded: `success` may be null.
            case {"data": {"token": str(token), **rest}} if is_token(token):
                self._renew_at = time.monotonic() + _use(_life(rest.get("expire"), reply.now))
            case _:
                raise ProtocolError("the answer to the log-in has no session")
        self._csrf = _csrf(reply)
        return {"Authorization": f"Bearer {token}"}


def is_token(text: str) -> bool:
    """Whether a text can be sent as a token: printable ASCII without a space, and not too much of it."""
    return 0 < len(text) <= LONGEST_TOKEN and text.isascii() and text.isprintable() and " " not in text


def _csrf(reply: Reply) -> Mapping[str, str]:
    """Return the pair that came with a session, if the release knows one."""
    csrf = reply.cookies.get("nz-csrf", "")
    if not is_token(csrf) or set(csrf) & set('";,\\'):
        return {}
    return {"Cookie": f"nz-csrf={csrf}", "X-CSRF-Token": csrf}


def _life(expire: object, now: int | None) -> float:
    """Return for how many seconds a session may last.

    Its end is by the dashboard's clock and `now` perhaps by a proxy's: what is more than an hour, or nothing, is an hour. A
    session that ends earlier is refused, and replaced then.
    """
    try:
        life = datetime.fromisoformat(str(expire)).timestamp() - (now or 0)
    except ValueError, OverflowError:
        return _LONGEST_LIFE
    return life if 0 < life < _LONGEST_LIFE else _LONGEST_LIFE


def _use(life: float) -> float:
    """Return for how many seconds a session is used: never so few that log-ins follow each other within a minute."""
    return max(LOG_IN_PAUSE, life - min(_RENEW_BEFORE, life / 2))
