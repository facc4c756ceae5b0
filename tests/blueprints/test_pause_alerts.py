"""The blueprint that pauses alerts during a calendar's events: what it turns off is what it turns on again, whatever happens."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, override

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from homeassistant.components.calendar import DATA_COMPONENT, CalendarEntity, CalendarEvent
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from tests.automations.home import Home, restarted
from tests.test_services import entity_of

from .home import EVERYWHERE, Phone, automate, stop

BLUEPRINT = "pause_alerts"
CALENDAR, LIST = "calendar.maintenance", "todo.shopping_list"
HOUR = timedelta(hours=1)
NIGHT = "Maintenance of Tokyo"


class Maintenance(CalendarEntity):
    """A calendar of the user's."""

    _attr_name = "Maintenance"
    entity_id = CALENDAR

    def __init__(self, *events: CalendarEvent) -> None:
        self.events = sorted(events, key=lambda event: event.start_datetime_local)

    @property
    @override
    def event(self) -> CalendarEvent | None:
        now = datetime.now(UTC)
        return next((event for event in self.events if event.end_datetime_local > now), None)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        # As some do, it gives those that have just ended, too.
        return [
            event
            for event in self.events
            if event.start_datetime_local <= end_date and event.end_datetime_local >= start_date
        ]


def event(after: timedelta, *, lasts: timedelta = HOUR, summary: str = NIGHT) -> CalendarEvent:
    """Return what is planned."""
    start = datetime.now(UTC).replace(microsecond=0) + after
    return CalendarEvent(start=start, end=start + lasts, summary=summary)


class House:
    """A home in which switches of alerts are enabled."""

    def __init__(self, home: Home, folder: Path, *events: CalendarEvent, **inputs: Any) -> None:
        self.home = home
        self.folder = folder
        self.calendar = Maintenance(*events)
        self.inputs = inputs

    @property
    def rules(self) -> list[str]:
        """The switches of the alert rules."""
        numbers = self.home.dashboard.rules.items()
        return [self._switch(f"alert_rule_{number}_{int(rule.created_at)}") for number, rule in numbers]

    @property
    def website(self) -> str:
        """The switch of the service's notifications."""
        return self._switch("service_1_notifications")

    def _switch(self, key: str) -> str:
        entity_id = entity_of(self.home.hass, "switch", key)
        assert entity_id
        return entity_id

    async def start(self) -> None:
        """Add calendar, list and automation to a home whose entry is set up, or will be."""
        hass = self.home.hass
        hass.config.config_dir = str(self.folder)
        assert await async_setup_component(hass, "calendar", {})
        await hass.data[DATA_COMPONENT].async_add_entities([Maintenance(*self.calendar.events)])
        shopping = MockConfigEntry(domain="shopping_list")
        shopping.add_to_hass(hass)
        assert await hass.config_entries.async_setup(shopping.entry_id)
        chosen = {"calendar": CALENDAR, "switches": [*self.rules, self.website], "paused": LIST}
        await automate(hass, self.folder, BLUEPRINT, **EVERYWHERE, **{**chosen, **self.inputs})
        await self.home.settle()

    async def remembered(self) -> list[str]:
        """Return what stands in the list."""
        answer = await self.home.hass.services.async_call(
            "todo", "get_items", {"entity_id": LIST}, blocking=True, return_response=True
        )
        return [item["summary"] for item in answer[LIST]["items"]]

    def in_force(self) -> list[bool]:
        """Return what the dashboard has on: the rules, and the service."""
        rules = [rule.enabled for rule in self.home.dashboard.rules.values()]
        return [*rules, self.home.dashboard.services[1].notify]


async def pass_by(home: Home, minutes: int) -> None:
    """Let time pass, as the dashboard is polled and timers go off every five minutes."""
    for _ in range(minutes // 5):
        home.clock._frozen.tick(timedelta(minutes=5))
        async_fire_time_changed(home.hass, datetime.now(UTC), fire_all=True)
        await home.settle()
        await home.poll()


async def halt(hass: HomeAssistant) -> None:
    """Turn off what would outlive Home Assistant."""
    await stop(hass)
    if calendar := hass.data[DATA_COMPONENT].get_entity(CALENDAR):
        await calendar.async_remove()


@pytest.fixture
async def home(home: Home) -> AsyncIterator[Home]:
    """A home with the switches of two rules, of which the second is off, and of a service."""
    home.dashboard.add_rule("Weekly").enabled = False
    home.dashboard.services[1].notify = True
    await home.pass_by(61)
    registry = er.async_get(home.hass)
    for entity in er.async_entries_for_config_entry(registry, "hub"):
        if entity.domain == "switch":
            registry.async_update_entity(entity.entity_id, disabled_by=None)
    # Home Assistant sets the entry up anew half a minute after that.
    await home.wait(31)
    await home.poll()
    yield home
    await halt(home.hass)


async def test_during_an_event_what_is_on_is_off(home: Home, phone: Phone, tmp_path: Path) -> None:
    house = House(home, tmp_path, event(HOUR))
    await house.start()
    assert house.in_force() == [True, False, True]
    await pass_by(home, minutes=65)
    assert house.in_force() == [False, False, False]
    assert sorted(await house.remembered()) == sorted([house.rules[0], house.website])
    assert phone.take() == [("🔕 Alerts paused", f"• My site Alert Monthly\n• Website Notifications\n📅 {NIGHT}")]
    await pass_by(home, minutes=30)
    assert (house.in_force(), phone.take()) == ([False, False, False], [])
    await pass_by(home, minutes=30)
    assert house.in_force() == [True, False, True]
    assert await house.remembered() == []
    assert phone.take() == [("🔔 Alerts on again", "• My site Alert Monthly\n• Website Notifications")]
    ended = home.hass.states.get("automation.pause_alerts")
    await pass_by(home, minutes=60)
    assert (house.in_force(), phone.take()) == ([True, False, True], [])
    # What has nothing to do leaves nothing in the logbook.
    assert home.hass.states.get("automation.pause_alerts") == ended


async def test_in_chinese_and_only_with_the_keyword(home: Home, phone: Phone, tmp_path: Path) -> None:
    events = event(HOUR, summary="Holiday"), event(HOUR, lasts=2 * HOUR, summary="TOKYO 维护")
    house = House(home, tmp_path, events[0], keyword="tokyo", language="zh")
    await house.start()
    await pass_by(home, minutes=65)
    assert house.in_force() == [True, False, True]
    # While one event lasts the calendar shows no other one: it is found within five minutes.
    home.hass.data[DATA_COMPONENT].get_entity(CALENDAR).events = list(events)
    await pass_by(home, minutes=5)
    assert house.in_force() == [False, False, False]
    ((title, message),) = phone.take()
    assert (title, message.splitlines()[-1]) == ("🔕 告警已暂停", "📅 TOKYO 维护")
    await pass_by(home, minutes=60)
    assert house.in_force() == [False, False, False]
    await pass_by(home, minutes=60)
    assert house.in_force() == [True, False, True]
    assert [title for title, _ in phone.take()] == ["🔔 告警已恢复"]


async def test_what_somebody_switches_meanwhile_is_left(home: Home, phone: Phone, tmp_path: Path) -> None:
    house = House(home, tmp_path, event(HOUR))
    await house.start()
    await pass_by(home, minutes=65)
    await home.hass.services.async_call("switch", "turn_on", {"entity_id": house.rules[0]}, blocking=True)
    await pass_by(home, minutes=10)
    assert house.in_force() == [True, False, False]
    await pass_by(home, minutes=50)
    assert house.in_force() == [True, False, True]
    assert await house.remembered() == []


async def test_where_the_dashboard_does_not_answer_it_comes_later(home: Home, phone: Phone, tmp_path: Path) -> None:
    house = House(home, tmp_path, event(HOUR))
    await house.start()
    home.simulator.faults.set("html_502", path="/alert-rule")
    await pass_by(home, minutes=65)
    assert house.in_force() == [True, False, False]
    assert await house.remembered() == [house.website]
    home.simulator.faults.clear()
    await pass_by(home, minutes=5)
    assert house.in_force() == [False, False, False]
    home.simulator.faults.set("html_502")
    await home.poll()
    await pass_by(home, minutes=60)
    assert house.in_force() == [False, False, False]
    home.simulator.faults.clear()
    await home.poll()
    await pass_by(home, minutes=5)
    assert house.in_force() == [True, False, True]
    assert await house.remembered() == []


@pytest.mark.parametrize("away", [600, 7_200])
async def test_over_a_restart(home: Home, phone: Phone, tmp_path: Path, away: float) -> None:
    """In the middle of an event, whether it is over by then or not."""
    house = House(home, tmp_path, event(HOUR, lasts=timedelta(hours=2)))
    await house.start()
    await pass_by(home, minutes=65)
    assert house.in_force() == [False, False, False]
    async with restarted(home) as after:
        again = House(after, tmp_path, *house.calendar.events)
        Phone(after.hass)
        registry = er.async_get(after.hass)
        for entity in er.async_entries_for_config_entry(er.async_get(home.hass), "hub"):
            if entity.domain == "switch":
                registry.async_get_or_create(
                    "switch", "nezha", entity.unique_id, disabled_by=None, suggested_object_id=entity.entity_id[7:]
                )
        after.clock.tick(away)
        after.entry.add_to_hass(after.hass)
        await again.start()
        await after.hass.config_entries.async_setup(after.entry.entry_id)
        await after.settle()
        await pass_by(after, minutes=5)
        assert again.in_force() == ([False, False, False] if away < 3_600 else [True, False, True])
        await pass_by(after, minutes=120)
        assert again.in_force() == [True, False, True]
        assert await again.remembered() == []
        await halt(after.hass)


async def test_an_event_that_began_while_all_was_stopped(home: Home, phone: Phone, tmp_path: Path) -> None:
    house = House(home, tmp_path, event(-HOUR / 2))
    await house.start()
    assert house.in_force() == [True, False, True]
    await pass_by(home, minutes=5)
    assert house.in_force() == [False, False, False]
    await pass_by(home, minutes=60)
    assert house.in_force() == [True, False, True]


async def test_a_day(home: Home, phone: Phone, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    whole = CalendarEvent(start=today, end=today + timedelta(days=1), summary=NIGHT)
    house = House(home, tmp_path, whole)
    await house.start()
    await pass_by(home, minutes=5)
    assert house.in_force() == [False, False, False]
    home.clock._frozen.tick(timedelta(hours=11, minutes=45))
    await pass_by(home, minutes=5)
    assert house.in_force() == [False, False, False]
    await pass_by(home, minutes=10)
    assert house.in_force() == [True, False, True]


async def test_other_items_of_the_list_are_left(home: Home, phone: Phone, tmp_path: Path) -> None:
    house = House(home, tmp_path, event(HOUR))
    await house.start()
    for item in ("Milk", "switch.", "light.hall"):
        await home.hass.services.async_call("todo", "add_item", {"entity_id": LIST, "item": item}, blocking=True)
    await pass_by(home, minutes=10)
    await pass_by(home, minutes=55)
    await pass_by(home, minutes=60)
    assert house.in_force() == [True, False, True]
    assert await house.remembered() == ["Milk", "switch.", "light.hall"]


async def test_without_the_calendar_or_the_list_nothing_is_switched(home: Home, phone: Phone, tmp_path: Path) -> None:
    house = House(home, tmp_path, event(HOUR), paused="todo.gone")
    await house.start()
    await pass_by(home, minutes=65)
    await pass_by(home, minutes=5)
    assert house.in_force() == [True, False, True]
