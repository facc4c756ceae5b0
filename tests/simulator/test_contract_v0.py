"""The simulator answers as a real v0 dashboard did: every recorded request is asked again."""

from collections.abc import Hashable
import copy
from email.utils import parsedate_to_datetime
import json
from pathlib import Path
from typing import Any

import pytest

from simulator import Dashboard, Host, Machine

from .conftest import Client
from .shapes import fractional, shape

RECORDINGS = Path(__file__).parents[1] / "recordings"
EXCHANGES = {path.stem: json.loads(path.read_text()) for path in sorted((RECORDINGS / "v0").glob("*.json"))}
STORY = [json.loads(line) for line in (RECORDINGS / "story_v0.jsonl").read_text().splitlines()]
NUMBERS = set().union(
    *(fractional(exchange["body"]) for exchange in EXCHANGES.values()),
    *(fractional(line["body"]) for line in STORY if "body" in line),
)
FLEET = sorted(EXCHANGES["details"]["body"]["result"], key=lambda server: server["id"])
TOKEN = "example-v0-token"


@pytest.fixture
def dashboard(dashboard: Dashboard) -> Dashboard:
    """Watch machines that have what the recorded ones had."""
    dashboard.add_token(TOKEN)
    for recorded in FLEET:
        host = Host(boot_time=int(dashboard.clock()) - 1_000, gpu=tuple(recorded["host"]["GPU"] or ()))
        sensors = tuple(sensor["Name"] for sensor in recorded["status"]["Temperatures"] or ())
        never_reports = recorded["last_active"] < 0
        dashboard.add_server(
            recorded["name"],
            Machine(host, seed=recorded["id"], sensors=sensors, never_reports=never_reports),
            tag=recorded["tag"],
            display_index=recorded["display_index"],
            hide_for_guest=recorded["hide_for_guest"],
            server_id=recorded["id"],
        )
    return dashboard


def ids(body: Any) -> list[int]:
    """Return the ids of the servers in an answer, as far as it carries any."""
    return [server["id"] for server in body.get("result", [])] if isinstance(body, dict) else []


def shapes(body: Any) -> tuple[Hashable, dict[int, Hashable]]:
    """Return the shape of an answer, and that of each server by its id: what one may be, another may not."""
    servers = body.get("result", []) if isinstance(body, dict) else []
    return shape(body, NUMBERS), {server["id"]: shape(server, NUMBERS, ("result", "[]")) for server in servers}


@pytest.mark.parametrize("exchange", EXCHANGES.values(), ids=EXCHANGES)
async def test_answers_a_recorded_request_as_recorded(client: Client, exchange: dict[str, Any]) -> None:
    request = exchange["request"]
    answer = await client.get(request["path"], request["headers"])
    assert answer.status == exchange["status"]
    assert answer.headers["Content-Type"] == exchange["headers"]["Content-Type"]
    assert parsedate_to_datetime(answer.headers["Date"]).tzinfo is not None
    body = answer.text if answer.body is None else answer.body
    assert shapes(body) == shapes(exchange["body"])


def test_every_recorded_exchange_is_held_against_it() -> None:
    assert len(EXCHANGES) == 10
    assert len([line for line in STORY if "body" in line]) > 25


async def test_makes_every_shape_that_the_recorded_story_had(client: Client) -> None:
    recorded = {
        shape(server, NUMBERS, ("result", "[]"))
        for line in STORY
        if "body" in line
        for server in line["body"]["result"]
    }
    made = {shape(server, NUMBERS, ("result", "[]")) for server in (await client.servers()).values()}
    assert made >= recorded


@pytest.mark.parametrize("name", ["unauthorised", "bad_token"])
async def test_refuses_a_credential_with_status_200_and_the_recorded_words(client: Client, name: str) -> None:
    answer = await client.get("/api/v1/server/list", EXCHANGES[name]["request"]["headers"])
    assert (answer.status, answer.body) == (200, {"code": 403, "message": "访问此接口需要认证"})


async def test_refuses_a_token_with_a_scheme(client: Client) -> None:
    answer = await client.get("/api/v1/server/list", {"Authorization": f"Bearer {TOKEN}"})
    assert answer.body["code"] == 403


async def test_refuses_a_revoked_token(client: Client, dashboard: Dashboard) -> None:
    dashboard.revoke_token(TOKEN)
    answer = await client.get("/api/v1/server/list", {"Authorization": TOKEN})
    assert answer.body["code"] == 403


async def test_prefers_the_tag_to_the_id(client: Client) -> None:
    answer = await client.get("/api/v1/server/details?id=4&tag=Tokyo")
    assert ids(answer.body) == [1, 2]


async def test_gives_the_servers_in_the_order_of_the_ids_asked_for(client: Client) -> None:
    answer = await client.get("/api/v1/server/details?id=5,99,x,1")
    assert ids(answer.body) == [5, 1]


@pytest.mark.parametrize(
    ("path", "index", "hidden"),
    [
        ("details", 7, True),
        ("details?id=2", 0, False),
        ("details?tag=Tokyo", 0, False),
        ("list", 0, False),
        ("list?tag=Tokyo", 0, False),
    ],
)
async def test_tells_place_and_visibility_in_the_unfiltered_details_only(
    client: Client, dashboard: Dashboard, path: str, index: int, hidden: bool
) -> None:
    dashboard.servers[2].display_index = 7
    dashboard.servers[2].hide_for_guest = True
    answer = await client.get(f"/api/v1/server/{path}")
    server = next(server for server in answer.body["result"] if server["id"] == 2)
    assert (server["display_index"], server["hide_for_guest"]) == (index, hidden)


@pytest.mark.parametrize("path", ["list?tag=Nowhere", "details?tag=Nowhere", "details?id=0"])
async def test_gives_an_empty_list_where_nothing_matches(client: Client, path: str) -> None:
    assert (await client.get(f"/api/v1/server/{path}")).body == {"code": 0, "message": "success", "result": []}


async def test_gives_all_servers_in_another_order_each_time(client: Client) -> None:
    orders = {tuple(ids((await client.get("/api/v1/server/details")).body)) for _ in range(6)}
    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {frozenset(range(1, 13))}


@pytest.mark.parametrize("path", ["/", "/api/v1/server", "/api/v1/setting", "/api/v1/server/list/"])
async def test_answers_an_unknown_path_with_a_page(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert answer.status == 404
    assert answer.text.startswith("<!DOCTYPE html>")


async def test_answers_another_method_with_the_same_page(client: Client) -> None:
    async with client.session.post(f"{client.simulator.url}/api/v1/server/list") as response:
        assert (response.status, response.content_type) == (404, "text/html")


def spoil(change: str) -> Any:
    """Return the recorded details with one thing changed in one server."""
    body = copy.deepcopy(EXCHANGES["details"]["body"])
    server = body["result"][0]
    match change:
        case "a missing key":
            del server["ipv6"]
        case "one key more":
            server["uuid"] = ""
        case "keys in another order":
            server["id"] = server.pop("id")
        case "a wrong type":
            server["id"] = "2"
        case "a fraction in a whole number":
            server["status"]["Uptime"] = 1.5
        case "a boolean for a number":
            server["display_index"] = True
        case "a null for a list":
            server["host"]["CPU"] = None
        case "a null for a text":
            server["name"] = None
        case "a list for a null":
            server["status"]["Temperatures"] = []
    return body


@pytest.mark.parametrize(
    "change",
    [
        "a missing key",
        "one key more",
        "keys in another order",
        "a wrong type",
        "a fraction in a whole number",
        "a boolean for a number",
        "a null for a list",
        "a null for a text",
        "a list for a null",
    ],
)
def test_the_comparison_refuses(change: str) -> None:
    assert shapes(spoil(change)) != shapes(EXCHANGES["details"]["body"])


def test_the_comparison_misses_a_shape_that_was_not_made() -> None:
    body = copy.deepcopy(EXCHANGES["details"]["body"])
    body["result"] = [server for server in body["result"] if server["host"]["GPU"] is None]
    assert shapes(body) != shapes(EXCHANGES["details"]["body"])


def test_the_comparison_takes_a_whole_number_for_a_load() -> None:
    body = copy.deepcopy(EXCHANGES["details"]["body"])
    body["result"][0]["status"]["Load1"] = 3
    assert shapes(body) == shapes(EXCHANGES["details"]["body"])
