"""The block on addresses that guess credentials, as v1's and v2's source has it (`model/waf.go`)."""

from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address

from aiohttp import web

SHORTEST_BLOCK = 3
"""Seconds."""


class UnknownAddressError(Exception):
    """The header that is to name the caller's address does not."""


class Firewall:
    """What each address has got wrong so far.

    The real one forgives an address its rejections at a good login; this one forgets nothing until `clear`.
    """

    def __init__(self, clock: Callable[[], float], *, enabled: bool = True) -> None:
        """Know of nothing."""
        self.enabled = enabled
        self.real_ip_header = ""
        """The header in which a proxy is to name the caller; none unless there is a proxy."""
        self.rejections: Counter[str] = Counter()
        """By address; counted while it is switched off, too."""
        self.turned_away = 0
        """How many requests came from an address that was blocked."""
        self._clock = clock
        self._last: dict[str, float] = {}

    def address_of(self, request: web.Request) -> str:
        """Return the caller's address; raises UnknownAddressError, in the dashboard's words, where it is not named."""
        if not self.real_ip_header:
            return request.remote or ""
        if not (named := request.headers.get(self.real_ip_header)):
            raise UnknownAddressError("real ip header not found")
        try:
            return str(ip_address(named.split(",")[0].strip()))
        except ValueError:
            raise UnknownAddressError(f'ParseAddr("{named}"): unable to parse IP') from None

    def reject(self, address: str) -> None:
        """Count a rejected credential."""
        self.rejections[address] += 1
        self._last[address] = self._clock()

    def blocked_for(self, address: str) -> float:
        """Return the seconds that an address remains blocked; asking adds nothing."""
        if not self.enabled or address not in self._last:
            return 0
        until = self._last[address] + max(self.rejections[address] ** 4, SHORTEST_BLOCK)
        return max(until - self._clock(), 0)

    def clear(self) -> None:
        """Forgive everything."""
        self.rejections.clear()
        self._last.clear()
