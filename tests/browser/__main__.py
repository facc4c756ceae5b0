"""The command: `scripts/test --browser`."""

import argparse
import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
import shutil
import sys
import tempfile
import time

import aiohttp
from playwright.async_api import async_playwright

from harness.homeassistant import HomeAssistant
from harness.processes import free_port

from . import editor, first_look, steady
from .pages import GENERATIONS, ISSUES
from .scenes import SCENES
from .thoroughness import Thoroughness
from .walk import Report, Walk

_ROOT = Path(__file__).resolve().parents[2]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/test --browser",
        description="Walk through every dialog and page of the integration in a real Home Assistant and a real browser.",
    )
    parser.add_argument("--chromium", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--all", action="store_true", help="each of them in every language, on phone and desktop")
    parser.add_argument(
        "--seed", default="0", metavar="HEX", help="which of the languages is seen where, without --all"
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="only scenes and pages with this in their name")
    parser.add_argument(
        "--pictures", type=Path, default=_ROOT / ".pictures", metavar="DIR", help="where to write them (%(default)s)"
    )
    return parser.parse_args()


async def walk(options: argparse.Namespace) -> Report:
    """Start Home Assistant and the browser, and look at everything."""
    shutil.rmtree(options.pictures, ignore_errors=True)
    options.pictures.mkdir(parents=True)
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="nezha-browser-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        home = await HomeAssistant.start(folder, free_port(), session)
        stack.push_async_callback(home.stop)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        stack.push_async_callback(browser.close)
        thoroughness = Thoroughness(everything=options.all, folder=options.pictures, seed=int(options.seed, 16))
        walking = Walk(home, browser, thoroughness)
        await walking.open()
        for scene in SCENES:
            if options.only in f"{scene.generation} {scene.name}":
                started = time.monotonic()
                await walking.play(scene)
                print(f"{time.monotonic() - started:6.1f} s  {scene.generation} {scene.name}", flush=True)
        for issue in ISSUES:
            if options.only in f"{issue.generation} issue {issue.key}":
                await walking.read(issue)
        for generation in GENERATIONS:
            started = time.monotonic()
            await walking.visit(generation, options.only)
            print(f"{time.monotonic() - started:6.1f} s  pages of {generation}", flush=True)
        report = walking.report
        if options.only in editor.NAME:
            started = time.monotonic()
            made = editor.Editor(home, walking.frontend)
            report.faults += await made.faults(options.pictures)
            report.pictures += 1
            print(f"{time.monotonic() - started:6.1f} s  {editor.NAME}: {made.counted}", flush=True)
        if options.only in first_look.NAME and (options.all or options.only):
            started = time.monotonic()
            looking = first_look.FirstLook(home, walking.frontend)
            report.faults += await looking.faults(options.pictures)
            report.pictures += 1
            print(f"{time.monotonic() - started:6.1f} s  {first_look.NAME}: {looking.clicks} clicks", flush=True)
        if options.only in steady.NAME:
            started = time.monotonic()
            steadiness = steady.Steady(home, walking.frontend)
            report.faults += await steadiness.faults(options.pictures, everything=options.all)
            report.pictures += 1
            print(f"{time.monotonic() - started:6.1f} s  {steady.NAME}", flush=True)
    if not options.only:
        report.faults += report.never_shown()
    return report


def main() -> int:
    """Run the command."""
    options = arguments()
    started = time.monotonic()
    report = asyncio.run(walk(options))
    took = time.monotonic() - started
    for fault in report.faults:
        print(f"FAULT: {fault}")
    print(f"{report.pictures} pictures in {options.pictures}, {len(report.faults)} faults, {took:.0f} s")
    if not report.pictures:
        print("Nothing was looked at.")
        return 1
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
