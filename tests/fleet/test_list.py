"""Who is in the fleet."""

import pytest

from custom_components.nezha.api import Report
from custom_components.nezha.fleet import UNGROUPED

from .world import BOOT, NOW, Watch, blank, reported, state


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


class TestAnswerThatComesLate:
    """An answer that was asked for before a frame came takes back nothing that the frame said."""

    def test_an_older_report(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW + 6, {1: Report(last_active=NOW + 6, boot_time=BOOT, state=state(100_006, 6_000))})
        known = watch.sees(NOW + 7, reported(NOW + 3, net=3_000, name="beta"), asked=NOW + 3)
        assert known.state.net_in_transfer == 6_000
        assert known.server.name == "beta"

    def test_an_older_report_of_the_same_second(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW + 6, {1: Report(last_active=NOW + 6, boot_time=BOOT, state=state(100_006, 6_000))})
        assert watch.sees(NOW + 7, reported(NOW + 6, net=5_000), asked=NOW + 5).state.net_in_transfer == 6_000

    def test_an_older_report_where_the_stream_has_broken_since(self, watch: Watch) -> None:
        """v2 forgets then when the server reported, and keeps what it did."""
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW + 6, {1: Report(last_active=NOW + 6, boot_time=BOOT, state=state(100_006, 6_000))})
        watch.follows(NOW + 8, {1: Report(last_active=None, boot_time=BOOT, state=state(100_006, 6_000))})
        known = watch.sees(NOW + 9, reported(NOW + 4, net=4_000), asked=NOW + 4)
        assert known.state.net_in_transfer == 6_000
        assert known.online

    def test_a_report_from_before_the_dashboard_restarted(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW + 6, {1: Report(last_active=NOW + 6, boot_time=BOOT, state=state(100_006, 6_000))})
        watch.follows(NOW + 8, {1: Report(last_active=None, boot_time=None, state=None)})
        assert watch.sees(NOW + 9, blank(), asked=NOW + 4).state.net_in_transfer == 6_000
        assert watch.sees(NOW + 9, reported(NOW + 4, net=4_000), asked=NOW + 4).state.net_in_transfer == 6_000

    def test_a_later_report_counts(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW + 6, {1: Report(last_active=NOW + 6, boot_time=BOOT, state=state(100_006, 6_000))})
        assert watch.sees(NOW + 7, reported(NOW + 7, net=7_000), asked=NOW + 5).state.net_in_transfer == 7_000

    def test_one_that_was_asked_for_since_counts(self, watch: Watch) -> None:
        """Whatever it says of when the server reported: v2 forgets that of a stream that broke, and keeps the state."""
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW + 2, {1: Report(last_active=NOW + 2, boot_time=BOOT, state=state(100_002, 2_000))})
        watch.sees(NOW + 5, reported(NOW + 5, net=5_000), asked=NOW + 4)
        known = watch.sees(NOW + 8, reported(NOW + 7, last_active=None, net=7_000), asked=NOW + 7)
        assert known.state.net_in_transfer == 7_000


class TestFrameThatComesLate:
    """A frame that was made before a list, and is taken in after it, takes back nothing that the list said."""

    def test_an_older_report(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW + 2, {1: Report(last_active=NOW + 2, boot_time=BOOT, state=state(100_002, 2_000))})
        watch.sees(NOW + 7, reported(NOW + 7, net=7_000))
        for waited in (4, 6):
            late = Report(last_active=NOW + waited, boot_time=BOOT, state=state(100_000 + waited, 1_000 * waited))
            known = watch.follows(NOW + waited, {1: late}, passed=NOW + 7)
            assert known.state.net_in_transfer == 7_000
            assert known.server.last_active == NOW + 7
        newer = Report(last_active=NOW + 8, boot_time=BOOT, state=state(100_008, 8_000))
        assert watch.follows(NOW + 8, {1: newer}).state.net_in_transfer == 8_000

    def test_the_first_frame_that_has_the_server(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=7_000))
        late = Report(last_active=NOW - 2, boot_time=BOOT, state=state(99_998, 5_000))
        assert watch.follows(NOW - 1, {1: late}, passed=NOW).state.net_in_transfer == 7_000

    def test_the_boot_before(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=9_000))
        watch.sees(NOW + 90, reported(NOW + 90, boot=NOW + 80, net=10))
        late = Report(last_active=NOW + 60, boot_time=BOOT, state=state(100_060, 9_500))
        known = watch.follows(NOW + 89, {1: late}, passed=NOW + 90)
        assert (known.memory.boot_time, known.state.net_in_transfer) == (NOW + 80, 10)
        assert not watch.booted

    @pytest.mark.parametrize("back", [3, 30, 3_600])
    def test_a_clock_that_was_set_back_is_followed(self, watch: Watch, back: int) -> None:
        """Also of a server that was silent meanwhile: the frames themselves show an older report than before."""
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW, {1: Report(last_active=NOW, boot_time=BOOT, state=state(100_000, 1_000))})
        watch.sees(NOW + 1, reported(NOW, net=1_000))
        again = Report(last_active=NOW + 2 - back, boot_time=BOOT, state=state(100_002, 2_000))
        known = watch.follows(NOW + 2 - back, {1: again}, passed=NOW + 2)
        assert known.state.net_in_transfer == 2_000
        assert known.online

    def test_not_for_ever(self, watch: Watch) -> None:
        """A list may say of one server what is far in the future: the frames go on."""
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW, {1: Report(last_active=NOW, boot_time=BOOT, state=state(100_000, 1_000))})
        watch.sees(NOW + 1, reported(NOW + 7_200, net=1_500))
        newer = Report(last_active=NOW + 2, boot_time=BOOT, state=state(100_002, 2_000))
        assert watch.follows(NOW + 2, {1: newer}).state.net_in_transfer == 2_000
