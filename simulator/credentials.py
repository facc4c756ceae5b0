"""Who may ask a v1 or v2 dashboard: users with passwords, the JWTs they are given, and v2's personal access tokens."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
import secrets

INVENTORY_READ = "nezha:inventory:read"
SERVICE_READ = "nezha:service:read"
CRON_READ = "nezha:cron:read"
CRON_EXEC = "nezha:cron:exec"
SERVER_READ = "nezha:server:read"
SERVER_WRITE = "nezha:server:write"
SERVICE_WRITE = "nezha:service:write"
ALERT_READ = "nezha:alertrule:read"
ALERT_WRITE = "nezha:alertrule:write"
SCOPES = (
    INVENTORY_READ,
    SERVICE_READ,
    CRON_READ,
    CRON_EXEC,
    SERVER_READ,
    SERVER_WRITE,
    SERVICE_WRITE,
    ALERT_READ,
    ALERT_WRITE,
)
"""Every scope that opens anything here, by its name in 2.3.7."""

PAT_PREFIX = "nzp_"
JWT_LIFE = 3_600
"""Seconds."""

DEMO_USER = "admin"
DEMO_PASSWORD = "demo-password"
DEMO_PAT = "nzp_demoToken000000000000000000000000"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a personal access token is good for."""

    scopes: frozenset[str]
    servers: frozenset[int] | None
    """The only servers it shows; None for all."""
    id: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """What a login gives."""

    token: str
    expires: float
    """Unix seconds."""


class Credentials:
    """What the dashboard accepts; it outlasts the dashboard's restart."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start with the demonstration's user and its token."""
        self.jwt_life: float = JWT_LIFE
        """Seconds that the next JWTs are good for."""
        self.refusals: Counter[str] = Counter()
        """How many requests were refused, by the error that they got; the log-ins among them."""
        self.rejects_passwords = False
        """Whether nobody may log in by password, a right one either, as where OAuth alone is allowed."""
        self._clock = clock
        self._passwords = {DEMO_USER: DEMO_PASSWORD}
        self._access_tokens: dict[str, AccessToken] = {}
        self._jwts: dict[str, float] = {}
        self.add_access_token(DEMO_PAT)

    def add_user(self, username: str, password: str) -> None:
        """Let a user log in from now on, with this password and no other."""
        self._passwords[username] = password

    def remove_user(self, username: str) -> None:
        """Refuse a user's password from now on; the JWTs live on."""
        del self._passwords[username]

    def add_access_token(
        self, token: str, scopes: Iterable[str] = SCOPES, servers: Iterable[int] | None = None
    ) -> None:
        """Accept a personal access token, with these scopes and for these servers (None: all); replaces the old one."""
        if not token.startswith(PAT_PREFIX):
            raise ValueError(f"a personal access token begins with {PAT_PREFIX}")
        only = None if servers is None else frozenset(servers)
        self._access_tokens[token] = AccessToken(frozenset(scopes), only, len(self._access_tokens) + 1, token[:8])

    def mint(self, name: str, scopes: Iterable[str], servers: Iterable[int] | None = None) -> tuple[str, AccessToken]:
        """Make a personal access token of this name, and return it with what it is good for."""
        token = PAT_PREFIX + secrets.token_hex(16)
        self.add_access_token(token, scopes, servers)
        self._access_tokens[token] = replace(self._access_tokens[token], name=name)
        return token, self._access_tokens[token]

    @property
    def access_tokens(self) -> list[AccessToken]:
        """Return what all the tokens are good for."""
        return list(self._access_tokens.values())

    def remove_access_token(self, token: str) -> None:
        """Refuse a personal access token from now on."""
        del self._access_tokens[token]

    def access_token(self, token: str) -> AccessToken | None:
        """Return what a personal access token is good for, None for a wrong one."""
        return self._access_tokens.get(token)

    def log_in(self, username: str, password: str) -> Login | None:
        """Return a JWT, None for a wrong user or password, or where passwords are not accepted."""
        if self.rejects_passwords or self._passwords.get(username) != password:
            return None
        return self.issue_jwt()

    def issue_jwt(self) -> Login:
        """Return a JWT without asking for a password, for a test that needs no login."""
        # It looks like one, but there is nothing in it: the dashboard remembers what it gave.
        login = Login(f"eyJ{secrets.token_urlsafe(24)}.{secrets.token_urlsafe(48)}", self._clock() + self.jwt_life)
        self._jwts[login.token] = login.expires
        return login

    def accepts_jwt(self, token: str) -> bool:
        """Return whether a JWT is good."""
        return self._clock() < self._jwts.get(token, 0)

    def revoke_jwts(self) -> None:
        """Refuse every JWT given so far, as when the caller's address has changed or the secret was replaced."""
        self._jwts.clear()
