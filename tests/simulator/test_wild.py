"""What was met in the wild and what a stranger may do: each is delivered, and is what it says."""

import asyncio
from collections.abc import Callable
import contextlib
from email.utils import parsedate_to_datetime
import json
import logging
import re
from typing import Any

import aiohttp
from aiohttp import WSMsgType
import pytest

from simulator import ATTACKS, FRAME_ATTACKS, ODDITIES, WILD, Dashboard, Server, populate
from simulator.attacks import FORGED, HUGE, NAMELESS, SECRET, UNREADABLE
from simulator.frame_faults import FLOOD
from simulator.wild import PROXY_AHEAD
from tests.patience import in_turns

from .conftest import Clock
from .modern import PAT, ModernClient

PINGS_ONLY = {"only_pings", "ping_flood"}
LOGIN_ONLY = {"login_refused", "session_of_two_lines"}


@pytest.fixture(autouse=True)
def fleet(dashboard: Dashboard, modern: ModernClient) -> None:
    """Watch eight servers."""
    populate(dashboard, 8)


@pytest.mark.parametrize("name", [*WILD, *ATTACKS])
async def test_each_is_delivered_and_well_again_once_cleared(modern: ModernClient, name: str) -> None:
    usual = await modern.get("/server", PAT)
    faults = modern.simulator.faults
    faults.set(name)
    try:
        async with in_turns():
            answer = await (modern.log_in() if name in LOGIN_ONLY else modern.get("/server", PAT))
    except aiohttp.ClientError, ValueError:
        pass
    else:
        same = (answer.status, answer.text) == (usual.status, usual.text)
        assert not same or name.startswith("proxy_clock")
    # aiohttp asks once more when a connection breaks before an answer.
    assert faults.delivered[name] in {1, 2}
    faults.clear()
    assert len(await modern.servers(PAT)) == 8


@pytest.mark.parametrize("name", FRAME_ATTACKS)
async def test_each_befalls_frames_and_is_well_again_once_cleared(modern: ModernClient, name: str) -> None:
    faults = modern.simulator.frame_faults
    async with await modern.look_on(PAT, max_msg_size=0) as onlooker:
        faults.set(name, times=1)
        await modern.simulator.push_frame()
        assert faults.delivered == {name: 1}
        if name not in PINGS_ONLY:
            await onlooker.message()
        assert len((await onlooker.frame())["servers"]) == 8


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("real_ip_missing", "real ip header not found"),
        ("real_ip_unreadable", 'ParseAddr("unknown"): unable to parse IP'),
        ("database_locked", "database is locked"),
    ],
)
async def test_an_error_of_the_dashboard_is_json_with_status_200(modern: ModernClient, name: str, error: str) -> None:
    modern.simulator.faults.set(name)
    for answer in (await modern.get("/server", PAT), await modern.log_in(), await modern.get("/setting")):
        assert (answer.status, answer.body) == (200, {"error": error})


async def test_a_right_password_is_refused_once(modern: ModernClient) -> None:
    modern.simulator.faults.set("login_refused", times=1)
    assert (await modern.log_in()).body == {"error": "ApiErrorUnauthorized"}
    assert (await modern.log_in()).body["success"] is True
    assert not modern.simulator.firewall.rejections


async def test_passwords_may_be_refused_altogether(modern: ModernClient) -> None:
    dashboard = modern.simulator.dashboard
    dashboard.credentials.rejects_passwords = True
    dashboard.oauth_providers = ["GitHub"]
    assert (await modern.log_in()).body == {"error": "ApiErrorUnauthorized"}
    # The dashboard counts it as any wrong one.
    assert modern.simulator.firewall.rejections.total() == 1
    modern.simulator.firewall.clear()
    assert (await modern.get("/setting")).body["data"]["config"]["oauth2_providers"] == ["GitHub"]


@pytest.mark.parametrize(("name", "offsets"), [("proxy_clock", [PROXY_AHEAD] * 2), ("proxy_clock_jumps", [90, -90])])
async def test_a_proxy_has_its_own_clock_and_the_dashboard_its_own(
    modern: ModernClient, clock: Clock, name: str, offsets: list[int]
) -> None:
    modern.simulator.faults.set(name)
    for offset in offsets:
        answer = await modern.get("/server", PAT)
        assert parsedate_to_datetime(answer.headers["Date"]).timestamp() - clock.now == offset
    async with await modern.look_on(PAT) as onlooker:
        assert (await onlooker.frame())["now"] == clock.now * 1_000


async def test_a_proxy_may_be_off_by_anything(modern: ModernClient, clock: Clock) -> None:
    modern.simulator.proxy_clock = lambda: -86_400
    answer = await modern.get("/server", PAT)
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() - clock.now == -86_400


@pytest.mark.parametrize("name", ["html_401", "empty_401", "json_401"])
async def test_a_proxy_may_refuse_the_socket_too(modern: ModernClient, name: str) -> None:
    modern.simulator.faults.set(name, path="/ws/server")
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await modern.look_on(PAT)
    assert caught.value.status == 401
    assert (await modern.get("/server", PAT)).status == 200


@pytest.mark.parametrize("name", ["huge_list", "huge_list_packed"])
async def test_a_list_may_be_huge(modern: ModernClient, name: str) -> None:
    modern.simulator.faults.set(name)
    async with modern.session.get(f"{modern.simulator.url}/api/v1/server", headers=PAT) as response:
        sent = int(response.headers["Content-Length"])
        body = await response.read()
    assert body.startswith(b'{"success":true,"data":[{},{},')
    assert HUGE - 100 < len(body) < HUGE + 100
    assert (sent < 20_000) == (name == "huge_list_packed")


async def test_many_servers_may_be_unreadable(modern: ModernClient) -> None:
    modern.simulator.faults.set("many_unreadable")
    assert len((await modern.get("/server", PAT)).body["data"]) == UNREADABLE + 8


async def test_many_servers_may_lack_a_uuid(modern: ModernClient) -> None:
    modern.simulator.faults.set("nameless")
    listed = (await modern.get("/server", PAT)).body["data"]
    assert len({server["id"] for server in listed}) == NAMELESS + 8
    assert sum("uuid" not in server for server in listed) == NAMELESS


async def test_names_and_keys_may_be_lines_of_a_log(modern: ModernClient) -> None:
    modern.simulator.faults.set("forged_lines")
    first = (await modern.get("/server", PAT)).body["data"][0]
    assert first["name"] == first[FORGED] == first["state"][FORGED] == FORGED


async def test_a_frame_may_come_hundreds_of_times_at_once(modern: ModernClient, clock: Clock) -> None:
    async with await modern.look_on(PAT) as onlooker:
        modern.simulator.frame_faults.set("flood", times=1)
        await modern.simulator.push_frame()
        told = [(await onlooker.frame())["now"] // 1_000 - clock.now for _ in range(FLOOD)]
    assert (set(told[:-1]), told[-1]) == ({86_400, -86_400}, 0)


async def test_a_redirect_may_carry_a_user(modern: ModernClient) -> None:
    modern.simulator.faults.set("redirect_with_user")
    answer = await modern.get("/server", PAT)
    assert re.match(r"http://user:secret@127\.0\.0\.1:\d+/api/v1/server", answer.headers["Location"])


async def test_an_answer_may_break_off_after_a_cookie(modern: ModernClient) -> None:
    modern.simulator.faults.set("broken_headers")
    port = int(modern.simulator.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /api/v1/setting HTTP/1.1\r\nHost: x\r\n\r\n")
    sent = await reader.read()
    writer.close()
    assert SECRET.encode() in sent
    with pytest.raises(aiohttp.ClientError):
        await modern.log_in()


async def test_a_session_may_have_two_lines(modern: ModernClient) -> None:
    modern.simulator.faults.set("session_of_two_lines")
    assert "\r\n" in (await modern.log_in()).body["data"]["token"]


async def test_a_socket_may_only_ping(modern: ModernClient) -> None:
    modern.simulator.frame_faults.set("only_pings")
    async with await modern.look_on(PAT, autoping=False) as onlooker:
        for _ in range(3):
            await modern.simulator.push_frame()
            assert (await onlooker.message()).type is WSMsgType.PING


async def test_time_may_jump_in_frames(modern: ModernClient, clock: Clock) -> None:
    modern.simulator.frame_faults.set("now_jumps")
    async with await modern.look_on(PAT) as onlooker:
        told = [(await onlooker.frame())["now"] / 1_000 - clock.now for _ in range(2)]
    assert sorted(told) == [-86_400, 86_400]


@pytest.mark.parametrize(
    ("name", "read", "expected"),
    [
        (
            "set:data.0.state.uptime=18446744073709551612",
            lambda server: server["state"]["uptime"],
            18446744073709551612,
        ),
        ("set:data.0.state.new=[1]", lambda server: server["state"]["new"], [1]),
        ("set:data.0.name=no JSON", lambda server: server["name"], "no JSON"),
        ("absent:data.0.host.platform", lambda server: "platform" in server["host"], False),
        ("absent:data.0.state", lambda server: "state" in server, False),
    ],
)
async def test_anything_may_stand_anywhere(
    modern: ModernClient, name: str, read: Callable[[Any], Any], expected: Any
) -> None:
    before = await modern.servers(PAT)
    modern.simulator.faults.set(name)
    after = await modern.servers(PAT)
    assert read(after[1]) == expected
    assert {number: server for number, server in after.items() if number != 1} == {
        number: server for number, server in before.items() if number != 1
    }


@pytest.mark.parametrize("name", ["absent:data.0.state.nowhere", "set:nowhere.0.state=1", "null:data.0.id.x"])
async def test_nothing_stands_nowhere(modern: ModernClient, name: str) -> None:
    modern.simulator.faults.set(name)
    assert len(await modern.servers(PAT)) == 8
    assert not modern.simulator.faults.delivered


@pytest.fixture
def alpha(dashboard: Dashboard) -> Server:
    """Return the first server, which has sensors."""
    return dashboard.servers[1]


@pytest.mark.parametrize("name", ODDITIES)
async def test_an_agent_may_report_oddly(modern: ModernClient, alpha: Server, clock: Clock, name: str) -> None:
    before = (await modern.servers(PAT))[1]
    alpha.machine.pin(**ODDITIES[name])
    clock.tick(4)
    after = (await modern.servers(PAT))[1]
    changed = {
        key
        for part in ("host", "state")
        for key in before[part].keys() | after[part].keys()
        if before[part].get(key) != after[part].get(key)
    }
    assert ODDITIES[name].keys() - {"country_code"} <= changed
    assert json.loads(json.dumps(after)) == after


async def test_a_machine_has_its_own_clock_and_tells_its_boot_by_it(
    modern: ModernClient, alpha: Server, clock: Clock
) -> None:
    true = (await modern.servers(PAT))[1]
    alpha.machine.clock_offset = 37 - true["host"]["boot_time"]
    clock.tick(4)
    wrong = (await modern.servers(PAT))[1]
    assert wrong["host"]["boot_time"] == 37
    assert wrong["state"]["uptime"] == true["state"]["uptime"] + 4
    alpha.machine.clock_offset = 0
    clock.tick(4)
    assert (await modern.servers(PAT))[1]["host"] == true["host"]


async def test_sensors_may_have_other_names_in_every_report(modern: ModernClient, alpha: Server, clock: Clock) -> None:
    alpha.machine.renames_sensors = True
    seen: set[str] = set()
    for _ in range(5):
        clock.tick(2)
        seen |= {sensor["Name"] for sensor in (await modern.servers(PAT))[1]["state"]["temperatures"]}
    assert len(seen) == 10


async def test_nothing_of_it_is_an_error_of_the_simulator(
    modern: ModernClient, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (*WILD, *ATTACKS):
        modern.simulator.faults.set(name, times=1)
        with contextlib.suppress(aiohttp.ClientError, ValueError):
            assert (await modern.get("/server", PAT)).status != 500
        modern.simulator.faults.clear()
    told = [record for record in caplog.records if record.name.startswith("aiohttp")]
    assert not [record for record in told if record.levelno >= logging.WARNING]
