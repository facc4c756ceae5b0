"""When servers have to be paid, and when traffic is counted anew."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .api import Term
from .const import DOMAIN
from .entity import UNAVAILABLE, HubEntity, Unavailable
from .runtime.coordinator import NezhaConfigEntry

PARALLEL_UPDATES = 0

RENEWALS = CalendarEntityDescription(key="renewals", translation_key="renewals")
_RESET = "traffic_reset"
_SUMMARY = f"component.{DOMAIN}.entity.calendar.renewals.state_attributes.message.state"
_HORIZON = timedelta(days=366)
"""How far ahead the next event is looked for: the longest cycle is a year."""


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the dashboard's calendar, where its notes can be read at all."""
    if entry.runtime_data.backend.has_extras:
        async_add_entities([RenewalCalendar(entry.runtime_data, RENEWALS)])


class RenewalCalendar(HubEntity[CalendarEvent | None], CalendarEntity):
    """The ends and renewals of servers, and the next reset of each traffic cycle, as days."""

    _summaries: dict[str, str]
    _source: object = None
    """What the next event was found in."""
    _found: CalendarEvent | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Fetch the events' texts."""
        self._summaries = await async_get_translations(self.hass, self.hass.config.language, "entity", {DOMAIN})
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
        # Looked for anew where a new day has begun, or something else is told than before.
        today = dt_util.start_of_local_day()
        notes = [(known.server.name, known.server.public_note) for known in self.coordinator.data.values()]
        source = today, notes, self.coordinator.cycles
        if source != self._source:
            self._source = source
            self._found = min(self._events(today, today + _HORIZON), key=lambda event: event.start, default=None)
        return self._found

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return all events of a span."""
        return sorted(self._events(start_date, end_date), key=lambda event: event.start)

    def _events(self, start: datetime, end: datetime) -> Iterator[CalendarEvent]:
        """Yield the events of a span. They last for whole days: those of its first and last day are told in full."""
        start = dt_util.start_of_local_day(dt_util.as_local(start))
        last = dt_util.as_local(end - timedelta.resolution)
        end = dt_util.start_of_local_day(last.date() + timedelta(days=1))
        now = dt_util.now()
        for known in self.coordinator.data.values():
            if billing := known.server.public_note.billing:
                for moment in billing.renewals(start, end):
                    yield self._event(billing.term_at(now) or Term.EXPIRES, known.server.name, moment)
        for cycle in self.coordinator.cycles.values():
            if cycle.end and start <= cycle.end < end:
                yield self._event(_RESET, cycle.name, cycle.end)

    def _event(self, kind: str, name: str, moment: datetime) -> CalendarEvent:
        """Return an event of a whole day, as the day is where the user lives."""
        day = dt_util.as_local(moment).date()
        summary = self._summaries.get(f"{_SUMMARY}.{kind}", "{name}").replace("{name}", name)
        return CalendarEvent(start=day, end=day + timedelta(days=1), summary=summary)
