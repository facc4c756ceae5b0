"""The command: a storm, then calm, then judgement."""

import argparse
import asyncio
from contextlib import AsyncExitStack
import json
from pathlib import Path
import shutil
import signal
import sys
import tempfile
import time

import aiohttp

from harness.errors import HarnessError

from .arguments import arguments
from .judge import Findings, judge_memory
from .report import render, report
from .run import Soak
from .verdict import judge_all

WRONG = 1
FAILED = 2


async def _soak(arguments: argparse.Namespace) -> int:
    """Run it all, print what was found, and return the exit code for it."""
    begun = time.monotonic()
    print(f"Seed {arguments.seed}: {arguments.servers} servers, {arguments.minutes:g} minutes of storm.", flush=True)
    async with AsyncExitStack() as stack:
        folder = arguments.keep or Path(tempfile.mkdtemp(prefix="nezha-soak-"))
        if not arguments.keep:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        # Each request has a connection of its own: those that are kept would count as Home Assistant's open files.
        connector = aiohttp.TCPConnector(force_close=True)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        )
        soak = await stack.enter_async_context(Soak(folder, session, arguments.servers, arguments.seed))
        findings = Findings()
        before, after = await soak.run(arguments.minutes * 60, findings)
        judge_memory(findings, before, after, sum(len(site.dashboard.servers) for site in soak.sites))
        planted = judge_all(findings, soak, plant=arguments.plant)
        told = {"seed": arguments.seed} | report(soak, findings, before, after, time.monotonic() - begun)
    print(render(told))
    if arguments.json:
        arguments.json.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if planted and (len(findings.wrong) != 1 or planted not in findings.wrong[0]):
        print(f"A byte was added to the sum of {planted}, which had to be found, and nothing else.")
        return FAILED
    return WRONG if findings.wrong else 0


async def _until_signal(arguments: argparse.Namespace) -> int:
    """Run it; a signal ends everything in order."""
    task = asyncio.ensure_future(_soak(arguments))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task


def _run(arguments: argparse.Namespace) -> int:
    try:
        return asyncio.run(_until_signal(arguments))
    except* HarnessError as errors:
        for error in errors.exceptions:
            print(f"\nThe soak could not be run: {error}", file=sys.stderr)
    except* asyncio.CancelledError:
        print("\nBroken off.", file=sys.stderr)
    return FAILED


if __name__ == "__main__":
    sys.exit(_run(arguments()))
