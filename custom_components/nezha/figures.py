"""Figures that are worked out of what a dashboard reports: entities, triggers and actions agree on them."""

from datetime import datetime

from .api import Billing, Host, Service, State, TrafficCycle

_UP_SHARE = 0.8
"""The share of successful probes above which the dashboard's own page does not call a service down."""


def share(used: float, total: float) -> float | None:
    """Return used of total in percent; of nothing there is no share."""
    return 100 * used / total if total else None


def memory_share(state: State, host: Host | None) -> float | None:
    """Return the memory in use, in percent."""
    return share(state.memory_used, host.memory_total) if host else None


def swap_share(state: State, host: Host | None) -> float | None:
    """Return the swap in use, in percent."""
    return share(state.swap_used, host.swap_total) if host else None


def disk_share(state: State, host: Host | None) -> float | None:
    """Return the disk space in use, in percent."""
    return share(state.disk_used, host.disk_total) if host else None


def cycle_share(cycle: TrafficCycle, used: int) -> float | None:
    """Return the traffic of a cycle that is used, in percent with one decimal place; without a limit there is none."""
    return round(100 * used / cycle.limit, 1) if cycle.limit else None


def days_left(billing: Billing, now: datetime) -> int | None:
    """Return the days until a server expires or renews, as days are counted in the time zone of `now`."""
    expiry = billing.expiry(now)
    return (expiry.astimezone(now.tzinfo).date() - now.date()).days if expiry else None


def availability(up: int, down: int) -> float | None:
    """Return the share of successful probes in percent, with two decimal places; without a probe there is none."""
    return round(100 * up / (up + down), 2) if up + down else None


def latency(service: Service) -> float | None:
    """Return today's mean in milliseconds; the dashboard has 0 where no probe succeeded."""
    return round(service.delay[-1], 1) if service.up and service.up[-1] and service.delay else None


def is_up(service: Service) -> bool | None:
    """Return whether most probes of the last few minutes succeeded; without any it is unknown, not down."""
    probes = service.current_up + service.current_down
    return service.current_up > _UP_SHARE * probes if probes else None
