"""Which boot is true."""

from dataclasses import replace

import pytest

from custom_components.nezha.api import Host, Report

from .clocks import Agent, Story, wrong_clocks
from .world import BOOT, DAY, NOW, Watch, blank, host, reported, state


class TestBoot:
    """A boot is accepted with the first state after it."""

    def test_the_first_one_seen(self, watch: Watch) -> None:
        assert watch.sees(NOW, reported(NOW)).memory.boot_time == BOOT
        assert watch.booted

    def test_not_without_a_state(self, watch: Watch) -> None:
        assert watch.sees(NOW, reported(NOW, state=None)).memory.boot_time is None
        assert not watch.booted
        assert watch.sees(NOW + 5, reported(NOW + 5)).memory.boot_time == BOOT
        assert watch.booted

    def test_not_at_first_sight_beside_old_counters(self, watch: Watch) -> None:
        """The boot is later than the newest report, so that report is of the boot before."""
        rebooted = reported(NOW - 60, host=host(NOW - 10))
        assert watch.sees(NOW, rebooted).memory.boot_time is None
        assert watch.sees(NOW + 5, reported(NOW + 5, boot=NOW - 10)).memory.boot_time == NOW - 10

    def test_nothing_new_is_none(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.sees(NOW + 30, reported(NOW + 30))
        assert not watch.booted

    def test_a_real_reboot(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=10**9))
        known = watch.sees(NOW + 120, reported(NOW + 120, boot=NOW + 60, net=500))
        assert watch.booted
        assert known.memory.boot_time == NOW + 60
        assert known.state
        assert known.state.net_in_transfer == 500

    @pytest.mark.parametrize("is_known", [True, False], ids=["seen before", "after a restart of Home Assistant"])
    @pytest.mark.parametrize("boot_host", [host(NOW + 60), None], ids=["its boot time", "no host"])
    def test_not_the_counters_of_one_whose_agent_was_lost_at_once(
        self, watch: Watch, boot_host: Host | None, is_known: bool
    ) -> None:
        """The dashboard forgot when they were reported: under the old boot time they would be taken for a loss."""
        before = watch.sees(NOW, reported(NOW, net=10**9))
        if not is_known:
            watch = watch.restarted()
        lost = reported(NOW + 63, state=state(3, net=500), host=boot_host, last_active=None)
        known = watch.sees(NOW + 65, lost)
        assert known.memory.boot_time == BOOT
        assert known.state == (before.state if is_known else None)
        known = watch.sees(NOW + 120, reported(NOW + 120, boot=NOW + 60, net=600))
        assert (known.memory.boot_time, known.state and known.state.net_in_transfer) == (NOW + 60, 600)

    def test_the_last_counters_of_one_whose_agent_is_lost(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=500))
        known = watch.sees(NOW + 5, reported(NOW + 4, net=600, last_active=None))
        assert known.state
        assert known.state.net_in_transfer == 600

    @pytest.mark.parametrize("error", [-DAY, -3_600, 3_600, DAY])
    def test_a_real_reboot_while_the_dashboards_clock_is_wrong(self, watch: Watch, error: int) -> None:
        """The counter began anew whatever the clock says: under the old boot time it would be counted twice."""
        watch.sees(NOW, reported(NOW, net=10**9))
        wrong = NOW + 120 + error
        known = watch.sees(wrong, reported(wrong, state=state(60, net=500), host=host(NOW + 60)), passed=NOW + 120)
        if error < 0:
            # It might be the state of a boot that nobody saw: what comes next tells.
            assert known.state
            assert known.state.net_in_transfer == 10**9
            again = reported(wrong + 5, state=state(65, net=550), host=host(NOW + 60))
            known = watch.sees(wrong + 5, again, passed=NOW + 125)
        assert watch.booted
        assert known.memory.boot_time == NOW + 60
        assert known.state
        assert known.state.net_in_transfer < 10**9
        known = watch.sees(NOW + 150, reported(NOW + 150, boot=NOW + 60, net=600))
        assert not watch.booted
        assert known.memory.boot_time == NOW + 60

    @pytest.mark.parametrize("is_known", [True, False], ids=["seen before", "after a restart of Home Assistant"])
    def test_a_real_reboot_seen_after_just_the_uptime_that_was_seen_last(self, watch: Watch, is_known: bool) -> None:
        watch.sees(NOW, reported(NOW, boot=NOW - 75, net=10**9))
        if not is_known:
            watch = watch.restarted()
        known = watch.sees(NOW + 205, reported(NOW + 205, boot=NOW + 130, net=500))
        assert watch.booted
        assert known.memory.boot_time == NOW + 130

    @pytest.mark.parametrize("is_known", [True, False], ids=["seen before", "after a restart of Home Assistant"])
    def test_the_counters_of_a_boot_that_nobody_saw_are_not_those_of_the_next(
        self, watch: Watch, is_known: bool
    ) -> None:
        before = watch.sees(NOW, reported(NOW, net=10**9))
        if not is_known:
            watch = watch.restarted()
        unseen = state(240, net=19_000_000)
        for now in (NOW + 301, NOW + 302):
            known = watch.sees(now, reported(NOW + 300, state=unseen, host=host(NOW + 299)))
            assert known.memory.boot_time == BOOT
            assert known.state == (before.state if is_known else None)
        known = watch.sees(NOW + 305, reported(NOW + 305, boot=NOW + 299, net=600))
        assert watch.booted
        assert (known.memory.boot_time, known.state and known.state.net_in_transfer) == (NOW + 299, 600)

    def test_the_old_counters_wait_also_while_the_dashboards_clock_jumps_ahead(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=10**9))
        ahead = NOW + DAY
        known = watch.sees(ahead, replace(reported(NOW, net=10**9), last_active=ahead, host=host(NOW + 10)))
        assert known.memory.boot_time == BOOT
        assert not watch.booted

    @pytest.mark.parametrize("jitter", [-60, -2, -1, 1, 2, 60])
    def test_jitter_keeps_the_first(self, watch: Watch, jitter: int) -> None:
        watch.sees(NOW, reported(NOW))
        for now in range(NOW + 30, NOW + 300, 30):
            assert watch.sees(now, reported(now, boot=BOOT + jitter)).memory.boot_time == BOOT
            assert watch.sees(now + 15, reported(now + 15)).memory.boot_time == BOOT
            assert not watch.booted

    def test_jitter_over_a_restart_of_home_assistant(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        after = watch.restarted()
        assert after.sees(NOW + 60, reported(NOW + 60, boot=BOOT + 2)).memory.boot_time == BOOT
        assert not after.booted

    def test_a_new_time_beside_old_counters_waits_for_the_first_state_after_it(self, watch: Watch) -> None:
        before = reported(NOW, net=10**9)
        watch.sees(NOW, before)
        for now in (NOW + 90, NOW + 92):
            known = watch.sees(now, replace(before, host=host(NOW + 80)))
            assert known.memory.boot_time == BOOT
            assert known.state == before.state
            assert not watch.booted
        known = watch.sees(NOW + 94, reported(NOW + 94, boot=NOW + 80, net=5))
        assert known.memory.boot_time == NOW + 80
        assert watch.booted

    @pytest.mark.parametrize("error", [-365 * DAY, -DAY, -3_600, 3_600, DAY])
    def test_an_agents_clock_put_right_is_none(self, watch: Watch, error: int) -> None:
        watch.sees(NOW, reported(NOW))
        for now in range(NOW + 30, NOW + 300, 30):
            known = watch.sees(now, reported(now, host=host(BOOT + error)))
            assert known.memory.last_reset == BOOT
            # Once it is told again.
            assert known.memory.boot_time == (BOOT if now == NOW + 30 else BOOT + error)
            assert not watch.booted

    @pytest.mark.parametrize("error", [-365 * DAY, -DAY, -3_600, 3_600, DAY])
    def test_a_real_reboot_after_that_is_one(self, watch: Watch, error: int) -> None:
        watch.sees(NOW, reported(NOW))
        watch.sees(NOW + 30, reported(NOW + 30, host=host(BOOT + error)))
        boot = NOW + 100
        for now in (NOW + 160, NOW + 165):
            # By a clock that went ahead it might be a boot that nobody saw, until it is told again.
            known = watch.sees(now, reported(now, boot=boot, host=host(boot + error), net=5))
            if error < 0:
                break
        assert known.memory.boot_time == boot + error
        assert watch.booted
        watch.sees(NOW + 190, reported(NOW + 190, boot=boot, host=host(boot + error), net=6))
        assert not watch.booted

    def test_a_machine_that_was_paused_is_none(self, watch: Watch) -> None:
        """Its counters go on, and its uptime as if the pause had not been: by both clocks the boot seems later."""
        watch.sees(NOW, reported(NOW))
        known = watch.sees(NOW + 630, reported(NOW + 630, boot=BOOT + 600))
        assert known.memory.boot_time == BOOT
        assert not watch.booted

    def test_by_a_servers_clock_far_ahead_is_accepted_with_the_second_report(self, watch: Watch) -> None:
        ahead = NOW + DAY
        assert watch.sees(NOW, reported(NOW, host=host(ahead))).memory.boot_time is None
        assert watch.sees(NOW + 30, reported(NOW + 30, host=host(ahead))).memory.boot_time == ahead

    def test_while_home_assistant_was_off(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=1_000))
        after = watch.restarted()
        later = NOW + DAY
        assert after.sees(later, reported(later, boot=NOW + 100, net=2_000)).memory.boot_time == NOW + 100
        assert after.booted

    def test_the_blank_in_between_is_none(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        for part in ({"state": None}, {"host": None}, {"state": None, "host": None}):
            assert watch.sees(NOW + 30, reported(NOW + 30, **part)).memory.boot_time == BOOT
            assert not watch.booted

    def test_a_state_of_a_new_boot_beside_a_blank_host_waits(self, watch: Watch) -> None:
        """Its counters are of the new boot already: beside the old boot time they would seem to have fallen."""
        before = watch.sees(NOW, reported(NOW, net=10**9))
        for now in (NOW + 120, NOW + 240):
            assert watch.sees(now, reported(now, boot=NOW + 60, net=5, host=None)).state == before.state
        known = watch.sees(NOW + 300, reported(NOW + 300, boot=NOW + 60, net=9))
        assert known.memory.boot_time == NOW + 60
        assert known.state
        assert known.state.net_in_transfer == 9

    def test_such_a_state_waits_over_a_restart_of_home_assistant_too(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=10**9))
        after = watch.restarted()
        assert after.sees(NOW + 120, reported(NOW + 120, boot=NOW + 60, net=5, host=None)).state is None

    def test_a_state_of_the_same_boot_beside_a_blank_host_does_not(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=5))
        known = watch.sees(NOW + 30, reported(NOW + 30, net=6, host=None))
        assert known.state
        assert known.state.net_in_transfer == 6

    def test_it_stays_over_a_restart_of_the_dashboard(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.sees(NOW + 60, blank(), after_outage=True)
        watch.sees(NOW + 75, reported(NOW + 75))
        assert not watch.booted
        assert watch["1"].memory.boot_time == BOOT


class TestCorrected:
    """A boot time that is put right is of the same boot: nothing is counted from anew."""

    def test_in_1970_until_the_clock_is_set(self, watch: Watch) -> None:
        """The agent counts its uptime from its boot time, and reads that again within ten minutes only."""
        boot = NOW - 20
        known = watch.sees(NOW, reported(NOW, boot=boot, host=host(10)))
        assert (known.memory.boot_time, known.memory.last_reset) == (None, boot)
        leapt = state(NOW + 30 - 10, net=1_500)
        known = watch.sees(NOW + 30, reported(NOW + 30, host=host(10), state=leapt))
        assert (known.memory.boot_time, known.memory.last_reset) == (None, boot)
        assert known.state == leapt
        for now in (NOW + 60, NOW + 90):
            known = watch.sees(now, reported(now, boot=boot, net=2_000))
            assert (known.memory.boot_time, known.memory.last_reset) == (boot, boot)
            assert not watch.booted

    def test_first_seen_while_its_uptime_leaps(self, watch: Watch) -> None:
        known = watch.sees(NOW, reported(NOW, host=host(10), state=state(NOW - 10)))
        assert (known.memory.boot_time, known.memory.last_reset) == (None, NOW)
        known = watch.sees(NOW + 30, reported(NOW + 30, boot=NOW - 500, net=2_000))
        assert (known.memory.boot_time, known.memory.last_reset) == (NOW - 500, NOW)

    @pytest.mark.parametrize("restarts", [False, True], ids=["seen before", "after a restart of Home Assistant"])
    @pytest.mark.parametrize("error", [-365 * DAY, -DAY, -3_600, -120, 120, 3_600, DAY])
    def test_off_by_less_until_the_clock_is_set(self, watch: Watch, error: int, restarts: bool) -> None:
        """First its uptime follows the clock, and falls again when its boot time does."""
        watch.sees(NOW, reported(NOW, host=host(BOOT + error)))
        now = NOW
        for told, uptime in ((BOOT + error, NOW - BOOT - error), (BOOT, NOW - BOOT), (BOOT, NOW - BOOT)):
            for _ in range(2):
                now += 30
                net = 1_000 + now - NOW
                known = watch.sees(now, reported(now, host=host(told), state=state(uptime + now - NOW, net=net)))
                assert known.memory.last_reset == BOOT + error
                assert known.state.net_in_transfer == net
                assert not watch.booted
                if restarts:
                    watch = watch.restarted()
        assert restarts or known.memory.boot_time == BOOT

    def test_a_boot_time_beside_the_counters_of_the_boot_before_is_no_correction(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        known = watch.sees(NOW + 30, reported(NOW + 30, host=host(NOW + 40)))
        assert known.memory.boot_time == BOOT
        assert watch.sees(NOW + 60, reported(NOW + 60, boot=NOW + 40, net=5)).memory.last_reset == NOW + 40

    def test_a_uptime_that_falls_a_little_with_every_report(self, watch: Watch) -> None:
        """An agent that lies has nothing of it."""
        watch.sees(NOW, reported(NOW))
        for turn in range(1, 200):
            now = NOW + 2 * turn
            watch.sees(now, reported(now, state=state(NOW - BOOT - 70 * turn, net=1_000 + turn)))
            assert watch["1"].memory.last_reset == BOOT
            assert not watch.booted


class TestAbsent:
    """Facts that an agent does not tell: Android and some MIPS do not know when they booted."""

    def test_no_boot_time(self, watch: Watch) -> None:
        timeless = host(None)
        known = watch.sees(NOW, reported(NOW, host=timeless, net=10**9))
        assert (known.memory.boot_time, known.memory.last_reset) == (None, BOOT)
        known = watch.sees(NOW + 30, reported(NOW + 30, host=timeless, net=10**9 + 5))
        assert known.memory.last_reset == BOOT
        assert not watch.booted
        known = watch.sees(NOW + 120, reported(NOW + 120, boot=NOW + 60, host=timeless, net=500))
        assert (known.memory.boot_time, known.memory.last_reset) == (None, NOW + 60)
        assert watch.booted

    def test_no_boot_time_in_frames(self, watch: Watch) -> None:
        timeless = host(None)
        watch.sees(NOW, reported(NOW, host=timeless, net=10**9))
        report = Report(last_active=NOW + 2, boot_time=None, state=state(NOW + 2 - BOOT, net=10**9 + 1))
        known = watch.follows(NOW + 2, {1: report})
        assert known.state.net_in_transfer == 10**9 + 1
        assert known.host == timeless
        report = Report(last_active=NOW + 102, boot_time=None, state=state(42, net=500))
        known = watch.follows(NOW + 102, {1: report})
        assert known.memory.last_reset == NOW + 60
        assert known.state.net_in_transfer == 500

    def test_no_uptime(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, state=state(None, net=10**9)))
        known = watch.sees(NOW + 30, reported(NOW + 30, state=state(None, net=10**9 + 1)))
        assert known.memory.last_reset == BOOT
        known = watch.sees(NOW + 120, reported(NOW + 120, host=host(NOW + 60), state=state(None, net=500)))
        assert known.memory.last_reset == NOW + 60
        assert watch.booted

    def test_neither(self, watch: Watch) -> None:
        timeless = host(None)
        known = watch.sees(NOW, reported(NOW, host=timeless, state=state(None, net=10**9)))
        assert known.memory.last_reset == NOW
        known = watch.sees(NOW + 30, reported(NOW + 30, host=timeless, state=state(None, net=10**9 + 1)))
        assert known.memory.last_reset == NOW
        known = watch.sees(NOW + 60, reported(NOW + 60, host=timeless, state=state(None, net=500)))
        assert known.memory.last_reset == NOW + 60
        assert watch.booted

    @pytest.mark.parametrize("timeless", [True, False])
    def test_an_uptime_below_zero_right_after_the_boot(self, watch: Watch, timeless: bool) -> None:
        """It booted some seconds ahead of the clock: the number is unknown, and the boot is one."""
        before = host(None) if timeless else host()
        after = host(None) if timeless else host(NOW + 65)
        watch.sees(NOW, reported(NOW, host=before, net=10**9))
        known = watch.sees(NOW + 60, reported(NOW + 60, host=after, state=state(None, net=10)))
        assert watch.booted
        reset = known.memory.last_reset
        assert reset == (NOW + 60 if timeless else NOW + 65)
        for now in (NOW + 70, NOW + 100):
            known = watch.sees(now, reported(now, host=after, state=state(now - NOW - 65, net=now - NOW)))
            assert known.memory.last_reset == reset
            assert not watch.booted

    def test_counters_that_are_unknown_for_a_while(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=10**9))
        known = watch.sees(NOW + 30, reported(NOW + 30, net=None))
        assert known.state.net_in_transfer is None
        known = watch.sees(NOW + 60, reported(NOW + 60, net=10**9 + 7))
        assert known.memory.last_reset == BOOT
        assert not watch.booted


@pytest.mark.parametrize("has_time", [True, False], ids=["", "no boot time"])
@pytest.mark.parametrize(
    ("generation", "has_frames", "interval"),
    [("v0", False, 30), ("v1", True, 30), ("v2", True, 30), ("v2", False, 120)],
)
def test_each_reboot_is_seen_once_under_every_clock(
    generation: str, has_frames: bool, has_time: bool, interval: int
) -> None:
    boots = [-100_000, 500, 580, 900, 1_300]
    if interval > 30:
        # Two within one poll are one.
        boots.remove(580)
    for name, clocks in wrong_clocks():
        agent = Agent(1, boots=boots, down_for=20)
        story = Story(generation, [agent], clocks, interval=interval, has_frames=has_frames, has_boot_time=has_time)
        seen = story.told(Watch(), until=1_600)
        resets = list(dict.fromkeys(seen.resets[1]))
        expected = [NOW + boot + (clocks.agent if has_time else clocks.dashboard) for boot in boots]
        assert len(resets) == len(expected), (name, resets, expected)
        for reset, boot in zip(resets, expected, strict=True):
            assert abs(reset - boot) <= 2, name
