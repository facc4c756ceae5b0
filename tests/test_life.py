"""The life of an entry in a real Home Assistant: what comes, goes and returns, and what that does to the entities."""

import asyncio
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
import gc
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    get_scheduled_timer_handles,
)

from custom_components.nezha import async_remove_config_entry_device
from custom_components.nezha.api.transport import Reply
from custom_components.nezha.const import CONF_GROUP_AS_AREA, CONF_GROUPS, DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import (
    EVENT_STATE_CHANGED,
    EVENT_STATE_REPORTED,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from simulator import Dashboard, Simulator, populate

from .conftest import Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, blank_server, server

STORE = "nezha.hub"
MEASUREMENTS = ("cpu", "memory", "disk", "memory_used", "net_in_speed", "net_in_transfer", "net_out_transfer", "load_1")
TEN_MINUTES = 600


@pytest.fixture(autouse=True)
def life(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Stop the clock before any server boots, and read the log as a user does."""
    caplog.set_level(logging.INFO)


def now() -> int:
    """Return the time in unix seconds."""
    return int(datetime.now(UTC).timestamp())


def entity_id(hass: HomeAssistant, key: str, identity: str | None = "1") -> str | None:
    """Return the id of a server's entity, or of the dashboard's."""
    unique_id = f"hub_{identity}_{key}" if identity else f"hub_{key}"
    domain = "binary_sensor" if key == "online" else "sensor"
    return er.async_get(hass).async_get_entity_id(domain, DOMAIN, unique_id)


def state_of(hass: HomeAssistant, key: str, identity: str | None = "1") -> State:
    """Return the state of a server's entity, or of the dashboard's."""
    state = hass.states.get(entity_id(hass, key, identity) or "")
    assert state, f"{key} of {identity} has no state"
    return state


def shown(hass: HomeAssistant, key: str, identity: str | None = "1") -> str:
    """Return what a user sees."""
    return state_of(hass, key, identity).state


def shown_time(hass: HomeAssistant, key: str, identity: str = "1") -> int:
    """Return a time that a user sees, in unix seconds."""
    return int(datetime.fromisoformat(shown(hass, key, identity)).timestamp())


def all_shown(hass: HomeAssistant) -> set[str]:
    """Return all that can be seen of the integration at present, without repetitions, but whether the dashboard answers."""
    registry = er.async_get(hass)
    of_dashboard = registry.async_get_entity_id("binary_sensor", DOMAIN, "hub_dashboard")
    return {
        state.state
        for state in hass.states.async_all()
        if registry.async_is_registered(state.entity_id) and state.entity_id != of_dashboard
    }


def device_of(hass: HomeAssistant, identity: str | None = "1") -> dr.DeviceEntry | None:
    """Return the device of a server, or the dashboard's."""
    key = f"hub_{identity}" if identity else "hub"
    entries = dr.async_entries_for_config_entry(dr.async_get(hass), "hub")
    return next((device for device in entries if (DOMAIN, key) in device.identifiers), None)


def ids(hass: HomeAssistant) -> dict[str, str]:
    """Return the entity ids by unique id."""
    return {each.unique_id: each.entity_id for each in er.async_entries_for_config_entry(er.async_get(hass), "hub")}


def enable(hass: HomeAssistant, *keys: str) -> None:
    """Let the user enable entities of server 1 before the entry is set up."""
    for key in keys:
        er.async_get(hass).async_get_or_create("sensor", DOMAIN, f"hub_1_{key}", disabled_by=None)


def logged(caplog: pytest.LogCaptureFixture, level: int = logging.INFO) -> list[str]:
    """Return what the integration told the user so far."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= level and record.name.startswith("custom_components.nezha")
    ]


def asked(simulator: Simulator) -> int:
    """Return how often the dashboard was asked with a credential."""
    return sum("Authorization" in request.headers for request in simulator.requests)


async def polls_due(hass: HomeAssistant, seconds: int) -> None:
    """Run every timer of the event loop that is due within so many seconds."""
    async_fire_time_changed(hass, datetime.now(UTC) + timedelta(seconds=seconds))
    await hass.async_block_till_done(wait_background_tasks=True)


async def set_up_with(
    hass: HomeAssistant, scripted: ScriptedDashboard, *servers: Any, **options: Any
) -> MockConfigEntry:
    """Set up an entry for a dashboard with these servers."""
    scripted.servers = list(servers)
    return await set_up(hass, entry_of(scripted.url, **options))


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the entry up anew, as a restart of Home Assistant does."""
    await hass.config_entries.async_unload(entry.entry_id)
    await set_up(hass, entry)


async def poll_without(hass: HomeAssistant, clock: Clock, entry: MockConfigEntry, lists: int, seconds: int) -> None:
    """Poll so many lists over so many seconds."""
    for number in range(lists):
        if number:
            clock.tick(seconds / (lists - 1))
        await refresh(hass, entry)


class TestOfflineServer:
    """It is offline by the dashboard's clock; what is measured is unavailable, what is known stays."""

    async def test_measurements_go_and_facts_stay(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        enable(hass, "last_active", "ipv4", "agent_version", "memory_total")
        reported = now()
        entry = await set_up_with(hass, scripted, server())
        assert shown(hass, "online") == STATE_ON
        before = {
            key: shown(hass, key) for key in ("boot_time", "last_active", "ipv4", "agent_version", "memory_total")
        }
        clock.tick(31)
        await refresh(hass, entry)
        assert shown(hass, "online") == STATE_OFF
        assert {shown(hass, key) for key in MEASUREMENTS} == {STATE_UNAVAILABLE}
        assert {key: shown(hass, key) for key in before} == before
        assert shown_time(hass, "last_active") == reported

    async def test_it_comes_back(self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> None:
        entry = await set_up_with(hass, scripted, server())
        clock.tick(31)
        await refresh(hass, entry)
        scripted.servers = [server(status={"CPU": 50})]
        await refresh(hass, entry)
        assert (shown(hass, "online"), shown(hass, "cpu")) == (STATE_ON, "50.0")

    async def test_one_that_never_reported(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        await set_up_with(hass, scripted, blank_server())
        assert shown(hass, "online") == STATE_OFF
        assert {shown(hass, key) for key in MEASUREMENTS} == {STATE_UNAVAILABLE}
        assert shown(hass, "boot_time") == STATE_UNKNOWN

    async def test_its_first_report(self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> None:
        entry = await set_up_with(hass, scripted, blank_server())
        clock.tick(30)
        scripted.servers = [server()]
        await refresh(hass, entry)
        assert (shown(hass, "online"), shown(hass, "cpu")) == (STATE_ON, "12.3")
        assert shown_time(hass, "boot_time") == 1_780_300_000

    async def test_the_dashboards_clock_counts(self, hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
        simulator.faults.set("clock_behind")
        entry = await set_up(hass, entry_of(simulator.url))
        assert shown(hass, "online") == STATE_ON
        simulator.dashboard.servers[1].machine.silent = True
        clock.tick(60)
        await refresh(hass, entry)
        assert (shown(hass, "online"), shown(hass, "online", "2")) == (STATE_OFF, STATE_ON)

    async def test_the_threshold_is_an_option(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        entry = await set_up_with(hass, scripted, server(), offline_after=300)
        clock.tick(300)
        await refresh(hass, entry)
        assert shown(hass, "online") == STATE_ON
        clock.tick(1)
        await refresh(hass, entry)
        assert shown(hass, "online") == STATE_OFF

    async def test_a_percentage_of_nothing_is_unknown(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        await set_up_with(hass, scripted, server(host={"MemTotal": 0, "DiskTotal": 0}))
        assert shown(hass, "memory") == shown(hass, "disk") == STATE_UNKNOWN
        assert shown(hass, "memory_used") == "1.0"


class TestUnreachableDashboard:
    """Every entity is unavailable; the log has one line when it goes and one when it is back."""

    @pytest.mark.usefixtures("impatient")
    @pytest.mark.parametrize(
        "fault",
        [
            *("refuse", "reset", "hang_before_headers", "hang_in_body", "close_in_body", "truncated_json"),
            *("not_json", "json_null", "html_200", "html_403", "html_404", "html_502"),
            *("redirect_loop", "redirect_elsewhere"),
        ],
    )
    async def test_all_goes_and_comes_back(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator, caplog: pytest.LogCaptureFixture, fault: str
    ) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        assert STATE_UNAVAILABLE not in all_shown(hass)
        assert logged(caplog) == []

        simulator.faults.set(fault)
        for _ in range(3):
            clock.tick(10)
            await refresh(hass, entry)
            assert all_shown(hass) == {STATE_UNAVAILABLE}
        (gone,) = logged(caplog)
        assert gone.startswith("Error fetching dashboard data: ")

        simulator.faults.clear()
        for _ in range(3):
            clock.tick(10)
            await refresh(hass, entry)
            assert STATE_UNAVAILABLE not in all_shown(hass)
        assert logged(caplog) == [gone, "Fetching dashboard data recovered"]

    async def test_at_the_start(self, hass: HomeAssistant, simulator: Simulator) -> None:
        simulator.faults.set("refuse")
        entry = await set_up(hass, entry_of(simulator.url))
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert entry.reason == "Nothing answers at the dashboard's address"
        simulator.faults.clear()
        await restart(hass, entry)
        assert shown(hass, "online") == STATE_ON

    @pytest.mark.parametrize("fault", ["json_null", "truncated_json"])
    async def test_what_it_answered_is_not_kept_with_the_error(
        self, hass: HomeAssistant, simulator: Simulator, caplog: pytest.LogCaptureFixture, fault: str
    ) -> None:
        # What is logged for debugging is kept by the test alone.
        caplog.set_level(logging.INFO, "custom_components.nezha")
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.faults.set(fault)
        await refresh(hass, entry)
        assert entry.runtime_data.last_exception
        gc.collect()
        assert not [kept for kept in gc.get_objects() if isinstance(kept, Reply)]

    async def test_its_restart_takes_no_server_down(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        seen: Counter[tuple[str, str]] = Counter()
        boots = {number: shown(hass, "boot_time", number) for number in "123"}

        @callback
        def see(event: Event) -> None:
            state = event.data["new_state"]
            if state and state.domain == "binary_sensor" and not state.entity_id.endswith("_dashboard"):
                seen[state.entity_id, state.state] += 1

        hass.bus.async_listen(EVENT_STATE_CHANGED, see)
        simulator.dashboard.stop()
        simulator.faults.set("refuse")
        for _ in range(6):
            clock.tick(10)
            await refresh(hass, entry)
        simulator.dashboard.start()
        simulator.faults.clear()
        for seconds in (0, 5, 5, 5, 10, 30, 30):
            clock.tick(seconds)
            await refresh(hass, entry)
            assert {shown(hass, "boot_time", number) for number in "123"} == set(boots.values())

        assert {state for _, state in seen} == {STATE_UNAVAILABLE, STATE_ON}
        assert set(seen.values()) == {1}, "each went once and came once"
        assert {shown(hass, "online", number) for number in "123"} == {STATE_ON}
        assert len(logged(caplog)) == 2

    async def test_a_server_that_does_not_return_after_it_goes_offline(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.dashboard.stop()
        simulator.dashboard.servers[1].machine.silent = True
        simulator.dashboard.start()
        states = []
        for _ in range(5):
            clock.tick(10)
            await refresh(hass, entry)
            states.append(shown(hass, "online"))
        assert states == [STATE_ON] * 4 + [STATE_OFF]
        assert shown(hass, "online", "2") == STATE_ON

    async def test_addresses_stay_over_its_restart(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        enable(hass, "ipv4", "country")
        entry = await set_up_with(hass, scripted, server())
        scripted.servers = [blank_server()]
        await refresh(hass, entry)
        assert (shown(hass, "ipv4"), shown(hass, "country")) == ("198.51.100.1", "JP")


class TestServersComeAndGo:
    """The dashboard's list says who is there; devices and entities follow while all runs."""

    async def test_one_appears(self, hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.dashboard.add_server("delta", tag="Paris")
        clock.tick(10)
        await refresh(hass, entry)
        device = device_of(hass, "4")
        assert device
        assert device.name == "delta"
        assert device.via_device_id == device_of(hass, None).id
        assert shown(hass, "online", "4") == STATE_ON

    async def test_one_vanishes(self, hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.dashboard.remove_server(1)
        await refresh(hass, entry)
        assert shown(hass, "online") == shown(hass, "cpu") == shown(hass, "boot_time") == STATE_UNAVAILABLE
        assert shown(hass, "online", "2") == STATE_ON
        await poll_without(hass, clock, entry, lists=3, seconds=TEN_MINUTES)
        assert device_of(hass) is None
        assert entity_id(hass, "online") is None
        assert hass.states.get("binary_sensor.alpha") is None
        assert device_of(hass, "2")

    @pytest.mark.parametrize(("lists", "seconds"), [(2, TEN_MINUTES), (2, 86_400), (3, 599), (20, 599)])
    async def test_not_before_three_lists_and_ten_minutes(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator, lists: int, seconds: int
    ) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.dashboard.remove_server(1)
        await poll_without(hass, clock, entry, lists, seconds)
        assert device_of(hass)
        await poll_without(hass, clock, entry, lists=2, seconds=1)
        assert device_of(hass) is None

    async def test_a_failed_poll_counts_for_nothing(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.dashboard.remove_server(1)
        await refresh(hass, entry)
        simulator.faults.set("refuse")
        await poll_without(hass, clock, entry, lists=5, seconds=3_600)
        assert device_of(hass)

    @pytest.mark.parametrize("fault", ["halved_fleet", "empty_fleet", "null_list"])
    async def test_a_fleet_halved_for_one_reply_costs_nothing(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator, fault: str
    ) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        before, devices = ids(hass), [device_of(hass, number).id for number in "123"]
        for _ in range(4):
            simulator.faults.set(fault, times=1)
            clock.tick(TEN_MINUTES)
            await refresh(hass, entry)
            assert shown(hass, "online", "3") == STATE_UNAVAILABLE
            clock.tick(10)
            await refresh(hass, entry)
            assert {shown(hass, "online", number) for number in "123"} == {STATE_ON}
        assert ids(hass) == before
        assert [device_of(hass, number).id for number in "123"] == devices

    @pytest.mark.parametrize("fault", ["id_as_text", "id_null", "id_missing", "strangers", "duplicate_id"])
    async def test_a_list_with_an_omission_counts_for_no_removal(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator, fault: str
    ) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.dashboard.remove_server(3)
        simulator.faults.set(fault)
        await poll_without(hass, clock, entry, lists=5, seconds=3_600)
        assert all(device_of(hass, number) for number in "123")
        assert shown(hass, "online", "2") == STATE_ON
        simulator.faults.clear()
        await poll_without(hass, clock, entry, lists=3, seconds=TEN_MINUTES)
        assert device_of(hass, "3") is None

    async def test_nor_does_it_after_a_restart(self, hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
        """Then nothing is known of the server that cannot be read, but that it has a device."""
        entry = await set_up(hass, entry_of(simulator.url))
        await hass.config_entries.async_unload(entry.entry_id)
        simulator.faults.set("id_null")
        await set_up(hass, entry)
        await poll_without(hass, clock, entry, lists=5, seconds=3_600)
        assert device_of(hass)
        simulator.faults.clear()
        await refresh(hass, entry)
        assert shown(hass, "online") == STATE_ON

    async def test_one_that_cannot_be_read_is_judged_by_the_clock_and_named_once(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.faults.set("text_for_numbers")
        clock.tick(20)
        await refresh(hass, entry)
        assert (shown(hass, "online"), shown(hass, "online", "2")) == (STATE_ON, STATE_ON)
        for _ in range(5):
            clock.tick(20)
            await refresh(hass, entry)
        assert (shown(hass, "online"), shown(hass, "online", "2")) == (STATE_OFF, STATE_ON)
        (warning,) = logged(caplog, logging.WARNING)
        assert warning.startswith("Cannot read in the answer of dashboard: server 1 (alpha): last_active, status.CPU, ")

    async def test_one_returns_at_once(self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> None:
        entry = await set_up_with(hass, scripted, server(1), server(2, "beta"))
        before, device = ids(hass), device_of(hass)
        scripted.servers = [server(2, "beta")]
        await refresh(hass, entry)
        scripted.servers = [server(1), server(2, "beta")]
        await refresh(hass, entry)
        assert shown(hass, "online") == STATE_ON
        assert (ids(hass), device_of(hass)) == (before, device)

    async def test_one_returns_after_its_device_went(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard, caplog: pytest.LogCaptureFixture
    ) -> None:
        entry = await set_up_with(hass, scripted, server(1), server(2, "beta"))
        before, device = ids(hass), device_of(hass)
        for _ in range(2):
            scripted.servers = [server(2, "beta")]
            await poll_without(hass, clock, entry, lists=3, seconds=TEN_MINUTES)
            assert device_of(hass) is None
            scripted.servers = [server(1), server(2, "beta")]
            await refresh(hass, entry)
            assert (shown(hass, "online"), shown(hass, "cpu")) == (STATE_ON, "12.3")
            assert ids(hass) == before
            assert device_of(hass).id == device.id
        assert logged(caplog, logging.WARNING) == []

    async def test_its_boot_is_remembered_while_it_is_away(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        entry = await set_up_with(hass, scripted, server(1), server(2, "beta"))
        reset = state_of(hass, "net_in_transfer").attributes["last_reset"]
        scripted.servers = [server(2, "beta")]
        await poll_without(hass, clock, entry, lists=3, seconds=TEN_MINUTES)
        scripted.servers = [server(1, host={"BootTime": 1_780_300_002}), server(2, "beta")]
        await refresh(hass, entry)
        assert state_of(hass, "net_in_transfer").attributes["last_reset"] == reset

    async def test_servers_gone_while_home_assistant_was_down(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        """The registry remembers who was there; a set of known servers in memory would not."""
        entry = await set_up(hass, entry_of(simulator.url))
        await hass.config_entries.async_unload(entry.entry_id)
        simulator.dashboard.remove_server(1)
        clock.tick(86_400)
        await set_up(hass, entry)
        assert device_of(hass)
        await poll_without(hass, clock, entry, lists=3, seconds=TEN_MINUTES)
        assert device_of(hass) is None
        assert device_of(hass, "2")

    async def test_an_empty_fleet(self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> None:
        entry = await set_up_with(hass, scripted)
        assert entry.state is ConfigEntryState.LOADED
        assert {shown(hass, key, None) for key in ("servers", "servers_online", "servers_offline")} == {"0"}
        scripted.servers = [server()]
        await refresh(hass, entry)
        assert shown(hass, "online") == STATE_ON
        assert shown(hass, "servers", None) == "1"

    async def test_groups_that_were_not_chosen(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        entry = await set_up_with(
            hass, scripted, server(1, tag="Tokyo"), server(2, "beta", tag="Paris"), server(3, "gamma", tag="")
        )
        hass.config_entries.async_update_entry(entry, options={CONF_GROUPS: ["Tokyo"]})
        await restart(hass, entry)
        assert device_of(hass)
        assert device_of(hass, "2") is device_of(hass, "3") is None
        scripted.servers.append(server(4, "delta", tag="Tokyo"))
        await refresh(hass, entry)
        assert shown(hass, "online", "4") == STATE_ON
        assert shown(hass, "servers", None) == "2"


class TestDeletionByTheUser:
    """Only the device of a server that the dashboard lists no longer may be deleted, and it comes back with it."""

    async def test_only_what_is_not_listed(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        entry = await set_up_with(hass, scripted, server(1), server(2, "beta"))
        assert not await async_remove_config_entry_device(hass, entry, device_of(hass, None))
        assert not await async_remove_config_entry_device(hass, entry, device_of(hass, "1"))
        scripted.servers = [server(2, "beta")]
        await refresh(hass, entry)
        assert await async_remove_config_entry_device(hass, entry, device_of(hass, "1"))
        assert not await async_remove_config_entry_device(hass, entry, device_of(hass, "2"))

    async def test_not_while_the_dashboard_was_never_asked(
        self, hass: HomeAssistant, scripted: ScriptedDashboard
    ) -> None:
        entry = await set_up_with(hass, scripted, server())
        await hass.config_entries.async_unload(entry.entry_id)
        await scripted.stop()
        await set_up(hass, entry)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert not await async_remove_config_entry_device(hass, entry, device_of(hass))

    async def test_it_returns_with_its_server(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard, caplog: pytest.LogCaptureFixture
    ) -> None:
        entry = await set_up_with(hass, scripted, server(1), server(2, "beta"))
        before = ids(hass)
        scripted.servers = [server(2, "beta")]
        await refresh(hass, entry)
        dr.async_get(hass).async_remove_device(device_of(hass).id)
        await hass.async_block_till_done()
        assert hass.states.get("sensor.alpha_cpu_usage") is None

        scripted.servers = [server(1), server(2, "beta")]
        await refresh(hass, entry)
        assert (shown(hass, "online"), shown(hass, "cpu")) == (STATE_ON, "12.3")
        assert ids(hass) == before

        # Nothing is added a second time, not even when the next answer fails.
        await scripted.stop()
        await refresh(hass, entry)
        await scripted.start()
        await refresh(hass, entry)
        assert shown(hass, "online") == STATE_ON
        assert not [record for record in caplog.records if "unique ID" in record.getMessage()]


class TestRejectedToken:
    """It is sent once, and never again until there is a new one."""

    def reauths(self, hass: HomeAssistant) -> int:
        """Count the flows that ask for a new token."""
        flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        return sum(flow["context"]["source"] == SOURCE_REAUTH for flow in flows)

    async def test_while_running(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.dashboard.revoke_token(ScriptedDashboard.TOKEN)
        simulator.requests.clear()
        await polls_due(hass, 60)
        assert asked(simulator) == 1
        assert self.reauths(hass) == 1
        assert all_shown(hass) == {STATE_UNAVAILABLE}
        assert len(logged(caplog)) == 1

        for _ in range(3):
            await polls_due(hass, 86_400)
        assert asked(simulator) == 1

        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.SETUP_ERROR
        await restart(hass, entry)
        await polls_due(hass, 86_400)
        assert asked(simulator) == 1
        assert self.reauths(hass) == 1

    async def test_at_the_start(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_of(simulator.url, token="mistyped-token"))
        assert entry.state is ConfigEntryState.SETUP_ERROR
        assert self.reauths(hass) == 1
        await polls_due(hass, 86_400)
        await restart(hass, entry)
        assert asked(simulator) == 1

    async def test_polling_goes_on_while_it_is_good(self, hass: HomeAssistant, simulator: Simulator) -> None:
        """Otherwise the two tests above would show nothing."""
        await set_up(hass, entry_of(simulator.url))
        for _ in range(3):
            await polls_due(hass, 60)
        assert asked(simulator) == 4

    async def test_polling_goes_on_while_the_dashboard_is_away(self, hass: HomeAssistant, simulator: Simulator) -> None:
        await set_up(hass, entry_of(simulator.url))
        simulator.faults.set("html_502")
        for _ in range(3):
            await polls_due(hass, 60)
        assert simulator.faults.delivered["html_502"] == 4, "the first was tried twice"


class TestUnloading:
    """It leaves nothing behind, and what comes after finds everything as it was."""

    def traces(self, hass: HomeAssistant) -> Counter[str]:
        """Count the listeners, tasks and timers there are, but those of kept connections."""
        tasks = Counter(task.get_coro().__qualname__ for task in asyncio.all_tasks())
        timers = Counter(
            str(timer._callback)
            for timer in get_scheduled_timer_handles(hass.loop)
            if not timer.cancelled() and "aiohttp" not in str(timer._callback)
        )
        del tasks["RequestHandler.start"]
        return Counter(hass.bus.async_listeners()) + tasks + timers

    async def test_nothing_is_left(self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> None:
        entry = await set_up_with(hass, scripted, server(1), server(2, "beta"))
        await hass.config_entries.async_unload(entry.entry_id)
        await polls_due(hass, 3_600)  # The registries' own delayed writes
        before = self.traces(hass)
        for _ in range(2):
            await set_up(hass, entry)
            for _ in range(3):
                clock.tick(30)
                await refresh(hass, entry)
            await hass.config_entries.async_unload(entry.entry_id)
            await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.NOT_LOADED
        requests = len(scripted.tokens)
        await polls_due(hass, 3_600)
        # Not the same: what Home Assistant itself had still to write before may be written now.
        assert self.traces(hass) <= before
        assert len(scripted.tokens) == requests

    async def test_while_a_request_is_under_way(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        simulator.faults.set("hang_before_headers")
        async_fire_time_changed(hass, datetime.now(UTC) + timedelta(seconds=60))
        while not simulator.faults.delivered["hang_before_headers"]:
            await asyncio.sleep(0)
        assert await hass.config_entries.async_unload(entry.entry_id)
        assert not [task for task in asyncio.all_tasks() if "nezha" in task.get_name()]
        simulator.faults.clear()
        await set_up(hass, entry)
        assert shown(hass, "online") == STATE_ON

    async def test_while_entities_are_added(
        self, hass: HomeAssistant, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("custom_components.nezha.entity.adder.ENTITIES_AT_ONCE", 1)
        entry = await set_up(hass, entry_of(simulator.url))
        added = set(ids(hass))
        for number in range(5):
            simulator.dashboard.add_server(f"late {number}")
        await entry.runtime_data.async_refresh()
        await asyncio.sleep(0)
        assert await hass.config_entries.async_unload(entry.entry_id)
        registered = set(ids(hass))
        assert registered > added
        await hass.async_block_till_done()
        assert set(ids(hass)) == registered
        assert all_shown(hass) == {STATE_UNAVAILABLE}

    async def test_what_is_left_is_unavailable(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        entry = await set_up_with(hass, scripted, server())
        await hass.config_entries.async_unload(entry.entry_id)
        assert all_shown(hass) == {STATE_UNAVAILABLE}

    async def test_a_reload_keeps_ids(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        before, device = ids(hass), device_of(hass)
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        assert (ids(hass), device_of(hass)) == (before, device)
        assert shown(hass, "online") == STATE_ON

    async def test_removal_forgets_everything(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard, hass_storage: dict[str, Any]
    ) -> None:
        entry = await set_up_with(hass, scripted, server())
        clock.tick(10)
        await refresh(hass, entry)
        await hass.config_entries.async_remove(entry.entry_id)
        await polls_due(hass, 3_600)
        assert STORE not in hass_storage
        assert ids(hass) == {}
        assert device_of(hass, None) is None

    async def test_removal_after_a_failed_start(
        self, hass: HomeAssistant, simulator: Simulator, hass_storage: dict[str, Any]
    ) -> None:
        simulator.faults.set("refuse")
        entry = await set_up(hass, entry_of(simulator.url))
        await hass.config_entries.async_remove(entry.entry_id)
        await hass.async_block_till_done()
        assert STORE not in hass_storage


class TestMemory:
    """What was known of the servers survives a restart, also a hard one."""

    def stored(self, hass_storage: dict[str, Any], field: str) -> Any:
        """Return what is on disk of server 1."""
        return hass_storage[STORE]["data"]["servers"]["1"][field]

    async def test_an_accepted_boot_is_on_disk_at_once(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard, hass_storage: dict[str, Any]
    ) -> None:
        entry = await set_up_with(hass, scripted, server())
        assert self.stored(hass_storage, "last_reset") == 1_780_300_000
        clock.tick(3_600)
        scripted.servers = [server(host={"BootTime": now() - 100}, status={"Uptime": 100})]
        await refresh(hass, entry)
        assert self.stored(hass_storage, "last_reset") == now() - 100

    async def test_the_rest_within_a_quarter_of_an_hour(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard, hass_storage: dict[str, Any]
    ) -> None:
        entry = await set_up_with(hass, scripted, server())
        for _ in range(2):
            written = self.stored(hass_storage, "last_active")
            for _ in range(3):
                clock.tick(10)
                scripted.servers = [server()]
                await refresh(hass, entry)
                assert self.stored(hass_storage, "last_active") == written
            await polls_due(hass, 901)
            assert self.stored(hass_storage, "last_active") == now()

    async def test_and_at_unload(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard, hass_storage: dict[str, Any]
    ) -> None:
        entry = await set_up_with(hass, scripted, server())
        clock.tick(10)
        scripted.servers = [server()]
        await refresh(hass, entry)
        await hass.config_entries.async_unload(entry.entry_id)
        assert self.stored(hass_storage, "last_active") == now()

    @pytest.mark.parametrize("hard", [False, True])
    async def test_after_a_restart_beside_a_blank_dashboard(
        self,
        hass: HomeAssistant,
        clock: Clock,
        scripted: ScriptedDashboard,
        hass_storage: dict[str, Any],
        hard: bool,
    ) -> None:
        enable(hass, "agent_version", "last_active")
        entry = await set_up_with(hass, scripted, server())
        last_active = now()
        on_disk = deepcopy(hass_storage[STORE])
        await hass.config_entries.async_unload(entry.entry_id)
        if hard:
            hass_storage[STORE] = on_disk
        clock.tick(20)
        scripted.servers = [blank_server()]
        await set_up(hass, entry)
        assert shown(hass, "online") == STATE_ON
        assert shown_time(hass, "boot_time") == 1_780_300_000
        assert shown_time(hass, "last_active") == last_active
        assert shown(hass, "agent_version") == "0.20.5"
        assert {shown(hass, key) for key in MEASUREMENTS} == {STATE_UNAVAILABLE}

        clock.tick(20)
        scripted.servers = [server(host={"BootTime": 1_780_300_002})]
        await refresh(hass, entry)
        assert shown(hass, "cpu") == "12.3"
        assert shown_time(hass, "boot_time") == 1_780_300_000


class TestNames:
    """A server's name is the dashboard's, until the user says otherwise; ids never depend on it."""

    async def test_renamed_on_the_dashboard(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        before = ids(hass)
        simulator.dashboard.rename(1, "omega")
        await refresh(hass, entry)
        assert device_of(hass).name == "omega"
        assert state_of(hass, "online").name == "omega"
        assert ids(hass) == before

    async def test_unless_the_user_named_it(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        dr.async_get(hass).async_update_device(device_of(hass).id, name_by_user="mine")
        simulator.dashboard.rename(1, "omega")
        await refresh(hass, entry)
        assert (device_of(hass).name_by_user, device_of(hass).name) == ("mine", "omega")
        assert state_of(hass, "online").name == "mine"

    async def test_two_of_the_same_name(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        await set_up_with(hass, scripted, server(1, status={"CPU": 1}), server(2, status={"CPU": 2}))
        assert (shown(hass, "cpu", "1"), shown(hass, "cpu", "2")) == ("1.0", "2.0")
        assert entity_id(hass, "cpu", "1") != entity_id(hass, "cpu", "2")

    @pytest.mark.parametrize(
        ("sent", "name"),
        [
            ("n" * 2**20, "n" * 255),
            ("💥🇯🇵", "💥🇯🇵"),
            ("<b>bold</b><script>alert(1)</script>", "<b>bold</b><script>alert(1)</script>"),
            ("{{ states('x') }} %s {0}", "{{ states('x') }} %s {0}"),
            ("line\nbreak\x00", "line break"),
            ("", "Server 1"),
        ],
    )
    async def test_any_name(self, hass: HomeAssistant, scripted: ScriptedDashboard, sent: str, name: str) -> None:
        entry = await set_up_with(hass, scripted, server(name=sent), server(2, "beta"))
        assert device_of(hass).name == name
        assert (shown(hass, "online"), shown(hass, "online", "2")) == (STATE_ON, STATE_ON)
        before = ids(hass)
        await restart(hass, entry)
        assert ids(hass) == before

    async def test_an_unnamed_one_is_named_later(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        entry = await set_up_with(hass, scripted, server(name=""))
        scripted.servers = [server(name="alpha")]
        await refresh(hass, entry)
        assert device_of(hass).name == "alpha"
        scripted.servers = [server(name="")]
        await refresh(hass, entry)
        assert device_of(hass).name == "Server 1"

    @pytest.mark.parametrize(("options", "area"), [({}, None), ({CONF_GROUP_AS_AREA: True}, "Tokyo")])
    async def test_its_group_is_its_area_only_on_request(
        self, hass: HomeAssistant, scripted: ScriptedDashboard, options: dict[str, Any], area: str | None
    ) -> None:
        await set_up_with(hass, scripted, server(1, tag="Tokyo"), server(2, "beta", tag=""), **options)
        found = device_of(hass).area_id
        assert (found and ar.async_get(hass).async_get_area(found).name) == area
        assert device_of(hass, "2").area_id is None


class TestLog:
    """It tells what a user wants to know, once."""

    async def test_a_server_that_flaps_ten_times(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard, caplog: pytest.LogCaptureFixture
    ) -> None:
        entry = await set_up_with(hass, scripted, server())
        for _ in range(10):
            clock.tick(60)
            await refresh(hass, entry)
            assert shown(hass, "online") == STATE_OFF
            scripted.servers = [server()]
            await refresh(hass, entry)
            assert shown(hass, "online") == STATE_ON
        (line,) = logged(caplog)
        assert line.startswith("Servers of dashboard went offline: alpha (1)")

        clock.tick(3_600)
        await refresh(hass, entry)
        assert len(logged(caplog)) == 2

    async def test_a_server_that_is_offline_from_the_start(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard, caplog: pytest.LogCaptureFixture
    ) -> None:
        entry = await set_up_with(hass, scripted, blank_server(), server(2, "beta", last_active=now() - 600))
        clock.tick(30)
        await refresh(hass, entry)
        assert logged(caplog) == []

    async def test_no_credential(
        self, hass: HomeAssistant, simulator: Simulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        entry = await set_up(hass, entry_of(simulator.url))
        for fault in ("refuse", "html_502", "truncated_json", "redirect_elsewhere", "id_null", "token_revoked"):
            simulator.faults.set(fault)
            await refresh(hass, entry)
            simulator.faults.clear()
        assert ScriptedDashboard.TOKEN not in caplog.text


class TestParts:
    """A server has entities for what it has, at most nineteen of them enabled."""

    def enabled(self, hass: HomeAssistant, identity: str = "1") -> set[str]:
        """Return what a server shows by default."""
        prefix = f"hub_{identity}_"
        return {
            each.unique_id.removeprefix(prefix)
            for each in er.async_entries_for_config_entry(er.async_get(hass), "hub")
            if each.unique_id.startswith(prefix) and not each.disabled
        }

    def temperatures(self, count: int) -> list[dict[str, Any]]:
        """Return so many sensors."""
        return [{"Name": f"core_{number}", "Temperature": 40 + number} for number in range(count)]

    async def test_what_appears_later(self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> None:
        entry = await set_up_with(hass, scripted, server())
        assert not self.enabled(hass) & {"swap", "gpu_0", "temperature_core_0"}
        scripted.servers = [server(host={"SwapTotal": 2**30}, status={"SwapUsed": 2**28})]
        await refresh(hass, entry)
        assert shown(hass, "swap") == "25.0"
        scripted.servers = [server(host={"GPU": ["NVIDIA L4"]}, status={"GPU": 61.26})]
        await refresh(hass, entry)
        assert shown(hass, "gpu_0") == "61.3"
        assert shown(hass, "swap") == STATE_UNKNOWN
        scripted.servers = [server(status={"Temperatures": self.temperatures(1)})]
        await refresh(hass, entry)
        assert shown(hass, "temperature_core_0") == "40.0"
        assert shown(hass, "gpu_0") == STATE_UNKNOWN

    async def test_never_more_than_nineteen(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        everything = server(
            host={"SwapTotal": 2**30, "GPU": ["NVIDIA L4"]}, status={"Temperatures": self.temperatures(64)}
        )
        await set_up_with(hass, scripted, everything, server(2, "beta"))
        assert len(self.enabled(hass)) == 19
        assert len(self.enabled(hass, "2")) == 15
        shown_parts = {key for key in self.enabled(hass) if key.startswith(("gpu", "temperature"))}
        assert shown_parts == {"gpu_0", "temperature_core_0", "temperature_core_1"}
        disabled = er.async_get(hass).async_get(entity_id(hass, "temperature_core_63") or "")
        assert disabled.disabled_by is er.RegistryEntryDisabler.INTEGRATION

    async def test_sensors_of_the_same_name(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        twice = [{"Name": "nvme", "Temperature": 40}, {"Name": "nvme", "Temperature": 50}]
        await set_up_with(hass, scripted, server(status={"Temperatures": twice}))
        assert (shown(hass, "temperature_nvme"), shown(hass, "temperature_nvme 2")) == ("40.0", "50.0")

    async def test_a_sensor_that_is_gone(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        entry = await set_up_with(hass, scripted, server(status={"Temperatures": self.temperatures(2)}))
        scripted.servers = [server(status={"Temperatures": self.temperatures(1)})]
        await refresh(hass, entry)
        assert (shown(hass, "temperature_core_0"), shown(hass, "temperature_core_1")) == ("40.0", STATE_UNKNOWN)


class TestHub:
    """The dashboard's device sums up its servers."""

    async def test_figures(self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> None:
        silent = server(3, "gamma", last_active=now() - 600)
        await set_up_with(hass, scripted, server(1), server(2, "beta"), silent, blank_server(4, "delta"))
        figures = {key: shown(hass, key, None) for key in ("servers", "servers_online", "servers_offline")}
        assert figures == {"servers": "4", "servers_online": "2", "servers_offline": "1"}
        never_seen = er.async_get(hass).async_get(entity_id(hass, "servers_never_seen", None) or "")
        assert never_seen.disabled_by is er.RegistryEntryDisabler.INTEGRATION
        assert float(shown(hass, "net_in_speed", None)) == 2_000
        assert float(shown(hass, "net_out_speed", None)) == 4_000
        assert state_of(hass, "net_in_speed", None).attributes["unit_of_measurement"] == "kB/s"

    @pytest.mark.usefixtures("all_enabled")
    async def test_the_offline_ones_are_named_and_not_recorded(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        silent = server(3, "gamma", last_active=now() - 600)
        nameless = server(5, "", last_active=now() - 600)
        await set_up_with(hass, scripted, server(1), silent, blank_server(4, "delta"), nameless)
        state, never_seen = (state_of(hass, f"servers_{kind}", None) for kind in ("offline", "never_seen"))
        assert (state.state, state.attributes["offline"]) == ("2", ["gamma", "Server 5"])
        assert (never_seen.state, never_seen.attributes["never_seen"]) == ("1", ["delta"])
        assert state.state_info["unrecorded_attributes"] >= {"offline", "never_seen"}

    async def test_disabled_devices_do_not_count_and_stay(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        silent = server(3, "gamma", last_active=now() - 600)
        entry = await set_up_with(hass, scripted, server(1), server(2, "beta"), silent)
        for identity in "23":
            dr.async_get(hass).async_update_device(
                device_of(hass, identity).id, disabled_by=dr.DeviceEntryDisabler.USER
            )
        await hass.async_block_till_done()
        await refresh(hass, entry)
        assert shown(hass, "servers", None) == shown(hass, "servers_online", None) == "1"
        assert state_of(hass, "servers_offline", None).attributes["offline"] == []
        assert float(shown(hass, "net_in_speed", None)) == 1_000

        scripted.servers = [server(1)]
        await poll_without(hass, clock, entry, lists=5, seconds=3_600)
        assert device_of(hass, "2").disabled
        assert device_of(hass, "3").disabled

    async def test_devices(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        await set_up_with(hass, scripted, server())
        hub, device = device_of(hass, None), device_of(hass)
        assert (hub.name, hub.entry_type) == ("dashboard", dr.DeviceEntryType.SERVICE)
        assert device.via_device_id == hub.id
        assert (device.model, device.hw_version, device.sw_version) == ("Debian 12.11", "x86_64 · KVM", None)
        assert device.configuration_url == scripted.url

    async def test_a_server_of_which_little_is_known(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
        nothing = dict.fromkeys(("Platform", "PlatformVersion", "Arch", "Virtualization", "Version"), "")
        await set_up_with(hass, scripted, server(host=nothing), blank_server(2))
        for identity in "12":
            device = device_of(hass, identity)
            assert (device.model, device.hw_version, device.sw_version) == ("Server", None, None)


class TestStates:
    """A state is written when a user would see the change, and reported when it was measured anew."""

    async def test_written_only_when_changed(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        entry = await set_up_with(hass, scripted, server(1), server(2, "beta"))
        written: Counter[str] = Counter()
        reported: Counter[str] = Counter()

        def count(entities: Counter[str]) -> Callable[[Event], None]:
            return callback(lambda event: entities.update([event.data["entity_id"]]))

        hass.bus.async_listen(EVENT_STATE_CHANGED, count(written))
        hass.bus.async_listen(EVENT_STATE_REPORTED, count(reported), event_filter=callback(lambda _: True))
        for _ in range(5):
            clock.tick(5)
            scripted.servers = [server(1), server(2, "beta")]
            await refresh(hass, entry)
        assert written == {}
        assert reported[entity_id(hass, "cpu", "2")] == 5, "a measurement that stayed the same was measured anew"
        assert reported[entity_id(hass, "boot_time", "2")] == 0

        scripted.servers = [server(1, status={"CPU": 12.31}), server(2, "beta", status={"CPU": 99})]
        await refresh(hass, entry)
        assert written == {entity_id(hass, "cpu", "2"): 1}

    async def test_one_request_an_answer(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_of(simulator.url))
        for _ in range(3):
            await refresh(hass, entry)
        assert asked(simulator) == 4


@pytest.mark.timeout(300)
async def test_a_thousand_servers(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, caplog: pytest.LogCaptureFixture
) -> None:
    # Home Assistant's lines about each entity take longer than the entities.
    caplog.set_level(logging.WARNING, "homeassistant")
    dashboard = Dashboard(tokens=[ScriptedDashboard.TOKEN])
    populate(dashboard, 1_000)
    simulator = Simulator(dashboard)
    await simulator.start()
    entry = await set_up(hass, entry_of(simulator.url))
    assert entry.state is ConfigEntryState.LOADED
    clock.tick(30)
    await refresh(hass, entry)
    await simulator.stop()
    assert shown(hass, "servers", None) == "1000"
    assert shown(hass, "servers_online", None) == "999", "all but the one that never reported"
    assert len(dr.async_entries_for_config_entry(dr.async_get(hass), "hub")) == 1_001
