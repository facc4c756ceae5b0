"""What series say of whole hours, and how sums are fitted in between those that the recorder has."""

from custom_components.nezha.api import Period, Point
from custom_components.nezha.fleet.past import HOUR, Row, bands, fit_sums, hourly_means, hours_of, readings

NOW = 1_780_315_200
DAY = 24 * HOUR
START = NOW - 10 * HOUR


def series(*values: float, start: int = START, step: int = 1_800) -> list[Point]:
    """Return points at regular moments."""
    return [Point(start + place * step, value) for place, value in enumerate(values)]


def week(*values: float, start: int = START) -> dict[Period, list[Point]]:
    """Return a series of half hours."""
    return {Period.WEEK: series(*values, start=start)}


HOURS = {Period.WEEK: range(START, START + 10 * HOUR, HOUR)}


class TestHours:
    """Which hours are taken from which series."""

    def test_whole_hours_alone_that_are_over_for_a_while(self) -> None:
        assert hours_of(Period.DAY, NOW) == range(NOW - DAY, NOW - HOUR, HOUR)
        assert hours_of(Period.DAY, NOW + 899)[-1] == NOW - 2 * HOUR
        assert hours_of(Period.DAY, NOW + 900) == range(NOW - DAY + HOUR, NOW, HOUR)

    def test_the_finest_that_covers_them(self) -> None:
        found = bands(Period.MONTH, NOW)
        assert [len(found[period]) for period in Period] == [23, 144, 552]
        assert not found[Period.DAY] & found[Period.WEEK]
        assert bands(Period.DAY, NOW).keys() == {Period.DAY}


class TestMeans:
    """An hour is the mean of what is in it."""

    def test_of_half_hours(self) -> None:
        means = hourly_means(week(1, 3, 10, 20), HOURS)
        assert [(means[start].mean, means[start].least) for start in sorted(means)] == [(2, None), (15, None)]

    def test_least_and_greatest_of_half_minutes(self) -> None:
        means = hourly_means({Period.DAY: series(*range(120), step=30)}, {Period.DAY: [START]})
        assert (means[START].mean, means[START].least, means[START].greatest) == (59.5, 0, 119)

    def test_an_hour_without_a_point_is_not_filled_from_beside(self) -> None:
        """The day says that the server was silent: the two hours of the month are not asked."""
        told = {Period.DAY: series(5.0, step=30), Period.MONTH: series(7.0, step=7_200)}
        means = hourly_means(told, {Period.DAY: [START, START + HOUR], Period.MONTH: []})
        assert means.keys() == {START}

    def test_two_hours_have_the_mean_of_both(self) -> None:
        means = hourly_means({Period.MONTH: series(7.0, step=7_200)}, {Period.MONTH: [START, START + HOUR]})
        assert [each.mean for each in means.values()] == [7, 7]


class TestBoots:
    """Of which boot a reading is."""

    def boots(self, counter: list[float], uptime: list[float]) -> list[int]:
        return [each.boot for each in readings(week(*counter), week(*uptime), HOURS)]

    def test_one(self) -> None:
        assert self.boots([10, 20, 30], [10_000, 11_800, 13_600]) == [0, 0, 0]

    def test_a_reboot(self) -> None:
        told = readings(week(10, 20, 3), week(10_000, 11_800, 600), HOURS)
        assert [each.boot for each in told] == [0, 0, 1]
        assert [each.booted for each in told] == [START - 8_200, START - 8_200, START + 4_800]

    def test_one_whose_counter_has_passed_the_old_value(self) -> None:
        assert self.boots([10, 20, 500], [10_000, 11_800, 900]) == [0, 0, 1]

    def test_a_card_that_went_away_is_none(self) -> None:
        assert self.boots([10, 20, 5], [10_000, 11_800, 13_600]) == [0, 0, 0]

    def test_an_agents_clock_that_was_put_right_is_none(self) -> None:
        assert self.boots([10, 20, 30], [100_000, 101_800, 95_000]) == [0, 0, 0]

    def test_a_reading_without_uptime_is_of_no_use(self) -> None:
        told = readings(week(10, 20), {Period.WEEK: series(10_000)}, HOURS)
        assert [each.value for each in told] == [10]


def row(end: int, state: float, total: float, booted: float | None = START - 8_200) -> Row:
    """Return a row of the recorder."""
    return Row(end=end, state=state, sum=total, booted=booted)


class TestSums:
    """Not one byte counts twice."""

    TOLD = readings(week(50, 100, 150, 200, 250, 300), week(*range(10_000, 20_000, 1_800)), HOURS)

    def test_before_the_first_row(self) -> None:
        sums = fit_sums(self.TOLD, [row(START + 3 * HOUR, 310, 4)], [START, START + HOUR])
        assert [(hour.start, hour.state, hour.sum) for hour in sums.hours] == [
            (START, 100, -206),
            (START + HOUR, 200, -106),
        ]
        assert (sums.unanchored, sums.uncounted) == (0, 0)

    def test_in_between(self) -> None:
        rows = [row(START + HOUR, 90, 1_000), row(START + 3 * HOUR, 310, 1_220)]
        (hour,) = fit_sums(self.TOLD, rows, [START + HOUR]).hours
        assert (hour.sum, hour.state) == (1_110, 200)

    def test_nothing_to_join_on_to(self) -> None:
        sums = fit_sums(self.TOLD, [row(START + HOUR, 90, 1_000)], [START + HOUR, START + 2 * HOUR])
        assert (sums.hours, sums.unanchored) == ([], 2)
        assert fit_sums(self.TOLD, [], [START]).unanchored == 1

    def test_over_a_reboot_before_the_first_row(self) -> None:
        told = readings(week(50, 100, 150, 20, 70, 120), week(10_000, 11_800, 13_600, 900, 2_700, 4_500), HOURS)
        booted = told[-1].booted
        sums = fit_sums(told, [row(START + 3 * HOUR, 130, 0, booted)], [START, START + HOUR])
        # 50 more until the reboot, then 130; and 110 since the second hour.
        assert [hour.sum for hour in sums.hours] == [-180, -110]
        assert [hour.booted for hour in sums.hours] == [told[0].booted, booted]

    def test_before_a_reboot_that_home_assistant_did_not_see(self) -> None:
        told = readings(week(50, 100, 150, 20, 70, 120), week(10_000, 11_800, 13_600, 900, 2_700, 4_500), HOURS)
        rows = [row(START, 0, 1_000), row(START + 3 * HOUR, 130, 1_130, told[-1].booted)]
        sums = fit_sums(told, rows, [START, START + HOUR])
        assert [(hour.start, hour.sum) for hour in sums.hours] == [(START + HOUR, 1_020)]
        assert sums.uncounted == 1

    def test_right_before_such_a_reboot(self) -> None:
        """Whether anything was sent after the last reading is unknown: the hour did not come to nothing."""
        told = readings(week(50, 100, 20, 70), week(10_000, 11_800, 900, 2_700), HOURS)
        rows = [row(START, 0, 1_000), row(START + 3 * HOUR, 130, 1_130, told[-1].booted)]
        sums = fit_sums(told, rows, [START])
        assert (sums.hours, sums.uncounted) == ([], 1)

    def test_a_row_of_a_boot_that_the_series_does_not_have_yet(self) -> None:
        booted = START + 3 * HOUR + 60
        sums = fit_sums(self.TOLD, [row(START + 4 * HOUR, 7, 7, booted)], [START + 2 * HOUR])
        assert [hour.sum for hour in sums.hours] == [0]

    def test_a_row_of_which_it_cannot_be_said(self) -> None:
        sums = fit_sums(self.TOLD, [row(START + 3 * HOUR, 10, 0, START - 50_000)], [START + HOUR])
        assert (sums.hours, sums.uncounted) == ([], 1)

    def test_a_clock_of_the_agent_that_is_wrong_does_no_harm(self) -> None:
        sums = fit_sums(self.TOLD, [row(START + 3 * HOUR, 310, 4, START - 50_000)], [START + HOUR])
        assert [hour.sum for hour in sums.hours] == [-106]
