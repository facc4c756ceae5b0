"""What is known of a dashboard beside what the registries say."""

import json

import pytest

from custom_components.nezha.frontend.structure import Place, Structure


def servers(*groups: tuple[str, ...]) -> dict[str, Place]:
    return {str(number): Place(groups=names, country="JP") for number, names in enumerate(groups)}


@pytest.mark.parametrize(
    ("groups", "order"),
    [
        ([], []),
        ([("b",), (), ("a",), ("b",)], ["b", "a"]),
        ([("a", "z"), ("b", "z"), ("c",)], ["a", "b", "z", "c"]),
        ([("z",), ("a", "z")], ["a", "z"]),
        ([("a", "b"), ("b", "a")], ["a", "b"]),
    ],
)
def test_groups_are_in_the_order_that_servers_tell(groups: list[tuple[str, ...]], order: list[str]) -> None:
    assert Structure(servers=servers(*groups)).groups == order


def test_a_structure_survives_json() -> None:
    structure = Structure(
        servers=servers(("a",), ()) | {"off": Place(silent_since=1, agent="1.2.3")},
        services={"service_1": (100.0, None, 99.5)},
        cycles={"3": "Monthly traffic"},
    )
    assert Structure.from_dict(json.loads(json.dumps(structure.to_dict()))) == structure
