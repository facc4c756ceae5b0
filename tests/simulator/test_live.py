"""The WebSocket of v1 and v2: its frames, what can go wrong with them, and that it never says goodbye."""

import asyncio
from collections.abc import AsyncGenerator
import json
from typing import Any

import aiohttp
from aiohttp import WSMsgType
import pytest

from simulator import FRAME_FAULTS, STRANGER, Dashboard, Simulator, populate

from .conftest import Clock
from .modern import PAT, ModernClient, Onlooker


@pytest.fixture(autouse=True)
def fleet(dashboard: Dashboard, modern: ModernClient) -> None:
    """Watch eight servers."""
    populate(dashboard, 8)


@pytest.fixture
async def onlooker(modern: ModernClient) -> AsyncGenerator[Onlooker]:
    """Return an open socket of one who may see everything."""
    async with await modern.look_on(PAT, max_msg_size=0) as onlooker:
        yield onlooker


async def test_the_first_frame_alone_has_notes(onlooker: Onlooker, clock: Clock) -> None:
    first = await onlooker.frame()
    clock.tick(2)
    second = await onlooker.frame()
    assert sum("public_note" in server for server in first["servers"]) == 7
    assert not any("public_note" in server for server in second["servers"])
    assert (first["now"], second["now"]) == (1_795_451_200_000, 1_795_451_202_000)
    assert not any({"uuid", "geoip", "note"} & server.keys() for server in first["servers"])
    assert first["servers"][0]["country_code"] == "jp"
    assert second["servers"][0]["state"] != first["servers"][0]["state"]


async def test_viewers_are_counted(modern: ModernClient, onlooker: Onlooker) -> None:
    other = await modern.look_on()
    frame = await onlooker.frame()
    assert frame["online"] == modern.simulator.live.online == 2
    other.cut()
    while modern.simulator.live.online == 2:
        await asyncio.sleep(0.01)
    assert (await onlooker.frame())["online"] == 1


async def test_nothing_is_sent_unless_pushed(modern: ModernClient, onlooker: Onlooker) -> None:
    with pytest.raises(TimeoutError):
        await onlooker.socket.receive(timeout=0.05)
    assert await modern.simulator.push_frame() == 1


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_a_close_is_never_answered_and_frames_go_on(modern: ModernClient, onlooker: Onlooker) -> None:
    await onlooker.frame()
    closing = asyncio.create_task(onlooker.socket.close())
    for _ in range(20):
        await modern.simulator.push_frame()
        await asyncio.sleep(0.005)
    assert not closing.done()
    assert modern.simulator.live.online == 1
    closing.cancel()
    await asyncio.wait([closing])


async def test_frames_come_by_themselves(dashboard: Dashboard, modern: ModernClient) -> None:
    simulator = Simulator(dashboard, generation="v1", frames=0.02)
    await simulator.start()
    client = ModernClient(modern.session, simulator)
    async with await client.look_on(client.jwt()) as onlooker:
        frames = [json.loads((await onlooker.message()).data) for _ in range(6)]
    assert [frame["online"] for frame in frames] == [1] * 6
    assert [any("public_note" in server for server in frame["servers"]) for frame in frames] == [True] + [False] * 5
    await simulator.stop()


async def test_a_shutdown_refuses_requests_and_sends_on(modern: ModernClient, onlooker: Onlooker) -> None:
    simulator = modern.simulator
    simulator.shut_down(linger=None)
    with pytest.raises(aiohttp.ClientConnectorError):
        await modern.get("/server", PAT)
    assert any(server["state"] for server in (await onlooker.frame())["servers"])
    simulator.power_off()
    assert (await onlooker.message()).type in {WSMsgType.CLOSED, WSMsgType.ERROR}
    simulator.start_up()
    assert not any(server["state"] for server in (await modern.servers(PAT)).values())


async def test_a_shutdown_ends_by_itself(modern: ModernClient, onlooker: Onlooker) -> None:
    modern.simulator.shut_down(linger=0.05)
    message = await onlooker.message()
    assert (message.type, modern.simulator.live.online) == (WSMsgType.CLOSED, 0)
    modern.simulator.start_up()
    assert (await modern.get("/server", PAT)).status == 200


async def test_a_start_ends_a_shutdown(modern: ModernClient, onlooker: Onlooker) -> None:
    modern.simulator.shut_down()
    modern.simulator.start_up()
    assert (await onlooker.message()).type in {WSMsgType.CLOSED, WSMsgType.ERROR}
    assert (await modern.get("/server", PAT)).status == 200


async def test_refuse_drops_sockets_too(modern: ModernClient, onlooker: Onlooker) -> None:
    modern.simulator.faults.set("refuse")
    assert (await onlooker.message()).type in {WSMsgType.CLOSED, WSMsgType.ERROR}
    assert modern.simulator.live.online == 0


async def test_stops_while_frames_are_awaited(dashboard: Dashboard, modern: ModernClient) -> None:
    simulator = Simulator(dashboard, generation="v2", frames=0.01)
    await simulator.start()
    async with await ModernClient(modern.session, simulator).look_on(PAT):
        async with asyncio.timeout(60):
            await simulator.stop()


@pytest.mark.parametrize("name", FRAME_FAULTS)
async def test_a_fault_is_delivered_and_well_again_once_cleared(modern: ModernClient, name: str) -> None:
    faults = modern.simulator.frame_faults
    faults.set(name, times=1)
    assert faults.active == (name,)
    async with await modern.look_on(PAT, max_msg_size=0) as onlooker:
        assert await modern.simulator.push_frame() == 1
        assert faults.delivered == {name: 1}
        assert not faults.active
        if name not in {"silence", "close", "drop"}:
            await onlooker.message()
    async with await modern.look_on(PAT) as onlooker:
        assert len((await onlooker.frame())["servers"]) == 8


async def test_a_fault_stays_until_it_is_cleared(modern: ModernClient, onlooker: Onlooker) -> None:
    modern.simulator.frame_faults.set("silence")
    for _ in range(3):
        await modern.simulator.push_frame()
    assert modern.simulator.frame_faults.delivered["silence"] == 3
    modern.simulator.frame_faults.clear()
    assert len((await onlooker.frame())["servers"]) == 8


async def test_an_unknown_fault_cannot_be_set(modern: ModernClient) -> None:
    with pytest.raises(KeyError, match="gremlins"):
        modern.simulator.frame_faults.set("gremlins")


async def spoilt(modern: ModernClient, onlooker: Onlooker, name: str) -> Any:
    """Return what comes under a fault."""
    modern.simulator.frame_faults.set(name)
    await modern.simulator.push_frame()
    return await onlooker.message()


@pytest.mark.parametrize("name", ["garbage", "truncated_json", "empty"])
async def test_what_is_no_json_cannot_be_read(modern: ModernClient, onlooker: Onlooker, name: str) -> None:
    message = await spoilt(modern, onlooker, name)
    with pytest.raises(json.JSONDecodeError):
        json.loads(message.data)


async def test_an_oversized_frame_is_too_big_by_default(modern: ModernClient) -> None:
    async with await modern.look_on(PAT) as onlooker:
        message = await spoilt(modern, onlooker, "oversized")
    assert message.type is WSMsgType.ERROR


async def test_a_wrong_type_is_in_one_server_only(modern: ModernClient, onlooker: Onlooker) -> None:
    servers = json.loads((await spoilt(modern, onlooker, "text_for_numbers")).data)["servers"]
    assert [server["state"]["cpu"] == "many" for server in servers if server["state"]] == [True] + [False] * 6


async def test_null_may_be_anywhere_in_a_frame(modern: ModernClient, onlooker: Onlooker) -> None:
    servers = json.loads((await spoilt(modern, onlooker, "null:servers.0.state.cpu")).data)["servers"]
    assert [server["id"] for server in servers if server["state"].get("cpu", 0) is None] == [1]
    assert modern.simulator.frame_faults.delivered == {"null:servers.0.state.cpu": 1}


async def test_an_unknown_server_may_show(modern: ModernClient, onlooker: Onlooker) -> None:
    servers = json.loads((await spoilt(modern, onlooker, "unknown_server")).data)["servers"]
    assert {server["id"] for server in servers} == {*range(1, 9), STRANGER}


async def test_a_guests_view_lacks_what_is_hidden(modern: ModernClient, onlooker: Onlooker) -> None:
    servers = json.loads((await spoilt(modern, onlooker, "guest_view")).data)["servers"]
    assert {server["id"] for server in servers} == {1, 2, 3, 4, 6, 7, 8}
    assert not any("version" in server["host"] for server in servers)


@pytest.mark.parametrize(("name", "kind"), [("close", WSMsgType.CLOSE), ("drop", WSMsgType.CLOSED)])
async def test_a_socket_may_end(modern: ModernClient, onlooker: Onlooker, name: str, kind: WSMsgType) -> None:
    assert (await spoilt(modern, onlooker, name)).type is kind
    while modern.simulator.live.online:
        await asyncio.sleep(0.01)


async def test_a_refused_handshake_is_as_any_answer(modern: ModernClient) -> None:
    modern.simulator.faults.set("html_502", path="/ws/server")
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await modern.look_on(PAT)
    assert caught.value.status == 502
