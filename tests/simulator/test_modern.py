"""Who may ask a v1 or v2 dashboard, what it blocks, and the turns that the recorded stories took."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
import re
import time
from typing import Any

import pytest

from simulator import CYCLES_DELAY, RECONNECT_DELAY, SCOPES, Cycle, Dashboard, Server, ServiceKind, populate

from .conftest import Clock
from .modern import PAT, ModernClient

BOTH = pytest.mark.parametrize("generation", ["v1", "v2"])
V1 = pytest.mark.parametrize("generation", ["v1"])
UNAUTHORISED = {"error": "ApiErrorUnauthorized"}
ZERO = "0001-01-01T00:00:00Z"

type Look = Callable[[], Awaitable[dict[str, Any]]]


@pytest.fixture
def alpha(dashboard: Dashboard, modern: ModernClient) -> Server:
    """Return a server that reports."""
    return dashboard.add_server("alpha")


@pytest.fixture
def look(modern: ModernClient, alpha: Server) -> Look:
    """Return a function that asks for alpha."""

    async def ask() -> dict[str, Any]:
        return (await modern.servers())[alpha.id]

    return ask


@BOTH
async def test_a_login_gives_a_jwt_for_an_hour(modern: ModernClient, generation: str) -> None:
    answer = await modern.log_in()
    assert answer.body["success"] is True
    token, expire = answer.body["data"]["token"], answer.body["data"]["expire"]
    assert parsedate_to_datetime(answer.headers["Date"]) + timedelta(hours=1) == datetime.fromisoformat(expire)
    assert re.fullmatch(r"[-\d]{10}T[:\d]{8}Z", expire)
    assert (await modern.get("/server", {"Authorization": f"Bearer {token}"})).body["success"] is True


@pytest.mark.parametrize(("generation", "names"), [("v1", {"nz-jwt"}), ("v2", {"nz-jwt", "nz-csrf"})])
async def test_a_login_sets_cookies(modern: ModernClient, names: set[str]) -> None:
    body = {"username": "admin", "password": "demo-password"}
    async with modern.session.post(f"{modern.simulator.url}/api/v1/login", json=body) as response:
        assert set(response.cookies) == names
        jwt = response.cookies["nz-jwt"].value
    assert (await modern.get("/server", {"Cookie": f"nz-jwt={jwt}"})).body["success"] is True


@BOTH
async def test_a_jwt_ends(modern: ModernClient, clock: Clock) -> None:
    headers = modern.jwt()
    clock.tick(3_599)
    assert (await modern.get("/server", headers)).body == {"success": True}
    clock.tick(1)
    refused = await modern.get("/server", headers)
    assert (refused.status, refused.body) == (200, UNAUTHORISED)
    modern.simulator.dashboard.credentials.jwt_life = 10
    headers = modern.jwt()
    clock.tick(10)
    assert (await modern.get("/server", headers)).body == UNAUTHORISED


@BOTH
async def test_jwts_can_be_revoked_and_no_firewall_minds(modern: ModernClient) -> None:
    headers = modern.jwt()
    modern.simulator.dashboard.credentials.revoke_jwts()
    assert (await modern.get("/cron", headers)).body == UNAUTHORISED
    assert not modern.simulator.firewall.rejections
    assert headers["Authorization"] != modern.jwt()["Authorization"]


@BOTH
@pytest.mark.parametrize("body", [None, [], {}, {"username": "admin"}, {"username": "admin", "password": ["x"]}])
async def test_a_login_without_a_password_is_refused(modern: ModernClient, body: Any) -> None:
    answer = await modern.ask("POST", "/login", body=body)
    assert (answer.status, answer.body) == (200, UNAUTHORISED)


@pytest.mark.parametrize("path", ["/service", "/service/list", "/cron"])
async def test_a_scope_that_is_missing_is_named(modern: ModernClient, path: str) -> None:
    modern.simulator.dashboard.credentials.add_access_token("nzp_narrow", ["nezha:inventory:read"])
    answer = await modern.get(path, {"Authorization": "Bearer nzp_narrow"})
    scope = "nezha:cron:read" if path == "/cron" else "nezha:service:read"
    error = f"ApiErrorForbidden: api token lacks scope {scope}"
    assert (answer.status, answer.body) == (403, {"error": error})
    assert modern.simulator.dashboard.credentials.refusals == {error: 1}
    assert not modern.simulator.firewall.rejections


async def test_no_server_without_the_scope_for_it_not_even_live(modern: ModernClient) -> None:
    modern.simulator.dashboard.credentials.add_access_token("nzp_other", set(SCOPES) - {"nezha:inventory:read"})
    headers = {"Authorization": "Bearer nzp_other"}
    assert [(await modern.get(path, headers)).status for path in ("/server", "/server-group", "/ws/server")] == [
        403
    ] * 3


async def test_running_no_task_tells_whether_one_may(modern: ModernClient) -> None:
    allowed = await modern.ask("POST", "/cron/0/manual", PAT)
    assert (allowed.status, allowed.body) == (200, {"error": "task id 0 does not exist"})
    modern.simulator.dashboard.credentials.add_access_token("nzp_reader", ["nezha:cron:read"])
    refused = await modern.ask("POST", "/cron/0/manual", {"Authorization": "Bearer nzp_reader"})
    assert refused.status == 403


async def test_a_token_may_be_limited_to_some_servers(modern: ModernClient) -> None:
    dashboard = modern.simulator.dashboard
    populate(dashboard)
    dashboard.credentials.add_access_token("nzp_two", servers=[2, 5])
    headers = {"Authorization": "Bearer nzp_two"}
    assert list(await modern.servers(headers)) == [2, 5]
    async with await modern.look_on(headers) as onlooker:
        assert [server["id"] for server in (await onlooker.frame())["servers"]] == [2, 5]
    groups = (await modern.get("/server-group", headers)).body["data"]
    assert {member for group in groups for member in group["servers"]} == {2}
    dashboard.credentials.remove_access_token("nzp_two")
    assert (await modern.get("/server", headers)).status == 401


@V1
async def test_v1_knows_no_tokens(modern: ModernClient) -> None:
    answer = await modern.get("/server", PAT)
    assert (answer.status, answer.body) == (200, UNAUTHORISED)


async def test_a_post_with_a_jwt_wants_its_csrf_pair(modern: ModernClient, clock: Clock) -> None:
    task = modern.simulator.dashboard.add_task("Say hi")
    path, jwt = f"/cron/{task.id}/manual", modern.jwt()
    pair = {"Cookie": "nz-csrf=abc", "X-CSRF-Token": "abc"}
    for lacking in ({}, {"Cookie": "nz-csrf=abc"}, {"X-CSRF-Token": "abc"}, pair | {"X-CSRF-Token": "abd"}):
        assert (await modern.ask("POST", path, jwt | lacking)).status == 403
    assert not task.runs
    assert (await modern.ask("POST", path, jwt | pair)).body == {"success": True}
    assert (await modern.ask("POST", path, PAT)).body == {"success": True}
    assert task.runs == [clock.now, clock.now]


@pytest.mark.parametrize(("generation", "method", "wrong"), [("v1", "GET", "POST"), ("v2", "POST", "GET")])
async def test_a_task_is_run_with_the_generations_method(
    modern: ModernClient, generation: str, method: str, wrong: str
) -> None:
    task = modern.simulator.dashboard.add_task("Say hi")
    headers = PAT if generation == "v2" else modern.jwt()
    assert (await modern.ask(wrong, "/cron/1/manual", headers)).status == 404
    before = (await modern.get("/cron", headers)).body["data"][0]
    assert before["last_executed_at"] == ZERO
    assert "last_result" not in before
    assert (await modern.ask(method, "/cron/1/manual", headers)).body == {"success": True}
    after = (await modern.get("/cron", headers)).body["data"][0]
    assert (after["last_executed_at"], after["last_result"]) == ("2026-11-23T16:26:40Z", True)
    task.succeeds = False
    await modern.ask(method, "/cron/1/manual", headers)
    assert "last_result" not in (await modern.get("/cron", headers)).body["data"][0]


@BOTH
@pytest.mark.parametrize("path", ["/server/list", "/server/details", "/nowhere", "/cron/x/manual"])
async def test_an_unknown_path_is_told_in_json(modern: ModernClient, path: str) -> None:
    answer = await modern.get(path)
    assert (answer.status, answer.body) == (404, {"error": "404 Not Found"})


@pytest.mark.parametrize(("generation", "has_tsdb"), [("v1", False), ("v2", True)])
async def test_the_generation_is_told_without_a_credential(modern: ModernClient, has_tsdb: bool) -> None:
    data = (await modern.get("/setting")).body["data"]
    assert data["config"]["site_name"] == "Simulated Nezha"
    assert ("tsdb_enabled" in data) == has_tsdb


@BOTH
async def test_a_guest_gets_less_and_no_list(modern: ModernClient) -> None:
    populate(modern.simulator.dashboard)
    for headers in ({}, {"Authorization": "Bearer eyJ.expired"}):
        assert (await modern.get("/server", headers)).body == UNAUTHORISED
        assert (await modern.get("/service", headers)).body["data"]["services"]["1"]["service_name"] == "Website"
        async with await modern.look_on(headers) as onlooker:
            servers = (await onlooker.frame())["servers"]
        assert {server["id"] for server in servers} == {1, 2, 3, 4, 6, 7, 8}
        assert not any({"version", "platform_version"} & server["host"].keys() for server in servers)
    assert not modern.simulator.firewall.rejections


@BOTH
@pytest.mark.parametrize("count", [1, 2, 3])
async def test_the_firewall_blocks_for_longer_and_longer(modern: ModernClient, clock: Clock, count: int) -> None:
    for _ in range(count):
        modern.simulator.firewall.reject("127.0.0.1")
    blocked = max(count**4, 3)
    for _ in range(3):
        clock.tick(blocked / 3 - 0.01)
        for path in ("/server", "/ws/server", "/nowhere"):
            answer = await modern.get(path, PAT)
            assert (answer.status, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert modern.simulator.firewall.turned_away == 9
    clock.tick(0.05)
    assert (await modern.log_in()).body["success"] is True


@BOTH
async def test_a_wrong_password_is_a_rejection(modern: ModernClient, clock: Clock) -> None:
    assert (await modern.log_in(password="wrong")).body == UNAUTHORISED
    assert (await modern.log_in()).status == 403
    clock.tick(3)
    assert (await modern.log_in(username="nobody")).body == UNAUTHORISED
    clock.tick(15.9)
    assert (await modern.log_in()).status == 403
    assert modern.simulator.firewall.rejections == {"127.0.0.1": 2}
    modern.simulator.firewall.clear()
    assert (await modern.log_in()).body["success"] is True
    assert [request.text.count('"wrong"') for request in modern.simulator.requests] == [1, 0, 0, 0, 0]


async def test_a_wrong_token_is_a_rejection_unless_the_firewall_is_off(modern: ModernClient) -> None:
    modern.simulator.firewall.enabled = False
    for _ in range(3):
        answer = await modern.get("/setting", {"Authorization": "Bearer nzp_wrong"})
        assert (answer.status, answer.body) == (401, {"error": "ApiErrorUnauthorized: invalid api token"})
    modern.simulator.firewall.enabled = True
    assert modern.simulator.firewall.blocked_for("127.0.0.1") == 81


async def test_a_dashboard_past_its_proxy_says_so(modern: ModernClient) -> None:
    modern.simulator.faults.set("real_ip_missing")
    answer = await modern.get("/server", PAT)
    assert (answer.status, answer.body) == (200, {"error": "real ip header not found"})


async def test_a_fault_may_concern_some_paths_only(modern: ModernClient) -> None:
    modern.simulator.faults.set("html_502", path="/ws/")
    assert (await modern.get("/server", PAT)).status == 200
    assert (await modern.get("/ws/server", PAT)).status == 502


@BOTH
async def test_silence_keeps_the_state_and_the_time_on_v1_only(
    look: Look, alpha: Server, clock: Clock, generation: str
) -> None:
    before = await look()
    alpha.machine.silent = True
    clock.tick(60)
    after = await look()
    assert after["state"] == before["state"]
    assert after["last_active"] == (before["last_active"] if generation == "v1" else ZERO)
    alpha.machine.silent = False
    clock.tick(2)
    back = await look()
    assert back["last_active"] > before["last_active"]
    assert back["host"] == before["host"]
    assert back["state"]["uptime"] > before["state"]["uptime"]


@BOTH
async def test_a_reboot_blanks_the_state_on_v2_only(look: Look, alpha: Server, clock: Clock, generation: str) -> None:
    before = await look()
    clock.tick(0.1)
    alpha.machine.reboot()
    moment = await look()
    assert moment["host"]["boot_time"] > before["host"]["boot_time"]
    expected = (before["state"], before["last_active"]) if generation == "v1" else ({}, ZERO)
    assert (moment["state"], moment["last_active"]) == expected
    clock.tick(2)
    after = await look()
    assert after["state"]["uptime"] == 2
    assert after["state"]["net_in_transfer"] < before["state"]["net_in_transfer"]


async def test_a_boot_time_that_jitters_is_no_reboot(look: Look, alpha: Server, clock: Clock) -> None:
    alpha.machine.boot_jitter = 2
    for _ in range(10):
        clock.tick(1)
        assert (await look())["state"]


@BOTH
async def test_a_restart_blanks_everything(look: Look, alpha: Server, dashboard: Dashboard, clock: Clock) -> None:
    before = await look()
    dashboard.restart()
    blank = await look()
    assert (blank["host"], blank["state"], blank["last_active"], blank["geoip"]) == ({}, {}, ZERO, {"ip": {}})
    assert (blank["uuid"], blank["created_at"]) == (before["uuid"], before["created_at"])
    clock.tick(RECONNECT_DELAY + 2)
    connected = await look()
    assert (connected["host"], connected["state"]) == (before["host"], {})
    clock.tick(2)
    assert (await look())["state"]


@BOTH
async def test_a_deleted_server_registers_anew(
    modern: ModernClient, alpha: Server, dashboard: Dashboard, clock: Clock, generation: str
) -> None:
    before = (await modern.servers())[1]
    dashboard.add_group("Edge", [1])
    dashboard.remove_server(1)
    clock.tick(3)
    assert await modern.servers() == {}
    clock.tick(3)
    assert list(await modern.servers()) == ([2] if generation == "v1" else [])
    clock.tick(600)
    dashboard.restart()
    clock.tick(RECONNECT_DELAY + 5)
    (again,) = (await modern.servers()).values()
    assert (again["id"], again["uuid"]) == (2, before["uuid"])
    assert again["name"] != "alpha"
    assert again["created_at"] > before["created_at"]
    assert again["state"]["net_in_transfer"] > before["state"]["net_in_transfer"]
    assert (await modern.get("/server-group")).body["data"][0]["servers"] == []


async def test_a_deleted_server_registers_when_its_agent_next_connects(
    modern: ModernClient, alpha: Server, dashboard: Dashboard, clock: Clock
) -> None:
    dashboard.remove_server(1)
    clock.tick(3_600)
    assert await modern.servers() == {}
    alpha.machine.silent = True
    clock.tick(10)
    alpha.machine.silent = False
    clock.tick(2)
    assert list(await modern.servers()) == [2]


@BOTH
async def test_a_deleted_server_can_be_put_back(modern: ModernClient, alpha: Server, dashboard: Dashboard) -> None:
    dashboard.remove_server(1)
    dashboard.add_server("alpha", alpha.machine, server_id=1)
    dashboard.restart()
    assert list(await modern.servers()) == [1]


async def test_servers_come_by_their_place(modern: ModernClient, dashboard: Dashboard) -> None:
    for place in (0, 0, 7):
        dashboard.add_server("any", display_index=place)
    assert list(await modern.servers()) == [3, 1, 2]


async def test_another_users_server_is_live_but_not_listed(modern: ModernClient, dashboard: Dashboard) -> None:
    dashboard.add_server("mine")
    dashboard.add_server("theirs", foreign=True)
    assert list(await modern.servers()) == [1]
    async with await modern.look_on(PAT) as onlooker:
        mine, theirs = (await onlooker.frame())["servers"]
    assert "version" in mine["host"]
    assert "version" not in theirs["host"]


async def test_probes_are_made_and_remembered_by_the_day(modern: ModernClient, clock: Clock) -> None:
    dashboard = modern.simulator.dashboard
    web = dashboard.add_service("Web", ServiceKind.HTTP, probed=3)
    dashboard.add_service("New", probed=0)
    clock.tick(300)

    async def ask(number: int = 1) -> dict[str, Any]:
        told: dict[str, Any] = (await modern.get("/service")).body["data"]["services"][str(number)]
        return told

    told = await ask()
    assert (told["current_up"], told["current_down"], told["total_up"], told["total_down"]) == (13, 0, 13, 0)
    assert 19 < told["delay"][29] < 31
    web.failing = True
    clock.tick(86_400)
    told = await ask()
    assert (told["current_up"], told["current_down"], told["up"][28], told["up"][29]) == (0, 30, 13, 0)
    assert told["down"][29] > 1_000
    blank = await ask(2)
    assert (blank["current_up"], blank["current_down"], blank["total_up"], blank["total_down"]) == (0, 0, 0, 0)
    dashboard.restart()
    told = await ask()
    assert (told["current_up"], told["current_down"], told["total_up"]) == (0, 0, 13)


@V1
async def test_v1_shows_what_it_is_told_to(modern: ModernClient) -> None:
    service = modern.simulator.dashboard.add_service("Web")
    service.shown = False
    assert (await modern.get("/service")).body == {"success": True, "data": {}}


async def test_traffic_is_counted_by_rule_and_server(modern: ModernClient, dashboard: Dashboard, clock: Clock) -> None:
    alpha = dashboard.add_server("alpha")
    dashboard.add_server("beta", hide_for_guest=True)
    dashboard.add_rule("Monthly", limit=10**12)
    dashboard.add_rule("Weekly", cycle=Cycle.WEEK, servers=[1])

    async def ask(headers: dict[str, str] = PAT) -> dict[str, Any]:
        told: dict[str, Any] = (await modern.get("/service", headers)).body["data"].get("cycle_transfer_stats", {})
        return told

    told = await ask()
    assert (told["1"]["from"], told["1"]["to"]) == ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    assert (told["2"]["from"], told["2"]["to"], told["2"]["max"]) == ("2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z", 0)
    assert (list(told["1"]["transfer"]), list(told["2"]["transfer"])) == (["1", "2"], ["1"])
    assert list((await ask({}))["1"]["transfer"]) == ["1"]
    clock.tick(1_790)
    assert (await ask())["1"]["transfer"]["1"] == 0
    clock.tick(20)
    counted = (await ask())["1"]["transfer"]["1"]
    assert counted > 0
    alpha.machine.reboot()
    clock.tick(1_830)
    assert (await ask())["1"]["transfer"]["1"] > counted
    dashboard.restart()
    assert await ask() == {}
    clock.tick(CYCLES_DELAY)
    assert set(await ask()) == {"1", "2"}
    clock.tick(8 * 86_400)
    assert (await ask())["1"]["to"] == "2027-01-01T00:00:00Z"


async def test_a_dashboard_can_be_upgraded_on_its_port(modern: ModernClient, alpha: Server) -> None:
    url, before = modern.simulator.url, await modern.servers()
    for generation, status in (("v1", 200), ("v0", 404), ("v2", 200)):
        await modern.simulator.switch(generation)
        assert modern.simulator.url == url
        assert (await modern.get("/setting")).status == status
    assert await modern.servers() == before


@BOTH
async def test_the_wrong_clock_is_in_every_time(modern: ModernClient, alpha: Server, clock: Clock) -> None:
    modern.simulator.faults.set("clock_ahead")
    server = (await modern.servers())[1]
    assert server["last_active"].startswith("2026-11-23T17:26:")
    assert server["host"]["boot_time"] < clock.now


async def test_credentials_come_and_go(modern: ModernClient, clock: Clock) -> None:
    credentials = modern.simulator.dashboard.credentials
    credentials.add_user("eve", "secret")
    assert (await modern.log_in("eve", "secret")).body["success"] is True
    credentials.remove_user("eve")
    assert (await modern.log_in("eve", "secret")).body == UNAUTHORISED
    with pytest.raises(ValueError, match="nzp_"):
        credentials.add_access_token("token")


@BOTH
async def test_three_thousand_servers_are_told_within_a_second(modern: ModernClient, generation: str) -> None:
    populate(modern.simulator.dashboard, 3_000)
    begun = time.process_time()
    assert len(await modern.servers()) == 3_000
    assert time.process_time() - begun < 1
    async with await modern.look_on(modern.jwt()) as onlooker:
        begun = time.process_time()
        assert len((await onlooker.frame())["servers"]) == 3_000
        assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("name", "is_spoilt"),
    [
        ("text_for_numbers", lambda server: server["state"]["cpu"] == "many"),
        ("null_objects", lambda server: server["host"] is None and server["geoip"] is None),
        ("empty_objects", lambda server: server["host"] == server["state"] == {}),
        ("id_missing", lambda server: "id" not in server),
    ],
)
async def test_a_fault_finds_its_server(
    modern: ModernClient, name: str, is_spoilt: Callable[[dict[str, Any]], bool]
) -> None:
    populate(modern.simulator.dashboard, 8)
    modern.simulator.faults.set(name)
    servers = (await modern.get("/server", PAT)).body["data"]
    assert [is_spoilt(server) for server in servers if server.get("name") != "never-installed"].count(True) == 1
