"""The command."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
import json
import os
from pathlib import Path
import platform
import sys

from homeassistant.const import __version__ as homeassistant_version

from . import refresh, startup
from .figures import Line, table

SECTIONS: dict[str, Callable[[argparse.Namespace], list[Line]]] = {
    "refresh": lambda chosen: refresh.section(chosen.sizes, chosen.runs),
    "startup": lambda chosen: startup.section(chosen.sizes),
}
_JUDGED_FROM = refresh.BASE
"""Servers: below, what a refresh costs whatever the number of servers outweighs the rest."""


def _sizes(text: str) -> list[int]:
    return sorted(int(size) for size in text.split(","))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark",
        description="Measure what the Nezha integration costs a real Home Assistant, beside the floor of what has to be.",
    )
    parser.add_argument(
        "sections", nargs="*", choices=SECTIONS, metavar="SECTION", help=f"any of {', '.join(SECTIONS)} (default: all)"
    )
    parser.add_argument("--sizes", type=_sizes, default="10,100,1000", help="numbers of servers (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=9, help="runs of each refresh (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument(
        "--quick", action="store_true", help="measure refreshes only, briefly; fail where a ratio is far from its goal"
    )
    return parser.parse_args()


def main() -> int:
    """Run the command."""
    chosen = arguments()
    if chosen.quick:
        lines = refresh.smoke()
    else:
        lines = [line for name in chosen.sections or SECTIONS for line in SECTIONS[name](chosen)]
    setting = f"Home Assistant {homeassistant_version}, Python {platform.python_version()}, {os.cpu_count()} CPUs"
    print(f"{setting}\n\n{table(lines)}")
    if chosen.json:
        report = {"setting": setting, "lines": [asdict(line) for line in lines]}
        chosen.json.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    gross = [line for line in lines if line.goal and line.goal.gross and line.servers >= _JUDGED_FROM]
    if chosen.quick and gross:
        print(f"\nFar from the goal: {'; '.join(line.what for line in gross)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
