"""Hold the coverage of the last test run to what the project promises."""

import json
from pathlib import Path
import subprocess
import sys
import tempfile
from typing import Any

PROMISED = 95
PROMISED_IN_FULL = ("custom_components/nezha/flow/config.py",)


def shortfalls(report: dict[str, Any]) -> list[str]:
    """Name what is covered less than promised; lines and branches count each for themselves."""
    promises = [("everything", report["totals"], PROMISED)]
    for path in PROMISED_IN_FULL:
        measured = report["files"].get(path)
        promises.append((path, measured["summary"] if measured else {}, 100))
    return [
        f"{name}: {covered} of {total} {kind} are covered, {percent} % were promised"
        for name, summary, percent in promises
        for kind, covered, total in (
            ("lines", summary.get("covered_lines", 0), summary.get("num_statements", 0)),
            ("branches", summary.get("covered_branches", 0), summary.get("num_branches", 0)),
        )
        if 100 * covered < percent * total or not summary
    ]


def main() -> int:
    """Print the report of the gaps, and fail where they are too many."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "coverage.json")
        coverage = [sys.executable, "-m", "coverage"]
        subprocess.run([*coverage, "json", "--quiet", "-o", str(file)], check=True)
        subprocess.run([*coverage, "report"], check=True)
        found = shortfalls(json.loads(file.read_text(encoding="utf-8")))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
