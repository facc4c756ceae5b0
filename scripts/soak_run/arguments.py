"""The command line."""

import argparse
from pathlib import Path
import secrets


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
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="Home Assistant's folder, kept for a look at it")
    parser.add_argument(
        "--plant",
        action="store_true",
        help="add a byte to the sum of one statistic, which has to be found (exit code 1)",
    )
    arguments = parser.parse_args()
    if arguments.servers < 20:
        parser.error("--servers has to be at least 20")
    if arguments.minutes <= 0:
        parser.error("--minutes has to be more than 0")
    if arguments.seed is None:
        arguments.seed = secrets.randbelow(10**6)
    return arguments
