"""What goes wrong beside a running entry: polls that fail, frames that cease, tasks that end, answers that come too late."""

import asyncio
from collections.abc import Iterator
from functools import partial
import logging
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.nezha.api.transport import Transport
from custom_components.nezha.fleet import Fleet
from custom_components.nezha.runtime import limits
from custom_components.nezha.runtime.limits import RETRY_PAUSES
from custom_components.nezha.runtime.live import LiveState
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from simulator import Simulator

from .conftest import Clock, entry_of, refresh, set_up
from .live_home import Home, until
from .scripted import ScriptedDashboard, server
from .test_life import STORE, all_shown, logged, now, polls_due, shown

SOCKET = "/api/v1/ws/server"
both = pytest.mark.parametrize("generation", ["v1", "v2"])


class TestSecondTry:
    """A poll that fails is repeated before anything becomes unavailable; what was refused is not."""

    @pytest.mark.parametrize("fault", ["html_502", "html_520", "html_200", "refuse", "reset", "truncated_json"])
    async def test_one_failure_is_not_seen(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator, caplog: pytest.LogCaptureFixture, fault: str
    ) -> None:
        caplog.set_level(logging.INFO)
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.faults.set(fault, times=1)
        await refresh(hass, entry)
        assert simulator.faults.delivered[fault] == 1
        assert entry.runtime_data.last_update_success
        assert STATE_UNAVAILABLE not in all_shown(hass)
        assert logged(caplog) == []

    @pytest.mark.parametrize("fault", ["html_502", "html_200"])
    async def test_a_lasting_one_is_seen_once_the_tries_are_over(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator, fault: str
    ) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.faults.set(fault)
        await refresh(hass, entry)
        assert all_shown(hass) == {STATE_UNAVAILABLE}
        assert simulator.faults.delivered[fault] == 2
        await refresh(hass, entry)
        assert simulator.faults.delivered[fault] == 3, "where nothing is available, nothing can be kept so"

    async def test_what_takes_long_to_fail_is_not_tried_for_as_long_again(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        snapshot = entry.runtime_data.backend.snapshot

        async def fail(seconds: float) -> Any:
            clock.tick(seconds)
            return await snapshot()

        for seconds, tries in ((0.001, 3), (1, 2)):
            simulator.faults.set("html_502")
            simulator.faults.delivered.clear()
            with (
                patch.object(entry.runtime_data.backend, "snapshot", partial(fail, seconds)),
                patch.object(limits, "RETRY_PAUSES", (0.01, 0.02)),
            ):
                await refresh(hass, entry)
            assert simulator.faults.delivered["html_502"] == tries
            simulator.faults.clear()
            await refresh(hass, entry)

    async def test_a_rejection_is_not_repeated(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.dashboard.revoke_token(ScriptedDashboard.TOKEN)
        simulator.requests.clear()
        await refresh(hass, entry)
        assert len(simulator.requests) == 1

    async def test_a_block_is_not_repeated(self, home: Home) -> None:
        await home.set_up()
        for _ in range(10):
            home.simulator.firewall.reject("127.0.0.1")
        before = home.asked()
        await home.poll(11)
        assert home.asked() == before + 1
        assert home.all_shown() == {STATE_UNAVAILABLE} | home.all_shown() - {STATE_ON}

    def test_the_pauses_outlast_a_dashboards_restart(self) -> None:
        assert 14 <= sum(RETRY_PAUSES) <= 30


class TestFramesDecide:
    """While they arrive, they say that the dashboard is there, whatever a poll met; but who is on it, they do not."""

    @both
    @pytest.mark.parametrize(
        "fault", ["html_502", "html_520", "html_200", "html_403", "html_404", "not_json", "empty_body"]
    )
    async def test_whatever_the_poll_met(self, home: Home, fault: str, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        await home.set_up(metrics_interval=2)
        home.simulator.faults.set(fault)
        for load in (10.0, 20.0, 30.0):
            home.dashboard.servers[1].machine.pin(load_1=load)
            await home.frame(2)
            await home.poll(5)
            assert home.shown("load_1") == str(load)
        assert home.simulator.faults.delivered[fault]
        assert home.seen == []
        assert [line for line in logged(caplog) if "live data goes on" in line] == logged(caplog)[:1]

    async def test_not_for_ever(self, home: Home) -> None:
        await home.set_up(metrics_interval=2)
        home.simulator.faults.set("html_502")
        for second in range(0, limits.LIST_EXCUSED_FOR + 30, 30):
            await home.frame(25)
            await home.poll(5)
            is_excused = second < limits.LIST_EXCUSED_FOR
            assert (home.shown("online") == STATE_ON) == is_excused, second
        home.simulator.faults.clear()
        await home.poll(30)
        await home.frame(2)
        assert home.shown("online") == STATE_ON

    async def test_a_list_in_between_is_a_new_excuse(self, home: Home) -> None:
        await home.set_up(metrics_interval=2)
        for _ in range(3):
            home.simulator.faults.set("html_502")
            for _ in range(7):
                await home.frame(25)
                await home.poll(5)
            assert home.shown("online") == STATE_ON
            home.simulator.faults.clear()
            await home.frame(25)
            await home.poll(5)
        assert home.seen == []

    async def test_only_while_the_newest_is_young(self, home: Home) -> None:
        """Also where nobody notices that they ceased: a socket that only pings, a task that hangs."""
        entry = await home.set_up()
        await home.frame(2)
        assert entry.runtime_data.live_state is LiveState.LIVE
        home.simulator.faults.set("html_502")
        await home.poll(limits.NEWEST_FRAME_AGE)
        assert home.shown("online") == STATE_ON
        await home.poll(1)
        assert (entry.runtime_data.live, entry.runtime_data.live_state) == (False, LiveState.WAITING)
        assert home.shown("online") == STATE_UNAVAILABLE


class TestUnforeseen:
    """An error that nobody foresaw ends neither the following of frames nor the truth of what is shown."""

    @pytest.fixture(autouse=True)
    def hasty(self) -> Iterator[None]:
        """Follow anew at once."""
        with patch("custom_components.nezha.runtime.live.FIRST_LIVE_PAUSE", 0):
            yield

    async def test_it_is_logged_once_and_followed_anew(self, home: Home, caplog: pytest.LogCaptureFixture) -> None:
        entry = await home.set_up(metrics_interval=2)
        await home.frame(2)
        caplog.clear()
        for _ in range(3):
            viewers = home.simulator.live._viewers
            before = set(viewers)
            with patch.object(Fleet, "follow", side_effect=ValueError("what was sent")):
                home.clock.tick(2)
                await home.simulator.push_frame()
                await until(lambda: not entry.runtime_data.live)
            await until(lambda viewers=viewers, before=before: viewers - before)
            # Who is gone is noticed by whom it is sent to.
            viewers &= viewers - before
            home.dashboard.servers[1].machine.pin(load_1=7.0)
            for _ in range(2):
                await home.frame(2)
            assert entry.runtime_data.live
            assert home.shown("load_1") == "7.0"
        (line,) = logged(caplog, logging.ERROR)
        assert line.startswith("Unexpected ValueError following live data of dashboard, which is followed anew:\n")
        assert "what was sent" not in caplog.text
        assert home.seen == []

    async def test_with_the_dashboard_off_nothing_stays_online(self, home: Home) -> None:
        entry = await home.set_up()
        await home.frame(2)
        with patch.object(Fleet, "follow", side_effect=ValueError):
            await home.simulator.push_frame()
            home.simulator.power_off()
            await until(lambda: not entry.runtime_data.live)
        for _ in range(3):
            await home.poll(30)
            assert home.shown("online") == STATE_UNAVAILABLE

    async def test_while_it_connects(self, home: Home) -> None:
        """A session's token with a line break, a redirect with a user in it."""
        entry = await home.set_up()
        await home.frame(2)
        real, fails = Transport.connect, iter([True, True])

        async def connect(self: Transport, path: str, headers: Any) -> Any:
            if next(fails, False):
                raise ValueError("what was sent")
            return await real(self, path, headers)

        with patch.object(Transport, "connect", connect):
            home.simulator.frame_faults.set("drop", times=1)
            await home.frame_is_lost()
            home.pauses.end()
            await home.viewer()
        await home.frame(2)
        assert entry.runtime_data.live


class TestSlowList:
    """Frames do not wait for a list."""

    async def test_frames_go_on(self, home: Home) -> None:
        await home.set_up(metrics_interval=2)
        home.simulator.faults.set("hang_before_headers", path="/api/v1/server")
        home.simulator.frame_faults.set("unknown_server", times=1)
        await home.frame(2)
        await until(lambda: home.simulator.faults.delivered["hang_before_headers"])
        for load in (10.0, 20.0):
            home.dashboard.servers[1].machine.pin(load_1=load)
            home.clock.tick(2)
            await home.simulator.push_frame()
            await until(lambda load=load: home.shown("load_1") == str(load))
        home.dashboard.servers[1].machine.silent = True
        for _ in range(20):
            home.clock.tick(2)
            await home.simulator.push_frame()
        await until(lambda: home.shown("online") == STATE_OFF)


class TestPace:
    """A frame that comes a little early or late keeps the pace."""

    @pytest.mark.parametrize("interval", [2, 4, 30])
    async def test_a_millisecond_early(self, home: Home, interval: int) -> None:
        await home.set_up(metrics_interval=interval)
        published = []
        for frame in range(1, 31):
            home.dashboard.servers[1].machine.pin(load_1=float(frame))
            await home.frame(1.999 if frame % 2 else 2.0)
            published.append(float(home.shown("load_1")))
        every = interval // 2
        assert [frame for frame, value in enumerate(published, 1) if value == frame] == [*range(every, 31, every)]


class TestBlockAndSocket:
    """One pause for all who would ask: the socket is not opened while the dashboard blocks us."""

    @both
    async def test_it_waits_for_the_list(self, home: Home) -> None:
        await home.set_up()
        await home.frame(2)
        for _ in range(10):
            home.simulator.firewall.reject("127.0.0.1")
        home.simulator.frame_faults.set("drop", times=1)
        home.clock.tick(2)
        await home.simulator.push_frame()
        await until(lambda: home.issues() == {"blocked_hub"})
        knocked = home.simulator.firewall.turned_away
        for _ in range(5):
            home.pauses.end()
            await asyncio.sleep(0.01)
        assert home.simulator.firewall.turned_away == knocked
        home.simulator.firewall.clear()
        await home.poll(60)
        home.pauses.end()
        await home.viewer()
        assert home.issues() == set()

    @both
    async def test_a_refused_socket_alone_is_no_block_and_seldom_tried(self, home: Home) -> None:
        entry = await home.set_up()
        await home.frame(2)
        home.simulator.faults.set("html_403", path="/ws/")
        home.simulator.frame_faults.set("drop", times=1)
        await home.frame_is_lost()
        home.pauses.end()
        await until(lambda: home.simulator.faults.delivered["html_403"] == 1)
        for _ in range(5):
            home.pauses.end()
            await home.poll(10)
        assert home.simulator.faults.delivered["html_403"] == 1
        assert home.issues() == set()
        assert home.shown("online") == STATE_ON
        assert not entry.runtime_data.live


class TestTooLate:
    """An answer that comes after its entry was unloaded is nobody's."""

    @pytest.fixture
    def held(self) -> Iterator[asyncio.Event]:
        """Hold every answer until this is set."""
        get, go_on = Transport.get, asyncio.Event()

        async def hold(self: Transport, path: str, headers: Any) -> Any:
            reply = await get(self, path, headers)
            await go_on.wait()
            return reply

        go_on.set()
        with patch.object(Transport, "get", hold):
            yield go_on

    @pytest.fixture
    async def asking(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard, held: asyncio.Event
    ) -> asyncio.Task[None]:
        """Set up, and have somebody else ask for an answer that does not come yet."""
        scripted.servers = [server()]
        entry = await set_up(hass, entry_of(scripted.url))
        clock.tick(3_600)
        scripted.servers = [server(host={"BootTime": now() - 100}, status={"Uptime": 100})]
        held.clear()
        before = len(scripted.tokens)
        task = asyncio.create_task(entry.runtime_data.async_request_refresh())
        await until(lambda: len(scripted.tokens) > before)
        return task

    async def test_a_removal(
        self,
        hass: HomeAssistant,
        asking: asyncio.Task[None],
        held: asyncio.Event,
        hass_storage: dict[str, Any],
    ) -> None:
        await hass.config_entries.async_remove("hub")
        assert STORE not in hass_storage
        held.set()
        await asking
        await polls_due(hass, 3_600)
        assert STORE not in hass_storage
        assert not hass.states.async_all("sensor")

    async def test_a_reload(
        self,
        hass: HomeAssistant,
        clock: Clock,
        scripted: ScriptedDashboard,
        asking: asyncio.Task[None],
        held: asyncio.Event,
        hass_storage: dict[str, Any],
    ) -> None:
        entry = hass.config_entries.async_get_entry("hub")
        assert entry
        await hass.config_entries.async_unload("hub")
        clock.tick(3_600)
        boot = now() - 50
        scripted.servers = [server(host={"BootTime": boot}, status={"Uptime": 50})]
        held.set()
        await set_up(hass, entry)
        await asking
        assert str(boot) in str(hass_storage[STORE])
        await polls_due(hass, 3_600)
        assert str(boot) in str(hass_storage[STORE])
        assert shown(hass, "online") == STATE_ON

    async def test_an_unload(
        self, hass: HomeAssistant, asking: asyncio.Task[None], held: asyncio.Event, hass_storage: dict[str, Any]
    ) -> None:
        await hass.config_entries.async_unload("hub")
        written = str(hass_storage[STORE])
        held.set()
        await asking
        await polls_due(hass, 3_600)
        assert str(hass_storage[STORE]) == written
