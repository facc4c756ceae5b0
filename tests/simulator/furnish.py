"""A dashboard that watches what a recorded one watched."""

from collections.abc import Mapping
from typing import Any

from simulator import Dashboard, Host, Machine, ServiceKind

HOST = ("platform", "platform_version", "mem_total", "disk_total", "swap_total", "arch", "virtualization", "version")
IDLE = ("net_in_transfer", "net_out_transfer", "net_in_speed", "net_out_speed", "udp_conn_count")


def furnish(dashboard: Dashboard, exchanges: Mapping[str, Any]) -> None:
    """Watch machines that have what the recorded ones of v1 or v2 had, in the same records."""
    for told in exchanges["server"]["body"]["data"]:
        _add(dashboard, told)
    for group in exchanges["server_group"]["body"]["data"]:
        dashboard.add_group(group["group"]["name"], group["servers"])
    data = exchanges["service"]["body"]["data"]
    told_probes = data.get("services", {})
    listed = exchanges["service_list"]["body"].get("data") or [
        {"id": int(number), **probes["service"]} for number, probes in told_probes.items()
    ]
    for service in listed:
        added = dashboard.add_service(service["name"], ServiceKind(service["type"]), service["target"], probed=0)
        added.shown = str(service["id"]) in told_probes
        added.failing = told_probes.get(str(service["id"]), {}).get("current_down", 0) > 0
        added.trigger_tasks, added.recover_tasks = service["fail_trigger_tasks"], service["recover_trigger_tasks"]
        added.probe(10)
    for rule in data["cycle_transfer_stats"].values():
        dashboard.add_rule(rule["name"], limit=rule["max"])
    for task in exchanges["cron"]["body"]["data"]:
        dashboard.add_task(task["name"], task["command"], task["servers"])


def _add(dashboard: Dashboard, told: Mapping[str, Any]) -> None:
    host, state, place = told["host"], told["state"], told["geoip"]
    machine = Machine(
        Host(
            boot_time=int(dashboard.clock()) - 1_000,
            cpu=tuple(host["cpu"]),
            gpu=tuple(host.get("gpu", ())),
            ipv4=place["ip"].get("ipv4_addr", ""),
            ipv6=place["ip"].get("ipv6_addr", ""),
            country_code=place.get("country_code", ""),
            **{key: host.get(key, 0 if key.endswith("total") else "") for key in HOST},
        ),
        seed=told["id"],
        sensors=tuple(sensor["Name"] for sensor in state.get("temperatures", ())),
        uuid=told["uuid"],
    )
    if state and "net_in_transfer" not in state:
        machine.pin(**dict.fromkeys(IDLE, 0))
    dashboard.add_server(
        told["name"],
        machine,
        display_index=told["display_index"],
        hide_for_guest=told.get("hide_for_guest", False),
        note=told.get("note", ""),
        public_note=told.get("public_note", ""),
        server_id=told["id"],
    )
    machine.mute = not state
