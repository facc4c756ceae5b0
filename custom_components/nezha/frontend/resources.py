"""Which changes keep Lovelace's stored resources in line with what is served: pure, so that every case can be tested."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "/nezha_frontend/"
"""Begins the address of everything that is served; a resource that begins so is ours, whatever its version."""
TYPE = "module"


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """A resource is missing."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A resource is of another version, or of another type."""

    id: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """A resource is one too many."""

    id: str


type Change = Create | Update | Delete


def plan(items: Iterable[Mapping[str, Any]], url: str | None) -> Iterator[Change]:
    """Yield what makes exactly one of the stored resources ours, with this address; none where that is `None`."""
    ours = [item for item in items if str(item.get("url", "")).startswith(PREFIX)]
    if url is not None:
        # One that is right already is kept, wherever it stands: nothing is written at an ordinary start.
        ours.sort(key=lambda item: not _is_right(item, url))
        if not ours:
            yield Create(url=url)
        elif not _is_right(ours[0], url):
            yield Update(id=ours[0]["id"], url=url)
        ours = ours[1:]
    yield from (Delete(id=item["id"]) for item in ours)


def _is_right(item: Mapping[str, Any], url: str) -> bool:
    return item.get("url") == url and item.get("type") == TYPE
