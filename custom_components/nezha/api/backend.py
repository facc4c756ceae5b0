"""What every generation's client can do."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import ClassVar

from .errors import ProtocolError
from .models import Frame, Snapshot


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

    async def create_token(self, name: str, *, run_tasks: bool) -> str:
        """Make a token that may only read, and run tasks if that is wanted. Raises what `snapshot` raises."""
        raise ProtocolError("this generation makes no tokens")
