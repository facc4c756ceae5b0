"""What a user of v0 does without the integration: core's `rest`, with one template sensor a value.

The dashboard's answers are in random order, so that each template looks its server up by number. The values are as they
come, in the units that Home Assistant converts by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .dashboard import Remote

_TEMPERATURE = "temperature_"


@dataclass(frozen=True, slots=True)
class Value:
    """How a template reads a value from `s`, its server."""

    expression: str
    unit: str | None = None
    device_class: str | None = None
    state_class: str = "measurement"


def _percentage(expression: str) -> Value:
    return Value(expression, "%")


def _size(expression: str, state_class: str = "measurement") -> Value:
    return Value(expression, "B", "data_size", state_class)


_VALUES = {
    "cpu": _percentage("s.status.CPU"),
    "memory": _percentage("100 * s.status.MemUsed / s.host.MemTotal"),
    "swap": _percentage("100 * s.status.SwapUsed / s.host.SwapTotal"),
    "disk": _percentage("100 * s.status.DiskUsed / s.host.DiskTotal"),
    "gpu_0": _percentage("s.status.GPU"),
    "memory_used": _size("s.status.MemUsed"),
    "disk_used": _size("s.status.DiskUsed"),
    "net_in_transfer": _size("s.status.NetInTransfer", "total_increasing"),
    "net_out_transfer": _size("s.status.NetOutTransfer", "total_increasing"),
    "net_in_speed": Value("s.status.NetInSpeed", "B/s", "data_rate"),
    "net_out_speed": Value("s.status.NetOutSpeed", "B/s", "data_rate"),
    "load_1": Value("s.status.Load1"),
    "load_5": Value("s.status.Load5"),
    "load_15": Value("s.status.Load15"),
}
"""By the key of the integration's entity."""


def recipe(hass: HomeAssistant, entry: ConfigEntry, dashboard: Remote, interval: int) -> list[dict[str, Any]]:
    """Return a configuration with the measurements that the integration shows, no more and no less."""
    return [
        {
            "resource": f"{dashboard.url}/api/v1/server/details",
            "headers": {"Authorization": dashboard.token},
            "scan_interval": interval,
            "sensor": list(_sensors(hass, entry)),
        }
    ]


def _sensors(hass: HomeAssistant, entry: ConfigEntry) -> Iterator[dict[str, Any]]:
    for registered in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        number, _, key = registered.unique_id.removeprefix(f"{entry.entry_id}_").partition("_")
        state = hass.states.get(registered.entity_id)
        if state is None or state.state == STATE_UNAVAILABLE or not number.isdecimal() or not (value := _value(key)):
            continue
        sensor = {
            "name": f"rest {number} {key}",
            "unique_id": f"rest_{number}_{key}",
            "value_template": f"{{% set s = value_json.result | selectattr('id', 'eq', {number}) | first %}}"
            f"{{{{ {value.expression} }}}}",
            "unit_of_measurement": value.unit,
            "device_class": value.device_class,
            "state_class": value.state_class,
        }
        yield {name: setting for name, setting in sensor.items() if setting is not None}


def _value(key: str) -> Value | None:
    if key.startswith(_TEMPERATURE):
        name = key.removeprefix(_TEMPERATURE)
        found = f"(s.status.Temperatures | selectattr('Name', 'eq', '{name}') | first).Temperature"
        return Value(found, "°C", "temperature")
    return _VALUES.get(key)
