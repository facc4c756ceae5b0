"""What v2 remembers of its servers' past, and what v1 and v2 remember of the services that each server probed.

A series is a list of points at regular moments, each the begin of a step (recorded exchanges `v2-control/server_metrics_*.json`).
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from .decode import (
    MalformedError,
    as_amount,
    as_celsius,
    as_list,
    as_load,
    as_object,
    as_percentage,
    as_uint,
)
from .errors import ProtocolError
from .limits import FASTEST, LAST_SECOND, LONGEST_UPTIME, MOST_POINTS, MOST_SERVICES


class Period(StrEnum):
    """How far back a series goes: the longer, the coarser."""

    DAY = "1d"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def length(self) -> int:
        """The whole span, in seconds."""
        return _DAYS[self] * 86_400

    @property
    def step(self) -> int:
        """The seconds that a point stands for."""
        return _STEPS[self]


_DAYS = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 30}
_STEPS = {Period.DAY: 30, Period.WEEK: 1_800, Period.MONTH: 7_200}


class Metric(StrEnum):
    """What is remembered of a server, as the dashboard calls it: means, but the last value of a step for counters."""

    CPU = "cpu"
    MEMORY = "memory"
    SWAP = "swap"
    DISK = "disk"
    NET_IN_SPEED = "net_in_speed"
    NET_OUT_SPEED = "net_out_speed"
    NET_IN_TRANSFER = "net_in_transfer"
    NET_OUT_TRANSFER = "net_out_transfer"
    LOAD_1 = "load1"
    LOAD_5 = "load5"
    LOAD_15 = "load15"
    TCP_CONNECTIONS = "tcp_conn"
    UDP_CONNECTIONS = "udp_conn"
    PROCESSES = "process_count"
    TEMPERATURE = "temperature"
    UPTIME = "uptime"
    GPU = "gpu"


class Point(NamedTuple):
    """A value of a series."""

    start: int
    """Of its step, in unix seconds by the dashboard's clock."""
    value: float


def _as_speed(value: object) -> float:
    if (speed := as_amount(value)) > FASTEST:
        raise MalformedError(value)
    return speed


def _as_uptime(value: object) -> float:
    if (uptime := as_amount(value)) > LONGEST_UPTIME:
        raise MalformedError(value)
    return uptime


_READERS: Mapping[Metric, Callable[[object], float]] = {
    Metric.CPU: as_percentage,
    Metric.NET_IN_SPEED: _as_speed,
    Metric.NET_OUT_SPEED: _as_speed,
    Metric.NET_IN_TRANSFER: as_uint,
    Metric.NET_OUT_TRANSFER: as_uint,
    Metric.LOAD_1: as_load,
    Metric.LOAD_5: as_load,
    Metric.LOAD_15: as_load,
    Metric.TEMPERATURE: as_celsius,
    Metric.UPTIME: _as_uptime,
    Metric.GPU: as_percentage,
}
"""How a value is read; `as_amount` reads all others."""


def decode_series(metric: Metric, data: object) -> list[Point]:
    """Decode the series of a server's metric, in order; a point that cannot be read is left out. Raises `ProtocolError`."""
    read = _READERS.get(metric, as_amount)
    try:
        points = as_list(as_object(data).get("data_points") or [])
    except MalformedError as err:
        raise ProtocolError(f"the series is {err}") from None
    return _in_order(_points(points, read))


def _points(points: Sequence[object], read: Callable[[object], float]) -> list[Point]:
    decoded = []
    for point in points[-MOST_POINTS:]:
        match point:
            case {"ts": moment, "value": value}:
                try:
                    decoded.append(Point(_seconds(moment), read(value)))
                except MalformedError:
                    continue
    return decoded


def decode_probes(data: object) -> Mapping[int, Sequence[Point]]:
    """Decode what a server measured of each service, by the service's number: milliseconds, or 0 where a probe failed.

    A service that cannot be read is left out, and so is a single point. Raises `ProtocolError` where nothing can be read.
    """
    try:
        services = as_list([] if data is None else data)
    except MalformedError as err:
        raise ProtocolError(f"the probes are {err}") from None
    probes: dict[int, Sequence[Point]] = {}
    for service in services[:MOST_SERVICES]:
        match service:
            case {"monitor_id": int(number), "created_at": list(moments), "avg_delay": list(delays)}:
                pairs = zip(moments[-MOST_POINTS:], delays[-MOST_POINTS:], strict=False)
                probes[number] = _in_order(
                    _points([{"ts": moment, "value": delay} for moment, delay in pairs], as_amount)
                )
    return probes


def _seconds(milliseconds: object) -> int:
    if not 0 < (seconds := as_uint(milliseconds) // 1_000) <= LAST_SECOND:
        raise MalformedError(milliseconds)
    return seconds


def _in_order(points: list[Point]) -> list[Point]:
    """Return points in order, of two of one moment the later one."""
    if all(one.start < other.start for one, other in pairwise(points)):
        return points
    return sorted({point.start: point for point in points}.values())
