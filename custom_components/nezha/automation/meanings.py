"""What triggers and conditions look at: each meaning is read from what a dashboard reported, not from entities.

An entity shows nothing while its dashboard is unreachable, so a change that happened meanwhile would go by unseen.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
import re
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.util import dt as dt_util

from ..api import Billing, TrafficCycle
from ..figures import cycle_share, days_left, disk_share, is_up, memory_share
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaConfigEntry

CONF_AVERAGE: Final = "average"
"""The minutes over which a load is averaged, as text."""

type Value = bool | int | float | str
type Details = dict[str, Any]


class Kind(StrEnum):
    """What something is said about."""

    SERVER = "server"
    SERVICE = "service"
    DASHBOARD = "dashboard"


@dataclass(frozen=True, slots=True)
class Subject:
    """A server, service or dashboard, or a part of one."""

    entry_id: str
    key: str = ""
    """A server's identity or a service's key; empty for the dashboard."""
    part: str = ""
    """A traffic rule's number, or which address; empty where there is one of its kind."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is so now."""

    value: Value
    since: float | None = None
    """Unix seconds, where the dashboard says; `None` where only watching can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Something that can be so or not, or that can change."""

    kind: Kind
    entities: re.Pattern[str]
    """The keys of the entities by which a user picks it. A group `part` names the part."""
    read: Callable[[NezhaConfigEntry, Subject], Reading | None]
    """Return what is so, or `None` where that is not known."""
    parts: Callable[[NezhaConfigEntry, str, Mapping[str, Any]], Collection[str]] = lambda *_: ("",)
    """The parts that a thing has, given the options."""
    details: Callable[[NezhaConfigEntry, Subject], Details] = lambda *_: {}
    """What else a run is given."""
    show: Callable[[Value], Any] = lambda value: value
    """How a value is given to a run."""
    lasts: bool = False
    """Whether what was known stays so while nothing is known. A measurement does not."""


def is_answering(entry: NezhaConfigEntry) -> bool:
    """Return whether the newest request to a dashboard succeeded."""
    return entry.state is ConfigEntryState.LOADED and entry.runtime_data.last_update_success


def known_server(entry: NezhaConfigEntry, identity: str) -> KnownServer | None:
    """Return a server, while the dashboard answers and lists it."""
    return entry.runtime_data.data.get(identity) if is_answering(entry) else None


def _of_server(
    value_fn: Callable[[KnownServer], Value | None], since_fn: Callable[[KnownServer], float | None] = lambda _: None
) -> Callable[[NezhaConfigEntry, Subject], Reading | None]:
    def read(entry: NezhaConfigEntry, subject: Subject) -> Reading | None:
        known = known_server(entry, subject.key)
        value = None if known is None else value_fn(known)
        return None if known is None or value is None else Reading(value, since_fn(known))

    return read


def _measured(value_fn: Callable[[KnownServer], float | None]) -> Callable[[NezhaConfigEntry, Subject], Reading | None]:
    """Read what is measured only while a server is online."""
    return _of_server(lambda known: value_fn(known) if known.online and known.state else None)


def _read_load(entry: NezhaConfigEntry, subject: Subject) -> Reading | None:
    known = known_server(entry, subject.key)
    if known is None or not known.online or known.state is None:
        return None
    loads = {"1": known.state.load_1, "5": known.state.load_5, "15": known.state.load_15}
    load = loads[subject.part]
    return None if load is None else Reading(load)


def _used(entry: NezhaConfigEntry, subject: Subject) -> tuple[TrafficCycle, int] | None:
    """Return a rule's cycle, and the bytes that a server has used of it."""
    known = known_server(entry, subject.key)
    cycle = entry.runtime_data.cycles.get(int(subject.part)) if known else None
    used = cycle.used.get(known.server.number) if known and cycle else None
    return None if cycle is None or used is None else (cycle, used)


def _read_traffic(entry: NezhaConfigEntry, subject: Subject) -> Reading | None:
    found = _used(entry, subject)
    percent = cycle_share(*found) if found else None
    return None if percent is None else Reading(percent)


def _rules(entry: NezhaConfigEntry, identity: str, _: Mapping[str, Any]) -> Collection[str]:
    return [str(cycle.number) for cycle in entry.runtime_data.counted.get(identity, ()) if cycle.limit]


def _traffic_details(entry: NezhaConfigEntry, subject: Subject) -> Details:
    if (found := _used(entry, subject)) is None:
        return {}
    cycle, used = found
    return {
        "rule": cycle.name,
        "used": used,
        "limit": cycle.limit,
        "resets": dt_util.as_local(cycle.end) if cycle.end else None,
    }


def _billing(known: KnownServer | None) -> Billing | None:
    return known.server.public_note.billing if known else None


def _days_left(known: KnownServer) -> int | None:
    billing = _billing(known)
    return days_left(billing, dt_util.now()) if billing else None


def _billing_details(entry: NezhaConfigEntry, subject: Subject) -> Details:
    if (billing := _billing(known_server(entry, subject.key))) is None:
        return {}
    expiry = billing.expiry(dt_util.now())
    return {
        "expires": dt_util.as_local(expiry) if expiry else None,
        "renews_itself": billing.auto_renewal,
        "price": billing.amount or None,
    }


def _address(entry: NezhaConfigEntry, subject: Subject) -> Reading | None:
    known = known_server(entry, subject.key)
    address = getattr(known.server, subject.part) if known else ""
    return Reading(address) if address else None


def _read_service(entry: NezhaConfigEntry, subject: Subject) -> Reading | None:
    service = entry.runtime_data.services.get(subject.key) if is_answering(entry) else None
    up = is_up(service) if service else None
    return None if up is None else Reading(up)


def _read_dashboard(entry: NezhaConfigEntry, _: Subject) -> Reading | None:
    """Return whether a dashboard answers. An entry that cannot be set up for now is tried again as one that is polled."""
    match entry.state:
        case ConfigEntryState.LOADED:
            return Reading(entry.runtime_data.last_update_success)
        case ConfigEntryState.SETUP_RETRY:
            return Reading(value=False)
        case _:
            return None


def _moment(seconds: Value) -> datetime:
    return dt_util.as_local(datetime.fromtimestamp(float(seconds), UTC))


ONLINE = Meaning(
    kind=Kind.SERVER,
    entities=re.compile("online"),
    read=_of_server(
        lambda known: known.online,
        lambda known: None if known.online else known.memory.last_active,
    ),
    lasts=True,
)
CPU = Meaning(
    kind=Kind.SERVER,
    entities=re.compile("cpu"),
    read=_measured(lambda known: known.state.cpu if known.state else None),
)
MEMORY = Meaning(
    kind=Kind.SERVER,
    entities=re.compile("memory"),
    read=_measured(lambda known: memory_share(known.state, known.host) if known.state else None),
)
DISK = Meaning(
    kind=Kind.SERVER,
    entities=re.compile("disk"),
    read=_measured(lambda known: disk_share(known.state, known.host) if known.state else None),
)
LOAD = Meaning(
    kind=Kind.SERVER,
    entities=re.compile(r"load_(?P<part>1|5|15)"),
    read=_read_load,
    parts=lambda _entry, _key, options: (options[CONF_AVERAGE],),
)
TRAFFIC = Meaning(
    kind=Kind.SERVER,
    entities=re.compile(r"cycle_(?P<part>\d+)_used_share"),
    read=_read_traffic,
    parts=_rules,
    details=_traffic_details,
    lasts=True,
)
DAYS_LEFT = Meaning(
    kind=Kind.SERVER,
    entities=re.compile("expiry|days_left"),
    read=_of_server(_days_left),
    details=_billing_details,
    lasts=True,
)
BOOT_TIME = Meaning(
    kind=Kind.SERVER,
    entities=re.compile("online|changes|boot_time"),
    # A boot time that is put right is of the same boot.
    read=_of_server(lambda known: known.memory.last_reset, lambda known: known.memory.last_reset),
    show=_moment,
)
ADDRESS = Meaning(
    kind=Kind.SERVER,
    entities=re.compile("online|changes|(?P<part>ipv4|ipv6)"),
    read=_address,
    parts=lambda *_: ("ipv4", "ipv6"),
    details=lambda _, subject: {"address": subject.part},
)
AGENT_VERSION = Meaning(
    kind=Kind.SERVER,
    entities=re.compile("online|changes|agent_version"),
    read=_of_server(lambda known: (known.host.agent_version or None) if known.host else None),
)
UP = Meaning(kind=Kind.SERVICE, entities=re.compile("up"), read=_read_service, lasts=True)
REACHABLE = Meaning(kind=Kind.DASHBOARD, entities=re.compile("dashboard"), read=_read_dashboard, lasts=True)
