"""Figures that are worked out of what a dashboard reports: entities, triggers and actions agree on them."""

from collections.abc import Iterable
from datetime import datetime

from .api import Billing, Cycle, Host, Service, State, TrafficCycle, Unit

_UP_SHARE = 0.8
"""The share of successful probes above which the dashboard's own page does not call a service down."""


def share(used: float | None, total: float | None) -> float | None:
    """Return used of total in percent; of nothing, or what is unknown, there is no share."""
    return 100 * used / total if used is not None and total else None


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


_CYCLES = {
    Cycle(1, Unit.DAY): "day",
    Cycle(1, Unit.WEEK): "week",
    Cycle.MONTH: "month",
    Cycle.QUARTER: "quarter",
    Cycle.HALF_YEAR: "half_year",
    Cycle.YEAR: "year",
    Cycle(2, Unit.YEAR): "two_years",
    Cycle(3, Unit.YEAR): "three_years",
    Cycle.ONCE: "once",
}


def billing_cycle(billing: Billing) -> str | None:
    """Return the key of a usual billing cycle; any other as it is written."""
    known = _CYCLES.get(billing.cycle) if billing.cycle else None
    return known or billing.cycle_text or None


def availability(up: Iterable[int | None], down: Iterable[int | None]) -> float | None:
    """Return the share of successful probes in percent, with two decimal places; without a probe there is none.

    Takes the successful and the failed probes of each day; a day of which either is unknown does not count.
    """
    days = [(won, lost) for won, lost in zip(up, down, strict=False) if won is not None and lost is not None]
    won, lost = sum(won for won, _ in days), sum(lost for _, lost in days)
    return round(100 * won / (won + lost), 2) if won + lost else None


def latency(service: Service) -> float | None:
    """Return today's mean in milliseconds; the dashboard has 0 where no probe succeeded."""
    delay = service.delay[-1] if service.delay and service.up and service.up[-1] else None
    return None if delay is None else round(delay, 1)


def is_up(service: Service) -> bool | None:
    """Return whether most probes of the last few minutes succeeded; without any it is unknown, not down."""
    if service.current_up is None or service.current_down is None:
        return None
    probes = service.current_up + service.current_down
    return service.current_up > _UP_SHARE * probes if probes else None
