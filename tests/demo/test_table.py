"""The demo's table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.homeassistant import Entity
from scripts.demo_home.table import render


def _entity(server: str | None, device: str, key: str, state: str, unit: str | None = None) -> Entity:
    attributes: dict[str, Any] = {"unit_of_measurement": unit} if unit else {}
    return Entity(
        entity_id=f"sensor.{key}",
        server=server,
        key=key,
        device=device,
        enabled=True,
        state=state,
        attributes=attributes,
    )


def _fleet() -> list[Entity]:
    boot = (datetime.now(UTC) - timedelta(days=3, hours=4, minutes=5)).isoformat()
    return [
        _entity(None, "Nezha", "servers", "2"),
        _entity(None, "Nezha", "servers_online", "1"),
        _entity(None, "Nezha", "net_in_speed", "1.23456", "kB/s"),
        _entity("1", "香港", "online", "on"),
        _entity("1", "香港", "cpu", "12.34", "%"),
        _entity("1", "香港", "boot_time", boot),
        _entity("2", "vps", "online", "off"),
        _entity("2", "vps", "cpu", "unavailable", "%"),
        replace(_entity(None, "Website", "latency", "20", "ms"), service="1"),
    ]


def test_table() -> None:
    """Each server has a line; what it has no value for is a dash, and wide characters keep the columns straight."""
    summary, _, header, vps, hong_kong = render(_fleet()).splitlines()
    assert summary == "2 servers, 1 online, in 1.2 kB/s, out –"
    assert header.split()[:2] == ["Server", "CPU"]
    assert vps.startswith("vps     offline       –")
    assert hong_kong.startswith("香港     online  12.3 %")
    assert hong_kong.endswith("3 d 4 h")


def test_table_of_a_small_terminal() -> None:
    """What does not fit is counted."""
    assert render(_fleet(), rows=2).splitlines()[-1] == "… and 1 more"
