"""The sensors of a dashboard, its servers and its services."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..runtime.coordinator import NezhaConfigEntry
from .availability import add_availability
from .billing import add_billing_sensors
from .costs import add_cost_sensors
from .cycle import add_cycle_sensors
from .facts import add_facts
from .hub import add_hub_sensors
from .measurements import add_measurements
from .probes import add_probe_sensors
from .service import add_service_sensors
from .traffic import add_traffic

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the dashboard's sensors, and those of every server and service."""
    coordinator = entry.runtime_data
    add_hub_sensors(coordinator, async_add_entities)
    for add in (
        add_measurements,
        add_traffic,
        add_facts,
        add_availability,
        add_billing_sensors,
        add_cost_sensors,
        add_cycle_sensors,
        add_service_sensors,
        add_probe_sensors,
    ):
        await add(coordinator, async_add_entities)
