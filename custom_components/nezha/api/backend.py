"""What every generation's client can do."""

from abc import ABC, abstractmethod

from .models import Snapshot


class Backend(ABC):
    """The client of one dashboard. Only its subclasses know a generation's endpoints and fields."""

    @abstractmethod
    async def snapshot(self) -> Snapshot:
        """Fetch all servers.

        Raises `AuthenticationError` where the credential is rejected, and other errors of `errors.py` where there is no
        answer that can be read.
        """
