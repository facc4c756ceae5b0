"""Polls one dashboard and keeps what its servers are known by."""

from collections.abc import Mapping
from datetime import timedelta
import logging
import time
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_SCAN_INTERVAL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .api import AuthenticationError, Backend, NezhaError, Snapshot
from .const import (
    CONF_GROUPS,
    CONF_OFFLINE_AFTER,
    CONF_TOKEN_REJECTED,
    DEFAULT_OFFLINE_AFTER,
    DEFAULT_SCAN_INTERVAL,
    DOMAIN,
)
from .devices import Devices
from .fleet import Fleet, KnownServer

type NezhaConfigEntry = ConfigEntry[NezhaCoordinator]

_LOGGER = logging.getLogger(__name__)
_STORE_VERSION = 1
_STORE_DELAY = 60
_LOG_PAUSE = 3600
"""Seconds for which a server that keeps going offline is not logged again."""


def memory_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, dict[str, Any]]]:
    """Return where an entry's memory of its servers is kept."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}")


class NezhaCoordinator(DataUpdateCoordinator[Mapping[str, KnownServer]]):
    """The known servers of one dashboard by identity: those of the chosen groups in the newest answer."""

    config_entry: NezhaConfigEntry

    def __init__(self, hass: HomeAssistant, entry: NezhaConfigEntry, backend: Backend) -> None:
        """Prepare; nothing is asked yet."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=DOMAIN,
            update_interval=timedelta(seconds=entry.options.get(CONF_SCAN_INTERVAL, DEFAULT_SCAN_INTERVAL)),
        )
        self.devices = Devices(hass, entry)
        self.snapshot: Snapshot | None = None
        self._backend = backend
        self._store = memory_store(hass, entry.entry_id)
        self._fleet = self._new_fleet({})
        self._logged_offline: dict[str, float] = {}
        self._logged_omitted: set[str] = set()

    @property
    def groups(self) -> list[str]:
        """All groups on the dashboard, the chosen ones or not."""
        servers = self.snapshot.servers.values() if self.snapshot else ()
        return sorted({group for server in servers for group in server.groups})

    def dump(self) -> dict[str, dict[str, Any]]:
        """Return the memory of all servers."""
        return self._fleet.dump()

    async def async_save(self) -> None:
        """Write the memory now."""
        await self._store.async_save(self.dump())

    def _new_fleet(self, memories: Mapping[str, Mapping[str, Any]]) -> Fleet:
        return Fleet(self.config_entry.options.get(CONF_OFFLINE_AFTER, DEFAULT_OFFLINE_AFTER), memories)

    @override
    async def _async_setup(self) -> None:
        self._fleet = self._new_fleet(await self._store.async_load() or {})

    @override
    async def _async_update_data(self) -> Mapping[str, KnownServer]:
        try:
            snapshot = await self._backend.snapshot()
        except AuthenticationError as err:
            self.hass.config_entries.async_update_entry(
                self.config_entry, data={**self.config_entry.data, CONF_TOKEN_REJECTED: True}
            )
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key=err.reason) from err
        except NezhaError as err:
            _LOGGER.debug("No answer to use: %s", err, exc_info=True)
            raise UpdateFailed(translation_domain=DOMAIN, translation_key=err.reason) from err
        await self._take_in(snapshot)
        return self._fleet.servers

    async def _take_in(self, snapshot: Snapshot) -> None:
        """Remember an answer, on disk too, and bring the devices in line with it."""
        earlier = self._fleet.servers
        booted = self._fleet.update(
            snapshot,
            self.config_entry.options.get(CONF_GROUPS) or None,
            after_outage=not self.last_update_success,
        )
        self.snapshot = snapshot
        if booted:
            # On disk before it is published: were it lost in a crash, the same boot would be reported with another
            # second, and the statistics would take that for one more reboot and count the traffic twice.
            await self.async_save()
        else:
            self._store.async_delay_save(self.dump, _STORE_DELAY)
        self.devices.update(self._fleet.servers, snapshot)
        self._log(earlier, snapshot)

    def _log(self, earlier: Mapping[str, KnownServer], snapshot: Snapshot) -> None:
        """Name servers that went offline, each once an hour at most, and answers that cannot be read, each once."""
        now = time.monotonic()
        gone = [
            known.server
            for identity, known in self._fleet.servers.items()
            if not known.online
            and identity in earlier
            and earlier[identity].online
            and now - self._logged_offline.get(identity, -_LOG_PAUSE) >= _LOG_PAUSE
        ]
        if gone:
            self._logged_offline |= dict.fromkeys((server.identity for server in gone), now)
            _LOGGER.info(
                "Servers went offline: %s (each is named once an hour at most)",
                ", ".join(f"{server.name} ({server.number})" for server in gone),
            )
        if unknown := set(snapshot.omitted) - self._logged_omitted:
            self._logged_omitted |= unknown
            _LOGGER.warning("Left out of the dashboard's answer: %s", "; ".join(sorted(unknown)))
