"""Fixtures of blueprints that send messages: a dashboard, Home Assistant, and whoever is told."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from simulator import Simulator
from tests.automations.home import Home, dashboard, home_of
from tests.conftest import Clock
from tests.test_services import serving

from .home import Phone, stop


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2."""
    async with serving("v2", dashboard()) as simulator:
        yield simulator


@pytest.fixture
async def home(
    hass: HomeAssistant, hass_storage: dict[str, Any], clock: Clock, simulator: Simulator
) -> AsyncIterator[Home]:
    """Set up the dashboard."""
    await hass.config.async_set_time_zone("UTC")
    yield await home_of(hass, clock, simulator)
    await stop(hass)


@pytest.fixture
def phone(hass: HomeAssistant, home: Home) -> Phone:
    """Take what is sent."""
    return Phone(hass)
