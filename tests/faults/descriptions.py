"""Every fault, and what is expected of the integration while it lasts."""

from dataclasses import dataclass, fields

from custom_components.nezha.api.transport import LARGEST_REPLY

from .troubles import (
    Block,
    ExpiredCertificate,
    InAnswers,
    PasswordChanged,
    RedirectElsewhere,
    ScopeRemoved,
    Trouble,
    UnknownName,
)

V0 = ("v0",)
V1 = ("v1",)
V2 = ("v2",)
MODERN = ("v1", "v2")
ALL = ("v0", "v1", "v2")

FIRST = frozenset({1})
SECOND = frozenset({2})

_WAYS = ("name", "generations", "trouble", "largest_reply")

PATIENCE = 121
"""Seconds for which a dashboard is left alone that turned us away twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, and what a user is shown: errors by the key of their text."""

    name: str
    generations: tuple[str, ...] = ALL
    trouble: Trouble
    largest_reply: int = LARGEST_REPLY
    """Bytes, while the fault lasts: no test waits until an answer is as large as a real one may be."""
    address: str | None = None
    """What the flow says of the address; `None` where it does not notice."""
    credential: str | None = None
    """What the flow says of the credential; `None` where it makes an entry."""
    set_up: str | None = None
    """For what the set-up waits; `None` where the entry comes up."""
    running: str | None = None
    """Why everything is unavailable; `None` where good servers update."""
    reauth: str | None = None
    """What the flow says of a new credential."""
    rejects: bool = False
    """Whether the credential is told to be wrong: it is never sent again, and the user is asked for another."""
    lacks: frozenset[int] = frozenset()
    """Servers that are not in the answer."""
    keeps: frozenset[int] = frozenset()
    """Servers that cannot be read, or have nothing in them: they stay as they were."""
    unknown: frozenset[int] = frozenset()
    """Servers of which no number can be read."""
    back_within: int = 31
    """Seconds within which the entry is well by itself after the fault: the polling interval, unless that would do harm."""
    warns: bool = False
    """Whether the log names what cannot be read."""

    @property
    def expected(self) -> tuple[object, ...]:
        """All that is expected, in whatever way it goes wrong."""
        return tuple(getattr(self, field.name) for field in fields(self) if field.name not in _WAYS)


def _fault(
    name: str,
    address: str | None = None,
    credential: str | None = None,
    *,
    trouble: Trouble | None = None,
    **told: object,
) -> Fault:
    """Describe a fault: where the credential cannot be tried, the entry neither comes up nor goes on."""
    expected = {
        "set_up": address or credential,
        "running": credential,
        "reauth": credential,
        "rejects": credential in ("token_rejected", "password_rejected"),
    }
    return Fault(
        name=name,
        trouble=trouble or InAnswers(name),
        address=address,
        credential=credential,
        **{**expected, **told},  # type: ignore[arg-type]
    )


def _unknown(name: str) -> Fault:
    """Describe a fault of all the first server's numbers: they are unknown, and its name and host are not."""
    return _fault(name, generations=("v0", "v2"), unknown=FIRST, warns=True)


def _unread(name: str, **told: object) -> Fault:
    """Describe a fault of the first server alone, which cannot be read; v1 reads it as v2 does."""
    return _fault(name, **{"generations": ("v0", "v2"), **told}, keeps=FIRST, warns=True)


FAULTS = (
    # The way to the dashboard
    _fault("refuse", "refused", "refused"),
    _fault("reset", "cannot_connect", "cannot_connect"),
    _fault("hang_before_headers", "timeout", "timeout"),
    _fault("hang_in_body", "timeout", "timeout"),
    _fault("close_in_body", "cannot_connect", "cannot_connect"),
    _fault("expired_certificate", "certificate", "certificate", trouble=ExpiredCertificate()),
    _fault("unknown_name", "cannot_resolve", "cannot_resolve", trouble=UnknownName()),
    # What stands in between
    _fault("html_200", "gateway", "gateway"),
    _fault("html_302", "gateway", "gateway"),
    _fault("html_403", "gateway", "gateway"),
    _fault("html_404", "not_nezha", "not_nezha"),
    _fault("html_502", "server_error", "server_error"),
    _fault("html_520", "server_error", "server_error"),
    _fault("redirect_elsewhere", "moved", "moved", trouble=RedirectElsewhere()),
    _fault("redirect_loop", "gateway", "gateway"),
    _fault("redirect_within", generations=("v0", "v2")),
    # A log-in is never redirected, and a session goes on.
    _fault("redirect_within", None, "gateway", generations=V1, running=None),
    # What the dashboard thinks of us
    _fault("token_revoked", None, "token_rejected", generations=("v0", "v2")),
    _fault("token_revoked", None, "session_refused", generations=V1, back_within=61),
    _fault("password_changed", None, "password_rejected", generations=V1, trouble=PasswordChanged()),
    _fault("scope_removed", None, "missing_scope", generations=V2, trouble=ScopeRemoved()),
    _fault("blocked", "blocked", "blocked", generations=MODERN, trouble=Block(), back_within=PATIENCE),
    # Its clock
    _fault("clock_ahead"),
    _fault("clock_behind"),
    _fault("day_ahead"),
    _fault("day_behind"),
    # Answers that cannot be read
    _fault("endless_body", "bad_answer", "bad_answer", largest_reply=2**17),
    _fault("gzip_bomb", "bad_answer", "bad_answer", largest_reply=2**17),
    _fault("deep_json", "not_nezha", "bad_answer"),
    _fault("empty_body", "not_nezha", "bad_answer"),
    _fault("json_null", "not_nezha", "bad_answer"),
    _fault("not_json", "not_nezha", "bad_answer"),
    # v0 knows no such header.
    _fault("real_ip_missing", "blocked", "bad_answer", generations=V0, back_within=PATIENCE),
    _fault("real_ip_missing", "blocked", "blocked", generations=MODERN, back_within=PATIENCE),
    _fault("real_ip_unreadable", "blocked", "bad_answer", generations=V0, back_within=PATIENCE),
    _fault("real_ip_unreadable", "blocked", "blocked", generations=MODERN, back_within=PATIENCE),
    _fault("truncated_json", "not_nezha", "bad_answer"),
    _fault("wrong_encoding", None, "bad_answer"),
    _fault("wrong_charset"),
    _fault("nan", None, "bad_answer"),
    _fault("infinity", None, "bad_answer"),
    # Lists that are not what they should be
    _fault("object_for_list", None, "bad_answer"),
    _fault("null_list", lacks=FIRST | SECOND, reauth="another_dashboard"),
    _fault("empty_fleet", lacks=FIRST | SECOND, reauth="another_dashboard"),
    _fault("halved_fleet", lacks=SECOND),
    _fault("duplicate_id", warns=True),
    _fault("strangers", warns=True),
    # A server that is not what it should be, among good ones
    _unread("server_null"),
    _unread("server_as_text"),
    _unread("server_as_list"),
    _unread("id_as_text"),
    _unread("id_as_boolean"),
    _unread("id_null"),
    _unread("id_missing"),
    _fault("name_null", generations=("v0", "v2"), warns=True),
    _fault("huge_name"),
    _fault("hostile_name"),
    _unread("only_id", generations=V2),
    _fault("only_id", generations=V0, keeps=FIRST),
    _unread("null_values"),
    _unread("null_objects"),
    _unknown("null_fields"),
    # This is how one looks that has not reported yet.
    _fault("empty_objects", keeps=FIRST),
    _unread("list_for_object"),
    _unknown("text_for_numbers"),
    _unknown("numbers_in_text"),
    _unknown("negative_numbers"),
    _unknown("enormous_numbers"),
)
