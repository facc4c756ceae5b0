"""The rules of who is online, which boot is true, and what stays known, one by one."""

from dataclasses import replace
import json
from typing import Any

import pytest

from custom_components.nezha.api import Frame, Host, Report, Server, Snapshot, State
from custom_components.nezha.fleet import UNGROUPED, Fleet, KnownServer

NOW = 1_780_315_200
BOOT = NOW - 100_000
THRESHOLD = 30
DAY = 86_400


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the rules know nothing of it."""


def host(boot_time: int = BOOT, **fields: Any) -> Host:
    """Return a host that booted at a time."""
    known = {
        "platform": "debian",
        "platform_version": "12",
        "cpu": ("Virtual Core",),
        "gpu": (),
        "memory_total": 4,
        "disk_total": 40,
        "swap_total": 0,
        "arch": "x86_64",
        "virtualization": "kvm",
        "agent_version": "0.20.5",
    }
    return Host(**known | fields, boot_time=boot_time)


def state(uptime: int, net: int = 1_000) -> State:
    """Return a state that was reported so long after a boot."""
    return State(
        cpu=1.0,
        memory_used=1,
        swap_used=0,
        disk_used=1,
        net_in_transfer=net,
        net_out_transfer=net,
        net_in_speed=1,
        net_out_speed=1,
        uptime=uptime,
        load_1=1.0,
        load_5=1.0,
        load_15=1.0,
        tcp_connections=1,
        udp_connections=1,
        processes=1,
        temperatures=(),
        gpu=(),
    )


def reported(at: int, number: int = 1, *, boot: int = BOOT, net: int = 1_000, **fields: Any) -> Server:
    """Return a server that last reported at a time, up since a boot."""
    usual = Server(
        identity=str(number),
        number=number,
        name="alpha",
        groups=("Tokyo",),
        ipv4="198.51.100.1",
        ipv6="2001:db8::1",
        country="JP",
        last_active=at,
        host=host(boot),
        state=state(at - boot, net),
    )
    return replace(usual, **fields)


def blank(number: int = 1) -> Server:
    """Return a server as a dashboard shows it before its agent has reported."""
    return reported(NOW, number, last_active=None, host=None, state=None, ipv4="", ipv6="", country="")


class Watch:
    """A fleet and the dashboard's clock."""

    def __init__(self, fleet: Fleet | None = None) -> None:
        self.fleet = fleet or Fleet(THRESHOLD, {})
        self.booted = False

    def sees(
        self,
        now: int,
        *servers: Server,
        after_outage: bool = False,
        omitted: tuple[str, ...] = (),
        groups: list[str] | None = None,
    ) -> KnownServer | None:
        """Take in an answer; return what is known of server 1."""
        listed = {server.identity: server for server in servers}
        snapshot = Snapshot(now=now, servers=listed, omitted=omitted)
        self.booted = self.fleet.update(snapshot, groups, after_outage=after_outage)
        return self.fleet.servers.get("1")

    def __getitem__(self, identity: str) -> KnownServer:
        return self.fleet.servers[identity]

    def restarted(self) -> Watch:
        """Return the fleet after a restart of Home Assistant."""
        return Watch(Fleet(THRESHOLD, json.loads(json.dumps(self.fleet.dump()))))


@pytest.fixture
def watch() -> Watch:
    """Return a fleet of which nothing is known yet."""
    return Watch()


class TestOnline:
    """A server is online while the dashboard's clock is within the threshold of its last report."""

    @pytest.mark.parametrize(("silence", "online"), [(0, True), (29, True), (30, True), (31, False), (DAY, False)])
    def test_the_threshold_counts_as_online(self, watch: Watch, silence: int, online: bool) -> None:
        assert watch.sees(NOW, reported(NOW - silence)).online is online

    def test_silence_takes_it_offline_and_a_report_brings_it_back(self, watch: Watch) -> None:
        assert watch.sees(NOW, reported(NOW)).online
        assert not watch.sees(NOW + 31, reported(NOW)).online
        assert watch.sees(NOW + 60, reported(NOW + 60)).online

    def test_the_threshold_is_the_users(self) -> None:
        watch = Watch(Fleet(300, {}))
        assert watch.sees(NOW, reported(NOW - 300)).online
        assert not watch.sees(NOW + 1, reported(NOW - 300)).online

    def test_one_that_never_reported_is_offline(self, watch: Watch) -> None:
        for now in (NOW, NOW + 30, NOW + DAY):
            known = watch.sees(now, blank())
            assert (known.online, known.memory.last_active, known.state, known.host) == (False, None, None, None)
        assert not watch.sees(NOW + 2 * DAY, blank(), after_outage=True).online

    def test_its_first_report_makes_it_online(self, watch: Watch) -> None:
        watch.sees(NOW, blank())
        assert watch.sees(NOW + 30, reported(NOW + 30)).online

    def test_the_newest_time_ever_seen_counts(self, watch: Watch) -> None:
        """The dashboard forgets it at its own restart, and newer generations whenever an agent's stream breaks."""
        watch.sees(NOW, reported(NOW))
        assert watch.sees(NOW + 10, reported(NOW, last_active=None)).memory.last_active == NOW
        assert watch.sees(NOW + 20, reported(NOW - 500)).memory.last_active == NOW

    def test_it_is_remembered_over_a_restart_of_home_assistant(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        known = watch.restarted().sees(NOW + 600, reported(NOW, last_active=None))
        assert known.memory.last_active == NOW
        assert not known.online


class TestNothingNew:
    """A server of which nothing changed is the same object as before: nobody has to look at it."""

    def test_the_same_answer_again(self, watch: Watch) -> None:
        server = reported(NOW)
        known = watch.sees(NOW, server)
        together = watch.fleet.servers
        assert watch.sees(NOW + 5, server) is known
        assert watch.fleet.servers is together

    def test_another_answer(self, watch: Watch) -> None:
        known = watch.sees(NOW, reported(NOW), reported(NOW, 2))
        together, other = watch.fleet.servers, watch["2"]
        assert watch.sees(NOW + 5, reported(NOW + 5), other.server) is not known
        assert watch.fleet.servers is not together
        assert watch["2"] is other

    def test_time_alone_takes_it_offline(self, watch: Watch) -> None:
        server = reported(NOW)
        watch.sees(NOW, server)
        assert watch.sees(NOW + THRESHOLD, server).online
        gone = watch.sees(NOW + THRESHOLD + 1, server)
        assert not gone.online
        assert watch.sees(NOW + THRESHOLD + 2, server) is gone

    def test_an_outage_in_between_is_news(self, watch: Watch) -> None:
        server = reported(NOW)
        watch.sees(NOW, server)
        assert watch.sees(NOW + THRESHOLD + 1, server, after_outage=True).online

    def test_a_clock_that_falls_back_is_news(self, watch: Watch) -> None:
        server = reported(NOW)
        known = watch.sees(NOW, server)
        assert watch.sees(NOW - 60, server) is not known

    def test_the_same_report_in_a_frame_again(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        report = Report(last_active=NOW + 2, boot_time=BOOT, state=state(NOW + 2 - BOOT))
        watch.fleet.follow(Frame(now=NOW + 2, reports={1: report}))
        known = watch["1"]
        watch.fleet.follow(Frame(now=NOW + 4, reports={1: report}))
        assert watch["1"] is known
        watch.fleet.follow(Frame(now=NOW + 2 + THRESHOLD + 1, reports={1: report}))
        assert not watch["1"].online


class TestClock:
    """Only the dashboard's clock counts, and it may be wrong for a while."""

    @pytest.mark.parametrize("error", [-DAY, -3_600, 3_600, DAY])
    def test_one_that_was_always_wrong(self, watch: Watch, error: int) -> None:
        assert watch.sees(NOW + error, reported(NOW + error)).online
        assert not watch.sees(NOW + error + 31, reported(NOW + error)).online

    def test_a_report_of_the_next_second_is_one_of_now(self, watch: Watch) -> None:
        known = watch.sees(NOW, reported(NOW + 1))
        assert known.online
        assert known.memory.last_active == NOW

    def test_ahead_for_a_while_while_the_server_reports(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        assert watch.sees(NOW + 3_630, reported(NOW + 3_630)).online
        assert watch.sees(NOW + 60, reported(NOW + 60)).online
        assert not watch.sees(NOW + 91, reported(NOW + 60)).online

    @pytest.mark.parametrize("forgets", [True, False])
    def test_ahead_for_a_while_and_the_server_falls_silent(self, watch: Watch, forgets: bool) -> None:
        """Its time in the future keeps it online for the threshold, not for as long as the clock was ahead."""
        watch.sees(NOW + 3_600, reported(NOW + 3_600))
        silent = reported(NOW + 3_600, last_active=None) if forgets else reported(NOW + 3_600)
        assert watch.sees(NOW + 30, silent).online
        assert watch.sees(NOW + 60, silent).online
        assert not watch.sees(NOW + 90, silent).online
        assert not watch.sees(NOW + 3_599, silent).online

    def test_ahead_during_an_outage(self, watch: Watch) -> None:
        """The patience after an outage is not for as long as the clock was ahead either."""
        watch.sees(NOW, reported(NOW))
        watch.sees(NOW + 3_600, reported(NOW), after_outage=True)
        assert watch.sees(NOW + 60, reported(NOW)).online
        assert not watch.sees(NOW + 91, reported(NOW)).online

    def test_behind_for_a_while(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        assert watch.sees(NOW - 3_570, reported(NOW - 3_570)).online
        assert watch.sees(NOW + 60, reported(NOW + 60)).online

    def test_behind_for_one_answer_costs_a_silent_server_nothing(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.sees(NOW - 3_570, reported(NOW))
        known = watch.sees(NOW + 60, reported(NOW))
        assert not known.online
        assert known.memory.last_active == NOW

    def test_no_step_of_the_clock_is_a_reboot(self, watch: Watch) -> None:
        for error in (0, 3_600, 0, -3_600, 0):
            now = NOW + error
            watch.sees(now, reported(now, state=state(NOW - BOOT)))
            assert watch["1"].memory.boot_time == BOOT


class TestBlanks:
    """A blank is no data: what was known stays, part by part."""

    def test_everything(self, watch: Watch) -> None:
        before = watch.sees(NOW, reported(NOW))
        known = watch.sees(NOW + 10, blank())
        assert (known.state, known.host, known.memory.boot_time) == (before.state, before.host, BOOT)
        assert (known.server.ipv4, known.server.ipv6, known.server.country) == ("198.51.100.1", "2001:db8::1", "JP")

    def test_the_state(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=1_000))
        new = host(agent_version="0.21")
        known = watch.sees(NOW + 10, reported(NOW + 10, host=new, state=None))
        assert known.state
        assert known.state.net_in_transfer == 1_000
        assert known.host == new

    def test_the_host(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=1_000))
        known = watch.sees(NOW + 10, reported(NOW + 10, net=2_000, host=None))
        assert known.state
        assert known.state.net_in_transfer == 2_000
        assert known.host == host()

    def test_the_host_stays_known_over_a_restart_of_home_assistant(self, watch: Watch) -> None:
        new = host(cpu=("A", "B"), gpu=("C",))
        watch.sees(NOW, reported(NOW, host=new))
        known = watch.restarted().sees(NOW + 10, blank())
        assert known.host == new
        assert known.state is None

    def test_an_address_that_is_gone_is_not_kept(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        assert watch.sees(NOW + 10, reported(NOW + 10, ipv6="")).server.ipv6 == ""

    def test_a_name_is_never_a_matter_of_the_agent(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        assert watch.sees(NOW + 10, replace(blank(), name="beta", groups=())).server.name == "beta"


class TestOutage:
    """While the dashboard was away its agents were, too: they get the threshold to come back."""

    def test_one_that_was_online_stays_so_for_the_threshold(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        back = NOW + 600
        assert watch.sees(back, reported(NOW), after_outage=True).online
        assert watch.sees(back + 30, reported(NOW)).online
        assert not watch.sees(back + 31, reported(NOW)).online

    def test_one_that_was_offline_stays_so(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW - 31))
        assert not watch.sees(NOW + 600, reported(NOW - 31), after_outage=True).online
        assert not watch.sees(NOW + 630, blank(), after_outage=True).online

    def test_another_outage_starts_the_patience_anew(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.sees(NOW + 600, reported(NOW), after_outage=True)
        watch.sees(NOW + 625, reported(NOW), after_outage=True)
        assert watch.sees(NOW + 655, reported(NOW)).online
        assert not watch.sees(NOW + 656, reported(NOW)).online

    def test_once_offline_the_patience_is_over(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.sees(NOW + 600, reported(NOW), after_outage=True)
        watch.sees(NOW + 631, reported(NOW))
        assert not watch.sees(NOW + 700, blank(), after_outage=True).online

    def test_a_restart_of_the_dashboard_takes_no_server_down(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        back = NOW + 60
        assert watch.sees(back, blank(), after_outage=True).online
        assert watch.sees(back + 15, blank()).online
        assert watch.sees(back + 25, reported(back + 25)).online
        assert watch["1"].memory.boot_time == BOOT

    def test_nor_does_one_between_two_polls(self, watch: Watch) -> None:
        """No request failed; the blanks alone tell of it."""
        watch.sees(NOW, reported(NOW))
        assert watch.sees(NOW + 30, blank()).online
        assert watch.sees(NOW + 60, blank()).online
        assert not watch.sees(NOW + 61, blank()).online

    def test_blanks_that_stay_do_not_start_the_patience_anew(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        for now in range(NOW + 10, NOW + 41, 10):
            assert watch.sees(now, blank()).online
        assert not watch.sees(NOW + 50, blank()).online

    def test_nor_one_while_home_assistant_restarts(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        after = watch.restarted()
        assert after.sees(NOW + 120, blank()).online
        assert after.sees(NOW + 135, reported(NOW + 135)).online

    def test_a_server_lost_while_home_assistant_was_down_is_offline(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        assert not watch.restarted().sees(NOW + 600, reported(NOW + 100)).online


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
        known = watch.sees(wrong, reported(wrong, state=state(60, net=500), host=host(NOW + 60)))
        if error < 0:
            # It might be the state of a boot that nobody saw: what comes next tells.
            assert known.state
            assert known.state.net_in_transfer == 10**9
            known = watch.sees(wrong + 5, reported(wrong + 5, state=state(65, net=550), host=host(NOW + 60)))
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
            assert known.memory.boot_time == BOOT
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
        ahead = BOOT + 365 * DAY
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


class TestMemory:
    """What has to outlive a restart goes through JSON and back."""

    def test_all_of_it(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, host=host(gpu=("A", "B"))), blank(2))
        after = watch.restarted()
        assert after.fleet.dump() == watch.fleet.dump()
        after.sees(NOW, reported(NOW, host=host(gpu=("A", "B"))), blank(2))
        assert after["1"].memory == watch["1"].memory
        assert not after.booted

    def test_servers_that_are_gone_stay_in_it(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW), reported(NOW, 2))
        watch.sees(NOW + 30, reported(NOW + 30))
        known = watch.sees(NOW + DAY, reported(NOW + DAY), reported(NOW + DAY, 2, boot=BOOT + 2))
        assert known.memory.boot_time == BOOT
        assert watch["2"].memory.boot_time == BOOT


class TestList:
    """Who is in the fleet."""

    def test_only_who_is_listed(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW), reported(NOW, 2))
        watch.sees(NOW + 30, reported(NOW + 30, 2))
        assert watch.fleet.servers.keys() == {"2"}

    def test_who_could_not_be_read_stays_and_is_judged_by_the_clock(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW), reported(NOW, 2))
        unread = ("server 2: name is NoneType",)
        watch.sees(NOW + 30, reported(NOW + 30), omitted=unread)
        assert watch["2"].online
        assert watch["2"].state
        watch.sees(NOW + 31, reported(NOW + 31), omitted=unread)
        assert not watch["2"].online
        assert watch["1"].online
        watch.sees(NOW + 60, reported(NOW + 60), reported(NOW + 60, 2))
        assert watch["2"].online

    def test_who_could_not_be_read_after_an_outage_has_the_threshold_too(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        assert watch.sees(NOW + 600, omitted=("server 1: name is NoneType",), after_outage=True).online

    @pytest.mark.parametrize(
        ("groups", "taken"),
        [
            (None, {"1", "2", "3"}),
            (["Tokyo"], {"1"}),
            (["Paris", "Tokyo"], {"1", "2"}),
            ([UNGROUPED], {"3"}),
            (["Paris", UNGROUPED], {"2", "3"}),
            (["Nowhere"], set()),
        ],
    )
    def test_groups(self, watch: Watch, groups: list[str] | None, taken: set[str]) -> None:
        paris, alone = reported(NOW, 2, groups=("Paris",)), reported(NOW, 3, groups=())
        watch.sees(NOW, reported(NOW), paris, alone, groups=groups)
        assert watch.fleet.servers.keys() == taken

    def test_a_server_that_leaves_the_chosen_groups(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW), groups=["Tokyo"])
        watch.sees(NOW + 30, reported(NOW + 30, groups=("Paris",)), omitted=("something",), groups=["Tokyo"])
        assert watch.fleet.servers == {}
