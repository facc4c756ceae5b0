"""Who is told of a change, and when."""

import asyncio
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nezha.runtime.listeners import FactsOf, Listeners
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from simulator import Simulator

from .conftest import Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server
from .test_life import shown, shown_time


@pytest.fixture
def listeners(hass: HomeAssistant) -> Listeners:
    """Return listeners of an entry."""
    return Listeners(hass, MockConfigEntry(domain="nezha"))


class Notified(list[str]):
    """Who was told, in order."""

    def listen(self, listeners: Listeners, *identities: str | None) -> None:
        for identity in identities:
            listeners.add(lambda name=str(identity): self.append(name), identity)


async def test_those_of_a_server_that_changed(listeners: Listeners) -> None:
    told = Notified()
    told.listen(listeners, "1", "2", "3")
    listeners.notify(["2"])
    assert told == ["2"]


async def test_those_who_listen_to_all_come_first(listeners: Listeners) -> None:
    told = Notified()
    told.listen(listeners, "1", None)
    listeners.notify(["1"])
    listeners.notify([])
    assert told == ["None", "1", "None"]


async def test_one_that_was_removed_is_told_no_more(listeners: Listeners) -> None:
    told = Notified()
    remove = listeners.add(lambda: told.append("removed"), "1")
    told.listen(listeners, "1")
    remove()
    listeners.notify(["1"])
    assert told == ["1"]


async def test_one_that_fails_keeps_nobody_from_being_told(
    listeners: Listeners, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("planted")

    told = Notified()
    listeners.add(fail, "1")
    told.listen(listeners, "1", "2")
    listeners.notify(["1", "2"])
    assert told == ["1", "2"]
    assert [record.levelno for record in caplog.records if record.exc_info] == [logging.ERROR]


async def test_many_are_told_in_batches_between_which_the_loop_goes_on(
    hass: HomeAssistant, listeners: Listeners
) -> None:
    told = Notified()
    many = [str(number) for number in range(120)]
    told.listen(listeners, *many)
    counts: list[int] = []

    async def other_work() -> None:
        while len(told) < len(many):
            counts.append(len(told))
            await asyncio.sleep(0)

    task = asyncio.create_task(other_work())
    listeners.notify(many)
    await task
    await hass.async_block_till_done()
    assert told == many
    assert counts == [50, 100]


async def test_news_during_that_is_told_once(hass: HomeAssistant, listeners: Listeners) -> None:
    told = Notified()
    many = [str(number) for number in range(120)]
    told.listen(listeners, *many)
    listeners.notify(many)
    listeners.notify(["1", "110"])
    await hass.async_block_till_done()
    assert sorted(told) == sorted([*many, "1"])


async def test_an_entity_does_not_look_where_its_server_did_not_change(
    hass: HomeAssistant, scripted: ScriptedDashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.servers = [server(1), server(2, "beta")]
    entry = await set_up(hass, entry_of(scripted.url))
    looked: list[str] = []
    for kind in ("entity.NezhaEntity", "sensor.reported.ReportedNumberSensor"):
        monkeypatch.setattr(
            f"custom_components.nezha.{kind}._handle_coordinator_update",
            lambda entity: looked.append(entity.coordinator_context),
        )
    # What is bound already stays as it was: set up once more.
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    looked.clear()
    scripted.servers[1]["status"] = scripted.servers[1]["status"] | {"CPU": 99.9}
    await refresh(hass, entry)
    assert set(looked) - {None} == {"2"}

    looked.clear()
    scripted.servers[1]["name"] = "gamma"
    await refresh(hass, entry)
    assert set(looked) - {None} == {"2", FactsOf("2")}


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("key", "fields", "host", "value"),
    [
        ("group", {"tag": "Osaka"}, {}, "Osaka"),
        ("ipv4", {"ipv4": "203.0.113.9"}, {}, "203.0.113.9"),
        ("ipv6", {"ipv6": "2001:db8::9"}, {}, "2001:db8::9"),
        ("country", {}, {"CountryCode": "de"}, "DE"),
        ("agent_version", {}, {"Version": "0.20.6"}, "0.20.6"),
        ("memory_total", {}, {"MemTotal": 8 * 2**30}, "8.0"),
        ("swap_total", {}, {"SwapTotal": 2**30}, "1.0"),
        ("disk_total", {}, {"DiskTotal": 80 * 2**30}, "80.0"),
    ],
)
async def test_a_fact_that_changes_is_seen(
    hass: HomeAssistant,
    scripted: ScriptedDashboard,
    key: str,
    fields: dict[str, Any],
    host: dict[str, Any],
    value: str,
) -> None:
    scripted.servers = [server()]
    entry = await set_up(hass, entry_of(scripted.url))
    assert shown(hass, key) != value
    scripted.servers = [server(host=host, **fields)]
    await refresh(hass, entry)
    assert shown(hass, key) == value


@pytest.mark.usefixtures("all_enabled")
async def test_when_a_server_was_last_active_is_seen_with_every_report(
    hass: HomeAssistant, clock: Clock, scripted: ScriptedDashboard
) -> None:
    scripted.servers = [server()]
    entry = await set_up(hass, entry_of(scripted.url))
    first = shown_time(hass, "last_active")
    clock.tick(7)
    scripted.servers = [server()]
    await refresh(hass, entry)
    assert shown_time(hass, "last_active") == first + 7


async def test_an_outage_is_told_to_all(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url))
    simulator.faults.set("refuse")
    await refresh(hass, entry)
    assert {shown(hass, "online", identity) for identity in "123"} == {STATE_UNAVAILABLE}
    simulator.faults.clear()
    await refresh(hass, entry)
    assert {shown(hass, "online", identity) for identity in "123"} == {"on"}
