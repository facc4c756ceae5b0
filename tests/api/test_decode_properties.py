"""Whatever a dashboard answers, the client gives a snapshot or one of its own errors."""

from copy import deepcopy
from datetime import UTC, datetime
import json
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.nezha.api import NezhaError, Snapshot
from custom_components.nezha.fleet import Fleet
from tests.scripted import server

from .test_v0 import DATE, NOW, Canned, decode

LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the client knows nothing of it."""


bounded = settings(
    max_examples=200, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 2**31, 2**32, 2**53, 2**63, 2**64 - 1, 2**64, LAST_SECOND, 10**30, 1e308, -62135596800]),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=300))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)),
    max_leaves=12,
)
GOOD = server(
    host={"GPU": ["NVIDIA L4"], "SwapTotal": 2**30},
    status={"Temperatures": [{"Name": "cpu", "Temperature": 51.5}], "GPU": 12.5},
    last_active=NOW - 2,
)
FIELDS = [
    (),
    *((field,) for field in GOOD),
    *(("host", field) for field in GOOD["host"]),
    *(("status", field) for field in GOOD["status"]),
    ("status", "Temperatures", 0),
    ("status", "Temperatures", 0, "Name"),
    ("status", "Temperatures", 0, "Temperature"),
]
MISSING = object()


def mutated(path: tuple[str | int, ...], value: object) -> Any:
    """Return the good server with another value, or none, in one place."""
    if not path:
        return None if value is MISSING else value
    spoilt = target = deepcopy(GOOD)
    for step in path[:-1]:
        target = target[step]
    if value is MISSING:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return spoilt


async def read(body: bytes, date: str | None = DATE) -> Snapshot | None:
    """Return the snapshot of an answer, or None where the client says that there is none."""
    try:
        return await decode(Canned(body, date))
    except NezhaError:
        return None


def assert_usable(snapshot: Snapshot | None) -> None:
    """All that comes out can be remembered, stored and shown."""
    if snapshot is None:
        return
    fleet = Fleet(30, {})
    fleet.update(snapshot, None, after_outage=False)
    assert Fleet(30, json.loads(json.dumps(fleet.dump()))).dump() == fleet.dump()
    for known in fleet.servers.values():
        assert len(known.server.name) <= 255
        for time in (known.memory.last_active, known.memory.boot_time):
            assert time is None or datetime.fromtimestamp(time, UTC)
        for number in (known.memory.boot and known.memory.boot.started, known.state and known.state.uptime):
            assert number is None or -(2**63) <= number < 2**63, "Home Assistant's store holds no larger ones"


@bounded
@given(value=VALUES)
async def test_any_json_value_as_the_whole_answer(value: object) -> None:
    assert_usable(await read(json.dumps(value).encode()))


@bounded
@given(body=st.binary(max_size=200))
async def test_any_bytes_as_the_whole_answer(body: bytes) -> None:
    assert_usable(await read(body))


@bounded
@given(code=st.one_of(st.just(0), VALUES), result=VALUES)
async def test_any_value_in_the_envelope(code: object, result: object) -> None:
    assert_usable(await read(json.dumps({"code": code, "message": "success", "result": result}).encode()))


@bounded
@given(date=st.text(max_size=40))
async def test_any_date(date: str) -> None:
    assert_usable(await read(b'{"code":0,"result":[]}', date))


@pytest.mark.parametrize("path", FIELDS, ids=lambda path: ".".join(map(str, path)) or "server")
@settings(parent=bounded, max_examples=60)
@given(value=st.one_of(st.just(MISSING), VALUES))
async def test_any_value_in_one_field_of_a_good_server(path: tuple[str | int, ...], value: object) -> None:
    good = GOOD | {"id": 2}
    snapshot = await read(json.dumps({"code": 0, "result": [good, mutated(path, value)]}).encode())
    assert_usable(snapshot)
    if snapshot is not None:
        assert len(snapshot.servers) + len(snapshot.omitted) == 2
        assert "2" in snapshot.servers


@bounded
@given(changes=st.lists(st.tuples(st.sampled_from(FIELDS[1:-3]), NUMBERS), min_size=2, max_size=6))
async def test_any_numbers_in_several_fields(changes: list[tuple[tuple[str, ...], float]]) -> None:
    spoilt = deepcopy(GOOD)
    for path, value in changes:
        target = spoilt if len(path) == 1 else spoilt[path[0]]
        if isinstance(target, dict):
            target[path[-1]] = value
    assert_usable(await read(json.dumps({"code": 0, "result": [spoilt]}).encode()))
