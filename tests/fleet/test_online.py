"""Who is online: who reported within the threshold, by the dashboard's clock."""

import pytest

from custom_components.nezha.api import Report

from .world import BOOT, DAY, NOW, THRESHOLD, Watch, blank, reported, state


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
        watch = Watch(threshold=300)
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

    def test_a_clock_that_is_set_back_is_news(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        same = {1: Report(last_active=NOW, boot_time=BOOT, state=state(NOW - BOOT))}
        known = watch.follows(NOW, same)
        assert watch.follows(NOW - 60, same, passed=NOW + 2) is not known

    def test_a_new_object_that_says_the_same(self, watch: Watch) -> None:
        known = watch.sees(NOW, reported(NOW))
        together = watch.fleet.servers
        assert watch.sees(NOW + 5, reported(NOW)) is known
        assert watch.fleet.servers is together

    def test_the_same_report_in_a_frame_again(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        same = {1: Report(last_active=NOW + 2, boot_time=BOOT, state=state(NOW + 2 - BOOT))}
        known = watch.follows(NOW + 2, same)
        assert watch.follows(NOW + 4, same) is known
        assert not watch.follows(NOW + 2 + THRESHOLD + 1, same).online
