"""Sums of traffic are judged to the byte."""

from collections.abc import Sequence

import pytest

from scripts.soak_run.database import Row
from scripts.soak_run.judge import Findings, judge_traffic
from scripts.soak_run.ledger import GIB, History, Report

REPORTS = [(10, 0, 5_000), (12, 0, 5_600), (14, 0, 6_000), (40, 1, 100), (42, 1, 250)]
"""When, of which boot, and the counter: 1,000 bytes more, a reboot, and 250 bytes since."""
RECORDED = [(10.2, 5_000), (14.2, 6_000), (40.5, 100), (43, 250)]
TRUTH = 1_250


def judged(
    recorded: Sequence[tuple[float, int]] = RECORDED,
    total: float | None = TRUTH,
    *,
    reports: Sequence[tuple[float, int, int]] = REPORTS,
    announced: Sequence[int] = (),
    is_over: bool = False,
) -> Findings:
    """Judge a server that reported this, of which Home Assistant recorded that and added up so many bytes."""
    findings = Findings()
    history = History([Report(at, boot, (counter, 0)) for at, boot, counter in reports], {}, set(announced))
    states = [(at, str(counter / GIB)) for at, counter in recorded]
    rows = [] if total is None else [Row(0, None, None, None, recorded[-1][1] / GIB, total / GIB)]
    judge_traffic(findings, "server", history, 0, states, rows, is_over=is_over)
    return findings


def test_every_increment_and_the_whole_counter_of_a_new_boot() -> None:
    findings = judged()
    assert not findings.wrong
    assert findings.compared == {"recorded counters": 4, "final counters": 1, "traffic sums": 1}
    assert findings.figures["bytes of traffic"] == TRUTH


@pytest.mark.parametrize("total", [TRUTH - 1, TRUTH + 1, 0, TRUTH + 6_000, None])
def test_a_sum_that_is_not_the_truth(total: float | None) -> None:
    (complaint,) = judged(total=total).wrong
    assert complaint.startswith("traffic sums: server: ")
    assert str(TRUTH) in complaint


@pytest.mark.parametrize(
    "recorded",
    [
        [(10.2, 5_000), (12.2, 0), (14.2, 6_000), (43, 250)],
        [(10.2, 5_000), (12.2, 5_601), (43, 250)],
        [(10.2, 5_000), (14.2, 6_000), (15, 5_600), (43, 250)],
        [(10.2, 5_000), (11, 6_000), (43, 250)],
        [(10.2, 5_000), (43, 250), (44, 6_000)],
    ],
    ids=["blank", "never reported", "older than the one before", "before it was reported", "of the boot before"],
)
def test_a_recorded_counter_that_was_not_the_servers(recorded: list[tuple[float, int]]) -> None:
    (complaint,) = judged(recorded).wrong
    assert complaint.startswith("recorded counters: server: never reported so: ")


def test_what_came_after_the_last_look_before_a_sudden_reboot_is_missing_and_counted() -> None:
    findings = judged([(10.2, 5_000), (12.2, 5_600), (43, 250)], 850)
    assert not findings.wrong
    assert findings.figures["bytes, on balance, that no poll or frame brought before a reboot"] == 400


def test_a_boot_of_which_nothing_was_seen_is_missing_too() -> None:
    reports = [*REPORTS[:3], (20, 1, 70), (22, 1, 77), (40, 2, 250)]
    findings = judged([(10.2, 5_000), (14.2, 6_000), (43, 250)], TRUTH, reports=reports)
    assert not findings.wrong
    assert findings.figures["bytes of traffic"] == TRUTH + 77


def test_nothing_is_missing_before_a_reboot_that_waited() -> None:
    assert judged(announced=[0]).compared["reboots with all recorded"] == 1
    assert not judged(announced=[0]).wrong
    (complaint,) = judged([(10.2, 5_000), (12.2, 5_600), (43, 250)], 850, announced=[0]).wrong
    assert complaint == "reboots with all recorded: server: 400 bytes missing"


def test_a_network_card_that_goes_takes_its_bytes_along() -> None:
    reports = [(10, 0, 5_000), (12, 0, 9_000), (14, 0, 2_000), (16, 0, 2_050)]
    assert not judged([(10.2, 5_000), (12.2, 9_000), (16.2, 2_050)], -2_950, reports=reports).wrong


def test_the_last_counter_has_to_be_there_unless_the_server_was_deleted() -> None:
    recorded = RECORDED[:-1]
    assert judged(recorded, 1_100).wrong[0] == "final counters: server: 100, not 250"
    assert not judged(recorded, 1_100, is_over=True).wrong


def test_a_server_of_which_nothing_was_recorded() -> None:
    assert judged([], None).wrong == ["traffic sums: server: nothing was recorded"]
    assert not judged([], None, reports=[]).wrong


@pytest.mark.parametrize(("clocks", "is_judged"), [((11, 12), True), ((30, 30.5), False), ((90, 95), True)])
def test_a_reboot_that_met_a_wrong_clock_is_not_judged(clocks: tuple[float, float], is_judged: bool) -> None:
    reports = [(at, int(at > 40), 10 * at if at <= 40 else at) for at in range(2, 100, 2)]
    recorded = [(at + 0.1, counter) for at, _, counter in reports if at % 4 == 0 and not 20 < at < 52] + [(99, 98)]
    findings = Findings()
    history = History([Report(at, boot, (counter, 0)) for at, boot, counter in reports])
    states = [(at, str(counter / GIB)) for at, counter in recorded]
    rows = [Row(0, None, None, None, 0, 1 / GIB)]
    judge_traffic(findings, "server", history, 0, states, rows, is_over=False, wrong_clocks=[clocks])
    assert bool(findings.wrong) == is_judged
    assert bool(findings.figures["sums not judged, since a reboot met a wrong clock"]) != is_judged
