"""Which new entities are enabled: Home Assistant takes 10,000 of an entry, and does not even register what comes after them."""

import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

_LOGGER = logging.getLogger(__name__)
_MOST_ENABLED = 10_000
"""Home Assistant's own limit (`MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY`)."""
_FOR_LATER = 500
"""Of these, kept free for the connectivity of servers that come later."""
_RANKED = (
    "online",
    "cpu",
    "memory",
    "disk",
    "net_in_transfer",
    "net_out_transfer",
    "net_in_speed",
    "net_out_speed",
    "load_1",
    "boot_time",
    "load_5",
    "load_15",
    "memory_used",
    "disk_used",
    "expiry",
    "swap",
    "changes",
    "agent",
)
"""Keys of what a server is watched for, the most wanted first: what does not fit for all servers is enabled for none."""
_RANK = {key: rank for rank, key in enumerate(_RANKED)}


class EntityBudget:
    """The enabled entities of an entry. What does not fit is registered and disabled: the user may enable it by hand."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Count what is registered already."""
        self._registry = er.async_get(hass)
        self._entry = entry
        self._extras = sum(1 for each in self._enabled() if self._key(each) not in _RANK)
        """Enabled entities that are not ranked: parts of servers, traffic cycles, services."""
        self._has_logged = False

    def enables(self, key: str, servers: int) -> bool:
        """Return whether a new entity is enabled in a fleet of this size; one that is counts from now on.

        To be asked just before it is registered.
        """
        room = _MOST_ENABLED - _FOR_LATER
        of_each = min(len(_RANKED), room // max(servers, 1))
        if key in _RANK:
            # Those of the dashboard itself are not in this reckoning, and are far fewer than what is kept free.
            fits = _RANK[key] < of_each and self._count() < _MOST_ENABLED - _FOR_LATER // 2
        else:
            fits = self._extras < room - of_each * servers and self._count() < room
            self._extras += fits
        if not fits and not self._has_logged:
            self._has_logged = True
            _LOGGER.warning(
                "%s: Home Assistant takes at most %s enabled entities of a dashboard, and there is no room for all of its"
                " %s servers: some new entities are disabled, and can be enabled by hand",
                self._entry.title,
                _MOST_ENABLED,
                servers,
            )
        return fits

    def _count(self) -> int:
        return self._registry.entities.get_enabled_count_for_config_entry_id(self._entry.entry_id)

    def _enabled(self) -> list[er.RegistryEntry]:
        entries = er.async_entries_for_config_entry(self._registry, self._entry.entry_id)
        return [each for each in entries if not each.disabled]

    def _key(self, entity: er.RegistryEntry) -> str | None:
        """Return the key of a server's entity; `None` for those of the dashboard and of services."""
        identity, _, key = entity.unique_id.removeprefix(f"{self._entry.entry_id}_").partition("_")
        # Servers are known by a number or a uuid; all else begins with a word.
        return None if identity.isalpha() else key

    def make_room(self, key: str) -> None:
        """Count a new entity that has to be enabled, just before it is registered.

        Where there is no room for one more, the least wanted entity of a server is disabled: users may have enabled all there
        was.
        """
        self._extras += key not in _RANK
        if self._count() < _MOST_ENABLED:
            return
        ranks = {
            each.entity_id: _RANK.get(own, len(_RANK))
            for each in self._enabled()
            if (own := self._key(each)) is not None
        }
        least = max(ranks, key=lambda entity_id: ranks[entity_id])
        self._registry.async_update_entity(least, disabled_by=er.RegistryEntryDisabler.INTEGRATION)
