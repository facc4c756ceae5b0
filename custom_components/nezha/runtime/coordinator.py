"""Polls one dashboard, follows its frames, and keeps what its servers are known by."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
import logging
import time
from typing import Any, NamedTuple, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_SCAN_INTERVAL
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from ..api import (
    AuthenticationError,
    Backend,
    BlockedError,
    Dashboard,
    Frame,
    Kind,
    NezhaError,
    ProtocolError,
    Service,
    Snapshot,
    Task,
    TrafficCycle,
    UnreachableError,
)
from ..const import (
    CONF_GENERATION,
    CONF_GROUPS,
    CONF_METRICS_INTERVAL,
    CONF_OFFLINE_AFTER,
    CONF_REJECTED,
    DEFAULT_METRICS_INTERVAL,
    DEFAULT_OFFLINE_AFTER,
    DEFAULT_SCAN_INTERVAL,
    DOMAIN,
)
from ..fleet import Fleet, KnownServer
from ..repairs import BlockedIssue
from .budget import EntityBudget
from .devices import SERVICE_PREFIX, Devices
from .listeners import FactsOf, Listeners, Topic

type NezhaConfigEntry = ConfigEntry[NezhaCoordinator]

_LOGGER = logging.getLogger(__name__)
_STORE_VERSION = 1
_STORE_DELAY = 60
_LOG_PAUSE = 3600
"""Seconds for which a server that keeps going offline is not logged again."""


def memory_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, dict[str, Any]]]:
    """Return where an entry's memory of its servers is kept."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}")


class _Told(NamedTuple):
    """What the entities were told last. Of the first two, those of all servers show something."""

    success: bool
    cycles: Mapping[int, TrafficCycle]
    servers: Mapping[str, KnownServer]


class NezhaCoordinator(DataUpdateCoordinator[Mapping[str, KnownServer]]):
    """The known servers of one dashboard by identity: those of the chosen groups, as far as they are published.

    Where the dashboard sends frames, who is online is published at once, and measurements at their own pace: the recorder
    need not keep every two seconds.
    """

    config_entry: NezhaConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: NezhaConfigEntry,
        backend: Backend,
        identify: Callable[[], Awaitable[Dashboard]],
    ) -> None:
        """Prepare; nothing is asked yet. `identify` tells which generation answers, without a credential."""
        self._scan_interval: int = entry.options.get(CONF_SCAN_INTERVAL, DEFAULT_SCAN_INTERVAL)
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=DOMAIN,
            update_interval=timedelta(seconds=self._scan_interval),
        )
        self.devices = Devices(hass, entry)
        self.budget = EntityBudget(hass, entry)
        self.snapshot: Snapshot | None = None
        self.services: Mapping[str, Service] = {}
        """The services by the key of their device."""
        self.tasks: Mapping[str, Task] = {}
        """The tasks that may be run, by the key of their button."""
        self.counted: Mapping[str, list[TrafficCycle]] = {}
        """The traffic cycles that count a server, by its identity."""
        self.backend = backend
        self._changes = Listeners(hass, entry)
        self._told = _Told(True, {}, {})
        self._last_reason: str | None = None
        self._frame: Frame | None = None
        """The newest, while frames arrive."""
        self._identify = identify
        self._store = memory_store(hass, entry.entry_id)
        self._fleet = self._new_fleet({})
        self._blocked = BlockedIssue(hass, entry)
        self._metrics_interval: int = entry.options.get(CONF_METRICS_INTERVAL, DEFAULT_METRICS_INTERVAL)
        self._published_at = 0.0
        self._asked_for: set[int] = set()
        self._save_planned = False
        self._logged_offline: dict[str, float] = {}
        self._logged_omitted: set[str] = set()
        self._logged_unreadable: set[tuple[Kind, int | None]] = set()
        self._logged_notes: set[str] = set()

    @callback
    @override
    def async_add_listener(self, update_callback: CALLBACK_TYPE, context: Topic | None = None) -> CALLBACK_TYPE:
        """Call back whenever something changes of what the context says; without one, at each update."""
        if not self._changes:
            # Polling goes on while core knows of a listener: one of its kind stands for all of ours.
            self._changes.on_last_removed = super().async_add_listener(self.async_update_listeners)
        return self._changes.add(update_callback, context)

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Call those that something changed for."""
        servers = self.data or {}
        told, self._told = self._told, _Told(self.last_update_success, self.cycles, servers)
        self._changes.tell(_news(told.servers, servers, everyone=told[:2] != self._told[:2]))

    @property
    def reason(self) -> str | None:
        """Why the dashboard is unavailable: a key of `exceptions` in the translations."""
        if self.last_update_success:
            return None
        return getattr(self.last_exception, "translation_key", None) or UnreachableError.reason

    @callback
    @override
    def _async_refresh_finished(self) -> None:
        """Notify those who look at everything where a failure has another reason than the one before: core does not."""
        before, self._last_reason = self._last_reason, self.reason
        if before is not None and self.reason is not None and before != self.reason:
            self._changes.tell(())

    @property
    def live(self) -> bool:
        """Whether frames arrive."""
        return self._frame is not None

    @property
    def pace(self) -> int:
        """The seconds between two measurements that are published."""
        return self._metrics_interval if self.live else self._scan_interval

    @property
    def groups(self) -> list[str]:
        """All groups on the dashboard, the chosen ones or not."""
        servers = self.snapshot.servers.values() if self.snapshot else ()
        return sorted({group for server in servers for group in server.groups})

    @property
    def cycles(self) -> Mapping[int, TrafficCycle]:
        """The traffic cycles by their rule's number."""
        return (self.snapshot and self.snapshot.cycles) or {}

    def dump(self) -> dict[str, dict[str, Any]]:
        """Return the memory of all servers."""
        return self._fleet.dump()

    async def async_save(self) -> None:
        """Write the memory now."""
        self._save_planned = False
        await self._store.async_save(self.dump())

    def _plan_save(self) -> None:
        """Write the memory within a minute. The store alone would put that off with every answer, for ever."""

        def dump() -> dict[str, dict[str, Any]]:
            self._save_planned = False
            return self.dump()

        if not self._save_planned:
            self._save_planned = True
            self._store.async_delay_save(dump, _STORE_DELAY)

    def _new_fleet(self, memories: Mapping[str, Mapping[str, Any]]) -> Fleet:
        return Fleet(self.config_entry.options.get(CONF_OFFLINE_AFTER, DEFAULT_OFFLINE_AFTER), memories)

    @callback
    def async_follow(self) -> None:
        """Follow the dashboard's frames, if it sends any, until the entry is unloaded."""
        if (frames := self.backend.frames()) is not None:
            self.config_entry.async_create_background_task(
                self.hass, self._follow(frames), f"{DOMAIN} frames of {self.config_entry.title}"
            )

    @override
    async def _async_setup(self) -> None:
        self._fleet = self._new_fleet(await self._store.async_load() or {})

    @override
    async def _async_update_data(self) -> Mapping[str, KnownServer]:
        if CONF_REJECTED in self.config_entry.data:
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="rejected")
        try:
            snapshot = await self.backend.snapshot()
        except AuthenticationError as err:
            self._reject()
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key=err.reason) from _bare(err)
        except BlockedError as err:
            raise UpdateFailed(
                translation_domain=DOMAIN, translation_key=err.reason, retry_after=self._blocked.pause()
            ) from _bare(err)
        except NezhaError as err:
            _LOGGER.debug("No answer to use: %s", err, exc_info=True)
            if self.live and isinstance(err, UnreachableError):
                # The frames tell that the dashboard is there. Should it go, they cease, and it is asked at once.
                return self._publishable()
            if isinstance(err, ProtocolError):
                await self._look_for_upgrade()
            raise UpdateFailed(translation_domain=DOMAIN, translation_key=err.reason) from _bare(err)
        self._blocked.end()
        if not self.last_update_success:
            # Where a dashboard restarts, it may have been upgraded.
            await self._look_for_upgrade()
        await self._take_in(snapshot)
        return self._publishable()

    def _reject(self) -> None:
        """Mark the credential, so that not even a restart sends it again."""
        self.hass.config_entries.async_update_entry(
            self.config_entry, data={**self.config_entry.data, CONF_REJECTED: True}
        )

    async def _look_for_upgrade(self) -> None:
        """Set up anew where another generation answers since."""
        try:
            dashboard = await self._identify()
        except NezhaError:
            return
        if dashboard.generation != self.config_entry.data[CONF_GENERATION]:
            self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)

    async def _take_in(self, snapshot: Snapshot) -> None:
        """Remember an answer, on disk too, and bring the devices in line with it."""
        # Decoding a thousand servers took its time: let the loop have a turn before they are compared.
        await asyncio.sleep(0)
        earlier = self._fleet.servers
        booted = self._fleet.update(
            snapshot,
            self.config_entry.options.get(CONF_GROUPS) or None,
            after_outage=not self.last_update_success,
        )
        if self._fleet.servers is not earlier or snapshot.cycles is not (self.snapshot and self.snapshot.cycles):
            self.counted = _counted(snapshot.cycles or {}, self._fleet.servers)
        self.snapshot = snapshot
        self.services = {f"{SERVICE_PREFIX}{number}": service for number, service in (snapshot.services or {}).items()}
        if snapshot.tasks is not None and snapshot.runs_tasks is not None:
            tasks = snapshot.tasks if snapshot.runs_tasks else {}
            self.tasks = {f"task_{number}": task for number, task in tasks.items()}
        await self._keep(booted=booted)
        await self.devices.update(self._fleet.servers, self.services, snapshot)
        self._log_offline(earlier)
        self._log_unread(snapshot)

    async def _keep(self, *, booted: bool) -> None:
        """Write the memory: soon, or before anything is published where a boot was accepted.

        Were a boot lost in a crash, it would be reported again with another second, and the statistics would take that for
        one more reboot and count the traffic twice.
        """
        if booted:
            await self.async_save()
        else:
            self._plan_save()

    async def _follow(self, frames: AsyncGenerator[Frame | None]) -> None:
        """Take in frames while there are any; ask the dashboard at once where they cease, and where they begin again."""
        connected = False
        try:
            async with aclosing(frames):
                async for frame in frames:
                    was_connected, connected = connected, frame is not None
                    if frame and self.last_update_success:
                        await self._take_frame(frame)
                        continue
                    self._frame = None
                    if connected != was_connected:
                        await self.async_request_refresh()
        except AuthenticationError:
            self._reject()
            self.config_entry.async_start_reauth(self.hass)

    async def _take_frame(self, frame: Frame) -> None:
        """Remember a frame, and publish what is due."""
        self._frame = frame
        earlier = self._fleet.servers
        await self._keep(booted=self._fleet.follow(frame))
        if self._is_due():
            published = self._publishable()
        else:
            published = {
                **self.data,
                **{
                    identity: known
                    for identity, known in self._fleet.servers.items()
                    if _is_news(known, self.data.get(identity))
                },
            }
        if published != self.data:
            self.data = published
            self.async_update_listeners()
        self._log_offline(earlier)
        if self.snapshot:
            await self._ask_for(frame.reports.keys() - {server.number for server in self.snapshot.servers.values()})

    async def _ask_for(self, unknown: set[int]) -> None:
        """Ask for the list once where a frame has servers that it had not: new ones, or those of other users."""
        if unknown - self._asked_for:
            self._asked_for |= unknown
            await self.async_request_refresh()

    def _is_due(self) -> bool:
        return time.monotonic() - self._published_at >= self._metrics_interval

    def _publishable(self) -> Mapping[str, KnownServer]:
        """Return what is to be seen now: all that is known, but for measurements that are not due yet."""
        if not self.live or self._is_due():
            self._published_at = time.monotonic()
            return self._fleet.servers
        held = dict(self._fleet.servers)
        for identity, seen in self.data.items():
            if (known := held.get(identity)) and known is not seen and not _is_news(known, seen):
                held[identity] = replace(known, state=seen.state, report=seen.report)
        return held

    def _log_offline(self, earlier: Mapping[str, KnownServer]) -> None:
        """Name servers that went offline, each once an hour at most."""
        now = time.monotonic()
        gone = [
            known.server
            for identity, known in self._fleet.servers.items()
            if not known.online
            and identity in earlier
            and earlier[identity].online
            and now - self._logged_offline.get(identity, -_LOG_PAUSE) >= _LOG_PAUSE
        ]
        if gone:
            self._logged_offline |= dict.fromkeys((server.identity for server in gone), now)
            _LOGGER.info(
                "Servers went offline: %s (each is named once an hour at most)",
                ", ".join(f"{server.name} ({server.number})" for server in gone),
            )

    def _log_unread(self, snapshot: Snapshot) -> None:
        """Name what of an answer cannot be read, each part once."""
        unknown = set(snapshot.omitted) - self._logged_omitted
        fresh = [each for each in snapshot.unreadable if (each.kind, each.number) not in self._logged_unreadable]
        if unknown or fresh:
            self._logged_omitted |= unknown
            self._logged_unreadable |= {(each.kind, each.number) for each in fresh}
            _LOGGER.warning("Left out of the dashboard's answer: %s", "; ".join([*sorted(unknown), *map(str, fresh)]))
        for server in snapshot.servers.values():
            if server.public_note.malformed and server.identity not in self._logged_notes:
                self._logged_notes.add(server.identity)
                _LOGGER.debug(
                    "In the public note of server %s not understood: %s",
                    server.number,
                    ", ".join(server.public_note.malformed),
                )


def _bare(error: NezhaError) -> NezhaError:
    """Return an error without its frames: core keeps the newest, and they would keep the answers that it was about."""
    link: BaseException | None = error
    while link:
        link.__traceback__ = None
        link = link.__context__
    return error


def _counted(
    cycles: Mapping[int, TrafficCycle], servers: Mapping[str, KnownServer]
) -> Mapping[str, list[TrafficCycle]]:
    """Return the cycles that count each server."""
    numbers = {number for cycle in cycles.values() for number in cycle.used}
    return {
        identity: [cycle for cycle in cycles.values() if known.server.number in cycle.used]
        for identity, known in servers.items()
        if known.server.number in numbers
    }


def _news(before: Mapping[str, KnownServer], after: Mapping[str, KnownServer], *, everyone: bool) -> Iterator[Topic]:
    """Give the servers that came, went, or are other objects than before, and the facts that changed; or all."""
    if before is after and not everyone:
        return
    for identity in before.keys() | after.keys():
        old, new = before.get(identity), after.get(identity)
        if everyone or old is not new:
            yield identity
            if everyone or old is None or new is None or old.facts != new.facts:
                yield FactsOf(identity)


def _is_news(known: KnownServer, seen: KnownServer | None) -> bool:
    """Whether a server has to be seen at once: it came, went online or offline, or booted."""
    return seen is None or seen.online != known.online or seen.memory.last_reset != known.memory.last_reset
