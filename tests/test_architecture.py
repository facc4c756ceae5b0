"""Imports go one way: what data flows through first knows nothing of what comes after."""

import pytest

from scripts.architecture import (
    IMAGES,
    check_circles,
    draw,
    foreign_imports,
    higher_than,
    imports,
    room_arrows,
    room_of,
)


def test_no_modules_import_each_other_in_a_circle() -> None:
    check_circles()  # Raises CycleError, with their names.


def test_a_room_imports_from_lower_floors_only() -> None:
    assert room_arrows()
    assert [arrow for arrow in sorted(room_arrows()) if not higher_than(*arrow)] == []


@pytest.mark.parametrize("room", ["api", "fleet"])
def test_client_and_rules_know_nothing_of_home_assistant(room: str) -> None:
    found = set(foreign_imports(room))
    assert found
    assert {package for _, package in found} & {"homeassistant", "voluptuous"} == set()


def test_the_client_imports_nothing_else_of_the_integration() -> None:
    assert {room_of(edge.imported) for edge in imports() if room_of(edge.importer) == "api"} == {"api"}


@pytest.mark.parametrize(("name", "dark"), [("architecture.svg", False), ("architecture-dark.svg", True)])
def test_the_drawing_is_that_of_the_code(name: str, dark: bool) -> None:
    assert (IMAGES / name).read_text(encoding="utf-8") == draw(dark=dark), "run python scripts/architecture.py"
