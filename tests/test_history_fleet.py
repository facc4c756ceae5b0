"""The history of a whole fleet: within the bounds that one server has, whatever their number; nightly with 500 of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
import logging
from os import environ
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from custom_components.nezha.api import Period
from custom_components.nezha.const import DOMAIN
from custom_components.nezha.runtime import history, limits
from custom_components.nezha.runtime.history import HistoryImport
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator import Dashboard, Host, Machine, Simulator

from .conftest import Clock, set_up
from .test_history import now
from .test_services import entry_for, identity, serving

SERVERS = int(environ.get("HISTORY_SERVERS", "20"))
CHOSEN = ("cpu", "load_1")
TURNS = 5
"""Of the loop, at least, for whoever else waits for it while a server is imported."""

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the recorder's database before Home Assistant."""


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Record not each state in a transaction of its own."""
    return {"commit_interval": 1}


class Fleet:
    """Servers that are remembered, and what the dashboard and the recorder have to do at once for them."""

    def __init__(self, hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry) -> None:
        self.hass = hass
        self.simulator = simulator
        self.entry = entry
        self.requests = 0
        self.at_once = 0
        """The most requests at a time."""
        self.backlog = 0
        """The most statistics that waited for the recorder."""
        self._running = 0

    @property
    def coordinator(self) -> Any:
        """What is known of the servers."""
        return self.entry.runtime_data

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count from now on."""
        fetch, write = self.coordinator.backend.history, history.async_import_statistics

        async def counted(*args: Any) -> Any:
            self.requests += 1
            self._running += 1
            self.at_once = max(self.at_once, self._running)
            try:
                return await fetch(*args)
            finally:
                self._running -= 1

        def noted(*args: Any) -> None:
            write(*args)
            self.backlog = max(self.backlog, get_instance(self.hass).backlog)

        monkeypatch.setattr(self.coordinator.backend, "history", counted)
        monkeypatch.setattr(history, "async_import_statistics", noted)

    def work(self, on_progress: Any = lambda _: None) -> HistoryImport:
        """Return an import of everything."""
        return HistoryImport(self.hass, self.entry, self.coordinator.data, CHOSEN, Period.DAY, on_progress)

    async def hours(self) -> int:
        """Return the hours in the recorder, of all entities."""
        await async_wait_recording_done(self.hass)
        rows = await get_instance(self.hass).async_add_executor_job(
            statistics_during_period, self.hass, datetime(2020, 1, 1, tzinfo=UTC), None, None, "hour", None, {"mean"}
        )
        return sum(len(each) for each in rows.values())


@pytest.fixture
async def fleet(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    clock: Clock,
    socket_enabled: None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Fleet]:
    """Serve a fleet that remembers a whole hour. Its entities are registered, and show nothing: that is what takes its time."""
    for logger in ("", "sqlalchemy.engine"):
        caplog.set_level(logging.WARNING, logger or None)
    monkeypatch.setattr("custom_components.nezha.PLATFORMS", ())
    dashboard = Dashboard()
    dashboard.tsdb = True
    for number in range(SERVERS):
        dashboard.add_server(f"server {number}", Machine(Host(boot_time=now() - 90 * 60), seed=number))
    async with serving("v2", dashboard) as simulator:
        entry = await set_up(hass, entry_for(simulator))
        registry = er.async_get(hass)
        for number in range(1, SERVERS + 1):
            for key in CHOSEN:
                registry.async_get_or_create(
                    "sensor", DOMAIN, f"hub_{identity(simulator, number)}_{key}", config_entry=entry
                )
        yield Fleet(hass, simulator, entry)


async def test_all_of_it_within_bounds(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.watch(monkeypatch)
    progress: list[float] = []
    turns: list[int] = []
    turn = 0

    async def tick() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    def note(share: float) -> None:
        progress.append(share)
        turns.append(turn)

    ticking = asyncio.create_task(tick())
    reports = await fleet.work(note).run()
    ticking.cancel()
    assert len(reports) == SERVERS
    assert {(each.measurement, each.hours) for report in reports.values() for each in report.written} == {
        (key, 1) for key in CHOSEN
    }
    assert await fleet.hours() == SERVERS * len(CHOSEN)
    assert fleet.requests == SERVERS * len(CHOSEN)
    assert fleet.at_once == min(limits.HISTORY_REQUESTS, len(CHOSEN))
    assert fleet.backlog <= len(CHOSEN), (
        "no server is read before what was written of the one before is in the database"
    )
    assert progress == sorted(progress)
    assert len(progress) == SERVERS + 1
    assert min(after - before for before, after in pairwise(turns[:-1])) >= TURNS


async def test_it_stops_and_goes_on(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.watch(monkeypatch)
    half = asyncio.Event()
    task = asyncio.create_task(fleet.work(lambda share: half.set() if share >= 0.5 else None).run())
    await half.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    asked, there = fleet.requests, await fleet.hours()
    assert 0 < there < SERVERS * len(CHOSEN)
    await asyncio.sleep(0.05)
    assert fleet.requests == asked
    reports = await fleet.work().run()
    assert await fleet.hours() == SERVERS * len(CHOSEN)
    assert sum(each.hours for report in reports.values() for each in report.written) == SERVERS * len(CHOSEN) - there


async def test_servers_that_go_meanwhile_are_left_out(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.watch(monkeypatch)
    work = fleet.work()
    kept = dict(list(fleet.coordinator.data.items())[:3])
    fleet.coordinator.data = kept
    assert (await work.run()).keys() == kept.keys()
    assert fleet.requests == len(kept) * len(CHOSEN)
