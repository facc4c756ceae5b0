"""Judges one entity: whether it shows what the dashboard said between two neighbouring readings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from .homeassistant import Entity
from .note import billing, expiry
from .reading import Reading, Server
from .rules import CYCLE_SHARE, CYCLE_TOTAL, SERVER, SERVICE, Rule, cycle_of, online, server_rule, up

_BOOT_JITTER = 60
"""Seconds. Boot times differ by some from report to report and are shown as the first one was."""
_YEAR_2000 = 946_684_800
"""Unix seconds. A machine that booted before has not set its clock yet."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one entity shows what the dashboard said."""

    entity: Entity
    said: str
    ok: bool
    blind: bool = False
    """Whether the dashboard may have said more than was read."""

    def __str__(self) -> str:
        """Say it to the user."""
        unit = self.entity.attributes.get("unit_of_measurement") or ""
        where = f"{self.entity.device}, {self.entity.key} ({self.entity.entity_id})"
        return (
            f"{where}: Home Assistant shows {self.entity.state} {unit}".rstrip() + f", the dashboard said {self.said}"
        )


def judge(entity: Entity, before: Sequence[Reading], after: Sequence[Reading]) -> Verdict:
    """Judge an entity as seen between the last reading of those before and the first of those after.

    The others matter where the integration waits for certainty, or shows something earlier than the rest.
    """
    pair = (before[-1], after[0])
    if entity.server is not None:
        return _judge_server(entity, entity.server, [*before, after[0]])
    if entity.service is not None:
        return _judge_service(entity, entity.service, pair)
    return _judge_hub(entity, pair, after[1:])


def is_plausible(entity: Entity, readings: Sequence[Reading]) -> bool:
    """Whether a number may have been a server's between two of these readings: not far beyond all that was read of it."""
    shown = number(entity.state)
    if entity.server is None or shown is None or cycle_of(entity.key):
        return True
    rule = server_rule(entity.key)
    told = [reading.servers.get(entity.server) for reading in readings]
    values = [value for server in told if server and (value := rule.value(server)) is not None]
    if not values:
        return False
    spread = (max(values) - min(values)) / 2 + rule.scale * 10.0**-rule.decimals
    return min(values) - spread <= shown * rule.scale <= max(values) + spread


def _judge_server(entity: Entity, identity: str, history: Sequence[Reading]) -> Verdict:
    """Judge an entity of a server."""
    pair = [(reading.now, reading.servers[identity]) for reading in history[-2:]]
    states = set[str]().union(*(online(server, now) for now, server in pair))
    if entity.key == "online":
        return _judge_word(entity, states)
    if entity.key == "boot_time":
        listed = [reading.servers[identity] for reading in history]
        boots = {server.host.boot_time for server in listed if server.host and server.host.boot_time >= _YEAR_2000}
        # A boot time is shown once there was a report together with it, whose own time the dashboard still knows.
        is_certain = any(
            server.host and server.state and server.last_active > 0 and not server.forgotten for server in listed
        )
        blank = () if is_certain and boots else ("unknown", "unavailable")
        return _judge_time(entity, boots, blank, tolerance=_BOOT_JITTER)
    if entity.key == "expiry":
        ends = {expiry(data, now) for now, server in pair if (data := billing(server.note))}
        return _judge_time(entity, ends, ("unknown",) if None in ends else ())
    if cycle := cycle_of(entity.key):
        return _judge_cycle(entity, *cycle, [server for _, server in pair])
    seen = [server for _, server in pair if server.state]
    if entity.state == "unavailable" or "on" not in states or not seen:
        said = "nothing yet" if not seen else "that the server is " + " or ".join(sorted(states))
        return Verdict(entity, said, entity.state == "unavailable" and ("off" in states or not seen))
    rule = server_rule(entity.key)
    return _judge_number(entity, rule, [rule.value(server) for server in seen])


def _judge_cycle(entity: Entity, number: str, what: str, servers: Iterable[Server]) -> Verdict:
    """Judge an entity of a traffic cycle; there is none for a while after the dashboard's restart."""
    cycles = [server.cycles.get(number) for server in servers]
    known = [cycle for cycle in cycles if cycle]
    if entity.state == "unavailable" or not known:
        return Verdict(entity, "something" if known else "nothing", entity.state == "unavailable" and None in cycles)
    if what == "reset":
        return _judge_time(entity, {cycle.reset for cycle in known})
    return _judge_number(entity, CYCLE_SHARE, [CYCLE_SHARE.value(cycle) for cycle in known])


def _judge_service(entity: Entity, number: str, pair: Iterable[Reading]) -> Verdict:
    """Judge an entity of a service."""
    services = [reading.services[number] for reading in pair]
    if entity.key == "up":
        return _judge_word(entity, {up(service) for service in services})
    rule = SERVICE[entity.key]
    return _judge_number(entity, rule, [rule.value(service) for service in services])


def _judge_hub(entity: Entity, pair: Sequence[Reading], later: Sequence[Reading]) -> Verdict:
    """Judge an entity of the dashboard: between two readings each server may have had its old value or its new one.

    A server that came, went or booted after that is shown at once, before the others' next turn.
    """
    if entity.key == "dashboard":
        # There were two readings: it answered.
        return _judge_word(entity, {"on"})
    if cycle := cycle_of(entity.key):
        used = [
            sum(each.used for server in reading.servers.values() if (each := server.cycles.get(cycle[0])))
            for reading in pair
        ]
        return _judge_range(entity, CYCLE_TOTAL, min(used), max(used))
    rule = SERVER.get(entity.key) or Rule(lambda _: None, entity.attributes.get("unit_of_measurement"), 0)
    low = high = 0.0
    for identity in {identity for reading in (*pair, *later) for identity in reading.servers}:
        news = {_report(reading, identity) for reading in (*pair, *later)}
        shares: set[float] = set()
        for reading in (*pair, *(later if len(news) > 1 else ())):
            server = reading.servers.get(identity)
            states = online(server, reading.now) if server else ()
            shares |= {_share(entity.key, rule, server, state) for state in states} if server else {0}
        low += min(shares)
        high += max(shares)
    return _judge_range(entity, rule, low, high)


def _report(reading: Reading, identity: str) -> object:
    """Return what is shown at once when it changes."""
    server = reading.servers.get(identity)
    return server and (frozenset(online(server, reading.now)), server.host and server.host.boot_time)


def _share(key: str, rule: Rule[Server], server: Server, state: str) -> float:
    """Return what one server adds to a number of the dashboard."""
    match key:
        case "servers":
            return 1
        case "servers_online":
            return state == "on"
        case "servers_offline":
            # One that never reported is counted by a sensor of its own.
            return state == "off" and server.last_active > 0
    return (rule.value(server) or 0) if state == "on" else 0


def _judge_word(entity: Entity, words: set[str]) -> Verdict:
    """Judge a state that is one of a few words."""
    return Verdict(entity, " or ".join(sorted(words)), entity.state in words)


def _judge_time(
    entity: Entity, times: Iterable[float | None], otherwise: Sequence[str] = (), *, tolerance: float = 0
) -> Verdict:
    """Judge a time, or one of the words that may stand in its place."""
    known = sorted(time for time in times if time is not None)
    said = " or ".join(datetime.fromtimestamp(time, UTC).isoformat() for time in known) or "no time"
    shown = _seconds(entity.state)
    if shown is None:
        return Verdict(entity, said, entity.state in otherwise)
    return Verdict(entity, said, any(abs(shown - time) <= tolerance for time in known))


def _judge_number[T](entity: Entity, rule: Rule[T], values: Sequence[float | None]) -> Verdict:
    """Judge a number by two values, one before and one after it was seen."""
    numbers = [value for value in values if value is not None]
    if not numbers or (entity.state == "unknown" and None in values):
        return Verdict(entity, "no such value", entity.state == "unknown")
    return _judge_range(entity, rule, min(numbers), max(numbers))


def _judge_range[T](entity: Entity, rule: Rule[T], low: float, high: float) -> Verdict:
    """Judge a number by the range in which it has to lie."""
    unit = rule.unit or ""
    bounds = [f"{bound / rule.scale:.6g}" for bound in (low, high)]
    said = f"{' to '.join(dict.fromkeys(bounds))} {unit}".rstrip()
    shown = number(entity.state)
    if shown is None or entity.attributes.get("unit_of_measurement") != rule.unit:
        return Verdict(entity, said, False)
    # The drift, the rounding of what is shown, and that of the arithmetic; more decimals are held to all of them.
    decimals = max(rule.decimals, len((entity.state or "").partition(".")[2]))
    slack = rule.drift + (0.5 * 10**-decimals + 1e-9 * abs(shown)) * rule.scale
    return Verdict(entity, said, low - slack <= shown * rule.scale <= high + slack)


def number(state: str | None) -> float | None:
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
