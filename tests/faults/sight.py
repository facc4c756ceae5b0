"""All that can be seen of the integration: states, ids, the log, statistics."""

from collections import defaultdict
from collections.abc import Mapping
import logging

import pytest

from custom_components.nezha.const import DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_STATE_CHANGED,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir

from .site import COUNTERS, SERVERS, Site

OF_THE_ENTRY = ("custom_components.nezha", "homeassistant.config_entries")
"""Who logs what becomes of an entry."""


class Sight:
    """What a user sees of an entry, beside what its dashboard knows."""

    def __init__(self, hass: HomeAssistant, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        """Look on from now on."""
        self.hass = hass
        self.site = site
        self.entry: ConfigEntry | None = None
        self._caplog = caplog
        self._read = 0
        self._counted: dict[str, list[tuple[float, str]]] = defaultdict(list)
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._count)

    def ids(self) -> tuple[dict[str, tuple[str, str, str | None]], dict[str, set[tuple[str, str]]]]:
        """Return what dashboards, automations and statistics refer to: entities by unique id, and devices."""
        assert self.entry
        devices = dr.async_entries_for_config_entry(dr.async_get(self.hass), self.entry.entry_id)
        entities = {
            entity.unique_id: (entity.id, entity.entity_id, entity.device_id)
            for entity in self._entities()
            if not self._is_of_other_task(entity)
        }
        return entities, {device.id: device.identifiers for device in devices}

    def entity_ids(self) -> dict[str, str]:
        """Return the entities' ids by their unique ids."""
        return {entity.unique_id: entity.entity_id for entity in self._entities()}

    def shown(self, key: str, number: int) -> str | None:
        """Return what is to be seen of a server."""
        assert self.entry
        identity = number if self.site.generation == "v0" else self.site.dashboard.servers[number].machine.uuid
        domain = "binary_sensor" if key == "online" else "sensor"
        unique_id = f"{self.entry.entry_id}_{identity}_{key}"
        entity_id = er.async_get(self.hass).async_get_entity_id(domain, DOMAIN, unique_id)
        state = self.hass.states.get(entity_id) if entity_id else None
        return state and state.state

    def is_updated(self, number: int) -> bool:
        """Whether a server shows what it measures now."""
        now = str(float(self.site.turn))
        return {self.shown(key, number) for key in ("load_1", *COUNTERS)} == {now}

    def is_updated_or_unknown(self, number: int) -> bool:
        """Whether a server shows what it measures now, or that it does not know."""
        now = str(float(self.site.turn))
        return {self.shown(key, number) for key in ("load_1", *COUNTERS)} <= {now, STATE_UNKNOWN}

    def all_shown(self) -> set[str]:
        """Return all that is to be seen, without repetitions, but whether the dashboard answers."""
        ids = self.entity_ids()
        return {state.state for state in self._states() if state.entity_id != ids.get("hub_dashboard")}

    def wrong(self) -> list[str]:
        """Return what is not as it is on a good day."""
        if self.entry is None or self.entry.state is not ConfigEntryState.LOADED:
            return [f"the entry is {self.entry and self.entry.state}"]
        stale = [
            f"{number} shows {[self.shown(key, number) for key in ('online', 'load_1', *COUNTERS)]}"
            for number in SERVERS
            if not self.is_updated(number) or self.shown("online", number) != STATE_ON
        ]
        unavailable = [
            entity.entity_id
            for entity in self._entities()
            if (state := self.hass.states.get(entity.entity_id))
            and state.state == STATE_UNAVAILABLE
            and not self._is_of_other_task(entity)
        ]
        return stale + unavailable + [issue for domain, issue in ir.async_get(self.hass).issues if domain == DOMAIN]

    def log(self) -> list[str]:
        """Return what the user was told since this was asked last; nothing in it may be a traceback."""
        records, self._read = self._caplog.records[self._read :], len(self._caplog.records)
        told = [record for record in records if _is_for_users(record)]
        assert [record.getMessage() for record in told if record.exc_info] == []
        return [f"{record.levelname}: {record.getMessage()}" for record in told]

    def listeners(self) -> Mapping[str, int]:
        """Return how many listen to each event, but for stores that have something to write before the end."""
        listeners = self.hass.bus.async_listeners()
        return {event: count for event, count in listeners.items() if event != EVENT_HOMEASSISTANT_FINAL_WRITE}

    def assert_statistics(self) -> None:
        """Assert that no counter ever fell, nor seemed to have begun anew."""
        assert self._counted
        for counted in self._counted.values():
            values = [value for value, _ in counted]
            assert values == sorted(values)
            assert len({reset for _, reset in counted}) == 1

    def _entities(self) -> list[er.RegistryEntry]:
        assert self.entry
        return er.async_entries_for_config_entry(er.async_get(self.hass), self.entry.entry_id)

    def _is_of_other_task(self, entity: er.RegistryEntry) -> bool:
        """Whether a button is that of a task which had another name: it refuses until the entry is set up anew."""
        name = entity.options.get(DOMAIN, {}).get("task")
        return name is not None and name not in {task.name for task in self.site.dashboard.tasks.values()}

    def _states(self) -> list[State]:
        states = (self.hass.states.get(entity.entity_id) for entity in self._entities())
        return [state for state in states if state]

    @callback
    def _count(self, event: Event) -> None:
        state = event.data["new_state"]
        if state and "last_reset" in state.attributes and state.state.replace(".", "").isdigit():
            self._counted[state.entity_id].append((float(state.state), state.attributes["last_reset"]))


def _is_for_users(record: logging.LogRecord) -> bool:
    """Whether it is a line of a log as that is set up by default, and not of the kind that any start has."""
    if record.name in ("homeassistant.loader", "aiohttp_fast_zlib"):
        return False
    return record.levelno >= (logging.INFO if record.name.startswith(OF_THE_ENTRY) else logging.WARNING)
