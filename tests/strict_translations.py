"""A pytest plugin in place of core's `check_translations`, which is not to be had outside of core.

Every key that a test makes the integration show must have an English text, and every placeholder in it a value.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
import functools
import json
from pathlib import Path
import string
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.nezha.const import DOMAIN
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult, OptionsFlow
from homeassistant.data_entry_flow import FlowHandler, section
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.entity import Entity

TRANSLATIONS = Path(__file__).parents[1] / "custom_components" / DOMAIN / "translations" / "en.json"


def flatten(texts: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return all texts by their keys, joined with dots."""
    flat: dict[str, str] = {}
    for key, value in texts.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


class Texts:
    """The English texts, and what was wrong when they were shown."""

    def __init__(self) -> None:
        """Read the texts."""
        self.wrong: set[str] = set()
        self._texts = flatten(json.loads(TRANSLATIONS.read_text()))

    def show(self, key: str, placeholders: Mapping[str, Any] | None) -> None:
        """Note whether a key has a text and the text its values."""
        if key not in self._texts:
            self.wrong.add(f"no text for {key}")
            return
        wanted = {field for _, field, _, _ in string.Formatter().parse(self._texts[key]) if field}
        if missing := wanted - set(placeholders or {}):
            self.wrong.add(f"no value for {', '.join(sorted(missing))} in {key}")

    def show_form(self, flow: FlowHandler[Any, Any, Any], form: ConfigFlowResult) -> None:
        """Note the same for a form: its title, fields, sections and errors, and all that stands about them."""
        if (category := category_of(flow)) is None:
            return
        placeholders = form["description_placeholders"]
        step = f"{category}.step.{form['step_id']}"
        self.show(f"{step}.title", placeholders)
        self._show_fields(step, form["data_schema"], placeholders)
        for key in self._texts:
            if key.startswith(f"{step}."):
                self.show(key, placeholders)
        for error in (form["errors"] or {}).values():
            self.show(f"{category}.error.{error}", placeholders)

    def show_menu(self, flow: FlowHandler[Any, Any, Any], menu: ConfigFlowResult) -> None:
        """Note the same for a menu. The frontend gives placeholders to all of it but the title."""
        if (category := category_of(flow)) is None:
            return
        placeholders = menu["description_placeholders"]
        step = f"{category}.step.{menu['step_id']}"
        self.show(f"{step}.title", None)
        self.show(f"{step}.description", placeholders)
        for option in menu["menu_options"]:
            self.show(f"{step}.menu_options.{option}", placeholders)

    def _show_fields(self, prefix: str, schema: Any, placeholders: Mapping[str, Any] | None) -> None:
        for marker, value in schema.schema.items() if schema else ():
            if isinstance(value, section):
                self.show(f"{prefix}.sections.{marker}.name", placeholders)
                self._show_fields(f"{prefix}.sections.{marker}", value.schema, placeholders)
            else:
                self.show(f"{prefix}.data.{marker}", placeholders)

    def show_end(self, flow: FlowHandler[Any, Any, Any], end: ConfigFlowResult) -> None:
        """Note the same for the reason with which a flow ends, which names nothing: not every place has its placeholders."""
        if category := category_of(flow):
            self.show(f"{category}.abort.{end['reason']}", None)


def category_of(flow: FlowHandler[Any, Any, Any]) -> str | None:
    """Return under which key a flow of ours has its texts. The handler of an options flow is an entry's id."""
    if isinstance(flow, OptionsFlow):
        return "options" if type(flow).__module__.startswith(f"custom_components.{DOMAIN}.") else None
    return "config" if isinstance(flow, ConfigFlow) and flow.handler == DOMAIN else None


@pytest.fixture(autouse=True)
def strict_translations() -> Iterator[None]:
    """Fail a test that made the integration show a key without a text, or a text without its values."""
    texts = Texts()

    def on_error(_: Any, __: None, given: Mapping[str, Any]) -> None:
        if given.get("translation_domain") == DOMAIN:
            texts.show(f"exceptions.{given['translation_key']}.message", given.get("translation_placeholders"))

    def on_device(_: Any, __: Any, given: Mapping[str, Any]) -> None:
        if given.get("translation_key") and any(domain == DOMAIN for domain, _ in given["identifiers"]):
            texts.show(f"device.{given['translation_key']}.name", given.get("translation_placeholders"))

    def on_entity(entity: Entity, _: Any, __: Mapping[str, Any]) -> None:
        # An entity that stands for its device has no name of its own.
        is_named = getattr(entity, "_attr_name", "") is not None
        if entity.platform.platform_name == DOMAIN and entity.translation_key and is_named:
            key = f"entity.{entity.platform.domain}.{entity.translation_key}.name"
            texts.show(key, entity.translation_placeholders)

    def on_issue(_: Any, issue: ir.IssueEntry, __: Mapping[str, Any]) -> None:
        if issue.domain == DOMAIN and issue.translation_key:
            texts.show(f"issues.{issue.translation_key}.title", issue.translation_placeholders)

    with ExitStack() as stack:
        for owner, method, check in (
            (FlowHandler, "async_show_form", lambda flow, form, _: texts.show_form(flow, form)),
            (FlowHandler, "async_show_menu", lambda flow, menu, _: texts.show_menu(flow, menu)),
            (FlowHandler, "async_abort", lambda flow, end, _: texts.show_end(flow, end)),
            (HomeAssistantError, "__init__", on_error),
            (dr.DeviceRegistry, "async_get_or_create", on_device),
            (Entity, "add_to_platform_start", on_entity),
            (ir.IssueRegistry, "async_get_or_create", on_issue),
        ):
            stack.enter_context(patch.object(owner, method, watched(getattr(owner, method), check)))
        yield
    assert not texts.wrong, sorted(texts.wrong)


def watched(method: Callable[..., Any], check: Callable[[Any, Any, Mapping[str, Any]], None]) -> Callable[..., Any]:
    """Return a method that shows its object, its result and its keyword arguments to a check."""

    @functools.wraps(method)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = method(self, *args, **kwargs)
        check(self, result, kwargs)
        return result

    return wrapper
