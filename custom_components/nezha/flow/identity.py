"""Tells dashboards apart by their servers: an address may be written in many ways, and may change."""

from collections.abc import Iterable, Mapping

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from ..api import Generation, Snapshot
from ..const import CONF_GENERATION
from ..runtime.coordinator import NezhaConfigEntry
from ..runtime.devices import SERVICE_PREFIX, key_of
from .address import same_dashboard
from .dashboard import FoundDashboard


def has_address(entry: NezhaConfigEntry, dashboard: FoundDashboard) -> bool:
    """Whether an entry has a dashboard's address. One that numbers its servers anew is another dashboard."""
    return same_dashboard(entry.data[CONF_URL], str(dashboard.url)) and _numbers_alike(entry, dashboard)


def find_same_fleet(
    hass: HomeAssistant, entries: Iterable[NezhaConfigEntry], dashboard: FoundDashboard, snapshot: Snapshot
) -> NezhaConfigEntry | None:
    """Return the entry that watches the servers of a dashboard already, whatever its address.

    On v1 and v2 these are the uuids: most of the smaller fleet, as a token may be limited to some servers, and one machine
    may have agents of two dashboards. On v0 it takes number and name of all servers.
    """
    found = {identity: server.name for identity, server in snapshot.servers.items()}
    for entry in entries:
        if not _numbers_alike(entry, dashboard) or not (known := _known_servers(hass, entry)):
            continue
        if dashboard.generation is Generation.V0:
            is_same = known.items() <= found.items() and (not _is_loaded(entry) or len(known) == len(found))
        else:
            is_same = 2 * len(known.keys() & found.keys()) > min(len(known), len(found))
        if is_same:
            return entry
    return None


def is_other_fleet(hass: HomeAssistant, entry: NezhaConfigEntry, dashboard: FoundDashboard, snapshot: Snapshot) -> bool:
    """Whether none of the servers that an entry has devices of is there: by uuid, or by number and name on v0."""
    known = _devices(hass, entry)
    by_number = dashboard.generation is Generation.V0
    # The device of a server without a name has one in the user's language: its number has to do.
    return bool(known) and not any(
        identity in known and (not by_number or server.name in ("", known[identity]))
        for identity, server in snapshot.servers.items()
    )


def _numbers_alike(entry: NezhaConfigEntry, dashboard: FoundDashboard) -> bool:
    known = Generation(entry.data[CONF_GENERATION])
    return (known is Generation.V0) == (dashboard.generation is Generation.V0)


def _is_loaded(entry: NezhaConfigEntry) -> bool:
    return entry.state is ConfigEntryState.LOADED and entry.runtime_data.snapshot is not None


def _known_servers(hass: HomeAssistant, entry: NezhaConfigEntry) -> Mapping[str, str | None]:
    """Return the names of an entry's servers by identity: of all that it sees, or of those with a device."""
    if _is_loaded(entry) and (snapshot := entry.runtime_data.snapshot):
        return {identity: server.name for identity, server in snapshot.servers.items()}
    return _devices(hass, entry)


def _devices(hass: HomeAssistant, entry: NezhaConfigEntry) -> dict[str, str | None]:
    return {
        key: device.name
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        if (key := key_of(entry, device)) is not None and not key.startswith(SERVICE_PREFIX)
    }
