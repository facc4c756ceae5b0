"""The dashboard's clock, whatever the others say."""

import pytest

from custom_components.nezha.api import Report
from custom_components.nezha.fleet import Clock
from custom_components.nezha.fleet.clock import Step

from .world import BOOT, DAY, NOW, THRESHOLD, Watch, reported, state

TOLERANCE = 15
ONE = "one"


class Readings:
    """A clock, and the time that goes by."""

    def __init__(self, offset: int | None = None) -> None:
        self.clock = Clock(TOLERANCE, offset)
        self.step = Step.STEADY

    def answer(self, at: float, date: int | None, **heard: int | None) -> int | None:
        """Take in an answer after so many seconds; return the dashboard's time as seconds since then."""
        moments = {identity: None if moment is None else NOW + moment for identity, moment in heard.items()}
        self.step = self.clock.read_answer(None if date is None else NOW + date, moments, at)
        return self._now

    def frame(self, at: float, now: int | None) -> int | None:
        """Take in a frame after so many seconds; return the dashboard's time as seconds since then."""
        self.step = self.clock.read_frame(None if now is None else NOW + now, at)
        return self._now

    @property
    def _now(self) -> int | None:
        return None if self.clock.now is None else self.clock.now - NOW


@pytest.fixture
def readings() -> Readings:
    """Return a clock that was never read."""
    return Readings()


class TestReadings:
    """What one reading after another makes of the clock."""

    def test_none_yet(self, readings: Readings) -> None:
        assert readings.clock.now is None
        assert readings.clock.offset is None

    def test_the_date_is_believed_as_long_as_it_fits(self, readings: Readings) -> None:
        assert readings.answer(0, 0, one=-2) == 0
        assert readings.answer(30, 30, one=29) == 30
        assert readings.clock.offset == 0

    def test_a_report_ahead_of_it_is_not(self, readings: Readings) -> None:
        assert readings.answer(0, 0, one=45, two=-500) == 45

    def test_but_for_the_second_in_which_both_were_written(self, readings: Readings) -> None:
        assert readings.answer(0, 0, one=1) == 0

    def test_nor_is_a_report_from_a_far_future(self, readings: Readings) -> None:
        """A server that died while the dashboard's clock was there must not take the others offline."""
        assert readings.answer(0, 0, one=30 * DAY, two=-1) == 0

    def test_who_reports_tells_that_it_is_ahead(self, readings: Readings) -> None:
        readings.answer(0, 3_600, one=-2)
        assert readings.answer(30, 3_630, one=28) == 28
        assert readings.step is Step.CORRECTED
        assert readings.clock.offset == -3_602

    def test_silence_does_not(self, readings: Readings) -> None:
        readings.answer(0, 0, one=-2)
        for at in range(30, 600, 30):
            assert readings.answer(at, at, one=-2) == at
            assert readings.step is Step.STEADY

    def test_one_late_report_does_not(self, readings: Readings) -> None:
        readings.answer(0, 0, one=-2)
        assert readings.answer(30, 30, one=2) == 30
        assert readings.answer(60, 60, one=59) == 60
        assert readings.answer(90, 90, one=63) == 90

    def test_two_late_reports_in_a_row_do(self, readings: Readings) -> None:
        readings.answer(0, 0, one=-2)
        readings.answer(30, 30, one=2)
        assert readings.answer(60, 60, one=33) == 33

    def test_one_that_cannot_be_so_late_does(self, readings: Readings) -> None:
        """It was not there before: the dashboard's clock was not that far yet."""
        readings.answer(0, 0, one=-2)
        assert readings.answer(30, 130, one=29) == 30

    def test_one_that_was_not_listed_before_tells_nothing(self, readings: Readings) -> None:
        readings.answer(0, 0, one=-2)
        assert readings.answer(30, 30, one=-2, two=-20) == 30

    def test_one_that_is_remembered_again_tells_nothing(self, readings: Readings) -> None:
        readings.answer(0, 0, one=0)
        readings.answer(30, 30, one=None)
        assert readings.answer(60, 60, one=-500) == 60

    def test_a_date_that_jumps_while_all_are_silent_does_not_move_it(self, readings: Readings) -> None:
        readings.answer(0, 0, one=-2)
        assert readings.answer(30, 3_630, one=-2) == 30
        assert readings.answer(60, 60 - DAY, one=-2) == 60
        assert readings.step is Step.STEADY

    def test_a_date_that_jumps_with_the_dashboards_clock_does(self, readings: Readings) -> None:
        readings.answer(0, 0, one=-2)
        assert readings.answer(30, 3_630, one=3_629) == 3_630
        assert readings.step is Step.SET
        assert readings.answer(60, 60, one=59) == 60
        assert readings.step is Step.SET
        assert readings.clock.offset == 0

    def test_it_does_not_go_back_for_an_error_that_does_no_harm(self, readings: Readings) -> None:
        readings.answer(0, 10, one=9)
        assert readings.frame(2, 2) == 10
        assert readings.frame(10, 10) == 10
        assert readings.frame(12, 12) == 12
        assert readings.step is Step.STEADY

    def test_it_goes_back_when_it_is_set(self, readings: Readings) -> None:
        readings.frame(0, 3_600)
        assert readings.frame(2, 2) == 2
        assert readings.step is Step.SET

    def test_while_frames_arrive_no_date_counts(self, readings: Readings) -> None:
        readings.frame(0, 0)
        assert readings.answer(1, 3_600, one=0) == 1
        assert readings.frame(2, 2) == 2
        assert readings.answer(9, None, one=0) == 9
        assert readings.answer(13, 3_613, one=0) == 3_613

    def test_without_a_date_time_goes_on_by_itself(self, readings: Readings) -> None:
        assert readings.answer(0, None, one=-5) == -5
        assert readings.answer(30, None, one=-5) == 25
        assert readings.answer(60, None, one=59) == 59
        assert readings.answer(90, None, one=59) == 89
        assert readings.clock.offset is None

    def test_a_date_that_is_missing_once(self, readings: Readings) -> None:
        readings.answer(0, 0, one=-2)
        assert readings.answer(30, None, one=29) == 30
        assert readings.answer(60, 60, one=59) == 60
        assert readings.clock.offset == 0

    def test_a_frame_without_its_time(self, readings: Readings) -> None:
        readings.frame(0, 0)
        assert readings.frame(2, None) == 2

    def test_what_was_learnt_before_a_restart(self) -> None:
        readings = Readings(offset=-3_600)
        assert readings.answer(0, 3_600, one=-500) == 0
        assert readings.clock.offset == -3_600

    def test_what_was_learnt_and_is_no_longer_so(self) -> None:
        readings = Readings(offset=-3_600)
        assert readings.answer(0, 0, one=-2) == 0
        assert readings.answer(30, 30, one=29) == 30


class TestTheServers:
    """What a clock that is set does to who is online and to boots."""

    @pytest.mark.parametrize("error", [-DAY, -3_600, 3_600, DAY])
    def test_one_that_was_always_wrong(self, watch: Watch, error: int) -> None:
        assert watch.sees(NOW + error, reported(NOW + error)).online
        assert not watch.sees(NOW + error + 31, reported(NOW + error)).online

    def test_a_report_of_the_next_second_is_one_of_now(self, watch: Watch) -> None:
        known = watch.sees(NOW, reported(NOW + 1))
        assert known.online
        assert known.memory.last_active == NOW

    @pytest.mark.parametrize("error", [-3_600, 3_600])
    def test_wrong_for_a_while_while_the_server_reports(self, watch: Watch, error: int) -> None:
        watch.sees(NOW, reported(NOW))
        assert watch.sees(NOW + 30 + error, reported(NOW + 30 + error), passed=NOW + 30).online
        assert watch.sees(NOW + 60, reported(NOW + 60)).online
        assert not watch.sees(NOW + 91, reported(NOW + 60)).online

    @pytest.mark.parametrize("forgets", [True, False])
    def test_ahead_for_a_while_and_the_server_falls_silent(self, watch: Watch, forgets: bool) -> None:
        """Its time in the future keeps it online for the threshold, and does not bring it back when that time has come."""
        watch.sees(NOW + 3_600, reported(NOW + 3_600), passed=NOW)
        silent = reported(NOW + 3_600, last_active=None) if forgets else reported(NOW + 3_600)
        assert watch.sees(NOW + 30, silent).online
        for now in (61, 90, 3_599, 3_600, 3_601, 3_630, 3_700):
            assert not watch.sees(NOW + now, silent).online

    @pytest.mark.parametrize("ahead", [20, 45, 3_600])
    def test_a_frame_ahead_for_a_while_and_the_server_falls_silent(self, watch: Watch, ahead: int) -> None:
        watch.sees(NOW, reported(NOW))
        silent = {1: Report(last_active=NOW + ahead, boot_time=BOOT, state=state(NOW - BOOT))}
        assert watch.follows(NOW + ahead, silent, passed=NOW).online
        assert watch.follows(NOW + 2, silent).online
        gone_at = next(now for now in range(NOW + 4, NOW + 3_700, 2) if not watch.follows(now, silent).online)
        assert gone_at <= NOW + 2 + THRESHOLD + 2
        assert not any(watch.follows(now, silent).online for now in range(gone_at, NOW + 3_700, 2))

    def test_ahead_during_an_outage(self, watch: Watch) -> None:
        """The patience after an outage is not for as long as the clock was ahead either."""
        watch.sees(NOW, reported(NOW))
        watch.sees(NOW + 3_600, reported(NOW), after_outage=True, passed=NOW + 30)
        assert watch.sees(NOW + 60, reported(NOW)).online
        assert not watch.sees(NOW + 91, reported(NOW)).online

    def test_behind_for_one_answer_costs_a_silent_server_nothing(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.sees(NOW - 3_570, reported(NOW), passed=NOW + 30)
        known = watch.sees(NOW + 60, reported(NOW))
        assert not known.online
        assert known.memory.last_active == NOW

    def test_no_step_of_the_clock_is_a_reboot(self, watch: Watch) -> None:
        for step, error in enumerate((0, 3_600, 0, -3_600, 0)):
            now = NOW + error
            watch.sees(now, reported(now, state=state(NOW - BOOT + 30 * step)), passed=NOW + 30 * step)
            assert watch["1"].memory.last_reset == BOOT
            assert watch["1"].memory.boot_time == BOOT
