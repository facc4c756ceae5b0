"""Null anywhere: at every place of every answer and frame that was recorded."""

from collections.abc import Iterator
from itertools import batched
import json
from pathlib import Path
from typing import Any

import pytest

from homeassistant.const import STATE_UNAVAILABLE

from .descriptions import Fault
from .home import Home
from .phases import set_up
from .site import SERVERS
from .troubles import InAnswers, InFrames

RECORDINGS = Path(__file__).parents[1] / "recordings"
PLACES_A_CASE = 14

UNREADABLE = {"code", "success"}
EMPTY = {"result", "data"}
"""Null is how an empty list is written."""


def places(value: Any, at: tuple[str, ...] = ()) -> Iterator[str]:
    """Give every place within a value, as the simulator names it: 0 is the first of a list, 1 that of a map by number."""
    if at:
        yield ".".join(at)
    match value:
        case dict():
            for key, item in value.items():
                if not key.isdecimal() or key == "1":
                    yield from places(item, (*at, key))
        case list():
            for item in value:
                yield from places(item, (*at, "0"))


def recorded(generation: str, name: str) -> Any:
    """Return a recorded answer."""
    return json.loads((RECORDINGS / generation / f"{name}.json").read_text())


def cases(label: str, value: Any, *params: Any) -> Iterator[Any]:
    """Give all places of a value, some a case."""
    for some in batched(dict.fromkeys(places(value)), PLACES_A_CASE, strict=False):
        yield pytest.param(*params, some, id=f"{label}-{some[0]}")


def answers() -> Iterator[Any]:
    """Give the answers that are polled."""
    for generation, name, path in (
        ("v0", "details", "/server/details"),
        ("v1", "server", "/api/v1/server"),
        ("v2", "server", "/api/v1/server"),
        ("v2", "server_group", "/server-group"),
        ("v2", "service", "/service"),
        ("v2", "cron", "/cron"),
    ):
        yield from cases(f"{generation}-{name}", recorded(generation, name)["body"], generation, path)


@pytest.fixture
def fault() -> Fault:
    """Nothing: each test says what befalls its home, one null after the other."""
    return Fault(name="", trouble=InAnswers(""))


@pytest.mark.parametrize(("generation", "path", "some"), answers())
async def test_in_an_answer(home: Home, path: str, some: tuple[str, ...]) -> None:
    await home.come_up()
    ids = home.ids()
    optional = not path.endswith(("/server", "/details"))
    for place in some:
        before = home.shown("load_1", 1)
        home.fault = Fault(name=place, trouble=InAnswers(f"null:{place}", path))
        await home.begin()
        home.site.next_turn()
        await home.poll()
        await home.assert_delivered()
        if place in UNREADABLE | EMPTY and not optional:
            assert {home.shown("load_1", number) for number in SERVERS} == {STATE_UNAVAILABLE}, place
        else:
            assert home.is_updated(2), place
            is_kept = home.shown("load_1", 1) == before and not optional
            assert home.is_updated_or_unknown(1) or is_kept, place
        await home.end()
        home.site.next_turn()
        await home.poll()
        assert home.wrong() == [], place
    assert home.ids() == ids
    home.assert_statistics()
    await home.assert_nothing_left()


FRAME = recorded("v2", "ws")["frames"][1]
"""A later one, since the first alone has notes."""


@pytest.mark.parametrize(("generation", "some"), cases("v2", FRAME, "v2"))
async def test_in_a_frame(home: Home, some: tuple[str, ...]) -> None:
    await home.come_up(metrics_interval=2)
    await home.frame()
    ids = home.ids()
    for place in some:
        before = home.shown("load_1", 1)
        home.fault = Fault(name=place, trouble=InFrames(f"null:{place}"))
        await home.begin()
        home.site.next_turn()
        await home.frame()
        await home.assert_delivered()
        assert home.is_updated(2) or place == "servers", place
        assert home.is_updated_or_unknown(1) or home.shown("load_1", 1) == before, place
        await home.end()
        home.site.next_turn()
        await home.frame()
        assert home.wrong() == [], place
    assert home.ids() == ids
    assert home.log() == []
    home.assert_statistics()
    await home.assert_nothing_left()


@pytest.mark.parametrize(
    ("generation", "fault"),
    [
        pytest.param(
            generation,
            Fault(name=place, trouble=InAnswers(f"null:{place}", path), set_up=reason),
            id=f"{generation}-{path}-{place}",
        )
        for generation, path, place, reason in (
            ("v0", "/server/list", "code", "not_nezha"),
            ("v0", "/server/list", "message", None),
            ("v2", "/server/list", "error", None),
            ("v2", "/setting", "success", None),
            ("v2", "/setting", "data", "not_nezha"),
            ("v2", "/setting", "data.config", "not_nezha"),
            ("v2", "/setting", "data.config.site_name", None),
            ("v2", "/setting", "data.tsdb_enabled", None),
            ("v1", "/login", "success", None),
            ("v1", "/login", "data", "bad_answer"),
            ("v1", "/login", "data.token", "bad_answer"),
            ("v1", "/login", "data.expire", None),
        )
    ],
)
async def test_in_an_answer_at_the_start(home: Home) -> None:
    await set_up(home)
    home.assert_statistics()
    await home.assert_nothing_left()
