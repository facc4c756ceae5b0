"""The simulator answers as a real v1 and a real v2 dashboard did: every recorded request is asked again."""

from collections.abc import AsyncGenerator, Callable, Hashable
import copy
from email.utils import parsedate_to_datetime
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simulator import Dashboard, Simulator

from .conftest import Clock
from .furnish import furnish
from .modern import ModernClient
from .shapes import Path as Place, fractional, shape

RECORDINGS = Path(__file__).parents[1] / "recordings"
GENERATIONS = ("v1", "v2")


def recorded(generation: str) -> dict[str, Any]:
    """Return what was recorded of a generation, by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((RECORDINGS / generation).glob("*.json"))}


def story(generation: str) -> list[dict[str, Any]]:
    """Return the answers and frames of a story."""
    lines = (RECORDINGS / f"story_{generation}.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if "body" in line]


RECORDED = {generation: recorded(generation) for generation in GENERATIONS}
STORIES = {generation: story(generation) for generation in GENERATIONS}
EXCHANGES = [(generation, name) for generation in GENERATIONS for name in RECORDED[generation] if "ws" not in name]
SOCKETS = [(generation, name) for generation in GENERATIONS for name in ("ws", "ws_anonymous")]


def servers_of(body: Any) -> list[dict[str, Any]]:
    """Return the servers in an answer or in a frame, as far as it carries any."""
    found = body.get("servers", body.get("data")) if isinstance(body, dict) else None
    listed = found if isinstance(found, list) else []
    return [server for server in listed if isinstance(server, dict) and "host" in server]


def numbers(bodies: list[Any]) -> set[Place]:
    """Return where fractions were recorded."""
    return set().union(*(fractional(body) for body in bodies))


def everything(generation: str) -> list[Any]:
    """Return every body that was recorded of a generation."""
    bodies = [line["body"] for line in STORIES[generation]]
    for exchange in RECORDED[generation].values():
        bodies += exchange.get("frames", [exchange.get("body")])
    return bodies


NUMBERS = {generation: numbers(everything(generation)) for generation in GENERATIONS}


def shapes(generation: str, body: Any) -> tuple[Hashable, dict[int, Hashable]]:
    """Return the shape of an answer or frame, and that of each server by its id."""
    allowed = NUMBERS[generation]
    place = ("servers", "[]") if isinstance(body, dict) and "servers" in body else ("data", "[]")
    return shape(body, allowed), {server["id"]: shape(server, allowed, place) for server in servers_of(body)}


@pytest.fixture
def generation(request: pytest.FixtureRequest) -> str:
    """Return the generation that a test is about."""
    return str(request.param)


@pytest.fixture
async def client(clock: Clock, generation: str, socket_enabled: None) -> AsyncGenerator[ModernClient]:
    """Return a client of the recorded dashboard."""
    dashboard = Dashboard(clock)
    simulator = Simulator(dashboard, generation=generation, frames="manual", firewall=False)
    furnish(dashboard, RECORDED[generation])
    dashboard.site_name = f"Demo {generation}"
    credentials = dashboard.credentials
    credentials.add_user("admin", "admin")
    if generation == "v2":
        credentials.add_access_token("nzp_exampleFullScopesToken000000000")
        credentials.add_access_token("nzp_exampleInventoryOnlyToken0000", ["nezha:inventory:read"])
    await simulator.start()
    async with aiohttp.ClientSession() as session:
        yield ModernClient(session, simulator)
    await simulator.stop()


def headers_for(client: ModernClient, recorded: dict[str, str]) -> dict[str, str]:
    """Return recorded headers, with a JWT that is good here in place of the recorded one."""
    is_jwt = recorded.get("Authorization", "").startswith("Bearer eyJ")
    return client.jwt() if is_jwt else recorded


def without_frontends(body: Any) -> Any:
    """Take the list of front ends down to those keys that all of them have; it is of no use to anybody here."""
    if not isinstance(body, dict) or not isinstance(body.get("data"), dict) or "frontend_templates" not in body["data"]:
        return body
    return body | {"data": body["data"] | {"frontend_templates": []}}


@pytest.mark.parametrize(("generation", "name"), EXCHANGES, indirect=["generation"])
async def test_answers_a_recorded_request_as_recorded(client: ModernClient, generation: str, name: str) -> None:
    exchange = RECORDED[generation][name]
    request = exchange["request"]
    path = request["path"].removeprefix("/api/v1")
    headers = headers_for(client, request["headers"])
    answer = await client.ask(request["method"], path, headers, request.get("json"))
    assert answer.status == exchange["status"]
    assert answer.headers["Content-Type"] == exchange["headers"]["Content-Type"]
    assert parsedate_to_datetime(answer.headers["Date"]).tzinfo is not None
    made, told = without_frontends(answer.body), without_frontends(exchange["body"])
    assert shapes(generation, made) == shapes(generation, told)
    if "error" in told:
        assert made == told


@pytest.mark.parametrize(("generation", "name"), SOCKETS, indirect=["generation"])
async def test_sends_recorded_frames_as_recorded(
    client: ModernClient, generation: str, name: str, clock: Clock
) -> None:
    exchange = RECORDED[generation][name]
    recorded_first, recorded_second = exchange["frames"]
    async with await client.look_on(headers_for(client, exchange["request"]["headers"])) as onlooker:
        first = await onlooker.frame()
        clock.tick(2)
        second = await onlooker.frame()
    assert shapes(generation, first) == shapes(generation, recorded_first)
    assert shapes(generation, second) == shapes(generation, recorded_second)
    assert [server["id"] for server in first["servers"]] == [server["id"] for server in recorded_first["servers"]]
    assert second["now"] - first["now"] == recorded_second["now"] - recorded_first["now"] == 2_000


def test_every_recorded_exchange_is_held_against_it() -> None:
    assert {generation: len(RECORDED[generation]) for generation in GENERATIONS} == {"v1": 14, "v2": 19}
    assert {line["via"] for stories in STORIES.values() for line in stories} == {"rest", "ws"}
    assert len(EXCHANGES) + len(SOCKETS) == 33


IDLE = {
    "load_1",
    "net_in_transfer",
    "net_out_transfer",
    "net_in_speed",
    "net_out_speed",
    "udp_conn_count",
    "tcp_conn_count",
}
"""What is absent whenever it happens to be 0."""
OPTIONAL = {"note", "public_note"}


def parts(generation: str, line: dict[str, Any]) -> set[Hashable]:
    """Return the shapes of everything that makes up the servers of one answer or frame."""
    found: set[Hashable] = set()
    for server in servers_of(line["body"]):
        keys = tuple(key for key in server if key not in OPTIONAL)
        state = tuple((key, isinstance(value, list)) for key, value in server["state"].items() if key not in IDLE)
        kinds = (bool(server["host"]), bool(server["state"]), server["last_active"].startswith("0001"))
        found |= {
            (line["via"], "keys", keys),
            (line["via"], "host", shape(server["host"])),
            (line["via"], "state", state),
            (line["via"], "known", kinds),
        }
    return found


@pytest.mark.parametrize("generation", GENERATIONS, indirect=True)
async def test_makes_every_shape_of_a_server_that_the_story_had(
    client: ModernClient, generation: str, clock: Clock
) -> None:
    """Play what happens in the story, and look at every turn."""
    dashboard, jwt = client.simulator.dashboard, client.jwt()
    made: set[Hashable] = set()

    async def look() -> None:
        async with await client.look_on(jwt) as onlooker:
            for _ in range(2):
                made.update(parts(generation, {"via": "ws", "body": await onlooker.frame()}))
        made.update(parts(generation, {"via": "rest", "body": (await client.get("/server", jwt)).body}))

    await look()
    machines = [server.machine for server in dashboard.servers.values()]
    for machine in machines:
        machine.silent = True
    clock.tick(40)
    await look()
    for machine in machines:
        machine.reboot(clock.now - 20)
        machine.silent = False
    await look()
    clock.tick(4)
    for server in dashboard.servers.values():
        server.display_index = 5
    await look()
    dashboard.restart()
    await look()
    clock.tick(11.5)
    await look()
    told = set().union(*(parts(generation, line) for line in STORIES[generation]))
    assert told - made == set()


@pytest.mark.parametrize(
    "change",
    [
        lambda server: server.pop("uuid"),
        lambda server: server.update(swap=0),
        lambda server: server["state"].update(uptime=1.5),
        lambda server: server["state"].update(swap_used="0"),
        lambda server: server.update(id=server.pop("id")),
        lambda server: server.update(geoip=None),
    ],
)
@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_comparison_refuses(generation: str, change: Callable[[dict[str, Any]], Any]) -> None:
    body = copy.deepcopy(RECORDED[generation]["server"]["body"])
    assert shapes(generation, body) == shapes(generation, RECORDED[generation]["server"]["body"])
    change(body["data"][5])
    assert shapes(generation, body) != shapes(generation, RECORDED[generation]["server"]["body"])
