"""Runs a scheduled task of the dashboard now."""

from collections.abc import Mapping
from hashlib import sha256
import re
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
from .runtime.listeners import TaskOf

PARALLEL_UPDATES = 1

_KEY = re.compile(r"task_(\d+)(_[0-9a-f]{8})?")
_TASK_NAME = "task"
"""Where the entity registry remembers which task a button was made for."""


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a button for every task, where the credential may run tasks; those of tasks that are gone go."""
    coordinator = entry.runtime_data
    buttons = Buttons(coordinator)
    snapshot = coordinator.snapshot
    if snapshot and snapshot.tasks is not None and snapshot.runs_tasks is not None:
        buttons.remove_all_but(buttons.of_tasks())
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=buttons.of_tasks,
        describe=lambda task: (ButtonEntityDescription(key=buttons.key(task), translation_key="task"),),
        create=lambda coordinator, key, description: TaskButton(coordinator, buttons.of_tasks()[key], description),
    ).async_start()


class Buttons:
    """Which button a task has. It is bound to number and name: an automation must not run what has taken over a number."""

    def __init__(self, coordinator: NezhaCoordinator) -> None:
        """Look up what is registered."""
        self._coordinator = coordinator
        self._registry = er.async_get(coordinator.hass)
        self._tasks: Mapping[str, Task] | None = None
        self._by_key: Mapping[str, Task] = {}
        self._keys: dict[tuple[int, str], str] = {}
        for key, button in self._registered().items():
            options: Mapping[str, Any] = button.options.get(DOMAIN, {})
            if (found := _KEY.fullmatch(key)) and (name := options.get(_TASK_NAME)) is not None:
                self._keys[int(found[1]), name] = key

    def of_tasks(self) -> Mapping[str, Task]:
        """Return the tasks by the keys of their buttons, the same mapping while nothing changes."""
        if self._tasks is not self._coordinator.tasks:
            self._tasks = self._coordinator.tasks
            # Which task one without a name is cannot be said: it may be another one by now.
            self._by_key = {self.key(task): task for task in self._tasks.values() if task.name}
        return self._by_key

    def key(self, task: Task) -> str:
        """Return the key of a task's button: the number is enough, unless another task had it before."""
        if (key := self._keys.get((task.number, task.name))) is None:
            key = f"task_{task.number}"
            if key in self._keys.values():
                key = f"{key}_{sha256(task.name.encode(errors='replace')).hexdigest()[:8]}"
            self._keys[task.number, task.name] = key
        return key

    def remove_all_but(self, wanted: Mapping[str, Task]) -> None:
        """Remove the buttons of tasks that are gone, or are other ones by now."""
        for key, button in self._registered().items():
            if key not in wanted:
                self._registry.async_remove(button.entity_id)

    def _registered(self) -> dict[str, er.RegistryEntry]:
        """Return the registered buttons by their keys."""
        entry_id = self._coordinator.config_entry.entry_id
        entities = er.async_entries_for_config_entry(self._registry, entry_id)
        return {each.unique_id.removeprefix(f"{entry_id}_"): each for each in entities if each.domain == "button"}


class TaskButton(HubEntity[dict[str, Any]], ButtonEntity):
    """A task, with when it last ran and how that ended. It is unavailable where the number is another task's by now."""

    _unrecorded_attributes = frozenset({"last_run", "last_run_succeeded"})

    def __init__(self, coordinator: NezhaCoordinator, task: Task, description: ButtonEntityDescription) -> None:
        """Bind the button to its task."""
        super().__init__(coordinator, description, TaskOf(f"task_{task.number}"))
        self._number, self._name = task.number, task.name
        self._attr_translation_placeholders = {"task": task.name}

    @override
    def get_initial_entity_options(self) -> er.EntityOptionsType | None:
        """Return what the registry is to remember."""
        return {DOMAIN: {_TASK_NAME: self._name}}

    @property
    def task(self) -> Task | None:
        """The task, while the dashboard answers and lists it."""
        if not self.coordinator.last_update_success:
            return None
        task = self.coordinator.tasks.get(f"task_{self._number}")
        return task if task and task.name == self._name else None

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
            await self.coordinator.backend.run_task(self._number, self._name)
        except NezhaError as err:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key=err.reason) from err
        await self.coordinator.async_request_refresh()
