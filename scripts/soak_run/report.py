"""The report."""

from collections.abc import Iterator

from simulator import FRAME_FAULTS

from .judge import Findings
from .run import Soak
from .storm import TROUBLES

_MOST_COMPLAINTS = 50


def report(soak: Soak, findings: Findings) -> str:
    """Return all figures, and what is wrong."""
    return "\n".join(_lines(soak, findings))


def _lines(soak: Soak, findings: Findings) -> Iterator[str]:
    histories = [history for site in soak.sites for history in site.dashboard.histories.values()]
    yield f"starts of Home Assistant: {soak.home.starts}"
    yield f"recovered after seconds: {', '.join(f'{recovery:.1f}' for recovery in soak.recoveries)}"
    yield f"servers: {', '.join(f'{len(site.dashboard.servers)} on {site}' for site in soak.sites)}"
    yield f"reports: {sum(len(history.reports) for history in histories)}"
    yield f"kinds of faults delivered: {len(soak.delivered)} of {len(TROUBLES) + len(FRAME_FAULTS)}"
    for title, counts in (
        ("happened", sorted(soak.happened.items())),
        ("faults delivered", sorted(soak.delivered.items())),
        ("compared", findings.compared.items()),
        ("figures", findings.figures.items()),
    ):
        yield f"{title}:"
        yield from (f"  {count:>12,}  {name}" for name, count in counts)
    old, new = ({**census.figures, "objects of the integration": census.objects.total()} for census in soak.quiet)
    yield f"in use, before and after {soak.quiet[1].at - soak.quiet[0].at:.0f} s in one process:"
    yield from (f"  {old[name]:>15,} → {new[name]:>15,}  {name}" for name in old)
    yield from (f"WRONG: {complaint}" for complaint in findings.wrong[:_MOST_COMPLAINTS])
    if len(findings.wrong) > _MOST_COMPLAINTS:
        yield f"… and {len(findings.wrong) - _MOST_COMPLAINTS} more"
    yield f"{len(findings.wrong)} wrong." if findings.wrong else "All is well."
