"""A Home Assistant with automations over a simulated dashboard: what ran, with what, and over a restart in between."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_test_home_assistant,
)

from custom_components.nezha.const import DOMAIN
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.setup import async_setup_component
from simulator import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, Dashboard, Host, Machine, Simulator
from simulator.records import ServiceKind
from tests.conftest import Clock, refresh, set_up
from tests.scripted import ScriptedDashboard
from tests.test_services import entry_for

GIB = 2**30
DAY = 86_400
ALPHA, BETA, GAMMA = "alpha", "beta", "伽马 🚀"
CREDENTIALS = {
    "v0": {"token": ScriptedDashboard.TOKEN},
    "v1": {"username": DEMO_USER, "password": DEMO_PASSWORD},
    "v2": {"token": DEMO_PAT},
}


def note(end: str, **billing: Any) -> str:
    """Return a public note with the end of a term."""
    return json.dumps({"billingDataMod": {"endDate": end, "cycle": "月", "amount": "5USD", **billing}})


def dashboard() -> Dashboard:
    """Return a dashboard with a server in each of two groups and one in none, a service, a traffic rule and a task."""
    dashboard = Dashboard(tokens=[ScriptedDashboard.TOKEN])
    boot_time = int(dashboard.clock()) - DAY
    for number, (name, tag) in enumerate(((ALPHA, "Tokyo"), (BETA, "Berlin"), (GAMMA, "")), start=1):
        host = Host(
            boot_time=boot_time,
            ipv4=f"198.51.100.{number}",
            version="1.2.0",
            mem_total=4 * GIB,
            disk_total=100 * GIB,
        )
        machine = Machine(host, seed=number)
        machine.pin(
            cpu=10.0 * number, mem_used=GIB, disk_used=40 * GIB, load_1=0.1, load_5=0.1 * number, load_15=0.1, gpu=()
        )
        dashboard.add_server(name, machine, tag=tag, public_note=note("2026-07-01T00:00:00+00:00"))
    dashboard.add_group("Tokyo", [1])
    dashboard.add_group("Berlin", [2])
    dashboard.add_service("Website", ServiceKind.HTTP)
    dashboard.add_rule("Monthly", limit=1000 * GIB)
    dashboard.add_task("Backup")
    return dashboard


@dataclass
class Home:
    """A running Home Assistant."""

    hass: HomeAssistant
    clock: Clock
    simulator: Simulator
    entry: MockConfigEntry
    runs: list[dict[str, Any]] = field(default_factory=list)
    """What each run of an automation handed on."""

    @property
    def dashboard(self) -> Dashboard:
        """What it watches."""
        return self.simulator.dashboard

    def machine(self, number: int) -> Machine:
        """Return a server's machine."""
        return self.dashboard.servers[number].machine

    async def pass_by(self, seconds: float, *, step: float = 30) -> None:
        """Let time pass, and poll every so often."""
        left = seconds
        while left > 0:
            self._tick(min(step, left))
            left -= step
            await self.poll()

    async def wait(self, seconds: float) -> None:
        """Let time pass, and every timer go off that is due by then, however long it was to be waited for."""
        self._tick(seconds)
        await self.hass.async_block_till_done(wait_background_tasks=True)
        await self.settle()

    def _tick(self, seconds: float) -> None:
        """Move the clock. The loop's own runs on, so timers are made due by as much."""
        self.clock._frozen.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self.hass, datetime.now(UTC) + timedelta(seconds=seconds))

    async def poll(self) -> None:
        """Poll once."""
        await refresh(self.hass, self.entry)
        await self.settle()

    async def settle(self) -> None:
        """Let everything that was begun come to its end."""
        self.clock.tick(0.001)
        await self.hass.async_block_till_done()

    def take(self) -> list[dict[str, Any]]:
        """Return what ran since this was last asked."""
        runs, self.runs = self.runs, []
        return runs

    def taken(self) -> dict[str, list[Any]]:
        """Return the names that each trigger ran for, a text a run, whether it has a target or not."""
        told: dict[str, list[Any]] = {}
        for run in self.take():
            told.setdefault(run["trigger"].replace(".any_", "."), []).append(run["names"])
        return told

    async def automate(self, *automations: Mapping[str, Any]) -> None:
        """Set automations up."""
        assert await async_setup_component(self.hass, "automation", {"automation": list(automations)})
        await self.settle()


def automation(
    trigger: Mapping[str, Any], *, conditions: Sequence[Mapping[str, Any]] = (), **data: str
) -> dict[str, Any]:
    """Return an automation that hands on the names that it ran for, and what the templates give."""
    return {
        "alias": str(trigger["trigger"]),
        "triggers": [trigger],
        "conditions": list(conditions),
        "mode": "queued",
        "actions": [
            {
                "action": "test.run",
                "data": {"trigger": "{{ trigger.platform }}", "names": "{{ trigger.names }}", **data},
            }
        ],
    }


def _listen(home: Home) -> None:
    @callback
    def run(call: ServiceCall) -> None:
        home.runs.append(dict(call.data))

    home.hass.services.async_register("test", "run", run)


def entry_of(simulator: Simulator, generation: str, **options: Any) -> MockConfigEntry:
    """Return an entry for a generation."""
    return entry_for(simulator, generation, CREDENTIALS[generation], **options)


async def home_of(
    hass: HomeAssistant, clock: Clock, simulator: Simulator, generation: str = "v2", **options: Any
) -> Home:
    """Set the dashboard up."""
    entry = await set_up(hass, entry_of(simulator, generation, **options))
    home = Home(hass, clock, simulator, entry)
    _listen(home)
    return home


@asynccontextmanager
async def restarted(home: Home, *, generation: str = "v2", **options: Any) -> AsyncIterator[Home]:
    """Stop a Home Assistant and give the one that starts after it, with `begin`."""
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.hass.async_block_till_done()
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    async with async_test_home_assistant() as hass:
        # As the fixture that lets Home Assistant find custom integrations does.
        hass.data.pop(DATA_CUSTOM_COMPONENTS)
        clock = Clock(hass, home.clock._frozen)
        try:
            yield Home(hass, clock, home.simulator, entry_of(home.simulator, generation, **options))
        finally:
            for entry in hass.config_entries.async_loaded_entries(DOMAIN):
                await hass.config_entries.async_unload(entry.entry_id)
            await hass.async_stop(force=True)


async def begin(home: Home, *automations: Mapping[str, Any]) -> None:
    """Start what was stopped: automations first, as they are set up beside the entry."""
    _listen(home)
    home.entry.add_to_hass(home.hass)
    await home.automate(*automations)
    await home.hass.config_entries.async_setup(home.entry.entry_id)
    await home.settle()
