"""Two minutes in the life of a real v1 and a real v2 dashboard, answer by answer and frame by frame through the integration.

Agents fall silent and come back rebooted, a server is renamed, one is deleted and registers anew, and the dashboard
itself restarts (`recordings/story_v1.jsonl`, `recordings/story_v2.jsonl`).
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from itertools import pairwise
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aiohttp import WSMsgType, web
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from custom_components.nezha.const import CONF_GENERATION, DOMAIN
from homeassistant.components.recorder import Recorder
from homeassistant.const import CONF_HEADERS, CONF_PASSWORD, CONF_TOKEN, CONF_URL, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from .conftest import Clock, refresh, set_up
from .recorder import TRAFFIC_ONLY, compile_statistics, sum_of

RECORDINGS = Path(__file__).parent / "recordings"
RESTART_AFTER = 60
"""Seconds into the story at which Home Assistant restarts: the servers are back from their reboot, most just so."""
LOST = (30, 60)
"""Seconds between which the WebSocket cannot be had, in one of the runs: servers go offline and reboot meanwhile."""
DELETED = {"v1": (5, 11), "v2": (4, 11)}
"""The number of the server that is deleted, and the one under which it registers anew."""

GENERATIONS = ("v1", "v2")
COUNTERS = ("net_in_transfer", "net_out_transfer")
"""By the dashboard's names and the integration's alike."""


def story_of(generation: str) -> list[dict[str, Any]]:
    """Return what came from a dashboard, in order."""
    lines = (RECORDINGS / f"story_{generation}.jsonl").read_text().splitlines()
    return [line for text in lines if "via" in (line := json.loads(text))]


STORIES = {generation: story_of(generation) for generation in GENERATIONS}


def answers_of(generation: str) -> list[dict[str, Any]]:
    """Return the answers to requests that came."""
    return [line for line in STORIES[generation] if line["via"] == "rest" and "body" in line]


class Replay:
    """Says what the story says, word for word; where it says nothing, nobody answers."""

    def __init__(self, generation: str) -> None:
        self.answer: dict[str, Any] | None = None
        """What a list of servers is answered with, None for no answer at all."""
        self.takes_viewers = True
        self.date = ""
        self.url = ""
        self._setting = json.loads((RECORDINGS / generation / "setting.json").read_text())["body"]
        self._viewer: web.WebSocketResponse | None = None
        self._arrived = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._marks = 0

    async def start(self) -> None:
        """Listen."""
        app = web.Application()
        app.router.add_get("/api/v1/ws/server", self._look_on)
        app.router.add_route("*", "/api/v1/{path:.*}", self._reply)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """End it."""
        self.drop()
        await self._runner.cleanup()

    async def arrival(self) -> None:
        """Wait for somebody to look on."""
        async with asyncio.timeout(60):
            await self._arrived.wait()

    async def send(self, frame: dict[str, Any]) -> None:
        """Send a frame, and wait until it was taken in: its reader answers a ping only when it asks for the next one."""
        self._marks += 1
        mark = str(self._marks).encode()
        await self._viewer.send_json(frame)
        await self._viewer.ping(mark)
        async with asyncio.timeout(60):
            while (message := await self._viewer.receive()).type is not WSMsgType.PONG or message.data != mark:
                assert message.type is WSMsgType.PONG, message

    def drop(self) -> None:
        """Cut the socket."""
        self._arrived.clear()
        if self._viewer and (transport := self._viewer._req.transport):
            transport.abort()
        self._viewer = None

    async def _look_on(self, request: web.Request) -> web.StreamResponse:
        if not self.takes_viewers:
            request.transport.abort()
            return web.Response()
        socket = web.WebSocketResponse(autoping=False, autoclose=False)
        await socket.prepare(request)
        self._viewer = socket
        self._arrived.set()
        await asyncio.Event().wait()
        return socket

    async def _reply(self, request: web.Request) -> web.Response:
        if self.answer is None:
            request.transport.abort()
            return web.Response()
        status, body, date = 200, {"success": True}, self.date
        match request.match_info["path"]:
            case "server":
                status, body, date = self.answer["status"], self.answer["body"], self.answer["date"]
            case "server/list":
                status, body = 404, {"error": "404 Not Found"}
            case "setting":
                body = self._setting
            case "login":
                expire = datetime.fromtimestamp(parsedate_to_datetime(date).timestamp() + 3_600, UTC)
                body = {"success": True, "data": {"token": "jwt", "expire": expire.isoformat()}}
            case "cron/0/manual":
                body = {"error": "task id 0 does not exist"}
        return web.json_response(body, status=status, headers={"Date": date})


@dataclass
class Life:
    """What Home Assistant was told, and what it showed."""

    generation: str
    is_lost: bool
    """Whether the WebSocket could not be had for a while."""
    told: list[dict[str, Any]] = field(default_factory=list)
    """The lines of the story that reached it."""
    online: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    ids: list[dict[str, str]] = field(default_factory=list)
    """The entity ids by unique id: at first, and at the end."""
    devices: list[dict[str, dr.DeviceEntry]] = field(default_factory=list)
    sums: dict[tuple[str, str], int] = field(default_factory=dict)
    """Bytes by the statistics: of the servers that rebooted, by uuid and counter."""

    def note(self, hass: HomeAssistant, moment: float) -> None:
        """Write down who is online, by uuid."""
        for entry in er.async_entries_for_config_entry(er.async_get(hass), "hub"):
            if entry.unique_id.endswith("_online") and entry.domain == "binary_sensor":
                identity = entry.unique_id.split("_")[1]
                self.online.setdefault(identity, []).append((moment, hass.states.get(entry.entity_id).state))

    def note_entities(self, hass: HomeAssistant) -> None:
        """Write down the entities and devices that there are."""
        entries = er.async_entries_for_config_entry(er.async_get(hass), "hub")
        self.ids.append({entry.unique_id: entry.entity_id for entry in entries})
        devices = dr.async_entries_for_config_entry(dr.async_get(hass), "hub")
        self.devices.append({next(iter(device.identifiers))[1]: device for device in devices})

    async def note_sums(self, hass: HomeAssistant) -> None:
        """Write down what the statistics say of traffic."""
        await compile_statistics(hass)
        for identity in self.kinds()[0]:
            for counter in COUNTERS:
                self.sums[identity, counter] = await sum_of(hass, self.ids[-1][f"hub_{identity}_{counter}"])

    def turns(self, identity: str) -> list[tuple[float, str]]:
        """Return when the state of a server became another, the first one included."""
        states = self.online[identity]
        return [states[0], *(new for old, new in pairwise(states) if new[1] != old[1])]

    @property
    def numbers(self) -> dict[int, str]:
        """The uuid by number; only answers to requests have it."""
        return {
            server["id"]: server["uuid"] for answer in answers_of(self.generation) for server in answer["body"]["data"]
        }

    def seen(self, identity: str) -> Iterator[tuple[float, int, dict[str, Any]]]:
        """Return what the dashboard said of a server: when, what time it was there, and what."""
        for line in self.told:
            if line["via"] == "ws":
                now, servers = line["body"]["now"] // 1_000, line["body"]["servers"]
            else:
                now, servers = int(parsedate_to_datetime(line["date"]).timestamp()), line["body"]["data"]
            for server in servers:
                if self.numbers[server["id"]] == identity:
                    yield line["t"], now, server

    def true_sum(self, identity: str, counter: str) -> int:
        """Add up every rise of a counter, and the whole new counter at each reboot, over all that carried data."""
        total = 0
        before: dict[str, Any] | None = None
        for _, _, server in self.seen(identity):
            state = server["state"]
            if "uptime" not in state:
                continue
            if before is not None:
                rebooted = state["uptime"] < before["uptime"]
                total += state[counter] if rebooted else state[counter] - before[counter]
            before = state
        return total

    def kinds(self) -> tuple[set[str], set[str], set[str]]:
        """Return the servers that rebooted, those with a real agent, and those that never reported."""
        never, rebooted, real = set(), set(), set()
        for identity in set(self.numbers.values()):
            uptimes = [server["state"]["uptime"] for _, _, server in self.seen(identity) if server["state"]]
            if not uptimes:
                never.add(identity)
            elif min(uptimes) < uptimes[0]:
                rebooted.add(identity)
            else:
                real.add(identity)
        return rebooted, real, never


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the recorder's database before Home Assistant."""


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Record the counters alone, and not each state in a transaction of its own."""
    return TRAFFIC_ONLY


@pytest.fixture(params=GENERATIONS)
def generation(request: pytest.FixtureRequest) -> str:
    """Return whose story it is."""
    return request.param


@pytest.fixture(params=[False, True], ids=["live", "lost"])
def is_lost(request: pytest.FixtureRequest) -> bool:
    """Return whether the WebSocket cannot be had for a while in the middle."""
    return request.param


class Pauses:
    """The pauses between two attempts to open the socket, each as long as the test says."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait; a mere turn of the loop is no pause."""
        if not seconds:
            await asyncio.sleep(0)
            return
        await self._over.wait()
        self._over.clear()

    def end(self) -> None:
        """End the pause."""
        self._over.set()


@pytest.fixture
async def replay(socket_enabled: None, generation: str) -> AsyncIterator[Replay]:
    """Return the dashboard."""
    replay = Replay(generation)
    await replay.start()
    yield replay
    await replay.stop()


@pytest.fixture
async def life(
    recorder_mock: Recorder, hass: HomeAssistant, clock: Clock, replay: Replay, generation: str, is_lost: bool
) -> AsyncIterator[Life]:
    """The whole story, Home Assistant restarting in its middle."""
    by_password = {CONF_USERNAME: "admin", CONF_PASSWORD: "story-password"}
    credential = {CONF_TOKEN: "nzp_story"} if generation == "v2" else by_password
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="dashboard",
        data={CONF_URL: replay.url, CONF_GENERATION: generation, CONF_VERIFY_SSL: True, CONF_HEADERS: {}} | credential,
        options={"offline_after": 30, "metrics_interval": 2},
        entry_id="hub",
    )
    pauses = Pauses()
    with patch("custom_components.nezha.api.live.asyncio", pauses):
        yield await told(hass, clock, replay, entry, pauses, generation, is_lost)
        await hass.config_entries.async_unload(entry.entry_id)


async def told(
    hass: HomeAssistant,
    clock: Clock,
    replay: Replay,
    entry: MockConfigEntry,
    pauses: Pauses,
    generation: str,
    is_lost: bool,
) -> Life:
    """Tell the story."""
    story, life = STORIES[generation], Life(generation, is_lost)
    first = answers_of(generation)[0]
    # The frame's clock is cut to whole seconds as the Date is.
    start = parsedate_to_datetime(first["date"]).timestamp() - first["t"]
    restart = next(answer for answer in answers_of(generation) if answer["t"] > RESTART_AFTER)
    clock.move_to(datetime.fromtimestamp(start + first["t"], UTC))
    replay.answer, replay.date = first, first["date"]
    await set_up(hass, entry)
    await replay.arrival()
    life.told.append(first)
    life.note(hass, first["t"])
    life.note_entities(hass)

    for line in story[1:]:
        if line is first:
            continue
        clock.tick(start + line["t"] - dt_util.utcnow().timestamp())
        replay.date = format_datetime(datetime.fromtimestamp(start + line["t"], UTC), usegmt=True)
        may_look_on = not (is_lost and LOST[0] < line["t"] < LOST[1])
        match line:
            case {"via": "ws", "body": frame}:
                if may_look_on and not replay.takes_viewers:
                    replay.takes_viewers = True
                    pauses.end()
                    await replay.arrival()
                elif not may_look_on and replay.takes_viewers:
                    replay.takes_viewers = False
                    replay.drop()
                    await lost(hass, entry)
                if may_look_on:
                    life.told.append(line)
                    await replay.send(frame)
                    await hass.async_block_till_done()
            case {"via": "ws", "event": "CLOSED"}:
                replay.answer = None
                replay.takes_viewers = False
                replay.drop()
                await lost(hass, entry)
            case {"via": "ws", "event": "connected"}:
                replay.takes_viewers = True
                pauses.end()
                await replay.arrival()
            case {"via": "ws"}:
                pauses.end()
                await hass.async_block_till_done()
            case {"via": "rest"}:
                replay.answer = line if "body" in line else None
                if replay.answer:
                    life.told.append(line)
                await refresh(hass, entry)
        if line is restart:
            await hass.config_entries.async_unload(entry.entry_id)
            await hass.async_block_till_done()
            replay.drop()
            await set_up(hass, entry)
            await replay.arrival()
        life.note(hass, line["t"])

    # What is measured has its own pace: the newest is due at the next frame after it.
    clock.tick(2)
    await replay.send(story[-1]["body"])
    await hass.async_block_till_done()
    life.note_entities(hass)
    await life.note_sums(hass)
    return life


async def lost(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Wait until the integration knows that the socket is lost, and has asked for the list."""
    async with asyncio.timeout(60):
        while entry.runtime_data.live:
            await asyncio.sleep(0.01)
    await refresh(hass, entry)


AWAY = {"v1": (85.18, 96.18), "v2": (85.18, 96.21)}
"""When the dashboard could be had no longer, and when it first answered again. Frames alone go on in between."""


def active_at(server: dict[str, Any]) -> float:
    """Return when a server was active last, in unix seconds."""
    return int(datetime.fromisoformat(server["last_active"]).timestamp())


def who_is_online_and_when(life: Life) -> None:
    """Silent agents go offline after the threshold and come back; the dashboard's restart takes nobody down."""
    gone, back = AWAY[life.generation]
    rebooted, real, never = life.kinds()
    assert (len(rebooted), len(real), len(never)) == (6, 2, 2)
    outage = [(gone, "unavailable"), (back, "on")]
    for identity in real:
        assert life.turns(identity) == [(0.13, "on"), *outage]
    for identity in never:
        assert life.turns(identity) == [(0.13, "off"), (gone, "unavailable"), (back, "off")]
    deleted = life.numbers[DELETED[life.generation][0]]
    for identity in rebooted:
        (_, on), (offline_at, off), (online_at, on_again), *rest = life.turns(identity)
        assert (on, off, on_again) == ("on", "off", "on")
        assert offline_at in ((40.15, 40.16) if life.is_lost else (38.15,))
        expected = next(
            moment
            for moment, now, server in life.seen(identity)
            if moment > offline_at and server["state"] and now - active_at(server) <= 30
        )
        assert online_at == expected
        if identity != deleted:
            assert rest == outage


def offline_is_by_the_dashboards_own_clock(life: Life) -> None:
    """The recorded moment at which the silence first exceeds 30 s is the one at which Home Assistant says so."""
    for identity in life.kinds()[0]:
        newest = 0
        for moment, now, server in life.seen(identity):
            newest = max(newest, active_at(server))
            if now - newest > 30:
                assert (moment, "off") in life.turns(identity)
                break
        else:
            pytest.fail("it was never silent for so long")


def the_deleted_server_returns_as_itself(life: Life) -> None:
    """Under another number and another name: its uuid is the same, and so are its device and its entities."""
    old, new = DELETED[life.generation]
    identity = life.numbers[old]
    assert life.numbers[new] == identity
    names = {server["name"] for _, _, server in life.seen(identity)}
    assert len(names) == 2
    before, after = (devices[f"hub_{identity}"] for devices in life.devices)
    assert before.id == after.id
    assert {before.name, after.name} == names
    assert life.ids[0] == life.ids[1]
    assert life.turns(identity)[-1][1] == "on"
    gone = [moment for moment, state in life.turns(identity) if state == "unavailable"]
    assert gone[0] == next(answer["t"] for answer in answers_of(life.generation) if answer["t"] > 70)


def the_traffic_statistics_equal_the_true_sums(life: Life) -> None:
    for identity in life.kinds()[0]:
        for counter in COUNTERS:
            assert life.true_sum(identity, counter) > 10**6
            assert life.sums[identity, counter] == life.true_sum(identity, counter)


def the_restart_leaves_every_entity_where_it_was(life: Life) -> None:
    assert not [
        entity_id
        for entity_id in life.ids[-1].values()
        if entity_id.endswith("_2") and not entity_id.startswith("binary_sensor.")
    ]
    assert life.devices[0].keys() == life.devices[1].keys()
    assert life.devices[1].keys() == {"hub", *(f"hub_{identity}" for identity in life.numbers.values())}


async def test_story(life: Life, subtests: pytest.Subtests) -> None:
    """Told once, and looked at from every side."""
    for check in (
        who_is_online_and_when,
        offline_is_by_the_dashboards_own_clock,
        the_deleted_server_returns_as_itself,
        the_traffic_statistics_equal_the_true_sums,
        the_restart_leaves_every_entity_where_it_was,
    ):
        with subtests.test(check.__name__):
            check(life)
