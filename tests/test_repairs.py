"""What only the user can mend: a dashboard that blocks us, and one that numbers its servers anew."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.nezha.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import CONF_HEADERS, CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator import DEMO_PAT, Dashboard, Simulator

from .conftest import Clock, entry_of, refresh, set_up
from .live_home import timers_due, until
from .scripted import ScriptedDashboard
from .test_services import entry_for, identity, reload, serving, shown

TOKEN = ScriptedDashboard.TOKEN
LOCALHOST = "127.0.0.1"


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2."""
    async with serving() as simulator:
        yield simulator


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the integration's issues that are to be seen."""
    return {
        issue_id: issue
        for (domain, issue_id), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


class TestBlocked:
    """The dashboard's firewall refuses our address for a while."""

    async def test_the_issue_comes_and_goes(self, hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_for(simulator))
        assert issues(hass) == {}
        # Somebody else behind the same address.
        simulator.firewall.reject(LOCALHOST)
        await refresh(hass, entry)
        issue = issues(hass)["blocked_hub"]
        assert (issue.translation_key, issue.is_fixable) == ("blocked", False)
        assert issue.translation_placeholders == {"name": "My site"}
        assert issue.severity is ir.IssueSeverity.WARNING
        assert shown(hass, "binary_sensor", f"{identity(simulator)}_online") == "unavailable"
        assert simulator.firewall.rejections[LOCALHOST] == 1
        clock.tick(60)
        await refresh(hass, entry)
        assert issues(hass) == {}
        assert shown(hass, "binary_sensor", f"{identity(simulator)}_online") == "on"

    async def test_pauses_grow_and_begin_anew(self, hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_for(simulator))
        turned_away = simulator.firewall.turned_away

        async def pauses(count: int) -> list[float | None]:
            found = []
            for _ in range(count):
                simulator.firewall.reject(LOCALHOST)
                await refresh(hass, entry)
                found.append(pause := getattr(entry.runtime_data.last_exception, "retry_after", None))
                assert pause
                clock.tick(pause - 1)
                await refresh(hass, entry)
                clock.tick(1)
            return found

        assert await pauses(8) == [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]
        assert simulator.firewall.turned_away - turned_away == 8, "none within a pause"
        simulator.firewall.clear()
        await refresh(hass, entry)
        assert entry.runtime_data.last_update_success
        assert await pauses(1) == [60]

    @pytest.mark.parametrize("generation", ["v1", "v2"])
    async def test_at_the_start(self, hass: HomeAssistant, clock: Clock, socket_enabled: None, generation: str) -> None:
        async with serving(generation) as simulator:
            simulator.firewall.reject(LOCALHOST)
            entry = await set_up(hass, entry_for(simulator, generation))
            assert entry.state is ConfigEntryState.SETUP_RETRY
            assert entry.reason == "The dashboard blocks Home Assistant's address for some time"
            assert [*issues(hass)] == ["blocked_hub"]
            clock.tick(4)
            await reload(hass, entry)
            assert entry.state is ConfigEntryState.LOADED, "who reloads it may ask at once"
            assert issues(hass) == {}

    async def test_set_up_again_by_itself_only_after_the_pause(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        simulator.firewall.reject(LOCALHOST)
        entry = await set_up(hass, entry_for(simulator))
        asked = len(simulator.requests)
        simulator.firewall.clear()
        for _ in range(2):
            clock.tick(25)
            await timers_due(hass, 25)
            assert entry.state is ConfigEntryState.SETUP_RETRY
            assert len(simulator.requests) == asked
        clock.tick(50)
        await timers_due(hass, 50)
        await until(lambda: entry.state is ConfigEntryState.LOADED)
        assert issues(hass) == {}

    async def test_it_goes_where_the_entry_is_disabled(
        self, hass: HomeAssistant, clock: Clock, simulator: Simulator
    ) -> None:
        simulator.firewall.reject(LOCALHOST)
        entry = await set_up(hass, entry_for(simulator))
        for _ in range(2):
            assert [*issues(hass)] == ["blocked_hub"]
            await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
            assert issues(hass) == {}
            simulator.firewall.clear()
            await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
            await hass.async_block_till_done()
            assert entry.state is ConfigEntryState.LOADED
            simulator.firewall.reject(LOCALHOST)
            await refresh(hass, entry)

    async def test_past_its_proxy(self, hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_for(simulator))
        simulator.faults.set("real_ip_missing", path="/api/v1/server")
        await refresh(hass, entry)
        assert [*issues(hass)] == ["blocked_hub"]
        simulator.faults.clear()
        clock.tick(60)
        await refresh(hass, entry)
        assert issues(hass) == {}

    async def test_it_goes_with_the_entry(self, hass: HomeAssistant, simulator: Simulator) -> None:
        entry = await set_up(hass, entry_for(simulator))
        simulator.firewall.reject(LOCALHOST)
        await refresh(hass, entry)
        assert issues(hass)
        await hass.config_entries.async_remove(entry.entry_id)
        assert issues(hass) == {}

    async def test_v0_blocks_nobody(self, hass: HomeAssistant, simulator: Simulator) -> None:
        """There a forbidden page is a gateway's."""
        simulator.faults.set("html_403")
        entry = await set_up(hass, entry_of(simulator.url))
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert issues(hass) == {}


class TestRenumbered:
    """At a known address is another installation: its numbers are those of other servers."""

    @pytest.fixture
    async def old(self, hass: HomeAssistant, clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
        """Serve v0, which v2 takes the place of."""
        dashboard = Dashboard(tokens=[TOKEN])
        dashboard.add_server("alpha")
        async with serving("v0", dashboard) as simulator:
            yield simulator

    async def replaced(self, hass: HomeAssistant, old: Simulator) -> MockConfigEntry:
        """Set up an entry, and replace its dashboard."""
        entry = await set_up(hass, entry_of(old.url))
        assert shown(hass, "binary_sensor", "1_online") == "on"
        await old.switch("v2")
        await refresh(hass, entry)
        await hass.async_block_till_done()
        return entry

    async def test_it_is_told_and_nothing_is_continued(self, hass: HomeAssistant, old: Simulator) -> None:
        entry = await self.replaced(hass, old)
        assert entry.state is ConfigEntryState.SETUP_ERROR
        issue = issues(hass)["renumbered_hub"]
        assert (issue.translation_key, issue.is_fixable) == ("renumbered", True)
        assert issue.translation_placeholders == {"name": "dashboard", "generation": "v2"}
        assert shown(hass, "binary_sensor", "1_online") == "unavailable"
        assert entry.data["generation"] == "v0"
        # The old token is none of the new dashboard's.
        assert len([request for request in old.requests if "Bearer" in request.headers.get("Authorization", "")]) == 0

    async def test_back_to_v0_is_told_too(self, hass: HomeAssistant, clock: Clock, socket_enabled: None) -> None:
        async with serving() as simulator:
            entry = await set_up(hass, entry_for(simulator))
            await simulator.switch("v0")
            await refresh(hass, entry)
            await hass.async_block_till_done()
            assert entry.state is ConfigEntryState.SETUP_ERROR
            assert issues(hass)["renumbered_hub"].translation_placeholders == {"name": "My site", "generation": "v0"}

    async def test_an_upgrade_from_v1_to_v2_goes_on(
        self, hass: HomeAssistant, clock: Clock, socket_enabled: None
    ) -> None:
        async with serving("v1") as simulator:
            entry = await set_up(hass, entry_for(simulator, "v1"))
            await simulator.switch("v2")
            await reload(hass, entry)
            assert entry.data["generation"] == "v2"
            assert issues(hass) == {}
            assert shown(hass, "binary_sensor", f"{identity(simulator)}_online") == "on"

    async def test_it_goes_when_the_old_dashboard_is_back(self, hass: HomeAssistant, old: Simulator) -> None:
        entry = await self.replaced(hass, old)
        await old.switch("v0")
        await reload(hass, entry)
        assert issues(hass) == {}
        assert shown(hass, "binary_sensor", "1_online") == "on"

    async def test_it_goes_with_the_entry(self, hass: HomeAssistant, old: Simulator) -> None:
        entry = await self.replaced(hass, old)
        await hass.config_entries.async_remove(entry.entry_id)
        assert issues(hass) == {}

    @pytest.mark.filterwarnings("ignore::aiohttp.web.NotAppKeyWarning")  # Home Assistant's own
    async def test_its_repair_leads_to_a_new_entry(
        self,
        hass: HomeAssistant,
        old: Simulator,
        hass_client: ClientSessionGenerator,
        hass_ws_client: WebSocketGenerator,
    ) -> None:
        for component in ("repairs", "config", "websocket_api"):
            assert await async_setup_component(hass, component, {})
        entry = await self.replaced(hass, old)
        client, socket = await hass_client(), await hass_ws_client(hass)

        async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
            async with client.post(path, json=body) as response:
                assert response.status == HTTPStatus.OK
                answer: dict[str, Any] = await response.json()
                return answer

        form = await post("/api/repairs/issues/fix", {"handler": DOMAIN, "issue_id": "renumbered_hub"})
        assert form["description_placeholders"] == {"name": "dashboard", "generation": "v2"}
        end = await post(f"/api/repairs/issues/fix/{form['flow_id']}", {})
        assert end["type"] == "create_entry"
        assert issues(hass) == {}

        # What waits on the page of integrations.
        await socket.send_json_auto_id({"type": "config_entries/flow/progress"})
        [progress] = (await socket.receive_json())["result"]
        assert progress["handler"] == DOMAIN
        assert progress["context"]["title_placeholders"] == {"name": "dashboard"}
        flows = hass.config_entries.flow
        result = await flows.async_configure(progress["flow_id"])
        assert result["step_id"] == "user"
        suggested = {str(marker): marker.description for marker in result["data_schema"].schema}
        assert suggested[CONF_URL] == {"suggested_value": entry.data[CONF_URL]}
        address = {CONF_URL: old.url, "advanced": {CONF_VERIFY_SSL: True, CONF_HEADERS: ""}}
        result = await flows.async_configure(result["flow_id"], address)
        assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "credential")
        result = await flows.async_configure(result["flow_id"], {"next_step_id": "access_token"})
        result = await flows.async_configure(result["flow_id"], {CONF_TOKEN: DEMO_PAT})
        await hass.async_block_till_done()
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["result"].state is ConfigEntryState.LOADED
        assert {each.state for each in hass.config_entries.async_entries(DOMAIN)} == {
            ConfigEntryState.LOADED,
            ConfigEntryState.SETUP_ERROR,
        }
