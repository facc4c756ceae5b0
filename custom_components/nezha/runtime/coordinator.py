"""Polls one dashboard, takes in its frames, and publishes what is known of its servers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
import logging
import time
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_SCAN_INTERVAL
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from ..api import (
    AlertKind,
    AuthenticationError,
    Backend,
    BlockedError,
    Dashboard,
    Frame,
    MissingScopeError,
    NezhaError,
    ProtocolError,
    Service,
    SessionRefusedError,
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
    CONF_PUBLISHED_AGENT,
    CONF_REJECTED,
    DEFAULT_METRICS_INTERVAL,
    DEFAULT_OFFLINE_AFTER,
    DEFAULT_SCAN_INTERVAL,
    DOMAIN,
)
from ..fleet import UNGROUPED, Fleet, KnownServer, NewestVersion, elapsed
from ..repairs import create_groups_gone_issue, delete_groups_gone_issue
from . import limits
from .admission import Admission
from .agents import PublishedRelease, published_release
from .alerts import Alerts
from .block import block_of
from .budget import EntityBudget
from .devices import SERVICE_PREFIX, Devices
from .latency import LatencyPoller
from .listeners import Listeners, Topic
from .live import LiveFollower, LiveState
from .log import DashboardLog
from .publisher import Published, Publisher, changed_topics
from .store import MemoryStore

type NezhaConfigEntry = ConfigEntry[NezhaCoordinator]

_LOGGER = logging.getLogger(__name__)
_REFUSALS = (AuthenticationError, MissingScopeError, SessionRefusedError)


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
        self._metrics_interval: int = entry.options.get(CONF_METRICS_INTERVAL, DEFAULT_METRICS_INTERVAL)
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=timedelta(seconds=self._scan_interval),
        )
        self.backend = backend
        self.devices = Devices(hass, entry)
        self.budget = EntityBudget(hass, entry)
        self.admission = Admission(hass, entry)
        self.snapshot: Snapshot | None = None
        self.services: Mapping[str, Service] = {}
        """The services by the key of their device."""
        self.tasks: Mapping[str, Task] = {}
        """The tasks that may be run, by the key of their button."""
        self.alert_rules = Alerts(backend, AlertKind.RULE)
        self.service_alerts = Alerts(backend, AlertKind.SERVICE)
        self.updates_agents = False
        """Whether the credential may have agents update themselves, as far as an answer said so."""
        self._newest_version = NewestVersion()
        self._newest_of_fleet: str | None = None
        asks_release = entry.options.get(CONF_PUBLISHED_AGENT, False)
        self._published_release = published_release(hass) if asks_release else None
        self.counted: Mapping[str, list[TrafficCycle]] = {}
        """The traffic cycles that count a server, by its identity."""
        self.clock_ahead = 0
        """Seconds by which the dashboard's clock was ahead of Home Assistant's when it answered last."""
        self.is_importing = False
        """Whether history is being imported."""
        self.latencies = LatencyPoller(self)
        self._last_reason: str | None = None
        self._identify = identify
        self._block = block_of(hass, entry)
        self._log = DashboardLog(entry)
        self._follower = LiveFollower(backend, self._block, self._log, self)
        self._publisher = Publisher(self._metrics_interval)
        self._published = Published()
        self._topic_listeners = Listeners(hass, entry)
        self._store = MemoryStore(hass, entry.entry_id)
        self._fleet = self._new_fleet({})
        self._listed: frozenset[int] = frozenset()
        """The numbers of the newest list."""
        self._asked_for: set[int] = set()
        """Numbers that a frame had and no list, as far as it was asked for because of them."""
        self._excused_since: float | None = None
        """When the list could not be fetched for the first time, while frames stand in for it."""

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
            self._topic_listeners.notify(())

    @property
    def live(self) -> bool:
        """Whether frames arrive."""
        return self.live_state is LiveState.LIVE

    @property
    def live_state(self) -> LiveState:
        """Where live data comes from."""
        return self._follower.state

    @property
    def pace(self) -> int:
        """The seconds between two measurements that are published."""
        return self._metrics_interval if self.live else self._scan_interval

    @property
    def newest_agent(self) -> str | None:
        """The newest version of the agent: the published one where it is known, otherwise that of the fleet."""
        return (self._published_release and self._published_release.version) or self._newest_of_fleet

    @property
    def groups(self) -> list[str]:
        """All groups on the dashboard, the chosen ones or not."""
        servers = self.snapshot.servers.values() if self.snapshot else ()
        return sorted({group for server in servers for group in server.groups})

    @property
    def cycles(self) -> Mapping[int, TrafficCycle]:
        """The traffic cycles by their rule's number."""
        return (self.snapshot and self.snapshot.cycles) or {}

    @callback
    @override
    def async_add_listener(self, update_callback: CALLBACK_TYPE, context: Topic | None = None) -> CALLBACK_TYPE:
        """Call back whenever something changes of what the context says; without one, at each update."""
        if not self._topic_listeners:
            # Polling goes on while core knows of a listener: one of its kind stands for all of ours.
            self._topic_listeners.on_last_removed = super().async_add_listener(self.async_update_listeners)
        return self._topic_listeners.add(update_callback, context)

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Call those that something changed for."""
        before, self._published = (
            self._published,
            Published(
                success=self.last_update_success,
                servers=self.data or {},
                cycles=self.counted,
                services=self.services,
                tasks=self.tasks,
                alert_rules=self.alert_rules.by_key,
                service_alerts=self.service_alerts.by_key,
                agents=(self.newest_agent, self.updates_agents),
            ),
        )
        self._topic_listeners.notify(changed_topics(before, self._published))

    @callback
    def async_follow(self) -> None:
        """Follow the dashboard's frames, if it sends any, and the latencies that are chosen, until the entry is unloaded."""
        self.config_entry.async_create_background_task(
            self.hass, self._follower.run(), f"{DOMAIN} frames of {self.config_entry.title}"
        )
        self.latencies.async_start()

    @callback
    def notify(self, topic: Topic) -> None:
        """Call those that listen to one topic, as something else than the list changed it."""
        self._topic_listeners.notify((topic,))

    @override
    async def async_shutdown(self) -> None:
        """Poll no more, write what has to be remembered, and nothing after that."""
        await super().async_shutdown()
        await self._store.close()

    def dump(self) -> dict[str, Any]:
        """Return the memory of all servers."""
        return self._fleet.dump()

    async def ask[AnswerT](self, question: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        """Ask something beside the list, as politely: not while the dashboard blocks us, nor with a rejected credential.

        Raises what was asked for does, and `BlockedError`.
        """
        if self._block.remaining:
            raise BlockedError("left alone")
        try:
            return await question()
        except AuthenticationError:
            self.reject_credential()
            raise
        except BlockedError:
            self._block.begin()
            raise

    def availability(self, identity: str, window: int) -> float | None:
        """Return for what part of the last `window` seconds a server was online, in percent, as far as anybody looked."""
        return self._fleet.availability(identity, window)

    def _new_fleet(self, memories: Mapping[str, Any]) -> Fleet:
        return Fleet(self.config_entry.options.get(CONF_OFFLINE_AFTER, DEFAULT_OFFLINE_AFTER), memories)

    @override
    async def _async_setup(self) -> None:
        self._fleet = self._new_fleet(await self._store.load())

    @override
    async def _async_update_data(self) -> Mapping[str, KnownServer]:
        # Whoever asked for it, it is a task of the entry, and ends with that: an answer that comes later is nobody's.
        return await self.config_entry.async_create_background_task(
            self.hass, self._poll(), f"{DOMAIN} poll of {self.config_entry.title}"
        )

    async def _poll(self) -> Mapping[str, KnownServer]:
        if CONF_REJECTED in self.config_entry.data:
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="rejected")
        if (snapshot := await self._fetch()) is None:
            return self._publisher.of_list(self._fleet.servers, self.data)
        if not self.last_update_success:
            # Where a dashboard restarts, it may have been upgraded.
            await self._look_for_upgrade()
        is_first = self.snapshot is None
        await self._take_in(snapshot)
        if is_first and self._fleet.is_clock_doubtful:
            # Nothing is shown yet: who reports meanwhile tells silence from the clock of a proxy that is ahead.
            await asyncio.sleep(limits.SECOND_LOOK)
            if (snapshot := await self._fetch()) is not None:
                await self._take_in(snapshot)
        if self.live and self.last_update_success and self.data is not None:
            return self._publisher.of_list(self._fleet.servers, self.data)
        return self._publisher.all_of(self._fleet.servers)

    async def _fetch(self) -> Snapshot | None:
        """Return the list; `None` where it cannot be fetched, and frames stand in for it.

        Raises `ConfigEntryAuthFailed` and `UpdateFailed`.
        """
        try:
            snapshot = await self._ask()
            await self._look_for_rights()
        except AuthenticationError as err:
            self._mark_rejected()
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key=err.reason) from _bare(err)
        except NezhaError as err:
            _LOGGER.debug("No list of %s: %s", self.config_entry.title, err, exc_info=True)
            if self._is_excused():
                self._log.list_excused(err)
                return None
            raise UpdateFailed(
                translation_domain=DOMAIN, translation_key=err.reason, retry_after=self._block.remaining or None
            ) from _bare(err)
        self._excused_since = None
        self._block.end()
        return snapshot

    async def _ask(self) -> Snapshot:
        """Fetch the list; what fails is repeated before anything becomes unavailable for it."""
        failed_at: float | None = None
        for pause in (*limits.RETRY_PAUSES, None):
            if self._block.remaining:
                break
            asked_at = elapsed()
            try:
                return replace(await self.backend.snapshot(), asked_at=asked_at)
            except BlockedError:
                self._block.begin()
                raise
            except NezhaError as err:
                now = time.monotonic()
                is_late = failed_at is not None and now - failed_at >= sum(limits.RETRY_PAUSES)
                # Another generation would not know what to do with this credential: it is not sent there again.
                is_replaced = isinstance(err, ProtocolError) and not self.live and await self._look_for_upgrade()
                if is_replaced or pause is None or is_late or not self._may_repeat(err):
                    raise
                failed_at = now if failed_at is None else failed_at
                _LOGGER.debug("%s is asked again: %s", self.config_entry.title, err)
            await asyncio.sleep(pause)
        raise BlockedError("left alone")

    async def _look_for_rights(self) -> None:
        """Learn what the credential may do beside reading. Raises `AuthenticationError` and `BlockedError`."""
        try:
            may_update = await self.backend.may_update_agents()
            await self.alert_rules.look()
            await self.service_alerts.look()
        except BlockedError:
            self._block.begin()
            raise
        if may_update is not None:
            self.updates_agents = may_update

    def _may_repeat(self, err: NezhaError) -> bool:
        """Whether a poll that failed may be repeated.

        Not what the dashboard refused, nor where nothing is available that could stay so, or frames keep it so in any case.
        """
        return not isinstance(err, _REFUSALS) and self.data is not None and self.last_update_success and not self.live

    def _is_excused(self) -> bool:
        """Whether frames stand in for a list that cannot be fetched: not for ever."""
        if not self.live or not self.last_update_success or self.data is None:
            return False
        now = time.monotonic()
        self._excused_since = now if self._excused_since is None else self._excused_since
        return now - self._excused_since < limits.LIST_EXCUSED_FOR

    def _mark_rejected(self) -> None:
        """Mark the credential, so that not even a restart sends it again."""
        self.hass.config_entries.async_update_entry(
            self.config_entry, data={**self.config_entry.data, CONF_REJECTED: True}
        )

    async def _look_for_upgrade(self) -> bool:
        """Set up anew where another generation answers since; return whether it does."""
        try:
            dashboard = await self._identify()
        except NezhaError:
            return False
        if dashboard.generation == self.config_entry.data[CONF_GENERATION]:
            return False
        self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)
        return True

    async def _take_in(self, snapshot: Snapshot) -> None:
        """Remember an answer, on disk too, and bring the devices in line with it."""
        # Decoding a thousand servers took its time: let the loop have a turn before they are compared.
        await asyncio.sleep(0)
        self._listed = frozenset(server.number for server in snapshot.servers.values())
        snapshot = self.admission.filter(snapshot, self.devices.keys())
        earlier = self._fleet.servers
        booted = self._fleet.update(
            snapshot,
            self.config_entry.options.get(CONF_GROUPS) or None,
            after_outage=not self.last_update_success,
        )
        self.clock_ahead = (self._fleet.now or 0) - int(time.time())
        if self._fleet.servers is not earlier or snapshot.cycles is not (self.snapshot and self.snapshot.cycles):
            self.counted = _counted(snapshot.cycles or {}, self._fleet.servers)
        self.snapshot = snapshot
        self.services = {f"{SERVICE_PREFIX}{number}": service for number, service in (snapshot.services or {}).items()}
        if snapshot.tasks is not None and snapshot.runs_tasks is not None:
            tasks = snapshot.tasks if snapshot.runs_tasks else {}
            self.tasks = {f"task_{number}": task for number, task in tasks.items()}
        self._look_for_agents()
        await self._remember(booted=booted)
        await self.devices.update(self._fleet.servers, self.services, snapshot)
        self._log.servers_offline(earlier, self._fleet.servers)
        self._log.unreadable(snapshot)
        self._look_for_groups(snapshot)

    def _look_for_agents(self) -> None:
        """Find out which version of the agent is the newest; the published release is looked up beside the poll."""
        versions = {identity: known.host.agent_version for identity, known in self._fleet.servers.items() if known.host}
        self._newest_of_fleet = self._newest_version.update(versions, time.monotonic())
        if self._published_release and self._published_release.is_due:
            self.config_entry.async_create_background_task(
                self.hass, self._look_up_release(self._published_release), f"{DOMAIN} release of the agent"
            )

    async def _look_up_release(self, release: PublishedRelease) -> None:
        await release.look_up()
        self.async_update_listeners()

    def _look_for_groups(self, snapshot: Snapshot) -> None:
        """Tell where a group that the user chose has no server any more: it may have been renamed on the dashboard."""
        if not (snapshot.groups_known and snapshot.complete and snapshot.servers):
            return
        chosen: list[str] = self.config_entry.options.get(CONF_GROUPS) or []
        if gone := set(chosen) - set(self.groups) - {UNGROUPED}:
            create_groups_gone_issue(self.hass, self.config_entry, gone)
        else:
            delete_groups_gone_issue(self.hass, self.config_entry)

    async def _remember(self, *, booted: bool) -> None:
        """Write the memory: soon, or before anything is published where a boot was accepted.

        Were a boot lost in a crash, it would be reported again with another second, and the statistics would take that for
        one more reboot and count the traffic twice.
        """
        if booted:
            await self._store.save(self.dump())
        else:
            self._store.plan(self.dump)

    async def take_frame(self, frame: Frame, *, is_first: bool) -> None:
        """Remember a frame, and publish what is due."""
        if not self.last_update_success:
            # Who is there is known by the list alone. The dashboard may have come back just now.
            if is_first:
                self._refresh_soon()
            return
        earlier = self._fleet.servers
        await self._remember(booted=self._fleet.follow(frame))
        published = self._publisher.of_frame(self._fleet.servers, self.data)
        if published is not self.data and published != self.data:
            self.data = published
            self.async_update_listeners()
        self._log.servers_offline(earlier, self._fleet.servers)
        self._ask_for_unknown(frame)

    @callback
    def frames_ceased(self) -> None:
        """Ask the dashboard at once: it may be gone."""
        self._refresh_soon()

    @callback
    def reject_credential(self) -> None:
        """Send it never again, and ask the user for another."""
        self._mark_rejected()
        self.config_entry.async_start_reauth(self.hass)

    def _ask_for_unknown(self, frame: Frame) -> None:
        """Ask for the list once where a frame has servers that it had not: new ones, or those of other users."""
        unknown = frame.reports.keys() - self._listed - self._asked_for
        if unknown and len(self._asked_for) < limits.UNKNOWN_SERVERS:
            self._asked_for |= unknown
            self._refresh_soon()

    @callback
    def _refresh_soon(self) -> None:
        """Poll beside whatever else goes on: a list may take its time, and frames do not wait for it."""
        self.config_entry.async_create_background_task(
            self.hass, self.async_request_refresh(), f"{DOMAIN} refresh of {self.config_entry.title}"
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
