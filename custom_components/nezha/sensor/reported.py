"""A number of a server's newest report: there only while the server is online."""

from abc import abstractmethod
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.entity import EntityDescription

from ..api import State
from ..entity import UNAVAILABLE, ServerEntity, Unavailable
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator
from .base import NumberSensor


class ReportedNumberSensor(ServerEntity[float | None], NumberSensor):
    """A number that every report of a server has."""

    __slots__ = ("_identity",)

    def __init__(self, coordinator: NezhaCoordinator, identity: str, description: EntityDescription) -> None:
        """Look at every report."""
        super().__init__(coordinator, identity, description, shows_facts=False)

    @abstractmethod
    def _read_state(self, known: KnownServer, state: State) -> float | None:
        """Return the number as it is shown, `None` where it is unknown. The state is that of the server."""

    @override
    def _read(self) -> float | Unavailable | None:
        known = self.known
        if known is None or known.state is None or not known.online:
            return UNAVAILABLE
        return self._read_state(known, known.state)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        # The same as for every entity, with fewer calls: this runs a dozen times for each report of a server.
        coordinator = self.coordinator
        known = coordinator.data.get(self._identity) if coordinator.last_update_success else None
        if known is None or (state := known.state) is None or not known.memory.online or self._name_follows:
            super()._handle_coordinator_update()
            return
        before, self._shown = self._shown, self._read_state(known, state)
        earlier, self._report = self._report, known.report
        if known.report != earlier or self._shown != before:
            self._write()
