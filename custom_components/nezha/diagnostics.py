"""What a user can attach to a bug report: no credentials, no addresses."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_HEADERS, CONF_PASSWORD, CONF_TOKEN, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant

from .runtime.coordinator import NezhaConfigEntry, NezhaCoordinator

_TO_REDACT = {CONF_HEADERS, CONF_PASSWORD, CONF_TOKEN, CONF_URL, CONF_USERNAME, "ipv4", "ipv6", "public_note"}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: NezhaConfigEntry) -> dict[str, Any]:
    """Return what is known, as it is known. Of an entry that is not loaded that is its data alone."""
    diagnostics: dict[str, Any] = {
        "data": async_redact_data(dict(entry.data), _TO_REDACT),
        "options": dict(entry.options),
    }
    if hasattr(entry, "runtime_data"):
        diagnostics |= _describe(entry.runtime_data)
    return diagnostics


def _describe(coordinator: NezhaCoordinator) -> dict[str, Any]:
    """Return the newest answer, completed by what earlier ones said."""
    snapshot = coordinator.snapshot
    return {
        "last_update_success": coordinator.last_update_success,
        "last_error": type(coordinator.last_exception).__name__ if coordinator.last_exception else None,
        "dashboard_time": snapshot.now if snapshot else None,
        "omitted": list(snapshot.omitted) if snapshot else [],
        "groups": dict(Counter(group for known in coordinator.data.values() for group in known.server.groups)),
        "servers": {
            identity: async_redact_data(asdict(known), _TO_REDACT) for identity, known in coordinator.data.items()
        },
    }
