"""The log's lines about one dashboard: each names it, and nothing is repeated within an hour."""

from collections.abc import Collection, Iterable, Mapping
import logging
import time
import traceback

from homeassistant.config_entries import ConfigEntry

from ..api import NezhaError, Snapshot
from ..fleet import KnownServer
from .limits import LIST_EXCUSED_FOR, LOG_MEMORY, LOG_NAMES, LOG_PAUSE

_LOGGER = logging.getLogger(__name__)


class _Seldom:
    """Lets each thing through once an hour at most."""

    def __init__(self) -> None:
        self._logged: dict[str, float] = {}

    def admit(self, keys: Iterable[str]) -> list[str]:
        """Return those that were not let through within the hour, each once."""
        now = time.monotonic()
        new = [key for key in dict.fromkeys(keys) if now - self._logged.get(key, -LOG_PAUSE) >= LOG_PAUSE]
        if len(self._logged) + len(new) > LOG_MEMORY:
            self._logged = {key: at for key, at in self._logged.items() if now - at < LOG_PAUSE}
            new = new[: max(0, LOG_MEMORY - len(self._logged))]
        self._logged |= dict.fromkeys(new, now)
        return new


class DashboardLog:
    """What is logged about one dashboard, beside what core logs of its availability."""

    def __init__(self, entry: ConfigEntry) -> None:
        """Have logged nothing yet."""
        self._entry = entry
        self._offline = _Seldom()
        self._unread = _Seldom()
        self._notes = _Seldom()
        self._errors = _Seldom()

    def servers_offline(self, before: Mapping[str, KnownServer], after: Mapping[str, KnownServer]) -> None:
        """Name servers that went offline."""
        gone = {
            identity: known.server
            for identity, known in after.items()
            if not known.online and identity in before and before[identity].online
        }
        if new := self._offline.admit(gone):
            names = [f"{gone[identity].name} ({gone[identity].number})" for identity in new]
            _LOGGER.info(
                "Servers of %s went offline: %s (each is named once an hour at most)", self._entry.title, _listed(names)
            )

    def unreadable(self, snapshot: Snapshot) -> None:
        """Name what of an answer cannot be read."""
        fresh = set(self._unread.admit(f"{each.kind} {each.number}" for each in snapshot.unreadable))
        lines = self._unread.admit(snapshot.omitted)
        lines += [str(each) for each in snapshot.unreadable if f"{each.kind} {each.number}" in fresh]
        if lines:
            _LOGGER.warning("Cannot read in the answer of %s: %s", self._entry.title, _listed(lines))
        malformed = {
            f"server {server.number}: {', '.join(server.public_note.malformed)}": None
            for server in snapshot.servers.values()
            if server.public_note.malformed
        }
        if new := self._notes.admit(malformed):
            _LOGGER.debug("Not understood in public notes of %s: %s", self._entry.title, _listed(new))

    def list_excused(self, err: NezhaError) -> None:
        """Say that frames stand in for the list."""
        if self._errors.admit([err.reason]):
            _LOGGER.info(
                "The list of %s cannot be fetched (%s); live data goes on without it for %d minutes at most",
                self._entry.title,
                err.reason,
                LIST_EXCUSED_FOR // 60,
            )

    def frames_skipped(self) -> None:
        """Say that there are more frames than are taken."""
        if self._errors.admit(["frames"]):
            _LOGGER.warning(
                "%s sends live data far more often than every two seconds: of each second only the newest is used",
                self._entry.title,
            )

    def flooded(self) -> None:
        """Say that the live data was too much to be taken."""
        if self._errors.admit(["flood"]):
            _LOGGER.warning("%s sends too much live data at once: it is polled for a while instead", self._entry.title)

    def live_failed(self, err: Exception) -> None:
        """Say where the following of frames failed. What the error says stays out: it may quote what was sent."""
        if self._errors.admit([type(err).__name__]):
            _LOGGER.error(
                "Unexpected %s following live data of %s, which is followed anew:\n%s",
                type(err).__name__,
                self._entry.title,
                "".join(traceback.format_tb(err.__traceback__)),
            )


def _listed(names: Collection[str]) -> str:
    """List some names, and say how many more there are."""
    shown = sorted(names)[:LOG_NAMES]
    more = len(names) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more else shown)
