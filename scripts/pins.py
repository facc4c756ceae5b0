"""Print a file of requirements in the versions that the installed Home Assistant pins: python scripts/pins.py FILE.

A requirement that it does not know stays as it is.
"""

from importlib.metadata import version
from importlib.resources import files
import json
from pathlib import Path
import re
import sys

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==")


def name_of(requirement: str) -> str | None:
    """Return the normalised name of a pinned requirement; `None` for a comment, or one without a version."""
    match = _REQUIREMENT.match(requirement)
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else None


def home_assistants_pins() -> dict[str, str]:
    """Return what Home Assistant's constraints and the manifests of its components pin, by normalised name."""
    package = Path(str(files("homeassistant")))
    lines = (package / "package_constraints.txt").read_text(encoding="utf-8").splitlines()
    for manifest in sorted(package.glob("components/*/manifest.json")):
        lines += json.loads(manifest.read_text(encoding="utf-8")).get("requirements", [])
    pins = {name: line for line in lines if (name := name_of(line))}
    return pins | {"homeassistant": f"homeassistant=={version('homeassistant')}"}


def repinned(requirements: list[str], pins: dict[str, str]) -> list[str]:
    """Return requirements in the pinned versions."""
    return [pins.get(name_of(line) or "", line) for line in requirements]


if __name__ == "__main__":
    wanted = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    print("\n".join(repinned(wanted, home_assistants_pins())))
