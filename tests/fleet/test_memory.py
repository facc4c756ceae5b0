"""What outlives a restart, whichever release wrote it."""

from copy import deepcopy
from dataclasses import fields
from typing import Any

import pytest

from custom_components.nezha.api import Host
from custom_components.nezha.fleet import Boot, Memory, Stored

from .world import BOOT, DAY, NOW, Watch, blank, host, reported

HOST = {
    "platform": "debian",
    "platform_version": "12",
    "cpu": ["Virtual Core"],
    "gpu": [],
    "memory_total": 4,
    "disk_total": 40,
    "swap_total": 0,
    "arch": "x86_64",
    "virtualization": "kvm",
    "boot_time": BOOT,
    "agent_version": "0.20.5",
}
OF_FIRST_RELEASES = {
    "1": {
        "last_active": NOW,
        "boot_time": BOOT,
        "started": BOOT + 3,
        "reported": NOW,
        "net_in_transfer": 1_000,
        "online": True,
        "host": HOST,
    },
    "2": {
        "last_active": None,
        "boot_time": None,
        "started": None,
        "reported": None,
        "net_in_transfer": None,
        "online": False,
        "host": None,
    },
}
"""As a file of the first releases has it."""


class TestMemory:
    """What has to outlive a restart goes through JSON and back."""

    def test_all_of_it(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW, host=host(gpu=("A", "B"))), blank(2))
        after = watch.restarted()
        assert after.stored == watch.stored
        after.sees(NOW, reported(NOW, host=host(gpu=("A", "B"))), blank(2))
        assert after["1"].memory == watch["1"].memory
        assert not after.booted

    def test_servers_that_are_gone_stay_in_it(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW), reported(NOW, 2))
        watch.sees(NOW + 30, reported(NOW + 30))
        known = watch.sees(NOW + DAY, reported(NOW + DAY), reported(NOW + DAY, 2, boot=BOOT + 2))
        assert known.memory.boot_time == BOOT
        assert watch["2"].memory.boot_time == BOOT

    def test_but_not_for_ever(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW), reported(NOW, 2))
        watch.sees(NOW + 30, reported(NOW + 30))
        assert watch.stored["servers"].keys() == {"1", "2"}
        watch.sees(NOW + 90 * DAY, reported(NOW + 90 * DAY))
        assert watch.stored["servers"].keys() == {"1", "2"}
        watch.sees(NOW + 91 * DAY, reported(NOW + 91 * DAY))
        assert watch.stored["servers"].keys() == {"1"}

    def test_one_that_returns_is_gone_anew(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW), reported(NOW, 2))
        watch.sees(NOW + 30, reported(NOW + 30))
        watch = watch.restarted()
        watch.sees(NOW + 80 * DAY, reported(NOW + 80 * DAY), reported(NOW + 80 * DAY, 2))
        watch = watch.restarted()
        watch.sees(NOW + 100 * DAY, reported(NOW + 100 * DAY))
        assert watch.stored["servers"].keys() == {"1", "2"}

    def test_nothing_is_forgotten_before_the_time_is_known(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        assert watch.restarted().stored == watch.stored

    def test_the_dashboards_clock(self, watch: Watch) -> None:
        watch.sees(NOW + 3_600, reported(NOW), passed=NOW)
        watch.sees(NOW + 3_630, reported(NOW + 30), passed=NOW + 30)
        assert watch.stored["clock"] == {"offset": -3_600}


class TestFiles:
    """What is read from a file of another release, or from one that was damaged."""

    def test_of_the_first_releases(self) -> None:
        stored = Stored.from_dict(OF_FIRST_RELEASES)
        assert stored.clock_offset is None
        boot = Boot(time=BOOT, reported=NOW, uptime=NOW - BOOT - 3, net_in_transfer=1_000)
        assert stored.servers == {
            "1": Memory(last_active=NOW, boot=boot, last_reset=BOOT, online=True, host=host()),
            "2": Memory(),
        }
        assert boot.started == BOOT + 3

    def test_a_boot_goes_on_that_the_first_releases_knew(self) -> None:
        watch = Watch(OF_FIRST_RELEASES)
        known = watch.sees(NOW + 60, reported(NOW + 60, boot=BOOT + 2, net=2_000), reported(NOW + 60, 2))
        assert known.memory.last_reset == BOOT
        known = watch.sees(NOW + 200, reported(NOW + 200, boot=NOW + 100, net=5))
        assert known.memory.last_reset == NOW + 100

    def test_of_a_release_that_is_still_to_come(self, watch: Watch) -> None:
        watch.sees(NOW, reported(NOW))
        later = deepcopy(watch.stored) | {"later": [1]}
        later["clock"]["later"] = 1
        later["servers"]["1"] |= {"later": 1}
        later["servers"]["1"]["boot"]["later"] = 1
        later["servers"]["1"]["host"]["later"] = 1
        assert Watch(later).stored == watch.stored

    @pytest.mark.parametrize("field", [field.name for field in fields(Memory)])
    def test_a_field_that_is_missing(self, watch: Watch, field: str) -> None:
        watch.sees(NOW, reported(NOW))
        stored = watch.stored
        del stored["servers"]["1"][field]
        memory = Stored.from_dict(stored).servers["1"]
        default = BOOT if field == "last_reset" else getattr(Memory(), field)
        assert getattr(memory, field) == default

    @pytest.mark.parametrize("field", [field.name for field in fields(Host)])
    def test_a_field_of_the_host_that_is_missing(self, watch: Watch, field: str) -> None:
        watch.sees(NOW, reported(NOW))
        stored = watch.stored
        del stored["servers"]["1"]["host"][field]
        assert not getattr(Stored.from_dict(stored).servers["1"].host, field)

    @pytest.mark.parametrize(
        "damage",
        [
            None,
            "text",
            [],
            {"last_active": "yesterday"},
            {"last_active": -1},
            {"last_reset": 2.5},
            {"last_reset": 10**15},
            {"boot": []},
            {"boot": {"time": "then"}},
            {"boot": {"uptime": True}},
            {"boot_time": "then"},
            {"host": 1},
            {"host": {"cpu": "A"}},
            {"host": {"cpu": [1]}},
            {"host": {"platform": None}},
            {"host": {"memory_total": "4"}},
        ],
        ids=repr,
    )
    def test_one_record_that_cannot_be_read(self, watch: Watch, caplog: pytest.LogCaptureFixture, damage: Any) -> None:
        """It is forgotten, and named; all others stay."""
        watch.sees(NOW, reported(NOW), reported(NOW, 2))
        stored = watch.stored
        kept = Stored.from_dict(stored).servers["1"]
        stored["servers"]["2"] = damage
        assert Stored.from_dict(stored).servers == {"1": kept}
        assert "1 remembered servers: 2" in caplog.text

    @pytest.mark.parametrize("stored", [{}, {"servers": None}, {"servers": []}, {"servers": {}, "clock": 1}], ids=repr)
    def test_nothing_in_it(self, stored: dict[str, Any]) -> None:
        assert Stored.from_dict(stored) == Stored(servers={})

    def test_many_that_cannot_be_read_are_not_all_named(self, caplog: pytest.LogCaptureFixture) -> None:
        assert Stored.from_dict({"servers": {f"server-{number}": 1 for number in range(1_000)}}).servers == {}
        assert len(caplog.text) < 500
