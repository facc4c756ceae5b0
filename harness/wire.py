"""Decodes the dashboard's raw JSON: a table for each wire format. Never make this from the integration's decoding."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .reading import NEVER, Cycle, Host, Server, Service, State

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """Where a server's facts stand."""

    state: str
    boot_time: str
    totals: tuple[str, str, str]
    """Of memory, swap and disk."""
    temperatures: str
    numbers: Mapping[str, str]
    """The format's names by v1's."""


V0 = Format(
    state="status",
    boot_time="BootTime",
    totals=("MemTotal", "SwapTotal", "DiskTotal"),
    temperatures="Temperatures",
    numbers={
        "cpu": "CPU",
        "mem_used": "MemUsed",
        "swap_used": "SwapUsed",
        "disk_used": "DiskUsed",
        "net_in_speed": "NetInSpeed",
        "net_out_speed": "NetOutSpeed",
        "net_in_transfer": "NetInTransfer",
        "net_out_transfer": "NetOutTransfer",
        "load_1": "Load1",
        "load_5": "Load5",
        "load_15": "Load15",
    },
)
V1 = Format(
    state="state",
    boot_time="boot_time",
    totals=("mem_total", "swap_total", "disk_total"),
    temperatures="temperatures",
    numbers={name: name for name in V0.numbers},
)


def servers_v0(result: Iterable[Json]) -> dict[str, Server]:
    """Decode the result of v0's `/api/v1/server/details`; a graphics card is told by the host, its load by a number."""
    return {
        str(item["id"]): Server(
            last_active=item["last_active"],
            host=_host(item, V0),
            state=_state(item, V0, gpu=[item["status"].get("GPU", 0)] if item["host"].get("GPU") else []),
        )
        for item in result
    }


def servers_v1(data: Iterable[Json], probes: Json) -> dict[str, Server]:
    """Decode the data of `/api/v1/server`, and what `/api/v1/service` has of the servers' traffic."""
    return {
        item["uuid"]: Server(
            last_active=_moment(item["last_active"]),
            host=_host(item, V1),
            state=_state(item, V1, gpu=(item.get("state") or {}).get("gpu", ())),
            cycles=_cycles(str(item["id"]), probes),
            note=item.get("public_note", ""),
        )
        for item in data
    }


def _cycles(number: str, probes: Json) -> dict[str, Cycle]:
    """Decode a server's share in the traffic rules; a rule that has counted nothing yet has no `transfer`."""
    return {
        rule_number: Cycle(used=transfer[number], limit=rule.get("max", 0), reset=_moment(rule["to"]))
        for rule_number, rule in (probes.get("cycle_transfer_stats") or {}).items()
        if number in (transfer := rule.get("transfer") or {})
    }


def frame_v1(servers: Iterable[Json], before: Mapping[str, Server], identities: Mapping[int, str]) -> dict[str, Server]:
    """Decode a frame on top of what was known before: it names servers by number, and some of them only."""
    told = {
        identities[item["id"]]: replace(
            before[identities[item["id"]]],
            last_active=_moment(item["last_active"]),
            host=_host(item, V1),
            state=_state(item, V1, gpu=(item.get("state") or {}).get("gpu", ())),
        )
        for item in servers
        if item["id"] in identities
    }
    return {**before, **told}


def services_v1(probes: Json) -> dict[str, Service]:
    """Decode the services in the data of `/api/v1/service`."""
    return {
        number: Service(
            current_up=service["current_up"],
            current_down=service["current_down"],
            delay=tuple(service["delay"]),
            up=tuple(service["up"]),
            down=tuple(service["down"]),
        )
        for number, service in probes.get("services", {}).items()
    }


def _host(item: Json, words: Format) -> Host | None:
    """Decode a host; it is blank where nothing is in it but zeros. What is absent is 0."""
    host = item.get("host") or {}
    memory, swap, disk = (host.get(field) or 0 for field in words.totals)
    boot_time = host.get(words.boot_time) or 0
    if not any((boot_time, memory, swap, disk)):
        return None
    return Host(boot_time=boot_time, mem_total=memory, swap_total=swap, disk_total=disk)


def _state(item: Json, words: Format, gpu: Iterable[float]) -> State | None:
    """Decode a state; it is blank where nothing is in it but zeros. What is absent is 0, what cannot be is none."""
    state = item.get(words.state) or {}
    if not any(state.values()):
        return None
    return State(
        numbers={name: possible(state.get(field) or 0) for name, field in words.numbers.items()},
        gpu=tuple(gpu),
        temperatures=_temperatures(state.get(words.temperatures) or ()),
    )


def possible(number: float) -> float | None:
    """Return a number, unless it is one below zero that was written as one without a sign."""
    return float(number) if 0 <= number < 2**63 else None


def _temperatures(sensors: Iterable[Json]) -> dict[str, float]:
    """Decode the temperatures, whose fields have capitals in every generation."""
    found: dict[str, float] = {}
    for sensor in sensors:
        name, turn = sensor["Name"], 1
        while (key := name if turn == 1 else f"{name} {turn}") in found:
            turn += 1
        found[key] = float(sensor["Temperature"])
    return found


def _moment(text: str) -> int:
    """Decode a time to whole seconds; the year 1 is none."""
    moment = datetime.fromisoformat(text)
    return NEVER if moment.year == 1 else int(moment.timestamp())
