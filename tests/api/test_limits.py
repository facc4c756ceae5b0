"""What is over a bound is left out or refused; what is just within it is taken."""

import asyncio
from typing import Any

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.nezha.api import limits
from custom_components.nezha.api.errors import ProtocolError
from custom_components.nezha.api.transport import Transport
from custom_components.nezha.api.v1_decode import decode_cycles, decode_groups, decode_services, decode_tasks
from custom_components.nezha.api.websocket import FrameReader, hang_up
from simulator import DEMO_PAT, Simulator, populate

from .test_transport import wire


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the client knows nothing of it."""


def answer(size: int) -> bytes:
    """Return an answer whose body has so many bytes."""
    body = b'{"padding":"' + b" " * (size - 14) + b'"}'
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("api/v1/server/list", 64 * 2**10),
        ("api/v1/setting", 64 * 2**10),
        ("api/v1/login", 64 * 2**10),
        ("api/v1/server", 8 * 2**20),
        ("api/v1/server/details", 8 * 2**20),
        ("api/v1/service", 2 * 2**20),
        ("api/v1/server-group", 2 * 2**20),
        ("api/v1/cron", 2 * 2**20),
        ("api/v1/api-tokens", 2 * 2**20),
    ],
)
async def test_bytes_of_an_answer(socket_enabled: None, path: str, most: int) -> None:
    async with ClientSession() as session:
        async with wire(answer(most)) as url:
            assert len((await Transport(session, URL(url), {}).get(path, {})).body) == most
        async with wire(answer(most + 1)) as url:
            with pytest.raises(ProtocolError):
                await Transport(session, URL(url), {}).get(path, {})


def test_members_of_groups() -> None:
    groups = [
        {"group": {"id": group, "name": "g"}, "servers": list(range(1_000 * group, 1_000 * group + 1_000))}
        for group in range(40)
    ]
    decoded = decode_groups(groups)
    assert len(decoded.by_number) == limits.MOST_MEMBERS == 30_000
    assert len(decoded.unreadable) == 10
    assert decode_groups(groups[:30]).unreadable == ()


def test_groups_and_what_they_have() -> None:
    groups = [{"group": {"id": group, "name": f"{group}"}, "servers": [7]} for group in range(600)]
    decoded = decode_groups(groups)
    assert len(decoded.by_number[7]) == 20
    assert [each.fields for each in decoded.unreadable] == [("600 are too many",)]


def cycles(count: int, *servers: int) -> dict[str, Any]:
    """Return cycles over these servers, the last one first."""
    transfer = {str(server): 1 for server in servers}
    return {str(number): {"name": f"rule {number}", "transfer": transfer} for number in reversed(range(1, count + 1))}


def test_cycles_of_a_server_are_the_oldest_ten() -> None:
    decoded = decode_cycles(cycles(12, 1, 2))
    assert [number for number, cycle in decoded.by_number.items() if 1 in cycle.used] == list(range(1, 11))
    assert [each.number for each in decoded.unreadable] == [11, 12]
    assert decode_cycles(cycles(10, 1, 2)).unreadable == ()


def test_servers_that_cycles_count() -> None:
    decoded = decode_cycles(cycles(10, *range(4_000)))
    assert sum(len(cycle.used) for cycle in decoded.by_number.values()) == limits.MOST_MEMBERS
    assert decode_cycles(cycles(10, *range(3_000))).unreadable == ()


@pytest.mark.parametrize(
    ("decode", "data", "most"),
    [
        (decode_services, {str(number): {"service_name": "s"} for number in range(300)}, 200),
        (decode_cycles, {str(number): {"name": "c"} for number in range(300)}, 100),
        (decode_tasks, [{"id": number, "name": "t"} for number in range(300)], 200),
    ],
)
def test_services_cycles_and_tasks(decode: Any, data: Any, most: int) -> None:
    decoded = decode(data)
    assert len(decoded.by_number) == most
    assert [each.fields for each in decoded.unreadable] == [("300 are too many",)]


async def test_of_frames_that_come_at_once_the_newest_is_read(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.nezha.api.websocket.FRAME_PAUSE", 0.3)
    simulator = Simulator(generation="v2", frames="manual")
    populate(simulator.dashboard)
    await simulator.start()
    server = simulator.dashboard.servers[1]

    async def push(load: float) -> None:
        server.machine.pin(load_1=load)
        server.machine.report_now()
        await simulator.push_frame()

    async with ClientSession() as session:
        transport = Transport(session, URL(simulator.url), {})
        socket = await transport.connect("api/v1/ws/server", {"Authorization": f"Bearer {DEMO_PAT}"})
        reader = FrameReader(socket)
        await push(1.5)
        assert '"load_1":1.5' in str((await reader.newest()).data)
        reading = asyncio.create_task(reader.newest())
        await asyncio.sleep(0)
        for load in (2.5, 3.5, 4.5):
            await push(load)
        received = await reading
        assert ('"load_1":4.5' in str(received.data), received.skipped) == (True, 2)
        # After a while without any, one is read as soon as it comes.
        reading = asyncio.create_task(reader.newest())
        await asyncio.sleep(0.35)
        await push(5.5)
        async with asyncio.timeout(60):
            received = await reading
        assert ('"load_1":5.5' in str(received.data), received.skipped) == (True, 0)
        await hang_up(socket)
    await simulator.stop()
