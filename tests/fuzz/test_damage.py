"""Any one field of any recorded exchange is damaged: every other value is read as before."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import fields, is_dataclass
import json
from random import Random
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nezha.api.credentials import AccessToken
from custom_components.nezha.api.transport import Reply
from custom_components.nezha.api.v0 import BackendV0
from custom_components.nezha.api.v1 import BackendV1
from custom_components.nezha.api.v1_decode import FrameDecoder

from .replies import RECORDINGS, bounded

OLD = ("v0", "releases/v0.13.25")
MODERN = ("v1", "v2", *(f"releases/{release}" for release in ("v1.0.0", "v1.4.9", "v1.7.6", "v2.0.0", "v2.1.0")))
FILES = {"server": "server", "server-group": "server_group", "service": "service", "cron": "cron"}
ENVELOPE = {(), ("code",), ("result",), ("success",), ("data",), ("servers",)}
"""Without these there is no answer at all."""
IDENTITIES = {"id", "uuid"}
"""Without one of these a server is left out."""
MISSING = object()
DAMAGES = (
    *(None, True, -1, 1.5, 2**63, 2**64 - 5, 1e308, -1e308, "", "many", "\x00\u202e", [], [None], {}, {"a": []}),
    MISSING,
)


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the client knows nothing of it."""


def recorded(path: str) -> Any:
    """Return what was recorded."""
    return json.loads((RECORDINGS / f"{path}.json").read_text(encoding="utf-8"))


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to everything within a value."""
    yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from places(item, (*at, key))


def damaged(value: Any, place: tuple[Any, ...], damage: object) -> Any:
    """Return a value with something else, or nothing, at one place."""
    changed = target = deepcopy(value)
    for step in place[:-1]:
        target = target[step]
    if damage is MISSING:
        del target[place[-1]]
    else:
        target[place[-1]] = damage
    return changed


def damages_of(place: tuple[Any, ...]) -> list[Any]:
    """Return what may stand at a place; an element that is missing from a list is no damage."""
    return [damage for damage in DAMAGES if damage is not MISSING or isinstance(place[-1], str)]


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every single value that is known, with the way to it."""
    if is_dataclass(value):
        for field in fields(value):
            if field.name != "unreadable":
                yield from leaves(getattr(value, field.name), (*at, field.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, (*at, key))
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from leaves(item, (*at, position))
    elif value not in (None, ""):
        yield at, value


class Answers:
    """Stands in for the transport."""

    def __init__(self, folder: str) -> None:
        names = {"server/details": "details"} if folder in OLD else FILES
        self.bodies = {path: recorded(f"{folder}/{name}")["body"] for path, name in names.items()}

    async def get(self, path: str, headers: Mapping[str, str]) -> Reply:
        path = path.removeprefix("api/v1/")
        body = self.bodies.get(path, {"error": "task id 0 does not exist"})
        return Reply(status=200, body=json.dumps(body).encode(), date="Mon, 23 Nov 2026 16:26:41 GMT")

    async def post(self, path: str, headers: Mapping[str, str], json: object = None) -> Reply:
        return await self.get(path, headers)

    async def read(self) -> Any:
        """Read all."""
        if "server/details" in self.bodies:
            return await BackendV0(self, "token").snapshot()  # type: ignore[arg-type]
        return await BackendV1(self, AccessToken("nzp_token"), run_by_get=False).snapshot()  # type: ignore[arg-type]


PLACES = [
    pytest.param(folder, path, id=f"{folder}-{path}")
    for folder in (*OLD, *MODERN)
    for path in (("server/details",) if folder in OLD else FILES)
]


@pytest.mark.parametrize(("folder", "path"), PLACES)
@settings(parent=bounded, max_examples=40)
@given(chance=st.randoms(use_true_random=False))
async def test_of_an_answer(folder: str, path: str, chance: Random) -> None:
    answers = Answers(folder)
    good = await answers.read()
    body = answers.bodies[path]
    place = chance.choice([place for place in places(body) if place not in ENVELOPE])
    answers.bodies[path] = damaged(body, place, chance.choice(damages_of(place)))
    after = await answers.read()
    if len(place) == 1:
        # Beside the data: a message, or an error where there is none.
        assert after == good
        return
    is_whole = isinstance(place[-1], int) or (len(place) == 3 and place[2] in IDENTITIES)
    if path in ("server", "server/details"):
        listed = body["data" if path == "server" else "result"]
        victim = listed[place[1]]
        identity = str(victim["uuid"] if path == "server" else victim["id"])
        others = good.servers.keys() - {identity}
        assert {key: after.servers[key] for key in others} == {key: good.servers[key] for key in others}
        if identity in after.servers:
            assert_only_one_field(good.servers[identity], after.servers[identity], place[2:])
        else:
            assert is_whole or len(place) == 2
            assert not after.complete
        assert (after.services, after.cycles, after.tasks) == (good.services, good.cycles, good.tasks)
    else:
        numbers = {server.number for server in good.servers.values()}
        assert {server.number for server in after.servers.values()} == numbers


def assert_only_one_field(before: Any, after: Any, place: tuple[Any, ...]) -> None:
    """Of a server only what the damaged field tells may differ; one of an object within, or the object as a whole."""
    was, now = dict(leaves(before)), dict(leaves(after))
    changed = {way for way in was.keys() | now.keys() if was.get(way, MISSING) != now.get(way, MISSING)}
    if len(place) == 1:
        parts = {way[0] for way in changed}
        assert len(parts) <= 1 or parts <= {"ipv4", "ipv6", "country"} or place[0] == "host", changed
        return
    names = {way[:2] if way[0] in ("host", "state", "public_note") else way[:1] for way in changed}
    # How much is used far beyond its total is told by both; and v0's one number for graphics cards only where there are any.
    is_shared = place[0] == "host" and ("total" in str(place).casefold() or place[1] == "GPU")
    assert len(names) <= 1 or place[:2] == ("geoip", "ip") or is_shared, changed


@pytest.mark.parametrize("folder", MODERN)
@settings(parent=bounded, max_examples=40)
@given(chance=st.randoms(use_true_random=False))
async def test_of_a_frame(folder: str, chance: Random) -> None:
    name = "ws" if (RECORDINGS / folder / "ws.json").exists() else "ws_jwt"
    frame = recorded(f"{folder}/{name}")["frames"][0]
    good = await FrameDecoder()(frame)
    place = chance.choice([place for place in places(frame) if place not in ENVELOPE])
    after = await FrameDecoder()(damaged(frame, place, chance.choice(damages_of(place))))
    if place[0] != "servers":
        assert after.reports == good.reports
        return
    assert after.now == good.now
    number = frame["servers"][place[1]]["id"]
    others = good.reports.keys() - {number}
    assert {key: after.reports[key] for key in others} == {key: good.reports[key] for key in others}
    if number in after.reports:
        assert_only_one_field(good.reports[number], after.reports[number], place[2:])
