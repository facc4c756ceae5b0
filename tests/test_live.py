"""Frames of a real WebSocket in a real Home Assistant: what they change at once, at their pace, and never."""

import asyncio
from collections import Counter
from collections.abc import Iterator
import logging
import time
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.nezha.api import UnreachableError
from custom_components.nezha.api.limits import SILENCE
from custom_components.nezha.api.transport import Transport
from custom_components.nezha.const import CONF_GENERATION, CONF_REJECTED, DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    EVENT_STATE_CHANGED,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from simulator import DEMO_PAT, DEMO_USER, STRANGER, Simulator

from .conftest import Clock, entry_of, refresh, set_up
from .live_home import Home, our_tasks, timers_due, until
from .scripted import ScriptedDashboard

both = pytest.mark.parametrize("generation", ["v1", "v2"])


class TestPace:
    """Who is online is published at once, measurements at a set pace."""

    @both
    async def test_frames_update_entities(self, home: Home) -> None:
        await home.set_up(metrics_interval=2)
        asked = len(home.simulator.requests)
        for cpu in (10.0, 20.0, 30.0):
            home.dashboard.servers[1].machine.pin(load_1=cpu)
            await home.frame(2)
            assert home.shown("load_1") == str(cpu)
        assert len(home.simulator.requests) == asked, "nothing was asked for"

    @pytest.mark.parametrize("interval", [10, 30, 60])
    async def test_measurements_at_their_pace(self, home: Home, interval: int) -> None:
        await home.set_up(metrics_interval=interval)
        changed: Counter[str] = Counter()
        home.hass.bus.async_listen(
            EVENT_STATE_CHANGED, callback(lambda event: changed.update([event.data["entity_id"]]))
        )
        for second in range(2, 121, 2):
            home.dashboard.servers[1].machine.pin(load_1=second / 2)
            await home.frame(2)
            assert home.shown("load_1") == str(second // interval * interval / 2) or second < interval
        assert changed[home.entity_id("load_1")] == 120 // interval

    async def test_a_poll_does_not_hasten_them(self, home: Home) -> None:
        await home.set_up(metrics_interval=60)
        await home.frame(2)
        before = home.shown("load_1")
        home.dashboard.servers[1].machine.pin(load_1=99.0)
        await home.frame(28)
        await home.poll(2)
        assert home.shown("load_1") == before
        await home.frame(29)
        assert home.shown("load_1") == "99.0"

    async def test_thirty_seconds_unless_told(self, home: Home) -> None:
        await home.set_up()
        await home.frame(2)
        before = home.shown("load_1")
        home.dashboard.servers[1].machine.pin(load_1=99.0)
        await home.frame(26)
        assert home.shown("load_1") == before
        await home.frame(2)
        assert home.shown("load_1") == "99.0"

    @both
    @pytest.mark.parametrize("phase", [0, 0.4, 0.99, 1.5, 1.99])
    async def test_offline_within_3_and_a_half_seconds(self, home: Home, phase: float) -> None:
        await home.set_up(metrics_interval=300)
        server = home.dashboard.servers[1]
        await home.frame(2)
        server.machine.silent = True
        last_report = server.last_active
        await home.frame(phase)
        while home.shown("online") == STATE_ON:
            late = time.time() - last_report - 30
            assert late <= 3.5
            await home.frame(2)
        late = time.time() - last_report - 30
        assert 0 <= late <= 3.5
        assert home.shown("load_1") == STATE_UNAVAILABLE
        assert (home.shown("online", 2), home.shown("online", 3)) == (STATE_ON, STATE_ON)

    @both
    async def test_online_at_once_with_what_it_measures(self, home: Home) -> None:
        machine = home.dashboard.servers[1].machine
        await home.set_up(metrics_interval=300)
        machine.silent = True
        for _ in range(18):
            await home.frame(2)
        assert home.shown("online") == STATE_OFF
        machine.silent = False
        machine.pin(load_1=42.0)
        await home.frame(2)
        await home.frame(2)
        assert (home.shown("online"), home.shown("load_1")) == (STATE_ON, "42.0")

    async def test_the_dashboards_clock_counts(self, home: Home) -> None:
        home.dashboard.clock_offset = -86_400
        await home.set_up()
        home.dashboard.servers[1].machine.silent = True
        for _ in range(18):
            await home.frame(2)
        assert (home.shown("online"), home.shown("online", 2)) == (STATE_OFF, STATE_ON)


class TestLoss:
    """Polling goes on as on v0, the socket is tried again, and nothing flaps on the way over and back."""

    FAULTS = (
        *("drop", "close", "garbage", "truncated_json", "json_null", "empty", "deep_json", "oversized", "silence"),
    )

    @pytest.mark.parametrize("fault", FAULTS)
    async def test_over_and_back(
        self, home: Home, fault: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr("custom_components.nezha.api.transport.LARGEST_REPLY", 2**17)
        monkeypatch.setattr("custom_components.nezha.api.websocket.SILENCE", SILENCE)
        entry = await home.set_up(metrics_interval=2)
        devices, entities = home.devices(), home.entities()
        await home.frame(2)
        assert entry.runtime_data.live

        asked = home.asked()
        home.simulator.frame_faults.set(fault)
        home.clock.tick(2)
        await home.simulator.push_frame()
        if fault == "silence":
            await timers_due(home.hass, SILENCE + 1)
        await home.is_lost()
        assert not entry.runtime_data.live
        assert home.asked() == asked + 1, "it is asked at once"
        for cpu in (10.0, 20.0, 30.0):
            home.dashboard.servers[1].machine.pin(load_1=cpu)
            await home.poll(30)
            assert home.shown("load_1") == str(cpu)

        home.simulator.frame_faults.clear()
        await home.reconnects()
        home.dashboard.servers[1].machine.pin(load_1=40.0)
        await home.frame(2)
        assert entry.runtime_data.live
        assert home.shown("load_1") == "40.0"
        assert home.seen == []
        assert not {STATE_UNAVAILABLE} & home.all_shown()
        assert (home.devices(), home.entities()) == (devices, entities)
        assert not [record for record in caplog.records if record.levelno > logging.INFO and "nezha" in record.name]

    async def test_a_server_goes_offline_by_polling(self, home: Home) -> None:
        await home.set_up()
        home.simulator.frame_faults.set("drop", times=1)
        await home.frame_is_lost()
        home.dashboard.servers[1].machine.silent = True
        await home.poll(20)
        assert home.shown("online") == STATE_ON
        await home.poll(20)
        assert home.shown("online") == STATE_OFF

    async def test_pauses_grow_and_begin_anew(self, home: Home) -> None:
        await home.set_up()
        await home.frame(2)
        home.simulator.frame_faults.set("drop", times=1)
        await home.frame_is_lost()
        with patch("custom_components.nezha.api.transport.Transport.connect", side_effect=UnreachableError) as connect:
            for attempt in range(1, 10):
                home.pauses.end()
                await until(lambda attempt=attempt: len(home.pauses.seconds) == attempt + 1)
            assert connect.call_count == 9
        planned = [2, 4, 8, 16, 32, 64, 120, 120, 120, 120]
        ratios = [real / plan for real, plan in zip(home.pauses.seconds, planned, strict=True)]
        assert all(0.75 <= ratio <= 1.25 for ratio in ratios)
        assert len(set(ratios)) > 5, "each is a little other than planned"

        await home.reconnects()
        await home.frame(2)
        home.simulator.frame_faults.set("drop", times=1)
        await home.frame_is_lost()
        assert home.pauses.seconds[0] <= 2.5

    @pytest.mark.parametrize("generation", ["v1"])
    async def test_a_session_that_has_ended_is_renewed_before_the_socket_is_opened(
        self, home: Home, generation: str
    ) -> None:
        await home.set_up()
        home.simulator.frame_faults.set("drop", times=1)
        await home.frame_is_lost()
        home.clock.tick(3_600)
        before = home.asked("/api/v1/login")
        await home.reconnects()
        assert home.asked("/api/v1/login") == before + 1


class TestSession:
    """What an entry knows its dashboard by goes there, and in no other way than it was meant to."""

    async def test_a_socket_is_not_followed_to_another_origin(self, home: Home) -> None:
        await home.set_up()
        elsewhere = Simulator(generation=home.generation, frames="manual")
        await elsewhere.start()
        home.simulator.faults.elsewhere = elsewhere.url
        home.simulator.frame_faults.set("drop", times=1)
        await home.frame_is_lost()
        home.simulator.faults.set("redirect_elsewhere", path="/ws/")
        home.pauses.seconds.clear()
        home.pauses.end()
        await until(lambda: home.pauses.seconds or elsewhere.requests)
        assert home.simulator.faults.delivered["redirect_elsewhere"] == 1
        assert elsewhere.requests == []
        home.simulator.faults.clear()
        await home.reconnects()
        await elsewhere.stop()

    @pytest.mark.parametrize("generation", ["v1"])
    async def test_a_log_in_leaves_no_cookie(self, home: Home, generation: str) -> None:
        # Of a host that is no more than a number, no cookie would be kept in any case.
        home.host = "nezha.test"
        await home.set_up()
        await home.frame(2)
        await home.poll(30)
        assert home.asked("/api/v1/login") == 1
        assert [request.path for request in home.simulator.requests if "Cookie" in request.headers] == []


class TestOnlyTheListDecides:
    """No device appears, changes its name or goes because of a frame."""

    @both
    async def test_an_unknown_server_asks_for_the_list_once(self, home: Home) -> None:
        await home.set_up()
        devices, asked = home.devices(), home.asked()
        home.simulator.frame_faults.set("unknown_server")
        for _ in range(10):
            await home.frame(2)
            await timers_due(home.hass, 11)
        assert home.asked() == asked + 1
        assert home.devices() == devices
        assert not any(str(STRANGER) in unique_id for unique_id in home.entities())

    @both
    async def test_a_new_server_is_there_with_the_first_frame_that_has_it(self, home: Home) -> None:
        await home.set_up()
        home.dashboard.add_server("delta")
        await home.frame(2)
        await home.hass.async_block_till_done()
        assert home.shown("online", 4) == STATE_ON
        assert "delta" in home.devices().values()

    async def test_a_name_and_an_absence(self, home: Home) -> None:
        await home.set_up()
        devices = home.devices()
        home.dashboard.rename(1, "omega")
        gone = home.entity_id("online", 3)
        home.dashboard.remove_server(3)
        for _ in range(30):
            await home.frame(2)
        assert home.devices() == devices
        assert home.hass.states.get(gone).state == STATE_ON
        await home.poll()
        assert "omega" in home.devices().values()
        assert home.hass.states.get(gone).state == STATE_UNAVAILABLE

    @both
    async def test_a_guests_view_blanks_nothing_and_takes_nobody_offline(self, home: Home) -> None:
        registry = er.async_get(home.hass)
        facts = ("agent_version", "platform", "ipv4", "memory_total", "boot_time", "groups")
        for key in facts:
            for server in home.dashboard.servers.values():
                registry.async_get_or_create("sensor", DOMAIN, f"hub_{server.machine.uuid}_{key}", disabled_by=None)
        home.dashboard.add_group("Edge", [1, 2])
        await home.set_up(metrics_interval=2)

        def known() -> dict[tuple[str, int], str]:
            states = {
                (key, number): home.hass.states.get(home.entity_id(key, number))
                for key in facts
                for number in (1, 2, 3)
            }
            return {place: state.state for place, state in states.items() if state}

        before, versions = (
            known(),
            [each.sw_version for each in dr.async_entries_for_config_entry(dr.async_get(home.hass), "hub")],
        )
        assert before
        home.simulator.frame_faults.set("guest_view")
        for _ in range(25):
            await home.frame(2)
        await home.poll()
        for _ in range(5):
            await home.frame(2)
        assert home.seen == []
        assert known() == before
        assert [
            each.sw_version for each in dr.async_entries_for_config_entry(dr.async_get(home.hass), "hub")
        ] == versions
        assert {home.shown("online", number) for number in (1, 2, 3)} == {STATE_ON}


class TestPollingBesideFrames:
    """An answer takes its time, and frames go on meanwhile: it must not undo what they told."""

    @pytest.fixture
    def held(self) -> Iterator[asyncio.Event]:
        """Hold every poll after the servers were told, until this is set."""
        get, go_on = Transport.get, asyncio.Event()

        async def hold(self: Transport, path: str, *args: Any, **kwargs: Any) -> Any:
            if path.endswith("/service"):
                await go_on.wait()
            return await get(self, path, *args, **kwargs)

        go_on.set()
        with patch.object(Transport, "get", hold):
            yield go_on

    async def poll_begins(self, home: Home, held: asyncio.Event) -> asyncio.Task[None]:
        """Poll, as far as the servers."""
        held.clear()
        asked = home.asked("/api/v1/server-group")
        polling = asyncio.create_task(home.entry.runtime_data.async_refresh())
        await until(lambda: home.asked("/api/v1/server-group") > asked)
        return polling

    @both
    async def test_a_server_that_went_offline_meanwhile(self, home: Home, held: asyncio.Event) -> None:
        await home.set_up()
        home.dashboard.servers[1].machine.silent = True
        await home.frame(29)
        polling = await self.poll_begins(home, held)
        await home.frame(4)
        assert home.shown("online") == STATE_OFF
        held.set()
        await polling
        await home.frame()
        assert home.seen == [(home.entity_id("online"), STATE_OFF)]

    @both
    @pytest.mark.parametrize("interval", [2, 300])
    async def test_a_reboot_meanwhile(self, home: Home, held: asyncio.Event, interval: int) -> None:
        """Old counters beside the new boot would count the whole of them once more."""
        await home.set_up(metrics_interval=interval)
        machine = home.dashboard.servers[1].machine
        machine.pin(net_in_transfer=10**12)
        await home.frame(300)
        polling = await self.poll_begins(home, held)
        home.clock.tick(200)
        machine.unpin()
        machine.reboot()
        await home.frame(4)
        boot = home.shown("boot_time")
        home.clock.tick(3)
        held.set()
        await polling
        await home.hass.async_block_till_done()
        state = home.hass.states.get(home.entity_id("net_in_transfer"))
        assert home.shown("boot_time") == boot
        assert float(state.state) < 1
        assert home.seen == []

    async def test_rest_that_fails_while_frames_go_on(self, home: Home) -> None:
        await home.set_up(metrics_interval=2)
        home.simulator.faults.set("html_502")
        for cpu in (10.0, 20.0):
            home.dashboard.servers[1].machine.pin(load_1=cpu)
            await home.frame(2)
            await home.poll()
            assert home.shown("load_1") == str(cpu)
        assert home.seen == []


class TestUnloading:
    """It takes no longer than two seconds while frames arrive, and leaves nothing behind."""

    @both
    @pytest.mark.parametrize("pace", [0.01])
    async def test_while_frames_arrive(self, home: Home, pace: float) -> None:
        entry = await home.set_up()
        for _ in range(2):
            await until(lambda: entry.runtime_data.live)
            began = time.perf_counter()
            assert await home.hass.config_entries.async_unload(entry.entry_id)
            assert time.perf_counter() - began < 2
            assert our_tasks() == []
            await until(lambda: home.simulator.live.online == 0)
            await set_up(home.hass, entry)
            await home.viewer()
        assert home.shown("online") == STATE_ON

    @pytest.mark.parametrize("pace", [0.01])
    async def test_a_reload_while_frames_arrive(self, home: Home, pace: float) -> None:
        entry = await home.set_up()
        entities = home.entities()
        began = time.perf_counter()
        assert await home.hass.config_entries.async_reload(entry.entry_id)
        assert time.perf_counter() - began < 2
        await until(lambda: entry.runtime_data.live)
        assert home.simulator.live.online == 1
        assert home.entities() == entities

    @pytest.mark.parametrize("pace", [0.01])
    async def test_shutdown_while_frames_arrive(self, home: Home, pace: float) -> None:
        entry = await home.set_up()
        await until(lambda: entry.runtime_data.live)
        began = time.perf_counter()
        await home.hass.async_stop(force=True)
        assert time.perf_counter() - began < 2
        assert our_tasks() == []
        await until(lambda: home.simulator.live.online == 0)

    async def test_while_the_socket_waits_to_be_opened(self, home: Home) -> None:
        entry = await home.set_up()
        home.simulator.frame_faults.set("drop", times=1)
        await home.frame_is_lost()
        assert await home.hass.config_entries.async_unload(entry.entry_id)
        assert our_tasks() == []

    async def test_while_a_frame_has_the_list_asked_for(self, home: Home) -> None:
        entry = await home.set_up()
        home.simulator.faults.set("hang_before_headers")
        home.simulator.frame_faults.set("unknown_server")
        home.clock.tick(2)
        await home.simulator.push_frame()
        await until(lambda: home.simulator.faults.delivered["hang_before_headers"])
        assert await home.hass.config_entries.async_unload(entry.entry_id)
        assert our_tasks() == []
        await until(lambda: home.simulator.live.online == 0)


class TestRestartOfTheDashboard:
    """Requests are refused at once, frames go on for 5 s, all is blank afterwards: no server goes down by that."""

    @both
    async def test_it_takes_no_server_down(self, home: Home) -> None:
        entry = await home.set_up()
        boots = [home.shown("boot_time", number) for number in (1, 2, 3)]
        await home.frame(2)
        home.simulator.shut_down(linger=None)
        for _ in range(3):
            await home.poll(1)
            await home.frame(1)
        assert home.seen == []
        home.simulator.power_off()
        await home.is_lost()
        await home.poll(2)
        assert {state for _, state in home.seen} == {STATE_UNAVAILABLE}
        home.seen.clear()

        home.clock.tick(2)
        home.simulator.start_up()
        await home.reconnects()
        await home.frame(1)
        await timers_due(home.hass, 11)
        assert entry.runtime_data.last_update_success, "the first frame has the dashboard asked"
        for _ in range(15):
            await home.frame(2)
        assert Counter(home.seen) == {(home.entity_id("online", number), STATE_ON): 1 for number in (1, 2, 3)}
        assert [home.shown("boot_time", number) for number in (1, 2, 3)] == boots
        await home.poll()
        assert STATE_UNAVAILABLE not in home.all_shown()

    async def test_a_server_that_does_not_come_back_goes_offline(self, home: Home) -> None:
        await home.set_up()
        await home.frame(2)
        home.dashboard.servers[1].machine.silent = True
        home.simulator.power_off()
        await home.is_lost()
        home.simulator.start_up()
        await home.reconnects()
        await home.poll()
        states = []
        for _ in range(20):
            await home.frame(2)
            states.append(home.shown("online"))
        assert states[0] == STATE_ON
        assert states[-1] == STATE_OFF
        assert sorted(states, reverse=True) == states


class TestRejection:
    """A token is never sent again, neither by a request nor by the socket."""

    def carried(self, home: Home) -> int:
        """Count the requests that carried the token."""
        return sum(DEMO_PAT in request.headers.get("Authorization", "") for request in home.simulator.requests)

    async def test_found_by_a_request(self, home: Home) -> None:
        entry = await home.set_up()
        await home.frame(2)
        home.dashboard.credentials.remove_access_token(DEMO_PAT)
        home.simulator.requests.clear()
        await home.poll(30)
        assert (self.carried(home), home.reauths()) == (1, 1)
        assert entry.data[CONF_REJECTED]
        for _ in range(3):
            await home.frame(2)
            await timers_due(home.hass, 11)
        home.simulator.frame_faults.set("drop", times=1)
        await home.frame_is_lost()
        home.pauses.end()
        await until(lambda: our_tasks() == [])
        await timers_due(home.hass, 86_400)
        await home.hass.config_entries.async_reload(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_ERROR
        assert (self.carried(home), home.reauths()) == (1, 1)

    async def test_found_by_the_socket(self, home: Home) -> None:
        entry = await home.set_up()
        home.simulator.frame_faults.set("drop", times=1)
        await home.frame_is_lost()
        home.dashboard.credentials.remove_access_token(DEMO_PAT)
        home.simulator.requests.clear()
        home.pauses.end()
        await until(home.reauths)
        assert entry.data[CONF_REJECTED]
        for _ in range(3):
            await home.poll(30)
        assert (self.carried(home), home.reauths()) == (1, 1)

    @pytest.mark.parametrize("generation", ["v1"])
    async def test_a_password_changed_meanwhile(self, home: Home, generation: str) -> None:
        await home.set_up()
        home.dashboard.credentials.add_user(DEMO_USER, "another")
        home.dashboard.credentials.revoke_jwts()
        home.simulator.requests.clear()
        await home.poll(30)
        assert home.reauths() == 1
        home.simulator.frame_faults.set("drop", times=1)
        await home.frame_is_lost()
        home.pauses.end()
        await until(lambda: our_tasks() == [])
        await home.poll(3_600)
        assert home.asked("/api/v1/login") == 1


class TestBlock:
    """It is told to the user and waited out with growing pauses; the issue is gone afterwards."""

    @both
    async def test_growing_pauses(self, home: Home) -> None:
        await home.set_up()
        await home.frame(2)
        for _ in range(10):
            home.simulator.firewall.reject("127.0.0.1")
        await home.poll(1)
        assert home.issues() == {"blocked_hub"}
        home.simulator.requests.clear()
        for pause, asked in ((60, 1), (120, 2), (240, 3), (480, 4)):
            # Frames go on: the socket was open before.
            await home.frame(1)
            await home.poll(pause - 2)
            assert home.asked() == asked - 1
            await home.poll(1)
            assert home.asked() == asked
        assert home.issues() == {"blocked_hub"}
        home.simulator.firewall.clear()
        await home.poll(959)
        assert home.issues() == {"blocked_hub"}
        await home.poll(1)
        assert home.issues() == set()
        assert home.shown("online") == STATE_ON

    async def test_at_the_start(self, home: Home) -> None:
        home.simulator.firewall.reject("127.0.0.1")
        with patch.object(home, "viewer"):
            entry = await home.set_up()
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert home.issues() == {"blocked_hub"}
        home.simulator.firewall.clear()
        await home.hass.config_entries.async_reload(entry.entry_id)
        await home.hass.async_block_till_done()
        assert home.issues() == set()


class TestUpgrade:
    """v1 to v2 goes on; from v0 there is no way on."""

    @pytest.mark.parametrize("generation", ["v1"])
    async def test_from_v1_to_v2(self, home: Home, generation: str) -> None:
        entry = await home.set_up()
        await home.frame(2)
        entities, devices = home.entities(), home.devices()
        home.simulator.power_off()
        await home.is_lost()
        await home.poll(10)
        await home.simulator.switch("v2")
        home.dashboard.start()
        await home.poll(20)
        await home.hass.async_block_till_done()
        assert entry.data[CONF_GENERATION] == "v2"
        assert entry.state is ConfigEntryState.LOADED
        await home.viewer()
        await home.frame(20)
        assert (home.entities(), home.devices()) == (entities, devices)
        assert home.shown("online") == STATE_ON
        assert STATE_OFF not in {state for _, state in home.seen}
        assert home.reauths() == 0
        entries = dr.async_entries_for_config_entry(dr.async_get(home.hass), "hub")
        hub = next(device for device in entries if (DOMAIN, "hub") in device.identifiers)
        assert hub.model == "Nezha v2"

    @pytest.mark.parametrize("target", ["v1", "v2"])
    async def test_from_v0(self, hass: HomeAssistant, clock: Clock, simulator: Simulator, target: str) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        devices = len(dr.async_entries_for_config_entry(dr.async_get(hass), "hub"))
        await simulator.switch(target)
        simulator.requests.clear()
        await refresh(hass, entry)
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.SETUP_ERROR
        assert entry.data[CONF_GENERATION] == "v0"
        issue = ir.async_get(hass).async_get_issue(DOMAIN, "renumbered_hub")
        assert issue.is_fixable
        assert issue.translation_placeholders["generation"] == target
        assert hass.states.get("binary_sensor.alpha").state == STATE_UNAVAILABLE
        assert len(dr.async_entries_for_config_entry(dr.async_get(hass), "hub")) == devices
        carried = [request for request in simulator.requests if "Authorization" in request.headers]
        assert len(carried) == 1, "the one by which it was found out"
        assert carried[0].headers["Authorization"] == ScriptedDashboard.TOKEN

        await simulator.switch("v0")
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        assert ir.async_get(hass).async_get_issue(DOMAIN, "renumbered_hub") is None
        assert hass.states.get("binary_sensor.alpha").state not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
