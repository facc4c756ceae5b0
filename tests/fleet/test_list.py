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
        known = watch.sees(NOW + 7, reported(NOW + 3, net=3_000, name="beta"))
        assert known.state.net_in_transfer == 6_000
        assert known.server.name == "beta"

    def test_an_older_report_of_the_same_second(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW + 6, {1: Report(last_active=NOW + 6, boot_time=BOOT, state=state(100_006, 6_000))})
        assert watch.sees(NOW + 7, reported(NOW + 6, net=5_000)).state.net_in_transfer == 6_000

    def test_an_older_report_where_the_stream_has_broken_since(self, watch: Watch) -> None:
        """v2 forgets then when the server reported, and keeps what it did."""
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW + 6, {1: Report(last_active=NOW + 6, boot_time=BOOT, state=state(100_006, 6_000))})
        watch.follows(NOW + 8, {1: Report(last_active=None, boot_time=BOOT, state=state(100_006, 6_000))})
        known = watch.sees(NOW + 9, reported(NOW + 4, net=4_000))
        assert known.state.net_in_transfer == 6_000
        assert known.online

    def test_a_report_from_before_the_dashboard_restarted(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW + 6, {1: Report(last_active=NOW + 6, boot_time=BOOT, state=state(100_006, 6_000))})
        watch.follows(NOW + 8, {1: Report(last_active=None, boot_time=None, state=None)})
        assert watch.sees(NOW + 9, blank()).state.net_in_transfer == 6_000
        assert watch.sees(NOW + 9, reported(NOW + 4, net=4_000)).state.net_in_transfer == 6_000

    def test_a_later_report_counts(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        watch.follows(NOW + 6, {1: Report(last_active=NOW + 6, boot_time=BOOT, state=state(100_006, 6_000))})
        assert watch.sees(NOW + 7, reported(NOW + 7, net=7_000)).state.net_in_transfer == 7_000
