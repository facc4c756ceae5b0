"""The report."""

from collections.abc import Mapping
from typing import Any

from simulator import FRAME_FAULTS

from .judge import Census, Findings
from .run import Soak
from .storm import TROUBLES

_MOST_COMPLAINTS = 50


def report(soak: Soak, findings: Findings, before: Census, after: Census, seconds: float) -> dict[str, Any]:
    """Return all figures."""
    return {
        "seconds": round(seconds, 1),
        "starts of Home Assistant": soak.home.starts,
        "recovered after seconds": [round(recovery, 1) for recovery in soak.recoveries],
        "servers": {str(site): len(site.dashboard.servers) for site in soak.sites},
        "reports": sum(len(history.reports) for site in soak.sites for history in site.dashboard.histories.values()),
        "happened": dict(sorted(soak.happened.items())),
        "kinds of faults delivered": f"{len(soak.delivered)} of {len(TROUBLES) + len(FRAME_FAULTS)}",
        "faults delivered": dict(sorted(soak.delivered.items())),
        "compared": dict(findings.compared),
        "figures": dict(findings.figures),
        "memory": {
            "seconds between": round(after.at - before.at),
            "before": _census(before),
            "after": _census(after),
            "objects": {
                kind: [before.objects.get(kind, 0), after.objects.get(kind, 0)]
                for kind in sorted(before.objects.keys() | after.objects.keys())
            },
        },
        "wrong": findings.wrong,
    }


def _census(census: Census) -> dict[str, float]:
    return {
        "small blocks in use": census.blocks,
        "MB of others in use": round(census.heap / 1e6, 1),
        "MB of the database's pages": round(census.pages / 1e6, 1),
        "MB resident": round(census.resident / 1e6, 1),
        "tasks": census.tasks,
        "open files": census.files,
    }


def render(told: Mapping[str, Any]) -> str:
    """Write it for people."""
    lines = []
    for title, value in told.items():
        match value:
            case dict() if title == "memory":
                old, new = value["before"], value["after"]
                objects = [sum(pair[place] for pair in value["objects"].values()) for place in (0, 1)]
                lines.append(
                    f"memory, over {value['seconds between']} s in one process: "
                    f"objects of the integration {objects[0]:,} → {objects[1]:,}, "
                    + ", ".join(f"{name} {old[name]:,} → {new[name]:,}" for name in old)
                )
            case dict():
                lines += [f"{title}:", *(f"  {count:>12,}  {name}" for name, count in value.items())]
            case list() if title == "wrong":
                lines += [f"WRONG: {complaint}" for complaint in value[:_MOST_COMPLAINTS]]
                if len(value) > _MOST_COMPLAINTS:
                    lines.append(f"… and {len(value) - _MOST_COMPLAINTS} more")
                lines.append(f"{len(value)} wrong." if value else "All is well.")
            case _:
                lines.append(f"{title}: {value}")
    return "\n".join(lines)
