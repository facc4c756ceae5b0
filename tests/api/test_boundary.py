"""Whatever answers, only errors of `errors.py` leave the client, without a word of the library; and no good credential is burnt."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
import time
import traceback
from typing import Any

from aiohttp import ClientSession, DummyCookieJar
import pytest
from yarl import URL

from custom_components.nezha.api import (
    AuthenticationError,
    Backend,
    BlockedError,
    GatewayError,
    Generation,
    NezhaError,
    ProtocolError,
    UnreachableError,
    connect,
    identify,
    only_to,
)
from custom_components.nezha.api.credentials import AccessToken
from custom_components.nezha.api.errors import ReportedError
from custom_components.nezha.api.transport import Reply
from custom_components.nezha.api.v0 import BackendV0
from custom_components.nezha.api.v1 import BackendV1
from custom_components.nezha.api.websocket import hang_up
from simulator import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, Simulator, populate

GENERATIONS = ("v0", "v1", "v2")
TOKEN = "demo-token"
BLOCK = 0.3
"""Seconds of one thread's time for which nothing may stand still: a tenth of one, on a machine that is busy with other tests."""


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the client knows nothing of it."""


@pytest.fixture
async def simulator(socket_enabled: None, generation: str) -> AsyncIterator[Simulator]:
    """Run a dashboard of eight servers, whose firewall minds nothing."""
    simulator = Simulator(generation=generation, firewall=False)
    populate(simulator.dashboard)
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def client(simulator: Simulator, generation: str) -> AsyncIterator[Backend]:
    """Return a client with a good credential: a token, but of v1 a password."""
    url = URL(simulator.url)
    login = {
        "v0": {"token": TOKEN},
        "v1": {"username": DEMO_USER, "password": DEMO_PASSWORD},
        "v2": {"token": DEMO_PAT},
    }
    async with ClientSession(cookie_jar=DummyCookieJar(), middlewares=[only_to(url)]) as session:
        yield connect(session, url, Generation(generation), {}, **login[generation])


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that led to it, shown or not."""
    while error:
        yield error
        error = error.__cause__ or error.__context__


def assert_own(error: NezhaError) -> None:
    """Neither the error nor what led to it is the library's, and it tells no secret."""
    for each in chain(error):
        assert type(each).__module__.split(".")[0] in ("custom_components", "builtins"), type(each)
    told = "".join(traceback.format_exception(error))
    for secret in (TOKEN, DEMO_PAT, DEMO_PASSWORD, "nz-jwt", "eyJ", "Set-Cookie"):
        assert secret not in told


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("html_401", GatewayError),
        ("json_401", GatewayError),
        ("empty_401", GatewayError),
        ("challenge_403", GatewayError),
        ("html_429", GatewayError),
        ("html_503", UnreachableError),
        ("redirect_with_user", GatewayError),
        ("broken_headers", NezhaError),
        ("huge_list", ProtocolError),
        ("huge_list_packed", ProtocolError),
        ("huge_list_of_lists", ProtocolError),
        ("many_unreadable", ProtocolError),
        ("database_locked", ProtocolError),
    ],
)
async def test_what_says_nothing_of_the_credential(
    simulator: Simulator, client: Backend, generation: str, fault: str, expected: type[NezhaError]
) -> None:
    simulator.faults.set(fault)
    for _ in range(2):
        with pytest.raises(expected) as caught:
            await client.snapshot()
        assert not isinstance(caught.value, AuthenticationError)
        assert_own(caught.value)
    assert simulator.faults.delivered[fault]
    simulator.faults.clear()
    assert len((await client.snapshot()).servers) == 8


@pytest.mark.parametrize("generation", ["v1", "v2"])
@pytest.mark.parametrize("fault", ["real_ip_missing", "real_ip_unreadable"])
@pytest.mark.parametrize("path", ["", "/api/v1/server", "/api/v1/server-group", "/api/v1/service", "/api/v1/cron"])
async def test_a_dashboard_that_does_not_see_who_asks(
    simulator: Simulator, client: Backend, generation: str, fault: str, path: str
) -> None:
    simulator.faults.set(fault, path=path)
    for _ in range(2):
        with pytest.raises(BlockedError) as caught:
            await client.snapshot()
        assert_own(caught.value)
    simulator.faults.clear()
    assert len((await client.snapshot()).servers) == 8


@pytest.mark.parametrize("generation", ["v1"])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("real_ip_missing", BlockedError),
        ("real_ip_unreadable", BlockedError),
        ("database_locked", ReportedError),
        ("json_401", GatewayError),
        ("session_of_two_lines", ProtocolError),
    ],
)
async def test_a_log_in_that_fails_for_other_reasons(
    simulator: Simulator, client: Backend, generation: str, fault: str, expected: type[NezhaError]
) -> None:
    simulator.faults.set(fault, path="/api/v1/login")
    with pytest.raises(expected) as caught:
        await client.snapshot()
    assert_own(caught.value)
    simulator.faults.clear()
    assert len((await client.snapshot()).servers) == 8


@pytest.mark.parametrize("generation", ["v2"])
@pytest.mark.parametrize(
    "fault", ["html_401", "json_401", "empty_401", "challenge_403", "database_locked", "real_ip_missing"]
)
async def test_a_handshake_that_is_refused_by_another(
    simulator: Simulator, client: Any, generation: str, fault: str
) -> None:
    simulator.faults.set(fault, path="/api/v1/ws/server")
    with pytest.raises(NezhaError) as caught:
        await client._connect()
    assert not isinstance(caught.value, AuthenticationError)
    assert_own(caught.value)
    assert simulator.faults.delivered[fault]
    simulator.faults.clear()
    assert len((await client.snapshot()).servers) == 8
    socket = await client._connect()
    await hang_up(socket)


@pytest.mark.parametrize("generation", ["v2"])
async def test_a_handshake_that_the_dashboard_itself_refuses(
    simulator: Simulator, client: Any, generation: str
) -> None:
    simulator.faults.set("token_revoked")
    for ask in (client._connect, client._connect, client.snapshot):
        with pytest.raises(AuthenticationError) as caught:
            await ask()
        assert_own(caught.value)
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("fault", ["real_ip_missing", "challenge_403", "html_401", "json_401", "redirect_with_user"])
async def test_adding(simulator: Simulator, generation: str, fault: str) -> None:
    simulator.faults.set(fault)
    async with ClientSession() as session:
        with pytest.raises(NezhaError) as caught:
            await identify(session, URL(simulator.url), {})
    assert_own(caught.value)
    assert isinstance(caught.value, BlockedError) == (fault == "real_ip_missing")


class Still:
    """Stands in for the transport: gives one answer to whatever is asked for."""

    def __init__(self, body: bytes) -> None:
        self._reply = Reply(status=200, body=body, date="Mon, 23 Nov 2026 16:26:41 GMT")

    async def get(self, path: str, headers: Mapping[str, str]) -> Reply:
        return self._reply

    async def post(self, path: str, headers: Mapping[str, str], json: object = None) -> Reply:
        return self._reply


def listed(item: str, count: int) -> bytes:
    """Return a list that v0, v1 and v2 take for one of servers."""
    items = ",".join([item] * count)
    return f'{{"code":0,"success":true,"result":[{items}],"data":[{items}]}}'.encode()


def numbered(temperatures: int, count: int) -> bytes:
    """Return a list of servers with so many temperatures of one name each."""
    heat = ",".join(['{"Name":"cpu","Temperature":40}'] * temperatures)
    one = '{{"id":{0},"uuid":"{0}","name":"n","state":{{"uptime":9,"temperatures":[{1}]}},"status":{{"Temperatures":[{1}]}}}}'
    items = ",".join(one.format(number, heat) for number in range(count))
    return f'{{"code":0,"success":true,"result":[{items}],"data":[{items}]}}'.encode()


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(listed("{}", 2**20), id="objects"),
        pytest.param(listed("[]", 2**20), id="lists"),
        pytest.param(listed('{"id":"x"}', 2**18), id="unreadable"),
        pytest.param(listed('{"id":"x"}', 5_000), id="5,000 unreadable"),
        pytest.param(listed("1", 2**18), id="numbers"),
        pytest.param(numbered(12_500, 1), id="25,000 temperatures"),
        pytest.param(numbered(1, 5_000), id="5,000 servers"),
    ],
)
async def test_nothing_stands_still(generation: str, body: bytes) -> None:
    client = (
        BackendV0(Still(body), "t") if generation == "v0" else BackendV1(Still(body), AccessToken("t"), run_by_get=True)
    )  # type: ignore[arg-type]
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        before = time.thread_time()
        while True:
            await asyncio.sleep(0)
            after = time.thread_time()
            longest, before = max(longest, after - before), after

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    with suppress(NezhaError):
        snapshot = await client.snapshot()
        assert len(snapshot.omitted) + len(snapshot.unreadable) <= 5_000
        assert all(len(server.state.temperatures) <= 128 for server in snapshot.servers.values() if server.state)
    watching.cancel()
    assert longest < BLOCK
