"""A mutated reply gives a snapshot, a frame or one of our own errors; servers that it left alone are read as ever."""

from collections.abc import Mapping
from dataclasses import replace
import json
from random import Random

from hypothesis import given, settings, strategies as st
import orjson
import pytest

from custom_components.nezha.api import Frame, NezhaError, Server, Snapshot
from custom_components.nezha.api.v1_decode import FrameDecoder
from custom_components.nezha.fleet import Fleet

from .mutation import mutated, mutated_only, torn, written
from .replies import DIALECTS, FRAME, PLACES, Replies, bounded, client_of, recorded, snapshot_of

CHANCES = st.randoms(use_true_random=False)
some = settings(parent=bounded, max_examples=30)


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the client knows nothing of it."""


class Reading:
    """A client that reads good replies, mutated ones and good ones again."""

    def __init__(self, generation: str) -> None:
        self.replies = Replies(generation)
        self._client = client_of(generation, self.replies)

    async def read(self) -> Snapshot | None:
        """Return a snapshot, or none where the client says so."""
        try:
            return await self._client.snapshot()
        except NezhaError:
            return None

    async def read_spoilt(self, path: str, body: bytes) -> Snapshot | None:
        """Return what comes of another body."""
        self.replies.spoilt[path] = body
        try:
            return await self.read()
        finally:
            self.replies.spoilt.clear()


def ungrouped(servers: Mapping[str, Server]) -> dict[str, Server]:
    """Return servers without their groups, which another reply tells."""
    return {identity: replace(server, groups=()) for identity, server in servers.items()}


@pytest.mark.parametrize(("generation", "path"), PLACES)
@some
@given(chance=CHANCES)
async def test_a_mutated_reply(generation: str, path: str, chance: Random) -> None:
    dialect, reading = DIALECTS[generation], Reading(generation)
    good = await reading.read()
    reply = recorded(generation, dialect.files[path])["body"]
    spoilt = mutated(reply, chance)
    snapshot = await reading.read_spoilt(path, written(spoilt))
    if snapshot is not None and path == dialect.servers:
        untouched = {str(identity) for identity in dialect.form.untouched(reply, spoilt)}
        assert {i: snapshot.servers.get(i) for i in untouched} == {i: good.servers[i] for i in untouched}
    elif snapshot is not None:
        assert ungrouped(snapshot.servers) == ungrouped(good.servers)
    assert await reading.read() == good


@pytest.mark.parametrize("generation", DIALECTS)
@some
@given(chance=CHANCES)
async def test_a_torn_reply(generation: str, chance: Random) -> None:
    dialect, reading = DIALECTS[generation], Reading(generation)
    good = await reading.read()
    reply = recorded(generation, dialect.files[dialect.servers])["body"]
    body = torn(json.dumps(reply).encode(), chance)
    snapshot = await reading.read_spoilt(dialect.servers, body)
    if snapshot is not None:
        untouched = {str(identity) for identity in dialect.form.untouched(reply, orjson.loads(body))}
        assert {i: snapshot.servers.get(i) for i in untouched} == {i: good.servers[i] for i in untouched}
    assert await reading.read() == good


async def frame_of(decoder: FrameDecoder, message: bytes) -> Frame | None:
    """Read a message of the WebSocket as the client does, or return none where it says that it is no frame."""
    try:
        return await decoder(orjson.loads(message))
    except NezhaError, orjson.JSONDecodeError:
        return None


@pytest.mark.parametrize("generation", ["v1", "v2"])
@some
@given(chance=CHANCES)
async def test_a_mutated_frame(generation: str, chance: Random) -> None:
    decoder = FrameDecoder()
    message = recorded(generation, "ws")["frames"][0]
    good = await frame_of(decoder, written(message))
    spoilt = mutated(message, chance)
    frame = await frame_of(decoder, written(spoilt))
    if frame is not None:
        untouched = FRAME.untouched(message, spoilt)
        assert {i: frame.reports.get(i) for i in untouched} == {i: good.reports[i] for i in untouched}
    assert await frame_of(decoder, written(message)) == good


@pytest.mark.parametrize("generation", DIALECTS)
@some
@given(chance=CHANCES)
async def test_the_fleet_loses_no_server_and_no_state(generation: str, chance: Random) -> None:
    dialect, reading = DIALECTS[generation], Reading(generation)
    good = await snapshot_of(generation)
    fleet = Fleet(30, {})
    fleet.update(good, None, after_outage=False)
    before = dict(fleet.servers)
    reply = recorded(generation, dialect.files[dialect.servers])["body"]
    spoilt = mutated(reply, chance)
    untouched = {str(identity) for identity in dialect.form.untouched(reply, spoilt)}
    snapshot = await reading.read_spoilt(dialect.servers, written(spoilt))
    if snapshot is not None:
        fleet.update(snapshot, None, after_outage=False)
        assert {i: fleet.servers.get(i) for i in untouched} == {i: before[i] for i in untouched}
        if not snapshot.complete:
            assert before.keys() <= fleet.servers.keys()
    assert Fleet(30, json.loads(json.dumps(fleet.dump()))).dump() == fleet.dump()
    fleet.update(good, None, after_outage=False)
    assert {i: known.server for i, known in fleet.servers.items()} == good.servers
    assert {i: known.state for i, known in fleet.servers.items() if known.server.state} == {
        i: server.state for i, server in good.servers.items() if server.state
    }
    assert {i: fleet.servers[i] for i in untouched} == {i: before[i] for i in untouched}


def is_json(body: bytes) -> bool:
    """Whether a body can be read at all."""
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


@pytest.mark.parametrize("generation", DIALECTS)
@some
@given(chance=CHANCES)
async def test_one_spoilt_server_costs_no_other(generation: str, chance: Random) -> None:
    dialect, reading = DIALECTS[generation], Reading(generation)
    good = await reading.read()
    reply = recorded(generation, dialect.files[dialect.servers])["body"]
    victim = chance.choice(list(good.servers))
    body = written(mutated_only(reply, chance, dialect.form, {victim}))
    snapshot = await reading.read_spoilt(dialect.servers, body)
    assert (snapshot is not None) == is_json(body)
    if snapshot is not None:
        others = good.servers.keys() - {victim}
        assert {i: snapshot.servers.get(i) for i in others} == {i: good.servers[i] for i in others}


@pytest.mark.parametrize("generation", ["v1", "v2"])
@some
@given(chance=CHANCES)
async def test_one_spoilt_server_in_a_frame_costs_no_other(generation: str, chance: Random) -> None:
    decoder = FrameDecoder()
    message = recorded(generation, "ws")["frames"][0]
    good = await frame_of(decoder, written(message))
    victim = chance.choice(list(good.reports))
    body = written(mutated_only(message, chance, FRAME, {str(victim)}))
    frame = await frame_of(decoder, body)
    assert (frame is not None) == is_json(body)
    if frame is not None:
        others = good.reports.keys() - {victim}
        assert {i: frame.reports.get(i) for i in others} == {i: good.reports[i] for i in others}


def test_mutations_touch_no_server_or_one_or_all() -> None:
    """What is always the same, or never to be read, would show nothing."""
    reply, form = recorded("v0", "details")["body"], DIALECTS["v0"].form
    left = [len(form.untouched(reply, mutated(reply, Random(seed)))) for seed in range(100)]
    everyone = len(reply["result"])
    assert {0, everyone - 1, everyone} <= set(left)
