"""What describes triggers and conditions agrees: classes, YAML, translations, icons."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from custom_components.nezha.condition import CONDITIONS
from custom_components.nezha.trigger import TRIGGERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, selector, trigger
from homeassistant.setup import async_setup_component
from scripts.languages import languages
from tests.conftest import Clock
from tests.test_services import serving

from .home import dashboard, home_of

INTEGRATION = Path(__file__).parents[2] / "custom_components" / "nezha"
TABLES = {"triggers": TRIGGERS, "conditions": CONDITIONS}
PURPOSES = [(kind, name) for kind, table in TABLES.items() for name in table]


def described(kind: str) -> dict[str, Any]:
    """Return the YAML without its anchors."""
    everything = yaml.safe_load((INTEGRATION / f"{kind}.yaml").read_text())
    return {name: value for name, value in everything.items() if not name.startswith(".")}


def read(path: str) -> dict[str, Any]:
    """Return a JSON file."""
    return json.loads((INTEGRATION / path).read_text())


@pytest.mark.parametrize("kind", TABLES)
def test_the_same_names_everywhere(kind: str) -> None:
    names = set(TABLES[kind])
    assert set(described(kind)) == names
    assert set(read("icons.json")[kind]) == names
    for language in languages():
        assert set(read(f"translations/{language}.json")[kind]) == names


@pytest.mark.parametrize(("kind", "name"), PURPOSES)
def test_the_same_fields_everywhere(kind: str, name: str) -> None:
    options = next(value for marker, value in TABLES[kind][name].schema.schema.items() if marker == "options")
    fields = described(kind)[name].get("fields", {})
    assert set(fields) == {str(marker) for marker in options}
    for language in languages():
        assert set(read(f"translations/{language}.json")[kind][name].get("fields", {})) == set(fields)
    for field in fields.values():
        selector.validate_selector(field["selector"])
    required = {str(marker) for marker in options if type(marker).__name__ == "Required"}
    assert required <= {key for key, field in fields.items() if field.get("required")}


@pytest.mark.parametrize(("kind", "name"), PURPOSES)
def test_defaults_of_the_editor_are_those_of_the_schema(kind: str, name: str) -> None:
    options = next(value for marker, value in TABLES[kind][name].schema.schema.items() if marker == "options")
    defaults = {str(marker): marker.default() for marker in options if callable(marker.default)}
    for key, field in described(kind)[name].get("fields", {}).items():
        if "default" in field and key != "for":
            assert field["default"] == defaults[key]


@pytest.mark.parametrize(("kind", "name"), PURPOSES)
def test_texts_are_of_cores_kind(kind: str, name: str) -> None:
    texts = read("translations/en.json")[kind][name]
    assert texts["description"].startswith({"triggers": "Triggers when ", "conditions": "Tests if "}[kind])
    assert "one or more" in texts["description"]


async def test_home_assistant_loads_them(hass: HomeAssistant, clock: Clock, socket_enabled: None) -> None:
    assert await async_setup_component(hass, "automation", {})
    async with serving("v2", dashboard()) as simulator:
        await home_of(hass, clock, simulator)
        for kind, module in (("triggers", trigger), ("conditions", condition)):
            descriptions = await module.async_get_all_descriptions(hass)
            ours = {name: value for name, value in descriptions.items() if name.startswith("nezha.")}
            assert set(ours) == {f"nezha.{name}" for name in TABLES[kind]}
            for name, description in ours.items():
                assert set(description["fields"]) == set(described(kind)[name.removeprefix("nezha.")].get("fields", {}))
                if name.startswith("nezha.any_"):
                    assert "target" not in description
                    continue
                assert description["target"]["primary_entities_only"] is False
                assert {part["integration"] for part in description["target"]["entity"]} == {"nezha"}
