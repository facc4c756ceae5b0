"""Each fault is delivered and counted, and the dashboard is well again once it is cleared."""

import asyncio
from collections.abc import Callable
from email.utils import parsedate_to_datetime
import json
import logging
import math
from typing import Any

import aiohttp
import pytest

from simulator import FAULTS, Simulator, populate
from tests.patience import in_turns

from .conftest import TOKEN, Client, Clock

DETAILS = "/api/v1/server/details"
LIST = "/api/v1/server/list"


@pytest.fixture(autouse=True)
def fleet(simulator: Simulator) -> None:
    """Watch eight servers; the first has sensors, the third cards."""
    populate(simulator.dashboard, 8)


async def spoilt(client: Client, name: str) -> list[Any]:
    """Return what the list of servers is under a fault, as Python reads it (NaN is no error)."""
    client.simulator.faults.set(name)
    answer = await client.get(DETAILS)
    assert client.simulator.faults.delivered[name] == 1
    result: list[Any] = answer.body["result"]
    return result


async def assert_well(client: Client) -> None:
    """Clear all faults and find nothing wrong."""
    client.simulator.faults.clear()
    before = client.simulator.faults.delivered.total()
    assert sorted(await client.servers()) == list(range(1, 9))
    assert client.simulator.faults.delivered.total() == before


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_is_delivered_and_counted_and_well_again_once_cleared(client: Client, name: str) -> None:
    await assert_well(client)
    usual = await client.get(LIST)
    faults = client.simulator.faults
    faults.set(name)
    assert faults.active == (name,)
    try:
        async with in_turns():
            answer = await client.get(DETAILS)
    except aiohttp.ClientError, TimeoutError, ValueError, LookupError, RecursionError:
        pass
    else:
        assert (answer.status, answer.text) != (usual.status, usual.text)
    # aiohttp asks once more when a connection breaks before an answer.
    assert faults.delivered == {name: 2 if name == "reset" else 1}
    await assert_well(client)
    assert not faults.active


async def test_a_fault_ends_after_so_many_deliveries(client: Client) -> None:
    client.simulator.faults.set("html_502", times=2)
    statuses = [(await client.get(LIST)).status for _ in range(4)]
    assert statuses == [502, 502, 200, 200]
    assert client.simulator.faults.delivered["html_502"] == 2


async def test_one_of_several_faults_can_be_cleared(client: Client) -> None:
    faults = client.simulator.faults
    faults.set("clock_ahead")
    faults.set("empty_fleet")
    faults.clear("empty_fleet")
    assert faults.active == ("clock_ahead",)
    assert len(await client.servers()) == 8


async def test_faults_go_together(client: Client) -> None:
    client.simulator.faults.set("halved_fleet")
    client.simulator.faults.set("name_null")
    servers = await client.servers()
    assert sorted(servers) == [1, 2, 3, 4]
    assert servers[1]["name"] is None
    assert client.simulator.faults.delivered == {"halved_fleet": 1, "name_null": 1}


@pytest.mark.parametrize("first", FAULTS)
@pytest.mark.parametrize("second", ["nan", "close_in_body"])
async def test_any_two_faults_leave_the_simulator_alive(client: Client, first: str, second: str) -> None:
    client.simulator.faults.set(first)
    client.simulator.faults.set(second)
    try:
        async with in_turns():
            answer = await client.get(DETAILS)
    except aiohttp.ClientError, TimeoutError, ValueError, LookupError, RecursionError:
        pass
    else:
        assert answer.status != 500
    client.simulator.faults.clear()
    assert len(await client.servers()) == 8


async def test_an_unknown_fault_cannot_be_set(simulator: Simulator) -> None:
    with pytest.raises(KeyError, match="gremlins"):
        simulator.faults.set("gremlins")


async def test_refuse_closes_the_port_and_kept_connections(client: Client) -> None:
    await client.get(LIST)
    client.simulator.faults.set("refuse")
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.get(LIST)
    assert len(client.simulator.requests) == 1
    await assert_well(client)


async def test_refuse_can_be_set_and_cleared_again_and_again(client: Client) -> None:
    for _ in range(3):
        client.simulator.faults.set("refuse")
        client.simulator.faults.clear()
    client.simulator.faults.set("refuse")
    await assert_well(client)
    assert client.simulator.faults.delivered["refuse"] == 4


@pytest.mark.parametrize("turns", range(4))
async def test_refuse_can_be_set_again_while_the_port_is_being_opened(client: Client, turns: int) -> None:
    client.simulator.faults.set("refuse")
    client.simulator.faults.clear()
    for _ in range(turns):
        await asyncio.sleep(0)
    client.simulator.faults.set("refuse")
    await assert_well(client)


async def test_reset_breaks_the_connection(client: Client) -> None:
    client.simulator.faults.set("reset")
    with pytest.raises(aiohttp.ClientOSError, match="reset by peer"):
        await client.get(LIST)


@pytest.mark.parametrize("name", ["hang_before_headers", "hang_in_body"])
async def test_what_hangs_goes_on_once_cleared(client: Client, name: str) -> None:
    client.simulator.faults.set(name)
    hanging = asyncio.create_task(client.get(DETAILS))
    while not client.simulator.faults.delivered[name]:
        await asyncio.sleep(0)
    assert not hanging.done()
    client.simulator.faults.clear()
    assert len((await hanging).body["result"]) == 8


async def test_hang_in_body_sends_the_headers(client: Client) -> None:
    client.simulator.faults.set("hang_in_body")
    headers = {"Authorization": TOKEN}
    async with client.session.get(client.simulator.url + DETAILS, headers=headers) as response:
        assert response.status == 200
        with pytest.raises(TimeoutError):
            async with in_turns():
                await response.read()


async def test_close_in_body_breaks_off(client: Client) -> None:
    client.simulator.faults.set("close_in_body")
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.get(DETAILS)


async def test_truncated_json_is_a_complete_answer_of_incomplete_json(client: Client) -> None:
    client.simulator.faults.set("truncated_json")
    with pytest.raises(json.JSONDecodeError):
        await client.get(DETAILS)


async def test_an_endless_body_goes_on_past_any_limit(client: Client) -> None:
    client.simulator.faults.set("endless_body")
    read = 0
    async with client.session.get(client.simulator.url + DETAILS) as response:
        async for chunk in response.content.iter_any():
            read += len(chunk)
            if read > 40_000_000:
                break


async def test_a_client_that_goes_amid_an_endless_body_is_no_error(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.simulator.faults.set("endless_body")
    for turns in range(12):
        _, writer = await asyncio.open_connection("127.0.0.1", int(client.simulator.url.rpartition(":")[2]))
        writer.write(f"GET {DETAILS} HTTP/1.1\r\nHost: simulator\r\n\r\n".encode())
        for _ in range(turns):
            await asyncio.sleep(0)
        writer.transport.abort()
        while client.simulator.connections:
            await asyncio.sleep(0)
    assert client.simulator.faults.delivered["endless_body"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_a_gzip_bomb_is_small_on_the_wire(client: Client) -> None:
    client.simulator.faults.set("gzip_bomb")
    async with client.session.get(client.simulator.url + DETAILS) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert int(response.headers["Content-Length"]) < 100_000
        unpacked = sum([len(chunk) async for chunk in response.content.iter_any()])
    assert unpacked == 64 * 1024**2


async def test_wrong_encoding_is_no_utf_8(client: Client) -> None:
    client.simulator.faults.set("wrong_encoding")
    with pytest.raises(UnicodeDecodeError):
        await client.get(DETAILS)


async def test_wrong_charset_is_unknown(client: Client) -> None:
    client.simulator.faults.set("wrong_charset")
    async with client.session.get(client.simulator.url + DETAILS, headers={"Authorization": TOKEN}) as response:
        assert response.headers["Content-Type"] == "application/json; charset=no-such-charset"
        assert len(json.loads(await response.read())["result"]) == 8


@pytest.mark.parametrize("status", [200, 302, 403, 404, 502, 520])
async def test_a_page_comes_with_any_status(client: Client, status: int) -> None:
    client.simulator.faults.set(f"html_{status}")
    answer = await client.get(LIST)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.text.startswith("<!DOCTYPE html>")


async def test_redirect_elsewhere_leads_to_another_origin(client: Client) -> None:
    client.simulator.faults.elsewhere = "http://127.0.0.1:1"
    client.simulator.faults.set("redirect_elsewhere")
    answer = await client.get(DETAILS + "?tag=Tokyo")
    assert (answer.status, answer.headers["Location"]) == (302, f"http://127.0.0.1:1{DETAILS}?tag=Tokyo")


async def test_redirect_loop_never_arrives(client: Client) -> None:
    client.simulator.faults.set("redirect_loop")
    with pytest.raises(aiohttp.TooManyRedirects):
        await client.session.get(client.simulator.url + DETAILS, max_redirects=5)
    assert {request.path for request in client.simulator.requests} == {DETAILS}


async def test_redirect_within_arrives_after_one_step(client: Client) -> None:
    client.simulator.faults.set("redirect_within")
    headers = {"Authorization": TOKEN}
    async with client.session.get(f"{client.simulator.url}{DETAILS}?tag=Tokyo", headers=headers) as response:
        assert [server["tag"] for server in (await response.json())["result"]] == ["Tokyo", "Tokyo"]
    assert client.simulator.faults.delivered["redirect_within"] == 1
    assert len(client.simulator.requests) == 2


async def test_a_revoked_token_is_refused_as_any_bad_one(client: Client) -> None:
    client.simulator.faults.set("token_revoked")
    answer = await client.get(LIST)
    assert (answer.status, answer.body["code"]) == (200, 403)


async def test_a_request_without_a_token_has_none_to_revoke(client: Client) -> None:
    client.simulator.faults.set("token_revoked")
    assert (await client.get(LIST, headers={})).body["code"] == 403
    assert client.simulator.faults.delivered["token_revoked"] == 0


@pytest.mark.parametrize(
    ("name", "error"),
    [("clock_ahead", 3_600), ("clock_behind", -3_600), ("day_ahead", 86_400), ("day_behind", -86_400)],
)
async def test_a_wrong_clock_is_wrong_in_the_date_and_the_reports(
    client: Client, clock: Clock, name: str, error: int
) -> None:
    client.simulator.faults.set(name)
    answer = await client.get(LIST)
    date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert date - clock.now == error
    assert all(date - server["last_active"] <= 3 for server in answer.body["result"] if server["last_active"] > 0)


async def test_an_empty_fleet_is_an_empty_list(client: Client) -> None:
    assert await spoilt(client, "empty_fleet") == []


async def test_a_halved_fleet_keeps_the_smaller_ids(client: Client) -> None:
    assert sorted(server["id"] for server in await spoilt(client, "halved_fleet")) == [1, 2, 3, 4]


async def test_a_duplicate_has_the_first_ones_id_and_another_name(client: Client) -> None:
    servers = await spoilt(client, "duplicate_id")
    assert sorted(server["name"] for server in servers if server["id"] == 1) == ["duplicate", "tokyo-1"]


async def test_strangers_stand_among_good_servers(client: Client) -> None:
    servers = await spoilt(client, "strangers")
    assert None in servers
    assert {server["id"] for server in servers if isinstance(server, dict) and "host" in server} == set(range(1, 9))


@pytest.mark.parametrize(
    ("name", "is_spoilt"),
    [
        ("server_null", lambda server: server is None),
        ("server_as_text", lambda server: server == "tokyo-1"),
        ("server_as_list", lambda server: isinstance(server, list) and server[0]["id"] == 1),
        ("id_as_text", lambda server: server["id"] == "1"),
        ("id_as_boolean", lambda server: server["id"] is True),
        ("id_null", lambda server: server["id"] is None),
        ("id_missing", lambda server: "id" not in server),
        ("name_null", lambda server: server["name"] is None),
        ("huge_name", lambda server: len(server["name"]) == 1024**2),
        ("hostile_name", lambda server: "<script>" in server["name"] and "\x00" in server["name"]),
        ("only_id", lambda server: server == {"id": 1}),
        ("null_values", lambda server: not any(value for key, value in server.items() if key != "id")),
        ("null_objects", lambda server: server["host"] is None and server["status"] is None),
        ("null_fields", lambda server: server["host"]["MemTotal"] is None and server["status"]["CPU"] is None),
        ("empty_objects", lambda server: server["host"] == server["status"] == {}),
        ("list_for_object", lambda server: isinstance(server["host"], list)),
        ("text_for_numbers", lambda server: server["id"] == 1 and server["status"]["CPU"] == "many"),
        ("numbers_in_text", lambda server: server["host"]["MemTotal"] == "8589934592"),
        ("nan", lambda server: math.isnan(server["status"]["Temperatures"][0]["Temperature"])),
        ("infinity", lambda server: server["last_active"] == math.inf),
        ("negative_numbers", lambda server: server["status"]["NetInTransfer"] < 0 and server["last_active"] < 0),
        ("enormous_numbers", lambda server: server["host"]["BootTime"] == 10**30 and server["status"]["CPU"] == 1e308),
    ],
)
async def test_one_server_is_spoilt_and_the_others_are_good(
    client: Client, name: str, is_spoilt: Callable[[dict[str, Any]], bool]
) -> None:
    good = await client.servers()
    servers = await spoilt(client, name)
    assert len(servers) == 8
    # As text, because True == 1.
    good_texts = {json.dumps(server) for server in good.values()}
    (victim,) = [server for server in servers if json.dumps(server) not in good_texts]
    assert is_spoilt(victim)


@pytest.mark.parametrize(
    ("place", "read"),
    [
        ("code", lambda body, _: body["code"]),
        ("result", lambda body, _: body["result"]),
        ("result.0.name", lambda _, first: first["name"]),
        ("result.0.status.Load1", lambda _, first: first["status"]["Load1"]),
        ("result.0.host.CPU.0", lambda _, first: first["host"]["CPU"][0]),
        ("result.0.status.Temperatures.0.Name", lambda _, first: first["status"]["Temperatures"][0]["Name"]),
    ],
)
async def test_null_may_be_anywhere(client: Client, place: str, read: Callable[[Any, Any], Any]) -> None:
    client.simulator.faults.set(f"null:{place}", path=DETAILS)
    body = (await client.get(DETAILS)).body
    first = next((server for server in body["result"] or () if server["id"] == 1), None)
    assert read(body, first) is None
    assert client.simulator.faults.delivered == {f"null:{place}": 1}
    await assert_well(client)


@pytest.mark.parametrize("place", ["nowhere", "result.0.nowhere", "result.0.id.nowhere", "code.0"])
async def test_null_nowhere_is_not_delivered(client: Client, place: str) -> None:
    client.simulator.faults.set(f"null:{place}")
    assert len(await client.servers()) == 8
    assert not client.simulator.faults.delivered
