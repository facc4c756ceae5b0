"""What each trigger fires for, and what it does not: events against triggers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from custom_components.nezha.trigger import TRIGGERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from simulator import Simulator
from tests.conftest import Clock
from tests.test_services import device_of, serving

from .home import ALPHA, BETA, GAMMA, GIB, Home, automation, dashboard, home_of, note

ABOVE_90 = {"threshold": {"type": "above", "value": {"number": 90}}}
OPTIONS: dict[str, dict[str, Any]] = {
    "cpu_crossed_threshold": ABOVE_90,
    "memory_crossed_threshold": ABOVE_90,
    "disk_crossed_threshold": ABOVE_90,
    "load_crossed_threshold": {"threshold": {"type": "above", "value": {"number": 4}}},
    "traffic_crossed_threshold": {"threshold": {"type": "above", "value": {"number": 80}}},
}
"""What a trigger cannot do without."""


def trigger(name: str, **options: Any) -> dict[str, Any]:
    """Return a trigger about everything."""
    return {"trigger": f"nezha.any_{name}", "options": OPTIONS.get(name, {}) | options}


EVERY = [automation(trigger(name)) for name in TRIGGERS if not name.startswith("any_")]


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2."""
    async with serving("v2", dashboard()) as simulator:
        yield simulator


@pytest.fixture
async def home(hass: HomeAssistant, hass_storage: dict[str, Any], clock: Clock, simulator: Simulator) -> Home:
    """Watch everything with every trigger."""
    home = await home_of(hass, clock, simulator)
    await home.automate(*EVERY)
    await home.pass_by(60)
    assert home.taken() == {}
    return home


@dataclass(frozen=True)
class Scene:
    """Something that happens, and what runs for it."""

    happen: Callable[[Home], Awaitable[None]]
    runs: dict[str, list[str]] = field(default_factory=dict)
    """Names by the trigger's, one text a run."""


async def offline(home: Home) -> None:
    home.machine(1).silent = True
    await home.pass_by(90)


async def two_offline(home: Home) -> None:
    home.machine(1).silent = home.machine(3).silent = True
    await home.pass_by(90)


async def back(home: Home) -> None:
    await offline(home)
    home.take()
    home.machine(1).silent = False
    await home.pass_by(60)


async def flap(home: Home) -> None:
    for _ in range(2):
        await offline(home)
        home.machine(1).silent = False
        await home.pass_by(60)


async def hiccup(home: Home) -> None:
    """Be silent for less than makes a server offline."""
    home.machine(1).silent = True
    await home.pass_by(20, step=10)
    home.machine(1).silent = False
    await home.pass_by(60)


async def outage(home: Home) -> None:
    home.simulator.stop_listening()
    await home.pass_by(300)
    home.simulator.resume()
    await home.pass_by(120)


async def dashboard_restart(home: Home) -> None:
    home.simulator.power_off()
    await home.pass_by(60)
    home.simulator.start_up()
    await home.pass_by(120, step=10)


async def blank_restart(home: Home) -> None:
    """Restart the dashboard between two polls: it answers blanks."""
    home.dashboard.restart()
    await home.pass_by(120, step=5)


async def offline_in_an_outage(home: Home) -> None:
    home.simulator.stop_listening()
    await home.pass_by(60)
    home.machine(2).silent = True
    await home.pass_by(60)
    home.simulator.resume()
    await home.pass_by(120)


async def new_server(home: Home) -> None:
    home.dashboard.add_server("delta")
    await home.pass_by(90)


async def new_server_that_is_offline(home: Home) -> None:
    server = home.dashboard.add_server("delta")
    server.machine.silent = True
    home.clock.tick(120)
    await home.pass_by(90)


async def new_server_goes_offline(home: Home) -> None:
    server = home.dashboard.add_server("delta")
    await home.pass_by(60)
    server.machine.silent = True
    await home.pass_by(90)


async def renamed(home: Home) -> None:
    home.dashboard.rename(1, "zeta")
    await home.pass_by(60)


async def removed(home: Home) -> None:
    home.dashboard.remove_server(1)
    await home.pass_by(900, step=60)


async def group_changed(home: Home) -> None:
    home.dashboard.groups[1].servers = []
    home.dashboard.groups[2].servers = [1, 2]
    await home.pass_by(60)


async def disabled(home: Home) -> None:
    device = device_of(home.hass, home.machine(1).uuid)
    dr.async_get(home.hass).async_update_device(device.id, disabled_by=dr.DeviceEntryDisabler.USER)
    await home.pass_by(60)
    await offline(home)


async def reloaded(home: Home) -> None:
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.pass_by(60)


async def rebooted(home: Home) -> None:
    home.machine(1).reboot()
    await home.pass_by(60)


async def address(home: Home) -> None:
    home.machine(1).pin(ipv4="203.0.113.9")
    await home.pass_by(60)


async def agent(home: Home) -> None:
    home.machine(2).pin(version="1.3.0")
    await home.pass_by(60)


def pinned(number: int, **values: Any) -> Callable[[Home], Awaitable[None]]:
    async def happen(home: Home) -> None:
        home.machine(number).pin(**values)
        await home.pass_by(90)

    return happen


async def pinned_and_offline(home: Home) -> None:
    """Cross a threshold, go and come back above it."""
    home.machine(2).pin(cpu=95.0)
    await home.pass_by(60)
    home.take()
    home.simulator.stop_listening()
    await home.pass_by(60)
    home.simulator.resume()
    await home.pass_by(60)


async def service_down(home: Home) -> None:
    home.dashboard.services[1].failing = True
    await home.pass_by(1800, step=60)


async def service_back(home: Home) -> None:
    await service_down(home)
    home.take()
    home.dashboard.services[1].failing = False
    await home.pass_by(1800, step=60)


async def traffic(home: Home) -> None:
    home.machine(1).pin(net_in_transfer=850 * GIB)
    await home.pass_by(3600, step=300)


async def expiring(home: Home) -> None:
    home.dashboard.servers[2].public_note = note("2026-06-05T00:00:00+00:00")
    await home.pass_by(60)


async def days_pass(home: Home) -> None:
    home.dashboard.servers[2].public_note = note("2026-06-10T00:00:00+00:00")
    await home.pass_by(60)
    assert home.taken() == {}
    await home.pass_by(2 * 86_400, step=3600)


SCENES: dict[str, Scene] = {
    "offline": Scene(offline, {"server_went_offline": [ALPHA]}),
    "two offline at once": Scene(two_offline, {"server_went_offline": [f"{ALPHA}, {GAMMA}"]}),
    "back online": Scene(back, {"server_came_online": [ALPHA]}),
    "flapping": Scene(flap, {"server_went_offline": [ALPHA, ALPHA], "server_came_online": [ALPHA, ALPHA]}),
    "silent for a moment": Scene(hiccup),
    "outage of the dashboard": Scene(
        outage, {"dashboard_unreachable": ["My site"], "dashboard_reachable": ["My site"]}
    ),
    "restart of the dashboard": Scene(
        dashboard_restart, {"dashboard_unreachable": ["My site"], "dashboard_reachable": ["My site"]}
    ),
    "restart of the dashboard, unseen": Scene(blank_restart),
    "offline during an outage": Scene(
        offline_in_an_outage,
        {
            "dashboard_unreachable": ["My site"],
            "dashboard_reachable": ["My site"],
            "server_went_offline": [BETA],
        },
    ),
    "new server": Scene(new_server),
    "new server that is offline": Scene(new_server_that_is_offline),
    "new server goes offline": Scene(new_server_goes_offline, {"server_went_offline": ["delta"]}),
    "renamed": Scene(renamed),
    "removed": Scene(removed),
    "group changed": Scene(group_changed),
    "disabled device": Scene(disabled),
    "entry reloaded": Scene(reloaded),
    "reboot": Scene(rebooted, {"server_rebooted": [ALPHA]}),
    "another address": Scene(address, {"address_changed": [ALPHA]}),
    "another agent": Scene(agent, {"agent_updated": [BETA]}),
    "CPU": Scene(pinned(2, cpu=95.0), {"cpu_crossed_threshold": [BETA]}),
    "CPU stays high over an outage": Scene(
        pinned_and_offline, {"dashboard_unreachable": ["My site"], "dashboard_reachable": ["My site"]}
    ),
    "memory": Scene(pinned(2, mem_used=4 * GIB), {"memory_crossed_threshold": [BETA]}),
    "disk": Scene(pinned(3, disk_used=95 * GIB), {"disk_crossed_threshold": [GAMMA]}),
    "load": Scene(pinned(3, load_5=4.5), {"load_crossed_threshold": [GAMMA]}),
    "load of a minute only": Scene(pinned(3, load_1=4.5)),
    "expires soon": Scene(expiring, {"server_expires": [BETA]}),
    "service down": Scene(service_down, {"service_went_down": ["Website"]}),
    "service back": Scene(service_back, {"service_came_up": ["Website"]}),
    "traffic": Scene(traffic, {"traffic_crossed_threshold": [ALPHA]}),
    "days pass": Scene(days_pass, {"server_expires": [BETA]}),
}


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
async def test_events(home: Home, scene: Scene) -> None:
    await scene.happen(home)
    assert home.taken() == {f"nezha.{name}": runs for name, runs in scene.runs.items()}
