"""Which entities the dashboard's data call for, and how each number is read from them.

Rules that know nothing of the integration: never make them from it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import re

from .note import billing, currency
from .reading import Cycle, Reading, Server, Service

OFFLINE_AFTER = 30
"""Seconds of silence: the integration's default."""
FRAME = 2
"""Seconds between two frames of v1 and v2."""
_GIB = 2**30
_KB = 10**3
_UP_SHARE = 0.8
"""Of the newest probes, more have to succeed for the dashboard's own page to call a service up."""


@dataclass(frozen=True, slots=True)
class Rule[T]:
    """How a number is read and shown."""

    value: Callable[[T], float | None]
    """In the dashboard's own unit; none where it has no meaning."""
    unit: str | None
    decimals: int
    scale: float = 1
    """How many of the dashboard's units are one of the shown."""
    drift: float = 0
    """How far the number may move for a minute before that is shown, in the dashboard's unit."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entity belongs: to a server, to a service, or to the dashboard itself; and which of its entities it is."""

    server: str | None
    service: str | None
    key: str

    def __str__(self) -> str:
        """Name it for the user."""
        if self.server is not None:
            return f"{self.key} of server {self.server}"
        return f"{self.key} of {'the dashboard' if self.service is None else f'service {self.service}'}"


def _number(name: str) -> Callable[[Server], float | None]:
    """Read a number of the state."""
    return lambda server: server.state.numbers[name] if server.state else None


def _percent(used: str, total: str) -> Callable[[Server], float | None]:
    """Put a number of the state in relation to one of the host."""

    def value(server: Server) -> float | None:
        whole = getattr(server.host, total, 0)
        part = server.state.numbers[used] if server.state else None
        return None if part is None or not whole else 100 * part / whole

    return value


SERVER: dict[str, Rule[Server]] = {
    "cpu": Rule(_number("cpu"), "%", 1),
    "memory": Rule(_percent("mem_used", "mem_total"), "%", 1),
    "swap": Rule(_percent("swap_used", "swap_total"), "%", 1),
    "disk": Rule(_percent("disk_used", "disk_total"), "%", 1),
    "memory_used": Rule(_number("mem_used"), "GiB", 2, _GIB),
    "disk_used": Rule(_number("disk_used"), "GiB", 2, _GIB),
    "net_in_speed": Rule(_number("net_in_speed"), "kB/s", 1, _KB),
    "net_out_speed": Rule(_number("net_out_speed"), "kB/s", 1, _KB),
    "net_in_transfer": Rule(_number("net_in_transfer"), "GiB", 2, _GIB),
    "net_out_transfer": Rule(_number("net_out_transfer"), "GiB", 2, _GIB),
    "load_1": Rule(_number("load_1"), None, 2),
    "load_5": Rule(_number("load_5"), None, 2, drift=0.05),
    "load_15": Rule(_number("load_15"), None, 2, drift=0.05),
}
SERVICE: dict[str, Rule[Service]] = {
    "latency": Rule(lambda service: service.delay[-1] if service.up and service.up[-1] else None, "ms", 1),
    "availability_today": Rule(lambda service: _availability(service.up[-1:], service.down[-1:]), "%", 2),
    "availability_30_days": Rule(lambda service: _availability(service.up, service.down), "%", 2),
}
CYCLE_TOTAL: Rule[Server] = Rule(lambda _: None, "GiB", 2, _GIB)
"""Of all servers: which rule's traffic it is, the entity says."""
CYCLE_SHARE: Rule[Cycle] = Rule(lambda cycle: 100 * cycle.used / cycle.limit if cycle.limit else None, "%", 1)
HUB = ("dashboard", "servers", "servers_online", "servers_offline", "net_in_speed", "net_out_speed")
PRESENT = re.compile(r"agent|changes|renewals|due|task_\d+(_[0-9a-f]{8})?|latency_now")
"""Entities that have to be there, and whose state is no value of the dashboard's."""

_CYCLE = re.compile(r"cycle_(\d+)_(used_share|reset|total)")
_SUMS = ("price_per_month", "remaining_value")
"""Of each currency, where there is anything to add up: what that is, the tests of the integration know."""
_TEMPERATURE = "temperature_"
_GPU = "gpu_"
_ALWAYS = ("online", "boot_time", *(key for key in SERVER if key != "swap"))
_MOST_EXTRAS = 3
"""How many of the graphics cards and temperatures of a server are shown unasked."""


def server_rule(key: str) -> Rule[Server]:
    """Find the rule of a server's number."""
    if key.startswith(_TEMPERATURE):
        name = key.removeprefix(_TEMPERATURE)
        return Rule(lambda server: server.state.temperatures.get(name) if server.state else None, "°C", 1)
    if key.startswith(_GPU):
        card = int(key.removeprefix(_GPU))
        return Rule(
            lambda server: server.state.gpu[card] if server.state and card < len(server.state.gpu) else None, "%", 1
        )
    return SERVER[key]


def cycle_of(key: str) -> tuple[str, str] | None:
    """Tell of which rule an entity shows what, if it belongs to a traffic cycle."""
    found = _CYCLE.fullmatch(key)
    return (found[1], found[2]) if found else None


def up(service: Service) -> str:
    """Tell the state of a service: without probes it is unknown."""
    probes = service.current_up + service.current_down
    return ("on" if service.current_up > _UP_SHARE * probes else "off") if probes else "unknown"


def online(server: Server, now: int) -> set[str]:
    """Tell whether the server reported of late; within a second of the threshold it may be seen either way.

    Of a report that was forgotten at once the reader may not know, or the integration.
    """
    silence = now - server.last_active
    slack = FRAME if server.forgotten else 0
    states = {"on": silence <= OFFLINE_AFTER + 1 + slack, "off": silence >= OFFLINE_AFTER - slack}
    return {state for state, possible in states.items() if possible}


def places(reading: Reading, *, live: bool) -> set[Place]:
    """Name the entities that are there without the user's asking; `live` is for v1 and v2."""
    return {
        *(Place(None, None, key) for key in (*HUB, *(_hub_keys(reading) if live else ()))),
        *(Place(None, number, key) for number in reading.services for key in ("up", "latency_now", *SERVICE)),
        *(
            Place(identity, None, key)
            for identity, server in reading.servers.items()
            for key in (*server_keys(server), "agent", *(("changes",) if live else ()))
        ),
    }


def _hub_keys(reading: Reading) -> Iterator[str]:
    """Name the entities of the dashboard itself that v0 has not."""
    yield "renewals"
    yield from (f"task_{number}" for number in reading.tasks)
    servers = reading.servers.values()
    yield from {f"cycle_{number}_total" for server in servers for number in server.cycles}
    if any(billing(server.note) for server in servers):
        yield "due"


def is_sum(place: Place) -> bool:
    """Tell of a sum of money: it stays for as long as Home Assistant runs, also where nothing is added up any more."""
    return place.server is None and place.service is None and place.key.startswith(_SUMS)


def sums(reading: Reading) -> set[Place]:
    """Name the sums of money that there may be."""
    billings = (billing(server.note) for server in reading.servers.values())
    known = {code for data in billings if data and (code := currency(data))}
    return {Place(None, None, f"{sum_of}_{code}") for sum_of in _SUMS for code in known}


def server_keys(server: Server) -> Iterator[str]:
    """Name the entities of a server whose values the dashboard gives."""
    yield from _ALWAYS
    if server.host and server.host.swap_total:
        yield "swap"
    if server.state:
        cards = [f"{_GPU}{card}" for card in range(len(server.state.gpu))]
        yield from [*cards, *(_TEMPERATURE + name for name in server.state.temperatures)][:_MOST_EXTRAS]
    for number, cycle in server.cycles.items():
        yield f"cycle_{number}_reset"
        if cycle.limit:
            yield f"cycle_{number}_used_share"
    if billing(server.note):
        yield "expiry"


def _availability(up: tuple[int, ...], down: tuple[int, ...]) -> float | None:
    """Return the share of successful probes in percent."""
    probes = sum(up) + sum(down)
    return 100 * sum(up) / probes if probes else None
