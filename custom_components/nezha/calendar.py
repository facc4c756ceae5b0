"""When servers have to be paid, and when traffic is counted anew."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
import heapq
from itertools import islice
from typing import NamedTuple, override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .api import Billing, Term
from .const import DOMAIN
from .entity import UNAVAILABLE, HubEntity, Unavailable
from .runtime import limits
from .runtime.coordinator import NezhaConfigEntry

PARALLEL_UPDATES = 0

RENEWALS = CalendarEntityDescription(key="renewals", translation_key="renewals")
_RESET = "traffic_reset"
_ENTITY_TEXTS = f"component.{DOMAIN}.entity"
_TEXTS = f"{_ENTITY_TEXTS}.calendar.renewals.state_attributes"
_HORIZON = timedelta(days=366)
"""How far ahead the next event is looked for: the longest usual cycle is a year."""


class _Moment(NamedTuple):
    """What happens when to what: the server of an identity, or the rule of a number."""

    moment: datetime
    kind: str
    key: str | int


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the dashboard's calendar, where its notes can be read at all."""
    if entry.runtime_data.backend.has_extras:
        async_add_entities([RenewalCalendar(entry.runtime_data, RENEWALS)])


class RenewalCalendar(HubEntity[CalendarEvent | None], CalendarEntity):
    """The ends and renewals of servers, and the next reset of each traffic cycle, as days."""

    _texts: dict[str, str]
    _source: object = None
    """What the next event was found in."""
    _found: CalendarEvent | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Fetch the events' texts."""
        self._texts = await async_get_translations(self.hass, self.hass.config.language, "entity", {DOMAIN})
        await super().async_added_to_hass()

    @callback
    @override
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is."""
        super().async_entity_id_changed(old_entity_id)

    @override
    def _read(self) -> CalendarEvent | Unavailable | None:
        return self.event if self.coordinator.last_update_success else UNAVAILABLE

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return the event of today, or the next one."""
        # Looked for anew where a new day has started, or something else is told than before.
        today = dt_util.start_of_local_day()
        notes = [(known.server.name, known.server.public_note) for known in self.coordinator.data.values()]
        source = today, notes, self.coordinator.cycles
        if source != self._source:
            self._source = source
            found = next(self._events(today, today + _HORIZON), None)
            # States are recorded, and read by everybody: what is paid is in the answers alone.
            self._found = replace(found, description=None) if found else None
        return self._found

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return the events of a span, as far as they are told."""
        now = dt_util.now()
        farthest = timedelta(days=limits.CALENDAR_DAYS)
        start, end = max(start_date, now - farthest), min(end_date, now + farthest)
        return list(islice(self._events(start, end), limits.CALENDAR_EVENTS)) if start < end else []

    def _events(self, start: datetime, end: datetime) -> Iterator[CalendarEvent]:
        """Yield the events of a span in order. They last for whole days: its first and last day are told in full."""
        start = dt_util.start_of_local_day(dt_util.as_local(start))
        last = dt_util.as_local(end - timedelta.resolution)
        end = dt_util.start_of_local_day(last.date() + timedelta(days=1))
        # Each of these is in order, and looked at only as far as it is wanted.
        moments: list[Iterable[_Moment]] = [
            self._ends(identity, billing, start)
            for identity, known in self.coordinator.data.items()
            if (billing := known.server.public_note.billing)
        ]
        moments += [
            [_Moment(cycle.end, _RESET, number)]
            for number, cycle in self.coordinator.cycles.items()
            if cycle.end and cycle.end >= start
        ]
        for moment in heapq.merge(*moments, key=lambda each: each.moment):
            if moment.moment >= end:
                return
            yield self._event(moment)

    def _ends(self, identity: str, billing: Billing, start: datetime) -> Iterator[_Moment]:
        kind = billing.term_at(dt_util.now()) or Term.EXPIRES
        for moment in billing.ends(start):
            yield _Moment(moment, kind, identity)

    def _event(self, moment: _Moment) -> CalendarEvent:
        """Return an event of a whole day, as the day is where the user lives."""
        day = dt_util.as_local(moment.moment).date()
        is_rule = isinstance(moment.key, int)
        name = self.coordinator.cycles[moment.key].name if isinstance(moment.key, int) else self._name_of(moment.key)
        summary = self._texts.get(f"{_TEXTS}.message.state.{moment.kind}", "{name}").replace("{name}", name)
        return CalendarEvent(
            start=day,
            end=day + timedelta(days=1),
            summary=summary,
            description=None if is_rule else self._describe(str(moment.key), name),
        )

    def _describe(self, identity: str, name: str) -> str:
        """Return the server with its price and plan, one a line."""
        note = self.coordinator.data[identity].server.public_note
        price = note.billing.amount if note.billing else ""
        if note.billing and (note.billing.free or note.billing.pay_as_you_go):
            kind = "free" if note.billing.free else "pay_as_you_go"
            price = self._texts.get(f"{_ENTITY_TEXTS}.sensor.price.state.{kind}", price)
        plan = ", ".join(filter(None, (note.plan.traffic, note.plan.bandwidth))) if note.plan else ""
        lines = {"server": name, "price": price, "plan": plan}
        texts = {key: self._texts.get(f"{_TEXTS}.description.state.{key}", "{value}") for key in lines}
        return "\n".join(texts[key].replace("{value}", value) for key, value in lines.items() if value)
