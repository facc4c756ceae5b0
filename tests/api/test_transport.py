"""Every failure of an exchange is an error of its own, and nothing that was given for one dashboard goes elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import gzip
from pathlib import Path
import ssl
import traceback
from unittest.mock import patch

from aiohttp import ClientSession, TCPConnector, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest
from yarl import URL

from custom_components.nezha.api import (
    AuthenticationError,
    GatewayError,
    MovedError,
    NezhaError,
    NotNezhaError,
    ProtocolError,
    Snapshot,
    UnreachableError,
)
from custom_components.nezha.api.errors import (
    CannotResolveError,
    CertificateError,
    RefusedError,
    RequestTimeoutError,
    ServerError,
)
from custom_components.nezha.api.transport import Transport
from custom_components.nezha.api.v0 import BackendV0
from simulator import FAULTS, Simulator, populate
from tests.conftest import LoopbackResolver

TOKEN = "demo-token"
ACCESS = {"CF-Access-Client-Id": "id-of-access", "CF-Access-Client-Secret": "secret-of-access"}
CREDENTIALS = (TOKEN, *ACCESS.values())

type Ask = Callable[..., Awaitable[Snapshot]]


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the client knows nothing of it."""


@pytest.fixture(autouse=True)
def small_limits(impatient: None) -> Iterator[None]:
    """Send little, and wait for nothing that hangs."""
    with patch("custom_components.nezha.api.transport.LARGEST_REPLY", 2**20):
        yield


@pytest.fixture
async def simulator(socket_enabled: None) -> AsyncIterator[Simulator]:
    """Return a dashboard of eight servers behind a gateway that wants two headers."""
    simulator = Simulator(gateway_headers=ACCESS)
    populate(simulator.dashboard)
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def elsewhere(simulator: Simulator) -> AsyncIterator[Simulator]:
    """Return another dashboard, which takes note of all that it is sent."""
    other = Simulator()
    await other.start()
    simulator.faults.elsewhere = other.url
    yield other
    await other.stop()


@pytest.fixture
async def ask(socket_enabled: None) -> AsyncIterator[Ask]:
    """Ask a dashboard once."""
    async with ClientSession(connector=TCPConnector(resolver=LoopbackResolver())) as session:

        async def ask(url: str, headers: dict[str, str] = ACCESS, token: str = TOKEN) -> Snapshot:
            return await BackendV0(Transport(session, URL(url), headers), token).snapshot()

        yield ask


@asynccontextmanager
async def wire(answer: bytes) -> AsyncIterator[str]:
    """Answer any request with these bytes, and close."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that led to it, as a log shows them."""
    while error:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def assert_discreet(error: BaseException) -> None:
    """Nothing of the error tells a credential."""
    told = "".join(traceback.format_exception(error)) + "".join(
        f"{each} {each!r} {vars(each)}" for each in chain(error)
    )
    assert not [credential for credential in CREDENTIALS if credential in told]


class TestAnswer:
    """What is sent, and what is taken for an answer."""

    async def test_good(self, simulator: Simulator, ask: Ask) -> None:
        assert len((await ask(simulator.url)).servers) == 8

    async def test_the_token_goes_as_it_is_and_the_extra_headers_with_it(self, simulator: Simulator, ask: Ask) -> None:
        await ask(simulator.url)
        (request,) = simulator.requests
        assert request.headers["Authorization"] == TOKEN
        assert {name: request.headers[name] for name in ACCESS} == ACCESS

    @pytest.mark.parametrize("end", ["", "/"])
    async def test_a_path_prefix_is_kept(self, ask: Ask, end: str) -> None:
        simulator = Simulator(prefix="/monitoring/nezha")
        await simulator.start()
        await ask(simulator.url + end)
        await simulator.stop()
        assert [request.path for request in simulator.requests] == ["/monitoring/nezha/api/v1/server/details"]

    async def test_a_redirect_within_the_origin_is_followed(self, simulator: Simulator, ask: Ask) -> None:
        simulator.faults.set("redirect_within")
        assert len((await ask(simulator.url)).servers) == 8
        assert [request.headers["Authorization"] for request in simulator.requests] == [TOKEN, TOKEN]

    @pytest.mark.parametrize("fault", ["wrong_charset", "clock_ahead", "clock_behind", "halved_fleet", "null_list"])
    async def test_what_can_be_read_is_an_answer(self, simulator: Simulator, ask: Ask, fault: str) -> None:
        simulator.faults.set(fault)
        assert (await ask(simulator.url)).complete
        assert simulator.faults.delivered[fault]


class TestFailure:
    """Each failure has its own class."""

    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            ("refuse", RefusedError),
            ("reset", UnreachableError),
            ("hang_before_headers", RequestTimeoutError),
            ("hang_in_body", RequestTimeoutError),
            ("close_in_body", UnreachableError),
            ("endless_body", ProtocolError),
            ("gzip_bomb", ProtocolError),
            ("deep_json", ProtocolError),
            ("empty_body", ProtocolError),
            ("json_null", ProtocolError),
            ("not_json", ProtocolError),
            ("truncated_json", ProtocolError),
            ("wrong_encoding", ProtocolError),
            ("object_for_list", ProtocolError),
            ("nan", ProtocolError),
            ("infinity", ProtocolError),
            ("huge_name", ProtocolError),
            ("html_200", GatewayError),
            ("html_302", GatewayError),
            ("html_403", GatewayError),
            ("html_404", NotNezhaError),
            ("html_502", ServerError),
            ("html_520", ServerError),
            ("redirect_loop", GatewayError),
            ("redirect_elsewhere", MovedError),
            ("token_revoked", AuthenticationError),
        ],
    )
    async def test_class(self, simulator: Simulator, ask: Ask, fault: str, expected: type[NezhaError]) -> None:
        simulator.faults.set(fault)
        with pytest.raises(NezhaError) as caught:
            await ask(simulator.url)
        assert type(caught.value) is expected
        assert simulator.faults.delivered[fault]
        assert_discreet(caught.value)

    async def test_a_dashboard_that_hangs_or_fails_answers_once_the_fault_is_over(
        self, simulator: Simulator, ask: Ask
    ) -> None:
        for fault in ("refuse", "reset", "hang_in_body", "close_in_body", "gzip_bomb", "html_502"):
            simulator.faults.set(fault)
            with pytest.raises(NezhaError):
                await ask(simulator.url)
            simulator.faults.clear()
            assert len((await ask(simulator.url)).servers) == 8

    @pytest.mark.parametrize("fault", FAULTS)
    async def test_no_fault_gives_anything_else(self, simulator: Simulator, ask: Ask, fault: str) -> None:
        simulator.faults.set(fault)
        try:
            snapshot = await ask(simulator.url)
        except NezhaError as err:
            assert_discreet(err)
        else:
            assert len(snapshot.servers) + len(snapshot.omitted) >= 4 or fault in ("null_list", "empty_fleet")

    async def test_a_name_that_nobody_knows(self, ask: Ask) -> None:
        with pytest.raises(CannotResolveError) as caught:
            await ask("http://nezha.invalid")
        assert_discreet(caught.value)

    async def test_a_gateways_page_in_place_of_the_dashboard(self, simulator: Simulator, ask: Ask) -> None:
        with pytest.raises(GatewayError):
            await ask(simulator.url, headers={})

    async def test_a_wrong_token(self, simulator: Simulator, ask: Ask) -> None:
        with pytest.raises(AuthenticationError) as caught:
            await ask(simulator.url, token=ACCESS["CF-Access-Client-Secret"])
        assert_discreet(caught.value)

    async def test_what_is_no_http(self, ask: Ask) -> None:
        async with wire(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n") as url:
            with pytest.raises(ProtocolError) as caught:
                await ask(url)
        assert_discreet(caught.value)

    async def test_closed_without_an_answer(self, ask: Ask) -> None:
        async with wire(b"") as url:
            with pytest.raises(UnreachableError) as caught:
                await ask(url)
        assert_discreet(caught.value)

    async def test_spoilt_compression(self, ask: Ask) -> None:
        body = gzip.compress(b'{"code":0,"result":[]}')[:-12] + b"x" * 12
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
        async with wire(head + body) as url:
            with pytest.raises(NezhaError) as caught:
                await ask(url)
        assert_discreet(caught.value)

    async def test_a_page_that_does_not_say_so(self, ask: Ask) -> None:
        async with wire(b"HTTP/1.1 200 OK\r\n\r\n  <html><body>hi</body></html>\n") as url:
            with pytest.raises(GatewayError):
                await ask(url)

    async def test_a_reply_over_the_limit(self, simulator: Simulator, ask: Ask) -> None:
        async with (
            ClientSession() as session,
            session.get(
                f"{simulator.url}/api/v1/server/details", headers={"Authorization": TOKEN, **ACCESS}
            ) as response,
        ):
            size = len(await response.read())
        with patch("custom_components.nezha.api.transport.LARGEST_REPLY", size // 2), pytest.raises(ProtocolError):
            await ask(simulator.url)
        with patch("custom_components.nezha.api.transport.LARGEST_REPLY", size + 1_000):
            await ask(simulator.url)

    async def test_a_certificate_that_is_not_to_be_trusted(self, ask: Ask, tmp_path: Path) -> None:
        simulator = Simulator(ssl_context=self_signed(tmp_path))
        await simulator.start()
        with pytest.raises(CertificateError) as caught:
            await ask(simulator.url)
        await simulator.stop()
        assert_discreet(caught.value)
        assert not simulator.requests


class TestRedirect:
    """A redirect to another origin is reported, not followed."""

    async def test_nothing_reaches_another_origin(self, simulator: Simulator, elsewhere: Simulator, ask: Ask) -> None:
        simulator.faults.set("redirect_elsewhere")
        with pytest.raises(MovedError) as caught:
            await ask(simulator.url)
        assert caught.value.target.origin() == URL(elsewhere.url)
        assert elsewhere.requests == []

    @pytest.mark.parametrize(
        ("location", "expected"),
        [
            ("https://127.0.0.1/", MovedError),
            ("//evil.invalid/", MovedError),
            ("http://nezha.invalid/login?next=/", MovedError),
            ("http://127.0.0.1:1/", MovedError),
            ("http://[", GatewayError),
            ("mailto:admin", GatewayError),
            ("javascript:alert(1)", GatewayError),
            ("", GatewayError),
        ],
    )
    async def test_any_other_target(self, ask: Ask, location: str, expected: type[NezhaError]) -> None:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": location})

        app = web.Application()
        app.router.add_get("/api/v1/server/details", answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        with pytest.raises(GatewayError) as caught:
            await ask(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await runner.cleanup()
        assert type(caught.value) is expected
        assert_discreet(caught.value)

    async def test_a_circle_is_left_after_a_few_rounds(self, simulator: Simulator, ask: Ask) -> None:
        simulator.faults.set("redirect_loop")
        with pytest.raises(GatewayError):
            await ask(simulator.url)
        assert len(simulator.requests) == 4


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return what a server with a home-made certificate uses."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certificate.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
