"""The examples of docs/statistics.md, each run in a Home Assistant."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .test_examples import CHINESE, ROOT, examples

A_DAY = 86_400
documents = pytest.mark.parametrize("folder", [ROOT / "docs", CHINESE], ids=["en", "zh-Hans"])


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the recorder's database before Home Assistant."""


@pytest.fixture
def expected_lingering_timers() -> bool:
    """A utility meter waits for the end of its month."""
    return True


def example_with(key: str, folder: Any) -> Any:
    """Return the one example that has a key."""
    [found] = [example for example in examples(folder / "statistics.md") if key in example]
    return found


@documents
async def test_monthly_traffic_is_counted_and_warned_of(hass: HomeAssistant, folder: Any) -> None:
    warnings = async_mock_service(hass, "notify", "notify")
    source = "sensor.tokyo_outbound_traffic"
    attributes = {"device_class": "data_size", "state_class": "total", "unit_of_measurement": "GiB"}
    hass.states.async_set(source, "10", attributes)
    assert await async_setup_component(hass, "utility_meter", example_with("utility_meter", folder))
    assert await async_setup_component(hass, "automation", {"automation": example_with("triggers", folder)})
    await hass.async_block_till_done()

    for counter in (10.5, 500, 850):
        hass.states.async_set(source, str(counter), attributes)
        await hass.async_block_till_done()
    assert warnings == []

    hass.states.async_set(source, "unavailable", attributes)
    hass.states.async_set(source, "960.2", attributes)
    await hass.async_block_till_done()
    [warning] = warnings
    assert "950 GiB" in warning.data["message"]


@documents
async def test_availability_is_the_share_of_the_week(
    recorder_mock: Recorder, hass: HomeAssistant, freezer: FrozenDateTimeFactory, folder: Any
) -> None:
    example = example_with("sensor", folder)
    hass.states.async_set("binary_sensor.tokyo", "on")
    await async_wait_recording_done(hass)
    freezer.tick(A_DAY)
    hass.states.async_set("binary_sensor.tokyo", "off")
    await async_wait_recording_done(hass)
    freezer.tick(A_DAY)

    assert await async_setup_component(hass, "sensor", example)
    await hass.async_block_till_done()
    [state] = hass.states.async_all("sensor")
    assert state.name == example["sensor"][0]["name"]
    assert float(state.state) == pytest.approx(100 / 7, abs=0.1)
