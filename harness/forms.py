"""The integration's forms, filled in through Home Assistant's REST API as a user fills them in on the page."""

from collections.abc import Awaitable, Callable, Mapping
import json
from pathlib import Path
import sys
from typing import Any

from .dashboard import Credential
from .errors import HarnessError

DOMAIN = "nezha"
INTEGRATION = Path(__file__).resolve().parents[1] / "custom_components" / DOMAIN
FLOW = "/api/config/config_entries/flow"
_OPTIONS = "/api/config/config_entries/options/flow"
_SLOWEST_PACE = 300
"""Seconds: the most that the option for the measurements takes."""

type Request = Callable[[str, str, dict[str, Any]], Awaitable[Any]]
"""Takes a method, a path and a body."""


async def add_entry(request: Request, url: str, credential: Credential, *, headers: str = "") -> str:
    """Add a dashboard, and return the entry's id. The integration finds the generation, and asks for what that takes."""
    steps = ("access_token", "token") if "token" in credential else ("password",)
    answers: dict[str, dict[str, Any]] = {
        "user": {"url": url, "advanced": {"verify_ssl": True, "headers": headers}},
        # The menu of v2.
        "credential": {"next_step_id": steps[0]},
        **{step: dict(credential) for step in steps},
        # Only tells what a token may not do.
        "scopes": {},
        # The password stays: whoever gave it wants it used.
        "least_privilege": {"read_only": False, "run_tasks": False},
    }
    result = await request("POST", FLOW, {"handler": DOMAIN, "show_advanced_options": False})
    result = await fill(request, result, answers)
    if result["type"] != "create_entry":
        raise HarnessError(_explain("abort", result.get("reason", result["type"]), {}))
    return str(result["result"]["entry_id"])


async def fill(request: Request, step: dict[str, Any], answers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Answer the steps of a flow by their ids until there is none, and return its result.

    Raises HarnessError where the flow finds something wrong, or asks for what there is no answer for.
    """
    # Each form is answered once: a form that comes back without an error would be answered for ever.
    left = dict(answers)
    while step["type"] in ("form", "menu"):
        name, placeholders = step["step_id"], step.get("description_placeholders") or {}
        if step.get("errors"):
            raise HarnessError("\n".join(_explain("error", error, placeholders) for error in step["errors"].values()))
        if name == "scopes":
            print(f"The token lacks {placeholders.get('scopes')}: what needs that is missing.", file=sys.stderr)
        if (answer := left.pop(name, None)) is None:
            raise HarnessError(f"The integration asks for what there is no answer for: {name}")
        step = await request("POST", f"{FLOW}/{step['flow_id']}", dict(answer))
    return step


async def set_options(request: Request, entry_id: str, interval: int) -> None:
    """Set how often to poll, and where there are frames how often to publish; the rest stays as the form has it."""
    form = await open_options(request, entry_id)
    answer = {item["name"]: item["default"] for item in form["data_schema"] if "default" in item}
    wanted = {"scan_interval": interval, "metrics_interval": min(interval, _SLOWEST_PACE)}
    answer |= {name: value for name, value in wanted.items() if name in answer}
    result = await request("POST", f"{_OPTIONS}/{form['flow_id']}", answer)
    if result["type"] != "create_entry":
        raise HarnessError(f"The integration refused its options: {result.get('errors')}")


async def open_options(request: Request, entry_id: str) -> dict[str, Any]:
    """Open the form with all options. Just after setting up, one of the groups alone comes first: it is closed."""
    while True:
        form: dict[str, Any] = await request("POST", _OPTIONS, {"handler": entry_id})
        if form["type"] == "menu":
            form = await request("POST", f"{_OPTIONS}/{form['flow_id']}", {"next_step_id": "settings"})
        if any(item["name"] == "scan_interval" for item in form["data_schema"]):
            return form
        await request("DELETE", f"{_OPTIONS}/{form['flow_id']}", {})


def _explain(kind: str, key: str, placeholders: Mapping[str, str]) -> str:
    """Say what the integration's own form would say."""
    translations = json.loads((INTEGRATION / "translations" / "en.json").read_text(encoding="utf-8"))
    text: str = translations["config"].get(kind, {}).get(key, key)
    for name, value in placeholders.items():
        text = text.replace(f"{{{name}}}", value)
    return f"The integration refused the dashboard: {text}"
