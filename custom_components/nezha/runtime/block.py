"""A dashboard that blocks this address: one pause for all who would ask it, the set-up among them."""

import asyncio
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..repairs import create_blocked_issue, delete_blocked_issue
from .limits import FIRST_BLOCK_PAUSE, LONGEST_BLOCK_PAUSE

_BLOCKS: HassKey[dict[str, Block]] = HassKey(f"{DOMAIN}_blocks")


class Block:
    """Whether one dashboard blocks this address, and for how long it is left alone. The user is told while it lasts."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Suppose that it does not."""
        self._hass = hass
        self._entry = entry
        self._pause = FIRST_BLOCK_PAUSE
        self._until = 0.0
        self._over = asyncio.Event()
        self._over.set()

    @property
    def remaining(self) -> float:
        """Seconds for which nothing may be asked."""
        return max(0.0, self._until - time.monotonic())

    @callback
    def begin(self) -> None:
        """Leave the dashboard alone, each time for longer."""
        create_blocked_issue(self._hass, self._entry)
        self._until = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, LONGEST_BLOCK_PAUSE)
        self._over.clear()

    @callback
    def end(self) -> None:
        """Ask it again, since it has answered."""
        delete_blocked_issue(self._hass, self._entry)
        self._pause = FIRST_BLOCK_PAUSE
        self._until = 0.0
        self._over.set()

    async def wait_until_over(self) -> None:
        """Wait until the dashboard has answered: of all who would knock, one does."""
        await self._over.wait()


@callback
def block_of(hass: HomeAssistant, entry: ConfigEntry) -> Block:
    """Return the one of an entry. It outlives a set-up that failed, since the next one follows within a minute."""
    return hass.data.setdefault(_BLOCKS, {}).setdefault(entry.entry_id, Block(hass, entry))


@callback
def forget_block(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget the block of an entry that is not loaded any more: nobody waits, and whoever loads it again may ask."""
    hass.data.get(_BLOCKS, {}).pop(entry.entry_id, None)
