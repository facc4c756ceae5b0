"""Looks at the alert rules of a dashboard, less often than at its servers."""

from collections.abc import Mapping
from dataclasses import replace
import time

from ..api import AlertRule, Backend
from . import limits


class AlertRules:
    """The alert rules as they were answered last. What is unknown now stays as it was."""

    def __init__(self, backend: Backend) -> None:
        """Know none yet."""
        self._backend = backend
        self._due_at = 0.0
        self.answers = 0
        """How many answers there were."""
        self.by_key: Mapping[str, AlertRule] = {}
        """Those that the credential may change, by the key of their switch; the same mapping while nothing changes."""
        self.suspended: frozenset[int] | None = None
        """The numbers of those that are suspended, as far as they may be read; `None` while that is unknown."""

    async def look(self) -> None:
        """Ask, where it is time to. Raises `AuthenticationError` and `BlockedError`."""
        if time.monotonic() < self._due_at:
            return
        before = self.by_key
        rules = await self._backend.alert_rules()
        self.suspended = None if rules is None else frozenset(_suspended(rules))
        may_change = await self._backend.may_change_alert_rules() if rules else False
        if rules is None or may_change is None or self.by_key is not before:
            return
        self._due_at = time.monotonic() + limits.ALERT_RULES_PAUSE
        self.answers += 1
        by_key = {rule.key: rule for rule in rules.values()} if may_change else {}
        if by_key != before:
            self.by_key = by_key

    async def switch(self, rule: AlertRule, *, enabled: bool) -> None:
        """Change a rule, and take what the dashboard accepted for true until it is read with the next poll.

        Raises what `Backend.switch_alert_rule` does.
        """
        await self._backend.switch_alert_rule(rule, enabled=enabled)
        self.by_key = {**self.by_key, rule.key: replace(rule, enabled=enabled)}
        self._due_at = 0.0


def _suspended(rules: Mapping[int, AlertRule]) -> set[int]:
    return {number for number, rule in rules.items() if rule.enabled is False}
