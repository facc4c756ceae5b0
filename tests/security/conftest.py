"""Fixtures of attacks."""

import pytest

from tests.live_home import Home

from .home import AttackedHome


@pytest.fixture
def home_class() -> type[Home]:
    """Know what an attack does."""
    return AttackedHome


@pytest.fixture
def home(home: AttackedHome, caplog: pytest.LogCaptureFixture) -> AttackedHome:
    """Return a home that is not set up yet."""
    home.caplog = caplog
    return home
