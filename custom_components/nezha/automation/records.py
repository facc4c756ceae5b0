"""Keeps over a restart of Home Assistant what triggers have seen, so that nothing is repeated and nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
import json
from typing import Any

from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.singleton import singleton
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

_STORE_VERSION = 1
_STORE_DELAY = 10
"""Seconds."""
_START = 60
"""Seconds within which all automations are set up: they begin to watch together, when Home Assistant has started."""
_RECORDS: HassKey[Records] = HassKey(f"{DOMAIN}_trigger_records")

type Record = list[dict[str, Any]]
"""What a trigger remembers of each subject."""


class Records:
    """What the triggers of all automations remember, by their configuration. Two that are the same remember the same."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nothing yet."""
        self._hass = hass
        self._store: Store[dict[str, Record]] = Store(hass, _STORE_VERSION, f"{DOMAIN}.triggers")
        self._stored: dict[str, Record] = {}
        """Of triggers that have not been attached since the start."""
        self._attached: dict[str, list[Callable[[], Record]]] = {}
        self._is_planned = False

    async def async_load(self) -> None:
        """Read what was stored. What no automation has asked for soon after the first of them belongs to none."""
        self._stored = await self._store.async_load() or {}
        async_call_later(self._hass, _START, HassJob(self._forget_stored, cancel_on_shutdown=True))

    @callback
    def _forget_stored(self, _: datetime) -> None:
        self._stored.clear()

    @callback
    def attach(self, configuration: object, dump: Callable[[], Record]) -> tuple[Record | None, Callable[[], None]]:
        """Return what the trigger of this configuration remembered, and how to let it go."""
        signature = json.dumps(configuration, sort_keys=True, default=str)
        self._attached.setdefault(signature, []).append(dump)

        @callback
        def detach() -> None:
            self._attached[signature].remove(dump)
            if not self._attached[signature]:
                del self._attached[signature]

        return self._stored.get(signature), detach

    @callback
    def plan_save(self) -> None:
        """Write soon; at the latest when Home Assistant stops."""
        if not self._is_planned:
            self._is_planned = True
            self._store.async_delay_save(self._dump, _STORE_DELAY)

    def _dump(self) -> dict[str, Record]:
        self._is_planned = False
        return self._stored | {signature: dumps[0]() for signature, dumps in self._attached.items()}


@singleton(_RECORDS, async_=True)
async def async_get_records(hass: HomeAssistant) -> Records:
    """Return the records of this Home Assistant."""
    records = Records(hass)
    await records.async_load()
    return records
