"""Who is in the fleet."""

import pytest

from custom_components.nezha.fleet import UNGROUPED

from .world import NOW, Watch, reported


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
