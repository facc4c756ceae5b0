"""Looks at what a dashboard notifies of, less often than at its servers."""

from collections.abc import Mapping
from dataclasses import replace
import math
import time

from ..api import Alert, AlertKind, Backend
from . import limits
from .devices import SERVICE_PREFIX


def key_of_alert(alert: Alert) -> str:
    """Return what a switch is known by: a rule's number is given again, a service is its device."""
    if alert.kind is AlertKind.SERVICE:
        return f"{SERVICE_PREFIX}{alert.number}"
    return f"alert_rule_{alert.number}_{alert.created}"


class Alerts:
    """The alerts of a kind as they were answered last. What is unknown now stays as it was."""

    def __init__(self, backend: Backend, kind: AlertKind) -> None:
        """Know none yet."""
        self._backend = backend
        self._kind = kind
        self._due_at = 0.0
        self.answers = 0
        """How many answers there were."""
        self.by_key: Mapping[str, Alert] = {}
        """Those that the credential may change, by the key of their switch; the same mapping while nothing changes."""
        self.suspended: frozenset[int] | None = None
        """The numbers of those that are suspended, as far as they may be read; `None` while that is unknown."""

    async def look(self) -> None:
        """Ask, where it is time to. Raises `AuthenticationError` and `BlockedError`."""
        if time.monotonic() < self._due_at:
            return
        before = self.by_key
        alerts = await self._backend.alerts(self._kind)
        self.suspended = None if alerts is None else frozenset(_suspended(alerts))
        may_switch = await self._backend.may_switch_alerts(self._kind) if alerts else False
        if alerts is None or may_switch is None or self.by_key is not before:
            return
        is_of_use = may_switch or not alerts or self._kind is AlertKind.RULE
        self._due_at = time.monotonic() + limits.ALERTS_PAUSE if is_of_use else math.inf
        self.answers += 1
        by_key = {key_of_alert(alert): alert for alert in alerts.values()} if may_switch else {}
        if by_key != before:
            self.by_key = by_key

    async def switch(self, key: str, *, enabled: bool) -> None:
        """Change an alert, and take what the dashboard accepted for true until it is read with the next poll.

        Raises what `Backend.switch_alert` does.
        """
        alert = self.by_key[key]
        await self._backend.switch_alert(alert, enabled=enabled)
        self.by_key = {**self.by_key, key: replace(alert, enabled=enabled)}
        self._due_at = 0.0


def _suspended(alerts: Mapping[int, Alert]) -> set[int]:
    return {number for number, alert in alerts.items() if alert.enabled is False}
