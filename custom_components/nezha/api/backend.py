"""What every generation's client can do."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from typing import ClassVar

from .errors import NoHistoryError, ProtocolError
from .history import Metric, Period, Point
from .models import Alert, AlertKind, Frame, Right, Snapshot


class Backend(ABC):
    """The client of one dashboard. Only its subclasses know a generation's endpoints and fields."""

    has_extras: ClassVar[bool] = False
    """Whether the API has what came with v1: notes, services, traffic cycles, tasks."""

    @abstractmethod
    async def snapshot(self) -> Snapshot:
        """Fetch all servers, and what else there is.

        Raises `AuthenticationError` where the credential is rejected, and other errors of `errors.py` where there is no
        answer that can be read.
        """

    async def missing_scopes(self) -> list[str]:
        """Return what the credential may not do, as the dashboard names it. Raises what `snapshot` raises."""
        return []

    def frames(
        self, before_connecting: Callable[[], Awaitable[None]] | None = None
    ) -> AsyncGenerator[Frame | None] | None:
        """Return the dashboard's frames as they come, `None` among them each time they cease, if it sends any at all.

        Whatever `before_connecting` waits for comes first, each time. Raises `AuthenticationError`, `BlockedError`
        and `FloodError`.
        """
        return None

    async def run_task(self, number: int, name: str | None = None) -> None:
        """Run a scheduled task now; with a name, only the task that is called so.

        Raises `TaskChangedError` where the number is another task's by now, `MissingScopeError`, and what `snapshot` raises.
        """
        raise ProtocolError("this generation tells nothing of tasks")

    async def alerts(self, kind: AlertKind) -> Mapping[int, Alert] | None:
        """Return the alerts of a kind by number, none where the credential may not read them; `None` where they are unknown now.

        Raises `AuthenticationError` and `BlockedError`.
        """
        return {}

    async def may_switch_alerts(self, kind: AlertKind) -> bool | None:
        """Return whether the credential may change alerts of a kind; `None` where no answer said so yet.

        Raises `AuthenticationError` and `BlockedError`.
        """
        return False

    async def switch_alert(self, alert: Alert, *, enabled: bool) -> None:
        """Have the dashboard notify, or not, and leave all else of the rule or service as it is at this moment.

        Raises `AlertRuleChangedError` or `ServiceChangedError` where it is gone or the number is another one's,
        `MissingScopeError`, and what `snapshot` raises.
        """
        raise ProtocolError("this generation tells nothing of alerts")

    async def may_update_agents(self) -> bool | None:
        """Return whether the credential may have agents update themselves; `None` where no answer said so yet.

        Raises `AuthenticationError` and `BlockedError`.
        """
        return False

    async def update_agent(self, number: int) -> bool:
        """Have the agent of a server update itself; return whether it is connected, and so was told.

        Raises `MissingScopeError`, and what `snapshot` raises.
        """
        raise ProtocolError("this generation updates no agents")

    async def create_token(self, name: str, rights: Collection[Right] = ()) -> str:
        """Make a token that may read what is always needed, and what is wanted beside that. Raises what `snapshot` raises."""
        raise ProtocolError("this generation makes no tokens")

    async def keeps_history(self) -> bool:
        """Whether the dashboard's database for its servers' past is on. Raises `NoHistoryError` where it never has one.

        No credential is sent. Raises what `snapshot` raises, too.
        """
        raise NoHistoryError

    async def offers_history(self, number: int) -> bool:
        """Whether the credential may read a server's past, if there is any. Raises what `snapshot` raises."""
        return False

    async def history(self, number: int, metric: Metric, period: Period) -> Sequence[Point]:
        """Return what is remembered of a server, in order; nothing where the database is off.

        Raises `NoHistoryError`, `MissingScopeError`, and what `snapshot` raises.
        """
        raise NoHistoryError

    async def probes(self, number: int) -> Mapping[int, Sequence[Point]]:
        """Return what a server measured of each service in the last day: milliseconds, or 0 where a probe failed.

        Raises `NoHistoryError`, `MissingScopeError`, and what `snapshot` raises.
        """
        raise NoHistoryError
