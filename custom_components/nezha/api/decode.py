"""Readers of single JSON values: each returns the value within its bounds, or raises `MalformedError`."""

from collections.abc import Callable, Hashable, Mapping, Set as AbstractSet
from datetime import datetime
import re
import sys
from typing import Any, NamedTuple

from .limits import (
    COLDEST,
    EARLIEST_BOOT,
    FASTEST,
    HIGHEST_LOAD,
    HIGHEST_PERCENTAGE,
    HOTTEST,
    LARGEST_UINT,
    LAST_SECOND,
    LONGEST_NAME,
    LONGEST_TEXT,
    LONGEST_UPTIME,
)

_COUNTRY_LETTERS = 2
_LARGEST_FLOAT = sys.float_info.max
# Control characters, and those that break a line or turn the direction of all that follows.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")


class MalformedError(Exception):
    """A value is missing, or not one that the dashboard sends."""

    def __init__(self, value: object) -> None:
        """Keep the kind of what stands there, never the value: it may be private."""
        super().__init__(type(value).__name__)


def as_object(value: object) -> Mapping[str, Any]:
    """Return an object."""
    if not isinstance(value, dict):
        raise MalformedError(value)
    return value


def as_list(value: object) -> list[Any]:
    """Return a list."""
    if not isinstance(value, list):
        raise MalformedError(value)
    return value


def as_text(value: object) -> str:
    """Return a text of at most 255 characters on one line."""
    if not isinstance(value, str):
        raise MalformedError(value)
    if value.isascii() and value.isprintable():
        return value.strip()[:LONGEST_TEXT]
    return _CONTROL.sub(" ", value[: 4 * LONGEST_TEXT]).strip()[:LONGEST_TEXT]


def as_name(value: object) -> str:
    """Return what an agent calls a part of its server, at most 64 characters."""
    return as_text(value)[:LONGEST_NAME].rstrip()


def as_country(value: object) -> str:
    """Return a country's code of two letters in capitals, or an empty text."""
    country = as_text(value).upper()
    if country and not (len(country) == _COUNTRY_LETTERS and country.isalpha()):
        raise MalformedError(value)
    return country


def as_uint(value: object) -> int:
    """Return a whole number from 0 to 2⁶³ − 1."""
    # `type`, since Python's truth values are integers, and for speed: this is asked 15 times a server.
    if type(value) is int and 0 <= value <= LARGEST_UINT:
        return value
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or not 0 <= value <= LARGEST_UINT:
        raise MalformedError(value)
    return value


def as_total(value: object) -> int | None:
    """Return what there is of something in bytes; 0 stands for unknown."""
    return as_uint(value) or None


def as_speed(value: object) -> int:
    """Return bytes per second."""
    if type(value) is int and 0 <= value <= FASTEST:
        return value
    if (speed := as_uint(value)) > FASTEST:
        raise MalformedError(value)
    return speed


def as_time(value: object) -> int | None:
    """Return unix seconds; zero and below are Go's "no time", which is none."""
    if (time := as_number(value)) <= 0:
        return None
    if not time.is_integer() or time > LAST_SECOND:
        raise MalformedError(value)
    return int(time)


def as_boot_time(value: object) -> int | None:
    """Return unix seconds; before the year 2000 the machine's clock was not set yet, and the time is unknown."""
    if (time := as_uint(value)) > LAST_SECOND:
        raise MalformedError(value)
    return time if time >= EARLIEST_BOOT else None


def as_uptime(value: object) -> int | None:
    """Return whole seconds; 0 stands for unknown too."""
    if (uptime := as_uint(value)) > LONGEST_UPTIME:
        raise MalformedError(value)
    return uptime or None


def as_number(value: object) -> float:
    """Return a finite number."""
    return _between(value, -_LARGEST_FLOAT, _LARGEST_FLOAT)


def _between(value: object, least: float, most: float) -> float:
    """Return a number within bounds. NaN, infinity and whole numbers of a thousand digits are in none."""
    if (type(value) is float or type(value) is int) and least <= value <= most:
        return float(value)
    raise MalformedError(value)


def as_amount(value: object) -> float:
    """Return a finite number that is not negative."""
    if (amount := as_number(value)) < 0:
        raise MalformedError(value)
    return amount


def as_percentage(value: object) -> float:
    """Return percent."""
    return _between(value, 0, HIGHEST_PERCENTAGE)


def as_load(value: object) -> float:
    """Return a load average."""
    return _between(value, 0, HIGHEST_LOAD)


def as_celsius(value: object) -> float:
    """Return a temperature."""
    return _between(value, COLDEST, HOTTEST)


def as_flag(value: object) -> bool:
    """Return a truth value."""
    if not isinstance(value, bool):
        raise MalformedError(value)
    return value


def as_moment(value: object) -> datetime | None:
    """Return an aware time; Go's "no time", the year 1 in any zone, is none."""
    if not isinstance(value, str):
        raise MalformedError(value)
    try:
        time = datetime.fromisoformat(value)
    except ValueError as err:
        raise MalformedError(value) from err
    if time.year == 1:
        return None
    if time.tzinfo is None or not 1970 <= time.year < 9999:
        raise MalformedError(value)
    return time


def as_moment_in_seconds(value: object) -> int | None:
    """Return the whole unix seconds of such a time."""
    moment = as_moment(value)
    return None if moment is None else int(moment.timestamp())


class Fields:
    """The fields of one JSON object. One that cannot be read is unknown, alone; `unreadable` names it."""

    __slots__ = ("_path", "_source", "unreadable")

    def __init__(self, source: Mapping[str, Any], unreadable: dict[str, None] | None = None, path: str = "") -> None:
        """Read an object; the names of its unreadable fields begin with `path`."""
        self._source = source
        self._path = path
        self.unreadable: dict[str, None] = {} if unreadable is None else unreadable
        """The names, each once, in order."""

    def read[T](self, field: str, reader: Callable[[Any], T]) -> T | None:
        """Return a field's value, `None` where it is absent or cannot be read."""
        try:
            return reader(self._source[field])
        except KeyError:
            return None
        except MalformedError:
            self.note(field)
            return None

    def text(self, field: str, reader: Callable[[Any], str] = as_text) -> str:
        """Return a text, empty where it is unknown."""
        return self.read(field, reader) or ""

    def items(self, field: str) -> list[Any]:
        """Return a list, empty where it is absent, `null` or unreadable."""
        return [] if self._source.get(field) is None else self.read(field, as_list) or []

    def each[T](self, field: str, reader: Callable[[Any], T], most: int) -> tuple[T | None, ...]:
        """Return the first elements of a list; one that cannot be read is `None` in its place."""
        values: list[T | None] = []
        for item in self.first(field, most):
            try:
                values.append(reader(item))
            except MalformedError:
                self.note(field)
                values.append(None)
        return tuple(values)

    def first(self, field: str, most: int) -> list[Any]:
        """Return the first elements of a list as they are; that there are more is noted."""
        items = self.items(field)
        if len(items) > most:
            self.note(field)
        return items[:most]

    def texts(self, field: str, most: int, reader: Callable[[Any], str] = as_text) -> tuple[str, ...]:
        """Return a list of texts; one that cannot be read is empty."""
        return tuple(text or "" for text in self.each(field, reader, most))

    def within(self, field: str) -> Fields:
        """Return the fields of an object within, none where it is absent or unreadable."""
        return Fields(self.read(field, as_object) or {}, self.unreadable, f"{self._path}{field}.")

    def with_defaults(self, defaults: Mapping[str, Any]) -> Fields:
        """Return the same fields, of which the absent ones are as in `defaults`."""
        return Fields({**defaults, **self._source}, self.unreadable, self._path)

    def note(self, field: str) -> None:
        """Note that a field cannot be read."""
        self.unreadable[f"{self._path}{field}"] = None


class Decoded[T](NamedTuple):
    """What was read of a part of an answer, and the names of what in it was not readable."""

    value: T
    unreadable: tuple[str, ...]


class Kept[T]:
    """A decoder that returns the same object again where an answer says the same as the one before.

    Comparing costs a small part of decoding, and whoever works with the result sees by identity what has changed.
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
