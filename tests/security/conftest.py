"""The guard is off here: these tests leak on purpose, under a watch of their own."""

from collections.abc import Iterator

import pytest

from tests.no_secrets import watching

from .watch import Watch


@pytest.fixture
def no_secrets() -> None:
    """Let a test leak."""


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Watch a test."""
    with watching() as watch:
        yield watch
