"""The command line."""

import argparse
import os
from pathlib import Path

from harness.dashboard import Credential
from harness.forms import INTEGRATION
from simulator import DEMO_PASSWORD, DEMO_USER, GENERATIONS, NEWEST, Release
from simulator.__main__ import DEMO_TOKENS, settle_generation
from simulator.releases import Trait

LANGUAGES = tuple(sorted(file.stem for file in (INTEGRATION / "translations").glob("*.json")))


def arguments() -> argparse.Namespace:
    """Read the command line; `credential` is what the dashboard is signed in to with."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Start a real Home Assistant with the Nezha integration, beside a simulated dashboard or your own.",
        epilog="Exit codes of --check: 0 all values are right, 3 a value is not what the dashboard said, "
        "4 entities are missing or too many, 1 anything else.",
    )
    simulated = parser.add_argument_group("the simulated dashboard")
    simulated.add_argument("--generation", choices=GENERATIONS, help="what it speaks (v2, or that of the release)")
    simulated.add_argument("--release", metavar="X.Y.Z", help="which release it is (the newest of its generation)")
    simulated.add_argument("--servers", type=int, default=8, metavar="N", help="how many servers it has (%(default)s)")
    real = parser.add_argument_group("your own dashboard", "Its generation is found out.")
    real.add_argument("--url", help="its address, in place of the simulated one")
    real.add_argument("--token", help="its API token (v0) or a personal access token (v2), or set NEZHA_TOKEN")
    real.add_argument("--username", help="a user's name (v1, v2); of the simulated one: log in in place of the token")
    real.add_argument("--password", help="with this password, or set NEZHA_PASSWORD")
    parser.add_argument(
        "--interval",
        type=int,
        default=5,
        metavar="S",
        help="seconds between two polls, and on v1 and v2 between two updates of the measurements (%(default)s)",
    )
    parser.add_argument(
        "--language", choices=LANGUAGES, help="of Home Assistant and of its user (en, or that of the run before)"
    )
    parser.add_argument("--minutes", type=float, metavar="M", help="end by itself after so many minutes")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="Home Assistant's folder, kept for the next run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every entity and its state there")
    parser.add_argument("--check", action="store_true", help="compare every value with the dashboard's, then end")
    parser.add_argument("--plant", action="store_true", help="with --check: falsify one value, which has to be found")
    arguments = parser.parse_args()
    if arguments.plant and not arguments.check:
        parser.error("--plant needs --check")
    if not 5 <= arguments.interval <= 3600:
        parser.error("--interval has to be from 5 to 3600")
    if arguments.check and arguments.interval > 300:
        parser.error("--check takes an --interval of at most 300")
    if arguments.servers < 1:
        parser.error("--servers has to be at least 1")
    arguments.release = arguments.release or str(NEWEST[arguments.generation or "v2"])
    try:
        settle_generation(arguments)
    except ValueError as error:
        parser.error(str(error))
    arguments.credential = _credential(parser, arguments)
    return arguments


def _credential(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> Credential:
    """Return the credential that was given, or one that the simulator takes."""
    if arguments.username:
        if arguments.token:
            parser.error("give either --token, or --username and --password")
        if not arguments.url and arguments.generation == "v0":
            parser.error("v0 takes no --username")
        password = arguments.password or os.environ.get("NEZHA_PASSWORD")
        if not password:
            parser.error("--username needs --password")
        return {"username": arguments.username, "password": password}
    if arguments.password:
        parser.error("--password needs --username")
    if not arguments.url:
        if arguments.token:
            parser.error("--token needs --url")
        if arguments.generation == "v0" or Release.parse(arguments.release).has(Trait.ACCESS_TOKENS):
            return {"token": DEMO_TOKENS[arguments.generation]}
        return {"username": DEMO_USER, "password": DEMO_PASSWORD}
    if not (token := arguments.token or os.environ.get("NEZHA_TOKEN")):
        parser.error("--url needs --token (v0, v2), or --username and --password (v1, v2)")
    return {"token": token}
