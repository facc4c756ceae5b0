"""The command: what to start, for how long, and what to do with what it shows."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, replace
import json
from pathlib import Path
import shutil
import sys
from tempfile import TemporaryDirectory
import time

import aiohttp

from harness.check import Result, compare, look, plant, unexpected_lines
from harness.command import run
from harness.dashboard import Access, Api, Reader, reader
from harness.errors import HarnessError
from harness.homeassistant import Account, Entity, HomeAssistant
from harness.processes import LOCALHOST, Process, free_port

from .arguments import arguments
from .remember import PAST, give_past
from .table import render

_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 20
"""Seconds that the simulated dashboard gets to start."""
_ROUNDS = 3
"""How often --check compares, if no minutes are given."""

_RETRIES = 3
"""Rounds more, in place of some of which values could not be judged."""
_MOST_BLIND = 0.05
"""The share of values that may have stood between readings: of more nobody can say that they were right."""

FAILED = 1
MISMATCH = 3
INCOMPLETE = 4


def _port(arguments: argparse.Namespace, usual: int) -> int:
    """Choose a port: the usual one for people; any for checks, so that two at once never meet."""
    return free_port(0 if arguments.check else usual)


@asynccontextmanager
async def _dashboard(
    arguments: argparse.Namespace, folder: Path, session: aiohttp.ClientSession
) -> AsyncIterator[Access]:
    """Give a dashboard, simulated unless the user named one."""
    credential = arguments.credential
    if arguments.url:
        yield Access(arguments.url, credential)
        return
    port = _port(arguments, 8008)
    account = Account.load(folder)
    account.save(folder)
    process = await Process.start(
        "The simulated dashboard",
        [
            *(sys.executable, "-m", "simulator", "--release", arguments.release),
            *("--servers", str(arguments.servers), "--port", str(port), "--born", str(account.born)),
            *(part for name, value in credential.items() for part in (f"--{name}", value)),
        ],
        log=folder / "simulator.log",
        folder=_ROOT,
    )
    try:
        access = Access(f"http://{LOCALHOST}:{port}", credential, arguments.release)

        async def answers() -> bool:
            with suppress(HarnessError):
                return bool(await Api(session, access.url).generation())
            return False

        await process.wait_until(answers, _PATIENCE)
        yield access
    finally:
        await process.stop()


def _write(file: Path | None, entities: Sequence[Entity]) -> None:
    """Write the entities for other programs; they never see half a file."""
    if not file:
        return
    items = [asdict(entity) for entity in entities]
    part = file.with_name(f"{file.name}.part")
    part.write_text(json.dumps(items, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    part.replace(file)


async def _show(home: HomeAssistant, page: str, arguments: argparse.Namespace) -> int:
    """Show the table until the time is over."""
    account = home.account
    greeting = f"Home Assistant: {page}   user: {account.user}   password: {account.password}   (Ctrl-C ends it)"
    ends = time.monotonic() + arguments.minutes * 60 if arguments.minutes is not None else float("inf")
    while True:
        entities = await home.entities()
        _write(arguments.json, entities)
        if sys.stdout.isatty():
            # Five lines are not the table's.
            print(f"\033[H\033[J{greeting}\n\n{render(entities, shutil.get_terminal_size().lines - 5)}", flush=True)
        else:
            print(f"{greeting}\n{render(entities)}\n", flush=True)
        if time.monotonic() >= ends:
            return 0
        await asyncio.sleep(max(0.0, min(arguments.interval, ends - time.monotonic())))


async def _check(home: HomeAssistant, reader: Reader, arguments: argparse.Namespace) -> int:
    """Compare all that Home Assistant shows with what the dashboard said; several times, each after another poll."""
    ends = time.monotonic() + arguments.minutes * 60 if arguments.minutes is not None else None
    result, retries = Result(), _RETRIES
    while True:
        # One poll at least, so that what is compared was polled under the reader's eyes.
        await asyncio.sleep(arguments.interval + 1)
        shown = await look(home, reader)
        _write(arguments.json, shown.entities)
        is_last = result.rounds + 1 >= _ROUNDS if ends is None else time.monotonic() >= ends
        if is_last and arguments.plant:
            entities, result.planted = plant(shown.entities, reader.readings)
            shown = replace(shown, entities=entities)
        comparison = compare(shown, reader.readings, arguments.interval, live=reader.live)
        if comparison.blind and retries:
            retries -= 1
            continue
        result.add(comparison)
        if is_last:
            print(f"{render(shown.entities)}\n")
            return _report(result, unexpected_lines(home.complaints(), len(shown.entities)))


def _report(result: Result, complaints: list[str]) -> int:
    """Print what was found, and return the exit code for it."""
    print(result)
    for text in result.complaints():
        print(text)
    for line in complaints:
        print(f"LOGGED: {line}")
    if result.planted and {verdict.entity.entity_id for verdict in result.mismatches} != {result.planted}:
        print(f"The value that was falsified, of {result.planted}, had to be found, and nothing else.")
        return FAILED
    is_blind = result.blind > _MOST_BLIND * result.values
    if result.missing or result.unexpected or not result.numbers or is_blind:
        return INCOMPLETE
    if result.mismatches:
        return MISMATCH
    return FAILED if complaints else 0


async def _demo(arguments: argparse.Namespace) -> int:
    """Start everything, and end it in the opposite order whatever happens."""
    async with AsyncExitStack() as stack:
        # Without cookies: a dashboard's session is for those who logged in, not for all who ask beside them.
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        folder = arguments.keep or Path(
            stack.enter_context(TemporaryDirectory(prefix="nezha-demo-", ignore_cleanup_errors=True))
        )
        folder.mkdir(parents=True, exist_ok=True)
        access = await stack.enter_async_context(_dashboard(arguments, folder, session))
        readings = await reader(session, access)
        print("Starting Home Assistant …", file=sys.stderr)
        beside = () if arguments.url or arguments.check else (PAST,)
        port = _port(arguments, 8123)
        home = await HomeAssistant.start(folder, port, session, beside=beside, language=arguments.language)
        stack.push_async_callback(home.stop)
        if not arguments.check:
            await home.add_dashboard(access, arguments.interval)
            if beside:
                await give_past(home, arguments.generation, arguments.servers)
            return await _show(home, await home.add_page(), arguments)
        async with readings:
            await home.add_dashboard(access, arguments.interval)
            return await _check(home, readings, arguments)


def _main() -> int:
    """Run the command; Ctrl-C is the ordinary end of the demo, but a check that was broken off has shown nothing."""
    chosen = arguments()
    return run(_demo(chosen), failed=FAILED, interrupted=FAILED if chosen.check else 0)


if __name__ == "__main__":
    sys.exit(_main())
