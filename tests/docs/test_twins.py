"""The Chinese documents are whole: they have what the English ones have, in the same order."""

import re

import pytest

from tests.automations.test_assist import CHINESE as QUESTIONS
from tests.automations.test_descriptors import read

from .test_examples import CHINESE, TWINS
from .test_links import ROOT, prose

AUTOMATIONS = "automations.md"


def levels(text: str) -> list[str]:
    """Return the levels of the headings."""
    return re.findall(r"^(#+) ", text, re.MULTILINE)


@pytest.mark.parametrize("name", TWINS)
def test_the_same_sections(name: str) -> None:
    assert levels(prose(CHINESE / name)) == levels(prose(ROOT / "docs" / name))


@pytest.mark.parametrize("name", sorted({*TWINS} - {AUTOMATIONS}))
def test_tables_of_the_same_size(name: str) -> None:
    english, chinese = (
        [len(table.splitlines()) for table in re.findall(r"(?:^\|.*\n)+", prose(folder / name), re.MULTILINE)]
        for folder in (ROOT / "docs", CHINESE)
    )
    assert chinese == english


def test_what_is_bounded_is_the_same() -> None:
    english, chinese = prose(ROOT / "SECURITY.md"), prose(CHINESE / "security.md")
    assert levels(chinese) == levels(english)
    # The numbers of the bounds, which both have in figures.
    bounds = [
        [re.findall(r"\d[\d,]* MiB|\d+ KiB|\d,\d{3}", row) for row in text.splitlines() if row.startswith("| ")]
        for text in (english, chinese)
    ]
    assert bounds[0] == bounds[1]
    assert sum(map(len, bounds[0])) > 5


def test_the_same_triggers_conditions_and_actions_with_the_same_options() -> None:
    english, chinese = (
        [
            (re.findall(r"`nezha\.\w+`", section), re.findall(r"^- `(\w+)`", section, re.MULTILINE))
            for section in re.split(r"^#{2,3} ", prose(folder / AUTOMATIONS), flags=re.MULTILINE)
        ]
        for folder in (ROOT / "docs", CHINESE)
    )
    assert sum(len(names) for names, _ in english) > 50
    assert english == chinese


def test_each_is_described_as_the_editor_does() -> None:
    document = (CHINESE / AUTOMATIONS).read_text(encoding="utf-8")
    texts = read("translations/zh-Hans.json")
    for kind in ("triggers", "conditions", "services"):
        for key, each in texts[kind].items():
            if not key.startswith("any_"):
                assert each["name"] in document
                assert each["description"] in document


def test_the_questions_to_assist_are_those_that_are_tested() -> None:
    document = (CHINESE / AUTOMATIONS).read_text(encoding="utf-8")
    table = document.rpartition("|---|---|\n")[2]
    assert set(re.findall(r"^\| (\S+) \|", table, re.MULTILINE)) == set(QUESTIONS)
