"""What a v0 dashboard answers becomes models: as recorded, as documented, and as it should never come."""

import asyncio
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
import json
from pathlib import Path
from typing import Any, Self

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.nezha.api import (
    AuthenticationError,
    Host,
    Kind,
    NotNezhaError,
    ProtocolError,
    Server,
    Snapshot,
    State,
    Temperature,
    Unreadable,
    identify,
)
from custom_components.nezha.api.transport import Reply, Transport
from custom_components.nezha.api.v0 import BackendV0
from simulator import Simulator, populate
from tests.scripted import BLANK_HOST, BLANK_STATUS, ScriptedDashboard, blank_server, server

RECORDINGS = Path(__file__).parents[1] / "recordings" / "v0"
DATE = "Mon, 23 Nov 2026 16:26:41 GMT"
NOW = 1_795_451_201

LIST_OF_THE_DOCUMENT = """
{ "code": 0, "message": "success", "result": [
  { "id": 1, "name": "Server1", "tag": "Tag1", "last_active": 1653014667,
    "ipv4": "1.1.1.1", "ipv6": "", "valid_ip": "1.1.1.1" },
  { "id": 2, "name": "Server2", "tag": "Tag2", "last_active": -62135596800, "ipv4": "", "ipv6": "", "valid_ip": "" }
] }
"""
DETAILS_OF_THE_DOCUMENT = """
{ "code": 0, "message": "success", "result": [
  { "id": 1, "name": "Server1", "tag": "Tag1", "last_active": 1653015042,
    "ipv4": "1.1.1.1", "ipv6": "", "valid_ip": "1.1.1.1",
    "host": { "Platform": "darwin", "PlatformVersion": "12.3.1", "CPU": [ "Apple M1 Pro 1 Physical Core" ],
      "MemTotal": 17179869184, "DiskTotal": 2473496842240, "SwapTotal": 0, "Arch": "arm64", "Virtualization": "",
      "BootTime": 1652683962, "CountryCode": "hk", "Version": "" },
    "status": { "CPU": 17.330210772540017, "MemUsed": 14013841408, "SwapUsed": 0, "DiskUsed": 2335048912896,
      "NetInTransfer": 2710273234, "NetOutTransfer": 695454765, "NetInSpeed": 10806, "NetOutSpeed": 5303,
      "Uptime": 331080, "Load1": 5.23486328125, "Load5": 4.873046875, "Load15": 3.99267578125,
      "TcpConnCount": 195, "UdpConnCount": 70, "ProcessCount": 437 } },
  { "id": 2, "name": "Server2", "tag": "Tag2", "last_active": -62135596800, "ipv4": "", "ipv6": "", "valid_ip": "",
    "host": { "Platform": "", "PlatformVersion": "", "CPU": null, "MemTotal": 0, "DiskTotal": 0, "SwapTotal": 0,
      "Arch": "", "Virtualization": "", "BootTime": 0, "CountryCode": "", "Version": "" },
    "status": { "CPU": 0, "MemUsed": 0, "SwapUsed": 0, "DiskUsed": 0, "NetInTransfer": 0, "NetOutTransfer": 0,
      "NetInSpeed": 0, "NetOutSpeed": 0, "Uptime": 0, "Load1": 0, "Load5": 0, "Load15": 0,
      "TcpConnCount": 0, "UdpConnCount": 0, "ProcessCount": 0 } }
] }
"""


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the client knows nothing of it."""


class Canned:
    """Stands in for the transport with one answer."""

    def __init__(self, body: bytes, date: str | None = DATE, status: int = 200) -> None:
        self._reply = Reply(status=status, body=body, date=date)

    async def get(self, path: str, headers: Mapping[str, str]) -> Reply:
        return self._reply

    @classmethod
    def json(cls, body: object, date: str | None = DATE) -> Self:
        return cls(json.dumps(body).encode(), date)


async def decode(transport: Canned) -> Snapshot:
    """Read an answer as the integration does."""
    return await BackendV0(transport, "token").snapshot()


async def decode_servers(*servers: Any) -> Snapshot:
    """Read an answer with these servers."""
    return await decode(Canned.json({"code": 0, "message": "success", "result": servers}))


def recording(name: str) -> dict[str, Any]:
    """Return a recorded exchange."""
    return json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))


async def decode_recording(name: str) -> Snapshot:
    """Read a recorded answer."""
    exchange = recording(name)
    return await decode(Canned.json(exchange["body"], exchange["headers"]["Date"]))


HOST_FIELDS = {
    "platform": "Platform",
    "platform_version": "PlatformVersion",
    "memory_total": "MemTotal",
    "disk_total": "DiskTotal",
    "swap_total": "SwapTotal",
    "arch": "Arch",
    "virtualization": "Virtualization",
    "boot_time": "BootTime",
    "agent_version": "Version",
}
STATE_FIELDS = {
    "cpu": "CPU",
    "memory_used": "MemUsed",
    "swap_used": "SwapUsed",
    "disk_used": "DiskUsed",
    "net_in_transfer": "NetInTransfer",
    "net_out_transfer": "NetOutTransfer",
    "net_in_speed": "NetInSpeed",
    "net_out_speed": "NetOutSpeed",
    "uptime": "Uptime",
    "load_1": "Load1",
    "load_5": "Load5",
    "load_15": "Load15",
    "tcp_connections": "TcpConnCount",
    "udp_connections": "UdpConnCount",
    "processes": "ProcessCount",
}


class TestRecordedAnswers:
    """Every recorded exchange is read."""

    @pytest.mark.parametrize("name", ["details", "details_ids", "details_tag", "details_id_and_tag"])
    async def test_every_server_with_every_field(self, name: str) -> None:
        snapshot = await decode_recording(name)
        recorded = recording(name)["body"]["result"]
        assert snapshot.complete
        assert snapshot.now == NOW
        assert snapshot.servers.keys() == {str(each["id"]) for each in recorded}
        for raw in recorded:
            decoded = snapshot.servers[str(raw["id"])]
            assert decoded.number == raw["id"]
            assert (decoded.name, decoded.ipv4, decoded.ipv6) == (raw["name"], raw["ipv4"], raw["ipv6"])
            assert decoded.groups == ((raw["tag"],) if raw["tag"] else ())
            assert decoded.country == raw["host"]["CountryCode"].upper()
            if raw["last_active"] < 0:
                assert (decoded.last_active, decoded.host, decoded.state) == (None, None, None)
                continue
            assert decoded.last_active == raw["last_active"]
            host, state = raw["host"], raw["status"]
            assert decoded.host == Host(
                **{field: host[key] for field, key in HOST_FIELDS.items()},
                cpu=tuple(host["CPU"]),
                gpu=tuple(host["GPU"] or ()),
            )
            assert decoded.state == State(
                **{field: state[key] for field, key in STATE_FIELDS.items()},
                temperatures=tuple(
                    Temperature(name=each["Name"], celsius=each["Temperature"]) for each in state["Temperatures"] or ()
                ),
                gpu=(state["GPU"],) if host["GPU"] else (),
            )

    async def test_the_recorded_fleet_has_all_kinds_of_servers(self) -> None:
        """Otherwise the test above would show less than it seems to."""
        servers = (await decode_recording("details")).servers.values()
        assert any(each.state is None for each in servers)
        assert any(not each.groups for each in servers)
        assert any(each.state and each.state.temperatures for each in servers)
        assert any(each.state and not each.state.temperatures for each in servers)

    async def test_an_unknown_id_gives_no_server(self) -> None:
        assert await decode_recording("details_unknown_id") == Snapshot(now=NOW, servers={}, omitted=())

    @pytest.mark.parametrize("name", ["bad_token", "unauthorised"])
    async def test_code_403_within_status_200_rejects_the_token(self, name: str) -> None:
        with pytest.raises(AuthenticationError):
            await decode_recording(name)

    @pytest.mark.parametrize("name", ["list", "list_tag"])
    async def test_the_short_list_has_no_details(self, name: str) -> None:
        snapshot = await decode_recording(name)
        assert snapshot.servers.keys() == {str(each["id"]) for each in recording(name)["body"]["result"]}
        assert all(each.host is None and each.state is None for each in snapshot.servers.values())

    def test_no_recording_is_left_out(self) -> None:
        assert {path.stem for path in RECORDINGS.glob("*.json")} == {
            *("details", "details_ids", "details_tag", "details_id_and_tag", "details_unknown_id"),
            *("bad_token", "unauthorised", "list", "list_tag", "not_found"),
        }


class TestExamplesOfTheDocument:
    """The document's own examples are read, which know neither GPUs nor temperatures."""

    async def test_details(self) -> None:
        snapshot = await decode(Canned(DETAILS_OF_THE_DOCUMENT.encode()))
        assert snapshot.servers == {
            "1": Server(
                identity="1",
                number=1,
                name="Server1",
                groups=("Tag1",),
                ipv4="1.1.1.1",
                ipv6="",
                country="HK",
                last_active=1_653_015_042,
                host=Host(
                    platform="darwin",
                    platform_version="12.3.1",
                    cpu=("Apple M1 Pro 1 Physical Core",),
                    gpu=(),
                    memory_total=17_179_869_184,
                    disk_total=2_473_496_842_240,
                    swap_total=0,
                    arch="arm64",
                    virtualization="",
                    boot_time=1_652_683_962,
                    agent_version="",
                ),
                state=State(
                    cpu=17.330210772540017,
                    memory_used=14_013_841_408,
                    swap_used=0,
                    disk_used=2_335_048_912_896,
                    net_in_transfer=2_710_273_234,
                    net_out_transfer=695_454_765,
                    net_in_speed=10_806,
                    net_out_speed=5_303,
                    uptime=331_080,
                    load_1=5.23486328125,
                    load_5=4.873046875,
                    load_15=3.99267578125,
                    tcp_connections=195,
                    udp_connections=70,
                    processes=437,
                    temperatures=(),
                    gpu=(),
                ),
            ),
            "2": Server(
                identity="2",
                number=2,
                name="Server2",
                groups=("Tag2",),
                ipv4="",
                ipv6="",
                country="",
                last_active=None,
                host=None,
                state=None,
            ),
        }
        assert snapshot.complete

    async def test_the_list_has_no_details(self) -> None:
        snapshot = await decode(Canned(LIST_OF_THE_DOCUMENT.encode()))
        assert [(each.name, each.host, each.state) for each in snapshot.servers.values()] == [
            ("Server1", None, None),
            ("Server2", None, None),
        ]


class TestOneServerWithoutANumber:
    """It is left out and named; the others stay."""

    @pytest.mark.parametrize(
        ("spoilt", "named"),
        [
            (server(2) | {"id": "2"}, "a server without a number: id is str"),
            (server(2) | {"id": None}, "a server without a number: id is NoneType"),
            (server(2) | {"id": -2}, "a server without a number: id is int"),
            (server(2) | {"id": 2**63}, "a server without a number: id is int"),
            ([], "something that is no server: server is list"),
            (None, "something that is no server: server is NoneType"),
        ],
    )
    async def test_is_omitted_and_named(self, spoilt: Any, named: str) -> None:
        snapshot = await decode_servers(server(1), spoilt, server(3))
        assert snapshot.servers.keys() == {"1", "3"}
        assert snapshot.omitted == (named,)
        assert not snapshot.complete

    async def test_its_name_does_not_depend_on_the_random_order(self) -> None:
        """It would be logged anew with every answer."""
        spoilt = server(2) | {"id": None}
        first, second = await decode_servers(server(1), spoilt), await decode_servers(spoilt, server(1))
        assert first.omitted == second.omitted

    async def test_the_first_of_two_with_the_same_number_stays(self) -> None:
        snapshot = await decode_servers(server(1, "first"), server(2), server(1, "second"))
        assert {each.name for each in snapshot.servers.values()} == {"first", "alpha"}
        assert snapshot.omitted == ("server 1: its number is taken by another one",)

    async def test_two_with_the_same_name_are_two(self) -> None:
        snapshot = await decode_servers(server(1, "twin"), server(2, "twin"))
        assert len(snapshot.servers) == 2


class TestOneMalformedField:
    """It is unknown, alone, and named with its server; never its value."""

    @pytest.mark.parametrize(
        ("spoilt", "named", "unknown"),
        [
            ({"name": None}, "name", {"name": ""}),
            ({"tag": 7}, "tag", {"groups": ()}),
            ({"ipv4": 7}, "ipv4", {"ipv4": ""}),
            ({"last_active": "yesterday"}, "last_active", {"last_active": None}),
            ({"last_active": 10**30}, "last_active", {"last_active": None}),
            ({"host": []}, "host", {"host": None, "country": ""}),
            ({"status": None}, "status", {"state": None}),
        ],
    )
    async def test_of_a_server(self, spoilt: dict[str, Any], named: str, unknown: dict[str, Any]) -> None:
        good = server(2, last_active=NOW)
        expected = (await decode_servers(good)).servers["2"]
        snapshot = await decode_servers(server(1), good | spoilt)
        assert snapshot.complete
        assert snapshot.servers["2"] == replace(expected, **unknown, unreadable=(named,))
        assert snapshot.unreadable == (
            Unreadable(kind=Kind.SERVER, number=2, name=snapshot.servers["2"].name, fields=(named,)),
        )

    @pytest.mark.parametrize(
        ("field", "value", "unknown"),
        [
            ("CPU", "fast", {"cpu": ()}),
            ("CPU", ["fast", 1], {"cpu": ("fast", "")}),
            ("MemTotal", -1, {"memory_total": None}),
            ("MemTotal", 2**63, {"memory_total": None}),
            ("MemTotal", 1.5, {"memory_total": None}),
            ("DiskTotal", "1 GB", {"disk_total": None}),
            ("SwapTotal", True, {"swap_total": None}),
            ("BootTime", 2**62, {"boot_time": None}),
            ("Platform", 7, {"platform": ""}),
            ("Version", [], {"agent_version": ""}),
        ],
    )
    async def test_of_a_host(self, field: str, value: Any, unknown: dict[str, Any]) -> None:
        expected = (await decode_servers(server(2))).servers["2"].host
        decoded = (await decode_servers(server(2, host={field: value}))).servers["2"]
        assert decoded.host == replace(expected, **unknown)
        assert decoded.unreadable == (f"host.{field}",)

    @pytest.mark.parametrize(
        ("field", "value", "unknown"),
        [
            ("Uptime", True, {"uptime": None}),
            ("Uptime", 18_446_744_073_709_551_612, {"uptime": None}),
            ("CPU", "12.3", {"cpu": None}),
            ("CPU", 1e308, {"cpu": None}),
            ("Load1", -0.1, {"load_1": None}),
            ("Load5", 10**6 + 1, {"load_5": None}),
            ("MemUsed", 18_446_744_073_692_376_064, {"memory_used": None}),
            ("MemUsed", 8 * 2**30 + 1, {"memory_used": None}),
            ("DiskUsed", 80 * 2**30 + 1, {"disk_used": None}),
            ("NetInTransfer", 2**64 - 5, {"net_in_transfer": None}),
            ("NetOutTransfer", 2**63, {"net_out_transfer": None}),
            ("NetInSpeed", 9_223_372_034_170_000_000, {"net_in_speed": None}),
            ("NetOutSpeed", None, {"net_out_speed": None}),
            ("TcpConnCount", -1, {"tcp_connections": None}),
            ("Temperatures", [50], {"temperatures": ()}),
            ("Temperatures", [{"Name": "cpu", "Temperature": 1.7e308}], {"temperatures": (("cpu", None),)}),
            ("Temperatures", [{"Name": "cpu", "Temperature": -274}], {"temperatures": (("cpu", None),)}),
            (
                "Temperatures",
                [{"Name": 1, "Temperature": 5}, {"Name": "a", "Temperature": 5}],
                {"temperatures": (("a", 5),)},
            ),
        ],
    )
    async def test_of_a_state(self, field: str, value: Any, unknown: dict[str, Any]) -> None:
        if field == "Temperatures":
            temperatures = [Temperature(name=name, celsius=celsius) for name, celsius in unknown["temperatures"]]
            unknown = {"temperatures": tuple(temperatures)}
        expected = (await decode_servers(server(2))).servers["2"].state
        decoded = (await decode_servers(server(2, status={field: value}))).servers["2"]
        assert decoded.state == replace(expected, **unknown)
        assert decoded.unreadable == (f"status.{field}",)

    async def test_used_a_little_beyond_its_total_is_believed(self) -> None:
        """Both are measured one after the other."""
        state = (await decode_servers(server(status={"MemUsed": 4 * 2**30 + 1}))).servers["1"].state
        assert state
        assert state.memory_used == 4 * 2**30 + 1

    @pytest.mark.parametrize("part", ["", "host", "status"])
    async def test_its_value_is_private(self, part: str) -> None:
        good = server(2, status={"Temperatures": []}, host={"GPU": ["NVIDIA L4"]})
        fields = good[part] if part else good
        for field in fields.keys() - {"id", "valid_ip", "display_index", "hide_for_guest"}:
            spoilt = deepcopy(good)
            value = ["hunter2"] if isinstance(good.get(field), dict) else {"secret": "hunter2"}
            (spoilt[part] if part else spoilt)[field] = value
            snapshot = await decode_servers(spoilt)
            assert [each.fields for each in snapshot.unreadable] == [(f"{part}.{field}" if part else field,)]
            assert "hunter2" not in f"{snapshot.unreadable!r} {snapshot.unreadable[0]}"

    async def test_a_field_that_an_older_release_lacks_is_no_trouble(self) -> None:
        """v0.13.25 has neither temperatures nor graphics cards."""
        old = server(2)
        del old["host"]["GPU"], old["status"]["GPU"], old["status"]["Temperatures"]
        snapshot = await decode_servers(old)
        assert snapshot.unreadable == ()
        assert snapshot.servers["2"].state == (await decode_servers(server(2))).servers["2"].state


class TestBlanks:
    """What is not known is None, never a row of zeros."""

    async def test_a_server_that_never_reported(self) -> None:
        decoded = (await decode_servers(blank_server(1))).servers["1"]
        assert (decoded.last_active, decoded.host, decoded.state) == (None, None, None)

    @pytest.mark.parametrize("last_active", [0, -1, -62135596800, -62135596800.0])
    async def test_a_time_before_1970_is_none(self, last_active: float) -> None:
        assert (await decode_servers(server(last_active=last_active))).servers["1"].last_active is None

    @pytest.mark.parametrize("boot_time", [0, 5, 946_684_799])
    async def test_a_host_whose_clock_was_not_set_at_boot(self, boot_time: int) -> None:
        expected = (await decode_servers(server())).servers["1"].host
        decoded = (await decode_servers(server(host={"BootTime": boot_time}))).servers["1"]
        assert decoded.host == replace(expected, boot_time=None)
        assert decoded.unreadable == ()

    async def test_a_state_without_uptime(self) -> None:
        expected = (await decode_servers(server())).servers["1"].state
        decoded = (await decode_servers(server(status={"Uptime": 0}))).servers["1"]
        assert decoded.state == replace(expected, uptime=None)
        assert decoded.unreadable == ()

    @pytest.mark.parametrize("field", ["MemTotal", "Platform", "CPU", "BootTime"])
    async def test_a_host_of_one_field_is_a_host(self, field: str) -> None:
        known = server()["host"][field]
        decoded = (await decode_servers(server(host=BLANK_HOST | {field: known}))).servers["1"]
        assert decoded.host is not None

    @pytest.mark.parametrize("field", ["CPU", "NetInTransfer", "Uptime", "ProcessCount"])
    async def test_a_state_of_one_field_is_a_state(self, field: str) -> None:
        known = server()["status"][field]
        decoded = (await decode_servers(server(status=BLANK_STATUS | {field: known}))).servers["1"]
        assert decoded.state is not None

    async def test_a_blank_with_a_field_that_cannot_be_read_is_a_blank(self) -> None:
        """Its zeros would be taken for measurements."""
        decoded = (await decode_servers(blank_server(1) | {"status": BLANK_STATUS | {"CPU": "?"}})).servers["1"]
        assert decoded.state is None
        assert decoded.unreadable == ("status.CPU",)

    async def test_a_server_without_group(self) -> None:
        assert (await decode_servers(server(tag=""))).servers["1"].groups == ()

    async def test_a_number_for_graphics_where_there_is_no_card(self) -> None:
        state = (await decode_servers(server(status={"GPU": 50}))).servers["1"].state
        assert state
        assert state.gpu == ()

    async def test_one_number_for_all_cards(self) -> None:
        decoded = (await decode_servers(server(host={"GPU": ["A", "B"]}, status={"GPU": 50}))).servers["1"]
        assert decoded.host
        assert decoded.state
        assert (decoded.host.gpu, decoded.state.gpu) == (("A", "B"), (50.0,))


class TestNames:
    """Names are on one line and of a length that can be shown."""

    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ("香港中转 🇭🇰", "香港中转 🇭🇰"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("a\r\nb\x00\x1b[31mc", "a b [31mc"),
            ("a\u2028b\u202ec", "a b c"),
            ("  padded \n", "padded"),
            ("", ""),
            ("\x00\x00", ""),
            ("x" * 2**20, "x" * 255),
            ("\n" * 500 + "name", "name"),
        ],
    )
    async def test_name(self, sent: str, shown: str) -> None:
        assert (await decode_servers(server(name=sent))).servers["1"].name == shown


class TestEnvelope:
    """What is around the servers decides what the answer is."""

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[]",
            b'"success"',
            b"{}",
            b"NaN",
            b"\xff\xfe",
            b"[" * 100_000 + b"]" * 100_000,
            b'{"code":0,"message":"success"}',
            b'{"code":0,"result":{}}',
            b'{"code":1,"message":"no","result":[]}',
            b'{"code":"0","result":[]}',
            b'{"success":true,"data":[]}',
            b'{"code":0,"message":"success","result":[{"id":1}',
        ],
    )
    async def test_a_wrong_one_cannot_be_read(self, body: bytes) -> None:
        with pytest.raises(ProtocolError):
            await decode(Canned(body))

    async def test_null_stands_for_no_servers(self) -> None:
        assert (await decode(Canned(b'{"code":0,"result":null}'))).servers == {}

    @pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Nov 2026 16:26:41 GMT"])
    async def test_without_a_date_the_time_is_unknown(self, date: str | None) -> None:
        snapshot = await decode(Canned.json({"code": 0, "result": [server()]}, date))
        assert snapshot.now is None
        assert snapshot.servers.keys() == {"1"}

    async def test_the_clock_is_the_dashboards(self) -> None:
        assert (await decode_servers()).now == NOW


class TestRequests:
    """What is sent."""

    async def test_one_whatever_the_number_of_servers(self, socket_enabled: None) -> None:
        simulator = Simulator()
        populate(simulator.dashboard, 300)
        await simulator.start()
        async with ClientSession() as session:
            snapshot = await BackendV0(Transport(session, URL(simulator.url), {}), "demo-token").snapshot()
        await simulator.stop()
        assert len(snapshot.servers) == 300
        assert snapshot.complete
        (request,) = simulator.requests
        assert (request.path, dict(request.query)) == ("/api/v1/server/details", {})
        assert request.headers.getall("Authorization") == ["demo-token"]

    async def test_connecting_alone_sends_nothing(self, scripted: ScriptedDashboard) -> None:
        async with ClientSession() as session:
            BackendV0(Transport(session, URL(scripted.url), {}), scripted.TOKEN)
        assert scripted.tokens == []


async def test_servers_are_in_the_order_of_the_dashboards_own_page_whatever_that_of_the_answer() -> None:
    answer = [
        server(3),
        server(1, display_index=-1),
        server(2),
        server(9, display_index=5),
        server(4, display_index=None),
    ]
    for shuffled in answer, answer[::-1]:
        assert list((await decode_servers(*shuffled)).servers) == ["9", "2", "3", "4", "1"]


async def test_the_loop_has_turns_while_a_thousand_are_decoded() -> None:
    task = asyncio.create_task(decode_servers(*(server(number) for number in range(1, 1_201))))
    turns = 0
    while not task.done():
        turns += 1
        await asyncio.sleep(0)
    assert len((await task).servers) == 1_200
    # One for each hundred, and the one in which it ends.
    assert turns == 13


class TestIdentification:
    """Which generation answers is found out without a credential."""

    async def test_v0(self, scripted: ScriptedDashboard) -> None:
        async with ClientSession() as session:
            assert "v0" in str(await identify(session, URL(scripted.url), {}))
        assert scripted.tokens == [None]

    @pytest.mark.parametrize("fault", ["html_404", "json_null", "empty_body", "deep_json", "truncated_json"])
    async def test_something_else_is_no_dashboard(self, fault: str, socket_enabled: None) -> None:
        simulator = Simulator()
        await simulator.start()
        simulator.faults.set(fault)
        async with ClientSession() as session:
            with pytest.raises(NotNezhaError):
                await identify(session, URL(simulator.url), {})
        await simulator.stop()
