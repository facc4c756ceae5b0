"""A dashboard that answers exactly what a test tells it, over real HTTP."""

from datetime import UTC, datetime
from email.utils import format_datetime
import json
from typing import Any, ClassVar

from aiohttp import web

_HOST = {
    "Platform": "debian",
    "PlatformVersion": "12.11",
    "CPU": ["AMD EPYC 2 Virtual Core"],
    "MemTotal": 4 * 2**30,
    "DiskTotal": 40 * 2**30,
    "SwapTotal": 0,
    "Arch": "x86_64",
    "Virtualization": "kvm",
    "BootTime": 1_780_300_000,
    "CountryCode": "jp",
    "Version": "0.20.5",
    "GPU": None,
}
_STATUS = {
    "CPU": 12.34,
    "MemUsed": 2**30,
    "SwapUsed": 0,
    "DiskUsed": 10 * 2**30,
    "NetInTransfer": 5 * 2**30,
    "NetOutTransfer": 3 * 2**30,
    "NetInSpeed": 1_000_000,
    "NetOutSpeed": 2_000_000,
    "Uptime": 15_200,
    "Load1": 0.5,
    "Load5": 0.25,
    "Load15": 0.125,
    "TcpConnCount": 10,
    "UdpConnCount": 2,
    "ProcessCount": 99,
    "Temperatures": None,
    "GPU": 0,
}
BLANK_HOST = {key: type(value)() if value is not None else None for key, value in _HOST.items()} | {"CPU": None}
BLANK_STATUS = {key: value if value is None else 0 for key, value in _STATUS.items()}
NEVER = -62135596800


def server(
    number: int = 1,
    name: str = "alpha",
    tag: str = "Tokyo",
    *,
    host: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Return a v0 server as the dashboard sends it; `host` and `status` hold what differs from a usual one."""
    return {
        "id": number,
        "name": name,
        "tag": tag,
        "last_active": int(datetime.now(UTC).timestamp()),
        "ipv4": f"198.51.100.{number % 250}",
        "ipv6": "",
        "valid_ip": f"198.51.100.{number % 250}",
        "display_index": 0,
        "hide_for_guest": False,
        "host": _HOST | (host or {}),
        "status": _STATUS | (status or {}),
    } | fields


def blank_server(number: int = 1, name: str = "alpha", tag: str = "Tokyo", **fields: Any) -> dict[str, Any]:
    """Return a server as the dashboard sends it before its agent has reported."""
    return (
        server(number, name, tag, host=BLANK_HOST, status=BLANK_STATUS, last_active=NEVER, ipv4="", valid_ip="")
        | fields
    )


class ScriptedDashboard:
    """Answers `servers` with the clock's date, or `body` as it stands with `date`."""

    TOKEN: ClassVar[str] = "scripted-token"

    def __init__(self) -> None:
        self.servers: list[dict[str, Any]] = []
        self.body: Any = None
        self.date: str | None = None
        self.tokens: list[str | None] = []
        """The credential of each request, in order."""
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        if self._runner:
            return
        app = web.Application()
        app.router.add_get("/api/v1/server/{what:list|details}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Refuse connections."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization")
        self.tokens.append(token)
        if token != self.TOKEN:
            body: Any = {"code": 403, "message": "访问此接口需要认证"}
        else:
            body = self.body or {"code": 0, "message": "success", "result": self.servers}
        date = self.date or format_datetime(datetime.now(UTC), usegmt=True)
        return web.Response(
            text=json.dumps(body), content_type="application/json", charset="utf-8", headers={"Date": date}
        )
