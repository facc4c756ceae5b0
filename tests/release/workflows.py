"""Reads `.github/workflows` for the tests."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def load(path: Path) -> Mapping[str, Any]:
    """Return a workflow."""
    loaded: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def jobs(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the jobs of a workflow by their names."""
    found: Mapping[str, Mapping[str, Any]] = load(path)["jobs"]
    return found


def steps(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the steps of all jobs."""
    for job in jobs(path).values():
        yield from job["steps"]
