"""docs/automations.md: a section of each trigger, condition, action and blueprint, and YAML that Home Assistant takes."""

from pathlib import Path
import re

import pytest
import yaml

from custom_components.nezha.condition import CONDITIONS
from custom_components.nezha.llm import _tools
from custom_components.nezha.services import SCHEMAS
from custom_components.nezha.trigger import TRIGGERS
from homeassistant.components.automation.config import PLATFORM_SCHEMA
from homeassistant.const import CONF_CONDITION
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, config_validation as cv, trigger
from tests.blueprints.home import NAMES

from .test_assist import AIDED, UNAIDED
from .test_descriptors import described, read

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "automations.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
SECTIONS = {
    section.splitlines()[0]: section for part in TEXT.split("\n## ")[1:] for section in part.split("\n### ")[1:]
}
EXAMPLES = [yaml.safe_load(example) for example in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]


def section_of(kind: str, name: str) -> str:
    """Return the section of a trigger, condition or action."""
    title = read("translations/en.json")[kind][name]["name"]
    return SECTIONS[f"If: {title[0].lower()}{title[1:]}" if kind == "conditions" else title]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind, table in (("triggers", TRIGGERS), ("conditions", CONDITIONS))
        for name in table
        if not name.startswith("any_")
    ]
    + [("services", name) for name in SCHEMAS],
)
def test_a_section_of_each_with_its_options(kind: str, name: str) -> None:
    section = section_of(kind, name)
    assert f"`nezha.{name}`" in section
    assert read("translations/en.json")[kind][name]["description"] in section
    widest = name if kind == "services" else f"any_{name}"
    assert f"`nezha.{widest}`" in section
    options = set(re.findall(r"^- `(\w+)`: ", section, re.MULTILINE))
    assert options == set(described(kind)[widest].get("fields", {}))
    assert f"nezha.{widest}" in str(yaml.safe_load(re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)[0]))


async def test_every_example_is_taken(hass: HomeAssistant) -> None:
    assert len(EXAMPLES) > len(TRIGGERS) / 2 + len(CONDITIONS) / 2 + len(SCHEMAS)
    for example in EXAMPLES:
        if isinstance(example, list):
            cv.SCRIPT_SCHEMA(example)
            for action in example:
                name = str(action["action"])
                if name.startswith("nezha."):
                    fields = {str(marker) for marker in SCHEMAS[name.removeprefix("nezha.")].schema}
                    assert set(action.get("data", {})) <= fields
            continue
        if "actions" in example:
            PLATFORM_SCHEMA(example)
        await trigger.async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA(example.get("triggers", [])))
        for config in cv.CONDITIONS_SCHEMA(example.get("conditions", [])):
            assert (await condition.async_validate_condition_config(hass, config))[CONF_CONDITION]


@pytest.mark.parametrize("name", NAMES)
def test_each_blueprint_has_its_button(name: str) -> None:
    [link] = re.findall(rf"blueprint_import/\?blueprint_url=(\S+%2F{name}\.yaml)\)", TEXT)
    assert link.endswith(f"blueprints%2Fautomation%2Fnezha%2F{name}.yaml")


def test_assist() -> None:
    table = dict(re.findall(r"^\| ([^|]+) \| (yes, where it is exposed|no) \|", TEXT, re.MULTILINE))
    assert {question for question, alone in table.items() if alone != "no"} == set(UNAIDED)
    assert {question for question, alone in table.items() if alone == "no"} == set(AIDED)
    assert all(f"`{tool.name}`" in TEXT for tool in _tools())


def test_what_it_links_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)[^):]*\)", TEXT):
        assert (DOCUMENT.parent / link).exists(), link


def test_what_a_run_gets_is_told() -> None:
    for key in ("names", "old_value", "new_value", "since", "entity_id", "for", "servers", "services", "dashboards"):
        assert f"trigger.{key}" in TEXT, key
