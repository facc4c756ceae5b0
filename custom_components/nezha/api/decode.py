"""Readers of single JSON values: each gives the value in its bounds, or raises `MalformedError` naming the field."""

from collections.abc import Mapping
import math
import re
from typing import Any

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST_TEXT = 255
_LARGEST_INTEGER = 2**64 - 1


class MalformedError(Exception):
    """A value is missing, or not of the kind that the dashboard sends."""

    def __init__(self, field: str, value: object) -> None:
        """Name the field and the kind of what stands there, never the value: it may be private."""
        super().__init__(f"{field} is {type(value).__name__}")


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
    return _CONTROL.sub(" ", value[: 4 * _LONGEST_TEXT]).strip()[:_LONGEST_TEXT]


def texts(source: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """Return a list of texts."""
    return tuple(text({field: value}, field) for value in items(source, field))


def count(source: Mapping[str, Any], field: str) -> int:
    """Return a whole number from 0 to 2⁶⁴ − 1, the range of the dashboard's own type."""
    value = source.get(field)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_INTEGER:
        raise MalformedError(field, value)
    return value


def number(source: Mapping[str, Any], field: str) -> float:
    """Return a finite number."""
    value = source.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise MalformedError(field, value)
    return float(value)


def amount(source: Mapping[str, Any], field: str) -> float:
    """Return a finite number that is not negative."""
    if (value := number(source, field)) < 0:
        raise MalformedError(field, value)
    return value
