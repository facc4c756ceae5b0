"""An automation made of a blueprint, as it is in the repository, and the messages that it sends."""

from pathlib import Path
from typing import Any

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.components.blueprint import models
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util

FOLDER = Path(__file__).parents[2] / "blueprints" / "automation" / "nezha"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
EVERYWHERE = {"recipients": ["notify.phone"]}


def blueprint(name: str) -> models.Blueprint:
    """Return a blueprint as it is read on import. Raises `InvalidBlueprint`."""
    path = FOLDER / f"{name}.yaml"
    return models.Blueprint(
        yaml_util.parse_yaml(path.read_text(encoding="utf-8")),
        expected_domain="automation",
        path=str(path),
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )


async def automate(hass: HomeAssistant, folder: Path, name: str, **inputs: Any) -> None:
    """Import a blueprint into Home Assistant's configuration, and make an automation of it."""
    hass.config.config_dir = str(folder)
    if not (folder / "blueprints" / "automation" / "nezha" / f"{name}.yaml").exists():
        await async_get_blueprints(hass).async_add_blueprint(blueprint(name), f"nezha/{name}.yaml")
    automation = {"alias": name, "use_blueprint": {"path": f"nezha/{name}.yaml", "input": inputs}}
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    assert hass.states.get(f"automation.{name}").state == "on"


async def stop(hass: HomeAssistant) -> None:
    """Turn the automations off: their timers would outlive Home Assistant."""
    if hass.services.has_service("automation", "turn_off"):
        await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


class Phone:
    """What notify entities are sent."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.messages: list[tuple[str, str]] = []

        @callback
        def send(call: ServiceCall) -> None:
            self.messages.append((call.data["title"], call.data["message"]))

        hass.services.async_register("notify", "send_message", send)

    def take(self) -> list[tuple[str, str]]:
        """Return the titles and texts since this was last asked."""
        messages, self.messages = self.messages, []
        return messages
