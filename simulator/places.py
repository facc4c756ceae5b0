"""Faults of one place in an answer or a frame, by name: `null:`, `absent:` or `set:` and the place.

A place is a path of keys, such as `data.0.host.cpu`; 0 is the first of a list, of servers the one with the smallest id.
`set:` ends with `=` and what to write there, as JSON, or as a text that is none.
"""

from dataclasses import dataclass
from enum import Enum
import functools
import json
from typing import Any, Final

from .fault import Fault, dumps, first, spoilt_body


class _Absent(Enum):
    ABSENT = 0


ABSENT: Final = _Absent.ABSENT


@functools.cache
def at_place(name: str) -> Fault | None:
    """Return the fault of a place that a name tells, None if it tells none."""
    kind, _, rest = name.partition(":")
    place, _, text = rest.partition("=")
    match kind:
        case "null":
            return _fault(Change(rest, None))
        case "absent":
            return _fault(Change(rest, ABSENT))
        case "set":
            return _fault(Change(place, _value(text), adds=True))
    return None


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a place."""

    place: str
    new: Any
    adds: bool = False
    """Whether a key is added that is not there."""

    def of(self, body: bytes) -> bytes:
        """Return a body with the change, or as it is where there is no such place."""
        try:
            answer = json.loads(body)
        except ValueError, RecursionError:
            return body
        changed = dumps(self._within(answer, self.place.split(".")))
        return body if changed == dumps(answer) else changed

    def _within(self, value: Any, place: list[str]) -> Any:
        match value, place:
            case _, []:
                return self.new
            case dict(), [key, *rest] if key in value or (self.adds and not rest):
                changed = value | {key: self._within(value.get(key), rest)}
                return {name: item for name, item in changed.items() if item is not ABSENT}
            case list(), ["0", *rest] if value:
                victim = first(value) or value[0]
                listed = [self._within(item, rest) if item is victim else item for item in value]
                return [item for item in listed if item is not ABSENT]
        return value


def _fault(change: Change) -> Fault:
    return spoilt_body(f"something else at {change.place}", change.of)
