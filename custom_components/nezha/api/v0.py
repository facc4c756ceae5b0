"""Nezha v0: the API of the document, `CamelCase` fields in an envelope of `code`, `message` and `result`."""

import asyncio
from collections.abc import Mapping
from typing import Any, override

from .backend import Backend
from .decode import Kept, MalformedError, amount, count, items, mapping, number, seconds, text, texts
from .errors import AuthenticationError, ProtocolError
from .models import Host, Server, Snapshot, State, Temperature
from .transport import Reply, Transport

_UNAUTHORISED = 403
"""Stands in the envelope of an answer with HTTP status 200 (recorded exchange `bad_token.json`)."""
_BATCH = 500
"""Servers that are decoded before the loop has a turn."""


class BackendV0(Backend):
    """A v0 dashboard, asked with an API token."""

    def __init__(self, transport: Transport, token: str) -> None:
        """Send the token as it is: v0 knows no scheme before it."""
        self._transport = transport
        self._headers = {"Authorization": token}
        self._servers = Kept(self._decode_server)
        self._hosts = Kept(_decode_host)

    @override
    async def snapshot(self) -> Snapshot:
        """Ask for all servers in one request.

        `details` without `id` and `tag`: the other forms leave out fields, and an `id` beside a `tag` is ignored by the
        dashboard although the document says the opposite (recorded exchange `details_id_and_tag.json`).
        """
        reply = await self._transport.get("api/v1/server/details", self._headers)
        servers: dict[str, Server] = {}
        omitted: list[str] = []
        for turn, item in enumerate(_result(reply), 1):
            if turn % _BATCH == 0:
                await asyncio.sleep(0)
            try:
                server = self._servers(_number(item), item)
            except MalformedError as err:
                # One that cannot be read is left out and named.
                omitted.append(f"{_name(item)}: {err}")
                continue
            if server.identity in servers:
                omitted.append(f"server {server.identity}: its number is taken by another one")
                continue
            servers[server.identity] = server
        numbers = {server.number for server in servers.values()}
        self._servers.forget_all_but(numbers)
        self._hosts.forget_all_but(numbers)
        return Snapshot(now=reply.now, servers=servers, omitted=tuple(omitted))

    def _decode_server(self, item: Mapping[str, Any]) -> Server:
        """Decode an element of `result`."""
        host = mapping(item, "host")
        number_of = count(item, "id")
        tag = text(item, "tag")
        # The sign says nothing by itself, but zero and below are Go's "no time": never since the dashboard's start.
        last_active = seconds(item, "last_active") if number(item, "last_active") > 0 else None
        return Server(
            identity=str(number_of),
            number=number_of,
            name=text(item, "name"),
            groups=(tag,) if tag else (),
            ipv4=text(item, "ipv4"),
            ipv6=text(item, "ipv6"),
            country=text(host, "CountryCode").upper(),
            last_active=last_active,
            host=self._hosts(number_of, host),
            state=_decode_state(mapping(item, "status"), cards=len(texts(host, "GPU"))),
        )


def _result(reply: Reply) -> list[Any]:
    """Open the envelope."""
    envelope = reply.json()
    match envelope:
        case {"code": 0, "result": list(result)}:
            return result
        case {"code": 0, "result": None}:
            return []
        case {"code": int(code)} if code == _UNAUTHORISED:
            raise AuthenticationError
    raise ProtocolError("the answer has no result")


def is_v0(reply: Reply) -> bool:
    """Whether this is how a v0 dashboard answers `/api/v1/server/list` without a token: status 200 and a `code`."""
    return reply.status == 200 and isinstance(reply.json().get("code"), int)


def _number(item: object) -> int:
    """Return what the dashboard calls a server by."""
    if not isinstance(item, dict):
        raise MalformedError("server", item)
    return count(item, "id")


def _name(item: object) -> str:
    """Name a server that cannot be read, so that it is the same one next time: the dashboard's order is random."""
    try:
        return f"server {_number(item)}"
    except MalformedError:
        return "a server without a number" if isinstance(item, dict) else "something that is no server"


def _decode_host(host: Mapping[str, Any]) -> Host | None:
    """Decode `host`; without a boot time it is blank."""
    if not (boot_time := seconds(host, "BootTime")):
        return None
    return Host(
        platform=text(host, "Platform"),
        platform_version=text(host, "PlatformVersion"),
        cpu=texts(host, "CPU"),
        gpu=texts(host, "GPU"),
        memory_total=count(host, "MemTotal"),
        disk_total=count(host, "DiskTotal"),
        swap_total=count(host, "SwapTotal"),
        arch=text(host, "Arch"),
        virtualization=text(host, "Virtualization"),
        boot_time=boot_time,
        agent_version=text(host, "Version"),
    )


def _decode_state(status: Mapping[str, Any], cards: int) -> State | None:
    """Decode `status`; without an uptime it is blank. `GPU` is one number, 0 also where there is no card."""
    if not (uptime := seconds(status, "Uptime")):
        return None
    return State(
        cpu=amount(status, "CPU"),
        memory_used=count(status, "MemUsed"),
        swap_used=count(status, "SwapUsed"),
        disk_used=count(status, "DiskUsed"),
        net_in_transfer=count(status, "NetInTransfer"),
        net_out_transfer=count(status, "NetOutTransfer"),
        net_in_speed=count(status, "NetInSpeed"),
        net_out_speed=count(status, "NetOutSpeed"),
        uptime=uptime,
        load_1=amount(status, "Load1"),
        load_5=amount(status, "Load5"),
        load_15=amount(status, "Load15"),
        tcp_connections=count(status, "TcpConnCount"),
        udp_connections=count(status, "UdpConnCount"),
        processes=count(status, "ProcessCount"),
        temperatures=tuple(_decode_temperature(item) for item in items(status, "Temperatures")),
        gpu=(amount(status, "GPU"),) if cards else (),
    )


def _decode_temperature(item: object) -> Temperature:
    """Decode an element of `Temperatures`."""
    if not isinstance(item, dict):
        raise MalformedError("Temperatures", item)
    return Temperature(name=text(item, "Name"), celsius=number(item, "Temperature"))
