"""What a dashboard said, in the same words for every generation. `wire` makes these from its raw JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NEVER = -(10**12)
"""Stands for "not connected" where a moment in unix seconds is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """The traffic that a rule counts for one server."""

    used: int
    """Bytes."""
    limit: int
    """Bytes; 0 is none."""
    reset: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What stays until the next boot. Sizes are bytes."""

    boot_time: int
    mem_total: int
    swap_total: int
    disk_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is reported every few seconds."""

    numbers: Mapping[str, float | None]
    """By v1's names; none for what cannot be."""
    gpu: tuple[float, ...]
    """Percent, one a card."""
    temperatures: Mapping[str, float]
    """By name; the second of the same name is "name 2"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server. Its host or state is none where the dashboard's is blank."""

    last_active: int
    """Unix seconds."""
    forgotten: bool = False
    """Whether the dashboard itself no longer knows `last_active`: it is the newest that was read."""
    host: Host | None
    state: State | None
    cycles: Mapping[str, Cycle] = field(default_factory=dict)
    """By the rule's number."""
    note: str = ""
    """The public one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A probe: how often it succeeded and failed, and its mean latency in ms; each list has a number a day, today's last."""

    current_up: int
    current_down: int
    delay: tuple[float, ...]
    up: tuple[int, ...]
    down: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All answers of one moment."""

    asked: float
    """When the dashboard was asked, by our clock that never jumps."""
    at: float
    """When it had answered."""
    now: int
    """When it did so, by its own clock."""
    servers: Mapping[str, Server]
    """By what they are known by: the number on v0, the uuid on v1 and v2."""
    services: Mapping[str, Service] = field(default_factory=dict)
    """By number."""
    tasks: frozenset[str] = frozenset()
    """The numbers of those that may be run."""
