"""What v1 and v2 send, decoded into models. Fields of value 0 are absent."""

from collections.abc import Callable, Iterable, Mapping
import logging
from typing import Any

from .decode import Kept, MalformedError, amount, count, flag, items, mapping, moment, number, seconds, text, texts
from .errors import ProtocolError
from .models import Frame, Host, Report, Server, Service, State, Task, Temperature, TrafficCycle
from .public_note import parse_public_note

_LOGGER = logging.getLogger(__name__)
_MOST_DIGITS = 20
"""Of a number of 64 bits."""
_EMPTY_HOST = {
    "platform": "",
    "platform_version": "",
    "mem_total": 0,
    "disk_total": 0,
    "swap_total": 0,
    "arch": "",
    "virtualization": "",
    "boot_time": 0,
    "version": "",
}
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
        "uptime",
        "load_1",
        "load_5",
        "load_15",
        "tcp_conn_count",
        "udp_conn_count",
        "process_count",
    ),
    0,
)


def _each[KeyT, T](entries: Iterable[Any], decode: Callable[[Any], tuple[KeyT, T]]) -> dict[KeyT, T]:
    """Decode what can be decoded."""
    decoded = {}
    for entry in entries:
        try:
            key, value = decode(entry)
        except MalformedError as err:
            _LOGGER.debug("Left out of the dashboard's answer: %s", err)
        else:
            decoded[key] = value
    return decoded


def part(source: object, field: str) -> Mapping[str, Any] | None:
    """Return an object within an object, empty where there is none; `None` where the whole cannot be had."""
    if source is None:
        return None
    value = source.get(field) if isinstance(source, dict) else None
    return value if isinstance(value, dict) else {}


def _key(text_of_number: str, field: str) -> int:
    """Return the number that a JSON object has as key."""
    is_number = text_of_number.isdecimal() and len(text_of_number) <= _MOST_DIGITS
    return count({field: int(text_of_number) if is_number else text_of_number}, field)


def groups_by_server(data: object) -> Mapping[int, list[str]]:
    """Turn the groups' lists of servers round; the dashboard's order of groups is kept."""

    def decode(entry: Any) -> tuple[int, tuple[str, list[int]]]:
        group = mapping(_object(entry, "group"), "group")
        members = [count({"servers": member}, "servers") for member in items(entry, "servers")]
        return count(group, "id"), (text(group, "name"), members)

    groups: dict[int, list[str]] = {}
    for name, members in _each(data if isinstance(data, list) else [], decode).values():
        for member in members:
            groups.setdefault(member, []).append(name)
    return groups


def _object(value: Any, field: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MalformedError(field, value)
    return value


class ServersDecoder:
    """Decodes the lists of `/api/v1/server`, one answer after the other."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._servers = Kept(self._decode)
        self._hosts = Kept(_decode_host)
        self._notes = Kept(parse_public_note)

    def __call__(self, listed: list[Any], groups: Mapping[int, list[str]]) -> tuple[dict[str, Server], list[str]]:
        """Decode all servers; one that cannot be read is left out and named."""
        servers: dict[str, Server] = {}
        omitted: list[str] = []
        for item in listed:
            try:
                number_of = count(_object(item, "server"), "id")
                server = self._servers(number_of, item, tuple(groups.get(number_of, ())))
            except MalformedError as err:
                called = item.get("id") if isinstance(item, dict) else None
                omitted.append(f"server {called if isinstance(called, int) else 'without a number'}: {err}")
                continue
            if server.identity in servers:
                omitted.append(f"server {server.number}: its uuid is taken by another one")
                continue
            servers[server.identity] = server
        numbers = {server.number for server in servers.values()}
        for kept in (self._servers, self._hosts, self._notes):
            kept.forget_all_but(numbers)
        return servers, omitted

    def _decode(self, item: Mapping[str, Any], groups: tuple[str, ...]) -> Server:
        """Decode an element of the list."""
        server = {"uuid": "", "public_note": "", "geoip": {}, "host": {}, "state": {}, **item}
        identity = text(server, "uuid")
        if not identity:
            raise MalformedError("uuid", None)
        number_of = count(server, "id")
        geoip = {"ip": {}, "country_code": "", **mapping(server, "geoip")}
        addresses = {"ipv4_addr": "", "ipv6_addr": "", **mapping(geoip, "ip")}
        note = server["public_note"]
        return Server(
            identity=identity,
            number=number_of,
            name=text(server, "name"),
            groups=groups,
            ipv4=text(addresses, "ipv4_addr"),
            ipv6=text(addresses, "ipv6_addr"),
            country=text(geoip, "country_code").upper(),
            last_active=_last_active(server),
            host=self._hosts(number_of, mapping(server, "host")),
            state=_decode_state(mapping(server, "state")),
            public_note=self._notes(number_of, note if isinstance(note, str) else ""),
        )


def _last_active(server: Mapping[str, Any]) -> int | None:
    """Return whole seconds; the year 1 stands for no time."""
    time = moment(server, "last_active")
    return None if time is None else int(time.timestamp())


def _decode_host(host: Mapping[str, Any]) -> Host | None:
    """Decode `host`; without a boot time it is blank."""
    host = {**_EMPTY_HOST, **host}
    if not (boot_time := seconds(host, "boot_time")):
        return None
    return Host(
        platform=text(host, "platform"),
        platform_version=text(host, "platform_version"),
        cpu=texts(host, "cpu"),
        gpu=texts(host, "gpu"),
        memory_total=count(host, "mem_total"),
        disk_total=count(host, "disk_total"),
        swap_total=count(host, "swap_total"),
        arch=text(host, "arch"),
        virtualization=text(host, "virtualization"),
        boot_time=boot_time,
        agent_version=text(host, "version"),
    )


def _decode_state(state: Mapping[str, Any]) -> State | None:
    """Decode `state`; without an uptime it is blank."""
    state = {**_EMPTY_STATE, **state}
    if not (uptime := seconds(state, "uptime")):
        return None
    return State(
        cpu=amount(state, "cpu"),
        memory_used=count(state, "mem_used"),
        swap_used=count(state, "swap_used"),
        disk_used=count(state, "disk_used"),
        net_in_transfer=count(state, "net_in_transfer"),
        net_out_transfer=count(state, "net_out_transfer"),
        net_in_speed=count(state, "net_in_speed"),
        net_out_speed=count(state, "net_out_speed"),
        uptime=uptime,
        load_1=amount(state, "load_1"),
        load_5=amount(state, "load_5"),
        load_15=amount(state, "load_15"),
        tcp_connections=count(state, "tcp_conn_count"),
        udp_connections=count(state, "udp_conn_count"),
        processes=count(state, "process_count"),
        temperatures=tuple(_decode_temperature(item) for item in items(state, "temperatures")),
        gpu=tuple(amount({"gpu": usage}, "gpu") for usage in items(state, "gpu")),
    )


def _decode_temperature(item: Any) -> Temperature:
    """Decode an element of `temperatures`, whose fields have capitals in every generation."""
    temperature = {"Name": "", "Temperature": 0, **_object(item, "temperatures")}
    return Temperature(name=text(temperature, "Name"), celsius=number(temperature, "Temperature"))


class FrameDecoder:
    """Decodes the frames of a WebSocket, one after the other."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._reports = Kept(_decode_report)

    def __call__(self, value: object) -> Frame:
        """Decode a frame. A server in it that cannot be read is left out: the list will tell."""
        try:
            frame = _object(value, "frame")
            now = seconds({"now": count(frame, "now") // 1000}, "now")
            reports = _each(items(frame, "servers"), self._decode)
        except MalformedError as err:
            raise ProtocolError(f"no frame: {err}") from err
        self._reports.forget_all_but(reports.keys())
        return Frame(now=now, reports=reports)

    def _decode(self, item: Any) -> tuple[int, Report]:
        number_of = count(_object(item, "server"), "id")
        return number_of, self._reports(number_of, item)


def _decode_report(item: Mapping[str, Any]) -> Report:
    server = {"host": {}, "state": {}, **item}
    return Report(
        last_active=_last_active(server),
        boot_time=seconds({"boot_time": 0, **mapping(server, "host")}, "boot_time") or None,
        state=_decode_state(mapping(server, "state")),
    )


def decode_services(services: Mapping[str, Any] | None) -> Mapping[int, Service] | None:
    """Decode the probes of `/api/v1/service`, an object by number."""
    return None if services is None else _each(services.items(), _decode_service)


def _decode_service(entry: tuple[str, Any]) -> tuple[int, Service]:
    key, value = entry
    source = {"service_name": "", "current_up": 0, "current_down": 0} | dict(_object(value, "service"))
    service = Service(
        number=_key(key, "service"),
        name=text(source, "service_name"),
        current_up=count(source, "current_up"),
        current_down=count(source, "current_down"),
        delay=tuple(amount({"delay": day}, "delay") for day in items(source, "delay")),
        up=tuple(count({"up": day}, "up") for day in items(source, "up")),
        down=tuple(count({"down": day}, "down") for day in items(source, "down")),
    )
    return service.number, service


def decode_cycles(cycles: Mapping[str, Any] | None) -> Mapping[int, TrafficCycle] | None:
    """Decode the traffic cycles of `/api/v1/service`, an object by the rule's number."""
    return None if cycles is None else _each(cycles.items(), _decode_cycle)


def _decode_cycle(entry: tuple[str, Any]) -> tuple[int, TrafficCycle]:
    key, value = entry
    source = {"name": "", "max": 0, "transfer": {}} | dict(_object(value, "cycle"))
    start, end = moment(source, "from"), moment(source, "to")
    if start is None or end is None:
        raise MalformedError("to", None)
    cycle = TrafficCycle(
        number=_key(key, "cycle"),
        name=text(source, "name"),
        start=start,
        end=end,
        limit=count(source, "max"),
        used={
            _key(server, "transfer"): count({"transfer": used}, "transfer")
            for server, used in (part(source, "transfer") or {}).items()
        },
    )
    return cycle.number, cycle


def decode_tasks(data: object) -> Mapping[int, Task] | None:
    """Decode `/api/v1/cron`."""
    if data is None:
        return None
    return _each(data if isinstance(data, list) else [], _decode_task)


def _decode_task(item: Any) -> tuple[int, Task]:
    source = {"name": "", "last_executed_at": "0001-01-01T00:00:00Z", "last_result": False} | dict(
        _object(item, "task")
    )
    task = Task(
        number=count(source, "id"),
        name=text(source, "name"),
        last_run=moment(source, "last_executed_at"),
        last_result=flag(source, "last_result"),
    )
    return task.number, task
