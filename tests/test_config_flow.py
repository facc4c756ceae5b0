"""The config flow, over real HTTP: every way through it, and every failure with its recovery in the same flow."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
import ipaddress
import ssl
from typing import Any

from aiohttp import typedefs, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import voluptuous as vol

from custom_components.nezha.const import CONF_REJECTED, DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_USER, ConfigEntryState, ConfigFlowResult, FlowType
from homeassistant.const import CONF_HEADERS, CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator import Dashboard, Simulator

from .conftest import entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server

TOKEN = ScriptedDashboard.TOKEN
WRONG = "mistyped-token"
NEW = "renewed-token"
GATE = "X-Gate"
GATE_KEY = "the-gate-key"
PASSWORD = "the-password"


@pytest.fixture(scope="session")
def ssl_context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Make a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nezha.test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@asynccontextmanager
async def running(dashboard: Dashboard, **options: Any) -> AsyncIterator[Simulator]:
    """Serve a dashboard once more, in another way."""
    simulator = Simulator(dashboard, **options)
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


@asynccontextmanager
async def answering(handler: typedefs.Handler) -> AsyncIterator[str]:
    """Answer every request in one way."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Flow:
    """A flow, as a person goes through it."""

    def __init__(self, hass: HomeAssistant, result: ConfigFlowResult) -> None:
        """Look at the first form."""
        self.hass = hass
        self.result = result

    @property
    def form(self) -> tuple[str, dict[str, str]]:
        """The step that is shown, and its errors."""
        assert self.result["type"] is FlowResultType.FORM
        return self.result["step_id"], self.result["errors"] or {}

    @property
    def menu(self) -> tuple[str, list[str]]:
        """The menu that is shown, and its options."""
        assert self.result["type"] is FlowResultType.MENU
        return self.result["step_id"], list(self.result["menu_options"])

    @property
    def is_warned(self) -> bool:
        """Whether the form says that what is entered travels unprotected."""
        assert self.result["data_schema"] is not None
        return "unencrypted" in self.result["data_schema"].schema

    @property
    def error(self) -> str:
        """The only error, which is about the form as a whole."""
        assert self.form[1].keys() == {"base"}
        return self.form[1]["base"]

    @property
    def end(self) -> str:
        """Why the flow ended without a new entry."""
        assert self.result["type"] is FlowResultType.ABORT
        return self.result["reason"]

    @property
    def suggested(self) -> dict[str, Any]:
        """What stands in the form's fields before anyone types, and would be sent if nobody did."""
        schema = self.result["data_schema"]
        assert schema is not None
        return {
            str(marker): marker.description["suggested_value"]
            for marker in schema.schema
            if marker.description and "suggested_value" in marker.description
        }

    async def submit(self, **values: Any) -> None:
        """Fill in the form."""
        self.result = await self.hass.config_entries.flow.async_configure(self.result["flow_id"], values)
        await self.hass.async_block_till_done()

    async def address(self, url: str, *, verify_ssl: bool = True, headers: str = "") -> None:
        """Enter an address, and what is in the collapsed section."""
        await self.submit(**{CONF_URL: url, "advanced": {CONF_VERIFY_SSL: verify_ssl, CONF_HEADERS: headers}})

    async def token(self, token: str) -> None:
        """Enter a token."""
        await self.submit(**{CONF_TOKEN: token})

    async def finish(self, token: str = TOKEN) -> Mapping[str, Any]:
        """Enter a good token, and return the data of the entry that was made."""
        assert self.form == ("token", {})
        return await self.finish_with(token)

    async def finish_with(self, token: str) -> Mapping[str, Any]:
        """Enter a good token, perhaps after others, and return the data of the entry that was made."""
        await self.token(token)
        assert self.result["type"] is FlowResultType.CREATE_ENTRY
        entry = self.result["result"]
        assert entry.state is ConfigEntryState.LOADED
        return entry.data


@pytest.fixture
async def flow(hass: HomeAssistant) -> Flow:
    """Begin to add a dashboard."""
    flow = Flow(hass, await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    assert flow.form == ("user", {})
    return flow


def sent(simulator: Simulator, token: str) -> int:
    """Count the requests that carried a token."""
    return sum(request.headers.get("Authorization") == token for request in simulator.requests)


def devices(hass: HomeAssistant) -> list[dr.DeviceEntry]:
    """Return the devices of all entries."""
    return [
        device
        for entry in hass.config_entries.async_entries(DOMAIN)
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    ]


def port_of(url: str) -> str:
    """Return an address's port."""
    return url.rpartition(":")[2]


# --- The good way


async def test_an_address_and_a_token_make_an_entry(hass: HomeAssistant, flow: Flow, simulator: Simulator) -> None:
    await flow.address(simulator.url)
    assert flow.form == ("token", {})
    assert flow.result["description_placeholders"] == {"dashboard": "Nezha v0", "origin": simulator.url}
    assert [request.headers.get("Authorization") for request in simulator.requests] == [None]

    await flow.token(TOKEN)
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY
    assert flow.result["title"] == f"127.0.0.1:{port_of(simulator.url)}"
    assert flow.result["result"].data == {
        CONF_URL: f"{simulator.url}/",
        "generation": "v0",
        CONF_VERIFY_SSL: True,
        CONF_HEADERS: {},
        CONF_TOKEN: TOKEN,
    }
    assert {device.name for device in devices(hass)} > {"alpha", "beta", "gamma"}
    assert hass.states.get("binary_sensor.alpha").state == "on"


async def test_groups_alone_are_offered_at_the_end_where_there_are_any(
    hass: HomeAssistant, flow: Flow, simulator: Simulator
) -> None:
    await flow.address(simulator.url)
    await flow.finish()
    kind, flow_id = flow.result["next_flow"]
    assert kind is FlowType.OPTIONS_FLOW
    options = hass.config_entries.options
    assert [entry["flow_id"] for entry in options.async_progress()] == [flow_id]
    # The frontend starts another one, which takes over.
    form = await options.async_init(flow.result["result"].entry_id)
    assert form["step_id"] == "init"
    assert form["data_schema"]({}) == {"groups": [], "group_as_area": False}
    assert [entry["flow_id"] for entry in options.async_progress()] == [form["flow_id"]]
    await options.async_configure(form["flow_id"], {"groups": ["Tokyo"], "group_as_area": True})
    await hass.async_block_till_done()
    assert flow.result["result"].options == {"groups": ["Tokyo"], "group_as_area": True}
    # Later, all options are there, and what was chosen.
    form = await options.async_init(flow.result["result"].entry_id)
    assert form["data_schema"]({}).keys() == {"scan_interval", "offline_after", "groups", "group_as_area"}


async def test_without_groups_setting_up_ends_there(flow: Flow, socket_enabled: None) -> None:
    async with running(Dashboard(tokens=[TOKEN])) as simulator:
        await flow.address(simulator.url)
        await flow.finish()
    assert "next_flow" not in flow.result


@pytest.mark.filterwarnings("ignore::aiohttp.web.NotAppKeyWarning")  # Home Assistant's own
async def test_the_whole_way_through_home_assistants_web_api(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, simulator: Simulator
) -> None:
    assert await async_setup_component(hass, "config", {})
    # The test's server takes no paths any more once it runs.
    assert await async_setup_component(hass, DOMAIN, {})
    client = await hass_client()
    path = "/api/config/config_entries/flow"

    async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with client.post(path, json=body) as response:
            assert response.status == HTTPStatus.OK
            return await response.json()

    form = await post(path, {"handler": DOMAIN})
    assert [field["name"] for field in form["data_schema"]] == [CONF_URL, "advanced"]
    assert form["data_schema"][1]["expanded"] is False
    path = f"{path}/{form['flow_id']}"
    form = await post(path, {CONF_URL: simulator.url, "advanced": {}})
    assert form["step_id"] == "token"
    assert (await post(path, {CONF_TOKEN: TOKEN}))["type"] == "create_entry"

    [entry] = hass.config_entries.async_entries(DOMAIN)
    form = await post("/api/config/config_entries/options/flow", {"handler": entry.entry_id})
    assert [field["name"] for field in form["data_schema"]] == ["groups", "group_as_area"]


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:{port}",
        "http://127.0.0.1:{port}/",
        "  http://127.0.0.1:{port}\n",
        "http://127.0.0.1:{port}/api/v1/server/list",
        "127.0.0.1:{port}/api/v1/server/details?id=1",
        "http://127.0.0.1:{port}/server/3",
        "http://127.0.0.1:{port}/dashboard/x?y#z",
    ],
)
async def test_an_address_is_put_right(flow: Flow, simulator: Simulator, text: str) -> None:
    await flow.address(text.format(port=port_of(simulator.url)))
    assert (await flow.finish())[CONF_URL] == f"{simulator.url}/"


async def test_capitals_in_the_host_are_made_small(flow: Flow, simulator: Simulator) -> None:
    port = port_of(simulator.url)
    await flow.address(f"HTTP://Nezha.TEST:{port}")
    assert (await flow.finish())[CONF_URL] == f"http://nezha.test:{port}/"


@pytest.mark.parametrize("page", ["", "/", "/server/3", "/api/v1/server/list?tag=x"])
async def test_a_path_prefix_is_kept(flow: Flow, simulator: Simulator, page: str) -> None:
    async with running(simulator.dashboard, prefix="/my/nezha") as prefixed:
        await flow.address(f"{prefixed.url}{page}")
        assert (await flow.finish())[CONF_URL] == prefixed.url
        assert {request.path for request in prefixed.requests if "Authorization" in request.headers} == {
            "/my/nezha/api/v1/server/details"
        }


@pytest.mark.parametrize("path", ["", "/my/nezha"])
async def test_a_redirect_to_https_on_the_same_host_is_adopted(
    flow: Flow, simulator: Simulator, ssl_context: ssl.SSLContext, path: str
) -> None:
    async with running(simulator.dashboard, ssl_context=ssl_context, prefix=path) as secure:
        origin = secure.url.removesuffix(path)

        async def redirect(request: web.Request) -> web.Response:
            assert "Authorization" not in request.headers
            raise web.HTTPMovedPermanently(f"{origin}{request.path_qs}")

        async with answering(redirect) as plain:
            await flow.address(f"{plain}{path}", verify_ssl=False)
            assert flow.result["description_placeholders"]["origin"] == origin
            assert (await flow.finish())[CONF_URL] == (secure.url if path else f"{secure.url}/")


async def test_a_redirect_to_https_on_another_host_is_not_adopted(
    flow: Flow, simulator: Simulator, ssl_context: ssl.SSLContext
) -> None:
    async with running(simulator.dashboard, ssl_context=ssl_context) as secure:
        target = f"https://elsewhere.test:{port_of(secure.url)}"

        async def redirect(request: web.Request) -> web.Response:
            raise web.HTTPMovedPermanently(f"{target}{request.path_qs}")

        async with answering(redirect) as plain:
            await flow.address(plain, verify_ssl=False, headers=f"{GATE}: {GATE_KEY}")
        assert flow.error == "moved"
        assert flow.result["description_placeholders"]["target"] == target
        assert secure.requests == []
        await flow.address(simulator.url)
        await flow.finish()


async def test_a_redirect_within_the_origin_is_followed(flow: Flow, simulator: Simulator) -> None:
    simulator.faults.set("redirect_within")
    await flow.address(simulator.url)
    assert (await flow.finish())[CONF_URL] == f"{simulator.url}/"
    assert simulator.faults.delivered["redirect_within"] > 1


# --- No dashboard at the address


async def assert_recovers(flow: Flow, simulator: Simulator) -> None:
    """Go on in the same flow, and come to an entry."""
    simulator.faults.clear()
    await flow.address(simulator.url)
    assert (await flow.finish())[CONF_URL] == f"{simulator.url}/"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("refuse", "refused"),
        ("reset", "cannot_connect"),
        ("close_in_body", "cannot_connect"),
        ("hang_before_headers", "timeout"),
        ("hang_in_body", "timeout"),
        ("html_502", "server_error"),
        ("html_520", "server_error"),
        ("html_200", "gateway"),
        ("html_403", "gateway"),
        ("redirect_loop", "gateway"),
        ("redirect_elsewhere", "moved"),
        ("html_404", "not_nezha"),
        ("json_null", "not_nezha"),
        ("real_ip_missing", "blocked"),
        ("empty_body", "not_nezha"),
        ("truncated_json", "not_nezha"),
        ("deep_json", "not_nezha"),
    ],
)
async def test_a_fault_on_the_way_to_the_dashboard_is_named(
    flow: Flow, simulator: Simulator, fault: str, error: str
) -> None:
    simulator.faults.set(fault)
    await flow.address(simulator.url)
    assert flow.form == ("user", {"base": error})
    assert simulator.faults.delivered[fault]
    assert flow.suggested[CONF_URL] == simulator.url
    await assert_recovers(flow, simulator)


async def test_an_answer_that_is_too_large_is_named(flow: Flow, simulator: Simulator) -> None:
    simulator.faults.set("gzip_bomb")
    await flow.address(simulator.url)
    assert flow.form == ("user", {"base": "bad_answer"})
    await assert_recovers(flow, simulator)


async def test_an_answer_that_is_not_http_is_named(flow: Flow, simulator: Simulator) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as other:
        await flow.address(f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}")
    assert flow.form == ("user", {"base": "bad_answer"})
    await assert_recovers(flow, simulator)


async def test_a_name_that_nobody_knows_is_named(flow: Flow, simulator: Simulator) -> None:
    await flow.address("https://nezha.invalid")
    assert flow.form == ("user", {"base": "cannot_resolve"})
    await assert_recovers(flow, simulator)


async def test_the_target_of_a_redirect_elsewhere_is_shown_and_not_asked(flow: Flow, simulator: Simulator) -> None:
    async with running(simulator.dashboard) as elsewhere:
        simulator.faults.elsewhere = elsewhere.url
        simulator.faults.set("redirect_elsewhere")
        await flow.address(simulator.url)
        assert flow.error == "moved"
        assert flow.result["description_placeholders"]["target"] == elsewhere.url
        assert elsewhere.requests == []
        await flow.address(elsewhere.url)
        assert (await flow.finish())[CONF_URL] == f"{elsewhere.url}/"


@pytest.mark.parametrize(
    ("status", "text"), [(200, '{"hello": "world"}'), (200, "[]"), (401, '{"code": 1}'), (404, '{"code": 1}')]
)
async def test_something_else_that_speaks_json_is_no_dashboard(
    flow: Flow, simulator: Simulator, status: int, text: str
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, content_type="application/json")

    async with answering(answer) as url:
        await flow.address(url)
    assert flow.form == ("user", {"base": "not_nezha"})
    await assert_recovers(flow, simulator)


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(
    ("more", "kind", "step"),
    [({}, FlowResultType.FORM, "password"), ({"tsdb_enabled": True}, FlowResultType.MENU, "credential")],
)
async def test_a_newer_generation_is_found_and_asks_for_its_own_credential(
    flow: Flow, more: dict[str, Any], kind: FlowResultType, step: str
) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/api/v1/setting":
            return web.json_response({"success": True, "data": {"config": {"site_name": "x"}, **more}})
        if request.path.startswith("/api/"):
            return web.json_response({"error": "404 Not Found"}, status=404)
        return web.Response(text="<!doctype html><title>Nezha</title>", content_type="text/html")

    async with answering(answer) as url:
        await flow.address(f"{url}/server/3")
    assert (flow.result["type"], flow.result["step_id"]) == (kind, step)


async def test_a_certificate_that_is_not_trusted_can_be_taken_unchecked(
    flow: Flow, simulator: Simulator, ssl_context: ssl.SSLContext
) -> None:
    async with running(simulator.dashboard, ssl_context=ssl_context) as secure:
        await flow.address(secure.url)
        assert flow.form == ("user", {"base": "certificate"})
        assert secure.requests == []
        await flow.address(secure.url, verify_ssl=False)
        data = await flow.finish()
        assert (data[CONF_URL], data[CONF_VERIFY_SSL]) == (f"{secure.url}/", False)


async def test_without_a_scheme_a_bad_certificate_is_no_reason_to_do_without_https(
    flow: Flow, simulator: Simulator, ssl_context: ssl.SSLContext
) -> None:
    async with running(simulator.dashboard, ssl_context=ssl_context) as secure:
        await flow.address(f"127.0.0.1:{port_of(secure.url)}")
        assert flow.form == ("user", {"base": "certificate"})
        assert secure.requests == []
        await flow.address(f"127.0.0.1:{port_of(secure.url)}", verify_ssl=False)
        assert (await flow.finish())[CONF_URL] == f"{secure.url}/"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "invalid_url"),
        ("my nezha!", "invalid_url"),
        ("nezha..example.com", "invalid_url"),
        ("nezha,example,com", "invalid_url"),
        ("-nezha-.example.com", "invalid_url"),
        ("http:/127.0.0.1", "invalid_url"),
        ("http//127.0.0.1", "invalid_url"),
        ("https://http://127.0.0.1", "invalid_url"),
        ("127.0.0.1:port", "invalid_url"),
        ("127.0.0.1:99999", "invalid_url"),
        ("999.0.0.1", "invalid_url"),
        ("2130706433", "invalid_url"),
        ("0x7f.1", "invalid_url"),
        ("ftp://127.0.0.1", "invalid_url"),
        ("http://[::1", "invalid_url"),
        (f"http://{'ü' * 64}.test", "invalid_url"),
        (f"http://me:{PASSWORD}@127.0.0.1", "credentials_in_url"),
        (f"me:{PASSWORD}@127.0.0.1", "credentials_in_url"),
    ],
)
async def test_what_is_no_address_is_marked_at_its_field(
    flow: Flow, simulator: Simulator, text: str, error: str
) -> None:
    await flow.address(text)
    assert flow.form == ("user", {CONF_URL: error})
    assert flow.suggested[CONF_URL] == text
    assert simulator.requests == []
    await assert_recovers(flow, simulator)


# --- Headers for a gateway


@pytest.mark.parametrize(
    "headers", ["without colon", f"Authorization: {PASSWORD}", f"Na me: {GATE_KEY}", f"{GATE}: {GATE_KEY}\x07"]
)
async def test_what_is_no_header_is_refused(flow: Flow, simulator: Simulator, headers: str) -> None:
    await flow.address(simulator.url, headers=headers)
    assert flow.form == ("user", {"base": "invalid_headers"})
    assert flow.suggested[CONF_URL] == simulator.url
    assert simulator.requests == []
    await assert_recovers(flow, simulator)


async def test_the_headers_that_a_gateway_wants_are_sent_with_every_request(flow: Flow, simulator: Simulator) -> None:
    async with running(simulator.dashboard, gateway_headers={GATE: GATE_KEY}) as gated:
        await flow.address(gated.url)
        assert flow.form == ("user", {"base": "gateway"})
        before = len(gated.requests)
        await flow.address(gated.url, headers=f"{GATE}: {GATE_KEY}\n")
        assert (await flow.finish())[CONF_HEADERS] == {GATE: GATE_KEY}
        assert {request.headers.get(GATE) for request in gated.requests[before:]} == {GATE_KEY}


@pytest.mark.parametrize("step", ["address", "token"])
async def test_nothing_secret_goes_to_where_a_redirect_leads(flow: Flow, simulator: Simulator, step: str) -> None:
    async with running(simulator.dashboard) as elsewhere:
        simulator.faults.elsewhere = elsewhere.url
        if step == "address":
            simulator.faults.set("redirect_elsewhere", times=1)
        await flow.address(simulator.url, headers=f"{GATE}: {GATE_KEY}")
        if step == "token":
            simulator.faults.set("redirect_elsewhere", times=1)
            await flow.token(TOKEN)
        assert flow.error == "moved"
        assert flow.result["description_placeholders"]["target"] == elsewhere.url
        assert elsewhere.requests == []
        if step == "address":
            await flow.address(simulator.url, headers=f"{GATE}: {GATE_KEY}")
        await flow.token(TOKEN)
        assert flow.result["type"] is FlowResultType.CREATE_ENTRY


async def test_headers_do_not_go_over_plain_http_unless_it_was_asked_for(flow: Flow, simulator: Simulator) -> None:
    await flow.address(f"127.0.0.1:{port_of(simulator.url)}", headers=f"{GATE}: {GATE_KEY}")
    assert flow.form == ("user", {"base": "certificate"})
    assert simulator.requests == []
    await flow.address(simulator.url, headers=f"{GATE}: {GATE_KEY}")
    await flow.finish()


# --- Without encryption


@pytest.mark.parametrize(
    "typed", ["http://127.0.0.1:{port}", "127.0.0.1:{port}", "localhost:{port}", "nezha.local:{port}"]
)
async def test_the_form_says_that_a_credential_will_travel_unprotected(
    flow: Flow, simulator: Simulator, typed: str
) -> None:
    await flow.address(typed.format(port=port_of(simulator.url)))
    assert flow.form == ("token", {})
    assert flow.is_warned
    assert [request for request in simulator.requests if "Authorization" in request.headers] == []
    await flow.finish()


async def test_over_https_there_is_no_such_warning(
    flow: Flow, simulator: Simulator, ssl_context: ssl.SSLContext
) -> None:
    async with running(simulator.dashboard, ssl_context=ssl_context) as secure:
        await flow.address(secure.url, verify_ssl=False)
        assert not flow.is_warned


@pytest.mark.parametrize("host", ["nezha.example.com", "8.8.8.8.test", "nezha.localdomain", "lan.test"])
async def test_an_address_outside_the_home_is_not_tried_over_http_unasked(
    flow: Flow, simulator: Simulator, host: str
) -> None:
    await flow.address(f"{host}:{port_of(simulator.url)}")
    assert flow.form[0] == "user"
    assert flow.error == "certificate"
    assert simulator.requests == []
    await flow.address(f"http://{host}:{port_of(simulator.url)}")
    assert flow.is_warned
    await flow.finish()


async def test_reconfigure_does_not_go_from_https_to_http_unasked(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url.replace("http:", "https:")))
    flow = await reconfigure(hass, entry)
    await flow.address(f"127.0.0.1:{port_of(simulator.url)}")
    assert flow.form == ("reconfigure", {"base": "certificate"})
    assert simulator.requests == []
    await flow.address(simulator.url)
    assert flow.form == ("token", {})
    assert flow.is_warned
    assert flow.suggested == {}


async def test_headers_of_the_old_address_do_not_go_to_another_origin_unasked(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    known = entry_of(simulator.url)
    known.add_to_hass(hass)
    hass.config_entries.async_update_entry(known, data={**known.data, CONF_HEADERS: {GATE: GATE_KEY}})
    await set_up(hass, known)
    async with running(simulator.dashboard, gateway_headers={GATE: GATE_KEY}) as moved:
        flow = await reconfigure(hass, known)
        await flow.address(moved.url, headers=f"{GATE}: {GATE_KEY}")
        assert flow.form == ("reconfigure", {"base": "headers_of_old_address"})
        assert moved.requests == []
        assert flow.suggested == {CONF_URL: moved.url}
        # Entered again, they are meant.
        await flow.address(moved.url, headers=f"{GATE}: {GATE_KEY}")
        await flow.token(TOKEN)
        assert flow.end == "reconfigure_successful"
        assert known.data[CONF_HEADERS] == {GATE: GATE_KEY}


# --- The token


async def test_a_token_is_sent_once_a_submit_and_the_dashboard_decides_each_time(
    flow: Flow, simulator: Simulator
) -> None:
    await flow.address(simulator.url)
    for count, typed in enumerate((WRONG, WRONG, f" {WRONG}\n"), start=1):
        await flow.token(typed)
        assert flow.form == ("token", {"base": "token_rejected"})
        assert flow.suggested == {}
        assert sent(simulator, WRONG) == count
    # Its rejection was a trouble of the dashboard's.
    simulator.dashboard.add_token(WRONG)
    await flow.finish_with(WRONG)


@pytest.mark.parametrize("typed", [f"  {TOKEN}\n", f"{TOKEN[:5]}\r\n{TOKEN[5:]}", f"\u200b{TOKEN}\x00"])
async def test_what_slips_in_when_a_token_is_copied_is_taken_out(flow: Flow, simulator: Simulator, typed: str) -> None:
    await flow.address(simulator.url)
    assert (await flow.finish(typed))[CONF_TOKEN] == TOKEN


async def test_no_token_at_all_is_not_sent(flow: Flow, simulator: Simulator) -> None:
    await flow.address(simulator.url)
    before = len(simulator.requests)
    await flow.token(" ")
    assert flow.error == "token_rejected"
    assert len(simulator.requests) == before
    await flow.token(TOKEN)
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("refuse", "refused"),
        ("reset", "cannot_connect"),
        ("hang_in_body", "timeout"),
        ("html_502", "server_error"),
        ("html_403", "gateway"),
        ("redirect_elsewhere", "moved"),
        ("truncated_json", "bad_answer"),
        ("object_for_list", "bad_answer"),
        ("deep_json", "bad_answer"),
    ],
)
async def test_a_fault_between_the_steps_is_named_and_the_same_token_works_later(
    flow: Flow, simulator: Simulator, fault: str, error: str
) -> None:
    await flow.address(simulator.url)
    simulator.faults.set(fault)
    await flow.token(TOKEN)
    assert flow.form == ("token", {"base": error})
    assert flow.suggested == {CONF_TOKEN: TOKEN}
    assert simulator.faults.delivered[fault]
    simulator.faults.clear()
    await flow.token(TOKEN)
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY


# --- The same dashboard twice


@pytest.mark.parametrize(
    "known", ["http://nezha.test:{port}", "https://nezha.test:{port}/", "HTTP://NEZHA.test:{port}"]
)
async def test_the_same_dashboard_is_not_added_twice(
    hass: HomeAssistant, flow: Flow, simulator: Simulator, known: str
) -> None:
    port = port_of(simulator.url)
    entry_of(known.format(port=port)).add_to_hass(hass)
    await flow.address(f"http://Nezha.Test:{port}/server/1")
    assert flow.end == "already_configured"


async def test_the_same_dashboard_is_not_added_by_two_flows_at_once(
    hass: HomeAssistant, flow: Flow, simulator: Simulator
) -> None:
    other = Flow(hass, await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    await flow.address(simulator.url)
    await other.address(simulator.url)
    await flow.finish()
    await other.token(TOKEN)
    assert other.end == "already_configured"


async def test_another_dashboard_is_added_beside_the_first(
    hass: HomeAssistant, flow: Flow, simulator: Simulator
) -> None:
    await set_up(hass, entry_of(simulator.url))
    async with running(Dashboard(tokens=[TOKEN]), prefix="/other") as other:
        await flow.address(other.url)
        await flow.finish()
    assert len(hass.config_entries.async_entries(DOMAIN)) == 2


async def test_the_same_servers_under_another_address_are_recognised(
    hass: HomeAssistant, flow: Flow, simulator: Simulator
) -> None:
    """By number and name of all of them: v0 has nothing better."""
    entry = await set_up(hass, entry_of(simulator.url))
    ids = entities_and_devices(hass)
    await flow.address(simulator.url.replace("127.0.0.1", "localhost"))
    await flow.token(TOKEN)
    assert flow.menu == ("same_dashboard", ["move", "keep"])
    assert flow.result["description_placeholders"] == {
        "name": "dashboard",
        "origin": simulator.url.replace("127.0.0.1", "localhost"),
        "known": simulator.url,
    }
    await flow.submit(next_step_id="move")
    assert flow.end == "reconfigure_successful"
    assert hass.config_entries.async_entries(DOMAIN) == [entry]
    assert entry.data[CONF_URL] == f"{simulator.url.replace('127.0.0.1', 'localhost')}/"
    assert entry.state is ConfigEntryState.LOADED
    assert entities_and_devices(hass) == ids


async def test_the_entry_that_is_there_may_stay_as_it_is(hass: HomeAssistant, flow: Flow, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    await flow.address(simulator.url.replace("127.0.0.1", "localhost"))
    await flow.token(TOKEN)
    await flow.submit(next_step_id="keep")
    assert flow.end == "already_configured"
    assert entry.data[CONF_URL] == simulator.url


@pytest.mark.parametrize("change", ["rename", "add"])
async def test_servers_of_which_one_differs_are_another_dashboards(
    hass: HomeAssistant, flow: Flow, simulator: Simulator, change: str
) -> None:
    await set_up(hass, entry_of(simulator.url))
    other = Dashboard(tokens=[TOKEN])
    for number, known in simulator.dashboard.servers.items():
        other.add_server(known.name, server_id=number)
    if change == "rename":
        other.rename(1, "delta")
    else:
        other.add_server("delta", server_id=9)
    async with running(other) as elsewhere:
        await flow.address(elsewhere.url)
        await flow.finish()


async def test_an_entry_that_is_not_loaded_is_recognised_by_its_devices(
    hass: HomeAssistant, flow: Flow, simulator: Simulator
) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    await hass.config_entries.async_unload(entry.entry_id)
    await flow.address(simulator.url.replace("127.0.0.1", "localhost"))
    await flow.token(TOKEN)
    assert flow.menu[0] == "same_dashboard"


# --- A new token


async def rejected(hass: HomeAssistant, simulator: Simulator) -> tuple[MockConfigEntry, Flow]:
    """Set up an entry, revoke its token, and return the flow that asks for a new one."""
    entry = await set_up(hass, entry_of(simulator.url))
    simulator.dashboard.revoke_token(TOKEN)
    simulator.dashboard.add_token(NEW)
    before = sent(simulator, TOKEN)
    await refresh(hass, entry)
    assert sent(simulator, TOKEN) == before + 1
    assert entry.data[CONF_REJECTED]
    [progress] = hass.config_entries.flow.async_progress()
    assert progress["context"]["source"] == SOURCE_REAUTH
    flow = Flow(hass, await hass.config_entries.flow.async_configure(progress["flow_id"]))
    assert flow.form == ("reauth_confirm", {})
    assert flow.suggested == {}
    return entry, flow


async def test_a_new_token_takes_the_place_of_a_rejected_one(hass: HomeAssistant, simulator: Simulator) -> None:
    entry, flow = await rejected(hass, simulator)
    ids = entities_and_devices(hass)
    await flow.token(NEW)
    assert flow.end == "reauth_successful"
    assert entry.data == entry_of(f"{simulator.url}", token=NEW).data | {CONF_URL: entry.data[CONF_URL]}
    assert CONF_REJECTED not in entry.data
    assert entry.state is ConfigEntryState.LOADED
    assert hass.states.get("binary_sensor.alpha").state == "on"
    assert entities_and_devices(hass) == ids
    assert not ir.async_get(hass).issues


async def test_a_rejected_token_is_sent_again_by_nobody_but_who_submits_it(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    entry, flow = await rejected(hass, simulator)
    before = sent(simulator, TOKEN)
    for _ in range(2):
        await refresh(hass, entry)
    assert sent(simulator, TOKEN) == before
    await flow.token(TOKEN)
    assert flow.form == ("reauth_confirm", {"base": "token_rejected"})
    assert sent(simulator, TOKEN) == before + 1
    await flow.token(NEW)
    assert flow.end == "reauth_successful"
    assert entry.data[CONF_TOKEN] == NEW


async def test_a_new_token_that_is_rejected_too_leaves_the_entry_as_it_was(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    entry, flow = await rejected(hass, simulator)
    await flow.token(WRONG)
    assert flow.error == "token_rejected"
    assert entry.data[CONF_TOKEN] == TOKEN
    assert entry.data[CONF_REJECTED]
    await flow.token(NEW)
    assert flow.end == "reauth_successful"


async def test_a_fault_while_a_new_token_is_tried_is_named(hass: HomeAssistant, simulator: Simulator) -> None:
    _, flow = await rejected(hass, simulator)
    simulator.faults.set("redirect_elsewhere", times=1)
    await flow.token(NEW)
    assert flow.error == "moved"
    await flow.token(NEW)
    assert flow.end == "reauth_successful"


async def test_a_token_of_another_fleet_is_refused(hass: HomeAssistant, simulator: Simulator) -> None:
    entry, flow = await rejected(hass, simulator)
    names = {number: server.name for number, server in simulator.dashboard.servers.items()}
    # The same numbers, as any dashboard gives them, and the same names, but never together.
    for number, name in zip(names, [*list(names.values())[1:], names[1]], strict=True):
        simulator.dashboard.rename(number, name)
    await flow.token(NEW)
    assert flow.form == ("reauth_confirm", {"base": "another_dashboard"})
    assert entry.data[CONF_TOKEN] == TOKEN
    simulator.dashboard.rename(1, names[1])
    await flow.token(NEW)
    assert flow.end == "reauth_successful"


async def test_a_fleet_without_names_is_known_by_its_numbers(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    scripted.servers = [server(7, "")]
    entry = entry_of(scripted.url)
    await set_up(hass, entry)
    entry.async_start_reauth(hass)
    await hass.async_block_till_done()
    [progress] = hass.config_entries.flow.async_progress()
    flow = Flow(hass, await hass.config_entries.flow.async_configure(progress["flow_id"]))
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_TOKEN: NEW})
    scripted.servers = [server(8, "")]
    scripted.TOKEN = NEW
    await flow.token(NEW)
    assert flow.error == "another_dashboard"
    scripted.servers = [server(8, ""), server(7, "")]
    await flow.token(NEW)
    assert flow.end == "reauth_successful"


async def test_an_entry_without_servers_takes_any_fleet(hass: HomeAssistant, simulator: Simulator) -> None:
    servers = dict(simulator.dashboard.servers)
    simulator.dashboard.servers.clear()
    _, flow = await rejected(hass, simulator)
    simulator.dashboard.servers.update(servers)
    await flow.token(NEW)
    assert flow.end == "reauth_successful"


async def test_a_token_marked_as_rejected_is_never_sent_by_itself(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = entry_of(simulator.url)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_REJECTED: True})
    await set_up(hass, entry)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert simulator.requests == []
    [progress] = hass.config_entries.flow.async_progress()
    flow = Flow(hass, await hass.config_entries.flow.async_configure(progress["flow_id"]))
    # It was right all the time: the dashboard was in trouble when it rejected it.
    await flow.token(TOKEN)
    assert flow.end == "reauth_successful"
    assert CONF_REJECTED not in entry.data
    assert entry.state is ConfigEntryState.LOADED


# --- Another address


def entities_and_devices(hass: HomeAssistant) -> tuple[dict[str, tuple[str, str | None]], set[str]]:
    """Return what a person's dashboards and automations refer to."""
    entities = {entity.id: (entity.entity_id, entity.device_id) for entity in er.async_get(hass).entities.values()}
    assert len(entities) > 30 or not entities
    return entities, {device.id for device in devices(hass)}


async def reconfigure(hass: HomeAssistant, entry: MockConfigEntry) -> Flow:
    """Begin to give an entry another address."""
    flow = Flow(hass, await entry.start_reconfigure_flow(hass))
    assert flow.form == ("reconfigure", {})
    return flow


async def test_a_new_address_keeps_every_entity_and_device(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    ids = entities_and_devices(hass)
    async with running(simulator.dashboard, prefix="/moved") as moved:
        flow = await reconfigure(hass, entry)
        assert flow.suggested == {CONF_URL: simulator.url}
        await flow.address(moved.url)
        assert flow.form == ("token", {})
        assert flow.suggested == {}
        assert sent(moved, TOKEN) == 0
        await flow.token(TOKEN)
        assert flow.end == "reconfigure_successful"
        assert entry.data[CONF_URL] == moved.url
        assert entry.state is ConfigEntryState.LOADED
        assert entities_and_devices(hass) == ids
        assert hass.states.get("binary_sensor.alpha").state == "on"
        assert {str(device.configuration_url) for device in devices(hass)} == {moved.url}
        assert sent(moved, TOKEN) == 2


async def test_the_known_token_is_not_sent_unless_it_is_submitted(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    flow = await reconfigure(hass, entry)
    await flow.address(simulator.url)
    assert flow.suggested == {CONF_TOKEN: TOKEN}
    schema = flow.result["data_schema"]
    assert schema is not None
    with pytest.raises(vol.Invalid):
        schema({})


async def test_the_address_of_another_fleet_is_refused(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    ids = entities_and_devices(hass)
    stranger = Dashboard(tokens=[TOKEN])
    stranger.add_server("delta")
    async with running(stranger) as other:
        flow = await reconfigure(hass, entry)
        await flow.address(other.url)
        await flow.token(TOKEN)
        assert flow.form == ("token", {"base": "another_dashboard"})
        assert entry.data[CONF_URL] == simulator.url
        assert entities_and_devices(hass) == ids
        # It was the wrong backup; the right one has one of the known servers.
        stranger.add_server("beta", server_id=2)
        await flow.token(TOKEN)
        assert flow.end == "reconfigure_successful"
        assert entry.data[CONF_URL] == f"{other.url}/"


async def test_the_address_of_another_entry_is_refused(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    MockConfigEntry(domain=DOMAIN, data=entry.data | {CONF_URL: "http://127.0.0.1:9/"}).add_to_hass(hass)
    async with running(simulator.dashboard) as other:
        MockConfigEntry(domain=DOMAIN, data=entry.data | {CONF_URL: other.url}).add_to_hass(hass)
        flow = await reconfigure(hass, entry)
        await flow.address(other.url)
        assert flow.end == "already_configured"
        assert entry.data[CONF_URL] == simulator.url


@pytest.mark.parametrize("fault", ["refuse", "html_403"])
async def test_a_fault_at_a_new_address_is_named(hass: HomeAssistant, simulator: Simulator, fault: str) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    async with running(simulator.dashboard) as moved:
        moved.faults.set(fault)
        flow = await reconfigure(hass, entry)
        await flow.address(moved.url)
        assert flow.form[0] == "reconfigure"
        assert flow.error == {"refuse": "refused", "html_403": "gateway"}[fault]
        assert entry.state is ConfigEntryState.LOADED
        moved.faults.clear()
        await flow.address(moved.url)
        await flow.token(TOKEN)
        assert flow.end == "reconfigure_successful"


async def test_certificate_and_headers_alone_can_be_changed(
    hass: HomeAssistant, simulator: Simulator, ssl_context: ssl.SSLContext
) -> None:
    async with running(simulator.dashboard, ssl_context=ssl_context, gateway_headers={GATE: GATE_KEY}) as gated:
        entry = await set_up(hass, entry_of(gated.url))
        assert entry.state is ConfigEntryState.SETUP_RETRY
        flow = await reconfigure(hass, entry)
        await flow.address(gated.url, verify_ssl=False, headers=f"{GATE}: {GATE_KEY}")
        await flow.token(TOKEN)
        assert flow.end == "reconfigure_successful"
        assert entry.state is ConfigEntryState.LOADED
        assert entry.data[CONF_VERIFY_SSL] is False
        assert entry.data[CONF_HEADERS] == {GATE: GATE_KEY}

        flow = await reconfigure(hass, entry)
        section = flow.result["data_schema"].schema["advanced"].schema
        assert {str(marker): marker.description["suggested_value"] for marker in section.schema} == {
            CONF_VERIFY_SSL: False,
            CONF_HEADERS: f"{GATE}: {GATE_KEY}",
        }


async def test_an_entry_with_a_rejected_token_can_be_given_an_address_and_a_token(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    entry, reauth = await rejected(hass, simulator)
    before = sent(simulator, TOKEN)
    async with running(simulator.dashboard) as moved:
        flow = await reconfigure(hass, entry)
        await flow.address(moved.url)
        assert flow.suggested == {}
        await flow.token(TOKEN)
        assert flow.form == ("token", {"base": "token_rejected"})
        await flow.token(NEW)
        assert flow.end == "reconfigure_successful"
        assert CONF_REJECTED not in entry.data
        assert entry.state is ConfigEntryState.LOADED
        assert (sent(simulator, TOKEN), sent(moved, TOKEN)) == (before, 1)
        assert reauth.result["flow_id"] not in {flow["flow_id"] for flow in hass.config_entries.flow.async_progress()}
