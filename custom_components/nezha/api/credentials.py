"""What a dashboard knows its user by, from v1 on: an access token, or a session of a user and password."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Mapping
from datetime import datetime
import time
from typing import ClassVar, override

from .errors import AuthenticationError, BlockedError, PasswordRejectedError, ProtocolError, SessionRefusedError
from .transport import Transport, is_without_address

_RENEW_BEFORE = 300
"""Seconds before its end at which a session is renewed. It lasts an hour (recorded exchange `login.json`)."""
_LONGEST_LIFE = 3_600
"""Seconds: as long as a session lasts unless the dashboard is told otherwise."""
_REFUSAL_PAUSE = 60
"""Seconds between log-ins that follow a refused session."""


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
        self._rejected = False

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

    def __init__(self, username: str, password: str) -> None:
        """Take both; nothing is sent yet."""
        self._login = {"username": username, "password": password}
        self._rejected = False
        self._lock = asyncio.Lock()
        self._session: Mapping[str, str] | None = None
        self._csrf: Mapping[str, str] = {}
        self._renew_at = 0.0
        self._was_refused = False
        self._replaced_at = -float(_REFUSAL_PAUSE)

    @override
    async def headers(self, transport: Transport) -> Mapping[str, str]:
        """Return the session's header; log in where there is none, or where it is about to end."""
        async with self._lock:
            if self._rejected:
                raise PasswordRejectedError
            now = time.monotonic()
            if self._was_refused:
                if now - self._replaced_at < _REFUSAL_PAUSE:
                    raise SessionRefusedError
                self._replaced_at = now
            if self._session is None or now >= self._renew_at:
                self._session = await self._log_in(transport)
                self._was_refused = False
            return self._session

    @override
    def refuse(self, headers: Mapping[str, str]) -> None:
        """Drop a session: its hour may be over by another clock, or our address may have changed.

        Another one is had at once, but not more than one a minute.
        """
        if headers is self._session:
            self._session = None
            self._was_refused = True

    @override
    def post_headers(self) -> Mapping[str, str]:
        """Return the pair of cookie and header by which v2 tells its own page from another site's."""
        return self._csrf

    async def _log_in(self, transport: Transport) -> Mapping[str, str]:
        """Exchange the password for a session. Once rejected, it is never sent again."""
        self._session = None
        reply = await transport.post("api/v1/login", {}, json=self._login)
        if is_without_address(reply):
            raise BlockedError("the dashboard does not see who asks")
        match answer := reply.json():
            case {"data": {"token": str(token), "expire": str(expire)}}:
                self._renew_at = time.monotonic() + _life(expire, reply.now) - _RENEW_BEFORE
            case {"error": str()}:
                self._rejected = True
                raise PasswordRejectedError
            case _:
                raise ProtocolError(f"the answer to the log-in has {', '.join(answer) or 'nothing'}")
        if csrf := reply.cookies.get("nz-csrf"):
            self._csrf = {"Cookie": f"nz-csrf={csrf}", "X-CSRF-Token": csrf}
        return {"Authorization": f"Bearer {token}"}


def _life(expire: str, now: int | None) -> float:
    """Return for how many seconds a session is used.

    Its end is by the dashboard's clock and `now` perhaps by a proxy's: what is more than an hour, or nothing, is an hour. A
    session that ends earlier is refused, and replaced then.
    """
    try:
        life = datetime.fromisoformat(expire).timestamp() - (now or 0)
    except ValueError, OverflowError:
        return _LONGEST_LIFE
    return life if 0 < life < _LONGEST_LIFE else _LONGEST_LIFE
