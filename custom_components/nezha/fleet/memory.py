"""What is remembered of a server, and how it is read back from the file of any release.

A file holds `{"clock": {"offset": seconds}, "servers": {identity: record}}`, and from version 1.3 on beside them what the module
`availability` remembers: `watched`, and `availability` by identity. Files of the first releases were the records
alone, with the boot's fields beside the others; such a record is read as well. Keys that are not known are ignored, missing
ones have their default, and a record that cannot be read is left out, and nothing else with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
import logging
from typing import Any, Self

from ..api import Host
from .availability import Record, Watched
from .boots import Boot
from .limits import LOG_NAMES

_LOGGER = logging.getLogger(__name__)
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999, the last that a date can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What outlives a restart of Home Assistant and of the dashboard, for one server. Times are whole unix seconds."""

    last_active: int | None = None
    """The newest ever seen, by the dashboard's clock."""
    boot: Boot | None = None
    """The accepted one, as its newest report told it."""
    last_reset: int | None = None
    """What its traffic counters count from. It stays the same for as long as the boot does, whatever clock is put right."""
    online: bool = False
    host: Host | None = None
    """The newest that was not blank. A field that it does not tell is unknown, whatever an older one told."""
    listed: int | None = None
    """When it was last on the dashboard's list, by the dashboard's clock; `None` while it is."""

    @property
    def boot_time(self) -> int | None:
        """When the server booted by its own clock, as far as it knows."""
        return self.boot.time if self.boot else None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore from what `asdict` gave, after a way through JSON. Raises `UnreadableError`."""
        boot = data.get("boot")
        if boot is None and data.get("boot_time") is not None:
            boot = _boot_of_first_releases(data)
        restored = None if boot is None else _boot(_mapping(boot))
        reset = _moment(data, "last_reset")
        host = data.get("host")
        return cls(
            last_active=_moment(data, "last_active"),
            boot=restored,
            last_reset=restored.time if reset is None and restored else reset,
            online=data.get("online") is True,
            host=None if host is None else _host(_mapping(host)),
            listed=_moment(data, "listed"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a file holds."""

    servers: Mapping[str, Memory]
    clock_offset: int | None = None
    """Seconds from an answer's `Date` to the dashboard's clock."""
    watched: Watched = field(default_factory=Watched)
    """When anybody looked at all."""
    records: Mapping[str, Record] = field(default_factory=dict)
    """When each server was offline."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore whatever can be read."""
        records = data.get("servers", data)
        clock = data.get("clock")
        servers: dict[str, Memory] = {}
        unreadable: list[str] = []
        for identity, record in records.items() if isinstance(records, Mapping) else ():
            try:
                servers[identity] = Memory.from_dict(_mapping(record))
            except UnreadableError:
                unreadable.append(identity)
        if unreadable:
            _LOGGER.warning(
                "Forgot what cannot be read of %s remembered servers: %s",
                len(unreadable),
                ", ".join(unreadable[:LOG_NAMES]),
            )
        offset = clock.get("offset") if isinstance(clock, Mapping) else None
        availability = data.get("availability") if "servers" in data else None
        return cls(
            servers=servers,
            clock_offset=offset if type(offset) is int else None,
            watched=Watched.from_json(data.get("watched")),
            records={
                identity: Record.from_json(record)
                for identity, record in (availability.items() if isinstance(availability, Mapping) else ())
                if identity in servers
            },
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "clock": {"offset": self.clock_offset},
            "servers": {identity: asdict(memory) for identity, memory in self.servers.items()},
            "watched": asdict(self.watched),
            "availability": {identity: asdict(record) for identity, record in self.records.items()},
        }


class UnreadableError(Exception):
    """A record that is stored is of no use."""


def _boot_of_first_releases(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the boot of a record that had its fields beside the others, and the begin in place of the uptime."""
    started, reported = _number(data, "started"), _number(data, "reported")
    return {
        "time": data["boot_time"],
        "reported": reported,
        "uptime": None if started is None or reported is None else reported - started,
        "net_in_transfer": data.get("net_in_transfer"),
    }


def _boot(data: Mapping[str, Any]) -> Boot:
    return Boot(
        time=_moment(data, "time"),
        **{name: _number(data, name) for name in ("reported", "uptime", "net_in_transfer", "net_out_transfer")},
    )


def _host(data: Mapping[str, Any]) -> Host:
    fields_of_host: dict[str, Any] = {
        field.name: _READERS.get(field.name, _number)(data, field.name) for field in fields(Host)
    }
    return Host(**fields_of_host)


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UnreadableError
    return value


def _number(data: Mapping[str, Any], name: str) -> int | None:
    value = data.get(name)
    if value is not None and type(value) is not int:
        raise UnreadableError(name)
    return value


def _moment(data: Mapping[str, Any], name: str) -> int | None:
    value = _number(data, name)
    if value is not None and not 0 <= value <= _LAST_SECOND:
        raise UnreadableError(name)
    return value


def _text(data: Mapping[str, Any], name: str) -> str:
    if not isinstance(value := data.get(name, ""), str):
        raise UnreadableError(name)
    return value


def _list(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = data.get(name, ())
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise UnreadableError(name)
    return tuple(value)


_READERS: Mapping[str, Callable[[Mapping[str, Any], str], object]] = {
    **dict.fromkeys(("platform", "platform_version", "arch", "virtualization", "agent_version"), _text),
    **dict.fromkeys(("cpu", "gpu"), _list),
}
"""How a field of a host is read that is no number."""
