"""The demo signs in to each generation through the forms that the integration shows for it."""

from typing import Any

import pytest

from harness.errors import HarnessError
from harness.forms import add_entry, set_options

TOKEN = {"token": "t"}
LOGIN = {"username": "u", "password": "p"}


class Forms:
    """Shows one step after the other, and remembers what they were answered."""

    def __init__(self, *steps: str, errors: dict[str, str] | None = None) -> None:
        self._steps = iter(steps)
        self._errors = errors
        self.answers: list[dict[str, Any]] = []

    async def request(self, method: str, path: str, body: dict[str, Any]) -> Any:
        self.answers.append(body)
        step = next(self._steps, None)
        if step is None:
            return {"type": "create_entry", "result": {"entry_id": "the entry"}}
        kind = "menu" if step == "credential" else "form"
        errors = self._errors if len(self.answers) > 1 else None
        return {"type": kind, "flow_id": "f", "step_id": step, "errors": errors, "description_placeholders": {}}


@pytest.mark.parametrize(
    ("steps", "credential", "answers"),
    [
        (("user", "token"), TOKEN, [TOKEN]),
        (("user", "password"), LOGIN, [LOGIN]),
        (("user", "credential", "access_token"), TOKEN, [{"next_step_id": "access_token"}, TOKEN]),
        (("user", "credential", "access_token", "scopes"), TOKEN, [{"next_step_id": "access_token"}, TOKEN, {}]),
        (("user", "credential", "password"), LOGIN, [{"next_step_id": "password"}, LOGIN]),
    ],
)
async def test_sign_in(steps: tuple[str, ...], credential: dict[str, str], answers: list[dict[str, str]]) -> None:
    forms = Forms(*steps)
    assert await add_entry(forms.request, "http://example", credential) == "the entry"
    assert forms.answers[2:] == answers


@pytest.mark.parametrize(("step", "credential"), [("token", LOGIN), ("password", TOKEN), ("x", TOKEN)])
async def test_the_wrong_credential(step: str, credential: dict[str, str]) -> None:
    """What the dashboard does not take is never sent."""
    forms = Forms("user", step)
    with pytest.raises(HarnessError, match=f"no answer for: {step}"):
        await add_entry(forms.request, "http://example", credential)
    assert len(forms.answers) == 2


async def test_an_error_is_told_as_the_form_tells_it() -> None:
    forms = Forms("user", "user", errors={"base": "cannot_connect"})
    with pytest.raises(HarnessError, match="refused the dashboard: "):
        await add_entry(forms.request, "http://example", TOKEN)


@pytest.mark.parametrize("offered", [("scan_interval",), ("scan_interval", "metrics_interval")])
async def test_options(offered: tuple[str, ...]) -> None:
    """v0 has no pace of measurements."""
    sent: list[dict[str, Any]] = []

    async def request(method: str, path: str, body: dict[str, Any]) -> Any:
        sent.append(body)
        schema = [{"name": name, "default": 30} for name in (*offered, "offline_after")]
        return {"type": "create_entry", "flow_id": "f", "data_schema": schema}

    await set_options(request, "e", 5)
    assert sent[1] == dict.fromkeys(offered, 5) | {"offline_after": 30}
