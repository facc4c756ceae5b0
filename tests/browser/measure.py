"""The command: `scripts/benchmark page`. Measures the dashboard's pages in a browser, beside pages of as many native tiles."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, replace
import json
import os
from pathlib import Path
import shutil
import sys
import tempfile
import time
from typing import Any

import aiohttp
from playwright.async_api import Browser, CDPSession, async_playwright

from harness.forms import open_options
from harness.homeassistant import HomeAssistant
from harness.processes import free_port
from homeassistant.const import __version__ as homeassistant_version
from scripts.benchmarks.figures import Line, line, table

from .frontend import Frontend
from .thoroughness import APPEARANCES
from .world import World

_PACE = (Path(__file__).parent / "pace.js").read_text(encoding="utf-8")
_TILES = "nezha-tiles"
"""Where the pages of native tiles are."""
_START = "nezha-start"
"""Where every way to a page begins, to ours as to theirs: the page of another dashboard."""
_CARD = "nezha-server-card"
_MOST_ON_A_PAGE = 100
"""Servers. The first page of more has their groups, and each group a page of its own."""
_ONE = ("cpu",)
_SHOWN = ("cpu", "memory", "disk", "net_in_speed", "net_out_speed")
"""Keys of what a card shows that changes."""
_QUIET = {"scan_interval": 3600, "metrics_interval": 300, "offline_after": 60}
"""Options with which nothing changes while a page opens."""
_PATIENCE = 600
"""Polls of half a second: how long a machine with other work to do may take to set a thousand servers up."""
_STEADY = 1.1
"""The most that a heap may have grown to, in shares of what it was: how much of it is a cache differs from run to run."""
_LATEST = 3.5
"""Seconds from the end of the time in which a server may be silent until its card is red."""
_OFFLINE_AFTER = 5
_QUIET_FOR = 1_000
"""Milliseconds without a change after which a page is settled."""
_DRAWN_WITHIN = 3
"""Seconds for what a page still draws once all of its cards are there, where values change all the time."""

type Entities = Mapping[str, str]
"""Entity ids by the integration's keys."""

_NAMES = """() => {
  const all = (node) => [node, ...[...(node.shadowRoot?.children ?? []), ...node.children].flatMap(all)];
  const cards = all(document.body).filter((node) => node.localName === "nezha-server-card");
  return cards.map((card) => card.shadowRoot.querySelector(".name").textContent);
}"""
_RED = """name => new Promise((done, fail) => {
  const all = (node) => [node, ...[...(node.shadowRoot?.children ?? []), ...node.children].flatMap(all)];
  const cards = all(document.body).filter((node) => node.localName === "nezha-server-card");
  const card = cards.map((node) => node.shadowRoot.querySelector("ha-card")).find((card, index) =>
    cards[index].shadowRoot.querySelector(".name").textContent === name);
  if (!card) return fail(new Error(`no card of ${name} among ${cards.length}`));
  const look = () => (card.classList.contains("offline") ? done(Date.now() / 1000) : requestAnimationFrame(look));
  look();
})"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOf:
    """A page, and how one knows that all of it is there."""

    name: str
    path: str
    tag: str
    count: int


_FIRST = PageOf(name="no card", path=f"/{_START}", tag="hui-sections-view", count=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One of our pages, and those that it is measured beside."""

    ours: PageOf
    beside: Sequence[PageOf]


@dataclass(frozen=True, slots=True)
class Opening:
    """What it took to open a page: seconds."""

    settled: float
    busy: float
    """Of the main thread."""


class Meter:
    """One browser's page, and what the browser counts of it."""

    def __init__(self, frontend: Frontend, devtools: CDPSession) -> None:
        """Take a page; use `of`."""
        self.frontend = frontend
        self._devtools = devtools

    @classmethod
    @asynccontextmanager
    async def of(cls, home: HomeAssistant, browser: Browser) -> AsyncIterator[Meter]:
        """Open a window in which pages are measured; afterwards it must not have complained."""
        context = await browser.new_context()
        await context.add_init_script(_PACE)
        frontend = await Frontend.open(home, context)
        await frontend.appear(APPEARANCES[0])
        devtools = await context.new_cdp_session(frontend.page)
        # Processor time: another process's work is not counted.
        await devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        await frontend.load(f"/{_START}")
        try:
            yield cls(frontend, devtools)
            complaints = frontend.complaints()
            assert not complaints, complaints
        finally:
            await context.close()

    async def open(self, page: PageOf) -> Opening:
        """Go to a page from an empty one of another dashboard, while nothing changes there."""
        await self._go(_FIRST)
        before = await self.busy()
        settled = await self._go(page)
        return Opening(settled, await self.busy() - before)

    async def show(self, page: PageOf) -> None:
        """Go to a page that shows live values."""
        await self._go(_FIRST, quiet=0)
        await self._go(page, quiet=0)
        await asyncio.sleep(_DRAWN_WITHIN)

    async def _go(self, page: PageOf, *, quiet: int = _QUIET_FOR) -> float:
        took: float = await self.frontend.page.evaluate(
            "([path, tag, count, quiet]) => nezhaPace.open(path, tag, count, quiet)",
            [page.path, page.tag, page.count, quiet],
        )
        return took / 1000

    async def busy(self) -> float:
        """Return the seconds of the processor that the main thread has had."""
        counted = await self._devtools.send("Performance.getMetrics")
        return float(next(item["value"] for item in counted["metrics"] if item["name"] == "TaskDuration"))

    async def heap(self) -> float:
        """Return the megabytes that are in use once the garbage is gone."""
        for _ in range(2):
            await self._devtools.send("HeapProfiler.collectGarbage")
        usage = await self._devtools.send("Runtime.getHeapUsage")
        return float(usage["usedSize"]) / 1e6


async def _settle(home: HomeAssistant, world: World, options: Mapping[str, int]) -> None:
    """Choose options, and wait until the entry is set up with them."""
    form = await open_options(home.request, world.entry_id)
    path = f"/api/config/config_entries/options/flow/{form['flow_id']}"
    await home.request("POST", path, {**options, "group_as_area": False})
    for _ in range(_PATIENCE):
        # Options that changed reload the entry in a task of its own.
        await asyncio.sleep(0.5)
        entry = (await home.request("GET", "/api/config/config_entries/entry?domain=nezha"))[0]
        if entry["state"] == "loaded":
            return
    raise AssertionError(f"the entry is {entry['state']}")


async def _groups(home: HomeAssistant) -> list[Group]:
    """Make the pages, and return which is measured beside which."""
    (told,) = await home.commands("nezha/overview")
    hub = told["hubs"][0]
    servers: list[Entities] = [server["entities"] for server in hub["servers"]]
    members = {
        group: [each["entities"] for each in hub["servers"] if each["groups"][:1] == [group]] for group in hub["groups"]
    }
    shown = [group for group, entities in members.items() if entities]
    largest = max(shown, key=lambda group: len(members[group]))
    of_group = members[largest]
    is_paged = len(servers) > _MOST_ON_A_PAGE
    cards = PageOf(name="first page", path="/nezha-demo/servers", tag=_CARD, count=len(servers))
    if not is_paged:
        tiles = {"tiles": _tiles(servers, _ONE), "values": _tiles(servers, _SHOWN)}
        groups = [Group(ours=cards, beside=[_page(*each) for each in tiles.items()])]
    else:
        tiles = {"tiles": _tiles(servers, _ONE), "group": _tiles(of_group, _ONE)}
        first = replace(cards, tag="hui-shortcut-card", count=len(shown))
        path = f"/nezha-demo/group-{shown.index(largest) + 1}"
        ours = replace(cards, name=f"a group of {len(of_group)}", path=path, count=len(of_group))
        groups = [
            Group(ours=first, beside=[_page("tiles", tiles["tiles"])]),
            Group(ours=ours, beside=[_page("group", tiles["group"])]),
        ]
    pages = {_START: [{"title": "Start", "type": "sections"}], _TILES: [_view(*each) for each in tiles.items()]}
    for path, views in pages.items():
        await home.commands(
            {"type": "lovelace/dashboards/create", "url_path": path, "title": path, "mode": "storage"},
            {"type": "lovelace/config/save", "url_path": path, "config": {"views": views}},
        )
    await home.add_page()
    return groups


def _tiles(servers: Sequence[Entities], keys: Sequence[str]) -> list[dict[str, str]]:
    return [{"type": "tile", "entity": server[key]} for server in servers for key in keys if key in server]


def _view(path: str, cards: Sequence[Any]) -> dict[str, Any]:
    section = {"type": "grid", "column_span": 4, "cards": cards}
    return {"title": path, "path": path, "type": "sections", "max_columns": 4, "sections": [section]}


def _page(path: str, cards: Sequence[Any]) -> PageOf:
    return PageOf(name=f"{len(cards)} tiles", path=f"/{_TILES}/{path}", tag="hui-tile-card", count=len(cards))


async def _openings(meter: Meter, group: Group, servers: int, runs: int) -> list[Line]:
    """Open pages in turn; the first time, when all code is still to be loaded, is not counted."""
    pages = [group.ours, *group.beside]
    openings: dict[str, list[Opening]] = {page.name: [] for page in pages}
    for run in range(runs + 1):
        for page in pages:
            opening = await meter.open(page)
            if run:
                openings[page.name].append(opening)
    settled = {name: [each.settled for each in runs] for name, runs in openings.items()}
    busy = {name: [each.busy for each in runs] for name, runs in openings.items()}
    ours = group.ours.name
    return [
        line(f"{what}, {ours}", servers, figures[ours], "s", beside=page.name, theirs=figures[page.name])
        for what, figures in (("Click to settled", settled), ("Processor to open", busy))
        for page in group.beside
    ]


async def _live(
    home: HomeAssistant, browser: Browser, group: Group, servers: int, chosen: argparse.Namespace
) -> list[Line]:
    """Watch pages side by side, each in a window of its own, which receives the same values at the same time."""
    pages = [group.ours, *group.beside, _FIRST]
    runs: list[list[float]] = []
    for _ in range(chosen.runs):
        async with AsyncExitStack() as stack:
            # Anew in each run: how fast the same code is in a window is a matter of luck, and stays so.
            meters = [await stack.enter_async_context(Meter.of(home, browser)) for _ in pages]
            for meter, page in zip(meters, pages, strict=True):
                await meter.show(page)
            runs.append(await _watch(meters, chosen.seconds))
    ours, *theirs = zip(*runs, strict=True)
    what = f"Processor in {chosen.seconds:g} s of live values, {group.ours.name}"
    return [
        line(what, servers, ours, "s", beside=page.name, theirs=figures, goal=1.0 if page.count else None)
        for page, figures in zip(pages[1:], theirs, strict=True)
    ]


async def _watch(meters: Sequence[Meter], seconds: float) -> list[float]:
    """Return the seconds that the main thread of each window works meanwhile."""
    for meter in meters:
        # What was made before is thrown away before.
        await meter.heap()
    before = [await meter.busy() for meter in meters]
    await asyncio.sleep(seconds)
    return [await meter.busy() - at_first for meter, at_first in zip(meters, before, strict=True)]


async def _heap(meter: Meter, page: PageOf, servers: int, minutes: float) -> Line:
    await meter.show(page)
    await asyncio.sleep(10)
    before = await meter.heap()
    await asyncio.sleep(minutes * 60)
    after = await meter.heap()
    what = f"Heap after {minutes:g} min, {page.name}"
    return line(what, servers, [after], "MB", beside="at first", theirs=[before], goal=_STEADY)


async def _red(meter: Meter, page: PageOf, world: World, servers: int) -> Line:
    """Let the agent of a server on a page fall silent, and see when its card is red."""
    await meter.show(page)
    shown: list[str] = await meter.frontend.page.evaluate(_NAMES)
    dashboard = world.simulator.dashboard
    server = next(each for each in dashboard.servers.values() if shown.count(each.name) == 1 and each.last_active)
    # A dashboard of v2 forgets a server that it has lost: nobody learns of what it reported since the last frame.
    last_known = server.last_active
    assert last_known, f"{server.name} never reported"
    server.machine.silent = True
    due = last_known + _OFFLINE_AFTER
    red: float = await meter.frontend.page.evaluate(_RED, server.name)
    return line("Red after the time to be silent", servers, [red - due], "s", goal=_LATEST)


async def _size(home: HomeAssistant, browser: Browser, servers: int, chosen: argparse.Namespace) -> list[Line]:
    """Measure the pages of a fleet."""
    lines: list[Line] = []

    def note(*more: Line) -> None:
        """Take lines, with a sign of life: a large fleet takes many minutes."""
        lines.extend(more)
        for each in more:
            print(" | ".join(filter(None, each.cells)), file=sys.stderr, flush=True)

    async with World.of(home, "v2", servers) as world:
        await world.add()
        await _settle(home, world, _QUIET)
        groups = await _groups(home)
        async with Meter.of(home, browser) as meter:
            for group in groups:
                note(*await _openings(meter, group, servers, chosen.runs))
        # Setting a large fleet up anew is more messages than a window that is open meanwhile can take: it would be left behind.
        live = {"scan_interval": 30, "metrics_interval": chosen.pace, "offline_after": _OFFLINE_AFTER}
        await _settle(home, world, live)
        for group in groups:
            note(*await _live(home, browser, group, servers, chosen))
        async with Meter.of(home, browser) as meter:
            cards = groups[-1].ours
            if chosen.minutes:
                note(await _heap(meter, cards, servers, chosen.minutes))
            note(await _red(meter, cards, world, servers))
            if chosen.pictures:
                for group in groups:
                    await meter.show(group.ours)
                    await meter.frontend.picture(chosen.pictures / f"{servers} {group.ours.name}.png")
        (dashboards,) = await home.commands("lovelace/dashboards/list")
        made = [each["id"] for each in dashboards if each["url_path"] in (_START, _TILES)]
        await home.commands(*({"type": "lovelace/dashboards/delete", "dashboard_id": each} for each in made))
    return lines


async def measure(chosen: argparse.Namespace) -> list[Line]:
    """Measure fleets of each size in one Home Assistant and one browser."""
    if chosen.pictures:
        chosen.pictures.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="nezha-page-"))
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            home = await HomeAssistant.start(folder, free_port(), session)
            try:
                async with async_playwright() as playwright:
                    browser = await playwright.chromium.launch(
                        executable_path=chosen.chromium, args=["--no-sandbox", "--disable-gpu"]
                    )
                    return [each for size in chosen.sizes for each in await _size(home, browser, size, chosen)]
            finally:
                await home.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark page",
        description="Measure the dashboard's pages in a browser, beside pages of as many native tiles.",
    )
    parser.add_argument("--chromium", required=True, help=argparse.SUPPRESS)
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(size) for size in text.split(",")],
        default="60,500,1000",
        help="numbers of servers (default: %(default)s)",
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each page in turn (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=30, help="of live values in a run (default: %(default)s)")
    parser.add_argument(
        "--pace", type=int, default=30, metavar="SECONDS", help="from value to value (default: %(default)s)"
    )
    parser.add_argument(
        "--minutes", type=float, default=10, help="for which the heap is watched (default: %(default)s)"
    )
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="write a picture of each page there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    return parser.parse_args()


def main() -> int:
    """Run the command; fail where a goal is far from met."""
    chosen = arguments()
    started = time.monotonic()
    lines = asyncio.run(measure(chosen))
    setting = f"Home Assistant {homeassistant_version}, {os.cpu_count()} CPUs"
    print(f"{setting}, {time.monotonic() - started:.0f} s\n\n{table(lines)}")
    if chosen.json:
        report = {"setting": setting, "lines": [asdict(each) for each in lines]}
        chosen.json.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    gross = [each.what for each in lines if each.goal and each.goal.gross]
    if gross:
        print(f"\nFar from the goal: {'; '.join(gross)}", file=sys.stderr)
    return 1 if gross else 0


if __name__ == "__main__":
    sys.exit(main())
