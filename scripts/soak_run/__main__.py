"""The command: a storm, then calm, then judgement."""

import argparse
from contextlib import AsyncExitStack
from pathlib import Path
import secrets
import sys
from tempfile import TemporaryDirectory
import time

import aiohttp

from harness.command import run

from .judge import Findings
from .report import report
from .run import Soak
from .verdict import judge_all

WRONG = 1
FAILED = 2


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/soak",
        description="Let a real Home Assistant live with two simulated dashboards, v2 with live frames and v0 polled, "
        "through faults, drops, reboots, renames and restarts of everything. Then compare every statistic with what "
        "the dashboards reported, every value with what they say now, and memory before and after.",
        epilog="Exit codes: 0 all is well, 1 something is wrong and was named, 2 the soak could not be run.",
    )
    parser.add_argument("--minutes", type=float, default=1, metavar="N", help="how long it storms (%(default)s)")
    parser.add_argument(
        "--servers", type=int, default=300, metavar="N", help="how many there are, half on each dashboard (%(default)s)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="what happens, and to whom (any)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="Home Assistant's folder, kept for a look at it")
    parser.add_argument(
        "--plant",
        action="store_true",
        help="add a byte to the sum of one statistic, which has to be found (exit code 1)",
    )
    chosen = parser.parse_args()
    if chosen.servers < 20:
        parser.error("--servers has to be at least 20")
    if chosen.minutes <= 0:
        parser.error("--minutes has to be more than 0")
    if chosen.seed is None:
        chosen.seed = secrets.randbelow(10**6)
    return chosen


async def _soak(chosen: argparse.Namespace) -> int:
    """Run it all, print what was found, and return the exit code for it."""
    started = time.monotonic()
    print(f"Seed {chosen.seed}: {chosen.servers} servers, {chosen.minutes:g} minutes of storm.", flush=True)
    async with AsyncExitStack() as stack:
        folder = chosen.keep or Path(
            stack.enter_context(TemporaryDirectory(prefix="nezha-soak-", ignore_cleanup_errors=True))
        )
        # Each request has a connection of its own: those that are kept would count as Home Assistant's open files.
        connector = aiohttp.TCPConnector(force_close=True)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        )
        findings = Findings()
        soak = await stack.enter_async_context(Soak(folder, session, chosen.servers, chosen.seed, findings))
        await soak.run(chosen.minutes * 60)
        planted = judge_all(findings, soak, plant=chosen.plant)
        print(f"seed: {chosen.seed}\nseconds: {time.monotonic() - started:.0f}\n{report(soak, findings)}")
    if planted and (len(findings.wrong) != 1 or planted not in findings.wrong[0]):
        print(f"A byte was added to the sum of {planted}, which had to be found, and nothing else.")
        return FAILED
    return WRONG if findings.wrong else 0


if __name__ == "__main__":
    sys.exit(run(_soak(arguments()), failed=FAILED, interrupted=FAILED))
