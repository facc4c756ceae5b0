"""The judge knows no Home Assistant."""

import pytest


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start none."""
