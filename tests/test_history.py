"""What a dashboard remembers, in the recorder's own statistics: compared hour by hour with what the machine really did."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from custom_components.nezha.const import DOMAIN
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import get_metadata, statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from simulator import DEMO_PAT, Dashboard, Host, Machine, Simulator
from simulator.history import METRICS, PERIODS, points

from .conftest import Clock, refresh, set_up
from .test_services import entity_of, entry_for, identity, limit_scopes, serving

GIB = 2**30
HOUR = 3_600
DAY = 24 * HOUR
FIVE_MINUTES = 300
NOON = int(datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp())
UNITS = {"information": "B", "data_rate": "B/s"}


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the recorder's database before Home Assistant."""


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Record not each state in a transaction of its own."""
    return {"commit_interval": 1}


def now() -> int:
    """Return the time in unix seconds."""
    return int(datetime.now(UTC).timestamp())


def machine(seed: int = 1, boot: int = 20 * DAY) -> Machine:
    """Return a machine that was up for a while."""
    return Machine(Host(boot_time=now() - boot, mem_total=4 * GIB, disk_total=100 * GIB, swap_total=GIB), seed=seed)


class Past:
    """A dashboard that remembers, and a Home Assistant that came later."""

    def __init__(self, hass: HomeAssistant, clock: Clock, simulator: Simulator, entry: MockConfigEntry) -> None:
        self.hass = hass
        self.clock = clock
        self.simulator = simulator
        self.entry = entry

    @property
    def machine(self) -> Machine:
        """The first server's machine."""
        return self.simulator.dashboard.servers[1].machine

    def device(self, number: int = 1) -> str:
        """Return the id of a server's device."""
        devices = dr.async_entries_for_config_entry(dr.async_get(self.hass), "hub")
        key = f"hub_{identity(self.simulator, number)}"
        return next(device.id for device in devices if (DOMAIN, key) in device.identifiers)

    def entity(self, key: str) -> str:
        """Return an entity of the first server."""
        entity_id = entity_of(self.hass, "sensor", f"{identity(self.simulator)}_{key}")
        assert entity_id
        return entity_id

    async def watch(self, seconds: int) -> None:
        """Let Home Assistant record for a while, and compile its statistics."""
        for _ in range(seconds // FIVE_MINUTES):
            begin = datetime.now(UTC)
            await refresh(self.hass, self.entry)
            self.clock.tick(FIVE_MINUTES - 30)
            await refresh(self.hass, self.entry)
            self.clock.tick(30)
            await async_wait_recording_done(self.hass)
            do_adhoc_statistics(self.hass, start=begin)
            await async_wait_recording_done(self.hass)

    async def sleep(self, seconds: int) -> None:
        """Let Home Assistant not run for a while."""
        await self.hass.config_entries.async_unload(self.entry.entry_id)
        self.clock.tick(seconds)

    async def bring_in(self, **data: Any) -> dict[str, Any]:
        """Import, and return the response."""
        response: dict[str, Any] = await self.hass.services.async_call(
            DOMAIN,
            "import_history",
            {"device_id": [self.device()], **data},
            blocking=True,
            return_response=True,
        )
        await async_wait_recording_done(self.hass)
        return response

    async def rows(self, key: str) -> dict[int, Mapping[str, Any]]:
        """Return all hours of an entity's statistics, in bytes and percent, by their begin."""
        entity_id = self.entity(key)
        rows = await get_instance(self.hass).async_add_executor_job(
            statistics_during_period,
            self.hass,
            datetime(2020, 1, 1, tzinfo=UTC),
            None,
            {entity_id},
            "hour",
            UNITS,
            {"mean", "min", "max", "state", "sum", "last_reset"},
        )
        return {int(row["start"]): row for row in rows.get(entity_id, [])}

    def told(self, metric: str, period: str) -> dict[int, float]:
        """Return what the dashboard remembers, by the moment."""
        server = self.simulator.dashboard.servers[1]
        series = points(server, METRICS[metric], PERIODS[period], self.simulator.dashboard.clock())
        return {point["ts"] // 1_000: point["value"] for point in series}

    def last_told(self, end: int, step: int) -> int | None:
        """Return when the machine last reported in the hour before a moment, as far as steps tell."""
        for at in range(end, end - HOUR, -30):
            if self.machine.recall(at) is not None:
                return at
        return None


@pytest.fixture
async def past(recorder_mock: Recorder, hass: HomeAssistant, clock: Clock, socket_enabled: None) -> AsyncIterator[Past]:
    """Serve a dashboard whose server rebooted a day and a half ago, and was away for some hours."""
    clock.move_to(datetime.now(UTC) - timedelta(minutes=1))
    dashboard = Dashboard()
    dashboard.tsdb = True
    dashboard.add_server("alpha", machine())
    dashboard.servers[1].machine.was_away(NOON - 60 * HOUR + 600, NOON - 56 * HOUR)
    dashboard.servers[1].machine.reboot(at=NOON - 36 * HOUR + 1_810)
    async with serving("v2", dashboard) as simulator:
        clock.tick(60)
        entry = await set_up(hass, entry_for(simulator))
        yield Past(hass, clock, simulator, entry)


async def test_means_are_those_of_the_dashboard(past: Past) -> None:
    await past.watch(2 * HOUR)
    before = await past.rows("cpu")
    assert len(before) == 2
    response = await past.bring_in(period="7d", measurements=["cpu", "memory", "memory_used", "net_in_speed"])
    after = await past.rows("cpu")
    assert {start: after[start] for start in before} == before
    fine, coarse = past.told("cpu", "1d"), past.told("cpu", "7d")
    begin = min(before)
    compared = 0
    for start in range(begin - 5 * DAY, begin, HOUR):
        is_fine = start >= now() - DAY
        series, step = (fine, 30) if is_fine else (coarse, 1_800)
        values = [series[at] for at in range(start, start + HOUR, step) if at in series]
        assert (start in after) == bool(values), start
        if values:
            row = after[start]
            assert row["mean"] == pytest.approx(sum(values) / len(values))
            assert row["min"] == (pytest.approx(min(values)) if is_fine else None)
            assert row["max"] == (pytest.approx(max(values)) if is_fine else None)
            compared += 1
    assert compared > 100
    assert response["written"] == sum(each["count"] for each in response["servers"][0]["written"])
    memory, used, told = await past.rows("memory"), await past.rows("memory_used"), past.told("memory", "1d")
    start = begin - 3 * HOUR
    assert memory[start]["mean"] == pytest.approx(100 * used[start]["mean"] / (4 * GIB))
    assert used[start]["mean"] == pytest.approx(sum(told[at] for at in range(start, start + HOUR, 30)) / 120)


async def test_traffic_is_true_hour_by_hour(past: Past) -> None:
    """Over a reboot and an absence before, and over a stop of Home Assistant: nothing twice, and what was there stays."""
    await past.watch(2 * HOUR)
    await past.sleep(4 * HOUR)
    await set_up(past.hass, past.entry)
    await past.watch(2 * HOUR)
    before = await past.rows("net_in_transfer")
    assert len(before) == 4
    response = await past.bring_in(period="7d", measurements=["net_in_transfer"])
    (written,) = response["servers"][0]["written"]
    after = await past.rows("net_in_transfer")
    assert {start: after[start] for start in before} == before
    assert written["count"] == len(after) - len(before)
    missing = [start for start in range(min(after), max(after), HOUR) if start not in after]
    # Those in which it was away.
    assert missing == [
        start for start in range(min(after), max(after), HOUR) if past.last_told(start + HOUR, 30) is None
    ]
    starts = sorted(after)
    reboot = past.machine._host.boot_time
    for one, other in pairwise(starts):
        change = after[other]["sum"] - after[one]["sum"]
        # Home Assistant's own rows end with the last report that it has published.
        ends = [past.last_told(start + HOUR, 30) for start in (one, other)]
        assert ends[0] is not None and ends[1] is not None
        true = past.machine.received(ends[1]) - past.machine.received(ends[0])
        if one < reboot - HOUR <= other or one <= reboot < other:
            assert 0 < change <= true
        elif one in before or other in before:
            # What it publishes is up to a minute old, and what is lacking in one hour is in the next.
            assert change == pytest.approx(
                true, abs=past.machine.received(ends[1]) - past.machine.received(ends[1] - 120)
            )
        else:
            assert change == pytest.approx(true, abs=4), datetime.fromtimestamp(other, UTC)
    total = after[starts[-1]]["sum"] - after[starts[0]]["sum"]
    end, begin = past.last_told(starts[-1] + HOUR, 30), past.last_told(starts[0] + HOUR, 30)
    assert total <= past.machine.received(end or 0) - past.machine.received(begin or 0)


async def test_a_second_time_writes_nothing(past: Past) -> None:
    await past.watch(2 * HOUR)
    first = await past.bring_in(period="7d")
    assert first["written"] > 1_000
    everything = {key: await past.rows(key) for key in ("cpu", "net_in_transfer", "load_1")}
    again = await past.bring_in(period="7d")
    assert again["written"] == 0
    reasons = {each["reason"] for each in again["servers"][0]["left_out"]}
    assert reasons == {"disabled", "no_data"}
    assert {key: await past.rows(key) for key in everything} == everything


async def test_traffic_before_a_reboot_that_was_not_seen(past: Past) -> None:
    """What was sent before it is in no sum: there is no room for it, and what the recorder has stays."""
    await past.watch(HOUR)
    await past.sleep(2 * HOUR)
    past.machine.reboot(at=now() - 10)
    past.clock.tick(2 * HOUR)
    await set_up(past.hass, past.entry)
    await past.watch(2 * HOUR)
    before = await past.rows("net_in_transfer")
    response = await past.bring_in(period="1d", measurements=["net_in_transfer"])
    after = await past.rows("net_in_transfer")
    assert {start: after[start] for start in before} == before
    assert {"measurement": "net_in_transfer", "reason": "before_reboot", "hours": 1} in response["servers"][0][
        "left_out"
    ]
    sums = [after[start]["sum"] for start in sorted(after)]
    assert sums == sorted(sums)


async def test_traffic_waits_for_the_recorders_own(past: Past) -> None:
    response = await past.bring_in(period="1d", measurements=["net_in_transfer", "cpu"])
    (server,) = response["servers"]
    assert [each["measurement"] for each in server["written"]] == ["cpu"]
    assert [(each["measurement"], each["reason"]) for each in server["left_out"]] == [("net_in_transfer", "not_joined")]
    await past.watch(FIVE_MINUTES)
    response = await past.bring_in(period="1d", measurements=["net_in_transfer", "cpu"])
    (server,) = response["servers"]
    assert [each["measurement"] for each in server["written"]] == ["net_in_transfer"]
    await past.watch(HOUR - FIVE_MINUTES)
    after = await past.rows("net_in_transfer")
    starts = sorted(after)
    # The hour before was not over for long enough.
    assert [start for start in range(starts[0], starts[-1], HOUR) if start not in after] == [NOON - HOUR]
    for one, other in pairwise(starts):
        true = past.machine.received(other + HOUR) - past.machine.received(one + HOUR)
        assert after[other]["sum"] - after[one]["sum"] == pytest.approx(true, rel=0.05)


async def test_the_present_hour_is_the_recorders(past: Past) -> None:
    past.clock.tick(14 * 60)
    response = await past.bring_in(period="1d", measurements=["cpu"])
    last = datetime.fromisoformat(response["servers"][0]["written"][0]["last"])
    assert last == datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    past.clock.tick(60)
    await refresh(past.hass, past.entry)
    response = await past.bring_in(period="1d", measurements=["cpu"])
    assert response["written"] == 1


async def test_new_statistics_are_as_the_recorder_makes_them(past: Past) -> None:
    keys = ("cpu", "memory_used", "net_in_speed", "load_1")
    await past.bring_in(period="1d", measurements=list(keys))
    entity_ids = {past.entity(key) for key in keys}
    instance = get_instance(past.hass)
    made = await instance.async_add_executor_job(lambda: get_metadata(past.hass, statistic_ids=entity_ids))
    await past.watch(HOUR)
    kept = await instance.async_add_executor_job(lambda: get_metadata(past.hass, statistic_ids=entity_ids))
    assert made == kept
    assert len(made) == len(keys)


async def test_a_month_is_of_two_hours_each(past: Past) -> None:
    await past.bring_in(period="30d", measurements=["cpu"])
    rows, told = await past.rows("cpu"), past.told("cpu", "30d")
    start = (now() - 15 * DAY) // (2 * HOUR) * 2 * HOUR
    assert rows[start]["mean"] == rows[start + HOUR]["mean"] == pytest.approx(told[start])
    assert rows[start]["min"] is None


async def test_what_cannot_be_imported(past: Past) -> None:
    """Each with its own text, and nothing is asked of the metrics."""
    past.simulator.dashboard.tsdb = False
    with pytest.raises(HomeAssistantError) as refusal:
        await past.bring_in()
    assert refusal.value.translation_key == "history_off"
    past.simulator.dashboard.tsdb = True
    limit_scopes(past.simulator, "nezha:server:read")
    with pytest.raises(HomeAssistantError) as refusal:
        await past.bring_in()
    assert refusal.value.translation_key == "lacks_scope"
    assert refusal.value.translation_placeholders == {"scope": "nezha:server:read"}
    # A good token that lacks a scope is not a rejected one.
    await refresh(past.hass, past.entry)
    assert past.entry.runtime_data.last_update_success


async def test_a_clock_that_is_wrong_would_fill_the_wrong_hours(past: Past) -> None:
    past.simulator.dashboard.clock_offset = 2 * HOUR
    for _ in range(3):
        past.clock.tick(30)
        await refresh(past.hass, past.entry)
    with pytest.raises(HomeAssistantError) as refusal:
        await past.bring_in()
    assert (refusal.value.translation_key, refusal.value.translation_placeholders) == (
        "clock_differs",
        {"minutes": "120"},
    )


async def test_one_at_a_time_and_it_can_be_stopped(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = past.entry.runtime_data.backend
    real, going, waiting = backend.history, asyncio.Event(), asyncio.Event()
    at_once = most = 0

    async def slowly(*args: Any) -> Any:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        going.set()
        await waiting.wait()
        at_once -= 1
        return await real(*args)

    monkeypatch.setattr(backend, "history", slowly)
    first = past.hass.async_create_task(past.bring_in(period="1d", measurements=["cpu", "memory", "load_1", "load_5"]))
    await going.wait()
    await asyncio.sleep(0)
    with pytest.raises(ServiceValidationError) as refusal:
        await past.bring_in()
    assert refusal.value.translation_key == "import_running"
    assert most == 3
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    assert not past.entry.runtime_data.is_importing
    assert await past.rows("cpu") == {}
    waiting.set()
    assert (await past.bring_in(period="1d", measurements=["cpu"]))["written"] > 20


async def test_unloading_ends_it(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    going = asyncio.Event()

    async def never(*_: Any) -> Any:
        going.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(past.entry.runtime_data.backend, "history", never)
    task = past.hass.async_create_task(past.bring_in(period="1d"))
    await going.wait()
    await past.hass.config_entries.async_unload(past.entry.entry_id)
    with pytest.raises(HomeAssistantError) as refusal:
        await task
    assert refusal.value.translation_key == "import_stopped"


async def open_menu(past: Past) -> Any:
    """Open the options."""
    return await past.hass.config_entries.options.async_init(past.entry.entry_id)


async def choose(past: Past, flow: Any, **data: Any) -> Any:
    """Answer a step, and wait for a task that it began."""
    result = await past.hass.config_entries.options.async_configure(flow["flow_id"], data)
    await past.hass.async_block_till_done()
    return result


class TestOptions:
    """The same for all servers, from the options."""

    async def test_with_progress_to_its_end(self, past: Past) -> None:
        menu = await open_menu(past)
        assert menu["menu_options"] == ["settings", "import_history"]
        form = await choose(past, menu, next_step_id="import_history")
        assert form["step_id"] == "import_history"
        progress = await choose(past, form, period="1d")
        assert (progress["type"], progress["progress_action"]) == (FlowResultType.SHOW_PROGRESS, "import_history")
        done = await past.hass.config_entries.options.async_configure(menu["flow_id"])
        assert (done["type"], done["step_id"]) == (FlowResultType.FORM, "import_done")
        await async_wait_recording_done(past.hass)
        rows = await past.rows("cpu")
        assert len(rows) == 23
        assert int(done["description_placeholders"]["hours"]) % len(rows) == 0
        end = await choose(past, done)
        assert end["type"] is FlowResultType.CREATE_ENTRY
        assert past.entry.options == {}

    async def test_closing_the_dialog_stops_it(self, past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
        going = asyncio.Event()

        async def never(*_: Any) -> Any:
            going.set()
            await asyncio.Event().wait()

        menu = await open_menu(past)
        form = await choose(past, menu, next_step_id="import_history")
        monkeypatch.setattr(past.entry.runtime_data.backend, "history", never)
        await past.hass.config_entries.options.async_configure(form["flow_id"], {"period": "1d"})
        await going.wait()
        assert past.entry.runtime_data.is_importing
        past.hass.config_entries.options.async_abort(menu["flow_id"])
        await asyncio.sleep(0.01)
        assert not past.entry.runtime_data.is_importing

    async def test_a_database_that_is_off_says_so(self, past: Past) -> None:
        past.simulator.dashboard.tsdb = False
        menu = await open_menu(past)
        form = await choose(past, menu, next_step_id="import_history")
        end = await choose(past, form, period="7d")
        assert (end["type"], end["reason"]) == (FlowResultType.ABORT, "history_off")

    async def test_without_the_scope_nothing_is_seen_of_it(self, past: Past) -> None:
        limit_scopes(past.simulator, "nezha:server:read")
        form = await open_menu(past)
        assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "init")


@pytest.mark.parametrize("generation", ["v0", "v1"])
async def test_older_generations_remember_nothing(
    recorder_mock: Recorder, hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str
) -> None:
    dashboard = Dashboard(tokens=[DEMO_PAT])
    dashboard.add_server("alpha", machine())
    credential = {"token": DEMO_PAT} if generation == "v0" else None
    async with serving(generation, dashboard) as simulator:
        entry = await set_up(hass, entry_for(simulator, generation, credential))
        (device,) = (
            device
            for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
            if device.name == "alpha"
        )
        with pytest.raises(HomeAssistantError) as refusal:
            await hass.services.async_call(DOMAIN, "import_history", {"device_id": device.id}, blocking=True)
        assert refusal.value.translation_key == "no_history"


async def test_without_the_recorder_there_is_nowhere_to_write_to(
    hass: HomeAssistant, clock: Clock, socket_enabled: None
) -> None:
    dashboard = Dashboard(tokens=[DEMO_PAT])
    dashboard.tsdb = True
    dashboard.add_server("alpha", machine())
    async with serving("v2", dashboard) as simulator:
        entry = await set_up(hass, entry_for(simulator))
        past = Past(hass, clock, simulator, entry)
        asked = len(simulator.requests)
        with pytest.raises(ServiceValidationError) as refusal:
            await hass.services.async_call(DOMAIN, "import_history", {"device_id": past.device()}, blocking=True)
        assert refusal.value.translation_key == "recorder_missing"
        form = await open_menu(past)
        assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "init")
        assert len(simulator.requests) == asked
        assert not entry.runtime_data.is_importing
