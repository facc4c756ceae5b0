"""The command: `scripts/screenshots`. Takes the documents' pictures from the demo: light and dark, in each language of theirs."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
import shutil
import sys
import tempfile
from typing import Any

import aiohttp
from PIL import Image
from playwright.async_api import async_playwright

from harness.dashboard import Access
from harness.homeassistant import HomeAssistant
from harness.processes import free_port
from scripts.demo_home.remember import PAST, give_past
from simulator import DEMO_PAT, Dashboard, Simulator, populate

from .frontend import Frontend
from .pages import use_language
from .texts import Texts
from .thoroughness import Appearance

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
LANGUAGES = {"en": FOLDER, "zh-Hans": FOLDER / "zh-Hans"}
"""Those that there are documents in, and where their pictures are."""
SERVERS = 12
LARGEST = 200 * 1000
"""Bytes of a picture."""
_ROUNDS = 3
_COLOURS = (256, 128, 64, 32)
_SCALE = 1.5
"""Pixels of a picture for each of the page's: letters stay sharp on most screens."""
_SCHEMES = {"": "light", "-dark": "dark"}
_AUTOMATION = {
    "triggers": [{"trigger": "nezha.any_server_went_offline", "options": {"behavior": "each", "for": {"minutes": 2}}}],
    "conditions": [],
    "actions": [],
    "mode": "single",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where pictures are taken."""

    home: HomeAssistant
    frontend: Frontend
    language: str

    async def device(self, name: str) -> str:
        """Return the id of a device."""
        (devices,) = await self.home.commands("config/device_registry/list")
        return str(next(device["id"] for device in devices if device["name"] == name))


async def _dashboard(place: Place, path: str = "") -> None:
    await place.frontend.load(f"/nezha-demo{path}")


async def _server(place: Place) -> None:
    await _dashboard(place)
    await place.frontend.click("nezha-server-card")


async def _device(place: Place) -> None:
    await place.frontend.load(f"/config/devices/device/{await place.device('tokyo-1')}")


async def _trigger_editor(place: Place) -> None:
    alias = Texts.of(place.language).by_key["triggers.any_server_went_offline.name"]
    await place.home.request("POST", "/api/config/automation/config/offline", _AUTOMATION | {"alias": alias})
    await place.frontend.load("/config/automation/edit/offline")
    await place.frontend.click("ha-automation-trigger-row ha-automation-row")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its name, what it is of, and its size in the page's pixels."""

    name: str
    go: Callable[[Place], Awaitable[None]]
    width: int = 1000
    height: int = 720


PICTURES = (
    Picture("dashboard", _dashboard),
    Picture("dashboard-server", _server, height=640),
    Picture("dashboard-services", lambda place: _dashboard(place, "/services"), height=560),
    Picture("dashboard-traffic", lambda place: _dashboard(place, "/traffic")),
    Picture("device", _device, height=820),
    Picture("trigger-editor", _trigger_editor, height=740),
)


def shrink(file: Path) -> None:
    """Give a picture as many colours as let it be small; raise ValueError if none do."""
    with Image.open(file) as picture:
        full = picture.convert("RGB")
    for colours in _COLOURS:
        # An icon has few pixels, and the background most: both keep their colours.
        few = full.quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=_ROUNDS, dither=Image.Dither.NONE)
        few.save(file, optimize=True)
        if file.stat().st_size <= LARGEST:
            return
    raise ValueError(f"{file.name} has {file.stat().st_size} bytes")


async def _take(place: Place, picture: Picture, folder: Path) -> None:
    frontend = place.frontend
    await frontend.appear(Appearance(picture.name, picture.width, picture.height, "light"))
    await picture.go(place)
    for suffix, scheme in _SCHEMES.items():
        await frontend.appear(Appearance(picture.name, picture.width, picture.height, scheme))
        # Charts draw themselves after all texts are there.
        await frontend.settle(quiet=20)
        file = folder / f"{picture.name}{suffix}.png"
        await frontend.picture(file)
        shrink(file)
        print(f"{file.relative_to(FOLDER)}  {file.stat().st_size // 1000} kB", flush=True)


async def _reload(home: HomeAssistant) -> None:
    """Let the integration name its entities in the language of the moment."""
    entry = home.account.entry_id
    await home.request("POST", f"/api/config/config_entries/entry/{entry}/reload")


async def take(chromium: str, only: str) -> None:
    """Take the pictures with this in their name."""
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="nezha-pictures-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        home = await HomeAssistant.start(folder, free_port(), session, beside=(PAST,))
        stack.push_async_callback(home.stop)
        simulator = Simulator(Dashboard(), generation="v2")
        populate(simulator.dashboard, SERVERS, eventful=True, born=home.account.born)
        await simulator.start()
        stack.push_async_callback(simulator.stop)
        await home.add_dashboard(Access(simulator.url, {"token": DEMO_PAT}), 5)
        await give_past(home, "v2", SERVERS)
        await home.add_page()
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        stack.push_async_callback(browser.close)
        for language, pictures in LANGUAGES.items():
            pictures.mkdir(parents=True, exist_ok=True)
            await use_language(home, language)
            await _reload(home)
            frontend = await _frontend(home, browser, language)
            for picture in PICTURES:
                if only in picture.name:
                    await _take(Place(home, frontend, language), picture, pictures)


async def _frontend(home: HomeAssistant, browser: Any, language: str) -> Frontend:
    """Open a page without a sidebar, in a language."""
    context = await browser.new_context(reduced_motion="reduce", device_scale_factor=_SCALE)
    await context.add_init_script(
        f"""localStorage.dockedSidebar = '"always_hidden"'; localStorage.selectedLanguage = '"{language}"';"""
    )
    return await Frontend.open(home, context)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description="Take the documents' pictures anew.")
    parser.add_argument("--chromium", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--only", default="", metavar="TEXT", help="only pictures with this in their name")
    options = parser.parse_args()
    asyncio.run(take(options.chromium, options.only))
    return 0


if __name__ == "__main__":
    sys.exit(main())
