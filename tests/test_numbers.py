"""Numbers are written as the user sees them, and only when that changes."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from homeassistant.const import ATTR_FRIENDLY_NAME, ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.core_config import DATA_CUSTOMIZE
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_values import EntityValues

from .conftest import Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server
from .test_life import entity_id, shown, state_of

type Report = Callable[[int, float], Awaitable[float]]


@pytest.fixture(autouse=True)
def stopped(clock: Clock) -> None:
    """Stop the clock: a report that is of now stays so."""


async def change(hass: HomeAssistant, scripted: ScriptedDashboard, **status: Any) -> None:
    """Let the server report something else."""
    scripted.servers = [server(status=status)]
    await refresh(hass, hass.config_entries.async_get_entry("hub"))


@pytest.fixture
async def running(hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> ScriptedDashboard:
    """Run an entry with one server."""
    scripted.servers = [server()]
    await set_up(hass, entry_of(scripted.url))
    return scripted


def choose(hass: HomeAssistant, key: str, **options: Any) -> None:
    """Let the user choose how a sensor is shown."""
    er.async_get(hass).async_update_entity_options(entity_id(hass, key), "sensor", options)


async def test_what_nobody_sees_change_is_not_written(hass: HomeAssistant, running: ScriptedDashboard) -> None:
    before = state_of(hass, "memory_used")
    await change(hass, running, MemUsed=2**30 + 4 * 2**20)
    assert state_of(hass, "memory_used") is before
    await change(hass, running, MemUsed=2**30 + 6 * 2**20)
    assert shown(hass, "memory_used") == "1.01"


async def test_in_a_finer_unit_more_is_seen(hass: HomeAssistant, running: ScriptedDashboard) -> None:
    choose(hass, "memory_used", unit_of_measurement="MiB", display_precision=0)
    await hass.async_block_till_done()
    await change(hass, running, MemUsed=2**30 + 4 * 2**20)
    state = state_of(hass, "memory_used")
    assert (float(state.state), state.attributes[ATTR_UNIT_OF_MEASUREMENT]) == (1028, "MiB")


async def test_with_more_decimal_places_more_is_seen(hass: HomeAssistant, running: ScriptedDashboard) -> None:
    assert shown(hass, "cpu") == "12.3"
    choose(hass, "cpu", display_precision=2)
    await hass.async_block_till_done()
    assert shown(hass, "cpu") == "12.34"


async def test_fewer_decimal_places_lose_nothing(hass: HomeAssistant, running: ScriptedDashboard) -> None:
    """What a user wants to look at is no reason to forget the rest: states are what history and statistics are made of."""
    choose(hass, "memory_used", display_precision=0)
    choose(hass, "cpu", display_precision=0)
    await hass.async_block_till_done()
    await change(hass, running, MemUsed=round(0.45 * 2**30), CPU=45.67)
    assert (shown(hass, "memory_used"), shown(hass, "cpu")) == ("0.45", "45.7")


async def test_in_a_coarser_unit_nothing_is_lost(hass: HomeAssistant, running: ScriptedDashboard) -> None:
    choose(hass, "memory_used", unit_of_measurement="TiB", display_precision=0)
    await hass.async_block_till_done()
    await change(hass, running, MemUsed=5 * 2**30)
    assert float(shown(hass, "memory_used")) == pytest.approx(5 / 1024, abs=1e-5)


async def test_attributes_of_somebody_else_do_not_stay(hass: HomeAssistant, running: ScriptedDashboard) -> None:
    await change(hass, running, CPU=50)
    state = state_of(hass, "cpu")
    hass.states.async_set(state.entity_id, state.state, {**state.attributes, "planted": True})
    await change(hass, running, CPU=60)
    assert (shown(hass, "cpu"), state_of(hass, "cpu").attributes) == ("60.0", state.attributes)


async def test_a_customization_is_followed(hass: HomeAssistant, running: ScriptedDashboard) -> None:
    await change(hass, running, CPU=50)
    for text in ("first", "second"):
        hass.data[DATA_CUSTOMIZE] = EntityValues({entity_id(hass, "cpu"): {"remark": text}})
        for cpu in (60, 70):
            await change(hass, running, CPU=cpu)
            assert state_of(hass, "cpu").attributes["remark"] == text


async def test_two_changes_in_the_registry_in_one_turn(hass: HomeAssistant, running: ScriptedDashboard) -> None:
    registry = er.async_get(hass)
    registry.async_update_entity(entity_id(hass, "cpu"), new_entity_id="sensor.processor")
    registry.async_update_entity("sensor.processor", name="Processor")
    registry.async_update_entity_options("sensor.processor", "sensor", {"display_precision": 2})
    await hass.async_block_till_done()
    state = state_of(hass, "cpu")
    assert (state.entity_id, state.state, state.name) == ("sensor.processor", "12.34", "Processor")

    registry.async_update_entity("sensor.processor", new_entity_id="sensor.cpu")
    registry.async_remove("sensor.cpu")
    await hass.async_block_till_done()
    assert entity_id(hass, "cpu") is None
    assert hass.states.get("sensor.cpu") is hass.states.get("sensor.processor") is None


@pytest.mark.parametrize("unit", ["GiB", "MB", "B"])
async def test_traffic_is_to_the_byte(hass: HomeAssistant, running: ScriptedDashboard, unit: str) -> None:
    choose(hass, "net_in_transfer", unit_of_measurement=unit)
    await hass.async_block_till_done()
    size = {"GiB": 2**30, "MB": 10**6, "B": 1}[unit]
    for transfer in (123_456_789_012, 123_456_789_013):
        await change(hass, running, NetInTransfer=transfer)
        assert round(float(shown(hass, "net_in_transfer")) * size) == transfer


async def test_a_name_that_the_user_gave_stays(hass: HomeAssistant, running: ScriptedDashboard) -> None:
    await change(hass, running, CPU=40)
    er.async_get(hass).async_update_entity(entity_id(hass, "cpu"), name="My processor")
    await hass.async_block_till_done()
    await change(hass, running, CPU=50)
    await change(hass, running, CPU=60)
    state = state_of(hass, "cpu")
    assert (state.state, state.attributes[ATTR_FRIENDLY_NAME]) == ("60.0", "My processor")


async def test_what_somebody_else_wrote_is_replaced(hass: HomeAssistant, running: ScriptedDashboard) -> None:
    await change(hass, running, CPU=50)
    attributes = dict(state_of(hass, "cpu").attributes)
    hass.states.async_set(entity_id(hass, "cpu"), "7", {"planted": True})
    await change(hass, running, CPU=60)
    assert (shown(hass, "cpu"), dict(state_of(hass, "cpu").attributes)) == ("60.0", attributes)


async def test_a_reboot_brings_its_own_begin(hass: HomeAssistant, running: ScriptedDashboard, clock: Clock) -> None:
    before = state_of(hass, "net_in_transfer").attributes["last_reset"]
    clock.tick(600)
    boot = server()["last_active"] - 60
    running.servers = [server(host={"BootTime": boot}, status={"Uptime": 60, "NetInTransfer": 2**30})]
    await refresh(hass, hass.config_entries.async_get_entry("hub"))
    state = state_of(hass, "net_in_transfer")
    assert (state.state, state.attributes["last_reset"] > before) == ("1.0", True)


class TestLoadThatDrifts:
    """Averages over minutes move by a hundredth with each report; who looks at them does not miss that for a minute."""

    @pytest.fixture(params=["load_5", "load_15"])
    def key(self, request: pytest.FixtureRequest) -> str:
        """Return which of them."""
        return str(request.param)

    @pytest.fixture
    async def report(self, hass: HomeAssistant, clock: Clock, running: ScriptedDashboard, key: str) -> Report:
        """Let some seconds go by, report a load, and return what is shown."""

        async def report(after: int, load: float) -> float:
            clock.tick(after)
            await change(hass, running, **{key.replace("load_", "Load"): load})
            return float(shown(hass, key))

        return report

    async def test_is_not_written(self, report: Report) -> None:
        assert await report(30, 1.0) == 1.0
        assert await report(30, 1.04) == 1.0

    async def test_is_written_once_it_moved_far_enough(self, report: Report) -> None:
        await report(30, 1.0)
        assert await report(10, 1.05) == 1.05
        assert await report(10, 0.99) == 0.99

    async def test_is_never_older_than_a_minute(self, report: Report) -> None:
        await report(30, 1.0)
        assert await report(30, 1.01) == 1.0
        assert await report(30, 1.01) == 1.01

    async def test_is_written_where_the_next_report_would_be_too_late(self, report: Report) -> None:
        await report(30, 1.0)
        assert await report(31, 1.01) == 1.01

    async def test_that_came_back_in_between_has_its_minute_anew(self, report: Report) -> None:
        await report(30, 1.0)
        assert await report(20, 1.01) == 1.0
        assert await report(20, 1.0) == 1.0
        assert await report(30, 1.02) == 1.0

    async def test_is_shown_as_it_is_after_the_server_was_offline(
        self, hass: HomeAssistant, clock: Clock, report: Report, key: str
    ) -> None:
        await report(30, 1.0)
        clock.tick(300)
        await refresh(hass, hass.config_entries.async_get_entry("hub"))
        assert shown(hass, key) == STATE_UNAVAILABLE
        assert await report(1, 1.01) == 1.01


async def test_the_load_of_a_minute_is_always_written(hass: HomeAssistant, running: ScriptedDashboard) -> None:
    await change(hass, running, Load1=1.0)
    await change(hass, running, Load1=1.01)
    assert shown(hass, "load_1") == "1.01"
