"""Judges what remains of a soak. Each judgement counts what it compared and names all that is wrong."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from operator import and_
from pathlib import Path
import re
import time
from typing import Self

from .database import Records, Row
from .home import in_bytes
from .ledger import GIB, History, Range, Report

_LATE = 1.0
"""Seconds by which two clocks of this machine may read differently."""
_ROUNDED = 0.051
"""Measurements are shown with one or two decimals; the recorder's own arithmetic adds less than the rest."""


@dataclass
class Findings:
    """What was compared, and what of it is wrong."""

    compared: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    """What else is worth knowing."""
    wrong: list[str] = field(default_factory=list)

    def check(self, kind: str, right: bool, complaint: str) -> None:
        """Count a comparison, and note it if it failed."""
        self.compared[kind] += 1
        if not right:
            self.wrong.append(f"{kind}: {complaint}")


def judge_traffic(
    findings: Findings,
    name: str,
    history: History,
    direction: int,
    states: Sequence[tuple[float, str]],
    statistics: Sequence[Row],
    *,
    is_over: bool,
    wrong_clocks: Sequence[tuple[float, float]] = (),
) -> None:
    """Judge the counter of a server in one direction, to the byte.

    All that was recorded has to have been reported, in that order. The sum of the statistics has to be all increments
    that were ever reported since the first recorded one, less those at the end of a boot that were not recorded before
    the reboot; there must be none of them where the reboot waited for that. `is_over` says that the server was deleted,
    so that its last reports may be missing too. Where a reboot was seen with the dashboard's clock wrong the sum is not
    judged: nobody can tell by that clock to which boot a counter belongs.
    """
    recorded = [(moment, value) for moment, state in states if (value := in_bytes(state)) is not None]
    if not recorded:
        findings.check("traffic sums", not history.reports or is_over, f"{name}: nothing was recorded")
        return
    seen, strange = _find(history.reports, direction, recorded)
    findings.check("recorded counters", not strange, f"{name}: never reported so: {', '.join(strange[:3])}")
    findings.compared["recorded counters"] += len(recorded) - 1
    if strange:
        return
    if not is_over:
        final = _value(history.reports[-1], direction)
        findings.check("final counters", recorded[-1][1] == final, f"{name}: {recorded[-1][1]}, not {final}")
    if _is_confused(history.reports, seen, [moment for moment, _ in recorded], wrong_clocks):
        findings.figures["sums not judged, since a reboot met a wrong clock"] += 1
        return
    truth = _growth(history.reports[seen[0] :], direction)
    unseen = _unseen(history.reports, seen, direction, is_over=is_over)
    for boot in history.announced & unseen.keys():
        findings.check("reboots with all recorded", not unseen[boot], f"{name}: {unseen[boot]} bytes missing")
    findings.figures["bytes of traffic"] += truth
    findings.figures["bytes, on balance, that no poll or frame brought before a reboot"] += sum(unseen.values())
    expected = truth - sum(unseen.values())
    total = statistics[-1].sum if statistics else None
    shown = "none" if total is None else f"{total * GIB:.2f}"
    is_right = total is not None and abs(total * GIB - expected) < 0.5
    findings.check("traffic sums", is_right, f"{name}: the statistics' sum is {shown} bytes, not {expected}")


def _value(report: Report, direction: int) -> int:
    return report.counters[direction]


def _find(
    reports: Sequence[Report], direction: int, recorded: Iterable[tuple[float, int]]
) -> tuple[list[int], list[str]]:
    """Find the report that each recorded value comes from, none before that of the value before; name the others."""
    seen: list[int] = []
    strange = []
    place = 0
    for moment, value in recorded:
        found = place
        while (
            found < len(reports) and reports[found].at <= moment + _LATE and _value(reports[found], direction) != value
        ):
            found += 1
        if found < len(reports) and reports[found].at <= moment + _LATE:
            seen.append(found)
            place = found
        else:
            strange.append(f"{value} at {moment:.1f}")
    return seen, strange


def _is_confused(
    reports: Sequence[Report],
    seen: Sequence[int],
    moments: Sequence[float],
    wrong_clocks: Sequence[tuple[float, float]],
) -> bool:
    """Whether the clock was wrong between two recorded values before a reboot and two after it."""
    return any(
        begin <= moments[min(place + 2, len(seen) - 1)] and end >= moments[max(place - 1, 0)]
        for place, (before, after) in enumerate(pairwise(seen))
        if reports[before].boot != reports[after].boot
        for begin, end in wrong_clocks
    )


def _growth(reports: Sequence[Report], direction: int) -> int:
    """Add up every increment, and the whole counter after each reboot."""
    total = 0
    for before, after in pairwise(reports):
        grown = _value(after, direction)
        total += grown - _value(before, direction) if after.boot == before.boot else grown
    return total


def _unseen(reports: Sequence[Report], seen: Sequence[int], direction: int, *, is_over: bool) -> dict[int, int]:
    """Return for each boot that ended what was reported of it after the last recorded value."""
    last_reported = {report.boot: _value(report, direction) for report in reports[seen[0] :]}
    last_recorded = {reports[place].boot: _value(reports[place], direction) for place in seen}
    ended = [boot for boot in last_reported if is_over or boot != reports[-1].boot]
    return {boot: last_reported[boot] - last_recorded.get(boot, 0) for boot in ended}


def judge_range(findings: Findings, name: str, reported: Range | None, rows: Iterable[Row]) -> None:
    """Judge the statistics of a measurement: nothing in them is less or more than what was reported."""
    for row in rows:
        if row.least is None or row.most is None or row.mean is None:
            continue
        is_right = (
            reported is not None
            and row.least >= reported.least - _ROUNDED
            and row.most <= reported.most + _ROUNDED
            and row.least - _ROUNDED <= row.mean <= row.most + _ROUNDED
        )
        said = "nothing" if reported is None else f"{reported.least:.3f} to {reported.most:.3f}"
        findings.check("statistics of measurements", is_right, f"{name}: {row}, reported was {said}")


def judge_hours(findings: Findings, records: Records) -> None:
    """Judge the sums of whole hours: each is that of its last five minutes."""
    for entity_id, rows in records.hourly.items():
        sums = {row.start: row.sum for row in records.statistics.get(entity_id, ())}
        for row in rows:
            if row.sum is not None:
                within = [sums[start] for start in sums if row.start <= start < row.start + 3600]
                findings.check(
                    "sums of hours", bool(within) and row.sum == within[-1], f"{entity_id}: {row.sum} of {within}"
                )


def judge_ids(
    findings: Findings, first: Mapping[str, str], last: Mapping[str, str], may_go: Callable[[str], bool]
) -> None:
    """Judge that no entity has another id than at first; `may_go` tells of a unique id whether it may be gone."""
    for unique_id, entity_id in first.items():
        if unique_id not in last and may_go(unique_id):
            continue
        findings.check("entity ids", last.get(unique_id) == entity_id, f"{entity_id} became {last.get(unique_id)}")


_RECORD = re.compile(
    r"^(?:\x1b\[\d+m)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+(?:[+-]\d\d:\d\d)? (\w+) \([^)]*\) (.*?)(?:\x1b\[0m)?$"
)
_OUTCRY = re.compile(r"Traceback|Fatal Python error|Exception ignored|never retrieved|was never awaited")
_SERIOUS = {"WARNING", "ERROR", "CRITICAL"}
EXPECTED = (
    # The integration's own words about a dashboard that fails, which is what this is about.
    r"\[custom_components\.nezha\.runtime\.coordinator\] Error fetching .+ data: ",
    r"\[custom_components\.nezha\.runtime\.log\] Cannot read in the answer of .+: ",
    r"\[custom_components\.nezha\.runtime\.coordinator\] Authentication failed while fetching .+ data: ",
    r"\[(homeassistant\.config_entries|custom_components\.nezha)\] Config entry '.*' for nezha \w+ (could )?not ",
    # Home Assistant's about custom integrations, being killed, what is not installed, and a busy machine.
    r"\[homeassistant\.loader\] We found a custom integration (nezha|soak_probe) ",
    r"\[homeassistant\.components\.recorder\.util\] The system could not validate that the sqlite3 database ",
    r"\[homeassistant\.components\.recorder\.util\] Ended unfinished session ",
    r"\[homeassistant\.(setup|components\.\w+)\] Setup of .* is taking over 10 seconds",
    r"\[homeassistant\.bootstrap\] Skipping pip installation ",
    r"\[aiohttp_fast_zlib\] zlib_ng and isal are not available",
    r"\[haffmpeg\.\w+\] (FFmpeg fails|Error starting FFmpeg)",
    r"\[homeassistant\.components\.camera\.img_util\] Error loading libturbojpeg",
    r"\[homeassistant\.helpers\.entity\] Updating state for .* took ",
    # It was stopped while an entry was being set up.
    (
        r"\[custom_components\.nezha\] Setup of config entry '.*' for nezha integration cancelled(?s:.*)"
        r"\nasyncio\.exceptions\.CancelledError: Home Assistant is stopping\Z"
    ),
    r"\[homeassistant\.(bootstrap|helpers\.entity_platform)\] .* taking (over|longer)",
)
"""Beginnings of records that may be in the log."""
_EXPECTED = re.compile("|".join(EXPECTED))


def judge_log(findings: Findings, name: str, text: str) -> None:
    """Judge a log: no error or warning but the expected, and no traceback but theirs."""
    for level, first, *more in _records(text):
        is_expected = bool(_EXPECTED.match("\n".join((first, *more))))
        is_serious = level in _SERIOUS
        findings.figures["expected warnings and errors in the log"] += is_serious and is_expected
        findings.check("records of the log", is_expected or not is_serious, f"{name}: {level} {first[:300]}")
        for line in more:
            if _OUTCRY.search(line) and not is_expected:
                findings.check("records of the log", False, f"{name}: {line[:200]} after {first[:200]}")


def _records(text: str) -> Iterator[list[str]]:
    """Give each record's level and lines; those that come before the first have neither level nor first line."""
    record = ["", ""]
    for line in text.splitlines():
        if begin := _RECORD.match(line):
            yield record
            record = list(begin.groups())
        else:
            record.append(line)
    yield record


def judge_secrets(findings: Findings, files: Iterable[Path], secrets: Sequence[str], allowed: str) -> None:
    """Judge that secrets are in no file but the one that is made for credentials."""
    for file in files:
        content = file.read_bytes()
        for secret in secrets:
            found = secret.encode() in content
            if file.name == allowed:
                findings.figures["credentials where they belong"] += found
            else:
                findings.check("files without secrets", not found, f"a secret is in {file.name}")


_ENTITIES_OF_A_SERVER = 20
"""Of one kind, at the most."""
_MAY_GROW = (
    # Values that are made anew: the decoder's, the newest answer's, the newest frame's and the published ones of a server
    # are one object or four, depending on the moment.
    (
        re.compile(r"(api\.(models|public_note|cycle|price)|fleet(\.\w+)?|runtime\.devices)\.|sensor\.base\.Reading"),
        lambda servers: 3 * servers,
    ),
    # A dashboard that was restarted tells of no traffic cycles for a minute: their two sensors, what each listens to, and what
    # its adder remembers may have come meanwhile.
    (
        re.compile(r"sensor\.cycle\.|runtime\.listeners\.(Facts|Cycles)Of|entity\.adder\._Seen"),
        lambda servers: 2 * servers + 10,
    ),
    # A mutated reply may name a server or a task that is none; its device stays for a while.
    (
        re.compile(
            r"(binary_sensor|button|event|sensor\.(base|billing|facts|measurements|traffic))\."
            r"|runtime\.listeners\.(Service|Task)Of"
        ),
        lambda _: 3 * _ENTITIES_OF_A_SERVER,
    ),
    # The latency of a service is worked out from what changed within five minutes: a sample a poll at the most, of the four
    # services that a simulated dashboard probes.
    (re.compile(r"sensor\.latency\._Sample"), lambda _: 4 * 60),
    # The newest error of each of the two dashboards is kept to be shown.
    (re.compile(r"api\.errors\."), lambda _: 2),
    # v2's newest answers are kept to be compared; those of three endpoints, which it can do without, may be missing at first.
    (re.compile(r"api\.transport\.Reply"), lambda _: 3),
)
"""By how many the objects of a kind may differ between two quiet moments; of all others, by none."""
_KEPT_OPEN = 2
"""Files by which it may differ: a connection to each dashboard is kept for the next request, or was just closed."""
_GROWTH = 0.05
"""The share by which the memory in use may grow: from moment to moment Home Assistant has more or less of what it was
asked for in its caches, as JSON for example, which is large. A kilobyte that leaks for each server with each refresh is
more within half an hour, and smaller leaks show in the counts of objects."""
_LONG = 600
"""Seconds; over less time only objects are compared, because those caches are still filling."""


@dataclass(frozen=True, slots=True)
class Census:
    """What was alive in Home Assistant at a quiet moment."""

    at: float
    """By our clock that never jumps."""
    objects: Counter[str]
    """The integration's, by kind."""
    figures: Counter[str]
    """What else `soak_probe` counts: `tasks`, `files`, and memory in use."""

    @classmethod
    def least(cls, counts: Sequence[Mapping[str, Mapping[str, int]]]) -> Self:
        """Return the least of several counts, since work under way is no leak."""
        objects, figures = (reduce(and_, (Counter(count[of]) for count in counts)) for of in ("objects", "figures"))
        return cls(time.monotonic(), objects, figures)


def judge_memory(findings: Findings, before: Census, after: Census, servers: int) -> None:
    """Judge that nothing was added by all that happened between two quiet moments of the same fleet.

    The database's pages are not judged, which SQLite keeps up to the recorder's limit, nor what is resident: Python and the
    C library keep what was given back to them for later, in pieces that grow for a while.
    """
    old, new = before.objects, after.objects
    for kind in sorted(old.keys() | new.keys()):
        more = next((allowed(servers) for kinds, allowed in _MAY_GROW if kinds.match(kind)), 0)
        findings.check("kinds of objects", new[kind] - old[kind] <= more, f"{kind}: {old[kind]} became {new[kind]}")
    old, new = before.figures, after.figures
    judged = [
        ("tasks and open files", "tasks", old["tasks"]),
        ("tasks and open files", "files", old["files"] + _KEPT_OPEN),
    ]
    if after.at - before.at >= _LONG:
        judged += [("memory in use", name, round(old[name] * (1 + _GROWTH))) for name in ("blocks", "heap")]
    for kind, name, most in judged:
        findings.check(kind, new[name] <= most, f"{name}: {old[name]} became {new[name]}")
