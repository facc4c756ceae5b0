"""Which boots have to be on disk before they are shown: a server whose boots never end must not write the file for ever."""

from collections import deque

from .limits import BOOT_PAUSE, BOOTS_A_DAY

_DAY = 86_400


class UrgentBoots:
    """Counts the boots of each server that were written at once."""

    def __init__(self) -> None:
        """Know of none."""
        self._written: dict[str, deque[float]] = {}

    def admit(self, identity: str, at: float) -> bool:
        """Return whether a boot that was accepted at a moment of the monotonic clock is to be written at once."""
        written = self._written.setdefault(identity, deque(maxlen=BOOTS_A_DAY))
        if written and at - written[-1] < BOOT_PAUSE:
            return False
        if len(written) == BOOTS_A_DAY and at - written[0] < _DAY:
            return False
        written.append(at)
        return True

    def forget_before(self, at: float) -> None:
        """Forget servers of which nothing was written for a day."""
        for identity in [identity for identity, written in self._written.items() if at - written[-1] >= _DAY]:
            del self._written[identity]
