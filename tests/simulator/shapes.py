"""What can be said of an answer when its values are left out.

The shape of an object is its keys in their order and the shapes of their values; that of a list is the set of its
elements' shapes. Go writes 1.0 as 1, so a field that was recorded with a fraction anywhere is a number everywhere.
"""

from collections.abc import Hashable, Iterable
from typing import Any

type Path = tuple[str, ...]


def fractional(value: Any, path: Path = ()) -> set[Path]:
    """Return the paths of all numbers with a fraction."""
    match value:
        case dict():
            return {found for key, item in value.items() for found in fractional(item, (*path, key))}
        case list():
            return {found for item in value for found in fractional(item, (*path, "[]"))}
        case float():
            return {path}
        case _:
            return set()


def shape(value: Any, numbers: Iterable[Path] = (), path: Path = ()) -> Hashable:
    """Return the shape of a decoded JSON value; `numbers` are the paths where a fraction is allowed."""
    match value:
        case dict():
            return "object", tuple((key, shape(item, numbers, (*path, key))) for key, item in value.items())
        case list():
            return "list", frozenset(shape(item, numbers, (*path, "[]")) for item in value)
        case bool() | str() | None:
            return type(value).__name__
        case _:
            return "number" if path in numbers else type(value).__name__
