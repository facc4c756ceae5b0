"""What can go wrong between the integration and a dashboard.

Every error carries a `reason`: the key of its text in the translations, so that the same trouble reads the same in the
config flow, in the log and in the repair that asks for a new token. No text here ever holds a credential.
"""

from typing import TYPE_CHECKING, ClassVar

from yarl import URL

if TYPE_CHECKING:
    from .transport import Reply


class NezhaError(Exception):
    """Base of all errors that the client raises."""

    reason: ClassVar[str]


class UnreachableError(NezhaError):
    """The dashboard did not answer; it may do so later."""

    reason = "cannot_connect"


class CannotResolveError(UnreachableError):
    """The address has a host name that nobody knows."""

    reason = "cannot_resolve"


class RefusedError(UnreachableError):
    """Nothing listens at the address."""

    reason = "refused"


class RequestTimeoutError(UnreachableError):
    """The answer did not come, or did not end, in time."""

    reason = "timeout"


class CertificateError(UnreachableError):
    """No encrypted connection came about; perhaps what listens there does not encrypt at all."""

    reason = "certificate"


class UntrustedError(CertificateError):
    """There is a certificate, and it is not to be trusted."""


class ServerError(UnreachableError):
    """A proxy answered that the dashboard behind it does not (status 500 and above)."""

    reason = "server_error"


class GatewayError(NezhaError):
    """Something between, a log-in page or a redirect, answered in place of the dashboard."""

    reason = "gateway"

    def __init__(self, message: str, *, status: int | None = None) -> None:
        """Keep the status of what answered."""
        super().__init__(message)
        self.status = status


class MovedError(GatewayError):
    """The address redirects to another origin, where nothing that was given for this one may be sent."""

    reason = "moved"

    def __init__(self, target: URL) -> None:
        """Keep where the redirect leads."""
        super().__init__(f"redirected to {target.origin()}")
        self.target = target


class ProtocolError(NezhaError):
    """The dashboard's answer could not be read: cut off, too large, not JSON or of an unknown form."""

    reason = "bad_answer"


class ReportedError(ProtocolError):
    """The dashboard itself reports an error."""

    def __init__(self, status: int) -> None:
        """Keep the status."""
        super().__init__(f"the dashboard reports an error (status {status})")
        self.status = status


class UnknownPathError(ReportedError):
    """The dashboard knows no such path, or not by this method: it did nothing."""


class HandshakeError(ProtocolError):
    """The dashboard answered, and opened no WebSocket."""

    def __init__(self, status: int, reply: Reply | None = None) -> None:
        """Keep the status, and what was answered."""
        super().__init__(f"no WebSocket, status {status}")
        self.status = status
        self.reply = reply


class FloodError(ProtocolError):
    """More comes over the WebSocket than anybody needs: it is to be left alone for a while."""


class NotNezhaError(ProtocolError):
    """Something answered, and it is not a Nezha dashboard."""

    reason = "not_nezha"


class AuthenticationError(NezhaError):
    """The dashboard rejected the token. It must not be sent again: dashboards block the address of whoever insists."""

    reason = "token_rejected"


class PasswordRejectedError(AuthenticationError):
    """The dashboard rejected the user and password, which must not be sent again either."""

    reason = "password_rejected"


class PasswordOrSignInRejectedError(PasswordRejectedError):
    """As before, at a dashboard where users may sign in elsewhere (OAuth): the password log-in may be off for this one."""

    reason = "password_rejected_oauth"


class MissingScopeError(NezhaError):
    """The token is good, but may not do this (v2)."""

    reason = "missing_scope"

    def __init__(self, scope: str) -> None:
        """Keep the scope as the dashboard names it."""
        super().__init__(f"the token lacks the scope {scope}")
        self.scope = scope


class TaskChangedError(NezhaError):
    """The number is another task's by now."""

    reason = "task_changed"


class NoHistoryError(NezhaError):
    """The generation remembers nothing of its servers' past."""

    reason = "no_history"


class HistoryOffError(NezhaError):
    """The dashboard could remember its servers' past, and its database for that is off."""

    reason = "history_off"


class AlertRuleChangedError(NezhaError):
    """The alert rule is gone, or its number is another one's by now."""

    reason = "alert_rule_changed"


class ServiceChangedError(NezhaError):
    """The service is gone, or its number is another one's by now."""

    reason = "service_changed"


class SessionRefusedError(UnreachableError):
    """The dashboard refused the session of a user and password, and a new one may not be asked for yet."""

    reason = "session_refused"


class BlockedError(UnreachableError):
    """The dashboard blocks this address for some time, as it does after rejections (v1, v2)."""

    reason = "blocked"
