"""What an endpoint of v1 and v2 is, and what it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
import json
from typing import Any

from aiohttp import hdrs, web

from .callers import Caller, RefusalError
from .releases import Span

NUMBER = "{id:[0-9]+}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that its caller may make."""

    request: web.Request
    caller: Caller
    body: Any = None
    """Decoded, of those that have one."""

    @property
    def number(self) -> int:
        """Return the number in the path."""
        return int(self.request.match_info["id"])


type Answer = Callable[[Asked], Any]
"""Returns the data of an answer; None for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One path."""

    path: str
    answer: Answer
    method: str = hdrs.METH_GET
    scope: str | None = None
    guests: bool = False
    """Whether it answers those whose JWT is missing or refused."""
    forced: bool = True
    """Whether it shuts guests out, too, where the dashboard demands a credential of everybody."""
    session_only: bool = False
    """Whether a token may not ask, whatever its scopes."""
    since: Span | None = None

    @property
    def changes(self) -> bool:
        """Return whether it changes anything, and has a body."""
        return self.method in {hdrs.METH_POST, hdrs.METH_PATCH}


async def decoded(request: web.Request) -> Any:
    """Return the body of a request."""
    text = await request.text()
    try:
        return json.loads(text) if text else None
    except ValueError as error:
        # Not recorded.
        raise RefusalError("invalid character in the body") from error
