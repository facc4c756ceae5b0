"""Compares what Home Assistant shows with what the dashboard said, by rules that know nothing of the integration.

Each value must be one that the dashboard had, or lie between two neighbouring readings of it, after the rounding with
which it is shown; and all values of one moment between the same two readings. The rules are a second decoding of the dashboard's JSON: never make them from the integration's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

from .dashboard import Reading, Server
from .errors import DemoError
from .homeassistant import Entity

OFFLINE_AFTER = 30
"""Seconds of silence: the integration's default."""
_GIB = 2**30
_MB = 10**6
_BOOT_JITTER = 60
"""Seconds. Boot times differ by some from report to report and are shown as the first one was."""
_LATENESS = 3
"""Seconds that a poll of Home Assistant may come later than its interval says, and take."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a value is read from the raw JSON and shown."""

    value: Callable[[Server], float | None]
    """In the dashboard's own unit; none where it has no meaning."""
    unit: str | None
    decimals: int
    scale: float = 1
    """How many of the dashboard's units are one of the shown."""


def _status(field: str) -> Callable[[Server], float | None]:
    """Read a field of the status."""
    return lambda server: float(server["status"].get(field, 0))


def _percent(used: str, total: str) -> Callable[[Server], float | None]:
    """Put a field of the status in relation to one of the host."""

    def value(server: Server) -> float | None:
        whole = server["host"][total]
        return 100 * server["status"][used] / whole if whole else None

    return value


_RULES = {
    "cpu": Rule(_status("CPU"), "%", 1),
    "memory": Rule(_percent("MemUsed", "MemTotal"), "%", 1),
    "swap": Rule(_percent("SwapUsed", "SwapTotal"), "%", 1),
    "disk": Rule(_percent("DiskUsed", "DiskTotal"), "%", 1),
    "memory_used": Rule(_status("MemUsed"), "GiB", 2, _GIB),
    "disk_used": Rule(_status("DiskUsed"), "GiB", 2, _GIB),
    "net_in_speed": Rule(_status("NetInSpeed"), "MB/s", 2, _MB),
    "net_out_speed": Rule(_status("NetOutSpeed"), "MB/s", 2, _MB),
    "net_in_transfer": Rule(_status("NetInTransfer"), "GiB", 2, _GIB),
    "net_out_transfer": Rule(_status("NetOutTransfer"), "GiB", 2, _GIB),
    "load_1": Rule(_status("Load1"), None, 2),
    "load_5": Rule(_status("Load5"), None, 2),
    "load_15": Rule(_status("Load15"), None, 2),
    "gpu_0": Rule(_status("GPU"), "%", 1),
}
_TEMPERATURE = "temperature_"
_ALWAYS = ("online", "boot_time", *(key for key in _RULES if key not in ("swap", "gpu_0")))
_HUB = ("servers", "servers_online", "servers_offline", "net_in_speed", "net_out_speed")
_MOST_EXTRAS = 3
"""How many of the graphics cards and temperatures of a server are shown unasked."""


def _temperatures(server: Server) -> dict[str, float]:
    """Read the temperatures by name; the second of the same name is "name 2"."""
    found: dict[str, float] = {}
    for sensor in server["status"].get("Temperatures") or ():
        name, turn = sensor["Name"], 1
        while (key := name if turn == 1 else f"{name} {turn}") in found:
            turn += 1
        found[key] = float(sensor["Temperature"])
    return found


def _rule(key: str) -> Rule:
    """Find the rule of a number."""
    if key.startswith(_TEMPERATURE):
        return Rule(lambda server: _temperatures(server).get(key.removeprefix(_TEMPERATURE)), "°C", 1)
    return _RULES[key]


def default_keys(server: Server) -> list[str]:
    """Name the entities that a server has without the user's asking."""
    cards = ["gpu_0"] if server["host"].get("GPU") else []
    extras = cards + [_TEMPERATURE + name for name in _temperatures(server)]
    swap = ["swap"] if server["host"]["SwapTotal"] else []
    return [*_ALWAYS, *swap, *extras[:_MOST_EXTRAS]]


def _blank(server: Server) -> bool:
    """Whether the dashboard has nothing of the server, as before its first report and after a restart."""
    return not (server["status"]["Uptime"] and server["host"]["BootTime"])


def _online(server: Server, now: int) -> set[str]:
    """Whether the server reported of late; within a second of the threshold it may be seen either way."""
    silence = now - server["last_active"]
    states = {"on": silence <= OFFLINE_AFTER + 1, "off": silence >= OFFLINE_AFTER}
    return {state for state, possible in states.items() if possible}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one entity shows what the dashboard said."""

    entity: Entity
    said: str
    ok: bool

    def __str__(self) -> str:
        """Say it to the user."""
        unit = self.entity.attributes.get("unit_of_measurement") or ""
        where = f"{self.entity.device}, {self.entity.key} ({self.entity.entity_id})"
        return (
            f"{where}: Home Assistant shows {self.entity.state} {unit}".rstrip() + f", the dashboard said {self.said}"
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that was compared at one moment."""

    verdicts: list[Verdict]
    missing: list[str]
    """What the dashboard's data call for and Home Assistant does not have."""
    unexpected: list[str]
    """What Home Assistant shows unasked although no rule calls for it."""


@dataclass
class Result:
    """What several comparisons found."""

    rounds: int = 0
    values: int = 0
    numbers: int = 0
    """Of the values, those that are numbers, and not "offline" or "unavailable"."""
    entities: set[str] = field(default_factory=set)
    servers: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    unexpected: set[str] = field(default_factory=set)
    mismatches: list[Verdict] = field(default_factory=list)
    planted: str | None = None

    def add(self, comparison: Comparison) -> None:
        """Add one."""
        self.rounds += 1
        self.values += len(comparison.verdicts)
        self.numbers += sum(_number(verdict.entity.state) is not None for verdict in comparison.verdicts)
        self.entities |= {verdict.entity.entity_id for verdict in comparison.verdicts}
        self.servers |= {verdict.entity.server for verdict in comparison.verdicts if verdict.entity.server}
        self.missing |= set(comparison.missing)
        self.unexpected |= set(comparison.unexpected)
        self.mismatches += [verdict for verdict in comparison.verdicts if not verdict.ok]

    def __str__(self) -> str:
        """Say how much was compared."""
        return (
            f"Compared {self.values} values ({self.numbers} of them numbers) of {len(self.entities)} entities "
            f"of {len(self.servers)} servers and their dashboard in {self.rounds} rounds: "
            f"{len(self.mismatches)} wrong, {len(self.missing)} missing, {len(self.unexpected)} unexpected."
        )


def compare(entities: Sequence[Entity], readings: Sequence[Reading], asked_at: float, interval: int) -> Comparison:
    """Compare every entity that is on by default with the readings of the last interval before Home Assistant was asked.

    The readings reach from before the interval to after the question, so that every poll lies between two of them.
    """
    readings = list(_carried_on(readings))
    first = max((i for i, reading in enumerate(readings) if reading.at < asked_at - interval - _LATENESS), default=0)
    last = next((i for i, reading in enumerate(readings) if reading.at > asked_at), len(readings) - 1)
    window = readings[first : last + 1]

    # A server that is new or gone in these seconds may be there or not; the others have to be.
    steady = set.intersection(*(set(reading.servers) for reading in window))
    expected: set[tuple[str | None, str]] = {(None, key) for key in _HUB}
    expected |= {(identity, key) for identity in steady for key in default_keys(window[0].servers[identity])}
    possible = expected | {
        (identity, key)
        for reading in window
        for identity, server in reading.servers.items()
        for key in (*default_keys(server), *default_keys(window[0].servers.get(identity, server)))
    }

    shown = {(entity.server, entity.key): entity for entity in entities if entity.enabled}
    compared = [shown[item] for item in sorted(expected & set(shown), key=str)]
    # What Home Assistant shows comes from a single poll, so all of it has to fit between the same two readings.
    attempts = [
        [
            _judge(entity, window[: i + 1]) if entity.server else _judge_hub(entity, window[i - 1], window[i])
            for entity in compared
        ]
        for i in range(1, len(window))
    ]
    return Comparison(
        verdicts=min(attempts, key=lambda verdicts: sum(not verdict.ok for verdict in verdicts)),
        missing=_names(expected - set(shown)),
        unexpected=_names(set(shown) - possible),
    )


def _names(items: Iterable[tuple[str | None, str]]) -> list[str]:
    """Name entities for the user."""
    return sorted(f"{key} of {f'server {server}' if server else 'the dashboard'}" for server, key in items)


def _carried_on(readings: Sequence[Reading]) -> Iterator[Reading]:
    """Keep what was last known of a server in place of blanks, which are not data."""
    known: dict[str, Server] = {}
    for reading in readings:
        servers = {}
        for identity, server in reading.servers.items():
            if _blank(server) and identity in known:
                carried = {field: known[identity][field] for field in ("host", "status")}
                servers[identity] = {**server, **carried}
            else:
                servers[identity] = server
                known[identity] = server
        yield Reading(reading.at, reading.now, servers)


def _judge(entity: Entity, window: Sequence[Reading]) -> Verdict:
    """Judge an entity of a server by the last two readings; by all, where the integration may wait for certainty."""
    history = [(reading.now, reading.servers[str(entity.server)]) for reading in window]
    seen = [server for _, server in history[-2:] if not _blank(server)]
    online = set[str]().union(*(_online(server, now) for now, server in history[-2:]))
    if entity.key == "online":
        return Verdict(entity, " or ".join(sorted(online)), entity.state in online)
    if entity.key == "boot_time":
        boots = sorted({server["host"]["BootTime"] for _, server in history if not _blank(server)})
        if not boots:
            return Verdict(entity, "nothing yet", entity.state in ("unknown", "unavailable"))
        said = " or ".join(datetime.fromtimestamp(boot, UTC).isoformat() for boot in boots)
        shown = _seconds(entity.state)
        return Verdict(entity, said, shown is not None and any(abs(shown - boot) <= _BOOT_JITTER for boot in boots))
    if entity.state == "unavailable" or "on" not in online or not seen:
        said = "nothing yet" if not seen else "that the server is " + " or ".join(sorted(online))
        return Verdict(entity, said, entity.state == "unavailable" and ("off" in online or not seen))
    rule = _rule(entity.key)
    values = [rule.value(server) for server in seen]
    numbers = [value for value in values if value is not None]
    if not numbers or (entity.state == "unknown" and None in values):
        return Verdict(entity, "no such value", entity.state == "unknown")
    return _judge_number(entity, rule, min(numbers), max(numbers))


def _judge_hub(entity: Entity, before: Reading, after: Reading) -> Verdict:
    """Judge an entity of the dashboard: between two readings each server may have had its old value or its new one."""
    rule = _RULES.get(entity.key) or Rule(lambda _: None, entity.attributes.get("unit_of_measurement"), 0)
    low = high = 0.0
    for identity in before.servers.keys() | after.servers.keys():
        shares = {
            _share(entity.key, rule, server, state)
            for reading in (before, after)
            if (server := reading.servers.get(identity))
            for state in _online(server, reading.now)
        }
        if identity not in before.servers or identity not in after.servers:
            shares.add(0)
        low += min(shares)
        high += max(shares)
    return _judge_number(entity, rule, low, high)


def _share(key: str, rule: Rule, server: Server, state: str) -> float:
    """Return what one server adds to a number of the dashboard."""
    match key:
        case "servers":
            return 1
        case "servers_online":
            return state == "on"
        case "servers_offline":
            return state == "off"
    return (rule.value(server) or 0) if state == "on" else 0


def _judge_number(entity: Entity, rule: Rule, low: float, high: float) -> Verdict:
    """Judge a number by the range in which it has to lie."""
    unit = rule.unit or ""
    bounds = [f"{bound / rule.scale:.6g}" for bound in (low, high)]
    said = f"{' to '.join(dict.fromkeys(bounds))} {unit}".rstrip()
    shown = _number(entity.state)
    if shown is None or entity.attributes.get("unit_of_measurement") != rule.unit:
        return Verdict(entity, said, False)
    # The rounding of what is shown, and that of the arithmetic; a state with more decimals is held to all of them.
    decimals = max(rule.decimals, len((entity.state or "").partition(".")[2]))
    slack = (0.5 * 10**-decimals + 1e-9 * abs(shown)) * rule.scale
    return Verdict(entity, said, low - slack <= shown * rule.scale <= high + slack)


def _number(state: str | None) -> float | None:
    """Read a state as a number."""
    try:
        return float(state or "")
    except ValueError:
        return None


def _seconds(state: str | None) -> float | None:
    """Read a state as a time."""
    try:
        return datetime.fromisoformat(state or "").timestamp()
    except ValueError:
        return None


def plant(entities: Sequence[Entity], readings: Sequence[Reading]) -> tuple[list[Entity], str]:
    """Falsify one value, and name its entity: the processor load that moved least of late, so it was never that high."""

    def movement(entity: Entity) -> float:
        servers = [server for reading in readings[-15:] if (server := reading.servers.get(str(entity.server)))]
        return max((abs(a["status"]["CPU"] - b["status"]["CPU"]) for a, b in pairwise(servers)), default=0)

    loads = {entity: load for entity in entities if entity.key == "cpu" and (load := _number(entity.state)) is not None}
    if not loads:
        raise DemoError("No server shows a processor load that could be falsified.")
    victim = min(loads, key=movement)
    planted = replace(victim, state=str(round(loads[victim] + 7.5, 1)))
    return [planted if entity is victim else entity for entity in entities], victim.entity_id
