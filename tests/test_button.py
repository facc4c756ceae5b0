"""A button for each of the dashboard's tasks, only where the credential may run them."""

from collections.abc import AsyncIterator

import pytest

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from simulator import DEMO_PAT, Simulator

from .conftest import NOON, Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server
from .test_services import (
    BY_PASSWORD,
    device_of,
    entity_of,
    entry_for,
    identity,
    limit_scopes,
    reload,
    serving,
    shown,
    state_of,
)

READ, RUN = "nezha:cron:read", "nezha:cron:exec"
WAYS = [("v1", BY_PASSWORD), ("v2", BY_PASSWORD), ("v2", None)]


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2 with a task."""
    async with serving() as simulator:
        simulator.dashboard.add_task("Backup")
        yield simulator


async def press(hass: HomeAssistant, key: str = "task_1") -> None:
    """Press a button."""
    entity_id = entity_of(hass, "button", key)
    assert entity_id
    await hass.services.async_call("button", "press", {"entity_id": entity_id}, blocking=True)
    await hass.async_block_till_done()


def runs(simulator: Simulator, number: int = 1) -> int:
    """Count how often a task was run."""
    return len(simulator.dashboard.tasks[number].runs)


@pytest.mark.parametrize(("generation", "credential"), WAYS)
async def test_a_press_runs_the_task(
    hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str, credential: dict[str, str] | None
) -> None:
    async with serving(generation) as simulator:
        simulator.dashboard.add_task("Backup")
        failing = simulator.dashboard.add_task("Renew certificates")
        failing.succeeds = False
        await set_up(hass, entry_for(simulator, generation, credential))
        entity = er.async_get(hass).async_get(entity_of(hass, "button", "task_1"))
        assert (entity.entity_id, entity.device_id) == ("button.my_site_run_backup", device_of(hass, "").id)
        attributes = state_of(hass, "button", "task_1").attributes
        assert (attributes["last_run"], attributes["last_run_succeeded"]) == (None, None)
        assert runs(simulator) == 0, "nothing runs by itself"

        await press(hass)
        assert (runs(simulator), runs(simulator, 2)) == (1, 0)
        assert state_of(hass, "button", "task_1").attributes["last_run_succeeded"] is True
        assert state_of(hass, "button", "task_1").attributes["last_run"] == NOON
        await press(hass, "task_2")
        assert (runs(simulator), runs(simulator, 2)) == (1, 1)
        await refresh(hass, hass.config_entries.async_get_entry("hub"))
        assert state_of(hass, "button", "task_2").attributes["last_run_succeeded"] is False


@pytest.mark.parametrize("missing", [{RUN}, {READ}, {READ, RUN}])
async def test_without_the_scopes_nothing_can_run_a_command(
    hass: HomeAssistant, simulator: Simulator, missing: set[str]
) -> None:
    limit_scopes(simulator, *missing)
    await set_up(hass, entry_for(simulator))
    assert hass.states.async_entity_ids("button") == []
    assert entity_of(hass, "button", "task_1") is None
    assert shown(hass, "binary_sensor", f"{identity(simulator)}_online") == "on"


async def test_a_token_that_lost_the_scope_loses_the_button(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    limit_scopes(simulator, RUN)
    with pytest.raises(HomeAssistantError) as refused:
        await press(hass)
    assert (refused.value.translation_domain, refused.value.translation_key) == ("nezha", "missing_scope")
    assert runs(simulator) == 0
    await reload(hass, entry)
    assert entity_of(hass, "button", "task_1") is None


@pytest.mark.parametrize(
    ("fault", "reason"), [("reset", "cannot_connect"), ("html_502", "server_error"), ("html_403", "gateway")]
)
async def test_an_error_is_told(hass: HomeAssistant, simulator: Simulator, fault: str, reason: str) -> None:
    await set_up(hass, entry_for(simulator))
    simulator.faults.set(fault)
    with pytest.raises(HomeAssistantError) as failed:
        await press(hass)
    assert (failed.value.translation_domain, failed.value.translation_key) == ("nezha", reason)
    assert runs(simulator) == 0
    simulator.faults.clear()
    await press(hass)
    assert runs(simulator) == 1


async def test_a_token_that_was_rejected_is_sent_once(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    simulator.dashboard.credentials.remove_access_token(DEMO_PAT)
    before = len(simulator.requests)
    with pytest.raises(HomeAssistantError):
        await press(hass)
    with pytest.raises(HomeAssistantError):
        await press(hass)
    await refresh(hass, entry)
    assert len(simulator.requests) == before + 1
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == [SOURCE_REAUTH]


async def test_a_task_that_is_gone(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.dashboard.add_task("Say hi")
    entry = await set_up(hass, entry_for(simulator))
    task = simulator.dashboard.tasks.pop(1)
    with pytest.raises(HomeAssistantError) as failed:
        await press(hass)
    assert failed.value.translation_key == "bad_answer"
    await refresh(hass, entry)
    assert shown(hass, "button", "task_1") == STATE_UNAVAILABLE
    assert shown(hass, "button", "task_2") != STATE_UNAVAILABLE
    await press(hass)
    assert task.runs == []

    simulator.dashboard.tasks[1] = task
    await refresh(hass, entry)
    await press(hass)
    assert runs(simulator) == 1
    del simulator.dashboard.tasks[1]
    await reload(hass, entry)
    assert entity_of(hass, "button", "task_1") is None
    assert entity_of(hass, "button", "task_2")


async def test_the_last_task_that_is_gone(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    simulator.dashboard.tasks.clear()
    await refresh(hass, entry)
    assert shown(hass, "button", "task_1") == STATE_UNAVAILABLE
    await reload(hass, entry)
    assert entity_of(hass, "button", "task_1") is None


async def test_tasks_that_cannot_be_had_cost_nothing(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    simulator.faults.set("html_502", path="/api/v1/cron")
    await reload(hass, entry)
    assert shown(hass, "button", "task_1") == STATE_UNAVAILABLE
    simulator.faults.clear()
    await refresh(hass, entry)
    await press(hass)
    assert runs(simulator) == 1


def buttons(hass: HomeAssistant) -> dict[str, str]:
    """Return the buttons that can be pressed, by their names."""
    states = hass.states.async_all("button")
    return {
        state.name.removeprefix("My site Run "): state.entity_id for state in states if state.state != "unavailable"
    }


async def test_a_new_task(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    simulator.dashboard.add_task("Say hi")
    await refresh(hass, entry)
    assert entity_of(hass, "button", "task_2") == "button.my_site_run_say_hi"


class TestNumberOfAnotherTask:
    """A button is bound to number and name: what has taken over the number is another button."""

    async def test_it_has_a_button_of_its_own(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_for(simulator))
        old = buttons(hass)["Backup"]
        simulator.dashboard.tasks[1].name = "Erase everything"
        await refresh(hass, entry)
        new = buttons(hass)
        assert new.keys() == {"Erase everything"}
        assert hass.states.get(old).state == STATE_UNAVAILABLE
        # A button that is unavailable is not pressed.
        await hass.services.async_call("button", "press", {"entity_id": old}, blocking=True)
        assert runs(simulator) == 0
        await hass.services.async_call("button", "press", {"entity_id": new["Erase everything"]}, blocking=True)
        assert runs(simulator) == 1

    async def test_both_are_known_after_a_restart(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_for(simulator))
        simulator.dashboard.tasks[1].name = "Erase everything"
        await refresh(hass, entry)
        before = buttons(hass)
        await reload(hass, entry)
        assert buttons(hass) == before
        assert entity_of(hass, "button", "task_1") is None, "the old one is gone for good"

    async def test_a_task_that_gets_its_name_back_has_its_button_back(
        self, hass: HomeAssistant, simulator: Simulator
    ) -> None:
        entry = await set_up(hass, entry_for(simulator))
        before = buttons(hass)
        for name in ("Erase everything", "Backup"):
            simulator.dashboard.tasks[1].name = name
            await refresh(hass, entry)
        assert buttons(hass) == before
        await press(hass)
        assert runs(simulator) == 1


async def test_the_last_run_is_not_recorded(hass: HomeAssistant, simulator: Simulator) -> None:
    await set_up(hass, entry_for(simulator))
    info = state_of(hass, "button", "task_1").state_info
    assert info
    assert info["unrecorded_attributes"] >= {"last_run", "last_run_succeeded"}


async def test_v0_has_no_buttons(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    scripted.servers = [server()]
    await set_up(hass, entry_of(scripted.url))
    assert hass.states.async_entity_ids("button") == []
