"""What v1 and v2 send, decoded into models. Fields of value 0 are absent."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from itertools import islice
from typing import Any

from .decode import (
    Decoded,
    Fields,
    Kept,
    MalformedError,
    as_amount,
    as_boot_time,
    as_country,
    as_flag,
    as_list,
    as_load,
    as_moment,
    as_moment_in_seconds,
    as_name,
    as_object,
    as_percentage,
    as_speed,
    as_total,
    as_uint,
    as_uptime,
)
from .errors import ProtocolError
from .limits import (
    LAST_SECOND,
    MOST_ALERT_RULES,
    MOST_CARDS,
    MOST_CYCLES,
    MOST_CYCLES_OF_SERVER,
    MOST_DAYS,
    MOST_ELEMENTS,
    MOST_GROUPS,
    MOST_GROUPS_OF_SERVER,
    MOST_MEMBERS,
    MOST_PROCESSORS,
    MOST_SERVICES,
    MOST_TASKS,
)
from .models import (
    UNKNOWN_HOST,
    Alert,
    AlertKind,
    Frame,
    Host,
    Kind,
    Report,
    Server,
    Service,
    State,
    Task,
    TrafficCycle,
    Unreadable,
    unreadable_servers,
)
from .parts import NoServerError, in_batches, number_of, read_temperatures, read_used, unless_blank
from .public_note import parse_public_note

_MOST_DIGITS = 20
"""Of a number of 64 bits."""
_EMPTY_HOST = dict.fromkeys(("mem_total", "disk_total", "swap_total"), 0)
_EMPTY_STATE = dict.fromkeys(
    (
        "cpu",
        "mem_used",
        "swap_used",
        "disk_used",
        "net_in_transfer",
        "net_out_transfer",
        "net_in_speed",
        "net_out_speed",
        "load_1",
        "load_5",
        "load_15",
        "tcp_conn_count",
        "udp_conn_count",
        "process_count",
    ),
    0,
)
_EMPTY_TEMPERATURE = {"Name": "", "Temperature": 0}
_EMPTY_SERVICE = {"current_up": 0, "current_down": 0}
_EMPTY_CYCLE = {"max": 0}
_EMPTY_TASK = {"last_result": False}


@dataclass(frozen=True, slots=True)
class Things[T]:
    """The services, traffic cycles or tasks of an answer."""

    by_number: Mapping[int, T]
    unreadable: tuple[Unreadable, ...] = ()


def _things[T](
    kind: Kind,
    entries: Sequence[tuple[object, object]],
    decode: Callable[[int, Fields], tuple[str, T | None]],
    most: int,
) -> Things[T]:
    """Decode the first that have a number, given with them; what has none is left out.

    `decode` returns name and thing; `None` leaves out what lacks something else that it is known by.
    """
    by_number: dict[int, T] = {}
    unreadable: list[Unreadable] = []
    if len(entries) > most:
        unreadable.append(Unreadable(kind=kind, number=None, name="", fields=(f"{len(entries)} are too many",)))
    for called, value in entries[:most]:
        try:
            number, fields = as_uint(called), Fields(as_object(value))
        except MalformedError as err:
            unreadable.append(Unreadable(kind=kind, number=None, name="", fields=(str(err),)))
            continue
        name, thing = decode(number, fields)
        if thing is not None:
            by_number[number] = thing
        if fields.unreadable:
            unreadable.append(Unreadable(kind=kind, number=number, name=name, fields=tuple(fields.unreadable)))
    return Things(by_number, tuple(unreadable))


def _listed(data: object) -> list[tuple[object, object]]:
    """Return the elements of a list with their numbers."""
    return [(item.get("id") if isinstance(item, dict) else item, item) for item in as_list(data)]


def _keyed(data: object) -> list[tuple[object, object]]:
    """Return the values of an object with the numbers that are its keys."""
    return [(_number_of(key), value) for key, value in as_object(data).items()]


def _number_of(key: str) -> int | str:
    """Return the number that a JSON object has as key."""
    return int(key) if key.isdecimal() and len(key) <= _MOST_DIGITS else key


class _Room:
    """How much of what servers have in groups, or in cycles, is still read of an answer."""

    def __init__(self) -> None:
        self._left = MOST_MEMBERS

    def take(self, wanted: int) -> int:
        """Return how many of these are read."""
        taken = min(wanted, self._left)
        self._left -= taken
        return taken


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    members: tuple[int, ...]


def decode_groups(data: object) -> Things[tuple[str, ...]]:
    """Turn the groups' lists of servers round: the groups by server, in the dashboard's order of groups.

    Raises `MalformedError` where it is no list.
    """

    room = _Room()

    def decode(number: int, fields: Fields) -> tuple[str, _Group]:
        name = fields.within("group").text("name")
        members = fields.each("servers", as_uint, room.take(len(fields.items("servers"))))
        return name, _Group(name, tuple(member for member in members if member is not None))

    def called(item: object) -> object:
        group = item.get("group") if isinstance(item, dict) else item
        return group.get("id") if isinstance(group, dict) else group

    groups = _things(Kind.GROUP, [(called(item), item) for item in as_list(data)], decode, MOST_GROUPS)
    by_server: dict[int, tuple[str, ...]] = {}
    for group in groups.by_number.values():
        for member in group.members:
            known = by_server.get(member, ())
            if group.name and len(known) < MOST_GROUPS_OF_SERVER:
                by_server[member] = (*known, group.name)
    return Things(by_server, groups.unreadable)


@dataclass(frozen=True, slots=True)
class Listed:
    """The servers of a list by identity, the lines that name those left out, and what of the others is unreadable."""

    servers: Mapping[str, Server]
    omitted: tuple[str, ...]
    unreadable: tuple[Unreadable, ...]


class ServersDecoder:
    """Decodes the lists of `/api/v1/server`, one answer after the other."""

    def __init__(self, time_zone: tzinfo = UTC) -> None:
        """Keep nothing yet. Dates in notes that have no offset are days in `time_zone`."""
        self._listed: object = None
        self._groups: object = None
        self._decoded = Listed({}, (), ())
        self._servers = Kept(self._decode)
        self._hosts = Kept(_decode_host)
        self._notes = Kept(partial(parse_public_note, time_zone=time_zone))

    async def __call__(self, listed: list[Any], groups: Mapping[int, tuple[str, ...]]) -> Listed:
        """Decode all servers; one without number or uuid is left out and named. The same objects give the same again."""
        if self._listed is listed and self._groups is groups:
            return self._decoded
        servers: dict[str, Server] = {}
        omitted: dict[str, None] = {}
        async for item in in_batches(listed):
            try:
                number = number_of(item)
                server = self._servers(number, item, groups.get(number, ()))
            except NoServerError as err:
                omitted[str(err)] = None
                continue
            if server.identity in servers:
                omitted[f"server {server.number}: its uuid is taken by another one"] = None
                continue
            servers[server.identity] = server
        numbers = {server.number for server in servers.values()}
        for kept in (self._servers, self._hosts, self._notes):
            kept.forget_all_but(numbers)
        self._listed, self._groups = listed, groups
        self._decoded = Listed(servers, tuple(omitted), unreadable_servers(servers.values()))
        return self._decoded

    def _decode(self, item: Mapping[str, Any], groups: tuple[str, ...]) -> Server:
        """Decode an element of the list."""
        fields = Fields(item)
        number = number_of(item)
        # No identity has what keys are joined with: whatever an agent calls itself, no key is that of something else.
        if not (identity := fields.text("uuid").replace("_", "-")):
            raise NoServerError(f"server {number}: uuid is {type(item.get('uuid') or None).__name__}")
        geoip = fields.within("geoip")
        addresses = geoip.within("ip")
        host = self._hosts(number, fields.read("host", as_object) or {})
        state = _decode_state(fields.read("state", as_object) or {}, host.value or UNKNOWN_HOST)
        return Server(
            identity=identity,
            number=number,
            name=fields.text("name"),
            groups=groups,
            ipv4=addresses.text("ipv4_addr"),
            ipv6=addresses.text("ipv6_addr"),
            country=geoip.text("country_code", as_country),
            last_active=fields.read("last_active", as_moment_in_seconds),
            host=host.value,
            state=state.value,
            public_note=self._notes(number, fields.read("public_note", _as_note) or ""),
            unreadable=(*fields.unreadable, *state.unreadable, *host.unreadable),
        )


def _as_note(value: object) -> str:
    """Return a note as it is written."""
    if not isinstance(value, str):
        raise MalformedError(value)
    return value


def _decode_host(source: Mapping[str, Any]) -> Decoded[Host | None]:
    """Decode `host`."""
    fields = Fields({**_EMPTY_HOST, **source}, path="host.")
    host = Host(
        platform=fields.text("platform"),
        platform_version=fields.text("platform_version", as_name),
        cpu=fields.texts("cpu", MOST_PROCESSORS),
        gpu=fields.texts("gpu", MOST_CARDS, as_name),
        memory_total=fields.read("mem_total", as_total),
        disk_total=fields.read("disk_total", as_total),
        swap_total=fields.read("swap_total", as_uint),
        arch=fields.text("arch"),
        virtualization=fields.text("virtualization"),
        boot_time=fields.read("boot_time", as_boot_time),
        agent_version=fields.text("version", as_name),
    )
    return unless_blank(host, fields, has_zeros=False)


def _decode_state(source: Mapping[str, Any], host: Host) -> Decoded[State | None]:
    """Decode `state`."""
    fields = Fields({**_EMPTY_STATE, **source}, path="state.")
    return unless_blank(
        State(
            cpu=fields.read("cpu", as_percentage),
            memory_used=read_used(fields, "mem_used", host.memory_total),
            swap_used=read_used(fields, "swap_used", host.swap_total),
            disk_used=read_used(fields, "disk_used", host.disk_total),
            net_in_transfer=fields.read("net_in_transfer", as_uint),
            net_out_transfer=fields.read("net_out_transfer", as_uint),
            net_in_speed=fields.read("net_in_speed", as_speed),
            net_out_speed=fields.read("net_out_speed", as_speed),
            uptime=fields.read("uptime", as_uptime),
            load_1=fields.read("load_1", as_load),
            load_5=fields.read("load_5", as_load),
            load_15=fields.read("load_15", as_load),
            tcp_connections=fields.read("tcp_conn_count", as_uint),
            udp_connections=fields.read("udp_conn_count", as_uint),
            processes=fields.read("process_count", as_uint),
            temperatures=read_temperatures(fields, "temperatures", _EMPTY_TEMPERATURE),
            gpu=fields.each("gpu", as_percentage, MOST_CARDS),
        ),
        fields,
        has_zeros=False,
    )


class FrameDecoder:
    """Decodes the frames of a WebSocket, one after the other."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._hosts = Kept(_decode_host)
        self._reports = Kept(self._decode)

    async def __call__(self, value: object) -> Frame:
        """Decode a frame. A server in it without a number is left out: the list will tell. Raises `ProtocolError`."""
        try:
            frame = as_object(value)
            listed = [] if frame.get("servers") is None else as_list(frame["servers"])
        except MalformedError as err:
            raise ProtocolError(f"no frame: {err}") from err
        reports: dict[int, Report] = {}
        if len(listed) > MOST_ELEMENTS:
            raise ProtocolError(f"the frame has {len(listed)} servers")
        async for item in in_batches(listed):
            with suppress(NoServerError):
                number = number_of(item)
                reports[number] = self._reports(number, number, item)
        for kept in (self._reports, self._hosts):
            kept.forget_all_but(reports.keys())
        now = Fields(frame).read("now", _as_milliseconds)
        if now is None and not reports:
            raise ProtocolError("no frame: it tells neither the time nor of a server")
        return Frame(now=now, reports=reports)

    def _decode(self, number: int, item: Mapping[str, Any]) -> Report:
        fields = Fields(item)
        host = self._hosts(number, fields.read("host", as_object) or {})
        state = _decode_state(fields.read("state", as_object) or {}, host.value or UNKNOWN_HOST)
        return Report(
            last_active=fields.read("last_active", as_moment_in_seconds),
            boot_time=host.value.boot_time if host.value else None,
            state=state.value,
            unreadable=(*fields.unreadable, *state.unreadable, *host.unreadable),
        )


def _as_milliseconds(value: object) -> int:
    """Return the whole unix seconds of milliseconds."""
    if not 0 < (seconds := as_uint(value) // 1_000) <= LAST_SECOND:
        raise MalformedError(value)
    return seconds


def decode_services(data: object) -> Things[Service]:
    """Decode the probes of `/api/v1/service`, an object by number. Raises `MalformedError` where it is none."""
    return _things(Kind.SERVICE, _keyed(data), _decode_service, MOST_SERVICES)


def _decode_service(number: int, fields: Fields) -> tuple[str, Service]:
    fields = fields.with_defaults(_EMPTY_SERVICE)
    # Before v1.0.22 the name is in the service's own settings (recorded exchange `releases/v1.0.0/service.json`).
    name = fields.text("service_name") or fields.within("service").text("name")
    return name, Service(
        number=number,
        name=name,
        current_up=fields.read("current_up", as_uint),
        current_down=fields.read("current_down", as_uint),
        delay=fields.each("delay", as_amount, MOST_DAYS),
        up=fields.each("up", as_uint, MOST_DAYS),
        down=fields.each("down", as_uint, MOST_DAYS),
    )


def decode_cycles(data: object) -> Things[TrafficCycle]:
    """Decode the traffic cycles of `/api/v1/service`, by the rule's number. Raises `MalformedError` as for services."""
    return _things(Kind.CYCLE, sorted(_keyed(data), key=_by_place), _CycleDecoder(), MOST_CYCLES)


def _by_place(entry: tuple[object, object]) -> tuple[bool, object]:
    """Return where a cycle comes: those that are over a bound are the newest, whatever order they are written in."""
    number, _ = entry
    return (False, number) if isinstance(number, int) else (True, 0)


class _CycleDecoder:
    """Decodes the cycles of one answer, as far as there is room for what they count."""

    def __init__(self) -> None:
        self._room = _Room()
        self._counting: Counter[int] = Counter()
        """How many cycles count a server, by its number."""

    def __call__(self, number: int, fields: Fields) -> tuple[str, TrafficCycle]:
        fields = fields.with_defaults(_EMPTY_CYCLE)
        name, used, times = fields.text("name"), self._used(fields), fields.within("next_update")
        return name, TrafficCycle(
            number=number,
            name=name,
            start=fields.read("from", as_moment),
            end=fields.read("to", as_moment),
            limit=fields.read("max", as_uint),
            used=used,
            next_count={server: at for server in used if (at := times.read(str(server), as_moment))},
        )

    def _used(self, fields: Fields) -> dict[int, int | None]:
        transfer = fields.read("transfer", as_object) or {}
        counted = fields.within("transfer")
        used: dict[int, int | None] = {}
        most = self._room.take(len(transfer))
        if most < len(transfer):
            fields.note("transfer")
        for key in islice(transfer, most):
            try:
                server = as_uint(_number_of(key))
            except MalformedError:
                fields.note("transfer")
                continue
            self._counting[server] += 1
            if self._counting[server] > MOST_CYCLES_OF_SERVER:
                fields.note("transfer")
            else:
                used[server] = counted.read(key, as_uint)
        return used


def decode_tasks(data: object) -> Things[Task]:
    """Decode the list of `/api/v1/cron`. Raises `MalformedError` where it is none."""
    return _things(Kind.TASK, _listed(data), _decode_task, MOST_TASKS)


def _decode_task(number: int, fields: Fields) -> tuple[str, Task]:
    fields = fields.with_defaults(_EMPTY_TASK)
    name = fields.text("name")
    return name, Task(
        number=number,
        name=name,
        last_run=fields.read("last_executed_at", as_moment),
        last_result=fields.read("last_result", as_flag),
    )


def decode_alert_rules(data: object) -> Things[Alert]:
    """Decode the list of `/api/v1/alert-rule`, but for rules of which it is unknown when they were created: by that they are known.

    Raises `MalformedError` where it is none.
    """
    decode = partial(_decode_alert, AlertKind.RULE, "enable")
    return _things(Kind.ALERT_RULE, _listed(data), decode, MOST_ALERT_RULES)


def decode_service_alerts(data: object) -> Things[Alert]:
    """Decode the list of `/api/v1/service/list` in the same way; a service that does not notify has no `notify`."""

    def decode(number: int, fields: Fields) -> tuple[str, Alert | None]:
        return _decode_alert(AlertKind.SERVICE, "notify", number, fields.with_defaults({"notify": False}))

    return _things(Kind.SERVICE, _listed(data), decode, MOST_SERVICES)


def _decode_alert(kind: AlertKind, flag: str, number: int, fields: Fields) -> tuple[str, Alert | None]:
    name, created = fields.text("name"), fields.read("created_at", as_moment_in_seconds)
    if created is None:
        return name, None
    return name, Alert(kind=kind, number=number, name=name, enabled=fields.read(flag, as_flag), created=created)
