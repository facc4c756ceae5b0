"""Runs a scheduled task of the dashboard now."""

from typing import Any, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import NezhaError, Task
from .const import DOMAIN
from .entity import UNAVAILABLE, EntityAdder, HubEntity, Unavailable
from .runtime.coordinator import NezhaConfigEntry, NezhaCoordinator

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a button for every task, where the credential may run tasks; those of tasks that are gone go."""
    coordinator = entry.runtime_data
    registry = er.async_get(hass)
    snapshot = coordinator.snapshot
    if snapshot and snapshot.tasks is not None and snapshot.runs_tasks is not None:
        ids = {f"{entry.entry_id}_{key}" for key in coordinator.tasks}
        for button in er.async_entries_for_config_entry(registry, entry.entry_id):
            if button.domain == "button" and button.unique_id not in ids:
                registry.async_remove(button.entity_id)
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.tasks,
        describe=lambda task: (ButtonEntityDescription(key=f"task_{task.number}", translation_key="task"),),
        create=TaskButton,
    ).async_start()


class TaskButton(HubEntity[dict[str, Any]], ButtonEntity):
    """A task, with when it last ran and how that ended."""

    _unrecorded_attributes = frozenset({"last_run", "last_run_succeeded"})

    def __init__(self, coordinator: NezhaCoordinator, key: str, description: ButtonEntityDescription) -> None:
        """Name the task."""
        super().__init__(coordinator, description)
        task = coordinator.tasks[key]
        self._key = key
        self._number = task.number
        self._follow_name()

    @property
    def task(self) -> Task | None:
        """The task, while the dashboard can be had and lists it."""
        return self.coordinator.tasks.get(self._key) if self.coordinator.last_update_success else None

    @override
    def _read_placeholders(self) -> dict[str, str] | None:
        return {"task": task.name} if (task := self.task) else None

    @override
    def _read(self) -> dict[str, Any] | Unavailable:
        if (task := self.task) is None:
            return UNAVAILABLE
        return {
            "last_run": task.last_run.isoformat() if task.last_run else None,
            "last_run_succeeded": task.last_result if task.last_run else None,
        }

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return when the task last ran, and whether it succeeded."""
        return self.shown

    @override
    async def async_press(self) -> None:
        """Run the task."""
        try:
            await self.coordinator.backend.run_task(self._number)
        except NezhaError as err:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key=err.reason) from err
        await self.coordinator.async_request_refresh()
