"""Which servers have a device: what a dashboard, its agents or a regrouping can do to the registry is bounded."""

import logging
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nezha.const import CONF_GROUPS, DOMAIN
from custom_components.nezha.runtime import limits
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from .conftest import Clock, refresh
from .live_home import Home
from .scripted import ScriptedDashboard, server
from .test_life import TEN_MINUTES, device_of, logged, poll_without, restart, set_up_with, shown
from .test_repairs import issues

A_DAY = 86_400


@pytest.fixture(autouse=True)
def stopped(clock: Clock) -> None:
    """Stop the clock."""


def with_device(hass: HomeAssistant) -> set[str]:
    """Return the identities of the servers that have one."""
    entries = dr.async_entries_for_config_entry(dr.async_get(hass), "hub")
    keys = {key for device in entries for domain, key in device.identifiers if domain == DOMAIN}
    return {key.removeprefix("hub_") for key in keys if key != "hub"}


class TestAbsence:
    """A dashboard's trouble looks like the absence of most servers."""

    async def test_most_of_them_are_doubted_for_a_day_and_half_go_at_once(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        entry = await set_up_with(hass, scripted, *(server(number) for number in range(1, 9)))
        scripted.servers = [server(1)]
        await poll_without(hass, clock, entry, lists=10, seconds=A_DAY - 60)
        assert len(with_device(hass)) == 8
        clock.tick(61)
        await refresh(hass, entry)
        assert len(with_device(hass)) == 4
        await refresh(hass, entry)
        assert len(with_device(hass)) == 2, "of those that are left"

    async def test_half_of_them_go_as_one_does(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        entry = await set_up_with(hass, scripted, *(server(number) for number in range(1, 5)))
        scripted.servers = [server(1), server(2)]
        await poll_without(hass, clock, entry, lists=3, seconds=TEN_MINUTES)
        assert with_device(hass) == {"1", "2"}


class TestRegrouping:
    """A group that is renamed on the dashboard is no wish of the user's."""

    async def renamed(self, hass: HomeAssistant, scripted: ScriptedDashboard, clock: Clock) -> Any:
        """Have three servers of a chosen group and one that is in none, and rename the group of the first."""
        servers = [server(number, f"server {number}") for number in (1, 2, 3)]
        entry = await set_up_with(hass, scripted, *servers, server(4, "delta", tag=""), groups=["Tokyo"])
        scripted.servers[0]["tag"] = "Edo"
        await refresh(hass, entry)
        return entry

    async def test_its_servers_have_the_grace_of_deleted_ones(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        entry = await self.renamed(hass, scripted, clock)
        assert with_device(hass) == {"1", "2", "3"}
        await poll_without(hass, clock, entry, lists=2, seconds=TEN_MINUTES - 1)
        assert with_device(hass) == {"1", "2", "3"}
        scripted.servers[0]["tag"] = "Tokyo"
        await refresh(hass, entry)
        assert shown(hass, "online") != STATE_UNAVAILABLE
        scripted.servers[0]["tag"] = "Edo"
        await poll_without(hass, clock, entry, lists=3, seconds=TEN_MINUTES)
        assert with_device(hass) == {"2", "3"}

    async def test_also_over_a_restart(self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> None:
        entry = await self.renamed(hass, scripted, clock)
        await restart(hass, entry)
        assert with_device(hass) == {"1", "2", "3"}

    async def test_the_users_own_choice_needs_no_second_look(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        entry = await self.renamed(hass, scripted, clock)
        hass.config_entries.async_update_entry(entry, options={CONF_GROUPS: ["Edo"]})
        await restart(hass, entry)
        assert with_device(hass) == {"1"}

    async def test_a_chosen_group_without_servers_is_named(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        entry = await self.renamed(hass, scripted, clock)
        assert issues(hass) == {}
        for each in scripted.servers:
            each["tag"] = "*Edo*"
        await refresh(hass, entry)
        issue = issues(hass)["groups_gone_hub"]
        assert issue.translation_placeholders == {"name": "dashboard", "groups": "Tokyo"}
        assert with_device(hass) == {"1", "2", "3"}
        scripted.servers[1]["tag"] = "Tokyo"
        await refresh(hass, entry)
        assert issues(hass) == {}

    async def test_that_goes_with_another_choice(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        entry = await set_up_with(hass, scripted, server(1), groups=["Edo", "ungrouped"])
        assert [*issues(hass)] == ["groups_gone_hub"]
        hass.config_entries.async_update_entry(entry, options={CONF_GROUPS: ["Tokyo"]})
        await restart(hass, entry)
        assert issues(hass) == {}


class TestFlapping:
    """An agent whose version is another one with each report does not have the registry written with each."""

    async def test_five_writes_an_hour(self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> None:
        entry = await set_up_with(hass, scripted, server())
        with patch.object(
            dr.DeviceRegistry, "async_get_or_create", autospec=True, side_effect=dr.DeviceRegistry.async_get_or_create
        ) as write:
            for turn in range(100):
                clock.tick(30)
                scripted.servers = [server(host={"PlatformVersion": f"12.{turn}"})]
                await refresh(hass, entry)
        assert write.call_count == limits.DEVICE_WRITES_AN_HOUR - 1
        clock.tick(3_600)
        await refresh(hass, entry)
        assert device_of(hass).model.endswith("12.99"), "what was put off is not lost"


class TestNewServers:
    """Whoever has the agents' secret can register servers without end."""

    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let two an hour do."""
        monkeypatch.setattr(limits, "NEW_SERVERS_AN_HOUR", 2)

    async def flooded(self, hass: HomeAssistant, scripted: ScriptedDashboard) -> Any:
        """Start with three servers, and have five more."""
        entry = await set_up_with(hass, scripted, *(server(number) for number in (1, 2, 3)))
        assert len(with_device(hass)) == 3
        scripted.servers = [server(number) for number in range(1, 9)]
        await refresh(hass, entry)
        return entry

    async def test_some_an_hour(self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard) -> None:
        entry = await self.flooded(hass, scripted)
        assert with_device(hass) == {"1", "2", "3", "4", "5"}
        assert issues(hass)["new_servers_hub"].translation_placeholders == {"name": "dashboard", "count": "3"}
        clock.tick(3_599)
        await refresh(hass, entry)
        assert len(with_device(hass)) == 5
        clock.tick(1)
        await refresh(hass, entry)
        assert len(with_device(hass)) == 7
        clock.tick(3_600)
        await refresh(hass, entry)
        assert len(with_device(hass)) == 8
        assert issues(hass) == {}

    async def test_all_that_were_there_before_a_restart(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        entry = await self.flooded(hass, scripted)
        await restart(hass, entry)
        assert len(with_device(hass)) == 8, "the first list is taken as it is"
        assert issues(hass) == {}

    @pytest.mark.filterwarnings("ignore::aiohttp.web.NotAppKeyWarning")  # Home Assistant's own
    async def test_all_where_the_user_agrees(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard, hass_client: ClientSessionGenerator
    ) -> None:
        assert await async_setup_component(hass, "repairs", {})
        await self.flooded(hass, scripted)
        client = await hass_client()
        async with client.post(
            "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": "new_servers_hub"}
        ) as response:
            form = await response.json()
        async with client.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={}) as response:
            assert (await response.json())["type"] == "create_entry"
        await hass.async_block_till_done()
        assert len(with_device(hass)) == 8
        assert issues(hass) == {}

    async def test_never_more_than_a_home_can_bear(
        self,
        hass: HomeAssistant,
        clock: Clock,
        scripted: ScriptedDashboard,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(limits, "SERVERS", 4)
        entry = await self.flooded(hass, scripted)
        for _ in range(3):
            clock.tick(3_600)
            await refresh(hass, entry)
        assert len(with_device(hass)) == 4
        assert len([line for line in logged(caplog, logging.WARNING) if "become devices" in line]) == 1
        await restart(hass, entry)
        assert with_device(hass) == {"1", "2", "3", "4"}, "those that have a device already"

    async def test_one_that_waits_is_not_asked_for_with_each_frame(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "NEW_SERVERS_AN_HOUR", 0)
        await home.set_up()
        home.dashboard.add_server("delta")
        asked = home.asked()
        for _ in range(5):
            await home.frame(2)
        assert home.asked() <= asked + 1
        assert home.issues() == {"new_servers_hub"}
        assert "delta" not in home.devices().values()
