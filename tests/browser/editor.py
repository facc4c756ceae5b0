"""The automation editor: it finds what is asked for, takes few clicks, and what is made there runs.

"Any server offline for two minutes, then notify" is made twice, in the editor and by the blueprint. Typing is no click.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.homeassistant import HomeAssistant

from .frontend import Frontend
from .world import World

NAME = "automation editor"
MOST_CLICKS = 17
"""What one server took when each had to be chosen."""
MOST_CLICKS_BY_BLUEPRINT = 8
_BLUEPRINT = Path(__file__).resolve().parents[2] / "blueprints" / "automation" / "nezha" / "offline_alert.yaml"
_PATIENCE = 120
"""Looks of half a second."""
_TYPING = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node?.localName === "input";
}"""


class Editor:
    """Makes automations as a person does, and counts the clicks."""

    def __init__(self, home: HomeAssistant, frontend: Frontend) -> None:
        """Take an open page."""
        self.clicks = 0
        self.counted = ""
        """What it took, in words."""
        self._home = home
        self._frontend = frontend
        self._page = frontend.page

    async def faults(self, folder: Path) -> list[str]:
        """Return what is wrong; write a picture of where it ended if it did not come to its end."""
        try:
            async with World.of(self._home, "v2") as world:
                await world.add()
                by_hand = await self._by_hand()
                await self._frontend.picture(folder / f"{NAME}.png")
                await self._shorten()
                ran = await self._runs(world)
            async with World.of(self._home, "v2") as world:
                await world.add()
                by_blueprint = await self._by_blueprint()
        except Exception as err:  # noqa: BLE001 - whatever it is, the report says so
            await self._frontend.picture(folder / f"FAILED {NAME}.png")
            return [f"{NAME}: {type(err).__name__}: {str(err)[:500]}"]
        self.counted = f"{by_hand} clicks in the editor, {by_blueprint} by the blueprint"
        return [
            *([f"{NAME}: {by_hand} clicks"] if by_hand > MOST_CLICKS else []),
            *([f"{NAME}: {by_blueprint} clicks by the blueprint"] if by_blueprint > MOST_CLICKS_BY_BLUEPRINT else []),
            *([] if ran else [f"{NAME}: what was made does not run"]),
        ]

    async def _by_hand(self) -> int:
        """Make the automation from an empty editor."""
        await self._frontend.load("/config/automation/edit/new")
        self.clicks = 0
        await self._add("Add trigger", "any server offline", "Any server went offline")
        await self._click(self._page.locator("ha-selector-duration input").nth(1))
        await self._page.keyboard.press("Control+A")
        await self._page.keyboard.type("2")
        await self._add("Add action", "persistent notification", "Send a persistent notification")
        box = await self._page.get_by_text("Message body of the notification.").first.bounding_box()
        assert box, "the action has no message"
        await self._page.mouse.click(box["x"] + 100, box["y"] + 50)
        self.clicks += 1
        await self._page.keyboard.type("A server is offline")
        await self._save()
        return self.clicks

    async def _by_blueprint(self) -> int:
        """Make the same of the blueprint."""
        text = _BLUEPRINT.read_text(encoding="utf-8")
        path = "nezha/offline_alert"
        await self._home.commands(
            {"type": "blueprint/save", "domain": "automation", "path": path, "yaml": text, "allow_override": True}
        )
        await self._frontend.load("/config/automation/dashboard")
        self.clicks = 0
        await self._click(self._page.locator("ha-button", has_text="Create automation").first)
        await self._click(self._page.get_by_text("Nezha: Offline alert").first)
        await self._save()
        return self.clicks

    async def _add(self, button: str, text: str, found: str) -> None:
        """Search for a trigger or an action, and choose it."""
        await self._click(self._page.get_by_text(button, exact=True).first)
        await self._page.wait_for_function(_TYPING)
        await self._page.keyboard.type(text)
        await self._click(self._page.get_by_text(found, exact=True).first)

    async def _save(self) -> None:
        """Save, and say yes to the name that is suggested."""
        known = len(await self._automations())
        await self._frontend.settle()
        await self._click(self._page.locator("ha-button", has_text="Save").first)
        await self._frontend.settle()
        await self._click(self._page.locator("ha-button", has_text="Save").last)
        await self._wait(lambda automations: len(automations) > known, "it was not saved")

    async def _click(self, target: Any) -> None:
        await self._frontend.settle()
        await target.click()
        self.clicks += 1

    async def _automations(self) -> list[dict[str, Any]]:
        states = await self._home.request("GET", "/api/states")
        return [state for state in states if state["entity_id"].startswith("automation.")]

    async def _wait(self, is_so: Callable[[list[dict[str, Any]]], bool], otherwise: str) -> None:
        for _ in range(_PATIENCE):
            if is_so(await self._automations()):
                return
            await asyncio.sleep(0.5)
        raise AssertionError(otherwise)

    async def _shorten(self) -> None:
        """Have what was made wait for a second, so that the test need not wait for two minutes."""
        [made] = await self._automations()
        path = f"/api/config/automation/config/{made['attributes']['id']}"
        config = await self._home.request("GET", path)
        [trigger] = config["triggers"]
        assert trigger["trigger"] == "nezha.any_server_went_offline"
        assert trigger["options"]["for"] in ({"hours": 0, "minutes": 2, "seconds": 0}, "00:02:00"), trigger
        trigger["options"]["for"] = {"seconds": 1}
        await self._home.request("POST", path, config)

    async def _runs(self, world: World) -> bool:
        """Take a server offline, and say whether the automation noticed."""
        world.silence(next(iter(world.simulator.dashboard.servers.values())))
        await self._wait(
            # None has the attribute while automations are loaded anew.
            lambda automations: any(state["attributes"].get("last_triggered") for state in automations),
            "it does not run",
        )
        return True
