"""The hub's calendar: when servers have to be paid, and when traffic is counted anew."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed, async_mock_service

from custom_components.nezha.runtime import limits
from homeassistant.components.calendar import CalendarEvent
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator import Cycle, Simulator

from .conftest import Clock, entry_of, refresh, set_up
from .scripted import ScriptedDashboard, server
from .test_billing import at, note
from .test_services import entity_of, entry_for, serving, shown, state_of

RENEWALS = "renewals"
SOON = note(endDate="2026-06-10T00:00:00Z")
MONTHLY = note(endDate="2026-01-31T00:00:00Z", autoRenewal="1", cycle="m")


@pytest.fixture
async def simulator(hass: HomeAssistant, clock: Clock, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Serve v2 for a user in UTC."""
    await hass.config.async_set_time_zone("UTC")
    async with serving() as simulator:
        yield simulator


async def events(hass: HomeAssistant, start: datetime, end: datetime) -> list[tuple[str, str]]:
    """Return begin and summary of the events that the service gives."""
    entity_id = entity_of(hass, "calendar", RENEWALS)
    assert entity_id
    answer: Any = await hass.services.async_call(
        "calendar",
        "get_events",
        {"entity_id": entity_id, "start_date_time": start, "end_date_time": end},
        blocking=True,
        return_response=True,
    )
    listed = answer[entity_id]["events"]
    for event in listed:
        assert date.fromisoformat(event["end"]) - date.fromisoformat(event["start"]) == timedelta(days=1)
    return [(event["start"], event["summary"]) for event in listed]


def of_june(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a moment of June 2026, in UTC."""
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


async def test_a_year_of_renewals_ends_and_resets(hass: HomeAssistant, simulator: Simulator) -> None:
    dashboard = simulator.dashboard
    dashboard.servers[1].public_note = MONTHLY
    dashboard.add_server("beta", public_note=SOON)
    dashboard.add_server("gamma", public_note=note(endDate="2025-09-15", autoRenewal=1, cycle="year"))
    dashboard.add_server("delta", public_note=note(endDate="0000-00-00T00:00:00Z", autoRenewal=1, cycle="year"))
    dashboard.add_server("epsilon", public_note=note(endDate="2026-07-04T00:00:00Z", autoRenewal=1))
    dashboard.add_server("zeta", public_note="free text")
    dashboard.add_rule("Weekly traffic", cycle=Cycle.WEEK)
    await set_up(hass, entry_for(simulator))
    assert await events(hass, of_june(1), of_june(1).replace(year=2027)) == [
        ("2026-06-08", "Weekly traffic: traffic reset"),
        ("2026-06-10", "beta expires"),
        ("2026-06-30", "alpha renews"),
        ("2026-07-04", "epsilon renews"),
        ("2026-07-31", "alpha renews"),
        ("2026-08-31", "alpha renews"),
        ("2026-09-15", "gamma renews"),
        ("2026-09-30", "alpha renews"),
        ("2026-10-31", "alpha renews"),
        ("2026-11-30", "alpha renews"),
        ("2026-12-31", "alpha renews"),
        ("2027-01-31", "alpha renews"),
        ("2027-02-28", "alpha renews"),
        ("2027-03-31", "alpha renews"),
        ("2027-04-30", "alpha renews"),
        ("2027-05-31", "alpha renews"),
    ]


async def test_the_state_is_of_the_next_event(hass: HomeAssistant, clock: Clock, simulator: Simulator) -> None:
    simulator.dashboard.servers[1].public_note = MONTHLY
    simulator.dashboard.add_server("beta", public_note=SOON)
    entry = await set_up(hass, entry_for(simulator))
    entry.runtime_data.update_interval = None
    await refresh(hass, entry)
    state = state_of(hass, "calendar", RENEWALS)
    assert state.state == STATE_OFF
    assert (state.attributes["message"], state.attributes["all_day"]) == ("beta expires", True)
    assert state.attributes["start_time"] == "2026-06-10 00:00:00"

    await at(hass, clock, of_june(10, 0, 1))
    assert shown(hass, "calendar", RENEWALS) == STATE_ON
    await at(hass, clock, of_june(11, 0, 1))
    state = state_of(hass, "calendar", RENEWALS)
    assert (state.state, state.attributes["message"]) == (STATE_OFF, "alpha renews")
    assert state.attributes["start_time"] == "2026-06-30 00:00:00"


async def test_without_events_it_is_off(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_for(simulator))
    state = state_of(hass, "calendar", RENEWALS)
    assert (state.state, state.attributes.get("message")) == (STATE_OFF, None)
    simulator.faults.set("refuse")
    await refresh(hass, entry)
    assert shown(hass, "calendar", RENEWALS) == STATE_UNAVAILABLE
    simulator.faults.clear()
    simulator.dashboard.servers[1].public_note = SOON
    await refresh(hass, entry)
    assert state_of(hass, "calendar", RENEWALS).attributes["message"] == "alpha expires"


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2026-06-10"), ("Asia/Shanghai", "2026-06-11"), ("America/New_York", "2026-06-10")]
)
async def test_a_day_is_the_users(hass: HomeAssistant, simulator: Simulator, zone: str, day: str) -> None:
    await hass.config.async_set_time_zone(zone)
    simulator.dashboard.servers[1].public_note = note(endDate="2026-06-10T23:59:59Z")
    await set_up(hass, entry_for(simulator))
    assert await events(hass, of_june(1), of_june(30)) == [(day, "alpha expires")]
    assert state_of(hass, "calendar", RENEWALS).attributes["start_time"] == f"{day} 00:00:00"


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (of_june(10), of_june(10, 0, 15), True),
        (of_june(10, 23), of_june(11), True),
        (of_june(9), of_june(10), False),
        (of_june(11), of_june(12), False),
    ],
)
async def test_an_event_lasts_for_its_whole_day(
    hass: HomeAssistant, simulator: Simulator, start: datetime, end: datetime, found: bool
) -> None:
    simulator.dashboard.servers[1].public_note = note(endDate="2026-06-10T18:00:00Z")
    simulator.dashboard.add_rule("Reset in July")
    await set_up(hass, entry_for(simulator))
    assert bool(await events(hass, start, end)) is found


async def test_an_automation_is_triggered_as_the_day_begins(
    hass: HomeAssistant, clock: Clock, simulator: Simulator
) -> None:
    """Home Assistant asks for a quarter of an hour at a time, long before the server's own moment."""
    simulator.dashboard.servers[1].public_note = note(endDate="2026-06-02T18:00:00Z")
    entry = await set_up(hass, entry_for(simulator))
    entry.runtime_data.update_interval = None
    await refresh(hass, entry)
    clock.move_to(of_june(1, 23, 55))
    calls = async_mock_service(hass, "test", "remind")
    automation = {
        "trigger": {"platform": "calendar", "event": "start", "entity_id": entity_of(hass, "calendar", RENEWALS)},
        "action": {"action": "test.remind", "data": {"summary": "{{ trigger.calendar_event.summary }}"}},
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()
    clock.move_to(of_june(2, 0, 0))
    async_fire_time_changed(hass, of_june(2, 0, 20))
    await hass.async_block_till_done()
    assert [call.data["summary"] for call in calls] == ["alpha expires"]
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


@pytest.mark.parametrize(
    ("language", "summaries"),
    [
        ("en", ["alpha expires", "beta renews", "Weekly: traffic reset"]),
        ("zh-Hans", ["alpha 到期", "beta 续费", "Weekly：流量重置"]),
    ],
)
async def test_summaries_are_in_the_users_language(
    hass: HomeAssistant, simulator: Simulator, language: str, summaries: list[str]
) -> None:
    hass.config.language = language
    dashboard = simulator.dashboard
    dashboard.servers[1].public_note = note(endDate="2026-06-02")
    dashboard.add_server("beta", public_note=note(endDate="2026-06-03", autoRenewal="1", cycle="m"))
    dashboard.add_rule("Weekly", cycle=Cycle.WEEK)
    await set_up(hass, entry_for(simulator))
    assert [summary for _, summary in await events(hass, of_june(1), of_june(20))] == summaries


class TestBounds:
    """Everybody who may read may ask for any time: two years to each side are told, and a thousand events."""

    async def asked(self, hass: HomeAssistant, start: datetime, end: datetime) -> list[CalendarEvent]:
        """Return what the entity answers, as for the page."""
        entity = hass.data["calendar"].get_entity(entity_of(hass, "calendar", RENEWALS))
        return await entity.async_get_events(hass, start, end)

    @pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
    async def test_two_years_to_each_side(self, hass: HomeAssistant, simulator: Simulator, zone: str) -> None:
        await hass.config.async_set_time_zone(zone)
        simulator.dashboard.servers[1].public_note = note(endDate="2020-01-31T12:00:00Z", autoRenewal="1", cycle="m")
        await set_up(hass, entry_for(simulator))
        everything = await self.asked(hass, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
        assert (str(everything[0].start), str(everything[-1].start)) == ("2024-05-31", "2028-05-31")
        assert await self.asked(hass, of_june(1).replace(year=2040), of_june(1).replace(year=2050)) == []

    async def test_the_earliest_of_many(
        self, hass: HomeAssistant, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "CALENDAR_EVENTS", 10)
        simulator.dashboard.servers[1].public_note = MONTHLY
        simulator.dashboard.add_server("beta", public_note=MONTHLY)
        simulator.dashboard.add_rule("Weekly traffic", cycle=Cycle.WEEK)
        await set_up(hass, entry_for(simulator))
        told = await self.asked(hass, of_june(1), of_june(1).replace(year=2030))
        assert [str(event.start) for event in told] == ["2026-06-08"] + [
            day for day in ("2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30") for _ in range(2)
        ] + ["2026-10-31"]


async def descriptions(hass: HomeAssistant) -> list[str]:
    """Return the descriptions of June's events."""
    answer: Any = await hass.services.async_call(
        "calendar",
        "get_events",
        {
            "entity_id": entity_of(hass, "calendar", RENEWALS),
            "start_date_time": of_june(1),
            "end_date_time": of_june(30),
        },
        blocking=True,
        return_response=True,
    )
    (listed,) = answer.values()
    return [event["description"] for event in listed["events"]]


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["Server: alpha", "Price: 12.5€", "Plan: 1TB/Month, 1Gbps"]),
        ("zh-Hans", ["服务器：alpha", "价格：12.5€", "套餐：1TB/Month, 1Gbps"]),
    ],
)
async def test_descriptions(hass: HomeAssistant, simulator: Simulator, language: str, lines: list[str]) -> None:
    hass.config.language = language
    plan = {"trafficVol": "1TB/Month", "bandwidth": "1Gbps"}
    simulator.dashboard.servers[1].public_note = note(plan, endDate="2026-06-02", amount="12.5€")
    await set_up(hass, entry_for(simulator))
    assert await descriptions(hass) == ["\n".join(lines)]
    assert not state_of(hass, "calendar", RENEWALS).attributes["description"], "states are recorded"


async def test_a_server_that_is_free(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.dashboard.servers[1].public_note = note(endDate="2026-06-02", amount="0")
    await set_up(hass, entry_for(simulator))
    assert await descriptions(hass) == ["Server: alpha\nPrice: Free"]


async def test_a_server_without_a_name(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.dashboard.rename(1, "")
    simulator.dashboard.servers[1].public_note = SOON
    await set_up(hass, entry_for(simulator))
    assert await events(hass, of_june(1), of_june(30)) == [("2026-06-10", "Server 1 expires")]


async def test_a_name_with_braces_is_left_as_it_is(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.dashboard.rename(1, "{name} {0}")
    simulator.dashboard.servers[1].public_note = SOON
    await set_up(hass, entry_for(simulator))
    assert await events(hass, of_june(1), of_june(30)) == [("2026-06-10", "{name} {0} expires")]


async def test_v0_has_no_calendar(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    scripted.servers = [server()]
    await set_up(hass, entry_of(scripted.url))
    assert hass.states.async_entity_ids("calendar") == []
