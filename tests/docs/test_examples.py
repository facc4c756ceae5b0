"""Each YAML example of a document is what it stands for, and says the same in both languages."""

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

import pytest
import yaml

from homeassistant.components.automation.config import PLATFORM_SCHEMA as AUTOMATION
from homeassistant.components.history_stats.sensor import PLATFORM_SCHEMA as HISTORY_STATS
from homeassistant.components.utility_meter import CONFIG_SCHEMA as UTILITY_METER

from .test_links import DOCUMENTS, ROOT

CHINESE = ROOT / "docs" / "zh-Hans"
TWINS = sorted(path.name for path in CHINESE.glob("*.md") if (ROOT / "docs" / path.name).exists())
TRANSLATED = {"alias", "message", "name", "title", "groups"}
"""Keys whose values people read, or chose in their language."""


def examples(document: Path) -> list[Any]:
    """Return the YAML examples of a document, those in a list too."""
    text = document.read_text(encoding="utf-8")
    found = re.findall(r"^( *)```yaml\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [yaml.safe_load(re.sub(rf"^{indent}", "", example, flags=re.MULTILINE)) for indent, example in found]


def untranslated(example: Any) -> Any:
    """Return an example without what people read."""
    if isinstance(example, dict):
        return {key: untranslated(value) for key, value in example.items() if key not in TRANSLATED}
    return [untranslated(each) for each in example] if isinstance(example, list) else example


@pytest.mark.parametrize("name", TWINS)
def test_both_languages_have_the_same_examples(name: str) -> None:
    english, chinese = (examples(folder / name) for folder in (ROOT / "docs", CHINESE))
    assert untranslated(english) == untranslated(chinese)


def _every_example() -> Iterator[tuple[str, Any]]:
    for document in DOCUMENTS:
        for number, example in enumerate(examples(document), start=1):
            yield f"{document.relative_to(ROOT)}, example {number}", example


EXAMPLES = dict(_every_example())


def test_there_are_examples() -> None:
    assert any("statistics.md" in name for name in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_home_assistant_takes_it(example: Any) -> None:
    match example:
        case {"triggers": _, "actions": _}:
            AUTOMATION(example)
        case {"utility_meter": _}:
            UTILITY_METER(example)
        case {"sensor": [{"platform": "history_stats"} as sensor]}:
            HISTORY_STATS(sensor)
        case _:
            # Cards, strategies and parts of an automation are looked at where they belong.
            assert isinstance(example, dict | list)
            assert example
