"""A Home Assistant beside a dashboard that something befalls."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import WSMsgType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.nezha.api import transport
from custom_components.nezha.const import CONF_GENERATION, CONF_REJECTED, DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_USER, ConfigEntry, ConfigFlowResult
from homeassistant.const import CONF_HEADERS, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import Clock, refresh, set_up

from .descriptions import Fault
from .sight import Sight
from .site import Site

PATIENCE = 10
"""Seconds of true time that something may take, on a busy machine too."""
REPORTED = 8
"""Seconds within which every agent reports, and no server goes offline whose report cannot be read."""


async def until(condition: Callable[[], object]) -> None:
    """Wait for what is about to happen."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.002)


class Home(Sight):
    """What a test does, and what it sees."""

    def __init__(
        self,
        hass: HomeAssistant,
        site: Site,
        caplog: pytest.LogCaptureFixture,
        fault: Fault,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Expect a fault; all is well yet."""
        super().__init__(hass, site, caplog)
        self.fault = fault
        self._clock = clock
        self._monkeypatch = monkeypatch
        self._tasks = asyncio.all_tasks()
        self._delivered = 0
        self._sent = 0
        self._pings = 0
        self.pass_by(REPORTED)

    async def begin(self) -> None:
        """Let the fault begin."""
        self._delivered = self.fault.trouble.delivered(self.site)
        self._sent = self.site.sent(self.site.credential)
        self._monkeypatch.setattr(transport, "LARGEST_REPLY", self.fault.largest_reply)
        await self.fault.trouble.begin(self.site)
        self.pass_by(self.fault.trouble.delay)

    async def end(self) -> None:
        """Let it end."""
        await self.fault.trouble.end(self.site)
        self._monkeypatch.undo()

    async def assert_delivered(self) -> None:
        """Assert that it took effect since it began; the dashboard may know of it a little later than its client."""
        try:
            await until(lambda: self.fault.trouble.delivered(self.site) > self._delivered)
        except TimeoutError:
            pytest.fail(f"{self.fault.name} was not delivered")

    @property
    def sent_since(self) -> int:
        """How many requests carried the credential since the fault began."""
        return self.site.sent(self.site.credential) - self._sent

    def pass_by(self, seconds: float) -> None:
        """Let time pass by the wall clock only."""
        self._clock.tick(seconds)

    async def wait(self, seconds: float) -> None:
        """Let time pass, and every timer go off that is due by then."""
        self.pass_by(seconds)
        async_fire_time_changed(self.hass, datetime.now(UTC) + timedelta(seconds=seconds))
        await self.hass.async_block_till_done()

    async def set_up(self, **options: Any) -> ConfigEntry:
        """Set up an entry as the config flow makes it."""
        if self.entry is None:
            data = {
                CONF_URL: self.site.url,
                CONF_GENERATION: self.site.generation,
                CONF_VERIFY_SSL: True,
                CONF_HEADERS: {},
                **self.site.credential,
            }
            self.entry = MockConfigEntry(domain=DOMAIN, title="dashboard", data=data, options=options, entry_id="hub")
        await set_up(self.hass, self.entry)
        return self.entry

    async def come_up(self, **options: Any) -> ConfigEntry:
        """Set up while nothing is wrong, and wait until frames can be sent."""
        entry = await self.set_up(**options)
        assert self.wrong() == []
        assert self.log() == []
        if self.site.generation != "v0":
            await until(lambda: self.site.simulator.live.online)
        return entry

    async def poll(self) -> None:
        """Let time pass, and poll."""
        self.pass_by(REPORTED)
        await refresh(self.hass, self.entry)

    async def frame(self) -> None:
        """Let time pass, have a frame sent, and wait until it is taken in."""
        self.pass_by(REPORTED)
        [viewer] = self.site.simulator.live._viewers
        await self.site.simulator.push_frame()
        # The client answers a ping only when it asks for the next frame.
        self._pings += 1
        ping = str(self._pings).encode()
        await viewer._socket.ping(ping)
        async with asyncio.timeout(PATIENCE):
            while (message := await viewer._socket.receive()).data != ping:
                assert message.type is WSMsgType.PONG
        await self.hass.async_block_till_done()

    @property
    def is_rejected(self) -> bool:
        """Whether the entry's credential is known to be wrong."""
        return self.entry is not None and CONF_REJECTED in self.entry.data

    async def begin_flow(self) -> ConfigFlowResult:
        """Begin to add a dashboard."""
        return await self.hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})

    async def enter_address(self, form: ConfigFlowResult) -> ConfigFlowResult:
        """Fill in the first form."""
        advanced = {CONF_VERIFY_SSL: True, CONF_HEADERS: ""}
        return await self._submit(form, {CONF_URL: self.site.url, "advanced": advanced})

    async def enter_credential(self, form: ConfigFlowResult) -> ConfigFlowResult:
        """Fill in the second one, in whatever way there is to it, and take note of what a token may not do."""
        if form["type"] is FlowResultType.MENU:
            form = await self._submit(form, {"next_step_id": "access_token"})
        form = await self._submit(form, self.site.credential)
        return await self._submit(form, {}) if form.get("step_id") == "scopes" else form

    async def reauth(self) -> ConfigFlowResult:
        """Open the one flow that asks for another credential."""
        flows = self.hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        [flow] = [flow for flow in flows if flow["context"]["source"] == SOURCE_REAUTH]
        return await self.hass.config_entries.flow.async_configure(flow["flow_id"])

    async def _submit(self, form: ConfigFlowResult, values: Mapping[str, Any]) -> ConfigFlowResult:
        result = await self.hass.config_entries.flow.async_configure(form["flow_id"], dict(values))
        await self.hass.async_block_till_done()
        return result

    async def assert_nothing_left(self) -> None:
        """Unload, and find no task, connection or listener of it."""
        assert self.entry
        coordinator = getattr(self.entry, "runtime_data", None)
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)
        assert coordinator is None or not coordinator._listeners
        # Connections are kept for the next request for 15 s, and that is no leak.
        await self.wait(20)
        try:
            await until(lambda: self._left() == (0, set()))
        except TimeoutError:
            assert self._left() == (0, set())

    def _left(self) -> tuple[int, set[asyncio.Task[Any]]]:
        return self.site.simulator.connections, asyncio.all_tasks() - self._tasks - {asyncio.current_task()}
