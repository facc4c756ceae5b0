"""The simulator answers as each recorded release did, as one past a broken proxy, and as one that is controlled."""

from collections.abc import AsyncGenerator, Mapping
import json
from pathlib import Path
import re
from typing import Any

import aiohttp
import pytest

from simulator import Dashboard, Host, Machine, Release, Simulator
from simulator.releases import FINAL, Trait

from .conftest import Clock
from .furnish import furnish
from .modern import ModernClient
from .shapes import Path as Place, fractional, shape

RECORDINGS = Path(__file__).parents[1] / "recordings"


def recorded(folder: str) -> dict[str, Any]:
    """Return what was recorded in a folder, by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((RECORDINGS / folder).glob("*.json"))}


def bodies(exchange: Mapping[str, Any]) -> list[Any]:
    """Return the body of an exchange, or its frames."""
    return exchange["frames"] if "frames" in exchange else [exchange["body"]]


RELEASES = {release: recorded(f"releases/{release}") for release in ("v1.0.0", "v1.4.9", "v1.7.6", "v2.0.0", "v2.1.0")}
OLD_V0 = recorded("releases/v0.13.25")
PROXY = recorded("proxy")
CONTROL = recorded("v2-control")
V2 = recorded("v2")

EXCHANGES = [(release, name) for release, exchanges in RELEASES.items() for name in exchanges if "ws" not in name]
SOCKETS = [(release, name) for release, exchanges in RELEASES.items() for name in exchanges if "ws" in name]

CHANCE = {"cpu", "load_1", "load_5", "load_15", "tcp_conn_count", "udp_conn_count", "process_count", "swap_used"}
"""What is absent from a state whenever it happens to be 0."""
UNKNOWN = {"bad_jwt": "Bearer eyJ.wrong", "bad_token": "Bearer nzp_wrong", "bad_on_optional": "Bearer nzp_wrong"}
NOT_SIMULATED = {
    "nat",
    "notification",
    "notification_create_loopback",
    "notification_create_loopback_checked",
    "notification_group",
}
"""What the integration has no use for."""


def certain(body: Any) -> Any:
    """Return a body without what is there by chance, and with one front end."""
    match body:
        case dict():
            body = {"frontend_templates": 0} | body if "frontend_templates" in body else body
            is_state = "uptime" in body and "mem_used" in body
            return {
                key: [] if key == "frontend_templates" else certain(item)
                for key, item in body.items()
                if not (is_state and key in CHANCE)
            }
        case list():
            return [certain(item) for item in body]
    return body


NUMBERS: set[Place] = set().union(
    *(
        fractional(certain(body))
        for exchanges in RELEASES.values()
        for each in exchanges.values()
        for body in bodies(each)
    ),
    *(fractional(each["body"]) for each in CONTROL.values()),
    *(fractional(each["body"]) for each in OLD_V0.values()),
)


def each_shape(body: Any) -> tuple[Any, dict[int, Any]]:
    """Return the shape of a body, and that of each server in it by its number."""
    body = certain(body)
    lists = {"data": ("data", "[]"), "servers": ("servers", "[]"), "result": ("result", "[]")}
    found = {}
    for key, place in lists.items():
        listed = body.get(key) if isinstance(body, dict) else None
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, dict) and "id" in item:
                found[item["id"]] = shape(item, NUMBERS, place)
    return shape(body, NUMBERS), found


@pytest.fixture
def release() -> str:
    """Return the release that a test is about."""
    return "v2.3.7"


async def client_of(dashboard: Dashboard, **options: Any) -> AsyncGenerator[ModernClient]:
    """Yield a client of a simulator with these options."""
    simulator = Simulator(dashboard, frames="manual", **options)
    await simulator.start()
    async with aiohttp.ClientSession() as session:
        yield ModernClient(session, simulator)
    await simulator.stop()


@pytest.fixture
async def client(dashboard: Dashboard, release: str, socket_enabled: None) -> AsyncGenerator[ModernClient]:
    """Return a client of the recorded release."""
    furnish(dashboard, RELEASES[release])
    dashboard.credentials.add_user("admin", "admin")
    # Made in the settings, with all that were offered: the list of servers had no scope of its own before v2.1.2.
    dashboard.credentials.add_access_token(
        "nzp_exampleFullScopesToken000000000",
        ["nezha:server:read", "nezha:service:read", "nezha:cron:read", "nezha:cron:exec"],
    )
    async for client in client_of(dashboard, release=release, firewall=False):
        yield client


def headers_for(client: ModernClient, name: str, headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return recorded headers, with a JWT that is good here in place of the recorded one."""
    if name in UNKNOWN:
        return {"Authorization": UNKNOWN[name]}
    is_jwt = headers.get("Authorization", "").startswith("Bearer eyJ")
    return dict(headers) | client.jwt() if is_jwt else headers


def body_for(name: str, request: Mapping[str, Any]) -> Any:
    """Return what was sent along; the releases' log-ins were recorded without."""
    if name in {"login", "login_wrong"}:
        return {"username": "admin", "password": "admin" if name == "login" else "wrong"}
    return request.get("json")


@pytest.mark.parametrize(("release", "name"), EXCHANGES)
async def test_a_release_answers_a_recorded_request_as_recorded(client: ModernClient, release: str, name: str) -> None:
    exchange = RELEASES[release][name]
    request = exchange["request"]
    headers = headers_for(client, name, request["headers"])
    path = request["path"].removeprefix("/api/v1")
    answer = await client.ask(request["method"], path, headers, body_for(name, request))
    assert answer.status == exchange["status"]
    assert answer.headers["Content-Type"] == exchange["headers"]["Content-Type"]
    assert each_shape(answer.body) == each_shape(exchange["body"])
    if "error" in exchange["body"]:
        assert answer.body == exchange["body"]
    if "group" in name and "data" in exchange["body"]:
        assert members(answer.body) == members(exchange["body"])
    if name == "setting" and "version" in exchange["body"]["data"]:
        assert answer.body["data"]["version"] == release.removeprefix("v")


def members(body: Mapping[str, Any]) -> list[list[int]]:
    """Return the members of each group."""
    return [sorted(group["servers"]) for group in body["data"]]


@pytest.mark.parametrize(("release", "name"), SOCKETS)
async def test_a_release_sends_recorded_frames_as_recorded(
    client: ModernClient, release: str, name: str, clock: Clock
) -> None:
    exchange = RELEASES[release][name]
    async with await client.look_on(headers_for(client, name, exchange["request"]["headers"])) as onlooker:
        frames = [await onlooker.frame(), (clock.tick(2), await onlooker.frame())[1]]
    assert [each_shape(frame) for frame in frames] == [each_shape(frame) for frame in exchange["frames"]]


@pytest.mark.parametrize("name", OLD_V0)
async def test_an_old_v0_answers_as_recorded(dashboard: Dashboard, name: str, socket_enabled: None) -> None:
    dashboard.add_token("example-v0-token")
    for told in OLD_V0["details"]["body"]["result"]:
        host = Host(boot_time=int(dashboard.clock()) - 1_000)
        machine = Machine(host, seed=told["id"], never_reports=told["last_active"] < 0)
        dashboard.add_server(told["name"], machine, tag=told["tag"], server_id=told["id"])
    exchange = OLD_V0[name]
    async for client in client_of(dashboard, release="0.13.25"):
        path = exchange["request"]["path"].removeprefix("/api/v1")
        answer = await client.get(path, exchange["request"]["headers"])
        assert answer.status == exchange["status"]
        assert each_shape(answer.body) == each_shape(exchange["body"])
        if answer.body["code"]:
            assert answer.body == exchange["body"]


def text_of(page: str) -> list[str]:
    """Return what a reader sees of a page."""
    body = page[page.index("<body>") :]
    return [
        line.strip() for line in re.sub(r"<[^>]+>", "\n", body).split("\n") if line.strip().isascii() and line.strip()
    ]


@pytest.mark.parametrize("name", PROXY)
async def test_a_dashboard_past_a_proxy_answers_as_recorded(
    dashboard: Dashboard, name: str, socket_enabled: None
) -> None:
    exchange = PROXY[name]
    request = exchange["request"]
    async for client in client_of(dashboard, release="2.3.7"):
        client.simulator.firewall.real_ip_header = "CF-Connecting-IP"
        client.simulator.firewall.reject("198.51.100.7")
        path = request["path"].removeprefix("/api/v1")
        answer = await client.ask(request["method"], path, request["headers"], request.get("json"))
        assert answer.status == exchange["status"]
        assert answer.headers["Content-Type"] == exchange["headers"]["Content-Type"]
        if isinstance(exchange["body"], dict):
            assert answer.body == exchange["body"]
        else:
            assert text_of(answer.text) == text_of(exchange["body"])


@pytest.fixture
async def control(dashboard: Dashboard, clock: Clock, socket_enabled: None) -> AsyncGenerator[ModernClient]:
    """Return a client of a dashboard with four servers that were up for a minute, two services and a rule."""
    dashboard.tsdb = True
    clock.now = 1_795_687_385.0
    for number in range(1, 5):
        dashboard.add_server(f"edge-{number}", Machine(Host(boot_time=int(clock.now) - 80), seed=number))
    for name, failing in (("Self TCP", False), ("Down TCP", True)):
        service = dashboard.add_service(name)
        service.failing, service.trigger_tasks, service.recover_tasks = failing, [], []
    dashboard.add_rule("Monthly traffic", limit=10**12)
    credentials = dashboard.credentials
    credentials.add_access_token("nzp_exampleControlToken00000000000000")
    credentials.add_access_token(
        "nzp_exampleReadScopesToken000000000", ["nezha:inventory:read", "nezha:service:read", "nezha:cron:read"]
    )
    async for client in client_of(dashboard, release="2.3.7"):
        yield client


@pytest.mark.parametrize("name", sorted(CONTROL.keys() - NOT_SIMULATED))
async def test_a_dashboard_is_controlled_as_recorded(control: ModernClient, name: str) -> None:
    exchange = CONTROL[name]
    request = exchange["request"]
    headers = headers_for(control, name, request["headers"])
    path = request["path"].removeprefix("/api/v1")
    if name == "alert_rule_disabled":
        disabling = CONTROL["alert_rule_disable"]["request"]
        await control.ask("PATCH", "/alert-rule/1", disabling["headers"], disabling["json"])
    answer = await control.ask(request["method"], path, headers, request.get("json"))
    assert answer.status == exchange["status"]
    assert each_shape(answer.body) == each_shape(exchange["body"])
    same = ("error" in exchange["body"]) or name in {"force_update", "alert_rule_disable", "service_server"}
    if same:
        assert answer.body == exchange["body"]


async def test_a_disabled_rule_says_so_and_counts_no_more(control: ModernClient) -> None:
    headers = control.jwt()
    assert (await control.get("/service", headers)).body["data"]["cycle_transfer_stats"]
    disabling = CONTROL["alert_rule_disable"]["request"]
    await control.ask("PATCH", "/alert-rule/1", disabling["headers"], disabling["json"])
    (rule,) = (await control.get("/alert-rule", disabling["headers"])).body["data"]
    assert rule["enable"] is False
    assert rule["updated_at"] >= rule["created_at"]
    assert "cycle_transfer_stats" not in (await control.get("/service", headers)).body["data"]


async def test_a_service_is_what_was_entered(control: ModernClient) -> None:
    headers = CONTROL["service_list"]["request"]["headers"]
    form = CONTROL["service_update_without_scope"]["request"]["json"]
    listed = (await control.get("/service/list", headers)).body["data"]
    for notify in (True, False):
        answer = await control.ask("PATCH", "/service/1", headers, form | {"notify": notify})
        assert answer.body == {"success": True}
        first, *others = (await control.get("/service/list", headers)).body["data"]
        assert first.pop("notify", False) is notify
        stamps = dict.fromkeys(("created_at", "updated_at"))
        assert first | stamps == form | stamps
        assert others == listed[1:]
    # What is left out of a form is empty from then on.
    assert (await control.ask("PATCH", "/service/1", headers, {"name": "Bare", "type": 1})).body == {"success": True}
    bare = (await control.get("/service/list", headers)).body["data"][0]
    assert (bare["target"], bare["notification_group_id"], bare["skip_servers"]) == ("", 0, {})


async def test_a_service_that_is_none_is_refused(control: ModernClient) -> None:
    headers = CONTROL["service_list"]["request"]["headers"]
    form = CONTROL["service_update_without_scope"]["request"]["json"]
    unknown = await control.ask("PATCH", "/service/0", headers, form)
    assert (unknown.status, unknown.body) == (200, {"error": "service id 0 does not exist"})
    typeless = await control.ask("PATCH", "/service/0", headers, {"name": "none"})
    assert typeless.status == 200
    assert typeless.body["error"].startswith("invalid service monitor type 0")


async def test_a_minted_token_is_good_for_its_scopes_alone(control: ModernClient) -> None:
    pair = {"Cookie": "nz-csrf=abc", "X-CSRF-Token": "abc"}
    asked = CONTROL["api_token_create"]["request"]["json"]
    made = (await control.ask("POST", "/api-tokens", control.jwt() | pair, asked)).body["data"]
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert [(await control.get(path, headers)).status for path in ("/server", "/service", "/cron")] == [200, 200, 403]
    names = [token["name"] for token in (await control.get("/api-tokens", control.jwt())).body["data"]]
    assert names[-1] == asked["name"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"name": " ", "scopes": ["nezha:cron:read"]}, "name required"),
        ({"name": "x", "scopes": []}, "at least one scope required"),
        ({"name": "x" * 129, "scopes": ["nezha:cron:read"]}, "name too long (max 128 chars)"),
    ],
)
async def test_a_token_is_not_made_without_sense(control: ModernClient, body: Any, error: str) -> None:
    pair = {"Cookie": "nz-csrf=abc", "X-CSRF-Token": "abc"}
    assert (await control.ask("POST", "/api-tokens", control.jwt() | pair, body)).body == {"error": error}
    assert (await control.ask("POST", "/api-tokens", control.jwt(), body)).status == 403


@pytest.mark.parametrize("release", ["v2.1.0"])
async def test_a_scope_that_is_not_known_yet_cannot_be_given(client: ModernClient) -> None:
    pair = {"Cookie": "nz-csrf=abc", "X-CSRF-Token": "abc"}
    body = {"name": "Home Assistant", "scopes": ["nezha:inventory:read"]}
    answer = await client.ask("POST", "/api-tokens", client.jwt() | pair, body)
    assert answer.body == {"error": "unknown scope: nezha:inventory:read"}


@pytest.mark.parametrize("release", RELEASES)
async def test_a_new_rule_has_counted_nothing(client: ModernClient, release: str) -> None:
    rule = client.simulator.dashboard.add_rule("New")
    rule.counting = False
    stats = (await client.get("/service", client.jwt())).body["data"]["cycle_transfer_stats"]
    assert {"transfer", "server_name", "next_update"} <= stats["1"].keys()
    assert stats[str(rule.id)].keys() == {"name", "from", "to", "max", "min"}


@pytest.mark.parametrize(
    ("release", "forced"), [("v1.4.9", False), ("v1.7.6", True), ("v2.0.0", True), ("v2.1.0", True)]
)
async def test_a_credential_may_be_demanded_of_everybody(client: ModernClient, forced: bool) -> None:
    client.simulator.dashboard.force_auth = True
    assert ("error" in (await client.get("/server-group")).body) == forced
    assert "error" not in (await client.get("/setting")).body
    if forced:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.look_on()
    async with await client.look_on(client.jwt()) as onlooker:
        assert (await onlooker.frame())["servers"]


async def test_metrics_are_of_the_machine_and_guests_get_a_day(control: ModernClient, clock: Clock) -> None:
    clock.tick(40 * 86_400)
    path = "/server/1/metrics?metric=memory&period={}"
    counts = {}
    for period in ("1d", "7d", "30d"):
        told = (await control.get(path.format(period), control.jwt())).body["data"]["data_points"]
        counts[period] = len(told)
        assert all(0 < point["value"] < 4 * 1024**3 for point in told)
    assert counts == {"1d": 2_880, "7d": 336, "30d": 360}
    guests = [(await control.get(path.format(period))).body for period in ("1d", "7d", "1h")]
    assert "error" not in guests[0]
    assert guests[1]["error"].startswith("unauthorized")
    assert guests[2]["error"].startswith("invalid period")


def test_every_recorded_exchange_is_held_against_it() -> None:
    assert {release: len(exchanges) for release, exchanges in RELEASES.items()} == {
        "v1.0.0": 20,
        "v1.4.9": 20,
        "v1.7.6": 20,
        "v2.0.0": 20,
        "v2.1.0": 25,
    }
    assert (len(OLD_V0), len(PROXY), len(CONTROL)) == (4, 9, 31)
    assert CONTROL.keys() > NOT_SIMULATED


@pytest.mark.parametrize(
    ("text", "written", "generation"),
    [("1.4.9", "1.4.9", "v1"), ("v2.0.13", "2.0.13", "v2"), (FINAL, FINAL, "v0"), ("0.13.25", "0.13.25", "v0")],
)
def test_a_release_is_read_and_written(text: str, written: str, generation: str) -> None:
    release = Release.parse(text)
    assert (str(release), release.generation) == (written, generation)


@pytest.mark.parametrize("text", ["", "1.4", "v1.x.0", "3.0.0", "final"])
def test_what_is_no_release_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="release"):
        Release.parse(text)


def test_releases_are_in_order() -> None:
    texts = ["0.13.25", FINAL, "1.0.0", "1.0.22", "1.14.14", "2.0.9", "2.0.14", "2.3.7"]
    releases = [Release.parse(text) for text in texts]
    assert releases == sorted(releases)
    assert [release.has(Trait.TASKS_BY_POST) for release in releases[-2:]] == [True, True]
    assert [release.has(Trait.SECRETS_IN_SETTINGS) for release in releases[2:5]] == [True, True, False]
