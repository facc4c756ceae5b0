"""What v2's time series database remembers: the machines and services as they were, at regular moments.

A machine is a function of time, and knows of its boots and absences, so nothing is stored; what was pinned since is in its past.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import math
from typing import Any

from . import go
from .dashboard import Server
from .fleet import DAY, Machine, State
from .records import Service

SAMPLES = 3
"""Of how many moments the mean of a longer step is made."""
FINEST = 30
"""Seconds of the finest step, which is one value."""


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time up to now, and the step between two points, in seconds."""

    length: int
    step: int


PERIODS = {"1d": Period(DAY, FINEST), "7d": Period(7 * DAY, 1_800), "30d": Period(30 * DAY, 7_200)}
GUESTS_PERIOD = "1d"


@dataclass(frozen=True, slots=True)
class Metric:
    """One of the metrics: how it is read from a state, and whether the last value of a step counts, or the mean."""

    read: Callable[[State], float]
    last: bool = False


METRICS = {
    "cpu": Metric(lambda state: state.cpu),
    "memory": Metric(lambda state: state.mem_used),
    "swap": Metric(lambda state: state.swap_used),
    "disk": Metric(lambda state: state.disk_used),
    "net_in_speed": Metric(lambda state: state.net_in_speed),
    "net_out_speed": Metric(lambda state: state.net_out_speed),
    "net_in_transfer": Metric(lambda state: state.net_in_transfer, last=True),
    "net_out_transfer": Metric(lambda state: state.net_out_transfer, last=True),
    "load1": Metric(lambda state: state.load_1),
    "load5": Metric(lambda state: state.load_5),
    "load15": Metric(lambda state: state.load_15),
    "tcp_conn": Metric(lambda state: state.tcp_conn_count),
    "udp_conn": Metric(lambda state: state.udp_conn_count),
    "process_count": Metric(lambda state: state.process_count),
    "temperature": Metric(lambda state: max((each.celsius for each in state.temperatures), default=0)),
    "uptime": Metric(lambda state: state.uptime, last=True),
    "gpu": Metric(lambda state: sum(state.gpu) / len(state.gpu) if state.gpu else 0),
}


def moments(period: Period, since: float, now: float) -> Iterator[int]:
    """Yield the begin of each step, in unix seconds, the one that `since` is in and the present one among them."""
    first = max(math.ceil((now - period.length) / period.step), math.floor(since / period.step))
    yield from (step * period.step for step in range(first, math.floor(now / period.step) + 1))


def points(server: Server, metric: Metric, period: Period, now: float) -> list[dict[str, Any]]:
    """Return a metric of a server, from its first boot on, as far as it reported; none of one that never did."""
    if server.host is None or server.state is None:
        return []
    machine, parts = server.machine, SAMPLES if period.step > FINEST else 1
    told = []
    for begin in moments(period, machine.first_boot, now):
        end = min(begin + period.step, now)
        if metric.last:
            states = [_last(machine, begin, end)]
        else:
            states = [machine.recall(begin + (end - begin) * part / parts) for part in range(parts)]
        values = [metric.read(state) for state in states if state is not None]
        if values:
            told.append({"ts": begin * 1_000, "value": go.number(sum(values) / len(values))})
    return told


def _last(machine: Machine, begin: float, end: float) -> State | None:
    """Return the last report of a step: at its end, or before the machine went away."""
    at = end
    while at > begin:
        if (state := machine.recall(at)) is not None:
            return state
        at -= FINEST
    return None


def delays(service: Service, server: Server, period: Period, now: float) -> list[tuple[int, float]]:
    """Return what a server measured of a service: the moments in milliseconds, and the delays (0: failed)."""
    begins = moments(period, server.host.boot_time, now) if server.host is not None and service.probing else ()
    return [(begin * 1_000, 0.0 if service.failing else service.delay_at(begin + server.id)) for begin in begins]


def server_service(service: Service, server: Server, period: Period, now: float) -> dict[str, Any]:
    """Return one service as a server measured it."""
    told = delays(service, server, period, now)
    return {
        "monitor_id": service.id,
        "server_id": server.id,
        "monitor_name": service.name,
        "server_name": server.name,
        "display_index": 0,
        "created_at": [moment for moment, _ in told],
        "avg_delay": [go.number(delay) for _, delay in told],
    }


def service_server(service: Service, server: Server, period: Period, now: float) -> dict[str, Any]:
    """Return one server's share in the history of a service."""
    told = delays(service, server, period, now)
    up = sum(1 for _, delay in told if delay)
    data = [{"ts": moment, "delay": go.number(delay), "status": int(delay > 0)} for moment, delay in told]
    stats = {
        "avg_delay": go.number(sum(delay for _, delay in told) / len(told) if told else 0),
        "up_percent": go.number(100 * up / len(told) if told else 0),
        "total_up": up,
        "total_down": len(told) - up,
    }
    return {
        "server_id": server.id,
        "server_name": server.name,
        "stats": stats | go.filled({"data_points": data}),
    }
