"""Everything else that is judged: measurements, hours, entity ids, logs, files and memory."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts.soak_run.database import Records, Row
from scripts.soak_run.judge import (
    Census,
    Findings,
    judge_hours,
    judge_ids,
    judge_log,
    judge_memory,
    judge_range,
    judge_secrets,
)
from scripts.soak_run.ledger import Range

SECRET = "nzp_soak0123456789"


@pytest.mark.parametrize(
    ("least", "mean", "most", "is_right"),
    [
        (10.0, 20.0, 30.0, True),
        (9.96, 20.0, 30.04, True),
        (0.0, 20.0, 30.0, False),
        (10.0, 20.0, 31.0, False),
        (10.0, 40.0, 30.0, False),
    ],
)
def test_a_measurement_is_within_what_was_reported(least: float, mean: float, most: float, is_right: bool) -> None:
    findings = Findings()
    judge_range(findings, "sensor.cpu", Range(10, 30), [Row(0, least, mean, most, None, None)])
    assert findings.compared == {"statistics of measurements": 1}
    assert (not findings.wrong) == is_right


def test_a_measurement_that_nobody_reported() -> None:
    findings = Findings()
    judge_range(findings, "sensor.cpu", None, [Row(0, 1, 1, 1, None, None)])
    assert len(findings.wrong) == 1


@pytest.mark.parametrize(("total", "is_right"), [(7.0, True), (6.0, False)])
def test_the_sum_of_an_hour_is_that_of_its_end(total: float, is_right: bool) -> None:
    findings = Findings()
    parts = [Row(start, None, None, None, 0, value) for start, value in ((0, 5.0), (3_300, 7.0), (3_600, 9.0))]
    judge_hours(findings, Records({}, {"sensor.a": parts}, {"sensor.a": [Row(0, None, None, None, 0, total)]}))
    assert (not findings.wrong) == is_right


def test_entity_ids_stay() -> None:
    findings = Findings()
    first = {"a": "sensor.a", "b": "sensor.b", "gone": "sensor.gone"}
    judge_ids(findings, first, {"a": "sensor.a", "b": "sensor.b_2"}, may_go=lambda unique_id: unique_id == "gone")
    assert findings.wrong == ["entity ids: sensor.b became sensor.b_2"]
    judge_ids(findings, first, {"a": "sensor.a", "b": "sensor.b"}, may_go=lambda _: False)
    assert findings.wrong[1:] == ["entity ids: sensor.gone became None"]


AT = "2026-11-23 21:40:42.204"
TRACEBACK = "Traceback (most recent call last):\nKeyError: 'x'"
CANCELLED = (
    f"{AT} ERROR (MainThread) [custom_components.nezha] Setup of config entry 'Home' for nezha integration cancelled\n"
    "Traceback (most recent call last):\n  ...\nasyncio.exceptions.CancelledError"
)


@pytest.mark.parametrize(
    ("log", "wrong"),
    [
        (
            f"{AT} WARNING (MainThread) [custom_components.nezha.runtime.log] Cannot read in the answer of Home: x",
            0,
        ),
        (
            f"{AT} ERROR (MainThread) [custom_components.nezha.runtime.coordinator] Error fetching Home data: timeout",
            0,
        ),
        (f"{AT} INFO (MainThread) [custom_components.nezha.runtime.coordinator] Servers went offline: a (1)", 0),
        (f"{AT} ERROR (MainThread) [haffmpeg.core] FFmpeg fails\n{TRACEBACK}", 0),
        (f"{AT} ERROR (MainThread) [homeassistant.components.sensor] Platform nezha does not generate unique IDs", 1),
        (f"{AT} WARNING (MainThread) [custom_components.nezha.fleet] something new", 1),
        (
            f"{AT} ERROR (MainThread) [custom_components.nezha.runtime.coordinator] Unexpected error\n{TRACEBACK}",
            2,
        ),
        (f"{AT} INFO (MainThread) [custom_components.nezha.runtime.coordinator] fine\n{TRACEBACK}", 1),
        (f"{CANCELLED}: Home Assistant is stopping\n{AT} INFO (MainThread) [homeassistant.core] fine", 0),
        (f"{CANCELLED}\n{AT} INFO (MainThread) [homeassistant.core] fine", 2),
        ("Fatal Python error: Segmentation fault", 1),
    ],
)
def test_the_log_has_nothing_but_the_expected(log: str, wrong: int) -> None:
    findings = Findings()
    judge_log(findings, "home-assistant.log", log)
    assert len(findings.wrong) == wrong


def test_a_credential_in_a_file_that_is_not_made_for_it(tmp_path: Path) -> None:
    findings = Findings()
    for name, content in (("core.config_entries", SECRET), ("nezha.hub", "{}"), ("db-wal", f"\x00{SECRET}\x00")):
        (tmp_path / name).write_text(content)
    judge_secrets(findings, tmp_path.iterdir(), [SECRET], "core.config_entries")
    assert findings.wrong == ["files without secrets: a secret is in db-wal"]
    assert findings.compared == {"files without secrets": 2}
    assert findings.figures == {"credentials where they belong": 1}


OBJECTS = {"sensor.StateSensor": 900, "fleet.KnownServer": 100}
FIGURES = {"tasks": 5, "files": 24, "blocks": 2 * 10**6, "heap": 10**8, "pages": 10**7, "resident": 4 * 10**8}


def _census(at: float = 0, objects: Mapping[str, int] | None = None, **figures: int) -> Census:
    """Return a quiet moment, but for what is given."""
    return Census(at, Counter({**OBJECTS, **(objects or {})}), Counter({**FIGURES, **figures}))


@pytest.mark.parametrize(
    ("after", "wrong"),
    [
        (_census(at=900, heap=104 * 10**6), 0),
        (_census(at=900, heap=106 * 10**6), 1),
        (_census(at=900, blocks=2_090_000), 0),
        (_census(at=900, blocks=2_110_000), 1),
        (_census(at=60, heap=116 * 10**6), 0),
        (_census(at=900, pages=3 * 10**7), 0),
        (_census(tasks=6), 1),
        (_census(files=26), 0),
        (_census(files=27), 1),
        (_census(objects={"sensor.StateSensor": 901, "fleet.KnownServer": 100}), 1),
        (_census(objects={"sensor.StateSensor": 900, "fleet.KnownServer": 400}), 0),
        (_census(objects={"sensor.StateSensor": 900, "fleet.KnownServer": 401}), 1),
        (
            _census(objects={"sensor.cycle.CycleSensor": 200, "runtime.listeners.FactsOf": 200}),
            0,
        ),
        (_census(objects={"runtime.listeners.FactsOf": 211}), 1),
        (_census(objects={"runtime.listeners.CyclesOf": 210, "api.cycle.Cycle": 300}), 0),
        (_census(objects={"runtime.listeners.CyclesOf": 211, "api.cycle.Cycle": 301}), 2),
        (_census(objects={"runtime.listeners.TaskOf": 60}), 0),
        (_census(objects={"runtime.listeners.TaskOf": 61}), 1),
        (_census(objects={"api.errors.ProtocolError": 2}), 0),
        (_census(objects={"api.errors.ProtocolError": 3}), 1),
        (_census(objects={"api.transport.Reply": 3}), 0),
        (_census(objects={"api.transport.Reply": 4}), 1),
        (_census(objects={"coordinator.NezhaCoordinator": 1}), 1),
    ],
)
def test_memory_grows_by_nothing(after: Census, wrong: int) -> None:
    findings = Findings()
    judge_memory(findings, _census(), after, servers=100)
    assert len(findings.wrong) == wrong


def test_work_under_way_is_no_leak() -> None:
    busy = {"objects": {**OBJECTS, "fleet.KnownServer": 200}, "figures": {**FIGURES, "tasks": 9, "files": 23}}
    least = Census.least([busy, {"objects": OBJECTS, "figures": FIGURES}])
    assert (least.figures["tasks"], least.figures["files"], least.objects["fleet.KnownServer"]) == (5, 23, 100)
