"""Keeps the parts that agents name within bounds: an agent on somebody else's machine may name new ones with every report."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
import logging
from typing import Any

from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..fleet import KnownServer
from ..runtime import limits
from ..runtime.coordinator import NezhaCoordinator
from .parts import PART_PREFIXES, kind_of, part_keys

_LOGGER = logging.getLogger(__name__)
_INTERVAL = timedelta(hours=6)
"""Between two looks at what is unreported."""
_UNREPORTED_SINCE = "unreported_since"
"""Where the entity registry remembers the day, also over restarts."""


class PartsCensus:
    """The parts that servers have, or once had: the entity registry is its memory."""

    def __init__(self, coordinator: NezhaCoordinator) -> None:
        """Count what is registered already."""
        self._coordinator = coordinator
        self._registry = er.async_get(coordinator.hass)
        self._parts: dict[str, dict[str, bool]] = defaultdict(dict)
        """By a server's identity: the keys of its parts, and whether they are enabled, or were until the user said no."""
        self._reported: dict[str, set[str]] = defaultdict(set)
        """By a server's identity: the keys that were reported since the last look."""
        self._logged: set[str] = set()
        for identity, key, entity in self._registered():
            self._parts[identity][key] = entity.disabled_by is not er.RegistryEntryDisabler.INTEGRATION

    @callback
    def async_start(self, on_removed: Callable[[str, str], None]) -> None:
        """Look at what is unreported from now on; `on_removed` is called with the identity and key of what is removed."""

        @callback
        def look(now: datetime) -> None:
            self._look(dt_util.as_utc(now).date(), on_removed)

        self._coordinator.config_entry.async_on_unload(
            async_track_time_interval(self._coordinator.hass, look, _INTERVAL, cancel_on_shutdown=True)
        )

    def admit[DescriptionT: SensorEntityDescription](
        self, known: KnownServer, parts: Iterable[DescriptionT]
    ) -> Iterator[DescriptionT]:
        """Yield the parts of a server that there is room for; those that are known already keep theirs."""
        server = known.server
        admitted = self._parts[server.identity]
        for part in parts:
            if part.key not in admitted:
                if sum(kind_of(key) == kind_of(part.key) for key in admitted) >= limits.PARTS_OF_A_KIND:
                    self._log_full(known)
                    continue
                admitted[part.key] = sum(admitted.values()) < limits.PARTS_ENABLED
            self._reported[server.identity].add(part.key)
            yield part if admitted[part.key] else replace(part, entity_registry_enabled_default=False)

    def _log_full(self, known: KnownServer) -> None:
        if known.server.identity not in self._logged and len(self._logged) < limits.LOG_NAMES:
            self._logged.add(known.server.identity)
            _LOGGER.warning(
                "%s: server %s (%s) has named more than %s temperature sensors: the others are left out",
                self._coordinator.config_entry.title,
                known.server.name,
                known.server.number,
                limits.PARTS_OF_A_KIND,
            )

    def _registered(self) -> Iterator[tuple[str, str, er.RegistryEntry]]:
        """Yield identity, key and entry of each registered part."""
        prefix = f"{self._coordinator.config_entry.entry_id}_"
        for entity in er.async_entries_for_config_entry(self._registry, self._coordinator.config_entry.entry_id):
            identity, _, key = entity.unique_id.removeprefix(prefix).partition("_")
            if key.startswith(PART_PREFIXES):
                yield identity, key, entity

    def _look(self, today: date, on_removed: Callable[[str, str], None]) -> None:
        """Remember since when a part is unreported, and remove what is for long. Of a silent server nothing is said."""
        for identity, known in self._coordinator.data.items():
            if known.online and known.state:
                self._reported[identity] |= part_keys(known)
        reported, self._reported = self._reported, defaultdict(set)
        for identity, key, entity in list(self._registered()):
            if identity not in reported:
                continue
            options: Mapping[str, Any] = entity.options.get(DOMAIN, {})
            since = options.get(_UNREPORTED_SINCE)
            if key in reported[identity]:
                if since is not None:
                    self._registry.async_update_entity_options(entity.entity_id, DOMAIN, None)
            elif since is None:
                self._registry.async_update_entity_options(
                    entity.entity_id, DOMAIN, {_UNREPORTED_SINCE: today.isoformat()}
                )
            elif today - date.fromisoformat(since) >= timedelta(days=limits.DAYS_UNREPORTED):
                self._registry.async_remove(entity.entity_id)
                del self._parts[identity][key]
                on_removed(identity, key)
