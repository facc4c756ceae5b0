"""Each fault while a flow runs and while the entry does, and each kind of fault in each other phase."""

from collections.abc import Iterator
from typing import Any

import pytest

import simulator

from .descriptions import FAULTS
from .home import Home
from .phases import PHASES, Phase


def cases() -> Iterator[Any]:
    """Give the faults of every phase: in the phase's generations, or where it is of another in that."""
    for name, phase in PHASES.items():
        expected: set[Any] = set()
        for fault in FAULTS:
            shared = [generation for generation in phase.generations if generation in fault.generations]
            for generation in shared or fault.generations[:1]:
                if not phase.in_every_way and (generation, fault.expected) in expected:
                    continue
                expected.add((generation, fault.expected))
                yield pytest.param(phase, generation, fault, id=f"{name}-{fault.name}-{generation}")


@pytest.mark.parametrize(("phase", "generation", "fault"), cases())
async def test_fault(home: Home, phase: Phase) -> None:
    await phase.go_through(home)
    home.assert_statistics()
    await home.assert_nothing_left()


def test_every_fault_of_the_simulator_is_described() -> None:
    assert {fault.name for fault in FAULTS} >= simulator.FAULTS.keys()
