"""What the run of an automation is given: who, what was, what is, and since when, ready to be put into a message."""

from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .meanings import Kind, Meaning
from .things import describe, entity_of
from .watch import Happening

_PLURAL = {Kind.SERVER: "servers", Kind.SERVICE: "services", Kind.DASHBOARD: "dashboards"}


def payload_of(
    hass: HomeAssistant, meaning: Meaning, happenings: list[Happening], duration: timedelta | None
) -> dict[str, Any]:
    """Return what a run is given of one time: all by name, and the first of them once more by itself."""
    now = dt_util.utcnow()
    items = sorted(
        (_item(hass, meaning, happening, now) for happening in happenings), key=lambda item: item["name"].casefold()
    )
    first = items[0]
    return {
        meaning.kind.value: first,
        _PLURAL[meaning.kind]: items,
        "names": ", ".join(dict.fromkeys(item["name"] for item in items)),
        "old_value": first["old_value"],
        "new_value": first["new_value"],
        "since": first["since"],
        "for": duration,
        **({"entity_id": first["entity_id"]} if first["entity_id"] else {}),
    }


def _item(hass: HomeAssistant, meaning: Meaning, happening: Happening, now: datetime) -> dict[str, Any]:
    subject = happening.subject
    entry = hass.config_entries.async_get_known_entry(subject.entry_id)
    lasted = None if happening.old_began is None else timedelta(seconds=int(now.timestamp() - happening.old_began))
    return {
        **describe(hass, entry, meaning.kind, subject.key),
        "entity_id": entity_of(hass, meaning, subject),
        "old_value": None if happening.old is None else meaning.show(happening.old),
        "new_value": meaning.show(happening.new),
        "since": None if happening.since is None else _local(happening.since),
        "old_value_lasted": lasted,
        **meaning.details(entry, subject),
    }


def _local(seconds: float) -> datetime:
    return dt_util.as_local(datetime.fromtimestamp(seconds, UTC))
