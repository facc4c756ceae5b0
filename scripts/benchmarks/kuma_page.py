"""The one page of an Uptime Kuma that its integration reads."""

from collections.abc import Iterator

from aiohttp import web

from simulator.server import ADDRESS

_LEVELS = (0.2, 0.6)


class KumaPage:
    """As many monitors of web pages as wanted."""

    def __init__(self) -> None:
        """Listen to nobody yet."""
        self._turns: list[int] = []
        self._runner: web.AppRunner | None = None

    async def start(self, monitors: int) -> str:
        """Listen, and return the address."""
        self._turns = [0] * monitors
        app = web.Application()
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, ADDRESS, 0)
        await site.start()
        return f"http://{ADDRESS}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close everything."""
        if self._runner:
            await self._runner.cleanup()

    def change(self, every: int) -> None:
        """Change what each `every`th monitor measures; 0 changes none."""
        for place in range(0, len(self._turns), every) if every else ():
            self._turns[place] += 1

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(text="\n".join(self._lines()) + "\n")

    def _lines(self) -> Iterator[str]:
        monitors = [(_labels(number), _LEVELS[turn % 2]) for number, turn in enumerate(self._turns, start=1)]
        yield '# TYPE app_version gauge\napp_version{version="2.0.2",major="2",minor="0",patch="2"} 1'
        yield "# TYPE monitor_status gauge"
        yield from (f"monitor_status{{{labels}}} 1" for labels, _ in monitors)
        yield "# TYPE monitor_response_time gauge"
        yield from (f"monitor_response_time{{{labels}}} {int(100 * level)}" for labels, level in monitors)
        yield "# TYPE monitor_cert_days_remaining gauge"
        yield from (f"monitor_cert_days_remaining{{{labels}}} {int(100 * level)}" for labels, level in monitors)
        for name in ("monitor_uptime_ratio", "monitor_response_time_seconds"):
            yield f"# TYPE {name} gauge"
            for window in ("1d", "30d", "365d"):
                yield from (f'{name}{{{labels},window="{window}"}} {level}' for labels, level in monitors)


def _labels(number: int) -> str:
    return (
        f'monitor_id="{number}",monitor_name="Monitor {number}",monitor_type="http",'
        f'monitor_url="https://example.com/{number}",monitor_hostname="null",monitor_port="null"'
    )
