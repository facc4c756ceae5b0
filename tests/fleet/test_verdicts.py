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


def new(at: int | None = NOW + 120, boot: int | None = BOOT, **fields: int | None) -> Boot:
    """Return what a report tells of a boot, as it is; each of `fields` differs from that."""
    uptime = None if at is None or boot is None else at - boot
    return replace(Boot(time=boot, reported=at, uptime=uptime, **HIGHER), **fields)


FIRST = (
    ("the first report", new(), {}, NEW),
    ("when it came is not known", new(None), {}, UNKNOWN),
    ("no boot time", new(time=None), {}, NEW),
    ("no boot time and no uptime", new(time=None, uptime=None), {}, NEW),
    ("a blank host", new(time=None), {"is_host_blank": True}, UNKNOWN),
    ("a boot after the report", new(time=NOW + 200), {}, UNKNOWN),
    ("a boot after the report, repeated", new(time=NOW + 200), {"is_repeated": True}, NEW),
)
FORGOTTEN = (
    ("the same", new(None, uptime=UP + 4), {}, SAME),
    ("a blank host", new(None, None, uptime=UP + 4), {"is_host_blank": True}, SAME),
    ("another boot time", new(None, time=REBOOT, uptime=UP + 4), {}, UNKNOWN),
    ("a fallen uptime", new(None, uptime=3), {}, UNKNOWN),
    ("fallen counters", new(None, **LOWER), {}, UNKNOWN),
    ("rising counters", new(None), {}, SAME),
)
ONGOING = (
    ("the next report", new(), {}, SAME),
    ("a network card is gone", new(**LOWER), {}, SAME),
    ("the boot time jitters", new(time=BOOT + 59), {}, SAME),
    ("the agent's clock was put right", new(time=BOOT + DAY), {}, SAME),
    ("the agent's clock was put back", new(time=BOOT - DAY), {}, SAME),
    ("the boot time is no longer told", new(time=None), {}, SAME),
    ("the next boot's time beside the old counters", replace(KNOWN, time=REBOOT), {}, SAME),
    ("the same, and the dashboard's clock jumped", replace(KNOWN, time=REBOOT, reported=NOW + DAY), {}, SAME),
    ("the dashboard's clock went ahead", new(NOW + DAY, uptime=UP + 120), {}, SAME),
    ("the dashboard's clock went back", new(NOW - DAY, uptime=UP + 120), {}, SAME),
    ("the uptime leapt with the agent's clock", new(uptime=UP + 120 + DAY), {}, SAME),
    ("an older answer", new(NOW - 500, net_in_transfer=4_000, net_out_transfer=2_000), {}, SAME),
    ("a paused machine", new(NOW + 720, time=BOOT + 600, uptime=UP + 120), {}, SAME),
    ("a blank host", new(time=None), {"is_host_blank": True}, SAME),
    ("a blank host and no uptime", new(time=None, uptime=None), {"is_host_blank": True}, SAME),
    ("no uptime", new(uptime=None), {}, SAME),
    ("no uptime and a card is gone", new(uptime=None, **LOWER), {}, SAME),
    ("the same, and the boot time jitters", new(uptime=None, time=BOOT + 59, **LOWER), {}, SAME),
    ("no uptime and the agent's clock was put right", new(uptime=None, time=BOOT + DAY), {}, SAME),
    ("no uptime and no boot time", new(uptime=None, time=None), {}, SAME),
    ("no uptime, no boot time, one card is gone", new(uptime=None, time=None, **ONE_LOWER), {}, SAME),
    ("nothing", new(uptime=None, time=None, **NO_COUNTERS), {}, SAME),
)
REBOOTED = (
    ("a reboot", new(boot=REBOOT, **LOWER), {}, NEW),
    ("its counters have passed the old ones", new(boot=REBOOT), {}, NEW),
    ("its counters are not known", new(boot=REBOOT, **NO_COUNTERS), {}, NEW),
    ("its uptime has passed the old one", new(NOW + 2 * UP, boot=REBOOT), {}, NEW),
    ("after just the uptime that was seen last", new(REBOOT + UP, boot=REBOOT, **LOWER), {}, NEW),
    ("no boot time", new(boot=REBOOT, time=None, **LOWER), {}, NEW),
    ("no boot time, its counters have passed the old ones", new(boot=REBOOT, time=None), {}, NEW),
    ("no boot time, its uptime too", new(NOW + 2 * UP, boot=REBOOT, time=None), {}, NEW),
    ("no uptime", new(boot=REBOOT, uptime=None, **LOWER), {}, NEW),
    ("no uptime and no boot time", new(boot=REBOOT, uptime=None, time=None, **LOWER), {}, NEW),
    ("a boot time that is always the same", new(boot=REBOOT, time=BOOT, **LOWER), {}, NEW),
    ("the old host still beside it", new(boot=REBOOT, time=BOOT, **LOWER), {}, NEW),
    ("the dashboard's clock went ahead", new(NOW + DAY, time=REBOOT, uptime=60, **LOWER), {}, NEW),
    ("it went back", new(NOW - DAY, time=REBOOT, uptime=60, **LOWER), {}, BETWEEN),
    ("it went back, repeated", new(NOW - DAY, time=REBOOT, uptime=60, **LOWER), {"is_repeated": True}, NEW),
    ("it went back, counters passed", new(NOW - DAY, time=REBOOT, uptime=60), {"is_repeated": True}, NEW),
    ("it went back, no boot time", new(NOW - DAY, time=None, uptime=60, **LOWER), {}, NEW),
    ("a blank host", new(boot=REBOOT, time=None, **LOWER), {"is_host_blank": True}, UNKNOWN),
    ("a blank host, no uptime", new(time=None, uptime=None, **LOWER), {"is_host_blank": True}, UNKNOWN),
    ("a boot that nobody saw, and the next one's time", new(NOW + 300, REBOOT, time=NOW + 299), {}, BETWEEN),
    ("the same, repeated", new(NOW + 300, REBOOT, time=NOW + 299), {"is_repeated": True}, NEW),
    ("the agent's clock went ahead as well", new(boot=REBOOT, time=REBOOT + DAY, **LOWER), {}, BETWEEN),
    ("the agent's clock went back as well", new(boot=REBOOT, time=REBOOT - DAY, **LOWER), {}, NEW),
)
NEVER_TIMED = (
    ("the next report", new(time=None), {}, SAME),
    ("its boot time is known now", new(), {}, SAME),
    ("a boot time far off", new(time=BOOT - DAY), {}, SAME),
    ("a blank host", new(time=None), {"is_host_blank": True}, SAME),
    ("a reboot", new(boot=REBOOT, time=None, **LOWER), {}, NEW),
    ("a reboot beside a blank host", new(boot=REBOOT, time=None, **LOWER), {"is_host_blank": True}, NEW),
    ("a reboot with a boot time", new(boot=REBOOT, **LOWER), {}, NEW),
    ("a reboot, its uptime has passed the old one", new(NOW + 2 * UP, boot=REBOOT, time=None), {}, NEW),
    ("a reboot, no uptime", new(boot=REBOOT, time=None, uptime=None, **LOWER), {}, NEW),
)
ONLY_COUNTED = (
    ("the next report", new(time=None, uptime=None), {}, SAME),
    ("its uptime and boot time are known now", new(), {}, SAME),
    ("its boot is of just before the first report", new(NOW + 2, boot=NOW - 3), {}, SAME),
    ("both counters fell", new(time=None, uptime=None, **LOWER), {}, NEW),
    ("one counter fell", new(time=None, uptime=None, **ONE_LOWER), {}, SAME),
    ("the uptime tells of a later boot", new(NOW + 300, boot=NOW + 100, time=None), {}, NEW),
    ("the uptime tells of one just after it", new(boot=REBOOT, time=None), {}, SAME),
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
    assert decide(known, report, **{"is_host_blank": False, "is_repeated": False} | flags) is verdict


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
        assert continued(KNOWN, new(), may_correct=False) == new()

    def test_a_boot_time_that_jitters_stays(self) -> None:
        assert continued(KNOWN, new(time=BOOT + 59), may_correct=True).time == BOOT

    def test_one_that_was_put_right_is_taken_once_it_is_repeated(self) -> None:
        report = new(time=BOOT + DAY)
        assert continued(KNOWN, report, may_correct=False).time == BOOT
        assert continued(KNOWN, report, may_correct=True).time == BOOT + DAY

    def test_one_that_was_not_known_is_taken_at_once(self) -> None:
        assert continued(UNTIMED, new(), may_correct=False).time == BOOT

    def test_what_a_report_does_not_tell_stays(self) -> None:
        boot = continued(KNOWN, new(time=None, uptime=None, **NO_COUNTERS), may_correct=True)
        assert boot == replace(KNOWN, reported=NOW + 120, uptime=UP + 120)

    def test_an_uptime_that_leapt_is_not_believed(self) -> None:
        assert continued(KNOWN, new(uptime=UP + DAY), may_correct=False).uptime == UP + 120

    def test_the_start_follows_the_dashboards_clock(self) -> None:
        for error in (-DAY, DAY):
            boot = continued(KNOWN, new(NOW + error, uptime=UP + 120), may_correct=False)
            assert (boot.reported, boot.uptime) == (NOW + error, UP + 120)

    def test_the_known_report_again_changes_nothing(self) -> None:
        assert continued(KNOWN, replace(KNOWN, reported=NOW + DAY, time=REBOOT), may_correct=True) is KNOWN


class TestLastReset:
    """What the counters of a new boot count from: always another moment than before."""

    def test_the_boot_time(self) -> None:
        assert last_reset(new(boot=REBOOT), BOOT) == REBOOT

    def test_the_first_one(self) -> None:
        assert last_reset(new(), None) == BOOT

    def test_without_a_boot_time_the_start(self) -> None:
        assert last_reset(new(boot=REBOOT, time=None), BOOT) == REBOOT

    def test_without_an_uptime_the_report(self) -> None:
        assert last_reset(new(boot=REBOOT, time=None, uptime=None), BOOT) == NOW + 120

    def test_a_boot_time_that_is_always_the_same(self) -> None:
        assert last_reset(new(boot=REBOOT, time=BOOT), BOOT) == REBOOT

    def test_whatever_is_told(self) -> None:
        assert last_reset(new(NOW, NOW), NOW) != NOW
