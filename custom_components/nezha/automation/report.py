"""All that is known of servers, groups, services and tasks, in a form for templates: bytes, percent, ISO times, `None`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from ..api import Billing, Service, State, Task, Term, TrafficCycle
from ..costs import price_per_month
from ..figures import (
    availability,
    billing_cycle,
    cycle_share,
    days_left,
    disk_share,
    is_up,
    latency,
    memory_share,
    share,
    swap_share,
)
from ..fleet import UNGROUPED, KnownServer
from ..runtime.coordinator import NezhaConfigEntry
from .things import name_of

ONLINE = "online"
OFFLINE = "offline"
NEVER_SEEN = "never_seen"
STATES = (ONLINE, OFFLINE, NEVER_SEEN)

type Report = dict[str, Any]


def state_of(known: KnownServer) -> str:
    """Return whether a server is online; one that never reported is told apart from one that no longer does."""
    if known.online:
        return ONLINE
    return NEVER_SEEN if known.memory.last_active is None else OFFLINE


def summarize(entry: NezhaConfigEntry, identity: str, device: dr.AnyDeviceEntry | None) -> Report:
    """Return what a list of servers shows of one. What is measured is there only while it is online."""
    known = entry.runtime_data.data[identity]
    server, host = known.server, known.host
    state = known.state if known.online else None
    billing = server.public_note.billing
    return {
        "name": name_of(entry, identity, device),
        "id": server.number,
        "device_id": device.id if device else None,
        "dashboard": entry.title,
        "group": ", ".join(server.groups),
        "groups": list(server.groups),
        "state": state_of(known),
        "last_active": _seconds(known.memory.last_active),
        "booted": _seconds(known.memory.boot_time),
        "country": server.country or None,
        "cpu": _rounded(state.cpu if state else None),
        "memory": _rounded(memory_share(state, host) if state else None),
        "swap": _rounded(swap_share(state, host) if state else None),
        "disk": _rounded(disk_share(state, host) if state else None),
        "memory_used": state.memory_used if state else None,
        "memory_total": host.memory_total if host else None,
        "swap_used": state.swap_used if state else None,
        "swap_total": host.swap_total if host else None,
        "disk_used": state.disk_used if state else None,
        "disk_total": host.disk_total if host else None,
        "load_1": state.load_1 if state else None,
        "load_5": state.load_5 if state else None,
        "load_15": state.load_15 if state else None,
        "inbound_speed": state.net_in_speed if state else None,
        "outbound_speed": state.net_out_speed if state else None,
        "inbound_traffic": state.net_in_transfer if state else None,
        "outbound_traffic": state.net_out_transfer if state else None,
        "expires": _local(billing.expiry(dt_util.now())) if billing else None,
        "days_left": days_left(billing, dt_util.now()) if billing else None,
        "renews": billing.term_at(dt_util.now()) is Term.RENEWS if billing else None,
        "traffic_used": max(
            (cycle["percent"] for cycle in _cycles_of(entry, known) if cycle["percent"] is not None), default=None
        ),
    }


def describe_server(entry: NezhaConfigEntry, identity: str, device: dr.AnyDeviceEntry | None) -> Report:
    """Return all that is known of a server."""
    known = entry.runtime_data.data[identity]
    server, host, note = known.server, known.host, known.server.public_note
    state = known.state if known.online else None
    return {
        **summarize(entry, identity, device),
        "uptime": state.uptime if state else None,
        "ipv4": server.ipv4 or None,
        "ipv6": server.ipv6 or None,
        "agent_version": (host.agent_version or None) if host else None,
        "platform": (f"{host.platform} {host.platform_version}".strip() or None) if host else None,
        "architecture": (host.arch or None) if host else None,
        "virtualization": (host.virtualization or None) if host else None,
        "cpu_models": list(host.cpu) if host else [],
        "gpu_models": list(host.gpu) if host else [],
        **_counts(state),
        "billing": _describe_billing(note.billing) if note.billing else None,
        "plan": {
            "traffic": note.plan.traffic or None,
            "bandwidth": note.plan.bandwidth or None,
            "network_route": note.plan.network_route or None,
        }
        if note.plan
        else None,
        "cycles": _cycles_of(entry, known),
    }


def _counts(state: State | None) -> Report:
    return {
        "tcp_connections": state.tcp_connections if state else None,
        "udp_connections": state.udp_connections if state else None,
        "processes": state.processes if state else None,
        "temperatures": [{"name": one.name, "celsius": one.celsius} for one in state.temperatures] if state else [],
        "gpu": list(state.gpu) if state else [],
    }


def _describe_billing(billing: Billing) -> Report:
    now = dt_util.now()
    monthly = price_per_month(billing)
    return {
        "expires": _local(billing.expiry(now)),
        "days_left": days_left(billing, now),
        "term": billing.term_at(now),
        "price": billing.amount or None,
        "cycle": billing_cycle(billing),
        "price_per_month": float(monthly.rounded) if monthly else None,
        "currency": (monthly.currency or None) if monthly else None,
    }


def _cycles_of(entry: NezhaConfigEntry, known: KnownServer) -> list[Report]:
    """Return what a server has used of each rule's cycle."""
    return [
        {"rule": cycle.name, **_usage(cycle, used)}
        for cycle in entry.runtime_data.cycles.values()
        if (used := cycle.used.get(known.server.number)) is not None
    ]


def _usage(cycle: TrafficCycle, used: int) -> Report:
    return {
        "used": used,
        "limit": cycle.limit or None,
        "percent": cycle_share(cycle, used),
        "remaining": max(0, cycle.limit - used) if cycle.limit else None,
        "started": _local(cycle.start),
        "resets": _local(cycle.end),
    }


def describe_groups(entry: NezhaConfigEntry, servers: Iterable[KnownServer]) -> list[Report]:
    """Return a dashboard's groups with their servers, those without one last."""
    members: dict[str, list[KnownServer]] = {}
    for known in servers:
        for group in known.server.groups or (UNGROUPED,):
            members.setdefault(group, []).append(known)
    return [
        {
            "name": group,
            "dashboard": entry.title,
            "total": len(members[group]),
            ONLINE: sum(known.online for known in members[group]),
            OFFLINE: sum(not known.online for known in members[group]),
            "ids": [known.server.number for known in members[group]],
        }
        for group in sorted(members, key=lambda group: (group == UNGROUPED, group.casefold()))
    ]


def describe_service(entry: NezhaConfigEntry, key: str, service: Service, device: dr.AnyDeviceEntry | None) -> Report:
    """Return what is known of a service that the dashboard probes."""
    up = is_up(service)
    return {
        "name": name_of(entry, key, device),
        "id": service.number,
        "device_id": device.id if device else None,
        "dashboard": entry.title,
        "state": None if up is None else "up" if up else "down",
        "latency": latency(service),
        "availability_today": availability(service.up[-1:], service.down[-1:]),
        "availability_30_days": availability(service.up, service.down),
    }


def describe_cycle(entry: NezhaConfigEntry, cycle: TrafficCycle) -> Report:
    """Return a traffic rule's cycle, with what each server has used of it."""
    names = {known.server.number: known.server.name for known in entry.runtime_data.data.values()}
    return {
        "rule": cycle.name,
        "dashboard": entry.title,
        "limit": cycle.limit or None,
        "started": _local(cycle.start),
        "resets": _local(cycle.end),
        "servers": [
            {"name": names[number], "id": number, "used": used, "percent": share(used, cycle.limit)}
            for number, used in cycle.used.items()
            if number in names and used is not None
        ],
    }


def describe_task(entry: NezhaConfigEntry, task: Task) -> Report:
    """Return a scheduled task."""
    return {
        "name": task.name,
        "id": task.number,
        "dashboard": entry.title,
        "last_run": _local(task.last_run),
        "last_run_succeeded": task.last_result if task.last_run else None,
    }


def _seconds(moment: int | None) -> str | None:
    return None if moment is None else _local(datetime.fromtimestamp(moment, UTC))


def _local(moment: datetime | None) -> str | None:
    return dt_util.as_local(moment).isoformat() if moment else None


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 1)
