"""The command: what to start, for how long, and what to do with what it shows."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
import json
import os
from pathlib import Path
import shutil
import signal
import sys
import tempfile
import time

import aiohttp

from .check import Result, compare, plant
from .dashboard import Reader
from .errors import DemoError
from .homeassistant import Entity, HomeAssistant
from .processes import LOCALHOST, Process, free_port
from .table import render

_ROOT = Path(__file__).resolve().parents[2]
_TOKEN = "demo-token"  # The simulator's, no secret.
_ROUNDS = 3
"""How often --check compares, if no minutes are given."""

FAILED = 1
MISMATCH = 3
INCOMPLETE = 4


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Start a real Home Assistant with the Nezha integration, beside a simulated dashboard or your own.",
        epilog="Exit codes of --check: 0 all values are right, 3 a value is not what the dashboard said, "
        "4 entities are missing or too many, 1 anything else.",
    )
    parser.add_argument(
        "--servers", type=int, default=8, metavar="N", help="how many servers to simulate (%(default)s)"
    )
    parser.add_argument("--url", help="a real dashboard's address, in place of the simulated one")
    parser.add_argument("--token", default=os.environ.get("NEZHA_TOKEN"), help="its API token (or set NEZHA_TOKEN)")
    parser.add_argument("--interval", type=int, default=5, metavar="S", help="seconds between two polls (%(default)s)")
    parser.add_argument("--minutes", type=float, metavar="M", help="end by itself after so many minutes")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="Home Assistant's folder, kept for the next run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every entity and its state there")
    parser.add_argument("--check", action="store_true", help="compare every value with the dashboard's, then end")
    parser.add_argument("--plant", action="store_true", help="with --check: falsify one value, which has to be found")
    arguments = parser.parse_args()
    if arguments.url and not arguments.token:
        parser.error("--url needs --token: make one on the dashboard's page for API tokens")
    if arguments.plant and not arguments.check:
        parser.error("--plant needs --check")
    if not 5 <= arguments.interval <= 3600:
        parser.error("--interval has to be from 5 to 3600")
    if arguments.servers < 1:
        parser.error("--servers has to be at least 1")
    return arguments


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Give Home Assistant a folder; one that nobody wants to keep is gone afterwards."""
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="nezha-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _port(arguments: argparse.Namespace, usual: int) -> int:
    """Choose a port: the usual one for people; any for checks, so that two at once never meet."""
    return free_port() if arguments.check else free_port(usual)


@asynccontextmanager
async def _dashboard(
    arguments: argparse.Namespace, folder: Path, session: aiohttp.ClientSession
) -> AsyncIterator[tuple[str, str]]:
    """Give the address and the token of a dashboard, simulated unless the user named one."""
    if arguments.url:
        yield arguments.url, arguments.token
        return
    port = _port(arguments, 8008)
    process = await Process.start(
        "The simulated dashboard",
        [
            *(sys.executable, "-m", "simulator"),
            *("--servers", str(arguments.servers), "--port", str(port), "--token", _TOKEN),
        ],
        log=folder / "simulator.log",
        folder=_ROOT,
    )
    try:
        url = f"http://{LOCALHOST}:{port}"
        for _ in range(100):
            process.check()
            try:
                await Reader(session, url, _TOKEN).read()
                break
            except DemoError:
                await asyncio.sleep(0.2)
        else:
            raise DemoError(f"The simulated dashboard does not answer.\n{process.log_end()}")
        yield url, _TOKEN
    finally:
        await process.stop()


def _write(file: Path | None, entities: list[Entity]) -> None:
    """Write the entities for other programs; they never see half a file."""
    if not file:
        return
    items = [
        {
            "entity_id": entity.entity_id,
            "state": entity.state,
            "attributes": entity.attributes,
            "device": entity.device,
            "server": entity.server,
            "key": entity.key,
            "enabled": entity.enabled,
        }
        for entity in entities
    ]
    part = file.with_name(f"{file.name}.part")
    part.write_text(json.dumps(items, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    part.replace(file)


async def _show(home: HomeAssistant, arguments: argparse.Namespace) -> int:
    """Show the table until the time is over."""
    account = home.account
    greeting = f"Home Assistant: {home.url}   user: {account.user}   password: {account.password}   (Ctrl-C ends it)"
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
    result = Result()
    while True:
        # One poll at least, so that what is compared was polled under the reader's eyes.
        await asyncio.sleep(arguments.interval + 1)
        asked_at = time.monotonic()
        entities = await home.entities()
        _write(arguments.json, entities)
        await reader.wait_until(time.monotonic())
        is_last = result.rounds + 1 >= _ROUNDS if ends is None else time.monotonic() >= ends
        seen = entities
        if is_last and arguments.plant:
            seen, result.planted = plant(entities, reader.readings)
        result.add(compare(seen, reader.readings, asked_at, arguments.interval))
        if is_last:
            print(f"{render(entities)}\n")
            return _report(result, home.complaints())


def _report(result: Result, complaints: list[str]) -> int:
    """Print what was found, and return the exit code for it."""
    print(result)
    for name in sorted(result.missing):
        print(f"MISSING in Home Assistant: {name}")
    for name in sorted(result.unexpected):
        print(f"UNEXPECTED in Home Assistant: {name}")
    for verdict in result.mismatches:
        print(f"WRONG: {verdict}")
    for line in complaints:
        print(f"LOGGED: {line}")
    if result.planted and {verdict.entity.entity_id for verdict in result.mismatches} != {result.planted}:
        print(f"The value that was falsified, of {result.planted}, had to be found, and nothing else.")
        return FAILED
    if result.missing or result.unexpected or not result.numbers:
        return INCOMPLETE
    if result.mismatches:
        return MISMATCH
    return FAILED if complaints else 0


async def _demo(arguments: argparse.Namespace) -> int:
    """Start everything, and end it in the opposite order whatever happens."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        folder = stack.enter_context(_folder(arguments.keep))
        url, token = await stack.enter_async_context(_dashboard(arguments, folder, session))
        print("Starting Home Assistant …", file=sys.stderr)
        home = await HomeAssistant.start(folder, _port(arguments, 8123), session)
        stack.push_async_callback(home.stop)
        if arguments.check:
            reader = await stack.enter_async_context(Reader(session, url, token))
        await home.add_dashboard(url, token, arguments.interval)
        return await (_check(home, reader, arguments) if arguments.check else _show(home, arguments))


def _run(arguments: argparse.Namespace) -> int:
    """Run the demo until it ends, or until a signal ends it."""

    async def until_signal() -> int:
        task = asyncio.create_task(_demo(arguments))
        loop = asyncio.get_running_loop()

        def end() -> None:
            # Once: a second signal must not keep the rest from being ended.
            for number in signals:
                loop.add_signal_handler(number, lambda: None)
            print("\nEnding …", file=sys.stderr)
            task.cancel()

        signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in signals:
            loop.add_signal_handler(number, end)
        try:
            return await task
        except asyncio.CancelledError:
            # Ctrl-C is the ordinary end of the demo; a check that was broken off has shown nothing.
            return FAILED if arguments.check else 0

    try:
        return asyncio.run(until_signal())
    except DemoError as err:
        print(f"\n{err}", file=sys.stderr)
        return FAILED


if __name__ == "__main__":
    sys.exit(_run(_arguments()))
