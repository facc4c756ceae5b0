"""The parts of a server that are alike in every generation."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

from .decode import Decoded, Fields, MalformedError, as_celsius, as_name, as_uint
from .limits import BATCH, BEYOND_TOTAL, MOST_TEMPERATURES
from .models import Host, State, Temperature


async def in_batches[T](items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the elements of a list, and let the loop have a turn now and then."""
    for turn, item in enumerate(items, 1):
        if turn % BATCH == 0:
            await asyncio.sleep(0)
        yield item


class NoServerError(Exception):
    """A server without what it is known by: it has to be left out. The text names it, never by a value of it."""


def number_of(item: object) -> int:
    """Return what the dashboard calls a server by. Raises `NoServerError`."""
    if not isinstance(item, dict):
        raise NoServerError(f"something that is no server: server is {type(item).__name__}")
    try:
        return as_uint(item.get("id"))
    except MalformedError as err:
        # Its place in the list would be no name: v0's order is random.
        raise NoServerError(f"a server without a number: id is {err}") from None


def read_used(fields: Fields, field: str, total: int | None) -> int | None:
    """Return how much is used of a total, unknown where that is far more than there is."""
    used = fields.read(field, as_uint)
    if used is not None and total and used > BEYOND_TOTAL * total:
        fields.note(field)
        return None
    return used


def read_temperatures(fields: Fields, field: str, defaults: Mapping[str, Any]) -> tuple[Temperature, ...]:
    """Return the temperature sensors, whose fields have capitals in every generation; absent ones are as in `defaults`."""
    temperatures: list[Temperature] = []
    for item in fields.first(field, MOST_TEMPERATURES):
        inner = Fields({**defaults, **item} if isinstance(item, dict) else {"Name": item})
        name, celsius = inner.read("Name", as_name), inner.read("Temperature", as_celsius)
        if inner.unreadable:
            fields.note(field)
        if name is not None:
            temperatures.append(Temperature(name=name, celsius=celsius))
    return tuple(temperatures)


def unless_blank[T: (Host, State)](part: T, fields: Fields, *, has_zeros: bool) -> Decoded[T | None]:
    """Return a part of a server, `None` where it told nothing at all: every number is 0 or absent, every text empty.

    A field that cannot be read is something, and whatever else could not be read is unknown. But where a blank has its zeros
    written (`has_zeros`), as on v0, they would be taken for measurements beside it.
    """
    unreadable = tuple(fields.unreadable)
    # Nearly always the first field tells: the others need not be looked at.
    is_filled = any(any(value) if type(value) is tuple else value for value in _values(part))
    if not is_filled and unreadable:
        is_filled = not (has_zeros and 0 in _values(part))
    return Decoded(part if is_filled else None, unreadable)


def _values(part: Host | State) -> Iterator[Any]:
    return (getattr(part, field) for field in part.__slots__)
