"""What else there is, in the same Home Assistant: the recipe with `rest`, and `uptime_kuma` as a peer of platinum quality."""

from collections.abc import Awaitable, Callable

from homeassistant.components import uptime_kuma
from homeassistant.components.uptime_kuma.coordinator import LatestRelease
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .dashboard import Remote
from .home import add_entry, set_up
from .recipe import recipe

_SELDOM = 10**6
"""Seconds: only when it is asked to."""


async def add_rest(hass: HomeAssistant, entry: ConfigEntry, dashboard: Remote) -> Callable[[], Awaitable[None]]:
    """Set `rest` up with the values of the integration's entry, and return its refresh."""
    await set_up(hass, "rest", recipe(hass, entry, dashboard, _SELDOM))
    refresh: Callable[[], Awaitable[None]] = hass.data["rest"]["coordinator"][0].async_refresh
    return refresh


async def add_uptime_kuma(hass: HomeAssistant, dashboard: Remote, monitors: int) -> Callable[[], Awaitable[None]]:
    """Set `uptime_kuma` up with so many monitors, and return its refresh."""
    url = await dashboard.tell("open_kuma", monitors)
    uptime_kuma.UpdateChecker.latest_release = _latest_release
    entry = await add_entry(hass, "uptime_kuma", {"url": url, "verify_ssl": True, "api_key": ""}, {})
    entry.runtime_data.update_interval = None
    refresh: Callable[[], Awaitable[None]] = entry.runtime_data.async_refresh
    return refresh


async def _latest_release(checker: object) -> LatestRelease:
    """Stand in for a question to the internet."""
    return LatestRelease(tag_name="2.0.2", name="2.0.2", html_url="", body="")
