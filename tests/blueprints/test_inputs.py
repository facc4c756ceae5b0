"""Every blueprint can be imported, says what it asks for in two languages, and names the triggers and actions there are."""

from typing import Any

import pytest
import yaml

from custom_components.nezha.services import SCHEMAS
from custom_components.nezha.trigger import TRIGGERS
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA

from .home import FOLDER, NAMES, blueprint

REPOSITORY = "https://github.com/nezha-ha/nezha/blob/main/blueprints/automation/nezha/"


def walk(value: Any) -> list[dict[str, Any]]:
    """Return every mapping inside a value."""
    found = [value] if isinstance(value, dict) else []
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        found += walk(item)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_imported(name: str) -> None:
    imported = blueprint(name)
    assert imported.validate() is None
    assert imported.metadata["source_url"] == f"{REPOSITORY}{name}.yaml"
    AUTOMATION_BLUEPRINT_SCHEMA(imported.data)


@pytest.mark.parametrize("name", NAMES)
def test_it_speaks_both_languages(name: str) -> None:
    imported = blueprint(name)
    texts = imported.data["variables"]["texts"]
    assert texts["en"].keys() == texts["zh"].keys()
    assert " / " in imported.name
    for key, field in imported.inputs.items():
        assert " / " in field["name"], key


@pytest.mark.parametrize("name", NAMES)
def test_it_uses_what_there_is(name: str) -> None:
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!input", lambda loader, node: node.value)
    data = yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Loader)
    used = {part["trigger"] for part in walk(data) if str(part.get("trigger", "")).startswith("nezha.")}
    assert used <= {f"nezha.{trigger}" for trigger in TRIGGERS}
    actions = {part["action"] for part in walk(data) if str(part.get("action", "")).startswith("nezha.")}
    assert actions <= {f"nezha.{action}" for action in SCHEMAS}
    asked = set(blueprint(name).inputs)
    given = _inputs((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert given == asked


def _inputs(text: str) -> set[str]:
    return {part.split()[0] for part in text.split("!input ")[1:]}
