"""How triggers watch: for a time, together, at a target, in groups, and over a restart of Home Assistant."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from simulator import Simulator
from tests.conftest import Clock
from tests.test_services import device_of, entity_of, serving

from .home import ALPHA, BETA, GAMMA, GIB, Home, automation, begin, dashboard, home_of, restarted
from .test_triggers import trigger

OFFLINE = "nezha.server_went_offline"
TWO_MINUTES = {"for": {"minutes": 2}}


@pytest.fixture
async def simulator(clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2."""
    async with serving("v2", dashboard()) as simulator:
        yield simulator


@pytest.fixture
async def home(hass: HomeAssistant, hass_storage: dict[str, Any], clock: Clock, simulator: Simulator) -> Home:
    """Set up the dashboard, and no automation yet."""
    return await home_of(hass, clock, simulator)


def aimed(name: str, *, target: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return a trigger with a target."""
    return trigger(name, **options) | {"trigger": f"nezha.{name}", "target": target}


class TestFor:
    """What lasts for a time."""

    async def test_it_waits(self, home: Home) -> None:
        await home.automate(automation(trigger("server_went_offline", **TWO_MINUTES)))
        home.machine(1).silent = True
        await home.pass_by(60)
        assert home.taken() == {}
        await home.pass_by(60)
        assert home.taken() == {}
        await home.pass_by(60)
        assert home.taken() == {OFFLINE: [ALPHA]}
        await home.pass_by(600, step=60)
        assert home.taken() == {}

    async def test_it_goes_off_between_two_polls(self, home: Home) -> None:
        await home.automate(automation(trigger("server_went_offline", **TWO_MINUTES)))
        home.machine(1).silent = True
        await home.pass_by(60)
        await home.wait(121)
        assert home.taken() == {OFFLINE: [ALPHA]}

    async def test_back_in_between_is_nothing(self, home: Home) -> None:
        await home.automate(automation(trigger("server_went_offline", **TWO_MINUTES)))
        home.machine(1).silent = True
        await home.pass_by(90)
        home.machine(1).silent = False
        await home.pass_by(300)
        assert home.taken() == {}

    async def test_an_outage_in_between_loses_nothing(self, home: Home) -> None:
        await home.automate(automation(trigger("server_went_offline", **TWO_MINUTES)))
        home.machine(1).silent = True
        await home.pass_by(60)
        home.simulator.stop_listening()
        await home.pass_by(300)
        assert home.taken() == {}
        home.simulator.resume()
        await home.pass_by(60)
        assert home.taken() == {OFFLINE: [ALPHA]}

    async def test_a_measure_has_to_be_seen_for_that_long(self, home: Home) -> None:
        await home.automate(automation(trigger("cpu_crossed_threshold", **TWO_MINUTES)))
        home.machine(1).pin(cpu=95.0)
        await home.pass_by(60)
        home.simulator.stop_listening()
        await home.pass_by(300)
        home.simulator.resume()
        await home.pass_by(60)
        assert home.taken() == {}
        await home.pass_by(120)
        assert home.taken() == {"nezha.cpu_crossed_threshold": [ALPHA]}


class TestTogether:
    """Several, by `behavior`."""

    async def test_the_first(self, home: Home) -> None:
        await home.automate(automation(trigger("server_went_offline", behavior="first")))
        home.machine(1).silent = True
        await home.pass_by(60)
        assert home.taken() == {OFFLINE: [ALPHA]}
        home.machine(2).silent = True
        await home.pass_by(60)
        home.machine(1).silent = False
        await home.pass_by(60)
        home.machine(1).silent = True
        await home.pass_by(60)
        assert home.taken() == {}
        home.machine(1).silent = home.machine(2).silent = False
        await home.pass_by(60)
        home.machine(3).silent = True
        await home.pass_by(60)
        assert home.taken() == {OFFLINE: [GAMMA]}

    async def test_all(self, home: Home) -> None:
        await home.automate(automation(trigger("server_went_offline", behavior="all")))
        for number in (1, 2, 3):
            assert home.taken() == {}
            home.machine(number).silent = True
            await home.pass_by(60)
        assert home.taken() == {OFFLINE: [f"{ALPHA}, {BETA}, {GAMMA}"]}

    async def test_all_for_a_time(self, home: Home) -> None:
        await home.automate(automation(trigger("server_went_offline", behavior="all", **TWO_MINUTES)))
        for number in (1, 2, 3):
            home.machine(number).silent = True
        await home.pass_by(90)
        home.machine(2).silent = False
        await home.pass_by(300)
        assert home.taken() == {}
        home.machine(2).silent = True
        await home.pass_by(240)
        assert home.taken() == {OFFLINE: [f"{ALPHA}, {BETA}, {GAMMA}"]}

    @pytest.mark.parametrize("behavior", ["first", "all"])
    async def test_an_outage_is_nothing(self, home: Home, behavior: str) -> None:
        for number in (1, 2, 3):
            home.machine(number).silent = True
        await home.pass_by(60)
        await home.automate(automation(trigger("server_went_offline", behavior=behavior)))
        home.simulator.stop_listening()
        await home.pass_by(60)
        home.simulator.resume()
        await home.pass_by(60)
        assert home.taken() == {}


class TestTarget:
    """What a target means."""

    @pytest.fixture
    def area(self, hass: HomeAssistant, home: Home) -> str:
        """Place alpha in an area, on a floor, with a label, beside a foreign sensor of the same kind."""
        area = ar.async_get(hass).async_create("Rack")
        label = lr.async_get(hass).async_create("Production")
        dr.async_get(hass).async_update_device(
            device_of(hass, home.machine(1).uuid).id, area_id=area.id, labels={label.label_id}
        )
        registry = er.async_get(hass)
        for domain, device_class in (("binary_sensor", "connectivity"), ("sensor", None)):
            foreign = registry.async_get_or_create(domain, "other", "online", original_device_class=device_class)
            registry.async_update_entity(foreign.entity_id, area_id=area.id, labels={label.label_id})
            hass.states.async_set(foreign.entity_id, "on", {"device_class": device_class})
        return area.id

    @pytest.mark.parametrize("form", ["area", "label", "device", "entity"])
    async def test_what_is_in_it_and_ours(self, hass: HomeAssistant, home: Home, area: str, form: str) -> None:
        uuid = home.machine(1).uuid
        target = {
            "area": {"area_id": area},
            "label": {"label_id": "production"},
            "device": {"device_id": device_of(hass, uuid).id},
            "entity": {"entity_id": entity_of(hass, "binary_sensor", f"{uuid}_online")},
        }[form]
        await home.automate(automation(aimed("server_went_offline", target=target)))
        hass.states.async_set("binary_sensor.other_online", "off", {"device_class": "connectivity"})
        await home.settle()
        assert home.taken() == {}
        home.machine(1).silent = home.machine(2).silent = True
        await home.pass_by(90)
        assert home.taken() == {OFFLINE: [ALPHA]}

    async def test_diagnostic_entities_count_too(self, hass: HomeAssistant, home: Home, area: str) -> None:
        entity_id = entity_of(hass, "sensor", f"{home.machine(1).uuid}_expiry")
        assert er.async_get(hass).async_get(entity_id).entity_category is EntityCategory.DIAGNOSTIC
        await home.automate(automation(aimed("server_expires", target={"area_id": area}, days=60)))
        home.dashboard.servers[1].public_note = ""
        await home.pass_by(30)
        assert home.taken() == {}

    async def test_another_entity_of_the_server_is_not_meant(self, hass: HomeAssistant, home: Home) -> None:
        entity_id = entity_of(hass, "sensor", f"{home.machine(1).uuid}_memory")
        await home.automate(
            automation(aimed("cpu_crossed_threshold", target={"entity_id": entity_id})),
            automation(aimed("memory_crossed_threshold", target={"entity_id": entity_id})),
        )
        home.machine(1).pin(cpu=99.0, mem_used=4 * GIB)
        await home.pass_by(60)
        assert home.taken() == {"nezha.memory_crossed_threshold": [ALPHA]}

    async def test_a_server_that_comes_into_the_area_later(self, hass: HomeAssistant, home: Home, area: str) -> None:
        await home.automate(automation(aimed("server_went_offline", target={"area_id": area})))
        dr.async_get(hass).async_update_device(device_of(hass, home.machine(2).uuid).id, area_id=area)
        await home.pass_by(30)
        home.machine(2).silent = True
        await home.pass_by(60)
        assert home.taken() == {OFFLINE: [BETA]}

    async def test_a_target_that_is_gone_is_not_everything(self, home: Home) -> None:
        await home.automate(automation(aimed("server_went_offline", target={"device_id": "gone"})))
        home.machine(1).silent = True
        await home.pass_by(60)
        assert home.taken() == {}


class TestNarrowing:
    """Everything of a dashboard or of groups."""

    async def test_groups_in_any_letters_and_what_joins_them_later(self, home: Home) -> None:
        await home.automate(automation(trigger("server_went_offline", groups=["tokyo "])))
        home.machine(1).silent = home.machine(2).silent = True
        await home.pass_by(60)
        assert home.taken() == {OFFLINE: [ALPHA]}
        home.dashboard.groups[1].servers = [1, 3]
        await home.pass_by(60)
        home.machine(3).silent = True
        await home.pass_by(60)
        assert home.taken() == {OFFLINE: [GAMMA]}

    async def test_one_that_joins_while_it_is_offline_is_no_news(self, home: Home) -> None:
        await home.automate(automation(trigger("server_went_offline", groups=["Tokyo"])))
        home.machine(3).silent = True
        await home.pass_by(60)
        home.dashboard.groups[1].servers = [1, 3]
        await home.pass_by(60)
        assert home.taken() == {}

    async def test_servers_without_a_group(self, home: Home) -> None:
        await home.automate(automation(trigger("server_went_offline", groups=["ungrouped"])))
        home.machine(1).silent = home.machine(3).silent = True
        await home.pass_by(60)
        assert home.taken() == {OFFLINE: [GAMMA]}

    async def test_a_dashboard(self, home: Home) -> None:
        await home.automate(automation(trigger("server_went_offline", dashboard="hub")))
        home.machine(1).silent = True
        await home.pass_by(60)
        assert home.taken() == {OFFLINE: [ALPHA]}

    async def test_a_dashboard_that_is_not_there_is_an_error(
        self, home: Home, caplog: pytest.LogCaptureFixture
    ) -> None:
        await home.automate(automation(trigger("server_went_offline", dashboard="gone")))
        assert "gone is not the entry of a Nezha dashboard" in caplog.text


class TestRestart:
    """Home Assistant restarts: nothing that was true before is repeated, nothing that happened meanwhile is lost."""

    WATCHED = (
        automation(trigger("server_went_offline")),
        automation(trigger("server_came_online"), lasted="{{ trigger.server.old_value_lasted }}"),
        automation(trigger("server_rebooted")),
        automation(trigger("cpu_crossed_threshold")),
        automation(trigger("dashboard_unreachable")),
        automation(trigger("dashboard_reachable")),
        automation(trigger("server_expires")),
    )

    async def test_what_was_true_before(self, home: Home) -> None:
        await home.automate(*self.WATCHED)
        home.machine(1).silent = True
        home.machine(2).pin(cpu=95.0)
        await home.pass_by(60)
        assert home.taken() == {OFFLINE: [ALPHA], "nezha.cpu_crossed_threshold": [BETA]}
        async with restarted(home) as after:
            after.clock.tick(120)
            await begin(after, *self.WATCHED)
            await after.pass_by(120)
            assert after.taken() == {}

    async def test_what_happened_meanwhile(self, home: Home) -> None:
        await home.automate(*self.WATCHED)
        home.machine(3).silent = True
        await home.pass_by(60)
        home.take()
        async with restarted(home) as after:
            home.machine(1).silent = True
            home.machine(2).reboot()
            home.machine(3).silent = False
            after.clock.tick(120)
            await begin(after, *self.WATCHED)
            await after.pass_by(60)
            assert after.taken() == {
                OFFLINE: [ALPHA],
                "nezha.server_came_online": [GAMMA],
                "nezha.server_rebooted": [BETA],
            }

    async def test_how_long_it_was_offline(self, home: Home) -> None:
        await home.automate(*self.WATCHED)
        home.machine(1).silent = True
        await home.pass_by(60)
        home.take()
        async with restarted(home) as after:
            after.clock.tick(3600)
            await begin(after, *self.WATCHED)
            home.machine(1).silent = False
            await after.pass_by(60, step=60)
            (run,) = after.take()
            assert run["names"] == ALPHA and run["lasted"].startswith("1:0")

    async def test_the_time_that_something_has_to_last_goes_on(self, home: Home) -> None:
        watched = automation(trigger("server_went_offline", **TWO_MINUTES))
        await home.automate(watched)
        home.machine(1).silent = True
        await home.pass_by(60)
        async with restarted(home) as after:
            after.clock.tick(180)
            await begin(after, watched)
            await after.settle()
            assert after.taken() == {OFFLINE: [ALPHA]}
        async with restarted(after) as later:
            later.clock.tick(180)
            await begin(later, watched)
            await later.pass_by(60)
            assert later.taken() == {}

    async def test_a_dashboard_that_went_meanwhile(self, home: Home) -> None:
        await home.automate(*self.WATCHED)
        async with restarted(home) as after:
            home.simulator.stop_listening()
            after.clock.tick(60)
            await begin(after, *self.WATCHED)
            assert after.taken() == {"nezha.dashboard_unreachable": ["My site"]}
            home.simulator.resume()
            await after.wait(600)
            assert after.taken() == {"nezha.dashboard_reachable": ["My site"]}

    async def test_a_new_automation_begins_with_what_is_so(self, home: Home) -> None:
        home.machine(1).silent = True
        await home.pass_by(60)
        async with restarted(home) as after:
            await begin(after, *self.WATCHED)
            await after.pass_by(60)
            assert after.taken() == {}


class TestPayload:
    """What a run is given."""

    async def test_of_a_server(self, home: Home) -> None:
        await home.automate(
            automation(
                trigger("server_went_offline"),
                name="{{ trigger.server.name }}",
                group="{{ trigger.server.group }}",
                id="{{ trigger.server.id }}",
                old="{{ trigger.old_value }}",
                new="{{ trigger.new_value }}",
                silent_for="{{ (now() - trigger.since).total_seconds() | int }}",
                entity="{{ trigger.entity_id }}",
                all="{{ trigger.servers | map(attribute='name') | list }}",
                dashboard="{{ trigger.server.dashboard }}",
            )
        )
        home.machine(1).silent = home.machine(2).silent = True
        await home.pass_by(60)
        (run,) = home.take()
        assert 30 <= run.pop("silent_for") <= 62
        assert run == {
            "trigger": "nezha.any_server_went_offline",
            "names": f"{ALPHA}, {BETA}",
            "name": ALPHA,
            "group": "Tokyo",
            "id": 1,
            "old": True,
            "new": False,
            "entity": entity_of(home.hass, "binary_sensor", f"{home.machine(1).uuid}_online"),
            "all": [ALPHA, BETA],
            "dashboard": "My site",
        }

    async def test_its_name_is_the_users(self, hass: HomeAssistant, home: Home) -> None:
        device = device_of(hass, home.machine(1).uuid)
        dr.async_get(hass).async_update_device(device.id, name_by_user="东京 🗼")
        await home.automate(automation(trigger("server_went_offline")))
        home.machine(1).silent = True
        await home.pass_by(60)
        assert home.taken() == {OFFLINE: ["东京 🗼"]}

    async def test_what_the_action_asks_of_entities_is_of_the_same_update(self, home: Home) -> None:
        entity_id = entity_of(home.hass, "binary_sensor", f"{home.machine(1).uuid}_online")
        await home.automate(
            automation(trigger("server_went_offline"), state="{{ states(trigger.entity_id) }}"),
        )
        home.machine(1).silent = True
        await home.pass_by(60)
        assert [run["state"] for run in home.take()] == ["off"]
        assert home.hass.states.get(entity_id).state == "off"

    async def test_of_a_reboot(self, home: Home) -> None:
        before = home.machine(1).host(0).boot_time
        await home.automate(
            automation(
                trigger("server_rebooted"),
                old="{{ trigger.old_value.timestamp() | int }}",
                new="{{ trigger.new_value.timestamp() | int }}",
            )
        )
        home.clock.tick(30)
        home.machine(1).reboot()
        after = home.machine(1).host(0).boot_time
        await home.pass_by(60)
        assert [(run["old"], run["new"]) for run in home.take()] == [(before, after)]

    async def test_of_traffic(self, home: Home) -> None:
        await home.automate(
            automation(
                trigger("traffic_crossed_threshold"),
                rule="{{ trigger.server.rule }}",
                percent="{{ trigger.new_value }}",
                limit="{{ trigger.server.limit }}",
                used="{{ trigger.server.used }}",
            )
        )
        home.machine(1).pin(net_in_transfer=850 * GIB, net_out_transfer=0)
        await home.pass_by(3600, step=600)
        (run,) = home.take()
        assert run["rule"] == "Monthly" and run["limit"] == 1000 * GIB
        assert run["percent"] == round(100 * run["used"] / run["limit"], 1) > 80


async def test_thresholds_by_an_entity(home: Home) -> None:
    home.hass.states.async_set("input_number.limit", "50")
    threshold = {"type": "above", "value": {"entity": "input_number.limit"}}
    await home.automate(automation(trigger("cpu_crossed_threshold", threshold=threshold)))
    home.machine(1).pin(cpu=45.0)
    await home.pass_by(30)
    assert home.taken() == {}
    home.machine(1).pin(cpu=55.0)
    await home.pass_by(30)
    assert home.taken() == {"nezha.cpu_crossed_threshold": [ALPHA]}
    home.hass.states.async_set("input_number.limit", "unknown")
    home.machine(2).pin(cpu=99.0)
    await home.pass_by(30)
    assert home.taken() == {}


@pytest.mark.parametrize("generation", ["v0", "v1"])
async def test_other_generations(
    hass: HomeAssistant, hass_storage: dict[str, Any], clock: Clock, socket_enabled: None, generation: str
) -> None:
    async with serving(generation, dashboard()) as simulator:
        home = await home_of(hass, clock, simulator, generation)
        await home.automate(automation(trigger("server_went_offline")), automation(trigger("cpu_crossed_threshold")))
        home.machine(1).silent = True
        home.machine(2).pin(cpu=95.0)
        await home.pass_by(60)
        assert home.taken() == {OFFLINE: [ALPHA], "nezha.cpu_crossed_threshold": [BETA]}
