"""What an attack costs a home: how long its loop stands still, and what is registered, written and logged."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import gc
import logging
import time
from typing import Any
from unittest.mock import patch

from custom_components.nezha.const import DOMAIN
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.storage import Store

LONGEST_BLOCK = 0.1
"""Seconds for which the loop may stand still, less the search for garbage."""
ATTACKER = "attacker"
"""The name of tasks that are the attacker's own work, which is done by the same loop."""
_SERVING = "RequestHandler.start"
_clock = time.thread_time


@dataclass(slots=True)
class Harm:
    """What happened since a moment."""

    longest_block: float = 0
    """CPU seconds of the longest callback, which do not grow where the machine halts; the attacker's do not count."""
    longest: str = ""
    """What that was."""
    states: Counter[str] = field(default_factory=Counter)
    """How often each state was written."""
    stores: Counter[str] = field(default_factory=Counter)
    """How often each file was written."""
    updates: Counter[str] = field(default_factory=Counter)
    """How often the registries changed, by event."""

    def assert_nothing_blocked(self) -> None:
        """Nothing else had to wait for long."""
        assert self.longest_block < LONGEST_BLOCK, self.longest


@dataclass(frozen=True, slots=True)
class Registered:
    """How much stands in the registries, those entries included that are kept of what was deleted."""

    entities: int
    enabled: int
    devices: int
    areas: int


def registered(hass: HomeAssistant) -> Registered:
    """Count it."""
    entities, devices = er.async_get(hass), dr.async_get(hass)
    # Core 2026.10 has it under a name that only it may use.
    deleted = vars(devices).get("_deleted_devices", vars(devices).get("deleted_devices", ()))
    return Registered(
        entities=len(entities.entities) + len(entities.deleted_entities),
        enabled=sum(not each.disabled for each in entities.entities.values()),
        devices=len(devices.devices) + len(deleted),
        areas=len(ar.async_get(hass).areas),
    )


@contextmanager
def harm(hass: HomeAssistant) -> Iterator[Harm]:
    """Watch what is done to a home."""
    harm = Harm()

    @callback
    def on_state(event: Event[Any]) -> None:
        harm.states[event.data["entity_id"]] += 1

    @callback
    def on_update(event: Event[Any]) -> None:
        harm.updates[event.event_type] += 1

    removals: list[Callable[[], None]] = [
        hass.bus.async_listen(EVENT_STATE_CHANGED, on_state),
        hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, on_update),
        hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, on_update),
        hass.bus.async_listen(ar.EVENT_AREA_REGISTRY_UPDATED, on_update),
    ]
    write = Store._async_handle_write_data

    async def count(store: Store[Any], *args: Any) -> None:
        harm.stores[store.key] += 1
        await write(store, *args)

    with patch.object(Store, "_async_handle_write_data", count), _blocks(harm):
        yield harm
    for remove in removals:
        remove()


@contextmanager
def _blocks(harm: Harm) -> Iterator[None]:
    """Time each callback of the loop in CPU seconds of its thread."""
    run = asyncio.Handle._run
    garbage = _Garbage()

    def timed(handle: asyncio.Handle) -> None:
        began, searched = _clock(), garbage.seconds
        run(handle)
        seconds = _clock() - began - (garbage.seconds - searched)
        if seconds > harm.longest_block and not _is_attackers(handle):
            harm.longest_block, harm.longest = seconds, f"{seconds:.3f} s: {_task(handle) or handle}"

    gc.callbacks.append(garbage)
    # Timers have a class of their own, which inherits it.
    with patch.object(asyncio.Handle, "_run", timed):
        yield
    gc.callbacks.remove(garbage)


class _Garbage:
    """The seconds that the search for garbage took."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def __call__(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._began = _clock()
        else:
            self.seconds += _clock() - self._began


def _task(handle: asyncio.Handle) -> asyncio.Task[Any] | None:
    owner = getattr(handle._callback, "__self__", None)
    return owner if isinstance(owner, asyncio.Task) else None


def _is_attackers(handle: asyncio.Handle) -> bool:
    """Whether it is the simulated dashboard's work, which shares the loop."""
    task = _task(handle)
    if task is None:
        return False
    return task.get_name() == ATTACKER or getattr(task.get_coro(), "__qualname__", "") == _SERVING


def logged(records: list[logging.LogRecord], level: int = logging.WARNING) -> list[str]:
    """Return what the integration, or core about it, said since the records were cleared."""
    ours = (f"custom_components.{DOMAIN}", "homeassistant")
    return [record.getMessage() for record in records if record.levelno >= level and record.name.startswith(ours)]
