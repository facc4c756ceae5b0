"""The way from an integration that is installed to a page with all servers: it takes few clicks. Typing is no click."""

from pathlib import Path

from harness.homeassistant import HomeAssistant

from .frontend import DIALOG, Frontend
from .world import World, credential

NAME = "first look"
MOST_CLICKS = 12
"""The number that the README says, of v2 with a token and groups, from the page that the README's second button opens."""


class FirstLook:
    """Adds a dashboard and its page as a new user does, and counts the clicks."""

    def __init__(self, home: HomeAssistant, frontend: Frontend) -> None:
        """Take an open page."""
        self.clicks = 0
        self._home = home
        self._frontend = frontend

    async def faults(self, folder: Path) -> list[str]:
        """Return what is wrong; write a picture of where it ended."""
        before = {each["id"] for each in await self._dashboards()}
        try:
            async with World.of(self._home, "v2") as world:
                await self._add(world.simulator.url)
                await self._see(next(iter(world.simulator.dashboard.servers.values())).name)
        except Exception as err:  # noqa: BLE001 - whatever it is, the report says so
            return [f"{NAME}: {type(err).__name__}: {str(err)[:500]}"]
        finally:
            await self._frontend.picture(folder / f"{NAME}.png")
            for made in await self._dashboards():
                if made["id"] not in before:
                    await self._home.commands({"type": "lovelace/dashboards/delete", "dashboard_id": made["id"]})
        return [f"{NAME}: {self.clicks} clicks"] if self.clicks != MOST_CLICKS else []

    async def _add(self, url: str) -> None:
        """Add a dashboard of v2 with a token."""
        frontend = self._frontend
        await frontend.load("/config/integrations/dashboard/add?domain=nezha")
        await self._click("dialog-box ha-button[slot=primaryAction]")
        await frontend.step()
        await frontend.fill({"url": url})
        await self._submit()
        await frontend.choose("access_token")
        self.clicks += 1
        await frontend.step()
        await frontend.fill(credential("v2"))
        await self._submit()
        await self._submit()
        await self._click(f"{DIALOG} ha-dialog-footer ha-button")

    async def _see(self, server: str) -> None:
        """Make the page of all servers, and open it."""
        await self._click("ha-sidebar [data-panel=config], ha-sidebar a[href='/config'], ha-sidebar [href='/config']")
        await self._click("a[href='/config/lovelace'], [href*='/config/lovelace']")
        await self._click("ha-button >> text=Add dashboard")
        # The sidebar says so, too, and may be there before the dialog has its list.
        await self._click("ha-dialog-new-dashboard :text-is('Nezha')")
        await self._click("ha-button >> text=Create")
        await self._click("ha-sidebar [href='/dashboard-nezha']")
        await self._frontend.page.wait_for_selector(f"nezha-server-card >> text={server}")

    async def _submit(self) -> None:
        await self._frontend.submit()
        self.clicks += 1
        await self._frontend.step()

    async def _click(self, selector: str) -> None:
        await self._frontend.click(selector)
        self.clicks += 1

    async def _dashboards(self) -> list[dict[str, str]]:
        (dashboards,) = await self._home.commands("lovelace/dashboards/list")
        return list(dashboards)
