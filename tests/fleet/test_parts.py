"""A blank part of a report leaves what was known; a filled one is the whole truth."""

from dataclasses import fields, replace

import pytest

from custom_components.nezha.api import PublicNote, Report, Server, State
from custom_components.nezha.fleet.known import reported as with_report

from .world import BOOT, NOW, Watch, blank, host, reported, state


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


class TestUnknown:
    """A field that a filled part does not tell is unknown, alone, and not what it was before."""

    @pytest.mark.parametrize(
        "field", [field.name for field in fields(State) if field.name not in ("temperatures", "gpu")]
    )
    def test_of_the_state(self, watch: Watch, field: str) -> None:
        watch.sees(NOW, reported(NOW))
        told = state(NOW + 10 - BOOT, **{field: None}) if field != "uptime" else state(None)
        known = watch.sees(NOW + 10, reported(NOW + 10, state=told))
        assert known.state == told
        assert known.online
        assert known.memory.last_reset == BOOT

    @pytest.mark.parametrize("field", ["memory_total", "disk_total", "swap_total", "boot_time"])
    def test_of_the_host(self, watch: Watch, field: str) -> None:
        watch.sees(NOW, reported(NOW))
        told = replace(host(), **{field: None})
        known = watch.sees(NOW + 10, reported(NOW + 10, host=told, net=2_000))
        assert known.host == told
        assert known.state.net_in_transfer == 2_000
        assert (known.memory.boot_time, known.memory.last_reset) == (BOOT, BOOT)


class TestFrames:
    """A frame has the boot time of the host alone."""

    def test_the_host_stays(self, watch: Watch) -> None:
        known = watch.sees(NOW, reported(NOW))
        report = Report(last_active=NOW + 2, boot_time=BOOT, state=state(NOW + 2 - BOOT))
        assert watch.follows(NOW + 2, {1: report}).host is known.host

    @pytest.mark.parametrize("field", [field.name for field in fields(Server)])
    def test_what_is_not_in_it_stays(self, field: str) -> None:
        server = replace(reported(NOW), unreadable=("state.cpu",), public_note=PublicNote(malformed=("cycle",)))
        report = Report(last_active=NOW + 2, boot_time=BOOT + 1, state=state(5))
        newer = with_report(server, server.host, report)
        told = {"last_active": NOW + 2, "host": host(BOOT + 1), "state": state(5)}
        assert getattr(newer, field) == told.get(field, getattr(server, field))

    def test_an_answer_that_is_older_does_not_undo_it(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=1_000))
        report = Report(last_active=NOW + 4, boot_time=BOOT, state=state(NOW + 4 - BOOT, net=3_000))
        watch.follows(NOW + 4, {1: report})
        # Whatever time it has: a proxy's may be of any clock.
        for date in (NOW - 3_600, NOW + 2, NOW + 3_600):
            known = watch.sees(date, reported(NOW + 2, net=2_000), passed=NOW + 5, asked=NOW + 2)
            assert known.state.net_in_transfer == 3_000
            assert known.online

    def test_an_answer_that_is_newer_does(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=1_000))
        report = Report(last_active=NOW + 4, boot_time=BOOT, state=state(NOW + 4 - BOOT, net=3_000))
        watch.follows(NOW + 4, {1: report})
        assert watch.sees(NOW - 3_600, reported(NOW + 6, net=4_000), passed=NOW + 6).state.net_in_transfer == 4_000

    def test_a_frame_of_long_ago_does_not_either(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, net=1_000))
        report = Report(last_active=NOW + 4, boot_time=BOOT, state=state(NOW + 4 - BOOT, net=3_000))
        watch.follows(NOW + 4, {1: report})
        assert watch.sees(NOW + 60, reported(NOW + 3, net=2_000)).state.net_in_transfer == 2_000
