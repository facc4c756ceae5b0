"""Asks now and then how fast chosen services answer chosen servers: beside the list, and at a pace of its own."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import logging
import time
from typing import TYPE_CHECKING

from homeassistant.core import callback

from ..api import (
    AuthenticationError,
    BlockedError,
    MissingScopeError,
    NezhaError,
    NoHistoryError,
    Point,
)
from ..const import CONF_LATENCY_SERVERS, CONF_LATENCY_SERVICES, DOMAIN
from . import limits
from .listeners import LatencyOf

if TYPE_CHECKING:
    from .coordinator import NezhaCoordinator

_LOGGER = logging.getLogger(__name__)
_FINAL = (AuthenticationError, MissingScopeError, NoHistoryError)
"""After these there is no use in asking again before the entry is set up anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """What a server measured of a service in the last half an hour."""

    delay: float | None
    """Milliseconds, the mean of the probes that succeeded; `None` where none did."""
    loss: float
    """Percent of the probes that failed."""


def latency_of(points: Sequence[Point], now: float) -> Latency | None:
    """Return the latency of a series' newest part, if there is any. A delay of 0 is a probe that failed."""
    delays = [point.value for point in points if now - limits.LATENCY_WINDOW < point.start <= now]
    if not delays:
        return None
    answered = [delay for delay in delays if delay]
    return Latency(
        delay=sum(answered) / len(answered) if answered else None,
        loss=100 * (len(delays) - len(answered)) / len(delays),
    )


class LatencyPoller:
    """Asks the chosen servers of a dashboard. Whatever becomes of that, nothing else depends on it."""

    def __init__(self, coordinator: NezhaCoordinator) -> None:
        """Take what the user chose, as far as it is not too much; nothing is asked yet."""
        options = coordinator.config_entry.options
        services = [int(number) for number in options.get(CONF_LATENCY_SERVICES, ())]
        servers: list[str] = options.get(CONF_LATENCY_SERVERS, [])
        self.services = frozenset(services[: limits.LATENCY_PAIRS])
        """Numbers of the services that are chosen."""
        self.servers = tuple(servers[: limits.LATENCY_PAIRS // len(self.services)] if self.services else ())
        """Identities of the servers that are chosen."""
        self._coordinator = coordinator
        self._measured: dict[str, tuple[float, Mapping[int, Latency]]] = {}
        """When a server was asked last by the monotonic clock, and what it measured of each service."""

    @callback
    def async_start(self) -> None:
        """Ask from now on, if anything was chosen, until the entry is unloaded."""
        if self.servers:
            entry = self._coordinator.config_entry
            entry.async_create_background_task(
                self._coordinator.hass, self._run(), f"{DOMAIN} latencies of {entry.title}"
            )

    def get(self, identity: str, service: int) -> Latency | None:
        """Return what a server measured of a service, unless that is too long ago."""
        at, measured = self._measured.get(identity, (0.0, {}))
        return measured.get(service) if time.monotonic() - at < limits.LATENCY_STALE else None

    async def _run(self) -> None:
        while await self.poll():
            await asyncio.sleep(limits.LATENCY_PAUSE)

    async def poll(self) -> bool:
        """Ask each of the servers once; return whether there is use in asking again."""
        title = self._coordinator.config_entry.title
        for identity in self.servers:
            try:
                await self._ask(identity)
            except _FINAL as err:
                _LOGGER.debug("No latencies of %s: %s", title, err or type(err).__name__)
                return False
            except BlockedError:
                return True
            except NezhaError as err:
                _LOGGER.debug("No latencies of a server of %s: %s", title, err or type(err).__name__)
            self._coordinator.notify(LatencyOf(identity))
        return True

    async def _ask(self, identity: str) -> None:
        coordinator = self._coordinator
        known = coordinator.data.get(identity)
        if known is None or not coordinator.last_update_success:
            return
        number = known.server.number
        probes = await coordinator.ask(lambda: coordinator.backend.probes(number))
        now = time.time() + coordinator.clock_ahead
        self._measured[identity] = (
            time.monotonic(),
            {
                service: latency
                for service, points in probes.items()
                if service in self.services and (latency := latency_of(points, now))
            },
        )
