"""The demo's reader finds out the generation, signs in to it, and reads the same fleet on each."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from harness.dashboard import Access, Credential, reader
from harness.errors import HarnessError
from harness.rules import places
from harness.wire import servers_v1, services_v1
from simulator import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, Dashboard, Simulator, populate

RECORDINGS = Path(__file__).parents[1] / "recordings"
TOKEN = {"token": "demo-token"}
LOGIN = {"username": DEMO_USER, "password": DEMO_PASSWORD}
PAT = {"token": DEMO_PAT}


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Do without Home Assistant."""


@asynccontextmanager
async def _simulated(
    generation: str, release: str | None = None, **options: Any
) -> AsyncGenerator[tuple[Simulator, aiohttp.ClientSession]]:
    dashboard = Dashboard()
    simulator = Simulator(dashboard, generation=generation, release=release, **options)
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
    # Eight servers with swap, cards, temperatures, agents; then their events, ends, cycles; four services, with the latency now; three tasks.
    assert len(places(second, live=reading.live)) == (198 if reading.live else 136)
    assert len([request for request in simulator.requests if request.path.endswith("/login")]) <= 1


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(
    ("release", "credential"),
    [
        ("0.13.25", TOKEN),
        ("1.0.0", LOGIN),
        ("1.4.9", LOGIN),
        ("1.7.6", LOGIN),
        ("2.0.0", LOGIN),
        ("2.1.0", PAT),
        ("2.3.7", PAT),
    ],
)
async def test_every_release_is_read_alike(release: str, credential: Credential) -> None:
    async with _simulated("", release) as (simulator, session):
        reading = await reader(session, Access(simulator.url, credential))
        await reading.read()
    assert len(reading.readings[0].servers) == 8
    assert len(reading.readings[0].services) == (4 if reading.live else 0)
    assert len(reading.readings[0].tasks) == (3 if reading.live else 0)


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(("release", "credential"), [("1.0.0", LOGIN), ("2.3.7", PAT)])
async def test_a_state_that_stood_in_a_frame_alone_is_read(release: str, credential: Credential) -> None:
    async with _simulated("", release, frames="manual") as (simulator, session):
        machine = simulator.dashboard.servers[1].machine
        reading = await reader(session, Access(simulator.url, credential))
        async with reading:
            while not simulator.live.online:
                await asyncio.sleep(0)
            # Between two answers: the reader asks once a second.
            machine.pin(cpu=77.0)
            machine.report_now()
            await simulator.push_frame()
            machine.unpin("cpu")
            machine.report_now()
            seen = len(reading.readings)
            while len(reading.readings) == seen:
                await asyncio.sleep(0)
    loads = [told.state.numbers["cpu"] for each in reading.readings if (told := each.servers[machine.uuid]).state]
    assert 77.0 in loads
    framed = reading.readings[loads.index(77.0)]
    assert len(framed.servers) == 8
    assert framed.servers[machine.uuid].note
    assert framed.asked <= framed.at


@pytest.mark.usefixtures("socket_enabled")
async def test_a_proxys_own_clock_is_not_the_dashboards() -> None:
    async with _simulated("v2") as (simulator, session):
        simulator.proxy_clock = lambda: 86_400
        async with await reader(session, Access(simulator.url, PAT)) as reading:
            while len(reading.readings) < 4:
                await asyncio.sleep(0.01)
        now = simulator.dashboard.now()
    assert all(abs(each.now - now) < 60 for each in reading.readings[3:])


@pytest.mark.usefixtures("socket_enabled")
async def test_a_dashboard_whose_frames_cannot_be_had_is_read_nevertheless() -> None:
    async with _simulated("v2") as (simulator, session):
        simulator.faults.set("html_502", path="/ws/server")
        async with await reader(session, Access(simulator.url, PAT)) as reading:
            await reading.wait_until(reading.readings[0].at)
    assert len(reading.readings) > 1


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


def test_a_rule_that_has_counted_nothing_yet_has_no_cycle() -> None:
    server = {"id": 1, "uuid": "u", "last_active": "0001-01-01T00:00:00Z"}
    rule = {"name": "New", "from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z", "max": 5, "min": 0}
    (told,) = servers_v1([server], {"cycle_transfer_stats": {"1": rule, "2": {**rule, "transfer": None}}}).values()
    assert told.cycles == {}
    assert told.host is told.state is None


def test_a_number_that_cannot_be_is_none() -> None:
    state = {"mem_used": 18446744073692376064, "net_in_transfer": 2**64 - 5, "cpu": 3}
    server = {"id": 1, "uuid": "u", "last_active": "0001-01-01T00:00:00Z", "state": state}
    (told,) = servers_v1([server], {}).values()
    assert told.state
    assert (told.state.numbers["mem_used"], told.state.numbers["net_in_transfer"]) == (None, None)
    assert (told.state.numbers["cpu"], told.state.numbers["disk_used"]) == (3.0, 0.0)
