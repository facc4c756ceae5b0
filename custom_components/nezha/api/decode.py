"""Readers of single JSON values: each gives the value in its bounds, or raises `MalformedError` naming the field."""

from collections.abc import Callable, Hashable, Mapping, Set as AbstractSet
from datetime import datetime
import math
import re
from typing import Any

# Control characters, and those that break a line or turn the direction of all that follows.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
_LONGEST_TEXT = 255
_LARGEST_INTEGER = 2**64 - 1
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999, the last that a date can tell."""


class MalformedError(Exception):
    """A value is missing, or not of the kind that the dashboard sends."""

    def __init__(self, field: str, value: object) -> None:
        """Name the field and the kind of what stands there, never the value: it may be private."""
        super().__init__(f"{field} is {type(value).__name__}")


class Kept[T]:
    """A decoder that gives the same object again where an answer says the same as the one before.

    Comparing costs a small part of decoding, and whoever works with what it gives sees by identity what has changed.
    """

    def __init__(self, decode: Callable[..., T]) -> None:
        """Wrap a decoder that depends on its arguments alone."""
        self._decode = decode
        self._kept: dict[Hashable, tuple[tuple[Any, ...], T]] = {}

    def __call__(self, key: Hashable, *sources: Any) -> T:
        """Decode what an answer has about a thing: the server of a number, or all that an endpoint says."""
        kept = self._kept.get(key)
        if kept is None or kept[0] != sources:
            kept = self._kept[key] = sources, self._decode(*sources)
        return kept[1]

    def forget_all_but(self, numbers: AbstractSet[int]) -> None:
        """Forget servers that are no longer there."""
        for number in self._kept.keys() - numbers:
            del self._kept[number]


def mapping(source: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """Return an object."""
    if not isinstance(value := source.get(field), dict):
        raise MalformedError(field, value)
    return value


def items(source: Mapping[str, Any], field: str) -> list[Any]:
    """Return a list; `null` stands for an empty one."""
    value = source.get(field)
    if value is None:
        return []
    if not isinstance(value, list):
        raise MalformedError(field, value)
    return value


def text(source: Mapping[str, Any], field: str) -> str:
    """Return a text of at most 255 characters on one line."""
    if not isinstance(value := source.get(field), str):
        raise MalformedError(field, value)
    if value.isascii() and value.isprintable():
        return value.strip()[:_LONGEST_TEXT]
    return _CONTROL.sub(" ", value[: 4 * _LONGEST_TEXT]).strip()[:_LONGEST_TEXT]


def texts(source: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """Return a list of texts."""
    return tuple(text({field: value}, field) for value in items(source, field))


def count(source: Mapping[str, Any], field: str) -> int:
    """Return a whole number from 0 to 2⁶⁴ − 1, the range of the dashboard's own type."""
    value = source.get(field)
    if type(value) is float and value.is_integer():
        value = int(value)
    # `type`, since Python's truth values are integers, and for speed: this is asked 15 times a server.
    if type(value) is not int or not 0 <= value <= _LARGEST_INTEGER:
        raise MalformedError(field, value)
    return value


def seconds(source: Mapping[str, Any], field: str) -> int:
    """Return whole seconds, since 1970 or of a span, from 0 to what a date can tell."""
    if (value := count(source, field)) > _LAST_SECOND:
        raise MalformedError(field, value)
    return value


def number(source: Mapping[str, Any], field: str) -> float:
    """Return a finite number."""
    value = source.get(field)
    if (type(value) is not float and type(value) is not int) or not math.isfinite(value):
        raise MalformedError(field, value)
    return float(value)


def amount(source: Mapping[str, Any], field: str) -> float:
    """Return a finite number that is not negative."""
    if (value := number(source, field)) < 0:
        raise MalformedError(field, value)
    return value


def flag(source: Mapping[str, Any], field: str) -> bool:
    """Return a truth value."""
    if not isinstance(value := source.get(field), bool):
        raise MalformedError(field, value)
    return value


def moment(source: Mapping[str, Any], field: str) -> datetime | None:
    """Return an aware time; Go's "no time", the year 1 in any zone, is none."""
    if not isinstance(value := source.get(field), str):
        raise MalformedError(field, value)
    try:
        time = datetime.fromisoformat(value)
    except ValueError as err:
        raise MalformedError(field, value) from err
    if time.year == 1:
        return None
    if time.tzinfo is None or not 1970 <= time.year < 9999:
        raise MalformedError(field, value)
    return time
