"""What v1 and v2 answer with: the objects within an answer or a frame, as a release writes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from . import go
from .callers import Caller
from .dashboard import Dashboard
from .fleet import Host, State
from .records import Service
from .releases import Release, Span, Trait

FRONTENDS = (
    {"path": "admin-dist", "name": "OfficialAdmin", "author": "nezhahq", "is_admin": True, "is_official": True},
    {"path": "user-dist", "name": "Official", "author": "hamster1963", "is_official": True},
    {"path": "nezha-ascii-dist", "name": "Nezha-ASCII", "author": "hamster1963"},
)
NOBODYS: Mapping[str, Any] = {
    "created_at": go.ZERO_TIME,
    "updated_at": go.ZERO_TIME,
    "type": 0,
    "target": "",
    "duration": 0,
    "notification_group_id": 0,
    "fail_trigger_tasks": None,
    "recover_trigger_tasks": None,
    "skip_servers": None,
}
"""What is left of a service that a guest looks at, besides its name, where the whole service is in the answer."""


def host(of: Host, *, full: bool = True) -> dict[str, Any]:
    """Return what is said of a host; a guest learns no versions."""
    return go.filled(
        {
            "platform": of.platform,
            "platform_version": of.platform_version if full else "",
            "cpu": list(of.cpu),
            "mem_total": of.mem_total,
            "disk_total": of.disk_total,
            "swap_total": of.swap_total,
            "arch": of.arch,
            "virtualization": of.virtualization,
            "boot_time": of.boot_time,
            "version": of.version if full else "",
            "gpu": list(of.gpu),
        }
    )


def state(of: State) -> dict[str, Any]:
    """Return what is said of a state."""
    return go.filled(
        {
            "cpu": go.number(of.cpu),
            "mem_used": of.mem_used,
            "swap_used": of.swap_used,
            "disk_used": of.disk_used,
            "net_in_transfer": of.net_in_transfer,
            "net_out_transfer": of.net_out_transfer,
            "net_in_speed": of.net_in_speed,
            "net_out_speed": of.net_out_speed,
            "uptime": of.uptime,
            "load_1": go.number(of.load_1),
            "load_5": go.number(of.load_5),
            "load_15": go.number(of.load_15),
            "tcp_conn_count": of.tcp_conn_count,
            "udp_conn_count": of.udp_conn_count,
            "process_count": of.process_count,
            # Its keys have capitals in every generation.
            "temperatures": [
                {"Name": sensor.name, "Temperature": go.number(sensor.celsius)} for sensor in of.temperatures
            ],
            "gpu": [go.number(percent) for percent in of.gpu],
        }
    )


def geoip(of: Host) -> dict[str, Any]:
    """Return what is said of a server's place."""
    addresses = go.filled({"ipv4_addr": of.ipv4, "ipv6_addr": of.ipv6})
    return {"ip": addresses} | go.filled({"country_code": of.country_code})


def service(of: Service, stamps: Mapping[str, Any], release: Release) -> dict[str, Any]:
    """Return a service as its administrator entered it."""
    shown = of.shown and release.has(Trait.SHOW_IN_SERVICE)
    return (
        dict(stamps)
        | {"name": of.name, "type": int(of.kind), "target": of.target, "duration": of.interval}
        | ({"display_index": of.order} if release.has(Trait.SERVICE_ORDER) else {})
        | go.filled({"notify": of.notify})
        | {"notification_group_id": of.notification_group, "cover": of.cover}
        | go.filled({"enable_trigger_task": of.triggers, "enable_show_in_service": shown})
        | go.filled({"hide_for_guest": of.hidden and not release.has(Trait.SHOW_IN_SERVICE)})
        | {
            "fail_trigger_tasks": of.trigger_tasks,
            "recover_trigger_tasks": of.recover_tasks,
            "min_latency": go.number(of.min_latency),
            "max_latency": go.number(of.max_latency),
            "skip_servers": of.skip_servers,
        }
        | go.filled({"latency_notify": of.latency_notify})
    )


def probes(of: Service, stamps: Mapping[str, Any], release: Release, caller: Caller) -> dict[str, Any]:
    """Return the results of a service's probes, with its name or, in old releases, with the whole service."""
    whole: dict[str, Any] = {"service_name": of.name}
    if not release.has(Trait.NAMED_SERVICES):
        entered = service(of, stamps, release)
        if not caller.known:
            hidden = {"id", "enable_show_in_service"}
            entered = {key: NOBODYS.get(key, value) for key, value in entered.items() if key not in hidden}
        whole = {"service": entered}
    ups = sum(of.current)
    return whole | {
        "current_up": ups,
        "current_down": len(of.current) - ups,
        "total_up": sum(of.up),
        "total_down": sum(of.down),
        "delay": [go.number(milliseconds) for milliseconds in of.delay],
        "up": of.up,
        "down": of.down,
    }


@dataclass(frozen=True, slots=True)
class Setting:
    """One of the settings: its value, who reads it, and in which releases."""

    value: Callable[[Dashboard], Any]
    guests: bool = False
    since: Span | None = None


SETTINGS: dict[str, Setting] = {
    "language": Setting(lambda _: "en-US", guests=True),
    "site_name": Setting(lambda dashboard: dashboard.site_name, guests=True),
    "user_template": Setting(lambda _: "user-dist", since=Trait.TEMPLATES),
    "admin_template": Setting(lambda _: "admin-dist", since=Trait.TEMPLATES),
    "jwt_secret_key": Setting(lambda _: "the secret of sessions", since=Trait.SECRETS_IN_SETTINGS),
    "agent_secret_key": Setting(lambda _: "the secret of agents", since=Trait.SECRETS_IN_SETTINGS),
    "listen_port": Setting(lambda _: 8008, since=Trait.SECRETS_IN_SETTINGS),
    "listen_host": Setting(lambda _: "127.0.0.1", since=Trait.LISTEN_HOST),
    "location": Setting(lambda _: "UTC", since=Trait.SECRETS_IN_SETTINGS),
    "ip_change_notification_group_id": Setting(lambda _: 0, guests=True),
    "cover": Setting(lambda _: 0, guests=True),
    "avg_ping_count": Setting(lambda _: 2, since=Trait.SECRETS_IN_SETTINGS),
    "oauth2_providers": Setting(
        lambda dashboard: list(dashboard.oauth_providers) or None, guests=True, since=Trait.OAUTH_PROVIDERS
    ),
}
LONG = {"ip_change_notification_group_id", "cover"}
"""What some releases keep from guests."""


def settings(dashboard: Dashboard, release: Release, caller: Caller) -> dict[str, Any]:
    """Return the settings: a guest and a token get less than a user."""
    short = not caller.user and release.has(Trait.SHORT_GUEST_SETTINGS)
    config = {
        key: value
        for key, setting in SETTINGS.items()
        if (setting.guests or caller.user)
        and (setting.since is None or release.has(setting.since))
        and not (short and key in LONG)
        and (value := setting.value(dashboard)) is not None
    }
    more: dict[str, Any] = {}
    if caller.user and release.has(Trait.TELLS_VERSION):
        more["version"] = str(release)
    if caller.user and release.has(Trait.TEMPLATE_LIST):
        more["frontend_templates"] = [_frontend(frontend) for frontend in FRONTENDS]
    if release.has(Trait.TSDB):
        more["tsdb_enabled"] = dashboard.tsdb
    return ({"config": config} if release.has(Trait.NESTED_SETTINGS) else config) | more


def _frontend(facts: Mapping[str, Any]) -> dict[str, Any]:
    path, name, author = facts["path"], facts["name"], facts["author"]
    flags = {key: facts[key] for key in ("is_admin", "is_official") if key in facts}
    repository = f"https://github.com/{author}/{path}"
    return {"path": path, "name": name, "repository": repository, "author": author, "version": "v1.0.0"} | flags


def by_id[T](items: Mapping[int, T]) -> dict[str, T]:
    """Return an object as Go writes a map: with its keys as texts, in their order."""
    return {key: items[int(key)] for key in sorted(map(str, items))}


def whole(moment: datetime) -> str:
    """Write a moment in whole seconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
