"""Nezha v0 on the wire, as recorded from v0-final; `FIELDS` says what older releases lack.

What the document says otherwise is marked: the dashboard's source decides.
"""

from collections.abc import Iterable
import random
from typing import Any

from aiohttp import web

from .dashboard import Dashboard, Server, Temper
from .fleet import Host, State
from .go import number, response
from .releases import Release, Trait

NEVER = -62_135_596_800
"""Go's zero time in unix seconds, the `last_active` of a server that never reported."""

FIELDS = {
    "display_index": Trait.DISPLAY_INDEX,
    "hide_for_guest": Trait.HIDE_FOR_GUEST,
    "Temperatures": Trait.TEMPERATURES,
    "GPU": Trait.GPU,
}
"""What came in later; the others have always been there."""

UNAUTHORISED = {"code": 403, "message": "访问此接口需要认证"}
BLANK_HOST = Host(
    platform="", platform_version="", cpu=(), mem_total=0, disk_total=0, arch="", virtualization="", version=""
)
BLANK_STATE = State(
    cpu=0,
    mem_used=0,
    swap_used=0,
    disk_used=0,
    net_in_transfer=0,
    net_out_transfer=0,
    net_in_speed=0,
    net_out_speed=0,
    uptime=0,
    load_1=0,
    load_5=0,
    load_15=0,
    tcp_conn_count=0,
    udp_conn_count=0,
    process_count=0,
    temperatures=(),
    gpu=(),
)


class V0:
    """The endpoints of a v0 dashboard."""

    temper = Temper()

    def __init__(self, dashboard: Dashboard, release: Release) -> None:
        """Speak for a dashboard, as a release does."""
        self._dashboard = dashboard
        self._lacks = {field for field, trait in FIELDS.items() if not release.has(trait)}

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Return what the dashboard answers, below a path prefix."""
        return [
            web.get(f"{prefix}/api/v1/server/list", self._list, allow_head=False),
            web.get(f"{prefix}/api/v1/server/details", self._details, allow_head=False),
        ]

    def unknown_path(self) -> web.Response:
        """Return the page for everything else."""
        page = "<!DOCTYPE html>\n<html><head><title>404</title></head><body><h1>该页面不存在</h1></body></html>\n"
        return web.Response(text=page, status=404, content_type="text/html", charset="utf-8")

    def blocked(self) -> web.Response:
        """Return what a v0 dashboard never answers, since it has no firewall."""
        raise NotImplementedError

    async def _list(self, request: web.Request) -> web.Response:
        if not self._authorised(request):
            return response(UNAUTHORISED)
        tag = request.query.get("tag", "")
        servers = self._tagged(tag) if tag else self._all()
        return _result(self._summary(server) for server in servers)

    async def _details(self, request: web.Request) -> web.Response:
        if not self._authorised(request):
            return response(UNAUTHORISED)
        tag, ids = request.query.get("tag", ""), request.query.get("id", "")
        if not tag and not ids:
            return _result(
                self._full(server, display_index=server.display_index, hide_for_guest=server.hide_for_guest)
                for server in self._all()
            )
        # The document says that the id wins; the source asks for the tag first.
        servers = self._tagged(tag) if tag else self._with_ids(ids)
        return _result(self._full(server) for server in servers)

    def _authorised(self, request: web.Request) -> bool:
        return self._dashboard.accepts(request.headers.get("Authorization", ""))

    def _all(self) -> list[Server]:
        """Return every server in random order, as Go walks a map."""
        servers = list(self._dashboard.servers.values())
        return random.sample(servers, len(servers))

    def _tagged(self, tag: str) -> list[Server]:
        return [server for server in self._dashboard.servers.values() if server.tag == tag]

    def _with_ids(self, ids: str) -> list[Server]:
        known = self._dashboard.servers
        wanted = (int(text) for text in ids.split(",") if text.isdecimal())
        return [known[server_id] for server_id in wanted if server_id in known]

    def _summary(self, server: Server, *, display_index: int = 0, hide_for_guest: bool = False) -> dict[str, Any]:
        """Return a server without host and state; only the unfiltered details fill in the last two fields."""
        last_active = self._dashboard.last_active(server)
        # The addresses are the agent's words: blank with the host.
        host = server.host or BLANK_HOST
        return self._known(
            {
                "id": server.id,
                "name": server.name,
                "tag": server.tag,
                "last_active": NEVER if last_active is None else last_active,
                "ipv4": host.ipv4,
                "ipv6": host.ipv6,
                "valid_ip": host.ipv4 or host.ipv6,
                "display_index": display_index,
                "hide_for_guest": hide_for_guest,
            }
        )

    def _full(self, server: Server, *, display_index: int = 0, hide_for_guest: bool = False) -> dict[str, Any]:
        summary = self._summary(server, display_index=display_index, hide_for_guest=hide_for_guest)
        return summary | {
            "host": self._known(_host(server.host or BLANK_HOST)),
            "status": self._known(_status(server.state or BLANK_STATE)),
        }

    def _known(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Leave out what the release does not know yet."""
        return {key: value for key, value in fields.items() if key not in self._lacks}


def _host(host: Host) -> dict[str, Any]:
    return {
        "Platform": host.platform,
        "PlatformVersion": host.platform_version,
        "CPU": list(host.cpu) or None,
        "MemTotal": host.mem_total,
        "DiskTotal": host.disk_total,
        "SwapTotal": host.swap_total,
        "Arch": host.arch,
        "Virtualization": host.virtualization,
        "BootTime": host.boot_time,
        "CountryCode": host.country_code,
        "Version": host.version,
        "GPU": list(host.gpu) or None,
    }


def _status(state: State) -> dict[str, Any]:
    return {
        "CPU": number(state.cpu),
        "MemUsed": state.mem_used,
        "SwapUsed": state.swap_used,
        "DiskUsed": state.disk_used,
        "NetInTransfer": state.net_in_transfer,
        "NetOutTransfer": state.net_out_transfer,
        "NetInSpeed": state.net_in_speed,
        "NetOutSpeed": state.net_out_speed,
        "Uptime": state.uptime,
        "Load1": number(state.load_1),
        "Load5": number(state.load_5),
        "Load15": number(state.load_15),
        "TcpConnCount": state.tcp_conn_count,
        "UdpConnCount": state.udp_conn_count,
        "ProcessCount": state.process_count,
        "Temperatures": [{"Name": sensor.name, "Temperature": number(sensor.celsius)} for sensor in state.temperatures]
        or None,
        # One number for all cards; which one the agent takes of several was not recorded.
        "GPU": number(sum(state.gpu) / len(state.gpu)) if state.gpu else 0,
    }


def _result(servers: Iterable[dict[str, Any]]) -> web.Response:
    return response({"code": 0, "message": "success", "result": list(servers)})
