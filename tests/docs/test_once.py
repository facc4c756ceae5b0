"""Nothing is said twice: no two documents of a language share a sentence."""

from collections.abc import Iterator
from pathlib import Path
import re

import pytest

from .test_links import ROOT, prose

ENGLISH = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
CHINESE = sorted((ROOT / "docs" / "zh-Hans").glob("*.md"))
_WORDS = 11
_CHARACTERS = 20
"""So many in a row that are the same are no chance; a Chinese word has about two characters."""
_ADDRESS = re.compile(r"\]\([^)]*\)|https?://\S+")
_TABLE = re.compile(r"^ *\|.*$", re.MULTILINE)
_WORD = re.compile(r"[\u2e80-\u9fff]|[\w'’]+")


def runs(text: str) -> Iterator[str]:
    """Return all that would be noticed if it were elsewhere too; tables name the same things again and again."""
    for sentence in re.split(r"[.:;。：；]\s|[。：；]|\n\s*(?:\n|[-*\d])", _TABLE.sub("", _ADDRESS.sub("]", text))):
        words = _WORD.findall(sentence)
        length = _CHARACTERS if any("\u2e80" <= word <= "\u9fff" for word in words) else _WORDS
        yield from (" ".join(words[start : start + length]) for start in range(len(words) - length + 1))


def said_twice(documents: list[Path]) -> dict[str, list[str]]:
    places: dict[str, set[str]] = {}
    for document in documents:
        for run in runs(prose(document)):
            places.setdefault(run, set()).add(str(document.relative_to(ROOT)))
    return {run: sorted(found) for run, found in places.items() if len(found) > 1}


@pytest.mark.parametrize("documents", [ENGLISH, CHINESE], ids=["en", "zh-Hans"])
def test_no_sentence_is_in_two_documents(documents: list[Path]) -> None:
    assert len(documents) > 5
    assert said_twice(documents) == {}


def test_a_sentence_that_is_said_twice_is_noticed() -> None:
    english = "One two three four five six seven eight nine ten eleven"
    assert {*runs(f"Before: {english}.")} & {*runs(f"It is {english.lower()}.")} == set()
    assert {*runs(f"Before: {english}.")} & {*runs(f"Other. {english}, and more.")} == {english}
    assert {*runs("集成自带一个仪表盘服务器像哪吒页面一样按分组排列需要关注的")} != set()
