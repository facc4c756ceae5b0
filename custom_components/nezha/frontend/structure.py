"""What the registries do not know of a dashboard: its order, its groups, where servers are, how services fared.

It is remembered on disk, so that a page looks the same while the dashboard cannot be reached.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, Self

from ..api import Service
from ..figures import availability
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator

_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a server is."""

    groups: tuple[str, ...] = ()
    """In the dashboard's order."""
    country: str = ""
    """ISO 3166 code in capitals, or empty."""
    agent: str = ""
    """The version of the agent, or empty: its sensor is off by default, and a device has no other place for it."""
    silent_since: int | None = None
    """When a server that is offline reported last, by the dashboard's clock; `None` while it is online, or if it never did.

    A restart of Home Assistant is a change of all its states: they do not tell for how long a server has been offline.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """The structure of one dashboard. Mappings are in the dashboard's order."""

    servers: Mapping[str, Place] = field(default_factory=dict)
    """By identity."""
    services: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    """The availability of each of the last 30 days in percent, today last, by the key of the service's device."""
    cycles: Mapping[str, str] = field(default_factory=dict)
    """The names of the traffic rules by their number."""

    @property
    def groups(self) -> list[str]:
        """All groups in the dashboard's order, as far as servers of several tell it; the others by their first server."""
        before: dict[str, set[str]] = {group: set() for place in self.servers.values() for group in place.groups}
        for place in self.servers.values():
            for group, following in pairwise(place.groups):
                before[following].add(group)
        order: list[str] = []
        while before:
            # Groups that were remembered in two orders are taken as they come.
            group = next((group for group in before if before[group] <= set(order)), next(iter(before)))
            order.append(group)
            del before[group]
        return order

    @classmethod
    def of(cls, coordinator: NezhaCoordinator) -> Self:
        """Take the structure from what the dashboard said last."""
        listed = coordinator.snapshot.servers if coordinator.snapshot else {}
        known = coordinator.data or {}
        # Who could not be read this time is not in the newest answer, and comes last.
        identities = [identity for identity in listed if identity in known]
        identities += [identity for identity in known if identity not in listed]
        return cls(
            servers={identity: _place(known[identity]) for identity in identities},
            services={key: _days(service) for key, service in coordinator.services.items()},
            cycles={str(number): cycle.name for number, cycle in coordinator.cycles.items()},
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore from what `to_dict` gave, after a way through JSON."""
        return cls(
            servers={
                identity: Place(**{**place, "groups": tuple(place["groups"])})
                for identity, place in data["servers"].items()
            },
            services={key: tuple(days) for key, days in data["services"].items()},
            cycles=dict(data["cycles"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)


def _place(known: KnownServer) -> Place:
    """Return where a server is."""
    return Place(
        groups=known.server.groups,
        country=known.server.country,
        agent=known.host.agent_version if known.host else "",
        silent_since=None if known.online else known.memory.last_active,
    )


def _days(service: Service) -> tuple[float | None, ...]:
    """Return the share of successful probes of each day in percent; a day without a probe has none."""
    days = zip(service.up[-_DAYS:], service.down[-_DAYS:], strict=False)
    return tuple(availability((up,), (down,)) for up, down in days)
