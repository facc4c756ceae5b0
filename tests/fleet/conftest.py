"""What all tests of the rules begin with."""

import pytest

from .world import Watch


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the rules know nothing of it."""


@pytest.fixture
def watch() -> Watch:
    """Return a fleet of which nothing is known yet."""
    return Watch()
