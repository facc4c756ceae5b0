"""Which listed servers become devices: whoever has the agents' secret can register any number of them."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
import logging
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..api import Snapshot
from ..repairs import create_new_servers_issue, delete_new_servers_issue
from . import limits

_LOGGER = logging.getLogger(__name__)
_AN_HOUR = 3_600


class Admission:
    """Admits the servers of the first list, and of later ones some an hour; the others wait until the user agrees."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Admit nobody yet."""
        self._hass = hass
        self._entry = entry
        self._admitted: set[str] | None = None
        self._admitted_at: deque[float] = deque()
        """When each server was admitted within the last hour that was not on the first list."""
        self._waiting = 0
        self._is_agreed = False
        self._has_logged = False

    def filter(self, snapshot: Snapshot, with_device: Iterable[str]) -> Snapshot:
        """Return an answer with the servers that are admitted; those that have a device already come first."""
        if self._admitted is None:
            before = set(with_device)
            order = sorted(snapshot.servers, key=lambda identity: identity not in before)
            self._admitted = set(order[: limits.SERVERS])
        new = snapshot.servers.keys() - self._admitted
        if new:
            admitted = sorted(new)[: self._room()]
            self._admitted |= set(admitted)
            if not self._is_agreed:
                self._admitted_at.extend([time.monotonic()] * len(admitted))
        self._is_agreed = False
        self._notice(waiting=len(snapshot.servers.keys() - self._admitted))
        if not self._waiting:
            return snapshot
        servers = {identity: server for identity, server in snapshot.servers.items() if identity in self._admitted}
        return replace(snapshot, servers=servers)

    @callback
    def agree(self) -> None:
        """Admit all who wait, as far as there is room at all, with the next list."""
        self._is_agreed = True

    def _room(self) -> int:
        """Return how many may be admitted now."""
        now = time.monotonic()
        while self._admitted_at and now - self._admitted_at[0] >= _AN_HOUR:
            self._admitted_at.popleft()
        room = limits.SERVERS - len(self._admitted or ())
        return max(0, room if self._is_agreed else min(room, limits.NEW_SERVERS_AN_HOUR - len(self._admitted_at)))

    def _notice(self, waiting: int) -> None:
        """Tell the user who waits, or that nobody does any more."""
        has_room = len(self._admitted or ()) < limits.SERVERS
        if waiting and not has_room and not self._has_logged:
            self._has_logged = True
            _LOGGER.warning("%s has more servers than the %d that become devices", self._entry.title, limits.SERVERS)
        asks = waiting if has_room else 0
        if asks:
            create_new_servers_issue(self._hass, self._entry, asks)
        elif self._waiting:
            delete_new_servers_issue(self._hass, self._entry)
        self._waiting = waiting
