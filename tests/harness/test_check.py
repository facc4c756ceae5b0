"""The demo's check has to find what is wrong, and nothing else."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from harness.check import Comparison, Result, Shown, compare, plant, unexpected_lines
from harness.homeassistant import Entity
from harness.reading import Reading
from harness.rules import server_keys
from harness.wire import servers_v0

NOW = 1_800_000_000
GIB = 2**30
UNITS = {"cpu": "%", "memory": "%", "disk": "%", "swap": "%", "memory_used": "GiB", "disk_used": "GiB"} | dict.fromkeys(
    ("net_in_speed", "net_out_speed"), "kB/s"
)


type Server = dict[str, Any]


def _server(**status: Any) -> Server:
    """Return a server as v0 gives it, with round numbers."""
    return {
        "id": 1,
        "name": "one",
        "last_active": NOW,
        "host": {"MemTotal": 8 * GIB, "DiskTotal": 100 * GIB, "SwapTotal": 0, "BootTime": NOW - 1000, "GPU": None},
        "status": {
            "CPU": 12.34,
            "MemUsed": 2 * GIB,
            "SwapUsed": 0,
            "DiskUsed": 50 * GIB,
            "NetInTransfer": 3 * GIB,
            "NetOutTransfer": GIB,
            "NetInSpeed": 1_500_000,
            "NetOutSpeed": 20_000,
            "Uptime": 1000,
            "Load1": 0.125,
            "Load5": 0.5,
            "Load15": 1,
            "Temperatures": None,
            "GPU": 0,
            **status,
        },
    }


def _never_seen() -> Server:
    """Return a server that never reported."""
    server = _server()
    blank = {
        part: {field: 0 if value else value for field, value in server[part].items()} for part in ("host", "status")
    }
    return {**server, **blank, "last_active": -62_135_596_800}


def _readings(*servers: Server) -> list[Reading]:
    """Return a reading a second, each with one server."""
    return [
        Reading(asked=second - 0.1, at=float(second), now=NOW + second, servers=servers_v0([deepcopy(server)]))
        for second, server in enumerate(servers)
    ]


def _entity(key: str, state: str, server: str | None = "1", unit: str | None = None) -> Entity:
    unit = unit or UNITS.get(key) or ("GiB" if key.endswith("transfer") else "°C" if "temperature" in key else None)
    return Entity(
        entity_id=f"sensor.{server}_{key}",
        server=server,
        key=key,
        device="one" if server else "dashboard",
        enabled=True,
        state=state,
        attributes={"unit_of_measurement": unit} if unit else {},
    )


def _entities(**states: str) -> list[Entity]:
    """Return what Home Assistant shows of the server above, and of its dashboard."""
    shown = {
        "online": "on",
        "boot_time": "2027-01-15T07:43:20+00:00",
        "cpu": "12.3",
        "memory": "25.0",
        "disk": "50.0",
        "memory_used": "2.0",
        "disk_used": "50.0",
        "net_in_speed": "1500.0",
        "net_out_speed": "20.0",
        "net_in_transfer": "3.000000000",
        "net_out_transfer": "1.000000000",
        "load_1": "0.12",
        "load_5": "0.5",
        "load_15": "1",
        "agent": "off",
        **states,
    }
    online = shown["online"] == "on"
    hub = {
        "dashboard": "on",
        "servers": "1",
        "servers_online": str(int(online)),
        "servers_offline": str(int(not online)),
        "net_in_speed": "1500.0" if online else "0",
        "net_out_speed": "20.0" if online else "0",
    }
    return [_entity(key, state) for key, state in shown.items()] + [
        _entity(key, state, server=None) for key, state in hub.items()
    ]


def _compare(entities: list[Entity], readings: list[Reading], **options: float) -> Comparison:
    """Compare after the last but one reading."""
    now = len(readings) - 1.5
    return compare(Shown(entities, now, now), readings, interval=5, live=False, **options)


def _wrong(comparison: Comparison) -> list[str]:
    return [verdict.entity.key for verdict in comparison.verdicts if not verdict.ok]


def test_what_the_dashboard_said_is_right() -> None:
    """Values that are rounded as they are shown are right, and all are compared."""
    comparison = _compare(_entities(), _readings(*[_server()] * 4))
    assert _wrong(comparison) == []
    assert len(comparison.verdicts) == 14 + 6
    assert comparison.missing == comparison.unexpected == []


@pytest.mark.parametrize(
    ("key", "state"),
    [
        ("online", "off"),
        ("boot_time", "2027-01-15T07:41:20+00:00"),
        ("boot_time", "unknown"),
        ("cpu", "12.5"),
        ("cpu", "12.31"),
        ("cpu", "unknown"),
        ("cpu", "unavailable"),
        ("memory", "26.0"),
        ("memory_used", "2.1"),
        ("net_in_transfer", "3.000001"),
        ("net_in_speed", "1500.2"),
        ("load_15", "1.1"),
    ],
)
def test_a_wrong_value_is_found(key: str, state: str) -> None:
    """Each wrong value is found, and it alone."""
    entities = [replace(item, state=state) if item.key == key and item.server else item for item in _entities()]
    assert _wrong(_compare(entities, _readings(*[_server()] * 4))) == [key]


def test_a_wrong_unit_is_found() -> None:
    """A number is only as right as its unit."""
    entities = [replace(item, attributes={}) if item.key == "cpu" else item for item in _entities()]
    assert _wrong(_compare(entities, _readings(*[_server()] * 4))) == ["cpu"]


def test_a_value_between_two_readings_is_right() -> None:
    """A poll may come between two readings, but what it saw is one moment for all values."""
    readings = _readings(
        _server(CPU=10, Load5=1), _server(CPU=20, Load5=2), _server(CPU=30, Load5=3), _server(CPU=40, Load5=4)
    )
    assert _wrong(_compare(_entities(cpu="25.0", load_5="2.5"), readings)) == []
    assert len(_wrong(_compare(_entities(cpu="25.0", load_5="1.5"), readings))) == 1


def test_one_server_may_be_told_of_an_answer_before_another() -> None:
    """A large fleet is told in batches; within one server all values are of one moment."""

    def reading(second: int) -> Reading:
        servers = [{**_server(CPU=10 * second, Load5=second), "id": number} for number in (1, 2)]
        return Reading(asked=second - 0.1, at=float(second), now=NOW + second, servers=servers_v0(servers))

    def shown(first: int, second: int) -> list[Entity]:
        values = ((str(number), poll) for number, poll in ((1, first), (2, second)))
        return [
            _entity(key, str(factor * poll), server=server)
            for server, poll in values
            for key, factor in (("cpu", 10.0), ("load_5", 1.0))
        ]

    readings = [reading(second) for second in range(4)]
    assert _wrong(_compare(shown(2, 1), readings)) == []
    mixed = [*shown(2, 1)[:3], shown(2, 3)[3]]
    assert len(_wrong(_compare(mixed, readings))) == 1


def test_only_the_last_interval_counts() -> None:
    """A value that was right a while ago is not right any more."""
    readings = _readings(*[_server(CPU=90)] * 5, *[_server(CPU=10)] * 12)
    assert _wrong(_compare(_entities(cpu="90.0"), readings)) == ["cpu"]
    assert _wrong(_compare(_entities(cpu="10.0"), readings)) == []


def test_a_machine_may_be_busy() -> None:
    """A poll may then be later than usual, and no later than that."""
    readings = _readings(*[_server(CPU=90)] * 5, *[_server(CPU=10)] * 12)
    assert _wrong(_compare(_entities(cpu="90.0"), readings, lateness=8)) == []
    assert _wrong(_compare(_entities(cpu="90.0"), readings, lateness=4)) == ["cpu"]


def test_a_missing_and_an_unexpected_entity_are_found() -> None:
    """What has to be there follows from the dashboard's data alone."""
    entities = [item for item in _entities() if item.key != "disk"]
    comparison = _compare([*entities, _entity("swap", "0")], _readings(*[_server()] * 4))
    assert comparison.missing == ["disk of server 1"]
    assert comparison.unexpected == ["swap of server 1"]


def test_a_disabled_entity_is_missing() -> None:
    """An entity that is off by default is not shown."""
    entities = [replace(item, enabled=item.key != "disk") for item in _entities()]
    assert _compare(entities, _readings(*[_server()] * 4)).missing == ["disk of server 1"]


def test_an_offline_server_has_no_values() -> None:
    """Values of a server that fell silent would be old; its boot time stays."""
    gone = {**_server(), "last_active": NOW - 60}
    hidden = dict.fromkeys(
        ("cpu", "memory", "disk", "memory_used", "disk_used", "load_1", "load_5", "load_15"), "unavailable"
    )
    hidden |= {f"net_{way}_{what}": "unavailable" for way in ("in", "out") for what in ("speed", "transfer")}
    entities = _entities(online="off", **hidden)
    assert _wrong(_compare(entities, _readings(*[gone] * 4))) == []
    shown = [replace(item, state="12.3") if item.key == "cpu" else item for item in entities]
    assert _wrong(_compare(shown, _readings(*[gone] * 4))) == ["cpu"]


def test_a_server_that_never_reported() -> None:
    """Zeros that nobody reported are no values."""
    hidden = {item.key: "unavailable" for item in _entities() if item.server and item.key != "online"}
    readings = _readings(*[_never_seen()] * 4)

    def wrong(**states: str) -> list[str]:
        shown = _entities(**hidden | {"online": "off"} | states)
        # One that never reported did not go offline.
        shown = [replace(item, state="0") if item.key == "servers_offline" else item for item in shown]
        return _wrong(_compare(shown, readings))

    assert wrong() == []
    assert "cpu" in wrong(cpu="0.0")


def test_blanks_are_no_values() -> None:
    """After a dashboard's restart the last known values stay."""
    blank = {**_never_seen(), "last_active": NOW}
    assert _wrong(_compare(_entities(), _readings(_server(), _server(), blank, blank))) == []


def test_what_is_shown_unasked() -> None:
    """Of graphics cards and temperatures three are shown unasked, the cards first."""
    names = ("a", "a", "b", "c")
    server = _server(Temperatures=[{"Name": name, "Temperature": 40 + i} for i, name in enumerate(names)])
    server["host"] |= {"GPU": ["card"], "SwapTotal": GIB}
    keys = list(server_keys(servers_v0([server])["1"]))
    assert keys[-4:] == ["swap", "gpu_0", "temperature_a", "temperature_a 2"]
    assert len(keys) == 18
    extra = [_entity("swap", "0.0", unit="%"), _entity("gpu_0", "0", unit="%")]
    extra += [_entity("temperature_a", "40.0"), _entity("temperature_a 2", "41.0")]
    assert _wrong(_compare(_entities() + extra, _readings(*[server] * 4))) == []


def test_a_planted_value_is_found() -> None:
    """The falsified value is found, and it alone."""
    readings = _readings(*[_server()] * 4)
    entities, victim = plant(_entities(), readings)
    result = Result(planted=victim)
    result.add(_compare(entities, readings))
    assert [verdict.entity.entity_id for verdict in result.mismatches] == [victim]
    assert "Home Assistant shows 69.8 %, the dashboard said 12.34 %" in str(result.mismatches[0])
    assert "Compared 20 values" in str(result)


def test_what_is_off_in_a_full_fleet_is_not_missing() -> None:
    """Home Assistant has no room for everything of a thousand servers; whether they are online it shows always."""
    entities = _entities()
    off = [replace(entity, enabled=entity.key not in {"online", "load_15"}) for entity in entities]
    crowd = [replace(entities[0], entity_id=f"sensor.x{number}", key=f"x{number}") for number in range(8_000)]
    readings = _readings(*[_server() for _ in range(10)])
    assert _compare(off, readings).missing == ["load_15 of server 1", "online of server 1"]
    assert _compare([*off, *crowd], readings).missing == ["online of server 1"]


def test_what_may_have_stood_between_readings_is_not_called_wrong() -> None:
    """At a thousand servers, on a slow machine, readings may be further apart than an agent's reports."""
    entities = _entities(cpu="12.9")
    dense = _readings(*[_server(CPU=12.34 + (second == 0)) for second in range(20)])
    assert _wrong(_compare(entities, dense)) == ["cpu"]
    sparse = [replace(reading, asked=3 * reading.asked, at=3 * reading.at) for reading in dense]
    comparison = compare(Shown(entities, 55, 55), sparse, interval=5, live=False)
    assert (_wrong(comparison), comparison.blind) == ([], 1)
    result = Result()
    result.add(comparison)
    assert "1 values could not be judged" in str(result)
    beyond = compare(Shown(_entities(cpu="99.0"), 55, 55), sparse, interval=5, live=False)
    assert (_wrong(beyond), beyond.blind) == (["cpu"], 0)


def test_what_the_log_says() -> None:
    no_room, other = "there is no room for all of its 1000 servers: some", "the answer could not be read"
    assert unexpected_lines([no_room, other], entities=9_500) == [other]
    assert unexpected_lines([no_room, other], entities=170) == [no_room, other]
