"""What is remembered of a dashboard's servers, on disk: read whatever wrote it, and gone for good once it is closed."""

from collections.abc import Callable, Mapping
import logging
import sys
from typing import Any, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from .limits import STORE_DELAY

_LOGGER = logging.getLogger(__name__)
_VERSION = 1
_MINOR_VERSION = 3
"""Grows with each field that is added or changed; a file of another version is read as far as it is understood."""

type Data = dict[str, Any]


class _AnyVersion(Store[Data]):
    """Reads files of all versions, older and newer: whoever restores them ignores what it does not know."""

    @override
    async def _async_migrate_func(self, old_major_version: int, old_minor_version: int, old_data: Data) -> Data:
        return old_data


class MemoryStore:
    """The file of one entry."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Read and write nothing yet."""
        self._store = _AnyVersion(
            hass,
            _VERSION,
            f"{DOMAIN}.{entry_id}",
            atomic_writes=True,
            max_readable_version=sys.maxsize,
            minor_version=_MINOR_VERSION,
        )
        self._planned: Callable[[], Data] | None = None
        self._is_closed = False

    async def load(self) -> Mapping[str, Any]:
        """Return what was saved last, or nothing where that cannot be read: no set-up fails for what it remembers."""
        try:
            data: object = await self._store.async_load()
        except (HomeAssistantError, KeyError, TypeError) as err:
            _LOGGER.warning("Cannot read %s, and go on without: %s", self._store.key, type(err).__name__)
            return {}
        return data if isinstance(data, Mapping) else {}

    @callback
    def plan(self, dump: Callable[[], Data]) -> None:
        """Write within a while. The store alone would put that off with every call, for ever."""
        if self._is_closed or self._planned:
            return
        self._planned = dump

        def write() -> Data:
            self._planned = None
            return dump()

        self._store.async_delay_save(write, STORE_DELAY)

    async def save(self, data: Data) -> None:
        """Write now."""
        if not self._is_closed:
            self._planned = None
            await self._store.async_save(data)

    async def close(self) -> None:
        """Write what was planned, and nothing any more: another one may own the file from now on."""
        if self._is_closed:
            return
        self._is_closed = True
        dump, self._planned = self._planned, None
        if dump:
            await self._store.async_save(dump())

    async def remove(self) -> None:
        """Delete the file."""
        self._is_closed = True
        await self._store.async_remove()
