"""Watches what is chosen, and says what has become so, since when, and what has changed.

What is so at the first look is not news: neither when an automation begins to watch, nor when a server comes later. While
nothing is known of a subject, nothing happens to it; what has become different by the next look has happened then. So an
outage of the dashboard is no news of its servers, and what happened to them meanwhile is not lost. The same holds for a
restart of Home Assistant, over which `records.py` keeps what was seen.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self, override

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..runtime.coordinator import NezhaConfigEntry, NezhaCoordinator
from .meanings import Reading, Subject, Value
from .records import Record
from .selection import Selection

BEHAVIOR_EACH: Final = "each"
BEHAVIOR_FIRST: Final = "first"
BEHAVIOR_ALL: Final = "all"

_NO_TIME = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that became so, or changed."""

    subject: Subject
    old: Value | None
    new: Value
    since: float | None
    """Unix seconds: when the new value began, where that is known."""
    old_began: float | None = None
    """When the old value was first seen."""


@dataclass(slots=True, kw_only=True)
class Spell:
    """A time for which something is so, or is not."""

    value: Value
    matches: bool
    since: float | None
    """Unix seconds: when it began, where that is known."""
    began: float
    """Unix seconds: when it was first seen; how long it has lasted is counted from here."""
    done: bool
    """Whether it was reported, or was so at the first look."""
    old: Value | None = None
    old_began: float | None = None
    known: bool = True
    """Whether the newest look showed it."""

    def as_happening(self, subject: Subject) -> Happening:
        """Return it as what became so."""
        return Happening(subject=subject, old=self.old, new=self.value, since=self.since, old_began=self.old_began)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore what `asdict` gave; nothing is known of it yet."""
        return cls(**{**data, "known": False})


class Watch(ABC):
    """Watches a selection for as long as it is started; `report` is given what happens at one time as one list."""

    def __init__(self, hass: HomeAssistant, selection: Selection, report: Callable[[list[Happening]], None]) -> None:
        """Prepare; nothing is watched yet."""
        self.spells: dict[Subject, Spell] = {}
        self.on_remembered: Callable[[], None] = lambda: None
        """Called where what `dump` gives should be written."""
        self._hass = hass
        self._selection = selection
        self._report = report
        self._followed: dict[str, tuple[NezhaCoordinator, CALLBACK_TYPE]] = {}
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._next_look: CALLBACK_TYPE | None = None
        self._seconds_left: float | None = None
        """Until something is due by time alone."""

    def dump(self) -> Record:
        """Return what has to outlive a restart."""
        return [{"subject": asdict(subject), "spell": asdict(spell)} for subject, spell in self.spells.items()]

    def restore(self, record: Record) -> None:
        """Take what `dump` once gave."""
        for data in record:
            self.spells[Subject(**data["subject"])] = Spell.from_dict(data["spell"])

    @callback
    def start(self) -> None:
        """Begin to watch."""
        self._unsubscribe.append(async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._handle_entry))
        if self._selection.has_target:
            self._unsubscribe += [
                self._hass.bus.async_listen(event, self._handle_registry)
                for event in (
                    er.EVENT_ENTITY_REGISTRY_UPDATED,
                    dr.EVENT_DEVICE_REGISTRY_UPDATED,
                    ar.EVENT_AREA_REGISTRY_UPDATED,
                )
            ]
        for entry in self._selection.entries():
            self._follow(entry)
        self.look()

    @callback
    def stop(self) -> None:
        """Watch no longer."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        for _, unsubscribe in self._followed.values():
            unsubscribe()
        self._unsubscribe.clear()
        self._followed.clear()
        self._plan_look(None)

    @callback
    def _handle_entry(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain != DOMAIN or (
            entry not in self._selection.entries() and change is not ConfigEntryChange.REMOVED
        ):
            return
        if change is ConfigEntryChange.REMOVED:
            self._forget(lambda subject: subject.entry_id == entry.entry_id)
        self._follow(entry)
        self.look()

    @callback
    def _handle_registry(self, _: Event[Any]) -> None:
        self._selection.forget_target()

    @callback
    def _follow(self, entry: NezhaConfigEntry) -> None:
        """Listen to the coordinator that an entry has now, if any."""
        coordinator = entry.runtime_data if entry.state is ConfigEntryState.LOADED else None
        followed = self._followed.get(entry.entry_id)
        if followed and followed[0] is coordinator:
            return
        if followed:
            del self._followed[entry.entry_id]
            followed[1]()
        if coordinator:
            self._followed[entry.entry_id] = coordinator, coordinator.async_add_listener(self._handle_update)

    @callback
    def _handle_update(self) -> None:
        """Look when the entities of this update have written their states: an action may ask for them."""
        self._plan_look(0)

    @callback
    def _plan_look(self, seconds: float | None) -> None:
        """Look again after some seconds, or no more, and not when it was planned before."""
        if self._next_look:
            self._next_look()
        self._next_look = None
        if seconds is not None:
            job = HassJob(self._handle_next_look, "nezha look", cancel_on_shutdown=True)
            self._next_look = async_call_later(self._hass, seconds, job)

    @callback
    def _handle_next_look(self, _: datetime) -> None:
        self._next_look = None
        self.look()

    @callback
    def look(self) -> None:
        """See what is so now, and report what has become so since the last look."""
        now = dt_util.utcnow().timestamp()
        seen: set[Subject] = set()
        happenings: list[Happening] = []
        for entry in self._selection.entries():
            for subject, reading in self._selection.readings(entry):
                seen.add(subject)
                if happening := self._take(subject, reading, now):
                    happenings.append(happening)
            self._forget_unselected(entry)
        for subject, spell in self.spells.items():
            spell.known = subject in seen
        self._seconds_left = None
        happenings += self._due(now)
        self._plan_look(self._seconds_left)
        if happenings:
            self.on_remembered()
            self._report(happenings)

    def _forget_unselected(self, entry: NezhaConfigEntry) -> None:
        """Forget what is no longer meant: a server of another group, of a disabled device, or whose device is gone."""
        if entry.state is not ConfigEntryState.LOADED:
            return
        coordinator = entry.runtime_data
        selected = set(self._selection.keys(entry))
        self._forget(
            lambda subject: (
                subject.entry_id == entry.entry_id
                and subject.key not in selected
                and (
                    subject.key in coordinator.data
                    or subject.key in coordinator.services
                    or subject.key in coordinator.devices.removed
                )
            )
        )

    def _forget(self, is_meant: Callable[[Subject], bool]) -> None:
        for subject in [subject for subject in self.spells if is_meant(subject)]:
            del self.spells[subject]

    @abstractmethod
    def _take(self, subject: Subject, reading: Reading, now: float) -> Happening | None:
        """Take what is so of a subject; return what happened with that."""

    def _due(self, now: float) -> Collection[Happening]:
        """Return what happens by time alone."""
        return ()


class Changes(Watch):
    """Watches for values that are not what they were."""

    @override
    def _take(self, subject: Subject, reading: Reading, now: float) -> Happening | None:
        spell = self.spells.get(subject)
        if spell and spell.value == reading.value:
            return None
        self.spells[subject] = Spell(
            value=reading.value, matches=True, since=reading.since or now, began=now, done=True
        )
        self.on_remembered()
        if spell is None:
            return None
        return Happening(
            subject=subject, old=spell.value, new=reading.value, since=reading.since or now, old_began=spell.began
        )


class States(Watch):
    """Watches for values that match, each by itself, or the first or all of them together, for a time."""

    def __init__(
        self,
        hass: HomeAssistant,
        selection: Selection,
        report: Callable[[list[Happening]], None],
        *,
        matches: Callable[[Value], bool | None],
        duration: timedelta | None = None,
        behavior: str = BEHAVIOR_EACH,
    ) -> None:
        """Prepare. `matches` says `None` where that cannot be said, as where a threshold's entity shows no number."""
        super().__init__(hass, selection, report)
        self._matches = matches
        self._duration = (duration or _NO_TIME).total_seconds()
        self._behavior = behavior
        self._together: Spell | None = None
        """What is so of all subjects as one."""

    @override
    def dump(self) -> Record:
        together = [{"subject": None, "spell": asdict(self._together)}] if self._together else []
        return super().dump() + together

    @override
    def restore(self, record: Record) -> None:
        super().restore([data for data in record if data["subject"]])
        for data in record:
            if not data["subject"]:
                self._together = Spell.from_dict(data["spell"])

    def lasts(self, subject: Subject, now: float) -> bool:
        """Return whether a subject matches, and has done so for long enough."""
        spell = self.spells.get(subject)
        return spell is not None and spell.known and spell.matches and now - spell.began >= self._duration

    @override
    def _take(self, subject: Subject, reading: Reading, now: float) -> Happening | None:
        matches = self._matches(reading.value)
        if matches is None:
            return None
        spell = self.spells.get(subject)
        if spell is None:
            began = min(reading.since or now, now)
            self.spells[subject] = Spell(
                value=reading.value, matches=matches, since=reading.since, began=began, done=True
            )
            self.on_remembered()
        elif spell.matches != matches:
            self.spells[subject] = Spell(
                value=reading.value,
                matches=matches,
                since=reading.since or now,
                began=now,
                done=not matches,
                old=spell.value,
                old_began=spell.began,
            )
            self.on_remembered()
        else:
            spell.value = reading.value
            if not spell.known and not self._selection.meaning.lasts:
                # Nobody knows what it was meanwhile.
                spell.began = now
        return None

    @override
    def _due(self, now: float) -> Collection[Happening]:
        if self._behavior != BEHAVIOR_EACH:
            return self._due_together(now)
        due = []
        for subject, spell in self.spells.items():
            if self._is_due(spell, now):
                spell.done = True
                due.append(spell.as_happening(subject))
        return due

    def _is_due(self, spell: Spell, now: float) -> bool:
        """Return whether a spell is to be reported now; look again when it is to be."""
        if spell.done or not spell.matches or not spell.known:
            return False
        left = spell.began + self._duration - now
        if left > 0:
            self._seconds_left = left if self._seconds_left is None else min(left, self._seconds_left)
        return left <= 0

    def _due_together(self, now: float) -> Collection[Happening]:
        lasts = self._selection.meaning.lasts
        counted = {subject: spell for subject, spell in self.spells.items() if spell.known or lasts}
        if not counted:
            return ()
        matching = {subject: spell for subject, spell in counted.items() if spell.matches}
        matches = bool(matching) if self._behavior == BEHAVIOR_FIRST else len(matching) == len(counted)
        if self._together is None:
            self._together = Spell(value=matches, matches=matches, since=None, began=now, done=True)
        elif self._together.matches != matches:
            self._together = Spell(value=matches, matches=matches, since=now, began=now, done=not matches)
            self.on_remembered()
        self._together.known = any(spell.known for spell in matching.values())
        if not self._is_due(self._together, now):
            return ()
        self._together.done = True
        return [spell.as_happening(subject) for subject, spell in matching.items()]
