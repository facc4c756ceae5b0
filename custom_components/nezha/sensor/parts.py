"""What a server may have several of: graphics cards and temperature sensors."""

from collections import Counter
from collections.abc import Callable
from itertools import islice
import re

from ..api import Host, State
from ..fleet import KnownServer
from ..names import counted, temperature_sensor

type Reader = Callable[[State, Host | None], float | None]

_SENSOR = "temperature_"
_CARD = "gpu_"
PART_PREFIXES = (_SENSOR, _CARD)
"""How the keys of parts begin, and no other ones."""
_ENDS_WITH_A_NUMBER = re.compile(r".* \d+", re.DOTALL)


def outline(known: KnownServer) -> object:
    """Return what differs where a server has other parts, or they are called otherwise: that is looked at with each report."""
    state, host = known.state, known.host
    if state is None:
        return None
    return host and host.gpu, len(state.gpu), [temperature.name for temperature in state.temperatures]


def sensors(known: KnownServer) -> tuple[tuple[str, int], ...]:
    """Return the temperature sensors of a server: each by its name, and by its turn where several have the same."""
    turns: Counter[str] = Counter()
    found = []
    for temperature in known.state.temperatures if known.state else ():
        found.append((temperature.name, turns[temperature.name]))
        turns[temperature.name] += 1
    return tuple(found)


def sensor_key(name: str, turn: int) -> str:
    """Return what a temperature sensor is known by: no two of a server have the same, whatever they are called."""
    is_ambiguous = turn > 0 or _ENDS_WITH_A_NUMBER.fullmatch(name)
    return f"{_SENSOR}{name} {turn + 1}" if is_ambiguous else f"{_SENSOR}{name}"


def sensor_label(name: str, turn: int) -> str:
    """Return how people call a temperature sensor; one without a name by its turn."""
    if not (label := temperature_sensor(name)):
        return f"#{turn + 1}"
    return f"{label} ({turn + 1})" if turn else label


def read_sensor(name: str, turn: int) -> Reader:
    """Return what reads a temperature sensor."""

    def read(state: State, _: Host | None) -> float | None:
        found = (temperature.celsius for temperature in state.temperatures if temperature.name == name)
        return next(islice(found, turn, None), None)

    return read


def cards(known: KnownServer) -> tuple[str, ...]:
    """Return how people call the graphics cards of a server. On v0 several share one usage, and so one name."""
    count = len(known.state.gpu) if known.state else 0
    names = known.host.gpu if known.host else ()
    if len(names) == count:
        return counted(name or "GPU" for name in names)
    return ("GPU",) if count == 1 else tuple(f"GPU {number + 1}" for number in range(count))


def card_key(index: int) -> str:
    """Return what a graphics card is known by."""
    return f"{_CARD}{index}"


def read_card(index: int) -> Reader:
    """Return what reads the usage of a graphics card."""
    return lambda state, _: state.gpu[index] if index < len(state.gpu) else None


def kind_of(key: str) -> str:
    """Return what kind of part a key is of."""
    return key.partition("_")[0]


def part_keys(known: KnownServer) -> set[str]:
    """Return what all parts of a server are known by."""
    return {card_key(index) for index in range(len(cards(known)))} | {sensor_key(*sensor) for sensor in sensors(known)}
