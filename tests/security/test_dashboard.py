"""What a dashboard can do to a home, or whoever stands in its place."""

import asyncio
from unittest.mock import patch

import pytest

from custom_components.nezha.api import limits as read
from custom_components.nezha.api.v1_decode import FrameDecoder
from custom_components.nezha.const import CONF_REJECTED
from custom_components.nezha.runtime import limits
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_ON
from simulator.attacks import NAMELESS, UNREADABLE
from simulator.frame_faults import DAY, FLOOD, PINGS

from .home import AttackedHome, until

LOGIN = "/api/v1/login"
LIST = "/api/v1/server"
SOCKET = "/ws/"


@pytest.mark.parametrize("path", [LIST, SOCKET])
async def test_f_a_redirect_with_a_user_in_it(home: AttackedHome, path: str) -> None:
    entry = await home.set_up()
    home.simulator.faults.set("redirect_with_user", path=path)
    home.simulator.frame_faults.set("drop", times=1)
    await home.frame_is_lost()
    for _ in range(3):
        await home.poll(30)
        home.pauses.end()
    await until(lambda: home.simulator.faults.delivered["redirect_with_user"] >= 2)
    assert home.is_shown() == (path == SOCKET)
    assert len(home.lines()) == (path == LIST)
    home.simulator.faults.clear()
    await home.reconnects()
    await home.frame(2)
    assert entry.runtime_data.live, "what follows frames is alive"
    await home.assert_as_before()


@pytest.mark.parametrize("generation", ["v1"])
async def test_f_a_session_of_two_lines(home: AttackedHome, generation: str) -> None:
    entry = await home.set_up()
    home.dashboard.credentials.revoke_jwts()
    home.simulator.faults.set("session_of_two_lines")
    for _ in range(3):
        await home.poll(60)
    assert home.simulator.faults.delivered["session_of_two_lines"] >= 2
    assert not any("Forged" in name for request in home.simulator.requests for name in request.headers)
    assert len(home.lines()) == 1
    assert CONF_REJECTED not in entry.data
    home.simulator.faults.clear()
    home.clock.tick(60)
    await home.assert_as_before()


async def test_h_a_socket_that_only_pings(home: AttackedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pings are no life: what they stand for is a loss, and polls decide, failing ones too."""
    entry = await home.set_up()
    monkeypatch.setattr("custom_components.nezha.api.websocket.SILENCE", 0.2)
    # From this one on.
    await home.simulator.push_frame()
    home.simulator.frame_faults.set("only_pings")
    home.clock.tick(2)
    while not home.pauses.seconds:
        await home.simulator.push_frame()
        # A ping that is sent at once gives the loop no turn, in which the silence would end.
        await asyncio.sleep(0.01)
    await home.is_lost()
    assert home.simulator.frame_faults.delivered["only_pings"] > 1
    assert not entry.runtime_data.live
    home.simulator.faults.set("html_502")
    await home.poll(30)
    assert not home.is_shown(), "nothing stale is shown"
    home.simulator.faults.clear()
    await home.assert_as_before()


async def test_h_thousands_of_pings(home: AttackedHome) -> None:
    await home.set_up()
    home.simulator.frame_faults.set("ping_flood", times=1)
    with home.harm() as harm:
        await home.simulator.push_frame()
        await until(lambda: not home.simulator.live.online)
        await home.hass.async_block_till_done()
    assert home.simulator.frame_faults.delivered == {"ping_flood": 1}
    assert PINGS > read.MOST_MESSAGES
    harm.assert_nothing_blocked()
    assert len([line for line in home.lines() if "too much live data" in line]) == 1
    await home.assert_as_before()


@pytest.mark.parametrize("attack", ["huge_list", "huge_list_packed", "huge_list_of_lists"])
@pytest.mark.parametrize("path", [LIST, "/api/v1/service", "/api/v1/setting", LOGIN])
@pytest.mark.parametrize("generation", ["v1"])
async def test_i_ten_megabytes_of_nothing(home: AttackedHome, generation: str, attack: str, path: str) -> None:
    await home.set_up()
    home.dashboard.credentials.revoke_jwts()
    home.simulator.faults.set(attack, path=path)
    with home.harm() as harm:
        await home.poll(60)
    harm.assert_nothing_blocked()
    home.simulator.faults.clear()
    home.clock.tick(60)
    await home.assert_as_before()


@pytest.mark.parametrize("attack", ["huge_list", "huge_list_of_lists"])
async def test_i_frames_of_ten_megabytes(home: AttackedHome, attack: str) -> None:
    entry = await home.set_up()
    home.simulator.frame_faults.set(attack)
    with home.harm() as harm:
        await home.frame_is_lost()
        home.pauses.end()
        await home.poll(30)
    harm.assert_nothing_blocked()
    assert home.simulator.frame_faults.delivered[attack]
    home.simulator.frame_faults.clear()
    await home.reconnects()
    await home.frame(2)
    assert entry.runtime_data.live
    await home.assert_as_before()


async def test_k_hundreds_of_frames_a_second(home: AttackedHome) -> None:
    """One a second is looked at, the newest; no state is written more often for the others."""
    entry = await home.set_up()
    decode, decoded = FrameDecoder.__call__, []

    async def count(decoder: FrameDecoder, value: object) -> object:
        decoded.append(frame := await decode(decoder, value))
        return frame

    home.simulator.frame_faults.set("flood", times=1)
    home.dashboard.servers[2].machine.pin(load_1=77.0)
    home.clock.tick(2)
    with (
        patch("custom_components.nezha.api.websocket.FRAME_PAUSE", read.FRAME_PAUSE),
        patch.object(FrameDecoder, "__call__", count),
        home.harm() as harm,
    ):
        await home.simulator.push_frame()
        await until(lambda: len(decoded) == 2)
        await until(lambda: home.shown("load_1", 2) == "77.0")
        await home.hass.async_block_till_done()
    assert home.simulator.frame_faults.delivered == {"flood": 1}
    first, newest = decoded
    # The first one came after a pause; of all that followed at once there is the newest.
    assert home.coordinator._follower.newest.skipped == FLOOD - 2
    assert (abs(first.now - home.dashboard.now()), newest.now) == (DAY, home.dashboard.now())
    assert max(harm.states.values()) <= len(decoded)
    assert not [number for number in (1, 2, 3) if harm.states[home.entity_id("online", number)]]
    harm.assert_nothing_blocked()
    assert len([line for line in home.lines() if "more often than every two seconds" in line]) == 1
    assert entry.runtime_data.live
    await home.assert_as_before()


async def test_k_a_time_that_jumps(home: AttackedHome) -> None:
    await home.set_up()
    home.simulator.frame_faults.set("now_jumps")
    turns = 40
    with home.harm() as harm:
        for _ in range(turns):
            await home.frame(2)
    assert home.simulator.frame_faults.delivered["now_jumps"] == turns
    assert sum(harm.states[home.entity_id("online", number)] for number in (1, 2, 3)) == 0
    assert max(harm.states.values()) <= turns
    home.simulator.frame_faults.clear()
    await home.frame(2)
    await home.assert_as_before()


async def test_r_thousands_that_cannot_be_read(home: AttackedHome) -> None:
    """As many as a list may have: named in one line, in which most are a number only, and not again with each poll."""
    await home.set_up()
    home.simulator.faults.set("nameless", path=LIST)
    with home.harm() as harm:
        for _ in range(4):
            await home.poll(30)
    assert home.simulator.faults.delivered["nameless"] == 4
    assert len(home.coordinator.snapshot.omitted) == NAMELESS
    harm.assert_nothing_blocked()
    lines = home.lines()
    assert len(lines) == 1
    assert f"and {limits.LOG_MEMORY - limits.LOG_NAMES} more" in lines[0]
    assert all(len(each._logged) <= limits.LOG_MEMORY for each in (home.coordinator._log._unread,))
    assert home.is_shown()
    home.simulator.faults.clear()
    await home.assert_as_before()


async def test_r_more_than_a_list_may_have(home: AttackedHome) -> None:
    await home.set_up()
    home.simulator.faults.set("many_unreadable", path=LIST)
    with home.harm() as harm:
        for _ in range(4):
            await home.poll(30)
    assert UNREADABLE > read.MOST_ELEMENTS
    assert home.simulator.faults.delivered["many_unreadable"] >= 4
    harm.assert_nothing_blocked()
    assert len(home.lines()) == 1
    home.simulator.faults.clear()
    await home.assert_as_before()


@pytest.mark.parametrize("generation", ["v1"])
@pytest.mark.parametrize("life", [299, 61, 1, 0, -3_600])
async def test_t_sessions_that_hardly_last(home: AttackedHome, generation: str, life: int) -> None:
    """One log-in a minute, whatever the dashboard says of its sessions."""
    entry = await home.set_up()
    home.dashboard.credentials.jwt_life = life
    home.dashboard.credentials.revoke_jwts()
    asked = home.asked(LOGIN)
    minutes = 5
    for _ in range(6 * minutes):
        await home.poll(10)
    assert 1 <= home.asked(LOGIN) - asked <= minutes + 1
    assert CONF_REJECTED not in entry.data
    assert home.reauths() == 0
    home.dashboard.credentials.jwt_life = 3_600
    home.clock.tick(60)
    await home.assert_as_before()


async def test_v_an_empty_list_for_days(home: AttackedHome) -> None:
    await home.set_up()
    devices, entities = home.devices(), home.entities()
    home.simulator.faults.set("empty_fleet", path=LIST)
    for seconds in [60] * 30 + [3_600] * 48:
        await home.poll(seconds)
    assert home.simulator.faults.delivered["empty_fleet"] == 78
    assert (home.devices(), home.entities()) == (devices, entities)
    home.simulator.faults.clear()
    await home.assert_as_before()
    assert home.entry is not None
    assert home.entry.state is ConfigEntryState.LOADED
    assert home.shown("online", 1) == STATE_ON


async def test_groups_without_end_are_no_areas_without_end(home: AttackedHome) -> None:
    """A plain user of the dashboard names its groups."""
    for number in range(limits.AREAS + 20):
        server = home.dashboard.add_server(f"grouped {number}")
        home.dashboard.add_group(f"group {number}", [server.id])
    await home.set_up(group_as_area=True)
    assert home.registered().areas == limits.AREAS
    assert len(home.devices()) == limits.AREAS + 20 + 4
    # It was said while it was set up; from here on it is known.
    assert home.lines() == []
    await home.assert_as_before()


async def test_rules_without_end_over_one_server(home: AttackedHome) -> None:
    for number in range(30):
        home.dashboard.add_rule(f"rule {number}", servers=[1])
    await home.set_up()
    await home.poll(30)
    counting = home.coordinator.counted[home.dashboard.servers[1].machine.uuid]
    assert [cycle.number for cycle in counting] == list(range(1, read.MOST_CYCLES_OF_SERVER + 1))
    await home.assert_as_before()
