"""What attacks leave in memory: nothing that grows with how long they last."""

from collections.abc import Awaitable, Callable
import gc
import logging
import tracemalloc

import pytest

from simulator import Temperature

from .home import VICTIM, AttackedHome

MEMORY_LEFT = 2**19
"""Bytes that may be in use after further rounds of an attack which were not before: what Home Assistant learnt meanwhile."""
ROUNDS = 2
OF_THE_TESTS = ("*/tests/*", "*/simulator/*", "*/unittest/*", "*/freezegun/*", "*/homeassistant/*/json.py")
"""Where memory is taken for the tests: their watchers, the dashboard, and files written, which they keep in memory."""


async def _thousands_of_temperatures(home: AttackedHome) -> None:
    machine = home.dashboard.servers[VICTIM].machine
    machine.pin(temperatures=tuple(Temperature("cpu", 40.0 + each % 50) for each in range(25_000)))
    await home.frame(4)
    await home.poll(30)
    machine.unpin()
    await home.frame(4)


async def _new_names_with_every_report(home: AttackedHome) -> None:
    machine = home.dashboard.servers[VICTIM].machine
    machine.sensors = tuple(f"sensor {place}" for place in range(100))
    machine.renames_sensors = True
    for _ in range(5):
        await home.frame(2)
    machine.sensors, machine.renames_sensors = (), False
    await home.frame(2)


async def _a_hundred_servers_come_and_go(home: AttackedHome) -> None:
    for number in range(100):
        home.dashboard.add_server(f"bot {number}")
    await home.frame(2)
    await home.poll(30)
    for number in [each for each in home.dashboard.servers if each > 3]:
        home.dashboard.remove_server(number)
    home.dashboard._orphans.clear()
    await home.frame(2)
    await home.poll(30)


async def _an_uptime_that_falls(home: AttackedHome) -> None:
    machine = home.dashboard.servers[VICTIM].machine
    for turn in range(50):
        left = 100_000 - 100 * turn
        machine.pin(uptime=left, net_in_transfer=left, net_out_transfer=left)
        await home.frame(2)
    machine.unpin()


async def _an_address_and_a_version_that_flap(home: AttackedHome) -> None:
    machine = home.dashboard.servers[VICTIM].machine
    for turn in range(10):
        machine.pin(ipv4=f"198.51.100.{turn}", version=f"1.{turn}.{len(home.simulator.requests)}")
        machine.reconnect(home.dashboard.clock())
        await home.poll(30)
    machine.unpin()


def _answers(fault: str, path: str, polls: int = 2) -> Callable[[AttackedHome], Awaitable[None]]:
    """Return an attack by what the dashboard answers to a request."""

    async def attack(home: AttackedHome) -> None:
        delivered = home.simulator.faults.delivered[fault]
        home.simulator.faults.set(fault, path=path)
        for _ in range(polls):
            await home.poll(30)
        assert home.simulator.faults.delivered[fault] > delivered
        home.simulator.faults.clear()
        await home.poll(60)

    return attack


def _frames(fault: str, frames: int = 8) -> Callable[[AttackedHome], Awaitable[None]]:
    """Return an attack by frames."""

    async def attack(home: AttackedHome) -> None:
        delivered = home.simulator.frame_faults.delivered[fault]
        home.simulator.frame_faults.set(fault)
        for _ in range(frames):
            await home.frame(2)
        assert home.simulator.frame_faults.delivered[fault] == delivered + frames
        home.simulator.frame_faults.clear()
        await home.frame(2)

    return attack


ATTACKS = {
    "a": _thousands_of_temperatures,
    "b": _new_names_with_every_report,
    "c": _a_hundred_servers_come_and_go,
    "e": _an_uptime_that_falls,
    "f": _answers("redirect_with_user", "/api/v1/server"),
    "g": _answers("json_401", "/api/v1/server"),
    "i_list": _answers("huge_list", "/api/v1/server"),
    "i_packed": _answers("huge_list_packed", "/api/v1/server"),
    "i_of_lists": _answers("huge_list_of_lists", "/api/v1/server"),
    "k": _frames("now_jumps"),
    "r_nameless": _answers("nameless", "/api/v1/server"),
    "r_unreadable": _answers("many_unreadable", "/api/v1/server"),
    "v": _answers("empty_fleet", "/api/v1/server", polls=10),
    "w": _an_address_and_a_version_that_flap,
}
"""By the row of what was tried: a round of it, with its end."""


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
async def test_memory_comes_back(home: AttackedHome, attack: Callable[[AttackedHome], Awaitable[None]]) -> None:
    await home.set_up()
    # A line of the log for debugging has the error, and what it is about: these here are kept.
    home.caplog.set_level(logging.INFO, "custom_components.nezha")
    # From the first round on: what a later one replaces would count as new otherwise.
    tracemalloc.start()
    try:
        # What is made once stays: the attack itself, and what is imported because of it.
        await attack(home)
        before = _in_use(home)
        for _ in range(ROUNDS):
            await attack(home)
        after = _in_use(home)
    finally:
        tracemalloc.stop()
    assert after - before < MEMORY_LEFT
    await home.assert_as_before()


def _in_use(home: AttackedHome) -> int:
    """Return the bytes in use, less what the tests themselves keep."""
    home.caplog.clear()
    home.simulator.requests.clear()
    gc.collect()
    kept = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(False, pattern) for pattern in OF_THE_TESTS])
    return sum(trace.size for trace in kept.traces)
