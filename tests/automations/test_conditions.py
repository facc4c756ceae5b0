"""What each condition says of what is so."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from custom_components.nezha.condition import CONDITIONS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition
from simulator import Simulator
from tests.conftest import Clock
from tests.test_services import device_of, serving

from .home import ALPHA, GIB, Home, automation, begin, dashboard, home_of, note, restarted

FIFTY = {"threshold": {"type": "above", "value": {"number": 50}}}
OPTIONS: dict[str, dict[str, Any]] = {
    "cpu_is": FIFTY,
    "memory_is": FIFTY,
    "disk_is": FIFTY,
    "load_is": {"threshold": {"type": "above", "value": {"number": 4}}},
    "traffic_is": FIFTY,
}


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2."""
    async with serving("v2", dashboard()) as simulator:
        yield simulator


@pytest.fixture
async def home(hass: HomeAssistant, hass_storage: dict[str, Any], clock: Clock, simulator: Simulator) -> Home:
    """Set up the dashboard."""
    return await home_of(hass, clock, simulator)


async def checker(home: Home, name: str, target: dict[str, Any] | None = None, **options: Any) -> Any:
    """Return a condition, set up."""
    prefix = "" if target else "any_"
    config: dict[str, Any] = {"condition": f"nezha.{prefix}{name}", "options": OPTIONS.get(name, {}) | options}
    if target:
        config["target"] = target
    validated = await condition.async_validate_condition_config(home.hass, config)
    return await condition.async_from_config(home.hass, validated)


async def says(home: Home, name: str, target: dict[str, Any] | None = None, **options: Any) -> bool:
    """Return what a condition says now."""
    check = await checker(home, name, target, **options)
    try:
        return check.async_check()
    finally:
        check.async_unload()


async def true_conditions(home: Home) -> set[str]:
    """Return which are true of any."""
    return {name for name in CONDITIONS if not name.startswith("any_") and await says(home, name)}


USUAL = {"server_is_online", "service_is_up", "dashboard_is_reachable"}


async def test_what_is_usual(home: Home) -> None:
    await home.pass_by(120)
    assert await true_conditions(home) == USUAL


async def test_what_is_not(home: Home) -> None:
    home.machine(1).silent = True
    home.machine(2).pin(cpu=60.0, mem_used=3 * GIB, disk_used=60 * GIB, load_5=5.0, net_in_transfer=600 * GIB)
    home.dashboard.servers[3].public_note = note("2026-06-04T00:00:00+00:00")
    home.dashboard.services[1].failing = True
    await home.pass_by(3600, step=300)
    assert await true_conditions(home) == {
        "server_is_online",
        "server_is_offline",
        "cpu_is",
        "memory_is",
        "disk_is",
        "load_is",
        "traffic_is",
        "server_expires",
        "service_is_down",
        "dashboard_is_reachable",
    }


async def test_of_an_outage_nothing_is_known_but_that(home: Home) -> None:
    home.machine(1).silent = True
    await home.pass_by(60)
    home.simulator.stop_listening()
    await home.pass_by(60)
    assert await true_conditions(home) == {"dashboard_is_unreachable"}
    assert not await says(home, "server_is_online", behavior="all")


async def test_any_and_all(home: Home) -> None:
    assert await says(home, "server_is_online", behavior="all")
    home.machine(1).silent = True
    await home.pass_by(60)
    assert await says(home, "server_is_offline")
    assert not await says(home, "server_is_offline", behavior="all")
    assert not await says(home, "server_is_online", behavior="all")
    assert await says(home, "server_is_offline", behavior="all", groups=["Tokyo"])


async def test_a_target(home: Home) -> None:
    home.machine(1).silent = True
    await home.pass_by(60)
    for number, offline in ((1, True), (2, False)):
        target = {"device_id": device_of(home.hass, home.machine(number).uuid).id}
        assert await says(home, "server_is_offline", target) is offline


async def test_for_a_time(home: Home) -> None:
    check = await checker(home, "cpu_is", **{"for": {"minutes": 2}})
    home.machine(1).pin(cpu=80.0)
    await home.pass_by(30)
    assert not check.async_check()
    await home.pass_by(120)
    assert check.async_check()
    home.machine(1).pin(cpu=20.0)
    await home.pass_by(30)
    assert not check.async_check()
    check.async_unload()


async def test_a_server_that_has_been_offline_for_longer_than_anybody_watched(home: Home) -> None:
    home.machine(1).silent = True
    await home.pass_by(600, step=60)
    assert await says(home, "server_is_offline", **{"for": {"minutes": 5}})
    assert not await says(home, "server_is_offline", **{"for": {"minutes": 15}})


async def test_the_time_goes_on_over_a_restart(home: Home) -> None:
    guarded = automation(
        {"trigger": "event", "event_type": "ask"},
        conditions=[
            {"condition": "nezha.any_server_is_online", "options": {"behavior": "all", "for": {"minutes": 10}}}
        ],
        names="asked",
    )
    await home.automate(guarded)
    await home.pass_by(400, step=100)
    async with restarted(home) as after:
        after.clock.tick(300)
        await begin(after, guarded)
        after.hass.bus.async_fire("ask")
        await after.settle()
        assert [run["names"] for run in after.take()] == ["asked"]


async def test_in_an_automation(home: Home) -> None:
    await home.automate(
        automation(
            {"trigger": "event", "event_type": "ask"},
            conditions=[{"condition": "nezha.any_server_is_offline", "options": {"groups": ["Tokyo"]}}],
            names=ALPHA,
        )
    )
    home.hass.bus.async_fire("ask")
    await home.settle()
    assert home.take() == []
    home.machine(1).silent = True
    await home.pass_by(60)
    home.hass.bus.async_fire("ask")
    await home.settle()
    assert [run["names"] for run in home.take()] == [ALPHA]
