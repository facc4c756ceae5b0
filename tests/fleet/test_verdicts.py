"""The truth table of `decide`, row by row, and what is remembered of each verdict."""

from dataclasses import replace

import pytest

from custom_components.nezha.fleet import Boot, Verdict
from custom_components.nezha.fleet.boots import boot_of, continued, decide, last_reset

from .world import BOOT, DAY, NOW, host, reported, state

UP = NOW - BOOT
KNOWN = Boot(time=BOOT, reported=NOW, uptime=UP, net_in_transfer=5_000, net_out_transfer=3_000)
UNTIMED = replace(KNOWN, time=None)
"""As an agent without a boot time told it."""
ONLY_COUNTERS = replace(KNOWN, time=None, uptime=None)
HIGHER = {"net_in_transfer": 6_000, "net_out_transfer": 4_000}
LOWER = {"net_in_transfer": 50, "net_out_transfer": 30}
ONE_LOWER = {"net_in_transfer": 50, "net_out_transfer": 4_000}
NO_COUNTERS = {"net_in_transfer": None, "net_out_transfer": None}
REBOOT = NOW + 60
"""When it boots next."""
SAME, NEW, BETWEEN, UNKNOWN = Verdict


def told(at: int | None = NOW + 120, boot: int | None = BOOT, **fields: int | None) -> Boot:
    """Return what a report tells of a boot, as it is; each of `fields` differs from that."""
    uptime = None if at is None or boot is None else at - boot
    return replace(Boot(time=boot, reported=at, uptime=uptime, **HIGHER), **fields)


FIRST = (
    ("the first report", told(), {}, NEW),
    ("when it came is not known", told(None), {}, UNKNOWN),
    ("no boot time", told(time=None), {}, NEW),
    ("no boot time and no uptime", told(time=None, uptime=None), {}, NEW),
    ("a blank host", told(time=None), {"is_host_blank": True}, UNKNOWN),
    ("a boot after the report", told(time=NOW + 200), {}, UNKNOWN),
    ("a boot after the report, told again", told(time=NOW + 200), {"is_told_again": True}, NEW),
)
FORGOTTEN = (
    ("the same", told(None, uptime=UP + 4), {}, SAME),
    ("a blank host", told(None, None, uptime=UP + 4), {"is_host_blank": True}, SAME),
    ("another boot time", told(None, time=REBOOT, uptime=UP + 4), {}, UNKNOWN),
    ("a fallen uptime", told(None, uptime=3), {}, UNKNOWN),
    ("fallen counters", told(None, **LOWER), {}, UNKNOWN),
    ("rising counters", told(None), {}, SAME),
)
ONGOING = (
    ("the next report", told(), {}, SAME),
    ("a network card is gone", told(**LOWER), {}, SAME),
    ("the boot time jitters", told(time=BOOT + 59), {}, SAME),
    ("the agent's clock was put right", told(time=BOOT + DAY), {}, SAME),
    ("the agent's clock was put back", told(time=BOOT - DAY), {}, SAME),
    ("the boot time is no longer told", told(time=None), {}, SAME),
    ("the next boot's time beside the old counters", replace(KNOWN, time=REBOOT), {}, SAME),
    ("the same, and the dashboard's clock jumped", replace(KNOWN, time=REBOOT, reported=NOW + DAY), {}, SAME),
    ("the dashboard's clock went ahead", told(NOW + DAY, uptime=UP + 120), {}, SAME),
    ("the dashboard's clock went back", told(NOW - DAY, uptime=UP + 120), {}, SAME),
    ("the uptime leapt with the agent's clock", told(uptime=UP + 120 + DAY), {}, SAME),
    ("an older answer", told(NOW - 500, net_in_transfer=4_000, net_out_transfer=2_000), {}, SAME),
    ("a paused machine", told(NOW + 720, time=BOOT + 600, uptime=UP + 120), {}, SAME),
    ("a blank host", told(time=None), {"is_host_blank": True}, SAME),
    ("a blank host and no uptime", told(time=None, uptime=None), {"is_host_blank": True}, SAME),
    ("no uptime", told(uptime=None), {}, SAME),
    ("no uptime and a card is gone", told(uptime=None, **LOWER), {}, SAME),
    ("no uptime and the agent's clock was put right", told(uptime=None, time=BOOT + DAY), {}, SAME),
    ("no uptime and no boot time", told(uptime=None, time=None), {}, SAME),
    ("no uptime, no boot time, one card is gone", told(uptime=None, time=None, **ONE_LOWER), {}, SAME),
    ("nothing", told(uptime=None, time=None, **NO_COUNTERS), {}, SAME),
)
REBOOTED = (
    ("a reboot", told(boot=REBOOT, **LOWER), {}, NEW),
    ("its counters have passed the old ones", told(boot=REBOOT), {}, NEW),
    ("its counters are not known", told(boot=REBOOT, **NO_COUNTERS), {}, NEW),
    ("its uptime has passed the old one", told(NOW + 2 * UP, boot=REBOOT), {}, NEW),
    ("after just the uptime that was seen last", told(REBOOT + UP, boot=REBOOT, **LOWER), {}, NEW),
    ("no boot time", told(boot=REBOOT, time=None, **LOWER), {}, NEW),
    ("no boot time, its counters have passed the old ones", told(boot=REBOOT, time=None), {}, NEW),
    ("no boot time, its uptime too", told(NOW + 2 * UP, boot=REBOOT, time=None), {}, NEW),
    ("no uptime", told(boot=REBOOT, uptime=None, **LOWER), {}, NEW),
    ("no uptime and no boot time", told(boot=REBOOT, uptime=None, time=None, **LOWER), {}, NEW),
    ("a boot time that is always the same", told(boot=REBOOT, time=BOOT, **LOWER), {}, NEW),
    ("the old host still beside it", told(boot=REBOOT, time=BOOT, **LOWER), {}, NEW),
    ("the dashboard's clock went ahead", told(NOW + DAY, time=REBOOT, uptime=60, **LOWER), {}, NEW),
    ("it went back", told(NOW - DAY, time=REBOOT, uptime=60, **LOWER), {}, BETWEEN),
    ("it went back, told again", told(NOW - DAY, time=REBOOT, uptime=60, **LOWER), {"is_told_again": True}, NEW),
    ("it went back, counters passed", told(NOW - DAY, time=REBOOT, uptime=60), {"is_told_again": True}, NEW),
    ("it went back, no boot time", told(NOW - DAY, time=None, uptime=60, **LOWER), {}, NEW),
    ("a blank host", told(boot=REBOOT, time=None, **LOWER), {"is_host_blank": True}, UNKNOWN),
    ("a blank host, no uptime", told(time=None, uptime=None, **LOWER), {"is_host_blank": True}, UNKNOWN),
    ("a boot that nobody saw, and the next one's time", told(NOW + 300, REBOOT, time=NOW + 299), {}, BETWEEN),
    ("the same, told again", told(NOW + 300, REBOOT, time=NOW + 299), {"is_told_again": True}, NEW),
    ("the agent's clock went ahead as well", told(boot=REBOOT, time=REBOOT + DAY, **LOWER), {}, BETWEEN),
    ("the agent's clock went back as well", told(boot=REBOOT, time=REBOOT - DAY, **LOWER), {}, NEW),
)
NEVER_TIMED = (
    ("the next report", told(time=None), {}, SAME),
    ("its boot time is known now", told(), {}, SAME),
    ("a boot time far off", told(time=BOOT - DAY), {}, SAME),
    ("a blank host", told(time=None), {"is_host_blank": True}, SAME),
    ("a reboot", told(boot=REBOOT, time=None, **LOWER), {}, NEW),
    ("a reboot beside a blank host", told(boot=REBOOT, time=None, **LOWER), {"is_host_blank": True}, NEW),
    ("a reboot with a boot time", told(boot=REBOOT, **LOWER), {}, NEW),
    ("a reboot, its uptime has passed the old one", told(NOW + 2 * UP, boot=REBOOT, time=None), {}, NEW),
    ("a reboot, no uptime", told(boot=REBOOT, time=None, uptime=None, **LOWER), {}, NEW),
)
ONLY_COUNTED = (
    ("the next report", told(time=None, uptime=None), {}, SAME),
    ("its uptime and boot time are known now", told(), {}, SAME),
    ("its boot is of just before the first report", told(NOW + 2, boot=NOW - 3), {}, SAME),
    ("both counters fell", told(time=None, uptime=None, **LOWER), {}, NEW),
    ("one counter fell", told(time=None, uptime=None, **ONE_LOWER), {}, SAME),
    ("the uptime tells of a later boot", told(NOW + 300, boot=NOW + 100, time=None), {}, NEW),
    ("the uptime tells of one just after it", told(boot=REBOOT, time=None), {}, SAME),
)
TABLE = [
    pytest.param(known, *row[1:], id=f"{name}: {row[0]}")
    for name, known, rows in (
        ("first", None, FIRST),
        ("forgotten", KNOWN, FORGOTTEN),
        ("ongoing", KNOWN, ONGOING),
        ("rebooted", KNOWN, REBOOTED),
        ("never timed", UNTIMED, NEVER_TIMED),
        ("only counted", ONLY_COUNTERS, ONLY_COUNTED),
    )
    for row in rows
]


@pytest.mark.parametrize(("known", "report", "flags", "verdict"), TABLE)
def test_verdict(known: Boot | None, report: Boot, flags: dict[str, bool], verdict: Verdict) -> None:
    assert decide(known, report, **{"is_host_blank": False, "is_told_again": False} | flags) is verdict


class TestTold:
    """What a report tells of its boot."""

    def test_all_of_it(self) -> None:
        boot = boot_of(reported(NOW, net=7))
        assert boot == Boot(time=BOOT, reported=NOW, uptime=UP, net_in_transfer=7, net_out_transfer=7)
        assert boot.started == BOOT

    def test_nothing_without_a_state(self) -> None:
        assert boot_of(reported(NOW, state=None)) is None

    @pytest.mark.parametrize("time", [5, 946_684_799])
    def test_a_boot_before_the_year_2000_is_unknown(self, time: int) -> None:
        assert boot_of(reported(NOW, host=host(time))).time is None

    def test_so_is_one_that_is_far_ahead_of_its_report(self) -> None:
        assert boot_of(reported(NOW, host=host(NOW + 2 * DAY))).time == NOW + 2 * DAY
        assert boot_of(reported(NOW, host=host(NOW + 2 * DAY + 1))).time is None
        assert boot_of(reported(NOW, host=host(NOW + 2 * DAY + 1), last_active=None)).time == NOW + 2 * DAY + 1

    def test_so_is_an_uptime_that_reaches_back_so_far(self) -> None:
        """The agent counts from its boot time: in 1970, until the host is read again."""
        assert boot_of(reported(NOW, state=state(NOW - 5))).uptime is None

    def test_but_not_where_the_dashboard_is_there_itself(self) -> None:
        assert boot_of(reported(5_000, state=state(100))).uptime == 100


class TestContinued:
    """What is remembered after one more report of the same boot."""

    def test_the_newest(self) -> None:
        assert continued(KNOWN, told(), may_correct=False) == told()

    def test_a_boot_time_that_jitters_stays(self) -> None:
        assert continued(KNOWN, told(time=BOOT + 59), may_correct=True).time == BOOT

    def test_one_that_was_put_right_is_taken_once_it_is_told_again(self) -> None:
        report = told(time=BOOT + DAY)
        assert continued(KNOWN, report, may_correct=False).time == BOOT
        assert continued(KNOWN, report, may_correct=True).time == BOOT + DAY

    def test_one_that_was_not_known_is_taken_at_once(self) -> None:
        assert continued(UNTIMED, told(), may_correct=False).time == BOOT

    def test_what_a_report_does_not_tell_stays(self) -> None:
        boot = continued(KNOWN, told(time=None, uptime=None, **NO_COUNTERS), may_correct=True)
        assert boot == replace(KNOWN, reported=NOW + 120, uptime=UP + 120)

    def test_an_uptime_that_leapt_is_not_believed(self) -> None:
        assert continued(KNOWN, told(uptime=UP + DAY), may_correct=False).uptime == UP + 120

    def test_the_start_follows_the_dashboards_clock(self) -> None:
        for error in (-DAY, DAY):
            boot = continued(KNOWN, told(NOW + error, uptime=UP + 120), may_correct=False)
            assert (boot.reported, boot.uptime) == (NOW + error, UP + 120)

    def test_the_known_report_again_changes_nothing(self) -> None:
        assert continued(KNOWN, replace(KNOWN, reported=NOW + DAY, time=REBOOT), may_correct=True) is KNOWN


class TestLastReset:
    """What the counters of a new boot count from: always another moment than before."""

    def test_the_boot_time(self) -> None:
        assert last_reset(told(boot=REBOOT), BOOT) == REBOOT

    def test_the_first_one(self) -> None:
        assert last_reset(told(), None) == BOOT

    def test_without_a_boot_time_the_start(self) -> None:
        assert last_reset(told(boot=REBOOT, time=None), BOOT) == REBOOT

    def test_without_an_uptime_the_report(self) -> None:
        assert last_reset(told(boot=REBOOT, time=None, uptime=None), BOOT) == NOW + 120

    def test_a_boot_time_that_is_always_the_same(self) -> None:
        assert last_reset(told(boot=REBOOT, time=BOOT), BOOT) == REBOOT

    def test_whatever_is_told(self) -> None:
        assert last_reset(told(NOW, NOW), NOW) != NOW
