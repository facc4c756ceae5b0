"""What the documents list is what there is: messages, entities, options."""

from pathlib import Path
import re
from typing import Any

import pytest
import yaml

from tests.automations.test_descriptors import read

from .test_links import ROOT, anchors_of

INTEGRATION = ROOT / "custom_components" / "nezha"
DOCUMENTED = {
    *("actions", "conditions", "configuration-parameters", "data-update", "examples", "high-level-description"),
    *("installation-instructions", "installation-parameters", "known-limitations", "removal-instructions"),
    *("supported-devices", "supported-functions", "triggers", "troubleshooting", "use-cases"),
}
"""What Home Assistant's quality scale asks of documents."""
languages = pytest.mark.parametrize(
    ("language", "folder"), [("en", ROOT / "docs"), ("zh-Hans", ROOT / "docs" / "zh-Hans")], ids=["en", "zh-Hans"]
)


def words(text: str) -> str:
    """Return a text as it can be found in a table: without case, and with units apart from what is counted."""
    return re.sub(r"\s+", " ", text).casefold()


def texts(language: str) -> Any:
    """Return the translations of a language."""
    return read(f"translations/{language}.json")


@languages
def test_each_message_of_setting_up_is_explained(language: str, folder: Path) -> None:
    document = (folder / "troubleshooting.md").read_text(encoding="utf-8")
    messages = texts(language)["config"]["error"].values()
    beginnings = [re.split(r"[.。:：,，;{]", message)[0].strip() for message in messages]
    assert [beginning for beginning in beginnings if beginning not in document] == []


@languages
def test_each_repair_is_explained(language: str, folder: Path) -> None:
    document = (folder / "troubleshooting.md").read_text(encoding="utf-8")
    titles = {key: issue["title"] for key, issue in texts(language)["issues"].items() if key != "blocked"}
    assert [title for title in titles.values() if title not in document] == []


@languages
def test_each_entity_is_listed(language: str, folder: Path) -> None:
    document = words((folder / "entities.md").read_text(encoding="utf-8"))
    names = [
        name
        for platform in texts(language)["entity"].values()
        for entity in platform.values()
        if (name := entity.get("name")) and "{" not in name
    ]
    assert len(names) > 40
    assert [name for name in names if words(name) not in document] == []


@languages
def test_each_option_is_explained(language: str, folder: Path) -> None:
    document = (folder / "options.md").read_text(encoding="utf-8")
    options = texts(language)["options"]["step"]["init"]["data"].values()
    assert [option for option in options if f"| {option}" not in document] == []


def test_each_rule_of_the_quality_scale_names_its_document() -> None:
    rules = yaml.safe_load((INTEGRATION / "quality_scale.yaml").read_text(encoding="utf-8"))["rules"]
    documented = {rule: answer for rule, answer in rules.items() if rule.startswith("docs-")}
    assert {rule.removeprefix("docs-") for rule in documented} == DOCUMENTED
    for rule, answer in documented.items():
        for link in answer["comment"].split(", "):
            name, _, anchor = link.partition("#")
            assert (ROOT / name).is_file(), rule
            assert not anchor or anchor in anchors_of(ROOT / name), rule
