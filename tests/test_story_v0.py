"""Two minutes in the life of a real v0 dashboard, answer by answer through the integration.

Its agents fall silent and come back rebooted, and the dashboard itself restarts (`recordings/story_v0.jsonl`).
"""

from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .conftest import Clock, entry_of, refresh, set_up
from .recorder import TRAFFIC_ONLY, compile_statistics, sum_of
from .scripted import ScriptedDashboard

STORY = [
    line
    for text in (Path(__file__).parent / "recordings/story_v0.jsonl").read_text().splitlines()
    if "via" in (line := json.loads(text))
]
RESTART_AFTER = 60
"""Seconds into the story at which Home Assistant restarts: the servers are back from their reboot, most just so."""

REAL_AGENTS = ("alpha", "beta", "wu_biao_qian")
SYNTHETIC_AGENTS = tuple(f"vps_{number}" for number in range(8))
COUNTERS = {"NetInTransfer": "inbound_traffic", "NetOutTransfer": "outbound_traffic"}
"""The ends of their entities' ids."""


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the recorder's database before Home Assistant."""


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Record the counters alone, and not each state in a transaction of its own."""
    return TRAFFIC_ONLY


class Life:
    """What Home Assistant showed of the story."""

    def __init__(self) -> None:
        self.online: dict[str, list[tuple[float, str]]] = {}
        self.unique_ids: dict[str, str] = {}
        """At the end, by the entity's id."""
        self.sums: dict[tuple[str, str], int] = {}
        """Bytes by the statistics: of the synthetic agents, by name and counter."""

    def note(self, hass: HomeAssistant, moment: float) -> None:
        """Write down who is online."""
        for state in hass.states.async_all("binary_sensor"):
            name = state.entity_id.removeprefix("binary_sensor.")
            self.online.setdefault(name, []).append((moment, state.state))

    def turns(self, name: str) -> list[tuple[float, str]]:
        """Return when the state of a server became another, the first one included."""
        states = self.online[name]
        return [states[0], *(new for old, new in itertools.pairwise(states) if new[1] != old[1])]


@pytest.fixture
async def life(recorder_mock: Recorder, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> Life:
    """The whole story, Home Assistant restarting in its middle."""
    life = Life()
    entry = entry_of(scripted.url, offline_after=30)
    start = parsedate_to_datetime(STORY[0]["date"])
    clock.move_to(start)
    for answer in STORY:
        clock.tick((start - dt_util.utcnow()).total_seconds() + answer["t"] - STORY[0]["t"])
        if "error" in answer:
            await scripted.stop()
        else:
            scripted.body, scripted.date = answer["body"], answer["date"]
            await scripted.start()
        if answer is STORY[0]:
            await set_up(hass, entry)
        else:
            await refresh(hass, entry)
        if answer is next(answer for answer in STORY if answer["t"] > RESTART_AFTER):
            await hass.config_entries.async_unload(entry.entry_id)
            await hass.async_block_till_done()
            await set_up(hass, entry)
        life.note(hass, answer["t"])
    life.unique_ids = {entry.entity_id: entry.unique_id for entry in er.async_get(hass).entities.values()}
    await compile_statistics(hass)
    for name in SYNTHETIC_AGENTS:
        for counter, key in COUNTERS.items():
            life.sums[name, counter] = await sum_of(hass, f"sensor.{name}_{key}")
    return life


def seen(name: str) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Return what the dashboard said of a server, and when, by its own clock."""
    for answer in STORY:
        if "error" not in answer:
            for server in answer["body"]["result"]:
                if server["name"].replace("-", "_") == name:
                    yield parsedate_to_datetime(answer["date"]), server


def true_sum(name: str, counter: str) -> int:
    """Add up every rise of a counter, and the whole new counter at each reboot, over the answers that carried data."""
    total = 0
    before: dict[str, Any] | None = None
    for _, server in seen(name):
        status = server["status"]
        if not status["Uptime"]:
            continue
        if before is not None:
            rebooted = status["Uptime"] < before["Uptime"]
            total += status[counter] if rebooted else max(0, status[counter] - before[counter])
        before = status
    return total


def who_is_online_and_when(life: Life) -> None:
    """Silent agents go offline after the threshold and come back; the dashboard's restart takes nobody down."""
    for name in REAL_AGENTS:
        assert life.turns(name) == [(0.13, "on"), (80.19, "unavailable"), (92.2, "on")]
    for name in SYNTHETIC_AGENTS:
        assert life.turns(name) == [
            (0.13, "on"),
            (40.16, "off"),
            (48.16, "on"),
            (80.19, "unavailable"),
            (92.2, "on"),
        ]
    assert life.turns("never") == [(0.13, "off"), (80.19, "unavailable"), (92.2, "off")]


def offline_is_by_the_dashboards_own_clock(life: Life) -> None:
    """The recorded moment at which the silence first exceeds 30 s is the one at which Home Assistant says so."""
    name = SYNTHETIC_AGENTS[0]
    first = next(
        now for now, server in seen(name) if now.timestamp() - server["last_active"] > 30 and server["last_active"] > 0
    )
    answer = next(answer for answer in STORY if answer.get("date") and parsedate_to_datetime(answer["date"]) == first)
    assert (answer["t"], "off") in life.turns(name)


def the_traffic_statistics_equal_the_true_sums(life: Life) -> None:
    for name in SYNTHETIC_AGENTS:
        assert true_sum(name, "NetInTransfer") > 10**7
        for counter in COUNTERS:
            assert life.sums[name, counter] == true_sum(name, counter)


def the_restart_leaves_every_entity_where_it_was(life: Life) -> None:
    assert not [
        entity_id
        for entity_id in life.unique_ids
        if entity_id.endswith("_2") and not entity_id.startswith("binary_sensor.")
    ]
    servers = {unique_id.split("_")[1] for unique_id in life.unique_ids.values()}
    assert servers >= {str(number) for number in range(1, 13)}


async def test_story(life: Life, subtests: pytest.Subtests) -> None:
    """Told once, and looked at from every side."""
    for check in (
        who_is_online_and_when,
        offline_is_by_the_dashboards_own_clock,
        the_traffic_statistics_equal_the_true_sums,
        the_restart_leaves_every_entity_where_it_was,
    ):
        with subtests.test(check.__name__):
            check(life)
