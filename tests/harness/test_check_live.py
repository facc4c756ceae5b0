"""The demo's check of v1 and v2: what frames tell at once and at their pace, and what only these generations know."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.check import Comparison, Shown, compare
from harness.homeassistant import Entity
from harness.reading import Reading
from harness.wire import servers_v1, services_v1

NOW = 1_800_000_000
BOOT = NOW - 1000
GIB = 2**30
ZERO_TIME = "0001-01-01T00:00:00Z"
RESET = "2027-02-01T00:00:00+00:00"
NOTE = '{"billingDataMod": {"endDate": "2026-12-31T00:00:00Z", "autoRenewal": 1, "cycle": "Month", "amount": "5€"}}'
UNITS = {
    **dict.fromkeys(("memory_used", "disk_used", "net_in_transfer", "net_out_transfer"), "GiB"),
    **dict.fromkeys(("cycle_7_total", "cycle_8_total"), "GiB"),
    **dict.fromkeys(("cpu", "memory", "disk", "availability_today", "availability_30_days"), "%"),
    **dict.fromkeys(("gpu_0", "gpu_1", "cycle_7_used_share"), "%"),
    **dict.fromkeys(("net_in_speed", "net_out_speed"), "kB/s"),
    "temperature_a": "°C",
    "latency": "ms",
}
SHOWN = {
    "online": "on",
    "boot_time": datetime.fromtimestamp(BOOT, UTC).isoformat(),
    "cpu": "12.3",
    "memory": "25.0",
    "disk": "50.0",
    "memory_used": "2.0",
    "disk_used": "50.0",
    "net_in_speed": "1500.0",
    "net_out_speed": "0.0",
    "net_in_transfer": "3.0",
    "net_out_transfer": "0.0",
    "load_1": "0.5",
    "load_5": "0.0",
    "load_15": "0.0",
    "gpu_0": "33.3",
    "gpu_1": "0.0",
    "temperature_a": "40.0",
    "cycle_7_used_share": "25.0",
    "cycle_7_reset": RESET,
    "cycle_8_reset": RESET,
    "expiry": "2027-01-31T00:00:00+00:00",
    "changes": "unknown",
    "agent": "off",
}
SERVICE = {
    "up": "on",
    "latency_now": "unknown",
    "latency": "20.5",
    "availability_today": "90.0",
    "availability_30_days": "95.0",
}
HUB = {
    "dashboard": "on",
    "servers": "1",
    "servers_online": "1",
    "servers_offline": "0",
    "net_in_speed": "1500.0",
    "net_out_speed": "0.0",
    "renewals": "off",
    "task_4": "unknown",
    "due": "1",
    "cycle_7_total": "1.5",
    "cycle_8_total": "0.0",
}
MEASURED = [key for key, unit in UNITS.items() if unit and key in SHOWN and "cycle" not in key] + [
    "load_1",
    "load_5",
    "load_15",
]


def _reading(second: int, *, silent_since: int | None = None, **changes: Any) -> Reading:
    """Return a reading with one server and one service; what is 0 is absent from the JSON, as on the wire."""
    state = {
        "cpu": 12.34,
        "mem_used": 2 * GIB,
        "disk_used": 50 * GIB,
        "net_in_transfer": 3 * GIB,
        "net_in_speed": 1_500_000,
        "uptime": 1000,
        "load_1": 0.5,
        "gpu": [33.3, 0],
        "temperatures": [{"Name": "a", "Temperature": 40}],
    }
    active = NOW + (second if silent_since is None else silent_since)
    server = {
        "id": 1,
        "uuid": "u",
        "public_note": NOTE,
        "host": {"mem_total": 8 * GIB, "disk_total": 100 * GIB, "boot_time": BOOT},
        "state": state,
        "last_active": datetime.fromtimestamp(active, UTC).isoformat(),
        **changes,
    }
    probes = {
        "services": {
            "3": {
                "current_up": 9,
                "current_down": 1,
                "delay": [10, 20.5],
                "up": [100, 90],
                "down": [0, 10],
            }
        },
        "cycle_transfer_stats": {
            "7": {"max": 6 * GIB, "to": RESET, "transfer": {"1": 3 * GIB // 2}},
            "8": {"max": 0, "to": RESET, "transfer": {"1": 5}},
            "9": {"max": 400, "to": RESET, "transfer": {"2": 5}},
        },
    }
    return Reading(
        asked=second - 0.1,
        at=float(second),
        now=NOW + second,
        servers=servers_v1([server], probes),
        services=services_v1(probes),
        tasks=frozenset({"4"}),
    )


def _entities(
    states: Mapping[str, str] | None = None,
    *,
    service: Mapping[str, str] | None = None,
    hub: Mapping[str, str] | None = None,
) -> list[Entity]:
    """Return what Home Assistant shows of the reading above."""

    def entity(key: str, state: str, **place: str) -> Entity:
        unit = UNITS.get(key)
        return Entity(
            entity_id=f"sensor.{'_'.join(place.values())}_{key}",
            key=key,
            device="a device",
            enabled=True,
            state=state,
            attributes={"unit_of_measurement": unit} if unit else {},
            **place,
        )

    return [
        *(entity(key, state, server="u") for key, state in {**SHOWN, **(states or {})}.items()),
        *(entity(key, state, service="3") for key, state in {**SERVICE, **(service or {})}.items()),
        *(entity(key, state) for key, state in {**HUB, **(hub or {})}.items()),
    ]


def _compare(entities: list[Entity], readings: list[Reading]) -> Comparison:
    now = len(readings) - 1.5
    return compare(Shown(entities, now, now), readings, interval=5, live=True)


def _wrong(comparison: Comparison) -> list[str]:
    return [verdict.entity.key for verdict in comparison.verdicts if not verdict.ok]


def test_what_the_dashboard_said_is_right() -> None:
    """Everything is compared but what has no value of the dashboard's."""
    comparison = _compare(_entities(), [_reading(second) for second in range(20)])
    assert _wrong(comparison) == []
    assert comparison.missing == comparison.unexpected == []
    assert len(comparison.verdicts) == len(SHOWN) + len(SERVICE) + len(HUB) - 6
    assert len(comparison.present) == 6


@pytest.mark.parametrize(
    ("key", "state"),
    [
        ("gpu_1", "5.0"),
        ("cycle_7_used_share", "26.0"),
        ("cycle_7_used_share", "unavailable"),
        ("cycle_8_reset", "2027-03-01T00:00:00+00:00"),
        ("expiry", "2026-12-31T00:00:00+00:00"),
        ("expiry", "unknown"),
        ("net_out_speed", "unknown"),
    ],
)
def test_a_wrong_value_of_a_server_is_found(key: str, state: str) -> None:
    assert _wrong(_compare(_entities({key: state}), [_reading(second) for second in range(20)])) == [key]


@pytest.mark.parametrize(
    ("key", "state"), [("up", "off"), ("latency", "20.0"), ("availability_today", "95.0"), ("up", "unknown")]
)
def test_a_wrong_value_of_a_service_is_found(key: str, state: str) -> None:
    entities = _entities(service={key: state})
    assert _wrong(_compare(entities, [_reading(second) for second in range(20)])) == [key]


def test_a_service_without_probes_is_unknown() -> None:
    """No probes are no failure."""
    readings = []
    for second in range(20):
        reading = _reading(second)
        blank = replace(reading.services["3"], current_up=0, current_down=0, delay=(0.0, 0.0), up=(0, 0), down=(0, 0))
        readings.append(replace(reading, services={"3": blank}))
    assert _wrong(_compare(_entities(service=dict.fromkeys(SERVICE, "unknown")), readings)) == []
    assert _wrong(_compare(_entities(service={**dict.fromkeys(SERVICE, "unknown"), "up": "off"}), readings)) == ["up"]


def test_missing_and_unexpected_entities_are_found() -> None:
    entities = [entity for entity in _entities() if entity.key not in ("changes", "latency", "task_4")]
    extra = replace(entities[0], key="cycle_9_reset")
    comparison = _compare([*entities, extra], [_reading(second) for second in range(20)])
    assert comparison.missing == ["changes of server u", "latency of service 3", "task_4 of the dashboard"]
    assert comparison.unexpected == ["cycle_9_reset of server u"]


def test_a_sum_in_a_currency_that_no_price_names_is_unexpected() -> None:
    dashboard = next(entity for entity in _entities() if entity.key == "due")
    sums = [replace(dashboard, key=f"price_per_month_{currency}") for currency in ("eur", "usd")]
    comparison = _compare([*_entities(), *sums], [_reading(second) for second in range(20)])
    assert comparison.unexpected == ["price_per_month_usd of the dashboard"]


def test_a_wrong_sum_of_a_cycle_is_found() -> None:
    assert _wrong(_compare(_entities(hub={"cycle_7_total": "1.6"}), [_reading(second) for second in range(20)])) == [
        "cycle_7_total"
    ]


def _gone(second: int) -> Reading:
    """Return a reading of a server that is offline from second 20 on, long after it was forgotten, as on v2."""
    return _reading(second, silent_since=-11) if second < 0 else _reading(second, last_active=ZERO_TIME)


def _offline() -> dict[str, str]:
    return {"online": "off"} | dict.fromkeys(MEASURED, "unavailable")


def test_a_server_that_v2_forgot_is_online_until_it_was_silent_for_long() -> None:
    """The newest time that was read counts, give or take a frame."""
    hub = {"servers_online": "0", "servers_offline": "1", "net_in_speed": "0.0"}
    readings = [_gone(second) for second in range(-1, 40)]
    shown = _entities(_offline(), hub=hub)

    def wrong(until: int) -> list[str]:
        now = until - 0.5
        seen = [reading for reading in readings if reading.at <= until]
        return _wrong(compare(Shown(shown, now, now), seen, interval=5, live=True))

    assert "online" in wrong(10)
    assert wrong(39) == []
    assert _wrong(_compare(_entities(), readings)) != []


def test_online_is_shown_at_once_and_measurements_at_their_pace() -> None:
    """A measurement may be from a while ago; whether a server is online may not."""
    early = [
        _reading(second, silent_since=-100) if second < 12 else _reading(second, silent_since=12)
        for second in range(20)
    ]
    assert _wrong(_compare(_entities(), early)) == []
    hub = {"servers_online": "0", "servers_offline": "1", "net_in_speed": "0.0"}
    assert _wrong(_compare(_entities(_offline(), hub=hub), early)) == ["online"]


@pytest.mark.parametrize(
    ("shown", "wrong"), [("12500.0", []), ("5000.0", ["net_in_speed"]), ("20000.0", ["net_in_speed"])]
)
def test_the_sum_may_lack_a_server_that_went_offline_after_it_was_made(shown: str, wrong: list[str]) -> None:
    """Who goes offline is shown at once, before the next measurements of the others."""
    readings = []
    for second in range(20):
        reading = _reading(second, silent_since=-15)
        busy = _reading(second, id=9, state={"net_in_speed": second * 1_000_000, "uptime": 1}).servers["u"]
        readings.append(replace(reading, servers={**reading.servers, "w": busy}))
    hub = {"servers": "2", "servers_offline": "1", "net_in_speed": shown}
    assert _wrong(_compare(_entities(_offline(), hub=hub), readings)) == wrong
