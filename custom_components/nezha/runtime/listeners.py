"""Notifies listeners of changes: each only of its own topic, and never so many at once that the loop stands still."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .limits import TOPICS_AT_ONCE

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FactsOf:
    """What of a server does not change with each of its reports."""

    identity: str


@dataclass(frozen=True, slots=True)
class CyclesOf:
    """The traffic cycles that count a server."""

    identity: str


@dataclass(frozen=True, slots=True)
class ServiceOf:
    """A probed service."""

    key: str


@dataclass(frozen=True, slots=True)
class TaskOf:
    """A task that may be run."""

    key: str


@dataclass(frozen=True, slots=True)
class AgentOf:
    """What of the agent of a server depends on others: which version is the newest, and whether it may be updated."""

    identity: str


@dataclass(frozen=True, slots=True)
class LatencyOf:
    """What a server probed."""

    identity: str


@dataclass(frozen=True, slots=True)
class AlertOf:
    """An alert rule, or whether a service notifies."""

    key: str


type Topic = str | FactsOf | CyclesOf | ServiceOf | TaskOf | AgentOf | LatencyOf | AlertOf
"""A server by its identity, whatever changes of it; or one of the others."""


def _do_nothing() -> None:
    """Do nothing."""


class Listeners:
    """The listeners of one coordinator, by what they listen to; `None` is everything."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Know nobody yet."""
        self.on_last_removed: CALLBACK_TYPE = _do_nothing
        self._hass = hass
        self._entry = entry
        self._listeners: dict[Topic | None, dict[int, CALLBACK_TYPE]] = {}
        self._numbers = count()
        self._waiting: dict[Topic, None] = {}
        self._task: asyncio.Task[None] | None = None

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._listeners)

    @callback
    def add(self, listener: CALLBACK_TYPE, topic: Topic | None) -> CALLBACK_TYPE:
        """Add a listener; return how to remove it."""
        number = next(self._numbers)
        self._listeners.setdefault(topic, {})[number] = listener
        # Thousands of these are kept, and a partial is made of fewer objects than a closure.
        return partial(self._remove, topic, number)

    @callback
    def _remove(self, topic: Topic | None, number: int) -> None:
        listeners = self._listeners[topic]
        del listeners[number]
        if not listeners:
            del self._listeners[topic]
        if not self._listeners:
            self.on_last_removed()

    @callback
    def notify(self, topics: Iterable[Topic]) -> None:
        """Call those who listen to everything, and then those of some topics, the first batch of them at once."""
        self._call(None)
        self._waiting |= dict.fromkeys(topic for topic in topics if topic in self._listeners)
        if self._waiting and (self._task is None or self._task.done()):
            self._task = self._entry.async_create_task(self._hass, self._notify_waiting(), "notify entities")

    async def _notify_waiting(self) -> None:
        while True:
            for topic in list(islice(self._waiting, TOPICS_AT_ONCE)):
                del self._waiting[topic]
                self._call(topic)
            if not self._waiting:
                return
            await asyncio.sleep(0)

    def _call(self, topic: Topic | None) -> None:
        for listener in list(self._listeners.get(topic, {}).values()):
            try:
                listener()
            except Exception:
                # One that fails must not keep the others from being notified.
                _LOGGER.exception("Unexpected error notifying a listener of %s on %s", topic, self._entry.title)
