"""Compares what Home Assistant shows with what the dashboard said.

Each value must be one that the dashboard had, or lie between two neighbouring readings of it, after the rounding with
which it is shown; and all values of one server between the same two readings.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
import time

from .dashboard import Reader
from .errors import HarnessError
from .homeassistant import Entity, HomeAssistant
from .judge import Verdict, is_plausible, judge, number
from .reading import Reading, Server
from .rules import FRAME, PRESENT, Place, cycle_of, places, sums

_LATENESS = 3
"""Seconds that a poll of Home Assistant, or a frame, usually comes later than it should, and takes, at most."""
_PLANTED = 57.5
"""Percent by which a falsified value is more than all that there was."""
_FULL = 8_000
"""Enabled entities of an entry from which on there may be no room for more: Home Assistant takes 10,000."""
_NO_ROOM = "there is no room for all of its"
"""What the log then says."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What Home Assistant shows, and between which two moments of our clock it said so."""

    entities: Sequence[Entity]
    asked: float
    answered: float


async def look(home: HomeAssistant, reader: Reader, entry_id: str | None = None) -> Shown:
    """Return what Home Assistant shows of an entry, once the dashboard was read after it."""
    asked = time.monotonic()
    entities = await home.entities(entry_id)
    answered = time.monotonic()
    await reader.wait_until(answered)
    return Shown(entities, asked, answered)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that was compared at one moment."""

    verdicts: list[Verdict]
    blind: int
    """How many of the wrong ones were left out of them, since nobody can tell."""
    present: list[str]
    """The entities that have to be there, and are, and whose state is no value of the dashboard's."""
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
    present: set[str] = field(default_factory=set)
    servers: set[str] = field(default_factory=set)
    services: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    unexpected: set[str] = field(default_factory=set)
    mismatches: list[Verdict] = field(default_factory=list)
    blind: int = 0
    """Values that were not what was read, but stood where readings were too far apart to know all that the dashboard had."""
    planted: str | None = None

    def add(self, comparison: Comparison) -> None:
        """Add one."""
        entities = [verdict.entity for verdict in comparison.verdicts]
        self.rounds += 1
        self.values += len(entities)
        self.numbers += sum(number(entity.state) is not None for entity in entities)
        self.entities |= {entity.entity_id for entity in entities}
        self.present |= set(comparison.present)
        self.servers |= {entity.server for entity in entities if entity.server is not None}
        self.services |= {entity.service for entity in entities if entity.service is not None}
        self.missing |= set(comparison.missing)
        self.unexpected |= set(comparison.unexpected)
        self.mismatches += [verdict for verdict in comparison.verdicts if not verdict.ok]
        self.blind += comparison.blind

    def complaints(self) -> Iterator[str]:
        """Say what is wrong."""
        yield from (f"MISSING in Home Assistant: {name}" for name in sorted(self.missing))
        yield from (f"UNEXPECTED in Home Assistant: {name}" for name in sorted(self.unexpected))
        yield from (f"WRONG: {verdict}" for verdict in self.mismatches)

    def __str__(self) -> str:
        """Say how much was compared."""
        services = f", {len(self.services)} services" if self.services else ""
        blind = f" {self.blind} values could not be judged: readings were too far apart." if self.blind else ""
        present = f" {len(self.present)} entities more only had to be there, and are." if self.present else ""
        return (
            f"Compared {self.values} values ({self.numbers} of them numbers) of {len(self.entities)} entities "
            f"of {len(self.servers)} servers{services} and their dashboard in {self.rounds} rounds: "
            f"{len(self.mismatches)} wrong, {len(self.missing)} missing, {len(self.unexpected)} unexpected.{blind}{present}"
        )


def compare(
    shown: Shown, readings: Sequence[Reading], interval: int, *, live: bool, lateness: float = _LATENESS
) -> Comparison:
    """Compare every entity that is on by default with the readings of the last interval before Home Assistant was asked.

    `live` is for v1 and v2, which send frames; what they tell is published at the same interval. `lateness` is the seconds
    that a poll or a frame may come later than it should, and take.
    """
    readings = list(_carried_on(readings))
    called_for = [places(reading, live=live) for reading in readings]
    # What is new or gone in these seconds may be there or not; the rest has to be.
    expected = set.intersection(*called_for[_window(readings, shown, interval + FRAME + lateness)])
    possible = set.union(*called_for, *map(sums, readings))

    by_place = {Place(entity.server, entity.service, entity.key): entity for entity in shown.entities if entity.enabled}
    roomless = _roomless(shown.entities)
    moments: dict[object, list[Entity]] = {}
    ages: dict[object, int] = {}
    present = []
    for place in sorted(expected & set(by_place), key=str):
        entity = by_place[place]
        if PRESENT.fullmatch(place.key):
            present.append(entity.entity_id)
            continue
        moment, age = _moment(place, interval, live=live)
        moments.setdefault(moment, []).append(entity)
        ages[moment] = age
    verdicts = [
        verdict
        for moment, entities in moments.items()
        for verdict in _judge_moment(entities, readings[_window(readings, shown, ages[moment] + lateness)], live=live)
    ]
    blind = [
        verdict for verdict in verdicts if not verdict.ok and verdict.blind and is_plausible(verdict.entity, readings)
    ]
    return Comparison(
        verdicts=[verdict for verdict in verdicts if verdict not in blind],
        blind=len(blind),
        present=present,
        missing=sorted(map(str, expected - set(by_place) - roomless)),
        unexpected=sorted(map(str, set(by_place) - possible)),
    )


def _roomless(entities: Sequence[Entity]) -> set[Place]:
    """Name what is registered and off in a fleet that fills Home Assistant's room: nobody can have all of it on.

    Whether a server is online is always shown.
    """
    if sum(entity.enabled for entity in entities) < _FULL:
        return set()
    off = (entity for entity in entities if not entity.enabled and entity.key != "online")
    return {Place(entity.server, entity.service, entity.key) for entity in off}


def _moment(place: Place, interval: int, *, live: bool) -> tuple[object, int]:
    """Tell which entities show the same moment of a dashboard, and how many seconds ago it may be.

    Servers of a large fleet are told of an answer in batches, so that one may be ahead of another.
    """
    if not live:
        return place.server or place, interval
    if place.service is not None or place.key == "expiry" or cycle_of(place.key):
        return ("polled", place.server), interval
    if place.key == "online":
        return place, FRAME
    # A server that came or went was published at once, so it may be ahead of the others and of their sum.
    return place.server or place, interval + FRAME


def _window(readings: Sequence[Reading], shown: Shown, age: float) -> slice:
    """Choose the readings among which a moment lies, at most so old when Home Assistant was asked: one more at each end."""
    begin = shown.asked - age
    first = max((i for i, reading in enumerate(readings) if reading.at < begin), default=0)
    last = next((i for i, reading in enumerate(readings) if reading.asked > shown.answered), len(readings) - 1)
    return slice(first, last + 1)


def _judge_moment(entities: Sequence[Entity], window: Sequence[Reading], *, live: bool) -> list[Verdict]:
    """Judge entities that show the same moment, so that all of them have to fit between the same two readings."""
    attempts = []
    for i in reversed(range(1, len(window))):
        after = window[i:] if live else window[i : i + 1]
        attempts.append([judge(entity, window[:i], after) for entity in entities])
        if not _wrong(attempts[-1]):
            break
    best = min(attempts, key=_wrong)
    return [replace(verdict, blind=True) for verdict in best] if _has_gap(window) else best


def _has_gap(window: Sequence[Reading]) -> bool:
    """Whether a state may have come and gone between two readings: agents report every two seconds."""
    return any(after.at - before.asked > FRAME for before, after in pairwise(window))


def _wrong(verdicts: Iterable[Verdict]) -> int:
    return sum(not verdict.ok for verdict in verdicts)


def _carried_on(readings: Iterable[Reading]) -> Iterator[Reading]:
    """Keep what was last known of a server in place of blanks, which are not data."""
    known: dict[str, Server] = {}
    for reading in readings:
        servers = {}
        for identity, server in reading.servers.items():
            before = known.get(identity, server)
            forgotten = server.last_active <= 0 < before.last_active
            servers[identity] = known[identity] = replace(
                server,
                host=server.host or before.host,
                state=server.state or before.state,
                last_active=before.last_active if forgotten else server.last_active,
                forgotten=forgotten,
            )
        yield replace(reading, servers=servers)


def plant(entities: Sequence[Entity], readings: Sequence[Reading]) -> tuple[list[Entity], str]:
    """Falsify one value, and name its entity: a processor load, to much more than its server ever had."""

    def highest(entity: Entity) -> float:
        servers = (reading.servers.get(str(entity.server)) for reading in readings)
        return max((server.state.numbers["cpu"] or 0 for server in servers if server and server.state), default=0)

    loads = {entity: load for entity in entities if entity.key == "cpu" and (load := number(entity.state)) is not None}
    if not loads:
        raise HarnessError("No server shows a processor load that could be falsified.")
    victim = min(loads, key=lambda entity: highest(entity) - loads[entity])
    planted = replace(victim, state=str(round(highest(victim) + _PLANTED, 1)))
    return [planted if entity is victim else entity for entity in entities], victim.entity_id


def unexpected_lines(complaints: Iterable[str], entities: int) -> list[str]:
    """Return what the log should not say: with so many entities it is right that there is no room for more."""
    return [line for line in complaints if entities < _FULL or _NO_ROOM not in line]
