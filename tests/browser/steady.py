"""What the dashboard's page shows while something goes and returns: soon what is so, and no wrong word in between."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
import re
from typing import Any

from playwright.async_api import ConsoleMessage, Route

from harness.homeassistant import HomeAssistant

from .frontend import LOOK, Frontend
from .texts import broken
from .world import World

NAME = "goes and returns"
_PATIENCE = 240
"""Looks of a quarter of a second."""
_GIVEN_UP = "Timeout waiting for strategy element"
"""What Home Assistant says of a strategy that was not defined within five seconds."""
_MODULES = "**/nezha_frontend/*/main.js"
_MOST_FRAMES = 10
"""Pictures that the browser may draw from when the page knows of an offline server until its card is red."""
_MEASURED = re.compile(r"([\W\d]*([kMGT]i?B(/s)?|ms|min|[dhs]))*[\W\d]*")
"""Numbers with their units: others at each look."""
_OFFLINE = frozenset({"Offline", "Offline · <# min"})
_AWAY = frozenset({"No data", "Unavailable"})
_RECONNECTING = frozenset({"Connection lost. Reconnecting…"})
"""What Home Assistant itself says."""
_WAITING = frozenset({"Waiting for the Nezha dashboard", "The integration is being set up, or tries again by itself."})
_UNREACHABLE = frozenset(
    {
        "The Nezha dashboard cannot be reached",
        "Nothing is known of the servers until it answers again.",
        "Nothing answers at the address",
    }
)

_WATCH = f"""() => {{
  const look = {LOOK};
  const watch = {{ seen: new Set(), isOver: false }};
  const turn = () => {{
    for (const text of look("").texts) watch.seen.add(text);
    if (!watch.isOver) setTimeout(() => requestAnimationFrame(turn), 20);
  }};
  turn();
  window.nezhaWatch = watch;
}}"""
_SEEN = "() => { nezhaWatch.isOver = true; return [...nezhaWatch.seen]; }"

_RECONNECT = """async () => {
  const { connection } = document.querySelector("home-assistant").hass;
  const isBack = new Promise((done) => connection.addEventListener("ready", done, { once: true }));
  connection.reconnect(true);
  await isBack;
  await connection.ping();
}"""

_FRAMES_UNTIL_RED = """([entityId, deviceName]) => new Promise((done) => {
  const all = (node) => [node, ...[...(node.shadowRoot?.children ?? []), ...node.children].flatMap(all)];
  const card = all(document.body)
    .filter((node) => node.localName === "nezha-server-card")
    .find((node) => node.shadowRoot.querySelector(".name").textContent === deviceName)
    .shadowRoot.querySelector("ha-card");
  let frames = 0;
  const look = () => {
    if (card.classList.contains("offline")) return done(frames);
    if (document.querySelector("home-assistant").hass.states[entityId].state === "off") frames++;
    requestAnimationFrame(look);
  };
  look();
})"""


@dataclass(frozen=True, slots=True)
class Episode:
    """Something that goes and returns, and the words that are right while it is away."""

    name: str
    happen: Callable[[], Awaitable[None]]
    right: frozenset[str]


class Steady:
    """Watches one page through all of it."""

    def __init__(self, home: HomeAssistant, frontend: Frontend) -> None:
        """Take an open page."""
        self._home = home
        self._frontend = frontend
        self._faults: list[str] = []

    async def faults(self, folder: Path, *, everything: bool) -> list[str]:
        """Return what is wrong; write a picture of where it ended if it did not come to its end."""
        try:
            async with World.of(self._home, "v2") as world:
                await world.add()
                await world.set_options(scan_interval=5, metrics_interval=2, offline_after=30)
                await self._home.add_page()
                await self._load()
                for episode in await self._episodes(world, everything=everything):
                    await self._watch(episode)
                await self._load_while_reloading(world)
                await self._load_without_dashboard(world)
                if everything:
                    await self._load_late_modules()
                await self._frontend.picture(folder / f"{NAME}.png")
        except Exception as err:  # noqa: BLE001 - whatever it is, the report says so
            await self._frontend.picture(folder / f"FAILED {NAME}.png")
            self._faults.append(f"{NAME}: {type(err).__name__}: {str(err)[:500]}")
        return self._faults

    async def _episodes(self, world: World, *, everything: bool) -> list[Episode]:
        (told,) = await self._home.commands("nezha/overview")
        [hub] = told["hubs"]
        server, *_ = world.simulator.dashboard.servers.values()
        [device_id] = [device for name, device in (await world.sights()).servers.items() if name == server.name]
        [online] = [each["entities"]["online"] for each in hub["servers"] if each["device_id"] == device_id]
        reachable = hub["entities"]["dashboard"]

        async def a_server() -> None:
            looking = asyncio.create_task(self._frontend.page.evaluate(_FRAMES_UNTIL_RED, [online, server.name]))
            world.silence(server)
            await self._wait(online, "off")
            if (frames := await looking) > _MOST_FRAMES:
                self._faults.append(f"{NAME}: {server.name} is red {frames} frames after the page knew it")
            server.machine.silent = False
            await self._wait(online, "on")

        async def the_entry() -> None:
            await world.reload("loaded")
            await self._wait(online, "on")

        async def a_failed_start() -> None:
            world.simulator.power_off()
            await world.reload("setup_retry")
            await self._frontend.settle()
            world.simulator.start_up()
            await the_entry()

        async def the_connection() -> None:
            await self._frontend.page.evaluate(_RECONNECT)
            await self._wait(online, "on")

        async def the_dashboard() -> None:
            world.simulator.power_off()
            await self._wait(reachable, "off")
            await self._frontend.settle()
            world.simulator.start_up()
            await self._wait(reachable, "on")
            await self._wait(online, "on")

        episodes = [
            Episode("a server", a_server, _OFFLINE),
            Episode("the entry", the_entry, _AWAY | _WAITING),
            Episode("the entry that cannot be set up at first", a_failed_start, _AWAY | _WAITING),
            Episode("the browser's connection", the_connection, _RECONNECTING),
        ]
        # The integration asks again, and again, before it says that nothing answers.
        return [*episodes, Episode("the dashboard", the_dashboard, _AWAY | _UNREACHABLE)] if everything else episodes

    async def _load_while_reloading(self, world: World) -> None:
        """Load the page while the entry is set up anew."""
        reloading = asyncio.create_task(world.reload("loaded"))
        await self._load()
        await reloading

    async def _load_without_dashboard(self, world: World) -> None:
        """Load the page while the entry cannot be set up: it has its servers, and their values once the dashboard is back."""
        world.simulator.power_off()
        await world.reload("setup_retry")
        await self._load()
        await self._frontend.settle()
        seen = (await self._frontend.look()).texts
        faults = list(broken(seen))
        if not set(seen) >= _WAITING or "No data" not in seen:
            faults.append(f"does not say that it waits: {seen}")
        self._faults += [f"{NAME}: loaded without the dashboard: {fault}" for fault in faults]
        world.simulator.start_up()
        await world.reload("loaded")
        await self._frontend.page.wait_for_function(f"() => !({LOOK})('').texts.includes('No data')")

    async def _load_late_modules(self) -> None:
        """Load the page on a line so slow that Home Assistant gives the dashboard up before its modules are there."""
        page = self._frontend.page
        given_up = asyncio.Event()

        def read(message: ConsoleMessage) -> None:
            if _GIVEN_UP in message.text:
                given_up.set()

        async def hold(route: Route) -> None:
            await given_up.wait()
            await route.continue_()

        page.on("console", read)
        await page.route(_MODULES, hold)
        try:
            await self._load()
        finally:
            given_up.set()
            await page.unroute(_MODULES, hold)
            page.remove_listener("console", read)
        if not any(_GIVEN_UP in complaint for complaint in self._frontend.complaints()):
            raise AssertionError("Home Assistant waited for the modules")

    async def _load(self) -> None:
        await self._frontend.load("/nezha-demo")
        await self._frontend.page.wait_for_selector("nezha-server-card .name")

    async def _watch(self, episode: Episode) -> None:
        """Note every text from before an episode until after it; all but those of before and after have to be right."""
        await self._frontend.settle(quiet=6)
        before = await self._frontend.look()
        await self._frontend.page.evaluate(_WATCH)
        await episode.happen()
        await self._frontend.settle(quiet=6)
        after = await self._frontend.look()
        seen: list[str] = await self._frontend.page.evaluate(_SEEN)
        wrong = _words(seen) - _words([*before.texts, *after.texts]) - episode.right
        found = [
            *broken(seen),
            *(f"shows {word!r} for a moment" for word in sorted(wrong)),
            *self._frontend.complaints(),
        ]
        self._faults += [f"{NAME}: {episode.name}: {what}" for what in found]

    async def _wait(self, entity_id: str, state: str) -> None:
        """Wait until the page knows that an entity is in a state."""
        found: Any = None
        for _ in range(_PATIENCE):
            found = await self._frontend.page.evaluate(
                "entityId => document.querySelector('home-assistant').hass.states[entityId]?.state", entity_id
            )
            if found == state:
                return
            await asyncio.sleep(0.25)
        raise AssertionError(f"{entity_id} is {found} instead of {state}")


def _words(texts: Iterable[str]) -> set[str]:
    """Return texts without their numbers; what is measured is left out."""
    return {re.sub(r"\d+", "#", text) for text in texts if not _MEASURED.fullmatch(text)}
