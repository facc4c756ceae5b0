"""Nezha v0: the API of the document, `CamelCase` fields in an envelope of `code`, `message` and `result`."""

from collections.abc import Mapping
from http import HTTPStatus
import sys
from typing import Any, override

from .backend import Backend
from .decode import (
    Decoded,
    Fields,
    Kept,
    as_boot_time,
    as_country,
    as_load,
    as_name,
    as_object,
    as_percentage,
    as_speed,
    as_time,
    as_total,
    as_uint,
    as_uptime,
)
from .errors import AuthenticationError, ProtocolError
from .limits import MOST_CARDS, MOST_ELEMENTS, MOST_PROCESSORS
from .models import UNKNOWN_HOST, Host, Server, Snapshot, State, unreadable_servers
from .parts import NoServerError, in_batches, number_of, read_temperatures, read_used, unless_blank
from .transport import Reply, Transport

_UNAUTHORISED = 403
"""Stands in the envelope of an answer with HTTP status 200 (recorded exchange `bad_token.json`)."""


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
        omitted: dict[str, None] = {}
        async for item in in_batches(sorted(_result(reply), key=_place)):
            try:
                server = self._servers(number_of(item), item)
            except NoServerError as err:
                omitted[str(err)] = None
                continue
            if server.identity in servers:
                omitted[f"server {server.identity}: its number is taken by another one"] = None
                continue
            servers[server.identity] = server
        numbers = {server.number for server in servers.values()}
        self._servers.forget_all_but(numbers)
        self._hosts.forget_all_but(numbers)
        return Snapshot(
            now=reply.now, servers=servers, omitted=tuple(omitted), unreadable=unreadable_servers(servers.values())
        )

    def _decode_server(self, item: Mapping[str, Any]) -> Server:
        """Decode an element of `result`."""
        fields = Fields(item)
        number = number_of(item)
        tag = fields.text("tag")
        country = fields.within("host").text("CountryCode", as_country)
        host = self._hosts(number, fields.read("host", as_object) or {})
        state = _decode_state(fields.read("status", as_object) or {}, host.value or UNKNOWN_HOST)
        return Server(
            identity=str(number),
            number=number,
            name=fields.text("name"),
            groups=(tag,) if tag else (),
            ipv4=fields.text("ipv4"),
            ipv6=fields.text("ipv6"),
            country=country,
            # The sign says nothing by itself, but zero and below are Go's "no time": never since the dashboard's start.
            last_active=fields.read("last_active", as_time),
            host=host.value,
            state=state.value,
            unreadable=(*fields.unreadable, *state.unreadable, *host.unreadable),
        )


def _place(item: object) -> tuple[int, int]:
    """Return where the dashboard's own page has a server: by `display_index`, greatest first, then by number.

    Its answers are in random order. What is no server comes last.
    """
    match item:
        case {"display_index": int(index), "id": int(number)}:
            return -index, number
        case {"id": int(number)}:
            return 0, number
    return sys.maxsize, 0


def _result(reply: Reply) -> list[Any]:
    """Open the envelope."""
    match reply.json():
        case {"code": 0, "result": list(result)}:
            if len(result) > MOST_ELEMENTS:
                raise ProtocolError(f"the answer has {len(result)} servers")
            return result
        case {"code": 0, "result": None}:
            return []
        case {"code": int(code)} if code == _UNAUTHORISED:
            raise AuthenticationError
    raise reply.unexpected("the answer has no result")


def is_v0(reply: Reply, answer: Mapping[str, Any]) -> bool:
    """Whether this is how a v0 dashboard answers `/api/v1/server/list` without a token: status 200 and a `code`."""
    return reply.status == HTTPStatus.OK and isinstance(answer.get("code"), int)


def _decode_host(source: Mapping[str, Any]) -> Decoded[Host | None]:
    """Decode `host`."""
    fields = Fields(source, path="host.")
    host = Host(
        platform=fields.text("Platform"),
        platform_version=fields.text("PlatformVersion", as_name),
        cpu=fields.texts("CPU", MOST_PROCESSORS),
        gpu=fields.texts("GPU", MOST_CARDS, as_name),
        memory_total=fields.read("MemTotal", as_total),
        disk_total=fields.read("DiskTotal", as_total),
        swap_total=fields.read("SwapTotal", as_uint),
        arch=fields.text("Arch"),
        virtualization=fields.text("Virtualization"),
        boot_time=fields.read("BootTime", as_boot_time),
        agent_version=fields.text("Version", as_name),
    )
    return unless_blank(host, fields, has_zeros=True)


def _decode_state(source: Mapping[str, Any], host: Host) -> Decoded[State | None]:
    """Decode `status`. `GPU` is one number, 0 also where there is no card."""
    fields = Fields(source, path="status.")
    return unless_blank(
        State(
            cpu=fields.read("CPU", as_percentage),
            memory_used=read_used(fields, "MemUsed", host.memory_total),
            swap_used=read_used(fields, "SwapUsed", host.swap_total),
            disk_used=read_used(fields, "DiskUsed", host.disk_total),
            net_in_transfer=fields.read("NetInTransfer", as_uint),
            net_out_transfer=fields.read("NetOutTransfer", as_uint),
            net_in_speed=fields.read("NetInSpeed", as_speed),
            net_out_speed=fields.read("NetOutSpeed", as_speed),
            uptime=fields.read("Uptime", as_uptime),
            load_1=fields.read("Load1", as_load),
            load_5=fields.read("Load5", as_load),
            load_15=fields.read("Load15", as_load),
            tcp_connections=fields.read("TcpConnCount", as_uint),
            udp_connections=fields.read("UdpConnCount", as_uint),
            processes=fields.read("ProcessCount", as_uint),
            temperatures=read_temperatures(fields, "Temperatures", {}),
            gpu=(fields.read("GPU", as_percentage),) if host.gpu else (),
        ),
        fields,
        has_zeros=True,
    )
