"""The demo's reader finds out the generation, signs in to it, and reads the same fleet on each."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from pathlib import Path

import aiohttp
import pytest

from harness.dashboard import Access, Credential, reader
from harness.errors import HarnessError
from harness.wire import servers_v1, services_v1
from scripts.demo_home.rules import places
from simulator import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, Dashboard, Simulator, populate

RECORDINGS = Path(__file__).parents[1] / "recordings"
TOKEN = {"token": "demo-token"}
LOGIN = {"username": DEMO_USER, "password": DEMO_PASSWORD}
PAT = {"token": DEMO_PAT}


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Do without Home Assistant."""


@asynccontextmanager
async def _simulated(generation: str) -> AsyncGenerator[tuple[Simulator, aiohttp.ClientSession]]:
    dashboard = Dashboard()
    simulator = Simulator(dashboard, generation=generation)
    populate(dashboard)
    await simulator.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield simulator, session
    finally:
        await simulator.stop()


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(("generation", "credential"), [("v0", TOKEN), ("v1", LOGIN), ("v2", PAT), ("v2", LOGIN)])
async def test_read(generation: str, credential: Credential) -> None:
    async with _simulated(generation) as (simulator, session):
        reading = await reader(session, Access(simulator.url, credential))
        await reading.read()
        await reading.read()
    assert reading.live == (generation != "v0")
    first, second = reading.readings
    assert first.at <= second.asked
    assert len(second.servers) == 8
    assert len(second.services) == (4 if reading.live else 0)
    assert len(second.tasks) == (3 if reading.live else 0)
    # Eight servers with swap, cards, temperatures; then their events, ends, cycles; four services; three tasks.
    assert len(places(second, live=reading.live)) == (181 if reading.live else 127)
    assert len([request for request in simulator.requests if request.path.endswith("/login")]) <= 1


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(("generation", "credential"), [("v0", LOGIN), ("v1", PAT)])
async def test_a_credential_of_another_generation_is_not_sent(generation: str, credential: Credential) -> None:
    async with _simulated(generation) as (simulator, session):
        with pytest.raises(HarnessError, match="it takes --"):
            await reader(session, Access(simulator.url, credential))
    assert all(request.method == "GET" and "Authorization" not in request.headers for request in simulator.requests)


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(
    ("generation", "credential"),
    [("v0", {"token": "x"}), ("v1", {**LOGIN, "password": "x"}), ("v2", {"token": "nzp_x"})],
)
async def test_a_rejected_credential_ends_the_check(generation: str, credential: Credential) -> None:
    async with _simulated(generation) as (simulator, session):
        with pytest.raises(HarnessError, match="refused the check"):
            await (await reader(session, Access(simulator.url, credential))).read()


@pytest.mark.parametrize("generation", ["v1", "v2"])
def test_recorded_answers_can_be_read(generation: str) -> None:
    """What real dashboards answered has the fields where the table says."""

    def data(name: str) -> object:
        return json.loads((RECORDINGS / generation / f"{name}.json").read_text(encoding="utf-8"))["body"]["data"]

    probes = data("service")
    assert isinstance(probes, dict)
    listed = data("server")
    assert isinstance(listed, list)
    servers = servers_v1(listed, probes)
    known = [server for server in servers.values() if server.state and server.host]
    assert len(servers) == len(listed)
    assert known
    assert all(server.state and server.state.numbers["cpu"] > 0 for server in known)
    assert all(server.cycles for server in servers.values())
    assert any(server.note for server in servers.values())
    assert services_v1(probes).keys() == probes.get("services", {}).keys()
