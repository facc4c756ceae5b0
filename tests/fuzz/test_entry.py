"""A running entry takes any mutated reply, and the next good one makes all well again."""

from collections.abc import Mapping
import logging
from random import Random

from hypothesis import given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nezha.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.conftest import entry_of, refresh, set_up
from tests.scripted import ScriptedDashboard

from .mutation import mutated
from .replies import DIALECTS, bounded, recorded

EXCHANGE = recorded("v0", "details")
EXPECTED = (
    "Error fetching dashboard data: ",
    "Cannot read in the answer of dashboard: ",
)
BELIEVED = ("boot_time", "online")
"""What stays of a lie about a server: a later boot, and a later report."""


@pytest.fixture
async def entry(hass: HomeAssistant, scripted: ScriptedDashboard) -> MockConfigEntry:
    """An entry of a dashboard that says what was recorded."""
    scripted.body, scripted.date = EXCHANGE["body"], EXCHANGE["headers"]["Date"]
    return await set_up(hass, entry_of(scripted.url))


def shown(hass: HomeAssistant) -> Mapping[str, str]:
    """Return every state by unique id."""
    entities = er.async_get(hass).entities.values()
    states = {entity.unique_id: hass.states.get(entity.entity_id) for entity in entities if entity.platform == DOMAIN}
    return {unique_id: state.state for unique_id, state in states.items() if state}


@settings(parent=bounded, max_examples=25)
@given(chance=st.randoms(use_true_random=False))
async def test_the_next_good_reply_makes_all_well(
    hass: HomeAssistant,
    scripted: ScriptedDashboard,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    chance: Random,
) -> None:
    before = shown(hass)
    assert sum(state not in ("unavailable", "unknown") for state in before.values()) > 100
    scripted.body = mutated(EXCHANGE["body"], chance)
    untouched = tuple(f"hub_{i}_" for i in DIALECTS["v0"].form.untouched(EXCHANGE["body"], scripted.body))
    await refresh(hass, entry)
    scripted.body = EXCHANGE["body"]
    await refresh(hass, entry)
    after = shown(hass)
    for unique_id in before:
        if unique_id.startswith(untouched) or not unique_id.endswith(BELIEVED):
            assert after[unique_id] == before[unique_id], unique_id
    for record in caplog.get_records("call"):
        # That a machine is busy is no matter.
        if record.levelno >= logging.WARNING and record.name != "asyncio":
            assert record.getMessage().startswith(EXPECTED)
            assert not record.exc_info
