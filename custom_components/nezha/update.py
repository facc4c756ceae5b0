"""The agent of each server: which version it is, which is the newest, and where the credential may, updating it."""

import asyncio
from datetime import datetime
from typing import Any, NamedTuple, override

from homeassistant.components.update import UpdateEntity, UpdateEntityDescription, UpdateEntityFeature
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later, async_track_time_interval

from .api import NezhaError
from .const import DOMAIN
from .entity import UNAVAILABLE, EntityAdder, ServerEntity, Unavailable
from .fleet import is_newer
from .runtime.agents import RELEASES_PAGE
from .runtime.coordinator import NezhaConfigEntry
from .runtime.limits import AGENT_UPDATE, AGENT_UPDATE_POLL
from .runtime.listeners import AgentOf, FactsOf

PARALLEL_UPDATES = 5
"""Agents that are updated at a time: whoever updates all does not take down all."""

AGENT = UpdateEntityDescription(key="agent", translation_key="agent")


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the agent of every server."""
    coordinator = entry.runtime_data
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        describe=lambda _: (AGENT,),
        create=AgentUpdate,
    ).async_start()


class _Versions(NamedTuple):
    """What is shown of an agent."""

    installed: str | None
    """`None` where the agent has never told."""
    latest: str | None
    may_install: bool


class AgentUpdate(ServerEntity[_Versions], UpdateEntity):
    """The agent of a server; it stays while the server is offline. An agent that is no release is never out of date."""

    _attr_title = "Nezha Agent"
    _attr_release_url = RELEASES_PAGE

    @override
    async def async_added_to_hass(self) -> None:
        """Listen also to which version is the newest."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.async_add_listener(self._handle_coordinator_update, AgentOf(self._identity))
        )

    @callback
    @override
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is."""
        super().async_entity_id_changed(old_entity_id)

    @override
    def _read(self) -> _Versions | Unavailable:
        if (known := self.known) is None:
            return UNAVAILABLE
        installed = (known.host.agent_version or None) if known.host else None
        newest = self.coordinator.newest_agent
        is_behind = installed is not None and newest is not None and is_newer(newest, installed)
        return _Versions(installed, newest if is_behind else installed, self.coordinator.updates_agents)

    @property
    @override
    def installed_version(self) -> str | None:
        """Return the agent's version."""
        return self.shown.installed if self.shown else None

    @property
    @override
    def latest_version(self) -> str | None:
        """Return the newest version; that of the agent, where it is as new or cannot be compared."""
        return self.shown.latest if self.shown else None

    @property
    @override
    def supported_features(self) -> UpdateEntityFeature:
        """Return whether the credential may update agents. Core shows the progress of what it called itself."""
        may_install = self.coordinator.updates_agents
        return UpdateEntityFeature.INSTALL if may_install else UpdateEntityFeature(0)

    @override
    async def async_install(self, version: str | None, backup: bool, **kwargs: Any) -> None:
        """Have the agent update itself, and wait until it is back with a newer version.

        Which one it takes it decides itself: the newest release that it finds.
        """
        known = self.known
        if known is None:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key=self.coordinator.reason or "cannot_connect"
            )
        before = self.installed_version or ""
        try:
            is_asked = await self.coordinator.backend.update_agent(known.server.number)
        except NezhaError as err:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key=err.reason) from err
        placeholders = {"server": known.server.name, "minutes": str(AGENT_UPDATE // 60)}
        if not is_asked:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="agent_not_connected",
                translation_placeholders=placeholders,
            )
        if not await self._wait_for_newer(before):
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="agent_not_updated",
                translation_placeholders=placeholders,
            )

    async def _wait_for_newer(self, before: str) -> bool:
        """Ask until the server reports a newer version; return whether it did in time, and while the entry is loaded."""
        coordinator = self.coordinator
        is_updated: asyncio.Future[bool] = self.hass.loop.create_future()

        @callback
        def end(result: bool) -> None:
            if not is_updated.done():
                is_updated.set_result(result)

        @callback
        def look() -> None:
            host = known.host if (known := self.known) else None
            if host and is_newer(host.agent_version, before):
                end(True)

        @callback
        def give_up(_: datetime) -> None:
            end(False)

        async def ask(_: datetime) -> None:
            if coordinator.config_entry.state is not ConfigEntryState.LOADED:
                end(False)
            else:
                await coordinator.async_request_refresh()

        cancellations = (
            coordinator.async_add_listener(look, FactsOf(self._identity)),
            async_track_time_interval(self.hass, ask, AGENT_UPDATE_POLL),
            async_call_later(self.hass, AGENT_UPDATE, give_up),
        )
        try:
            return await is_updated
        finally:
            for cancel in cancellations:
                cancel()
