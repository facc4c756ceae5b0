"""What a v1 or v2 dashboard answers becomes models: as recorded, and as it should never come."""

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest

from custom_components.nezha.api import (
    AuthenticationError,
    BlockedError,
    Frame,
    GatewayError,
    Generation,
    Host,
    Kind,
    MissingScopeError,
    NezhaError,
    ProtocolError,
    PublicNote,
    Report,
    ServerError,
    Service,
    Snapshot,
    State,
    Task,
    Temperature,
    TrafficCycle,
    identify,
)
from custom_components.nezha.api.credentials import AccessToken, Password
from custom_components.nezha.api.errors import HandshakeError, ReportedError, RequestTimeoutError
from custom_components.nezha.api.transport import Reply, Transport
from custom_components.nezha.api.v1 import BackendV1
from custom_components.nezha.api.v1_decode import FrameDecoder
from custom_components.nezha.fleet import Fleet

decode_frame = FrameDecoder()

RECORDINGS = Path(__file__).parents[1] / "recordings"
GENERATIONS = ("v1", "v2")
DATE = "Mon, 23 Nov 2026 16:26:41 GMT"
NOW = 1_795_451_201
YEAR_ONE = "0001-01-01T00:00:00Z"
LAST_SECOND = 253_402_300_799
PAGE = b"<!DOCTYPE html>\n<html><head><title>Blocked</title></head></html>\n"
NO_SCOPE = "ApiErrorForbidden: api token lacks scope {}"

HOST_FIELDS = {
    "platform": "platform",
    "platform_version": "platform_version",
    "memory_total": "mem_total",
    "disk_total": "disk_total",
    "swap_total": "swap_total",
    "arch": "arch",
    "virtualization": "virtualization",
    "boot_time": "boot_time",
    "agent_version": "version",
}
TEXTS = {"platform", "platform_version", "arch", "virtualization", "agent_version"}
STATE_FIELDS = {
    "cpu": "cpu",
    "memory_used": "mem_used",
    "swap_used": "swap_used",
    "disk_used": "disk_used",
    "net_in_transfer": "net_in_transfer",
    "net_out_transfer": "net_out_transfer",
    "net_in_speed": "net_in_speed",
    "net_out_speed": "net_out_speed",
    "uptime": "uptime",
    "load_1": "load_1",
    "load_5": "load_5",
    "load_15": "load_15",
    "tcp_connections": "tcp_conn_count",
    "udp_connections": "udp_conn_count",
    "processes": "process_count",
}
SERVER = {
    "id": 1,
    "created_at": "2026-11-23T16:26:11.938112048Z",
    "updated_at": "2026-11-23T16:26:19.982598732Z",
    "name": "alpha",
    "uuid": "uuid-1",
    "note": "private note",
    "public_note": '{"billingDataMod":{"amount":"0"}}',
    "display_index": 0,
    "host": {
        "platform": "ubuntu",
        "platform_version": "24.04",
        "cpu": ["AMD EPYC"],
        "mem_total": 8_589_934_592,
        "disk_total": 171_798_691_840,
        "swap_total": 2_147_483_648,
        "arch": "x86_64",
        "virtualization": "kvm",
        "boot_time": NOW - 1_000,
        "version": "2.3.3",
        "gpu": ["NVIDIA L4"],
    },
    "state": dict.fromkeys(STATE_FIELDS.values(), 1)
    | {"uptime": 998, "temperatures": [{"Name": "cpu", "Temperature": 51.5}], "gpu": [33.3]},
    "geoip": {"ip": {"ipv4_addr": "198.51.100.1", "ipv6_addr": "2001:db8::1"}, "country_code": "jp"},
    "last_active": "2026-11-23T16:26:39.5Z",
}
SERVICE = {
    "service_name": "Self TCP",
    "current_up": 1,
    "current_down": 0,
    "delay": [0, 0.25],
    "up": [0, 10],
    "down": [0, 0],
}
CYCLE = {
    "name": "Monthly traffic",
    "from": "2026-11-01T00:00:00Z",
    "to": "2026-12-01T00:00:00Z",
    "max": 10**12,
    "transfer": {"1": 5},
}
TASK = {"id": 1, "name": "Say hi", "last_executed_at": "2026-11-23T03:00:00Z", "last_result": True}
GROUP = {"group": {"id": 1, "name": "Edge"}, "servers": [1]}
SERVICES = {"services": {"1": SERVICE}, "cycle_transfer_stats": {"1": CYCLE}}
FRAME = {
    "now": NOW * 1_000,
    "online": 1,
    "servers": [{key: SERVER[key] for key in ("id", "name", "host", "state", "last_active")}],
}

SERVER_LIST, GROUPS, SERVICE_LIST, TASKS = "server", "server-group", "service", "cron"


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the client knows nothing of it."""


def data(value: object) -> Any:
    """Return a successful answer."""
    return {"success": True, "data": value}


def reply(body: Any, status: int = 200, date: str | None = DATE) -> Reply:
    """Return an answer; bytes stand as they are."""
    return Reply(status=status, body=body if isinstance(body, bytes) else json.dumps(body).encode(), date=date)


def error(text: str, status: int = 200) -> Reply:
    """Return an answer with an error."""
    return reply({"error": text}, status)


class Scripted:
    """Stands in for the transport: an answer, or an error to raise, by path."""

    def __init__(self, answers: Mapping[str, Any] | None = None) -> None:
        self.answers: dict[str, Any] = {
            SERVER_LIST: reply(data([SERVER])),
            GROUPS: reply(data([GROUP])),
            SERVICE_LIST: reply(data(SERVICES)),
            TASKS: reply(data([TASK])),
            "cron/0/manual": error("task id 0 does not exist"),
        } | dict(answers or {})
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    async def get(self, path: str, headers: Mapping[str, str], method: str = "GET") -> Reply:
        path = path.removeprefix("api/v1/")
        self.asked.append((method, path, dict(headers)))
        answer = self.answers.get(f"{method} {path}") or self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def post(self, path: str, headers: Mapping[str, str], json: object = None) -> Reply:
        return await self.get(path, headers, "POST")

    async def connect(self, path: str, headers: Mapping[str, str]) -> Any:
        return await self.get(path, headers, "WS")

    @property
    def paths(self) -> Counter[str]:
        """Count the requests by path."""
        return Counter(path for _, path, _ in self.asked)


def backend(transport: Scripted, *, run_by_get: bool = False) -> BackendV1:
    """Return a client with a token."""
    return BackendV1(transport, AccessToken("nzp_token"), run_by_get=run_by_get)


async def decode(**answers: Any) -> Snapshot:
    """Read what the dashboard answers; what is not given is good."""
    given_paths = {name.replace("_", "-"): answer for name, answer in answers.items()}
    return await backend(Scripted(given_paths)).snapshot()


async def decode_servers(*servers: Any) -> Snapshot:
    """Read a list of these servers."""
    return await decode(server=reply(data(servers)))


def recording(generation: str, name: str) -> dict[str, Any]:
    """Return a recorded exchange."""
    return json.loads((RECORDINGS / generation / f"{name}.json").read_text(encoding="utf-8"))


def recorded_reply(generation: str, name: str) -> Reply:
    """Return a recorded answer."""
    exchange = recording(generation, name)
    return reply(exchange["body"], exchange["status"], exchange["headers"]["Date"])


async def decode_recordings(generation: str) -> Snapshot:
    """Read a generation's recorded answers."""
    transport = Scripted(
        {
            SERVER_LIST: recorded_reply(generation, "server"),
            GROUPS: recorded_reply(generation, "server_group"),
            SERVICE_LIST: recorded_reply(generation, "service"),
            TASKS: recorded_reply(generation, "cron"),
        }
    )
    return await backend(transport).snapshot()


def seconds_of(time: str) -> int | None:
    """Return the unix seconds of a time on the wire, cut."""
    return None if time == YEAR_ONE else int(datetime.fromisoformat(time).timestamp())


def state_of(raw: dict[str, Any]) -> State | None:
    """Return what a recorded state says; absent is 0."""
    if not raw:
        return None
    return State(
        **{field: raw.get(key, 0) for field, key in STATE_FIELDS.items()},
        temperatures=tuple(
            Temperature(name=each["Name"], celsius=each["Temperature"]) for each in raw.get("temperatures", ())
        ),
        gpu=tuple(raw.get("gpu", ())),
    )


@pytest.mark.parametrize("generation", GENERATIONS)
class TestRecordedAnswers:
    """Every recorded exchange is read."""

    async def test_every_server_with_every_field(self, generation: str) -> None:
        snapshot = await decode_recordings(generation)
        recorded = recording(generation, "server")["body"]["data"]
        assert snapshot.complete
        assert snapshot.now == NOW + (4 if generation == "v2" else 0)
        assert snapshot.servers.keys() == {each["uuid"] for each in recorded}
        for raw in recorded:
            decoded = snapshot.servers[raw["uuid"]]
            addresses, host = raw["geoip"]["ip"], raw["host"]
            assert (decoded.identity, decoded.number, decoded.name) == (raw["uuid"], raw["id"], raw["name"])
            assert (decoded.ipv4, decoded.ipv6) == (addresses.get("ipv4_addr", ""), addresses.get("ipv6_addr", ""))
            assert decoded.country == ""
            assert decoded.last_active == seconds_of(raw["last_active"])
            assert decoded.state == state_of(raw["state"])
            assert decoded.host == Host(
                **{field: host.get(key, "" if field in TEXTS else 0) for field, key in HOST_FIELDS.items()},
                cpu=tuple(host["cpu"]),
                gpu=tuple(host.get("gpu", ())),
            )
            assert bool(decoded.public_note.billing) == ("public_note" in raw)

    async def test_the_recorded_fleet_has_all_kinds_of_servers(self, generation: str) -> None:
        """Otherwise the test above would show less than it seems to."""
        servers = (await decode_recordings(generation)).servers.values()
        assert any(each.state is None and each.last_active is None for each in servers)
        assert any(each.state and each.state.temperatures for each in servers)
        assert any(each.state and each.state.gpu == (33.3, 0) for each in servers)
        assert any(each.state and each.state.net_in_transfer == each.state.udp_connections == 0 for each in servers)
        assert any(each.public_note.billing for each in servers)

    async def test_a_server_is_in_several_groups(self, generation: str) -> None:
        servers = {each.number: each for each in (await decode_recordings(generation)).servers.values()}
        assert servers[1].groups == ("Edge", "Solo")
        assert {servers[number].groups for number in range(2, 11)} == {("Edge",)}

    async def test_services(self, generation: str) -> None:
        services = (await decode_recordings(generation)).services
        if generation == "v1":
            assert services == {}
            return
        none = (0,) * 29
        assert services == {
            1: Service(
                number=1,
                name="Self TCP",
                current_up=1,
                current_down=0,
                delay=(*none, 0.25459999665617944),
                up=(*none, 10),
                down=(*none, 0),
            ),
            2: Service(
                number=2,
                name="Down TCP",
                current_up=0,
                current_down=1,
                delay=(*none, 0),
                up=(*none, 0),
                down=(*none, 10),
            ),
        }

    async def test_traffic_cycles(self, generation: str) -> None:
        recorded = recording(generation, "service")["body"]["data"]["cycle_transfer_stats"]["1"]
        assert (await decode_recordings(generation)).cycles == {
            1: TrafficCycle(
                number=1,
                name="Monthly traffic",
                start=datetime(2026, 11, 1, tzinfo=UTC),
                end=datetime(2026, 12, 1, tzinfo=UTC),
                limit=10**12,
                used={int(number): used for number, used in recorded["transfer"].items()},
                next_count={int(number): datetime.fromisoformat(at) for number, at in recorded["next_update"].items()},
            )
        }

    async def test_tasks(self, generation: str) -> None:
        snapshot = await decode_recordings(generation)
        assert snapshot.tasks == {1: Task(number=1, name="Say hi", last_run=None, last_result=False)}
        assert snapshot.runs_tasks

    @pytest.mark.parametrize("name", ["ws", "ws_anonymous"])
    async def test_every_frame(self, generation: str, name: str) -> None:
        recorded = recording(generation, name)["frames"]
        assert len(recorded) == 2
        for raw in recorded:
            assert await decode_frame(raw) == Frame(
                now=raw["now"] // 1_000,
                reports={
                    each["id"]: Report(
                        last_active=seconds_of(each["last_active"]),
                        boot_time=each["host"]["boot_time"],
                        state=state_of(each["state"]),
                    )
                    for each in raw["servers"]
                },
            )

    async def test_who_is_not_logged_in(self, generation: str) -> None:
        with pytest.raises(AuthenticationError):
            await decode(server=recorded_reply("v1", "anonymous_server"))

    async def test_the_groups_and_services_of_a_guest(self, generation: str) -> None:
        """Hidden servers are missing from them: they are read, and nobody asks for them."""
        snapshot = await decode(
            server_group=recorded_reply(generation, "anonymous_server_group"),
            service=recorded_reply(generation, "anonymous_service"),
        )
        assert snapshot.complete

    def test_no_recording_is_left_out(self, generation: str) -> None:
        both = {
            *("anonymous_server", "anonymous_server_group", "anonymous_service"),
            *("cron", "login", "server", "server_group", "service", "service_list", "setting", "v0_path"),
            *("ws", "ws_anonymous"),
        }
        v2 = {
            *("cron_manual", "cron_manual_unknown", "pat_rejected", "pat_without_scope"),
            *("server_metrics_without_tsdb", "server_services"),
        }
        own = v2 if generation == "v2" else {"login_wrong"}
        assert {path.stem for path in (RECORDINGS / generation).glob("*.json")} == both | own

    async def test_which_generation_it_is(self, generation: str, monkeypatch: pytest.MonkeyPatch) -> None:
        transport = Scripted(
            {
                "server/list": recorded_reply(generation, "v0_path"),
                "setting": recorded_reply(generation, "setting"),
            }
        )
        monkeypatch.setattr(Transport, "get", lambda self, path, headers, *_: transport.get(path, headers))
        dashboard = await identify(None, None, {})
        assert (dashboard.generation, dashboard.site_name) == (Generation(generation), f"Demo {generation}")
        assert all(not headers for _, _, headers in transport.asked)


class TestAbsence:
    """What is 0 is absent; what is blank is not known."""

    async def test_absent_in_a_filled_state_is_zero(self) -> None:
        server = SERVER | {"state": {"uptime": 5}}
        (decoded,) = (await decode_servers(server)).servers.values()
        assert decoded.state == State(**dict.fromkeys(STATE_FIELDS, 0) | {"uptime": 5}, temperatures=(), gpu=())

    async def test_absent_in_a_filled_host_is_unknown(self) -> None:
        (decoded,) = (await decode_servers(SERVER | {"host": {"boot_time": NOW}})).servers.values()
        nothing = {field: "" if field in TEXTS else None for field in HOST_FIELDS}
        assert decoded.host == Host(**nothing | {"boot_time": NOW, "swap_total": 0}, cpu=(), gpu=())

    @pytest.mark.parametrize("state", [{}, {"uptime": 0}, {"cpu": 0, "net_in_transfer": 0}])
    async def test_a_state_that_tells_nothing_is_blank(self, state: dict[str, Any]) -> None:
        (decoded,) = (await decode_servers(SERVER | {"state": state})).servers.values()
        assert decoded.state is None
        assert decoded.host

    @pytest.mark.parametrize("state", [{"cpu": 12.5}, {"net_in_transfer": 7, "uptime": 0}, {"gpu": [1.0]}])
    async def test_a_state_without_uptime_is_a_state(self, state: dict[str, Any]) -> None:
        (decoded,) = (await decode_servers(SERVER | {"state": state})).servers.values()
        assert decoded.state
        assert decoded.state.uptime is None
        assert decoded.unreadable == ()

    @pytest.mark.parametrize("host", [{}, {"platform": ""}, {"mem_total": 0, "boot_time": 0}, {"boot_time": 5}])
    async def test_a_host_that_tells_nothing_is_blank(self, host: dict[str, Any]) -> None:
        (decoded,) = (await decode_servers(SERVER | {"host": host})).servers.values()
        assert decoded.host is None
        assert decoded.state

    async def test_a_host_without_platform_and_boot_time_is_a_host(self) -> None:
        """Of an Android phone, or a MIPS router."""
        host = {"mem_total": 8_589_934_592, "disk_total": 10, "arch": "mips", "version": "1.0.0"}
        (decoded,) = (await decode_servers(SERVER | {"host": host})).servers.values()
        assert decoded.host
        assert (decoded.host.memory_total, decoded.host.arch, decoded.host.boot_time) == (8_589_934_592, "mips", None)
        assert decoded.state
        assert decoded.state.memory_used == 1

    @pytest.mark.parametrize("time", [YEAR_ONE, "0001-01-01T08:05:43+08:05"])
    async def test_the_year_one_is_no_time(self, time: str) -> None:
        snapshot = await decode(
            server=reply(data([SERVER | {"last_active": time}])),
            cron=reply(data([TASK | {"last_executed_at": time}])),
        )
        assert snapshot.servers["uuid-1"].last_active is None
        assert snapshot.tasks[1].last_run is None

    async def test_only_what_must_be_there(self) -> None:
        least = {"id": 3, "name": "", "uuid": "u", "last_active": YEAR_ONE}
        (decoded,) = (await decode_servers(least)).servers.values()
        assert (decoded.host, decoded.state, decoded.ipv4, decoded.country) == (None, None, "", "")

    @pytest.mark.parametrize("body", [{"success": True}, data(None), data([])])
    async def test_an_empty_list_is_absent(self, body: Any) -> None:
        snapshot = await decode(server=reply(body), server_group=reply(body), cron=reply(body))
        assert snapshot.servers == {}
        assert snapshot.complete

    @pytest.mark.parametrize("body", [data({}), data({"services": None, "cycle_transfer_stats": None})])
    async def test_no_services_and_no_cycles(self, body: Any) -> None:
        snapshot = await decode(service=reply(body))
        assert (snapshot.services, snapshot.cycles) == ({}, {})


class TestMalformed:
    """What cannot be read is left out, and named without a value of it."""

    @pytest.mark.parametrize(
        ("spoilt", "named"),
        [
            ({"uuid": ""}, "server 2: uuid is NoneType"),
            ({"uuid": 7}, "server 2: uuid is int"),
            ({"uuid": None}, "server 2: uuid is NoneType"),
            ({"id": "2"}, "a server without a number: id is str"),
        ],
    )
    async def test_a_server_without_number_or_uuid_is_omitted_and_named(
        self, spoilt: dict[str, Any], named: str
    ) -> None:
        snapshot = await decode_servers(
            SERVER, SERVER | {"id": 2, "uuid": "uuid-2"} | spoilt, SERVER | {"uuid": "uuid-3"}
        )
        assert snapshot.servers.keys() == {"uuid-1", "uuid-3"}
        assert snapshot.omitted == (named,)
        assert not snapshot.complete

    @pytest.mark.parametrize(
        ("spoilt", "named", "unknown"),
        [
            ({"name": None}, "name", {"name": ""}),
            ({"last_active": "yesterday"}, "last_active", {"last_active": None}),
            ({"last_active": "9999-12-31T23:59:59-12:00"}, "last_active", {"last_active": None}),
            ({"host": []}, "host", {"host": None}),
            ({"state": None}, "state", {"state": None}),
            ({"geoip": "?"}, "geoip", {"ipv4": "", "ipv6": "", "country": ""}),
            ({"geoip": {"country_code": "jp", "ip": []}}, "geoip.ip", {"ipv4": "", "ipv6": ""}),
            ({"public_note": 7}, "public_note", {"public_note": PublicNote()}),
        ],
    )
    async def test_one_field_of_a_server_is_unknown_alone(
        self, spoilt: dict[str, Any], named: str, unknown: dict[str, Any]
    ) -> None:
        expected = (await decode_servers(SERVER)).servers["uuid-1"]
        snapshot = await decode_servers(SERVER | spoilt)
        assert snapshot.complete
        assert snapshot.servers["uuid-1"] == replace(expected, **unknown, unreadable=(named,))
        assert [str(each) for each in snapshot.unreadable] == [
            f"server 1: {named}" if named == "name" else f"server 1 (alpha): {named}"
        ]

    @pytest.mark.parametrize(
        ("field", "value", "unknown"),
        [
            ("uptime", True, {"uptime": None}),
            ("uptime", 18_446_744_073_709_551_612, {"uptime": None}),
            ("cpu", -1, {"cpu": None}),
            ("mem_used", 18_446_744_073_692_376_064, {"memory_used": None}),
            ("swap_used", 2**33, {"swap_used": None}),
            ("net_in_speed", 9_223_372_034_170_000_000, {"net_in_speed": None}),
            ("net_out_transfer", 2**64 - 5, {"net_out_transfer": None}),
            ("gpu", [None, 5.0], {"gpu": (None, 5.0)}),
            ("temperatures", [[]], {"temperatures": ()}),
            ("load_15", 1e300, {"load_15": None}),
        ],
    )
    async def test_one_field_of_a_state_is_unknown_alone(self, field: str, value: Any, unknown: dict[str, Any]) -> None:
        expected = (await decode_servers(SERVER)).servers["uuid-1"].state
        state = SERVER["state"] | {field: value}
        decoded = (await decode_servers(SERVER | {"state": state})).servers["uuid-1"]
        assert decoded.state == replace(expected, **unknown)
        assert decoded.unreadable == (f"state.{field}",)
        frame = await decode_frame({"now": NOW * 1_000, "servers": [SERVER | {"state": state}]})
        assert frame.reports[1].state == decoded.state
        assert frame.reports[1].unreadable == decoded.unreadable

    @pytest.mark.parametrize("part", ["", "host", "state", "geoip"])
    async def test_its_values_are_private(self, part: str) -> None:
        fields = SERVER[part] if part else SERVER
        for field in fields.keys() - {"created_at", "updated_at", "note", "display_index", "id", "uuid"}:
            spoilt = deepcopy(SERVER)
            value = ["hunter2"] if isinstance(fields[field], dict) else {"secret": "hunter2"}
            (spoilt[part] if part else spoilt)[field] = value
            snapshot = await decode_servers(spoilt)
            assert [each.fields for each in snapshot.unreadable] == [(f"{part}.{field}" if part else field,)]
            assert "hunter2" not in f"{snapshot.unreadable!r} {snapshot.unreadable[0]}"

    async def test_the_first_of_two_with_the_same_uuid_stays(self) -> None:
        snapshot = await decode_servers(SERVER, SERVER | {"id": 2})
        assert snapshot.servers["uuid-1"].number == 1
        assert snapshot.omitted == ("server 2: its uuid is taken by another one",)

    async def test_a_note_that_is_none_costs_nothing(self) -> None:
        assert (await decode_servers(SERVER | {"public_note": 7})).complete

    async def test_one_service_cycle_task_or_group_without_a_number_is_left_out_and_named(self) -> None:
        key = "9" * 5_000
        snapshot = await decode(
            server_group=reply(data([None, {"group": 7}, {"group": {"name": "No number"}, "servers": [1]}, GROUP])),
            service=reply(
                data(
                    {
                        "services": {"1": SERVICE, "x": SERVICE, "²": SERVICE, key: SERVICE, "2": None},
                        "cycle_transfer_stats": {"1": CYCLE, key: CYCLE, "3": []},
                    }
                )
            ),
            cron=reply(data([TASK, {}, 5])),
        )
        assert snapshot.servers["uuid-1"].groups == ("Edge",)
        assert (set(snapshot.services), set(snapshot.cycles), set(snapshot.tasks)) == ({1}, {1}, {1})
        kinds = Counter(each.kind for each in snapshot.unreadable)
        assert kinds == {Kind.GROUP: 3, Kind.SERVICE: 4, Kind.CYCLE: 2, Kind.TASK: 2}
        assert key not in str(snapshot.unreadable)

    async def test_one_field_of_a_service_cycle_task_or_group_is_unknown_alone(self) -> None:
        key = "9" * 5_000
        snapshot = await decode(
            server_group=reply(data([GROUP | {"servers": ["1", 1]}, {"group": {"id": 2, "name": 5}, "servers": [1]}])),
            service=reply(
                data(
                    {
                        "services": {
                            "1": SERVICE | {"delay": [0.5, "fast"]},
                            "2": SERVICE | {"up": 7},
                            "3": SERVICE | {"current_up": -1, "service_name": None},
                        },
                        "cycle_transfer_stats": {
                            "1": CYCLE | {"to": YEAR_ONE},
                            "2": CYCLE | {"transfer": {key: 1, "1": 2**63, "2": 5}},
                            "3": CYCLE | {"max": "unlimited"},
                            "4": {field: value for field, value in CYCLE.items() if field != "transfer"},
                        },
                    }
                )
            ),
            cron=reply(data([TASK | {"last_result": 1}, TASK | {"id": 2, "last_executed_at": "now"}])),
        )
        service, cycle, task = (await decode()).services[1], (await decode()).cycles[1], (await decode()).tasks[1]
        assert snapshot.servers["uuid-1"].groups == ("Edge",)
        assert snapshot.services == {
            1: replace(service, delay=(0.5, None)),
            2: replace(service, number=2, up=()),
            3: replace(service, number=3, name="", current_up=None),
        }
        assert snapshot.cycles == {
            1: replace(cycle, end=None),
            2: replace(cycle, number=2, used={1: None, 2: 5}),
            3: replace(cycle, number=3, limit=None),
            4: replace(cycle, number=4, used={}),
        }
        assert snapshot.tasks == {1: replace(task, last_result=None), 2: replace(task, number=2, last_run=None)}
        assert {(each.kind, each.number): each.fields for each in snapshot.unreadable} == {
            (Kind.GROUP, 1): ("servers",),
            (Kind.GROUP, 2): ("group.name",),
            (Kind.SERVICE, 1): ("delay",),
            (Kind.SERVICE, 2): ("up",),
            (Kind.SERVICE, 3): ("service_name", "current_up"),
            (Kind.CYCLE, 2): ("transfer", "transfer.1"),
            (Kind.CYCLE, 3): ("max",),
            (Kind.TASK, 1): ("last_result",),
            (Kind.TASK, 2): ("last_executed_at",),
        }

    async def test_a_server_of_a_frame_without_a_number_is_left_out(self) -> None:
        frame = await decode_frame(
            FRAME | {"servers": [*FRAME["servers"], None, {"id": "2"}, {"id": 3, "last_active": "?"}]}
        )
        assert set(frame.reports) == {1, 3}
        assert frame.reports[3] == Report(last_active=None, boot_time=None, state=None, unreadable=("last_active",))

    async def test_a_frame_without_its_time(self) -> None:
        assert await decode_frame(FRAME | {"now": "late"}) == replace(await decode_frame(FRAME), now=None)

    @pytest.mark.parametrize(
        "value",
        [
            None,
            [],
            7,
            "text",
            {},
            {"servers": []},
            {"now": None},
            {"now": "1"},
            {"now": True},
            {"now": 1.5},
            {"now": -(10**18)},
        ],
    )
    async def test_no_frame(self, value: Any) -> None:
        with pytest.raises(ProtocolError):
            await decode_frame(value)

    async def test_a_frame_without_servers(self) -> None:
        assert (
            await decode_frame({"now": 5_999})
            == await decode_frame({"now": 5_999, "servers": None})
            == Frame(now=5, reports={})
        )


class TestErrors:
    """The envelope's errors, and what stands in the dashboard's place."""

    @pytest.mark.parametrize(
        "body",
        [
            {"error": "something"},
            {"success": False},
            {},
            {"data": []},
            data({"a": 1}),
            data("text"),
            [],
            b"not JSON",
            b"",
            b"null",
        ],
    )
    async def test_no_list_of_servers(self, body: Any) -> None:
        with pytest.raises(ProtocolError):
            await decode(server=reply(body))

    async def test_a_rejected_token(self) -> None:
        with pytest.raises(AuthenticationError):
            await decode(server=recorded_reply("v2", "pat_rejected"))

    async def test_a_missing_scope_is_named(self) -> None:
        with pytest.raises(MissingScopeError) as caught:
            await decode(server=error(NO_SCOPE.format("nezha:inventory:read"), 403))
        assert caught.value.scope == "nezha:inventory:read"

    @pytest.mark.parametrize("path", [SERVER_LIST, GROUPS, SERVICE_LIST, TASKS])
    @pytest.mark.parametrize(
        "answer",
        [
            BlockedError("the dashboard blocks this address"),
            reply({"error": "real ip header not found"}),
            reply({"error": 'ParseAddr("unknown"): unable to parse IP'}),
        ],
    )
    async def test_a_block_is_recognised_everywhere(self, path: str, answer: Any) -> None:
        with pytest.raises(BlockedError):
            await backend(Scripted({path: answer})).snapshot()

    @pytest.mark.parametrize("status", [200, 401, 403, 429])
    async def test_another_page_is_no_block(self, status: int) -> None:
        with pytest.raises(GatewayError):
            await decode(server=GatewayError(f"a web page with status {status}", status=status))

    @pytest.mark.parametrize(
        "body", [{"message": "Unauthorized"}, {"error": "unauthorized"}, b"", b"Unauthorized", [], {}]
    )
    @pytest.mark.parametrize("status", [401, 403, 407, 429])
    async def test_a_gateways_refusal_says_nothing_of_the_token(self, body: Any, status: int) -> None:
        transport = Scripted({SERVER_LIST: reply(body, status)})
        client = backend(transport)
        is_dashboards_own = body == {"error": "unauthorized"} and status == 403
        with pytest.raises(ReportedError if is_dashboards_own else GatewayError):
            await client.snapshot()
        transport.answers |= Scripted().answers
        assert (await client.snapshot()).servers

    @pytest.mark.parametrize(
        "text",
        ["database is locked", "数据库错误", "permission denied", "ApiErrorUnauthorized: api token lookup failed"],
    )
    @pytest.mark.parametrize("status", [200, 401])
    async def test_any_other_error_of_the_dashboard_says_nothing_of_the_token(self, text: str, status: int) -> None:
        transport = Scripted({SERVER_LIST: error(text, status)})
        client = backend(transport)
        with pytest.raises((ReportedError, GatewayError)):
            await client.snapshot()
        transport.answers |= Scripted().answers
        assert (await client.snapshot()).servers

    @pytest.mark.parametrize(
        "reason", ["", ": invalid api token", ": api token expired", ": owner of api token not found"]
    )
    @pytest.mark.parametrize("status", [200, 401])
    async def test_what_the_dashboard_itself_rejects_is_not_sent_again(self, reason: str, status: int) -> None:
        """Before v2.1.0, which knows no tokens, with status 200."""
        transport = Scripted({SERVER_LIST: error(f"ApiErrorUnauthorized{reason}", status)})
        client = backend(transport)
        for _ in range(3):
            with pytest.raises(AuthenticationError):
                await client.snapshot()
        assert transport.paths == {SERVER_LIST: 1}

    async def test_a_server_of_that_name_refuses_nothing(self) -> None:
        snapshot = await decode_servers(SERVER | {"name": "ApiErrorUnauthorized"})
        assert snapshot.servers["uuid-1"].name == "ApiErrorUnauthorized"

    @pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Nov 2026 16:26:41 GMT"])
    async def test_without_a_date_the_time_is_unknown(self, date: str | None) -> None:
        snapshot = await decode(server=reply(data([SERVER]), date=date))
        assert snapshot.now is None
        assert snapshot.servers.keys() == {"uuid-1"}


class TestOptionalEndpoints:
    """What they tell is missing where they fail; the servers are there."""

    @pytest.mark.parametrize("path", [GROUPS, SERVICE_LIST, TASKS, "cron/0/manual"])
    @pytest.mark.parametrize(
        "answer",
        [
            ServerError("status 502"),
            GatewayError("a web page with status 200", status=200),
            error("internal error"),
            reply(b"not JSON"),
            error(NO_SCOPE.format("nezha:any:read"), 403),
            reply(data("text")),
        ],
    )
    async def test_one_that_fails_costs_no_server(self, path: str, answer: Any) -> None:
        transport = Scripted()
        client = backend(transport)
        await client.snapshot()
        client._runs_tasks = None
        transport.answers[path] = answer
        snapshot = await client.snapshot()
        assert snapshot.complete
        assert snapshot.servers.keys() == {"uuid-1"}

    @pytest.mark.parametrize("path", [GROUPS, SERVICE_LIST, TASKS, "cron/0/manual"])
    async def test_nor_does_it_at_the_start(self, path: str) -> None:
        assert (await backend(Scripted({path: ServerError("status 502")})).snapshot()).servers

    async def test_groups_that_were_never_had_are_not_known(self) -> None:
        """Where the user chose groups, servers that seem to have none would lose their devices."""
        assert not (await backend(Scripted({GROUPS: ServerError("status 502")})).snapshot()).groups_known
        refused = error(NO_SCOPE.format("nezha:group:read"), 403)
        assert (await backend(Scripted({GROUPS: refused})).snapshot()).groups_known

    async def test_none_where_they_cannot_be_had(self) -> None:
        gone = ServerError("status 502")
        snapshot = await decode(service=gone, cron=gone)
        assert (snapshot.services, snapshot.cycles, snapshot.tasks, snapshot.runs_tasks) == (None, None, None, None)

    async def test_groups_stay_known_while_they_cannot_be_had(self) -> None:
        """Were they lost, the servers of a chosen group would lose their devices at once."""
        transport = Scripted()
        client = backend(transport)
        assert (await client.snapshot()).servers["uuid-1"].groups == ("Edge",)
        transport.answers[GROUPS] = ServerError("status 502")
        assert (await client.snapshot()).servers["uuid-1"].groups == ("Edge",)
        transport.answers[GROUPS] = reply({"success": True})
        assert (await client.snapshot()).servers["uuid-1"].groups == ()

    async def test_a_missing_scope_is_asked_for_once(self) -> None:
        refused = {
            SERVICE_LIST: error(NO_SCOPE.format("nezha:service:read"), 403),
            "cron/0/manual": error(NO_SCOPE.format("nezha:cron:exec"), 403),
        }
        transport = Scripted(refused)
        client = backend(transport)
        for _ in range(3):
            snapshot = await client.snapshot()
            assert (snapshot.services, snapshot.runs_tasks) == (None, False)
        assert transport.paths == {SERVER_LIST: 3, GROUPS: 3, TASKS: 3, SERVICE_LIST: 1, "cron/0/manual": 1}

    async def test_one_that_failed_is_asked_again(self) -> None:
        transport = Scripted({SERVICE_LIST: ServerError("status 502"), "cron/0/manual": ServerError("status 502")})
        client = backend(transport)
        assert (await client.snapshot()).runs_tasks is None
        transport.answers |= Scripted().answers
        snapshot = await client.snapshot()
        assert snapshot.services
        assert snapshot.runs_tasks

    async def test_the_servers_are_asked_for_first_and_nothing_after_a_rejection(self) -> None:
        transport = Scripted({SERVER_LIST: recorded_reply("v2", "pat_rejected")})
        client = backend(transport)
        for _ in range(3):
            with pytest.raises(AuthenticationError):
                await client.snapshot()
        assert transport.paths == {SERVER_LIST: 1}

    @pytest.mark.parametrize(
        ("denied", "scopes"),
        [
            ([], []),
            ([SERVICE_LIST], ["nezha:service:read"]),
            ([TASKS, "cron/0/manual"], ["nezha:cron:read", "nezha:cron:exec"]),
            ([SERVER_LIST, GROUPS], ["nezha:inventory:read"]),
        ],
    )
    async def test_what_a_token_may_not_do(self, denied: list[str], scopes: list[str]) -> None:
        of_path = {
            **dict.fromkeys((SERVER_LIST, GROUPS), "nezha:inventory:read"),
            SERVICE_LIST: "nezha:service:read",
            TASKS: "nezha:cron:read",
            "cron/0/manual": "nezha:cron:exec",
        }
        transport = Scripted({path: error(NO_SCOPE.format(of_path[path]), 403) for path in denied})
        assert await backend(transport).missing_scopes() == scopes

    async def test_a_password_may_do_everything_and_is_asked_nothing(self) -> None:
        transport = Scripted()
        assert await BackendV1(transport, Password("u", "p"), run_by_get=True).missing_scopes() == []
        assert transport.asked == []


class TestUnchanged:
    """What the dashboard says again as it said before is neither read nor decoded again."""

    LATER = "Mon, 23 Nov 2026 16:27:11 GMT"

    async def test_all_parts_are_the_same_objects(self) -> None:
        transport = Scripted()
        client = backend(transport)
        first = await client.snapshot()
        transport.answers |= {
            SERVER_LIST: reply(data([SERVER]), date=self.LATER),
            GROUPS: reply(data([GROUP]), date=self.LATER),
            SERVICE_LIST: reply(data(SERVICES), date=self.LATER),
            TASKS: reply(data([TASK]), date=self.LATER),
        }
        again = await client.snapshot()
        assert again.now == first.now + 30
        assert first.servers
        assert (first.services, first.cycles, first.tasks) != ({}, {}, {})
        for part in ("servers", "services", "cycles", "tasks"):
            assert getattr(again, part) is getattr(first, part)

    async def test_only_what_changed_is_another_object(self) -> None:
        transport = Scripted()
        client = backend(transport)
        first = await client.snapshot()
        transport.answers[TASKS] = reply(data([TASK | {"name": "Say bye"}]))
        transport.answers[GROUPS] = reply(data([{**GROUP, "group": {"id": 1, "name": "Core"}}]))
        again = await client.snapshot()
        assert again.tasks[1].name == "Say bye"
        assert again.servers[SERVER["uuid"]].groups == ("Core",)
        assert again.services is first.services

    async def test_an_error_in_between_is_an_error(self) -> None:
        transport = Scripted()
        client = backend(transport)
        first = await client.snapshot()
        good = transport.answers[SERVER_LIST]
        transport.answers[SERVER_LIST] = reply(b"[")
        with pytest.raises(ProtocolError):
            await client.snapshot()
        transport.answers[SERVER_LIST] = good
        assert (await client.snapshot()).servers is first.servers


class TestTasks:
    """They run by GET on v1 and by POST on v2, which wants the CSRF pair with a session."""

    LOGIN = Reply(
        status=200,
        body=json.dumps(data({"token": "jwt", "expire": "2026-11-23T17:26:41Z"})).encode(),
        date=DATE,
        cookies={"nz-jwt": "jwt", "nz-csrf": "abc"},
    )

    async def test_by_get_on_v1(self) -> None:
        login = Reply(status=200, body=self.LOGIN.body, date=DATE, cookies={"nz-jwt": "jwt"})
        transport = Scripted({"login": login, "cron/7/manual": reply({"success": True})})
        await BackendV1(transport, Password("u", "p"), run_by_get=True).run_task(7)
        assert transport.asked[1:] == [("GET", "cron/7/manual", {"Authorization": "Bearer jwt"})]

    async def test_by_post_with_the_pair_for_a_session(self) -> None:
        transport = Scripted({"login": self.LOGIN, "cron/7/manual": recorded_reply("v2", "cron_manual")})
        client = BackendV1(transport, Password("u", "p"), run_by_get=False)
        await client.run_task(7)
        pair = {"Cookie": "nz-csrf=abc", "X-CSRF-Token": "abc"}
        assert transport.asked[1:] == [("POST", "cron/7/manual", {"Authorization": "Bearer jwt"} | pair)]
        await client.snapshot()
        assert not any(pair.keys() & headers.keys() for _, _, headers in transport.asked[2:])

    async def test_by_post_without_it_for_a_token(self) -> None:
        transport = Scripted({"cron/7/manual": recorded_reply("v2", "cron_manual")})
        await backend(transport).run_task(7)
        assert transport.asked == [("POST", "cron/7/manual", {"Authorization": "Bearer nzp_token"})]

    @pytest.mark.parametrize("release", ["v1.0.0", "v1.4.9", "v1.7.6", "v2.0.0", "v2.1.0"])
    @pytest.mark.parametrize("run_by_get", [True, False])
    async def test_by_the_method_that_the_release_knows_and_once(self, release: str, run_by_get: bool) -> None:
        """Up to v2.0.13 that is GET; the other one is not known, which runs nothing, and is not tried again."""
        answers = {
            f"{method.upper()} cron/1/manual": recorded_reply(f"releases/{release}", f"cron_{method}_manual")
            for method in ("get", "post")
        }
        if release == "v2.1.0":
            # It was recorded with a session, and without the pair that goes with that.
            answers["POST cron/1/manual"] = reply({"success": True})
        transport = Scripted(answers)
        client = backend(transport, run_by_get=run_by_get)
        await client.run_task(1)
        await client.run_task(1)
        known = "POST" if release == "v2.1.0" else "GET"
        other = [] if (known == "GET") == run_by_get else ["GET" if known == "POST" else "POST"]
        assert [method for method, _, _ in transport.asked] == [*other, known, known]

    @pytest.mark.parametrize(
        "trouble",
        [ServerError("status 502"), RequestTimeoutError(), error("task id 7 does not exist"), error("busy", 403)],
    )
    async def test_never_by_the_other_method_where_it_may_have_run(self, trouble: Any) -> None:
        transport = Scripted({"cron/7/manual": trouble})
        with pytest.raises(NezhaError):
            await backend(transport).run_task(7)
        assert transport.paths == {"cron/7/manual": 1}

    async def test_where_neither_method_is_known(self) -> None:
        transport = Scripted({path: error("404 Not Found", 404) for path in ("cron/7/manual", "cron/0/manual")})
        client = backend(transport)
        with pytest.raises(ReportedError):
            await client.run_task(7)
        assert (await client.snapshot()).runs_tasks is None

    async def test_one_that_is_gone(self) -> None:
        with pytest.raises(ProtocolError):
            await backend(Scripted({"cron/99/manual": recorded_reply("v2", "cron_manual_unknown")})).run_task(99)

    async def test_without_the_scope(self) -> None:
        refused = error(NO_SCOPE.format("nezha:cron:exec"), 403)
        with pytest.raises(MissingScopeError):
            await backend(Scripted({"cron/7/manual": refused})).run_task(7)

    async def test_nothing_is_run_to_find_out_where_tasks_may_not_be_read(self) -> None:
        transport = Scripted({TASKS: error(NO_SCOPE.format("nezha:cron:read"), 403)})
        assert not (await backend(transport).snapshot()).runs_tasks
        assert not transport.paths["cron/0/manual"]


class TestConnecting:
    """The socket is opened with the credential; what refuses it is told apart."""

    async def test_a_rejected_token_is_not_sent_again(self) -> None:
        transport = Scripted({"ws/server": HandshakeError(401, recorded_reply("v2", "pat_rejected"))})
        client = backend(transport)
        for ask in (client._connect, client._connect, client.snapshot):
            with pytest.raises(AuthenticationError):
                await ask()
        assert transport.paths == {"ws/server": 1}

    @pytest.mark.parametrize(
        ("refusal", "expected"),
        [
            (HandshakeError(403), HandshakeError),
            (HandshakeError(401), HandshakeError),
            (HandshakeError(401, reply({"message": "Unauthorized"}, 401)), GatewayError),
            (HandshakeError(401, reply(b"", 401)), GatewayError),
            (GatewayError("a web page with status 401", status=401), GatewayError),
            (HandshakeError(200, error("real ip header not found")), BlockedError),
            (HandshakeError(403, error(NO_SCOPE.format("nezha:inventory:read"), 403)), MissingScopeError),
            (HandshakeError(200, reply(data([]))), HandshakeError),
        ],
    )
    async def test_another_refusal_is_none_of_the_token(self, refusal: Exception, expected: type[NezhaError]) -> None:
        client = backend(Scripted({"ws/server": refusal}))
        with pytest.raises(expected):
            await client._connect()
        assert (await client.snapshot()).servers

    async def test_a_refused_session_is_dropped(self) -> None:
        """With `force_auth` the socket demands one (v1.6.8 and later)."""
        transport = Scripted(
            {"login": TestTasks.LOGIN, "ws/server": HandshakeError(200, error("ApiErrorUnauthorized"))}
        )
        client = BackendV1(transport, Password("u", "p"), run_by_get=False)
        for _ in range(2):
            with pytest.raises(HandshakeError):
                await client._connect()
        assert transport.paths["login"] == 2


bounded = settings(
    max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 2**31, 2**53, 2**63, 2**64 - 1, 2**64, LAST_SECOND, 10**30, 1e308, -62135596800]),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    st.text(max_size=40),
    st.datetimes(timezones=st.timezones() | st.none()).map(datetime.isoformat),
)
KEYS = st.one_of(
    st.text(max_size=12),
    st.integers().map(str),
    st.sampled_from(sorted(SERVICES | SERVER | SERVICE | CYCLE | TASK | GROUP)),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
MISSING = object()
GOOD: dict[str, Any] = {SERVER_LIST: [SERVER], GROUPS: [GROUP], SERVICE_LIST: SERVICES, TASKS: [TASK]}


def places(value: Any) -> list[tuple[str | int, ...]]:
    """Return the way to everything within a value, itself included."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(), *((key, *rest) for key, inner in pairs for rest in places(inner))]


def spoilt_at(value: Any, place: tuple[str | int, ...], new: Any) -> Any:
    """Return a value with something else in one place, or nothing."""
    if not place:
        return None if new is MISSING else new
    changed = target = deepcopy(value)
    for step in place[:-1]:
        target = target[step]
    if new is MISSING:
        del target[place[-1]]
    else:
        target[place[-1]] = new
    return changed


def assert_usable(fleet: Fleet) -> None:
    """All that comes out can be remembered, stored and shown."""
    assert Fleet(30, json.loads(json.dumps(fleet.dump()))).dump() == fleet.dump()
    for known in fleet.servers.values():
        for time in (known.memory.last_active, known.memory.boot_time):
            assert time is None or datetime.fromtimestamp(time, UTC)
        for number in (known.memory.boot and known.memory.boot.started, known.state and known.state.uptime):
            assert number is None or -(2**63) <= number < 2**63, "Home Assistant's store holds no larger ones"


async def read(path: str, body: bytes) -> Snapshot | None:
    """Return the snapshot with such an answer, or None where the client says that there is none."""
    try:
        snapshot = await backend(Scripted({path: reply(body)})).snapshot()
    except NezhaError:
        return None
    fleet = Fleet(30, {})
    fleet.update(snapshot, None, after_outage=False)
    assert_usable(fleet)
    return snapshot


@bounded
@given(path=st.sampled_from(sorted(GOOD)), value=VALUES, enveloped=st.booleans())
async def test_any_json_as_an_answer(path: str, value: object, enveloped: bool) -> None:
    await read(path, json.dumps(data(value) if enveloped else value).encode())


@bounded
@given(path=st.sampled_from([*GOOD, "cron/0/manual"]), body=st.binary(max_size=200))
async def test_any_bytes_as_an_answer(path: str, body: bytes) -> None:
    await read(path, body)


@pytest.mark.parametrize("path", sorted(GOOD))
@settings(parent=bounded, max_examples=200)
@given(spoil=st.data(), value=st.one_of(st.just(MISSING), VALUES))
async def test_any_value_in_one_place_of_a_good_answer(path: str, spoil: Any, value: object) -> None:
    place = spoil.draw(st.sampled_from(places(GOOD[path])))
    snapshot = await read(path, json.dumps(data(spoilt_at(GOOD[path], place, value))).encode())
    if path != SERVER_LIST:
        assert snapshot is not None
        assert snapshot.servers


@settings(parent=bounded, max_examples=300)
@given(place=st.sampled_from(places(FRAME)), value=st.one_of(st.just(MISSING), VALUES))
@example(place=("now",), value=-(10**18))
@example(place=("now",), value=10**18)
async def test_any_value_in_one_place_of_a_frame(place: tuple[str | int, ...], value: object) -> None:
    fleet = Fleet(30, {})
    fleet.update(await backend(Scripted()).snapshot(), None, after_outage=False)
    try:
        frame = await decode_frame(json.loads(json.dumps(spoilt_at(FRAME, place, value))))
    except NezhaError:
        return
    fleet.follow(frame)
    assert fleet.servers.keys() == {"uuid-1"}
    assert_usable(fleet)


@bounded
@given(
    place=st.sampled_from(places(data({"token": "t", "expire": "2026-11-23T17:26:41Z"}))),
    value=st.one_of(st.just(MISSING), VALUES),
)
async def test_any_value_in_a_login(place: tuple[str | int, ...], value: object) -> None:
    good = data({"token": "t", "expire": "2026-11-23T17:26:41Z"})
    transport = Scripted({"login": reply(spoilt_at(good, place, value))})
    try:
        await BackendV1(transport, Password("u", "p"), run_by_get=True).snapshot()
    except NezhaError:
        return
