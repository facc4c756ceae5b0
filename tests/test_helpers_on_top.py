"""Home Assistant's own helpers on top of the integration: those that weigh by time know that a number stayed the same."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
import logging
from typing import Any, override

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from custom_components.nezha.const import DOMAIN
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.history import get_significant_states
from homeassistant.components.sensor import ATTR_STATE_CLASS
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from simulator.records import RECALCULATION

from .conftest import Clock, entry_of, refresh, set_up
from .live_home import Home
from .scripted import ScriptedDashboard, server
from .test_cycles import FIGURES as CYCLE_FIGURES, add_rule, key as cycle_key
from .test_services import enable, entity_of, entry_for, serving

SPEED = "sensor.alpha_inbound_speed"
TRAFFIC = "sensor.alpha_inbound_traffic"
ONLINE = "binary_sensor.alpha"
MB = 10**6
PACE = 30
"""Seconds between two measurements that are published."""
AN_HOUR = 3_600


class Source(ABC):
    """A server that reports what a test says, and a Home Assistant that sees it."""

    counter = 5_000 * MB

    @abstractmethod
    async def report(self, speed: int) -> None:
        """Let 30 s pass, and the server report how many bytes a second came in, and that many more in all."""

    @abstractmethod
    async def hear_nothing(self) -> None:
        """Let 5 s pass, in which the server does not report, and Home Assistant look."""

    async def idle(self) -> None:
        """Let an hour pass, in which the server reports over and over that nothing comes in."""
        for _ in range(AN_HOUR // PACE):
            await self.report(0)


class Polled(Source):
    """One of v0."""

    def __init__(self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> None:
        self._hass = hass
        self._clock = clock
        self._scripted = scripted
        self._entry = entry_of(scripted.url)
        self._scripted.servers = [self._says(0)]

    async def set_up(self) -> None:
        await set_up(self._hass, self._entry)

    def _says(self, speed: int) -> dict[str, Any]:
        return server(status={"NetInSpeed": speed, "NetInTransfer": self.counter})

    @override
    async def report(self, speed: int) -> None:
        self._clock.tick(PACE)
        self.counter += speed * PACE
        self._scripted.servers = [self._says(speed)]
        await refresh(self._hass, self._entry)

    @override
    async def hear_nothing(self) -> None:
        self._clock.tick(5)
        await refresh(self._hass, self._entry)


class Live(Source):
    """One of v2, whose frames come more often than they are published."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._machine = home.dashboard.servers[1].machine
        for each in home.dashboard.servers.values():
            each.machine.pin(net_in_speed=0)
        self._machine.pin(net_in_transfer=self.counter)

    async def set_up(self) -> None:
        await self._home.set_up(metrics_interval=PACE, offline_after=60)
        await self._home.frame(PACE)

    @override
    async def report(self, speed: int) -> None:
        await self._home.frame(PACE / 2)
        self.counter += speed * PACE
        self._machine.pin(net_in_speed=speed, net_in_transfer=self.counter)
        await self._home.frame(PACE / 2)

    @override
    async def hear_nothing(self) -> None:
        self._machine.silent = True
        await self._home.frame(5)
        self._machine.silent = False


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the recorder's database before Home Assistant."""


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Record what is asked of the recorder alone, and not each state in a transaction of its own."""
    return {"commit_interval": 1, "include": {"entities": [SPEED, TRAFFIC, ONLINE]}}


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Keep no line for each of thousands of states."""
    for name in ("homeassistant", "sqlalchemy", "custom_components"):
        caplog.set_level(logging.WARNING, name)


@pytest.fixture(params=["polled", "live"])
async def source(
    request: pytest.FixtureRequest,
    recorder_mock: Recorder,
    hass: HomeAssistant,
    clock: Clock,
    scripted: ScriptedDashboard,
    home: Home,
) -> Source:
    """Run an entry by either way of hearing from a server."""
    source = Live(home) if request.param == "live" else Polled(hass, clock, scripted)
    await source.set_up()
    return source


@dataclass(frozen=True, kw_only=True)
class Helper:
    """One of Home Assistant's, as a user makes it, and what it has to show after an idle hour and a reading of 10 MB/s."""

    domain: str
    options: Mapping[str, Any]
    shows: float


def riemann_sum(source: str, method: str, shows: float) -> Helper:
    """Sum up kilobytes out of kilobytes a second."""
    return Helper(
        domain="integration",
        options={"source": source, "method": method, "round": 3, "unit_time": "s"},
        shows=shows,
    )


def statistic(characteristic: str, size: int, shows: float) -> Helper:
    """Look at the newest measurements."""
    buffer = {"sampling_size": size, "keep_last_sample": False, "precision": 4, "percentile": 50}
    return Helper(
        domain="statistics",
        options={"entity_id": SPEED, "state_characteristic": characteristic, **buffer},
        shows=shows,
    )


HELPERS = {
    "by trapezes": riemann_sum(SPEED, "trapezoidal", 150_000),
    "by what was before": riemann_sum(SPEED, "left", 0),
    "by what came": riemann_sum(SPEED, "right", 300_000),
    "of the whole fleet": riemann_sum("sensor.dashboard_inbound_speed", "trapezoidal", 150_000),
    "derivative": Helper(
        domain="derivative",
        options={"source": TRAFFIC, "round": 6, "unit_time": "s", "time_window": {"seconds": 0}},
        shows=round(10 * MB / 2**30, 6),
    ),
    "mean of a hundred": statistic("mean", 100, 100),
    "mean over half an hour": statistic("average_linear", 61, round(10_000 / 2 / 60, 4)),
    "meter": Helper(
        domain="utility_meter",
        options={
            "source": TRAFFIC,
            "cycle": "yearly",
            "offset": 0,
            "tariffs": [],
            "net_consumption": False,
            "delta_values": False,
            "periodically_resetting": False,
            "always_available": False,
        },
        shows=round(300 * MB / 2**30, 9),
    ),
    "share of the time online": Helper(
        domain="history_stats",
        options={
            "entity_id": ONLINE,
            "state": ["on"],
            "type": "ratio",
            "end": "{{ now() }}",
            "duration": {"minutes": 50},
        },
        shows=100,
    ),
}


async def test_after_an_idle_hour_and_one_reading(hass: HomeAssistant, source: Source, clock: Clock) -> None:
    entries = {
        name: MockConfigEntry(domain=helper.domain, title=name, options={"name": name, **helper.options})
        for name, helper in HELPERS.items()
    }
    # The oldest supported release looks into the history once, and misses what is recorded with this moment or later.
    await async_wait_recording_done(hass)
    clock.tick(1)
    for entry in entries.values():
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    await source.idle()
    await source.report(10 * MB)
    await async_wait_recording_done(hass)
    # The one that looks at its own pace.
    await entries["share of the time online"].runtime_data.async_refresh()
    shown = {}
    for name, entry in entries.items():
        (helper,) = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        shown[name] = float(hass.states.get(helper.entity_id).state)
        await hass.config_entries.async_unload(entry.entry_id)
    assert shown == pytest.approx({name: helper.shows for name, helper in HELPERS.items()}, abs=1e-6)


class Reports:
    """When each entity's state was reported, and how often it changed."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.reported: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._change)
        hass.bus.async_listen(EVENT_STATE_REPORTED, self._report, event_filter=callback(lambda _: True))

    @callback
    def _change(self, event: Event[Any]) -> None:
        self.changed[event.data["entity_id"]] += 1

    @callback
    def _report(self, event: Event[Any]) -> None:
        self.reported[event.data["entity_id"]] += 1

    def clear(self) -> None:
        """Begin to count anew."""
        self.reported.clear()
        self.changed.clear()


def measuring(hass: HomeAssistant) -> Iterator[State]:
    """Give the states of all measurements and counters of servers and of the dashboard that are not unavailable.

    For what part of a time a server was online is no measurement of the dashboard's: it has a pace of its own.
    """
    for entry in er.async_entries_for_config_entry(er.async_get(hass), "hub"):
        if "_availability_" in entry.unique_id:
            continue
        state = hass.states.get(entry.entity_id)
        if state and ATTR_STATE_CLASS in state.attributes and state.state != "unavailable":
            yield state


@pytest.mark.usefixtures("all_enabled")
async def test_every_measurement_and_counter_is_reported_with_each_report(hass: HomeAssistant, source: Source) -> None:
    if isinstance(source, Live):
        for each in source._home.dashboard.servers.values():
            each.machine.hold("cpu", "mem_used", "net_out_speed")
    await source.report(0)
    expected = {state.entity_id for state in measuring(hass)}
    assert {SPEED, TRAFFIC, "sensor.dashboard_inbound_speed", "sensor.alpha_load_15_min"} <= expected
    reports = Reports(hass)
    for _ in range(3):
        await source.report(0)
    seen = reports.reported + reports.changed
    assert {entity_id for entity_id in expected if seen[entity_id] != 3} == set()
    assert reports.reported[SPEED] == 3


async def test_what_is_no_measurement_is_not_reported(hass: HomeAssistant, source: Source) -> None:
    reports = Reports(hass)
    await source.report(0)
    registry = er.async_get(hass)
    ours = {entity_id for entity_id in reports.reported if registry.async_is_registered(entity_id)}
    assert ours
    assert ours <= {state.entity_id for state in measuring(hass)}


async def test_where_the_server_reported_nothing_new_nothing_is(hass: HomeAssistant, source: Source) -> None:
    await source.report(0)
    reports = Reports(hass)
    before = hass.states.get(SPEED).last_reported
    for _ in range(3):
        await source.hear_nothing()
    assert hass.states.get(SPEED).last_reported == before
    assert (reports.reported[SPEED], reports.reported[TRAFFIC], reports.changed[SPEED]) == (0, 0, 0)


async def test_a_report_that_says_the_same_is_not_recorded(hass: HomeAssistant, source: Source) -> None:
    await source.report(0)
    began = dt_util.utcnow()
    for _ in range(10):
        await source.report(0)
    await async_wait_recording_done(hass)

    def rows() -> list[State | dict[str, Any]]:
        recorded = get_significant_states(
            hass, began, None, [SPEED, TRAFFIC], include_start_time_state=False, significant_changes_only=False
        )
        return [row for rows in recorded.values() for row in rows]

    assert await get_instance(hass).async_add_executor_job(rows) == []
    assert hass.states.get(SPEED).last_reported > began


async def test_live_reports_come_at_the_pace_of_what_is_published(
    hass: HomeAssistant, clock: Clock, home: Home
) -> None:
    home.dashboard.servers[1].machine.pin(load_1=1.0)
    await home.set_up(metrics_interval=PACE)
    await home.frame(PACE)
    reports = Reports(hass)
    for _ in range(60 // 2):
        await home.frame(2)
    assert reports.reported[home.entity_id("load_1")] == 60 // PACE


async def test_a_service_is_reported_with_each_new_probe(
    hass: HomeAssistant, clock: Clock, socket_enabled: None
) -> None:
    async with serving() as simulator:
        service = simulator.dashboard.add_service("Website", probed=10)
        service.probing = False
        entry: MockConfigEntry = await set_up(hass, entry_for(simulator))
        latency = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, "hub_service_1_latency")
        seen: list[datetime] = [hass.states.get(latency).last_reported]
        for probes in (0, 1, 0):
            clock.tick(PACE)
            service.probe(probes)
            await refresh(hass, entry)
            seen.append(hass.states.get(latency).last_reported)
        assert seen[0] == seen[1] < seen[2] == seen[3]


async def test_a_traffic_cycle_is_reported_with_each_count(
    hass: HomeAssistant, clock: Clock, socket_enabled: None
) -> None:
    """The dashboard counts every half hour; what it answers in between is no new report, nor is what stays as it is."""
    async with serving() as simulator:
        add_rule(simulator, "Monthly", {1: 2**30}, limit=4 * 2**30)
        simulator.dashboard.servers[1].machine.hold("net_in_transfer", "net_out_transfer")
        enable(hass, cycle_key(simulator, "used"), cycle_key(simulator, "remaining"))
        entry: MockConfigEntry = await set_up(hass, entry_for(simulator))
        reports = Reports(hass)
        own = {figure: entity_of(hass, "sensor", cycle_key(simulator, figure)) for figure in CYCLE_FIGURES}
        total = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, "hub_cycle_1_total")
        for counts in (0, 1, 1, 2):
            clock.tick(RECALCULATION / 2)
            await refresh(hass, entry)
            assert {figure: reports.reported[own[figure]] for figure in own} == {
                "used_share": counts,
                "used": counts,
                "reset": 0,
                "remaining": 0,
            }
            assert reports.reported[total] == counts
        assert not any(reports.changed[each] for each in (*own.values(), total))
