"""Fixtures of attacks."""

import pytest

from tests.live_home import Home

from .home import AttackedHome


@pytest.fixture
def enable_event_loop_debug() -> None:
    """Do without the loop's debug mode, in which a callback takes longer than it does in a home."""


@pytest.fixture
def home_class() -> type[Home]:
    """Know what an attack does."""
    return AttackedHome


@pytest.fixture
def home(home: AttackedHome, caplog: pytest.LogCaptureFixture) -> AttackedHome:
    """Return a home that is not set up yet."""
    home.caplog = caplog
    return home
