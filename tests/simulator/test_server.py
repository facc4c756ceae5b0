"""What surrounds the dashboard: prefix, gateway, certificate, log, command line."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
import re
import signal
import ssl
import sys
from typing import Any

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest

from simulator import Dashboard, Simulator

from .conftest import Client

LIST = "/api/v1/server/list"
ROOT = Path(__file__).parents[2]

type Serve = Callable[..., Awaitable[Client]]


@pytest.fixture
async def serve(dashboard: Dashboard, socket_enabled: None) -> AsyncGenerator[Serve]:
    """Return a function that starts a simulator with these options."""
    started = []
    async with aiohttp.ClientSession() as session:

        async def start(**options: Any) -> Client:
            simulator = Simulator(dashboard, **options)
            await simulator.start()
            started.append(simulator)
            return Client(session, simulator)

        yield start
    for simulator in started:
        await simulator.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a self-signed certificate for 127.0.0.1 with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "simulator")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(pem)
    )
    return path


async def test_listens_on_this_machine_only(serve: Serve) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", (await serve()).simulator.url)


async def test_serves_below_a_prefix_and_nowhere_else(serve: Serve) -> None:
    client = await serve(prefix="/nezha")
    assert client.simulator.url.endswith("/nezha")
    assert (await client.get(LIST)).body["code"] == 0
    async with client.session.get(client.simulator.url.removesuffix("/nezha") + LIST) as response:
        assert response.status == 404


async def test_a_gateway_wants_its_own_headers(serve: Serve) -> None:
    client = await serve(gateway_headers={"CF-Access-Client-Id": "me"})
    page = await client.get(LIST)
    assert (page.status, page.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    answer = await client.get(LIST, {"Authorization": "demo-token", "CF-Access-Client-Id": "me"})
    assert answer.body["code"] == 0


async def test_speaks_https_with_a_certificate_of_its_own(serve: Serve, certificate: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    client = await serve(ssl_context=context)
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await client.get(LIST)
    assert (await client.get(LIST, ssl=False)).body["code"] == 0
    assert client.simulator.failed_handshakes == 1


async def test_connections_can_be_closed_and_made_again(serve: Serve) -> None:
    client = await serve()
    await client.get(LIST)
    assert client.simulator.connections == 1
    client.simulator.disconnect()
    while client.simulator.connections:
        await asyncio.sleep(0)
    await client.get(LIST)
    assert client.simulator.connections == 1


async def test_logs_every_request(serve: Serve) -> None:
    client = await serve(prefix="/nezha")
    await client.get(f"{LIST}?tag=Group%201")
    client.simulator.faults.set("html_502")
    await client.get("/nowhere")
    first, second = client.simulator.requests
    assert (first.method, first.path, first.query) == ("GET", f"/nezha{LIST}", {"tag": "Group 1"})
    assert first.headers["authorization"] == "demo-token"
    assert second.path == "/nezha/nowhere"


async def test_stops_while_requests_hang(dashboard: Dashboard, socket_enabled: None) -> None:
    simulator = Simulator(dashboard)
    await simulator.start()
    simulator.faults.set("hang_before_headers")
    async with aiohttp.ClientSession() as session:
        hanging = asyncio.create_task(Client(session, simulator).get(LIST))
        while not simulator.faults.delivered:
            await asyncio.sleep(0)
        await simulator.stop()
        with pytest.raises(aiohttp.ClientError):
            await hanging


async def test_stops_at_once_after_it_was_told_to_resume(dashboard: Dashboard, socket_enabled: None) -> None:
    simulator = Simulator(dashboard)
    await simulator.start()
    simulator.stop_listening()
    simulator.resume()
    await simulator.stop()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await Client(session, simulator).get(LIST)


async def run(*options: str) -> asyncio.subprocess.Process:
    """Start the command."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", *options),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_the_command_serves_until_interrupted_and_says_how_to_try_it(socket_enabled: None) -> None:
    process = await run("--servers", "3", "--port", "0", "--token", "secret", "--fault", "clock_ahead")
    assert process.stdout is not None
    said = ""
    while "Ctrl-C" not in said:
        line = await process.stdout.readline()
        assert line, said
        said += line.decode()
    found = re.search(r"curl -H 'Authorization: secret' (\S+)", said)
    assert found is not None
    async with (
        aiohttp.ClientSession() as session,
        session.get(found[1], headers={"Authorization": "secret"}) as response,
    ):
        assert len((await response.json())["result"]) == 3
    process.send_signal(signal.SIGINT)
    assert await process.wait() == 0


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_the_command_says_how_to_log_in(socket_enabled: None, generation: str) -> None:
    process = await run(
        *("--servers", "3", "--port", "0", "--generation", generation),
        *("--username", "me", "--password", "secret", "--token", "nzp_mine"),
    )
    assert process.stdout is not None
    said = ""
    while "Ctrl-C" not in said:
        line = await process.stdout.readline()
        assert line, said
        said += line.decode()
    found = re.search(r"curl -d '(.+)' (\S+)", said)
    assert found is not None
    assert ("nzp_mine" in said) == (generation == "v2")
    async with aiohttp.ClientSession() as session, session.post(found[2], data=found[1]) as response:
        assert (await response.json())["success"] is True
        base, token = found[2].removesuffix("/login"), (await response.json())["data"]["token"]
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        async with session.get(f"{base}/server") as response:
            assert len((await response.json())["data"]) == 3
        async with session.ws_connect(f"{base}/ws/server") as socket:
            first, second = await socket.receive_json(), await socket.receive_json()
            assert second["now"] - first["now"] in {2_000, 3_000}
            socket._response.close()
    process.send_signal(signal.SIGINT)
    assert await process.wait() == 0


async def test_the_command_explains_a_port_in_use(serve: Serve) -> None:
    port = (await serve()).simulator.url.rpartition(":")[2]
    process = await run("--port", port)
    _, complaint = await process.communicate()
    assert process.returncode == 1
    assert complaint.decode().startswith(f"Cannot listen on port {port}: ")
