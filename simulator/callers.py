"""Who asks a v1 or v2 dashboard, and how it says no."""

from dataclasses import dataclass

from .credentials import AccessToken
from .dashboard import Server

UNAUTHORISED = "ApiErrorUnauthorized"
WRONG_TOKEN = "ApiErrorUnauthorized: invalid api token"
NO_SCOPE = "ApiErrorForbidden: api token lacks scope {}"
NO_TOKENS = "ApiErrorForbidden: this endpoint is not accessible by api token"
NO_CSRF = "ApiErrorForbidden: missing or invalid CSRF token"


class RefusalError(Exception):
    """A request that is not answered."""

    def __init__(self, error: str, status: int = 200) -> None:
        """Say why."""
        super().__init__(error)
        self.error = error
        self.status = status


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a user, a personal access token, or (neither) a guest."""

    user: bool = False
    token: AccessToken | None = None

    @property
    def known(self) -> bool:
        """Return whether it is no guest."""
        return self.user or self.token is not None

    def require(self, scope: str | None) -> None:
        """Refuse a token without a scope."""
        if self.token is not None and scope is not None and scope not in self.token.scopes:
            raise RefusalError(NO_SCOPE.format(scope), 403)

    def require_session(self, *, wanted: bool) -> None:
        """Refuse a token, whatever its scopes, where a session is wanted."""
        if wanted and self.token is not None:
            raise RefusalError(NO_TOKENS, 403)

    def sees(self, server: Server) -> bool:
        """Return whether a server is shown at all."""
        if self.token is not None and self.token.servers is not None:
            return server.id in self.token.servers
        return self.known or not server.hide_for_guest


GUEST = Caller()
