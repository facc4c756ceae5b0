"""Graphics cards and temperature sensors: named for people, told apart whatever they are called, and bounded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.nezha.sensor import census, parts
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .conftest import Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server
from .test_life import entity_id, now, shown, state_of

DAY = 86_400


def temperatures(*names: str) -> list[dict[str, Any]]:
    """Return what an agent reports; each sensor is a degree warmer than the one before."""
    return [{"Name": name, "Temperature": 40 + place} for place, name in enumerate(names)]


async def report(hass: HomeAssistant, scripted: ScriptedDashboard, *names: str, gpu: list[str] | None = None) -> None:
    """Let a server report these sensors, for the first time or anew."""
    scripted.servers = [server(host={"GPU": gpu}, status={"Temperatures": temperatures(*names), "GPU": 7})]
    if entry := hass.config_entries.async_get_entry("hub"):
        await refresh(hass, entry)
    else:
        await set_up(hass, entry_of(scripted.url))


def registered(hass: HomeAssistant) -> dict[str, bool]:
    """Return the keys of a server's parts, and whether they are enabled."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), "hub")
    keys = {each.unique_id.removeprefix("hub_1_"): not each.disabled for each in entities}
    return {key: is_enabled for key, is_enabled in keys.items() if key.startswith(("temperature", "gpu"))}


async def test_names_for_people(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    await report(hass, scripted, "coretemp_package_id_0", "nvme_composite", gpu=["NVIDIA GeForce RTX 4090"])
    assert state_of(hass, "temperature_coretemp_package_id_0").name == "alpha Package id 0 temperature"
    assert state_of(hass, "temperature_nvme_composite").name == "alpha NVMe composite temperature"
    assert state_of(hass, "gpu_0").name == "alpha NVIDIA GeForce RTX 4090 usage"


async def test_a_card_that_was_replaced_takes_its_name_along(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    await report(hass, scripted, gpu=["NVIDIA L4"])
    await report(hass, scripted, gpu=["NVIDIA L40S"])
    assert state_of(hass, "gpu_0").name == "alpha NVIDIA L40S usage"


async def test_no_two_sensors_share_a_key(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    names = ["cpu", "cpu", "cpu 2", "cpu 2", "cpu 2 1", "cpu 1"]
    await report(hass, scripted, *names)
    assert len(registered(hass)) == len(names)
    # The third one is another sensor than the second one, and stays so if it is alone.
    assert (shown(hass, "temperature_cpu"), shown(hass, "temperature_cpu 2")) == ("40.0", "41.0")
    assert shown(hass, "temperature_cpu 2 1") == "42.0"
    await report(hass, scripted, "cpu 2")
    assert shown(hass, "temperature_cpu 2 1") == "40.0"
    assert shown(hass, "temperature_cpu 2") == STATE_UNKNOWN


@pytest.mark.parametrize("count", [2, 128])
def test_a_key_tells_name_and_turn(count: int) -> None:
    names = [f"a{' 1' * (number % 3)}{' 2' * (number % 2)}" for number in range(count)]
    turns = [names[:place].count(name) for place, name in enumerate(names)]
    keys = {parts.sensor_key(name, turn) for name, turn in zip(names, turns, strict=True)}
    assert len(keys) == count


async def test_of_thousands_in_one_report_only_so_many_are_read(
    hass: HomeAssistant, scripted: ScriptedDashboard, caplog: pytest.LogCaptureFixture
) -> None:
    await report(hass, scripted, *(f"sensor {number}" for number in range(5_000)))
    assert len(registered(hass)) == 64
    assert sum(registered(hass).values()) == 3
    assert [record.levelname for record in caplog.records if record.name == census.__name__] == ["WARNING"]


async def test_the_user_decides_which_are_enabled(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    await report(hass, scripted, "a", "b", "c", "d")
    registry = er.async_get(hass)
    registry.async_update_entity(entity_id(hass, "temperature_a") or "", disabled_by=er.RegistryEntryDisabler.USER)
    await report(hass, scripted, "a", "b", "c", "d", "e")
    assert registered(hass)["temperature_e"] is False


class TestUnreported:
    """A part that is gone for a month is removed, and one of a silent server is not."""

    async def days(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard, days: int, *names: str
    ) -> None:
        """Let days go by, in which these sensors are reported."""
        for _ in range(days):
            self.pass_a_day(hass, clock)
            await report(hass, scripted, *names)

    def pass_a_day(self, hass: HomeAssistant, clock: Clock) -> None:
        """Move the clock, and let the timers run that are due by then: the loop's own clock stands still."""
        clock.tick(DAY)
        async_fire_time_changed(hass, datetime.now(UTC) + timedelta(days=1))

    async def test_is_removed_after_thirty_days(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        await report(hass, scripted, "a", "b")
        await self.days(hass, clock, scripted, 30, "a")
        assert registered(hass).keys() == {"temperature_a", "temperature_b"}
        entry = hass.config_entries.async_get_entry("hub")
        await hass.config_entries.async_reload(entry.entry_id)
        await self.days(hass, clock, scripted, 4, "a")
        assert registered(hass).keys() == {"temperature_a"}
        await report(hass, scripted, "a", "b")
        assert shown(hass, "temperature_b") == "41.0"

    async def test_comes_back_and_has_its_time_anew(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        await report(hass, scripted, "a", "b")
        await self.days(hass, clock, scripted, 20, "a")
        await self.days(hass, clock, scripted, 2, "a", "b")
        await self.days(hass, clock, scripted, 20, "a")
        assert registered(hass).keys() == {"temperature_a", "temperature_b"}

    async def test_of_a_silent_server_says_nothing(
        self, hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
    ) -> None:
        await report(hass, scripted, "a", "b")
        scripted.servers = [server(last_active=now(), status={"Temperatures": None})]
        for _ in range(40):
            self.pass_a_day(hass, clock)
            await refresh(hass, hass.config_entries.async_get_entry("hub"))
        assert registered(hass).keys() == {"temperature_a", "temperature_b"}
