"""Places devices in the area that is called as the group of their server."""

from collections.abc import Collection

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr

from ..runtime.coordinator import NezhaConfigEntry
from ..runtime.devices import key_of
from ..runtime.limits import AREAS


@callback
def place_in_areas(hass: HomeAssistant, entry: NezhaConfigEntry, groups: Collection[str]) -> None:
    """Place those devices of an entry's servers that are in no area, of all groups if none are named.

    Where a user put a device, it stays.
    """
    areas, devices = ar.async_get(hass), dr.async_get(hass)
    servers = entry.runtime_data.snapshot.servers if entry.runtime_data.snapshot else {}
    added = 0
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        server = servers.get(key_of(entry, device) or "")
        if server is None or not server.groups or device.area_id:
            continue
        if groups and not any(group in groups for group in server.groups):
            # It is about to go.
            continue
        area = areas.async_get_area_by_name(server.groups[0])
        if area is None:
            if added == AREAS:
                continue
            added += 1
            area = areas.async_create(server.groups[0])
        devices.async_update_device(device.id, area_id=area.id)
