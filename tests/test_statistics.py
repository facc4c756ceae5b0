"""Long-term statistics of traffic stay true to the byte, whatever server, dashboard and Home Assistant go through."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from homeassistant.components.recorder import Recorder
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .conftest import Clock, entry_of, refresh, set_up
from .recorder import TRAFFIC_ONLY, compile_statistics, sum_of
from .scripted import ScriptedDashboard, blank_server, server

TRAFFIC = "sensor.alpha_inbound_traffic"
FIRST_BOOT = 1_780_300_000
GIB = 2**30


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the recorder's database before Home Assistant."""


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Record the counters alone, and not each state in a transaction of its own."""
    return TRAFFIC_ONLY


class Machine:
    """A server whose counter a test moves, in a Home Assistant that records it."""

    def __init__(
        self,
        hass: HomeAssistant,
        clock: Clock,
        dashboard: ScriptedDashboard,
        entry: MockConfigEntry,
        storage: dict[str, Any],
    ) -> None:
        self._hass = hass
        self._clock = clock
        self._dashboard = dashboard
        self._entry = entry
        self._storage = storage
        self.boot = FIRST_BOOT

    async def reports(self, counter: int, *, boot: int | None = None, uptime: int | None = None) -> None:
        """Let a minute pass and Home Assistant poll a new report."""
        self._clock.tick(60)
        now = int(datetime.now(UTC).timestamp())
        self.boot = boot or self.boot
        await self.answers(
            server(
                host={"BootTime": self.boot},
                status={"NetInTransfer": counter, "Uptime": now - self.boot if uptime is None else uptime},
            )
        )

    async def answers(self, answer: dict[str, Any]) -> None:
        """Let Home Assistant poll an answer as it stands, if it is up."""
        self._dashboard.servers = [answer]
        if self._entry.state is ConfigEntryState.LOADED:
            await refresh(self._hass, self._entry)

    async def is_compiled(self) -> None:
        """Let the recorder compile what it has, and the next five minutes begin."""
        await compile_statistics(self._hass)
        self._clock.tick(300)

    async def rebooted(self) -> int:
        """Let ten minutes pass and be compiled, and return the time of a boot just then."""
        await compile_statistics(self._hass)
        self._clock.tick(600)
        return int(datetime.now(UTC).timestamp())

    async def home_assistant_stops(self) -> None:
        """Unload, as at an orderly stop."""
        await self._hass.config_entries.async_unload(self._entry.entry_id)

    async def home_assistant_crashes(self) -> None:
        """Stop without a last chance to write anything."""
        written = deepcopy(self._storage)
        await self.home_assistant_stops()
        self._storage.clear()
        self._storage.update(written)

    async def home_assistant_starts(self) -> None:
        """Set up again from what is on disk."""
        await set_up(self._hass, self._entry)

    async def total(self) -> int:
        """Return the sum of the statistics."""
        await compile_statistics(self._hass)
        return await sum_of(self._hass, TRAFFIC)


@pytest.fixture
async def machine(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    clock: Clock,
    scripted: ScriptedDashboard,
    hass_storage: dict[str, Any],
) -> Machine:
    """A server that has moved 5 GiB when Home Assistant first sees it: the statistics' zero point."""
    scripted.servers = [server()]
    entry = await set_up(hass, entry_of(scripted.url))
    return Machine(hass, clock, scripted, entry, hass_storage)


async def test_traffic_counts_from_the_first_sight(machine: Machine) -> None:
    await machine.reports(5 * GIB + 1)
    await machine.reports(7 * GIB + 123_456_789)
    assert await machine.total() == 2 * GIB + 123_456_789


async def test_the_sum_goes_on_over_periods(machine: Machine) -> None:
    await machine.reports(6 * GIB)
    await machine.is_compiled()
    await machine.reports(6 * GIB + 7)
    await machine.is_compiled()
    await machine.reports(6 * GIB + 1007)
    assert await machine.total() == GIB + 1007


async def test_a_reboot_adds_the_whole_new_counter(machine: Machine) -> None:
    await machine.reports(6 * GIB)
    await machine.reports(1000, boot=await machine.rebooted())
    await machine.reports(5000)
    assert await machine.total() == GIB + 5000


async def test_a_reboot_while_home_assistant_was_off_until_the_counter_had_passed_its_old_value(
    machine: Machine,
) -> None:
    await machine.reports(6 * GIB)
    await machine.is_compiled()
    await machine.home_assistant_stops()
    await machine.reports(9 * GIB, boot=await machine.rebooted())
    await machine.home_assistant_starts()
    assert await machine.total() == GIB + 9 * GIB


@pytest.mark.parametrize("percent", [95, 100, 89, 1])
async def test_a_reboot_seen_only_when_the_counter_is_near_its_old_value(machine: Machine, percent: int) -> None:
    await machine.reports(6 * GIB)
    new = 6 * GIB * percent // 100
    await machine.reports(new, boot=await machine.rebooted())
    assert await machine.total() == GIB + new


@pytest.mark.parametrize("jitter", [2, -2, 59])
async def test_a_boot_time_that_jitters_is_the_same_boot(machine: Machine, jitter: int) -> None:
    await machine.reports(6 * GIB)
    await machine.reports(6 * GIB + 10, boot=FIRST_BOOT + jitter)
    await machine.is_compiled()
    await machine.reports(6 * GIB + 20, boot=FIRST_BOOT)
    assert await machine.total() == GIB + 20


async def test_a_network_card_that_goes_away_takes_its_bytes_along(machine: Machine) -> None:
    """The counter is the cards' own, here as on the dashboard: the sum follows it down, and is no reboot."""
    await machine.reports(6 * GIB)
    await machine.is_compiled()
    await machine.reports(4 * GIB)
    await machine.reports(4 * GIB + 500)
    assert await machine.total() == -GIB + 500


async def test_a_new_boot_time_beside_the_old_counters_is_not_yet_a_reboot(machine: Machine) -> None:
    await machine.reports(6 * GIB)
    boot = await machine.rebooted()
    silent = server(
        host={"BootTime": boot},
        status={"NetInTransfer": 6 * GIB, "Uptime": boot - 600 - FIRST_BOOT},
        last_active=boot - 600,
    )
    await machine.answers(silent)
    await machine.reports(700, boot=boot)
    assert await machine.total() == GIB + 700


async def test_a_new_boot_time_beside_the_old_counters_while_still_online(machine: Machine) -> None:
    await machine.reports(6 * GIB)
    now = int(datetime.now(UTC).timestamp())
    beside = server(
        host={"BootTime": now + 10},
        status={"NetInTransfer": 6 * GIB, "Uptime": now - FIRST_BOOT},
        last_active=now,
    )
    await machine.answers(beside)
    await machine.reports(700, boot=now + 10)
    assert await machine.total() == GIB + 700


async def test_a_blank_state_counts_nothing(machine: Machine) -> None:
    await machine.reports(6 * GIB)
    await machine.answers(blank_server())
    await machine.is_compiled()
    await machine.answers(blank_server())
    await machine.reports(6 * GIB + 42)
    assert await machine.total() == GIB + 42


@pytest.mark.parametrize("crash", [False, True])
async def test_a_restart_of_home_assistant_counts_nothing_twice(machine: Machine, crash: bool) -> None:
    await machine.reports(6 * GIB)
    await (machine.home_assistant_crashes() if crash else machine.home_assistant_stops())
    await machine.reports(6 * GIB + 50, boot=FIRST_BOOT + 2)
    await machine.home_assistant_starts()
    await machine.reports(6 * GIB + 99, boot=FIRST_BOOT + 1)
    assert await machine.total() == GIB + 99


async def test_a_crash_right_after_a_reboot_was_seen_counts_it_once(machine: Machine) -> None:
    await machine.reports(6 * GIB)
    boot = await machine.rebooted()
    await machine.reports(1000, boot=boot)
    await machine.home_assistant_crashes()
    await machine.reports(1500, boot=boot + 2)
    await machine.home_assistant_starts()
    assert await machine.total() == GIB + 1500


async def test_a_crash_right_after_the_first_sight_counts_nothing_twice(machine: Machine) -> None:
    await machine.home_assistant_crashes()
    await machine.reports(5 * GIB + 8, boot=FIRST_BOOT + 2)
    await machine.home_assistant_starts()
    assert await machine.total() == 8


async def test_a_restart_of_the_dashboard_counts_nothing_twice(
    machine: Machine, scripted: ScriptedDashboard, hass: HomeAssistant
) -> None:
    await machine.reports(6 * GIB)
    await scripted.stop()
    await machine.answers(blank_server())
    await scripted.start()
    await machine.answers(blank_server())
    await machine.reports(6 * GIB + 11)
    assert await machine.total() == GIB + 11


async def test_a_restart_of_server_and_dashboard_together_adds_the_new_counter_once(machine: Machine) -> None:
    await machine.reports(6 * GIB)
    boot = await machine.rebooted()
    await machine.answers(blank_server())
    now = int(datetime.now(UTC).timestamp())
    await machine.answers(
        blank_server(status=server(status={"NetInTransfer": 300, "Uptime": 30})["status"], last_active=now)
    )
    await machine.reports(900, boot=boot)
    assert await machine.total() == GIB + 900


async def test_a_servers_clock_put_right_is_no_reboot(machine: Machine) -> None:
    await machine.reports(6 * GIB)
    now = int(datetime.now(UTC).timestamp())
    await machine.reports(6 * GIB + 5, boot=FIRST_BOOT + 86_400, uptime=now + 60 - FIRST_BOOT)
    assert await machine.total() == GIB + 5
