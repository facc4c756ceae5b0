"""For what part of a span a server was online, of the time in which anybody looked."""

from typing import Any

import pytest

from custom_components.nezha.fleet.availability import DAY
from custom_components.nezha.fleet.limits import LONGEST_UNSEEN, MOST_BLIND_SPANS, MOST_SPANS

from .world import NOW, THRESHOLD, Watch, blank, reported

MINUTE = 60
HOUR = 3_600
WEEK = 7 * DAY
MONTH = 30 * DAY
A_LOOK = 0.2
"""Percent: that a server went is seen a minute later."""


def live(watch: Watch, start: int, end: int, *, online: bool = True, step: int = MINUTE) -> int:
    """Let answers come after a moment, and until another one; return the last. The first one of all is at the begin, too."""
    silent_since = start - THRESHOLD
    for now in range(start + step * bool(watch.fleet.servers), end + 1, step):
        watch.sees(now, reported(now if online else silent_since), reported(now, 2))
    return end


def of(watch: Watch, window: int = DAY, identity: str = "1") -> float | None:
    """Return the availability of a server."""
    return watch.fleet.availability(identity, window)


class TestShare:
    """What was offline, of what was watched."""

    def test_a_server_that_never_went(self, watch: Watch) -> None:
        live(watch, NOW, NOW + DAY)
        assert of(watch) == of(watch, WEEK) == 100

    def test_six_hours_of_a_day(self, watch: Watch) -> None:
        live(watch, NOW, NOW + 12 * HOUR)
        live(watch, NOW + 12 * HOUR, NOW + 18 * HOUR, online=False)
        live(watch, NOW + 18 * HOUR, NOW + 24 * HOUR)
        assert of(watch) == 75
        assert of(watch, identity="2") == 100

    def test_an_outage_counts_while_it_lasts(self, watch: Watch) -> None:
        live(watch, NOW, NOW + 12 * HOUR)
        live(watch, NOW + 12 * HOUR, NOW + 24 * HOUR, online=False)
        assert of(watch) == pytest.approx(50, abs=A_LOOK)

    def test_each_span_has_its_own(self, watch: Watch) -> None:
        live(watch, NOW, NOW + DAY, step=HOUR)
        live(watch, NOW + DAY, NOW + 2 * DAY, online=False, step=HOUR)
        live(watch, NOW + 2 * DAY, NOW + 8 * DAY, step=HOUR)
        assert of(watch, DAY) == 100
        assert of(watch, WEEK) == pytest.approx(100 * 6 / 7, abs=A_LOOK)
        assert of(watch, MONTH) == pytest.approx(100 * 7 / 8, abs=A_LOOK)

    def test_what_is_older_than_the_span_is_over(self, watch: Watch) -> None:
        live(watch, NOW, NOW + HOUR)
        live(watch, NOW + HOUR, NOW + 2 * HOUR, online=False)
        live(watch, NOW + 2 * HOUR, NOW + DAY + 90 * MINUTE)
        assert of(watch) == pytest.approx(100 * (1 - 0.5 / 24), abs=A_LOOK)
        live(watch, NOW + DAY + 90 * MINUTE, NOW + DAY + 2 * HOUR + MINUTE)
        assert of(watch) == 100


class TestUnknown:
    """Until enough is known."""

    def test_at_first(self, watch: Watch) -> None:
        live(watch, NOW, NOW + HOUR - MINUTE)
        assert of(watch) is None
        live(watch, NOW + HOUR - MINUTE, NOW + HOUR)
        assert of(watch) == 100
        assert of(watch, WEEK) is None

    def test_one_that_never_reported(self, watch: Watch) -> None:
        for hour in range(30):
            watch.sees(NOW + hour * HOUR, blank())
        assert of(watch) is None

    def test_it_is_watched_from_its_first_report_on(self, watch: Watch) -> None:
        for hour in range(20):
            watch.sees(NOW + hour * HOUR, blank())
        live(watch, NOW + 20 * HOUR, NOW + 24 * HOUR)
        assert of(watch) == 100

    def test_one_that_nobody_knows(self, watch: Watch) -> None:
        live(watch, NOW, NOW + DAY)
        assert of(watch, identity="3") is None

    def test_one_that_comes_back_to_the_list_starts_anew(self, watch: Watch) -> None:
        live(watch, NOW, NOW + 12 * HOUR)
        live(watch, NOW + 12 * HOUR, NOW + 13 * HOUR, online=False)
        watch.sees(NOW + 14 * HOUR, reported(NOW + 14 * HOUR, 2))
        now = live(watch, NOW + 20 * HOUR, NOW + 20 * HOUR + MINUTE)
        assert of(watch) is None
        live(watch, now, now + HOUR)
        assert of(watch) == 100


class TestNobodyLooked:
    """Neither the dashboard's outages nor Home Assistant's stops count for or against a server."""

    @pytest.mark.parametrize("blind", [HOUR, 6 * HOUR])
    def test_an_outage_of_the_dashboard(self, watch: Watch, blind: int) -> None:
        live(watch, NOW, NOW + 6 * HOUR)
        live(watch, NOW + 6 * HOUR, NOW + 12 * HOUR, online=False)
        back = NOW + 12 * HOUR + blind
        watch.sees(back, reported(back), reported(back, 2), after_outage=True)
        live(watch, back, back + 6 * HOUR)
        # Of 18 hours that were watched, 6 were offline.
        assert of(watch) == pytest.approx(100 * 12 / 18, abs=A_LOOK)
        assert of(watch, identity="2") == 100

    def test_one_who_is_offline_before_and_after(self, watch: Watch) -> None:
        live(watch, NOW, NOW + 12 * HOUR)
        live(watch, NOW + 12 * HOUR, NOW + 14 * HOUR, online=False)
        back = NOW + 20 * HOUR
        watch.sees(back, reported(NOW + 12 * HOUR), reported(back, 2), after_outage=True)
        live(watch, back, NOW + 24 * HOUR, online=False)
        assert of(watch) == pytest.approx(100 * 12 / 18, abs=A_LOOK)

    @pytest.mark.parametrize("blind", [HOUR, 8 * HOUR])
    def test_a_stop_of_home_assistant(self, watch: Watch, blind: int) -> None:
        live(watch, NOW, NOW + 10 * HOUR)
        live(watch, NOW + 10 * HOUR, NOW + 12 * HOUR, online=False)
        watch = watch.restarted()
        live(watch, NOW + 12 * HOUR + blind, NOW + 16 * HOUR + blind)
        assert of(watch) == pytest.approx(100 * 14 / 16, abs=A_LOOK)

    def test_a_machine_that_slept(self, watch: Watch) -> None:
        live(watch, NOW, NOW + 10 * HOUR)
        live(watch, NOW + 10 * HOUR, NOW + 12 * HOUR, online=False)
        later = NOW + 12 * HOUR + LONGEST_UNSEEN + HOUR
        live(watch, later, later + HOUR)
        assert of(watch) == pytest.approx(100 * 11 / 13, abs=A_LOOK)

    def test_too_little_is_left(self, watch: Watch) -> None:
        live(watch, NOW, NOW + HOUR)
        assert of(watch) == 100
        watch = watch.restarted()
        watch.sees(NOW + DAY + MINUTE, reported(NOW + DAY + MINUTE))
        assert of(watch) is None


class TestClock:
    """What is recorded keeps its age when the dashboard's clock is set."""

    @pytest.mark.parametrize("by", [10 * DAY, -10 * DAY])
    def test_a_clock_that_is_set(self, watch: Watch, by: int) -> None:
        for at in range(0, 18 * HOUR + 1, HOUR):
            is_offline = 6 * HOUR < at <= 12 * HOUR
            shift = by if at > 15 * HOUR else 0
            last = NOW + 6 * HOUR - 60 if is_offline else NOW + shift + at
            watch.sees(NOW + shift + at, reported(last), reported(NOW + shift + at, 2), passed=NOW + at)
        assert of(watch) == pytest.approx(100 * 12 / 18, abs=A_LOOK)
        assert of(watch, identity="2") == 100

    def test_a_clock_that_went_back_over_a_restart(self, watch: Watch) -> None:
        live(watch, NOW, NOW + 10 * HOUR)
        live(watch, NOW + 10 * HOUR, NOW + 12 * HOUR, online=False)
        watch = watch.restarted()
        live(watch, NOW, NOW + 4 * HOUR)
        assert of(watch) == pytest.approx(100 * 14 / 16, abs=A_LOOK)


class TestBounds:
    """Whatever an agent does, the record stays small, and true."""

    def test_one_that_flaps(self, watch: Watch) -> None:
        for turn in range(10 * MOST_SPANS):
            at = NOW + turn * 120
            watch.sees(at, reported(at - 31 if turn % 2 else at))
        record = watch.stored["availability"]["1"]
        assert len(record["offline"]) == MOST_SPANS
        assert of(watch) == pytest.approx(50, abs=0.2)

    def test_a_dashboard_that_flaps(self, watch: Watch) -> None:
        for turn in range(5 * MOST_BLIND_SPANS):
            at = NOW + turn * 60
            watch.sees(at, reported(at), after_outage=bool(turn % 2))
        assert len(watch.stored["watched"]["blind"]) == MOST_BLIND_SPANS
        assert of(watch) == 100

    def test_what_no_span_reaches_is_dropped(self, watch: Watch) -> None:
        for outage in range(40):
            live(watch, NOW + outage * DAY, NOW + outage * DAY + 23 * HOUR, step=HOUR)
            live(watch, NOW + outage * DAY + 23 * HOUR, NOW + (outage + 1) * DAY, online=False, step=HOUR)
        offline = watch.stored["availability"]["1"]["offline"]
        assert [seconds for _, _, seconds in offline] == [HOUR] * 30


class TestFiles:
    """What is read from a file."""

    def test_a_restart_changes_nothing(self, watch: Watch) -> None:
        live(watch, NOW, NOW + 10 * HOUR)
        live(watch, NOW + 10 * HOUR, NOW + 12 * HOUR, online=False)
        assert watch.restarted().stored == watch.stored

    def test_one_of_the_release_before(self, watch: Watch) -> None:
        live(watch, NOW, NOW + 2 * HOUR)
        stored = watch.stored
        del stored["watched"], stored["availability"]
        after = Watch(stored)
        assert after.fleet.availability("1", DAY) is None
        live(after, NOW + 2 * HOUR, NOW + 3 * HOUR)
        assert of(after) == 100

    @pytest.mark.parametrize(
        "damage",
        [
            None,
            7,
            {"since": "then"},
            {"since": True},
            {"since": NOW, "offline": [[NOW, NOW - 1, 1]]},
            {"since": NOW, "offline": [[NOW, NOW + 1, 5]]},
            {"since": NOW, "offline": [[NOW + 5, NOW + 9, 1], [NOW, NOW + 1, 1]]},
            {"since": NOW, "offline": "always"},
            {"since": NOW, "offline": [None, ["1", 2, 3]]},
        ],
        ids=repr,
    )
    def test_what_cannot_be_read_costs_itself_alone(self, watch: Watch, damage: Any) -> None:
        live(watch, NOW, NOW + 2 * HOUR)
        live(watch, NOW + 2 * HOUR, NOW + 3 * HOUR, online=False)
        stored = watch.stored
        stored["availability"]["1"] = damage
        after = Watch(stored)
        assert after.stored["servers"] == watch.stored["servers"]
        live(after, NOW + 3 * HOUR, NOW + 4 * HOUR)
        assert of(after) == 100
        assert of(after, identity="2") == 100

    @pytest.mark.parametrize("damage", [None, [], {"until": -1}, {"until": 1.5, "blind": {}}], ids=repr)
    def test_nor_does_it_cost_a_record(self, watch: Watch, damage: Any) -> None:
        live(watch, NOW, NOW + 2 * HOUR)
        stored = watch.stored | {"watched": damage}
        after = Watch(stored)
        live(after, NOW + 3 * HOUR, NOW + 4 * HOUR)
        assert of(after) == 100
