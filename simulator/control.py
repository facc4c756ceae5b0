"""What v2 tells of the past, and what may be changed from outside: held to `recordings/v2-control`."""

from typing import Any

from aiohttp import hdrs

from . import bodies, go, history
from .callers import RefusalError
from .credentials import (
    ALERT_READ,
    ALERT_WRITE,
    INVENTORY_READ,
    SCOPES,
    SERVER_READ,
    SERVER_WRITE,
    SERVICE_READ,
    SERVICE_WRITE,
)
from .endpoint import NUMBER, Asked, Endpoint
from .inventory import Inventory
from .records import Service, ServiceKind, TrafficRule
from .releases import Trait

NAME_LIMIT = 128
"""Characters of a token's name."""
DEFAULT_INTERVAL = 30
"""Seconds between two probes, where the form says nothing."""


class Control:
    """Histories, alert rules, updates of agents, and tokens."""

    def __init__(self, inventory: Inventory) -> None:
        """Control what there is."""
        self._inventory = inventory
        self._dashboard = inventory.dashboard

    def endpoints(self) -> list[Endpoint]:
        """Return all of them."""
        pages, tokens = Trait.SERVER_PAGES, Trait.ACCESS_TOKENS
        read, post, patch = SERVICE_READ, hdrs.METH_POST, hdrs.METH_PATCH
        server, service, rule = f"/server/{NUMBER}", f"/service/{NUMBER}", f"/alert-rule/{NUMBER}"
        return [
            Endpoint(path=f"{server}/metrics", answer=self._metrics, scope=SERVER_READ, guests=True, since=pages),
            Endpoint(path=f"{server}/service", answer=self._server_services, scope=read, guests=True, since=pages),
            Endpoint(path=f"{service}/history", answer=self._service_history, scope=read, guests=True, since=pages),
            Endpoint(path=service, answer=self._change_service, method=patch, scope=SERVICE_WRITE),
            Endpoint(path="/alert-rule", answer=self._rules, scope=ALERT_READ),
            Endpoint(path=rule, answer=self._change_rule, method=patch, scope=ALERT_WRITE),
            Endpoint(path="/force-update/server", answer=self._force_update, method=post, scope=SERVER_WRITE),
            Endpoint(path="/profile", answer=self._profile, session_only=True),
            Endpoint(path="/api-tokens", answer=self._access_tokens, session_only=True, since=tokens),
            Endpoint(path="/api-tokens", answer=self._mint, method=post, session_only=True, since=tokens),
        ]

    def _metrics(self, asked: Asked) -> dict[str, Any]:
        """Return what the time series database remembers of a server; without one there is nothing."""
        server, name = self._inventory.server_asked(asked), asked.request.query.get("metric", "")
        if (metric := history.METRICS.get(name)) is None:
            raise RefusalError("invalid metric name")
        period = _period(asked)
        points = history.points(server, metric, period, self._dashboard.clock()) if self._dashboard.tsdb else []
        return {"server_id": server.id, "server_name": server.name, "metric": name, "data_points": points}

    def _server_services(self, asked: Asked) -> list[dict[str, Any]]:
        server, period, now = self._inventory.server_asked(asked), _period(asked), self._dashboard.clock()
        services = self._dashboard.services.values() if self._dashboard.tsdb else ()
        return [history.server_service(service, server, period, now) for service in services]

    def _service_history(self, asked: Asked) -> dict[str, Any]:
        service: Service | None = self._dashboard.services.get(asked.number)
        if service is None:
            raise RefusalError("service not found")
        period, now = _period(asked), self._dashboard.clock()
        servers = [server for server in self._inventory.visible(asked.caller) if server.state is not None]
        told = [history.service_server(service, server, period, now) for server in servers if self._dashboard.tsdb]
        return {"service_id": service.id, "service_name": service.name, "servers": told}

    def _change_service(self, asked: Asked) -> None:
        """Take the whole form, as of a rule (not recorded but for its refusal: as the source has it)."""
        form: dict[str, Any] = asked.body
        kind, cover = form.get("type", 0), form.get("cover", 0)
        if self._inventory.release.has(Trait.PROBES_ONLY) and kind not in ServiceKind:
            allowed = "allowed types are 1 (HTTP GET), 2 (ICMP ping), and 3 (TCP ping)"
            raise RefusalError(f"invalid service monitor type {kind}: {allowed}")
        service = self._dashboard.services.get(asked.number)
        if service is None:
            raise RefusalError(f"service id {asked.number} does not exist")
        service.name, service.target = form.get("name", ""), form.get("target", "").strip()
        service.kind, service.cover = ServiceKind(kind), cover
        service.interval, service.order = form.get("duration") or DEFAULT_INTERVAL, form.get("display_index", 0)
        service.notify, service.notification_group = form.get("notify", False), form.get("notification_group_id", 0)
        service.latency_notify = form.get("latency_notify", False)
        service.min_latency, service.max_latency = form.get("min_latency", 0), form.get("max_latency", 0)
        service.triggers, service.hidden = form.get("enable_trigger_task", False), form.get("hide_for_guest", False)
        service.shown = form.get("enable_show_in_service", False)
        service.trigger_tasks = form.get("fail_trigger_tasks")
        service.recover_tasks = form.get("recover_trigger_tasks")
        service.skip_servers = form.get("skip_servers") or {}
        service.updated_at = self._dashboard.clock()

    def _profile(self, asked: Asked) -> dict[str, Any]:
        """Return who asks (not recorded but for a token's refusal)."""
        return {"id": 1, "username": "admin"}

    def _rules(self, asked: Asked) -> list[dict[str, Any]]:
        return [self._rule(rule) for rule in self._dashboard.rules.values()]

    def _rule(self, rule: TrafficRule) -> dict[str, Any]:
        begin, _ = rule.period(rule.created_at)
        counted = {
            "type": "transfer_all_cycle",
            "max": rule.max,
            "cycle_start": bodies.whole(begin),
            "cycle_interval": 1,
            "cycle_unit": str(rule.cycle),
            "cover": 0,
        }
        return self._inventory.stamps(rule.id, rule.created_at, rule.updated_at or rule.created_at) | {
            "name": rule.name,
            "enable": rule.enabled,
            "trigger_mode": rule.trigger_mode,
            "notification_group_id": rule.notification_group,
            "rules": [counted],
            "fail_trigger_tasks": rule.fail_tasks,
            "recover_trigger_tasks": rule.recover_tasks,
        }

    def _change_rule(self, asked: Asked) -> int:
        """Take the whole form: what is left out of it is empty from then on."""
        if (rule := self._dashboard.rules.get(asked.number)) is None:
            raise RefusalError(f"alert id {asked.number} does not exist")
        form: dict[str, Any] = asked.body
        counted: dict[str, Any] = next(iter(form.get("rules") or []), {})
        rule.name, rule.enabled = form.get("name", ""), form.get("enable", False)
        rule.max = int(counted.get("max", 0))
        rule.notification_group, rule.trigger_mode = form.get("notification_group_id", 0), form.get("trigger_mode", 0)
        rule.fail_tasks, rule.recover_tasks = form.get("fail_trigger_tasks", []), form.get("recover_trigger_tasks", [])
        rule.updated_at = self._dashboard.clock()
        return rule.id

    def _force_update(self, asked: Asked) -> dict[str, list[int]]:
        """Have the agents update themselves, as far as they are connected."""
        connected = {
            server.id for server in self._inventory.visible(asked.caller) if self._dashboard.is_connected(server)
        }
        updated = [number for number in asked.body if number in connected]
        self._dashboard.forced_updates += updated
        if self._dashboard.agent_release:
            for number in updated:
                self._dashboard.servers[number].machine.pin(version=self._dashboard.agent_release)
        return go.filled({"success": updated, "offline": [number for number in asked.body if number not in connected]})

    def _access_tokens(self, asked: Asked) -> list[dict[str, Any]]:
        """Return the tokens without themselves (not recorded but for a token's refusal)."""
        tokens = self._dashboard.credentials.access_tokens
        return [{"id": token.id, "name": token.name, "scopes": sorted(token.scopes)} for token in tokens]

    def _mint(self, asked: Asked) -> dict[str, Any]:
        """Make a token, which is shown this once."""
        match asked.body:
            case {"name": str(name), "scopes": [*scopes]} if name.strip() and scopes:
                pass
            case {"scopes": []}:
                raise RefusalError("at least one scope required")
            case _:
                raise RefusalError("name required")
        if len(name) > NAME_LIMIT:
            raise RefusalError(f"name too long (max {NAME_LIMIT} chars)")
        known = SCOPES if self._inventory.release.has(Trait.INVENTORY_SCOPE) else set(SCOPES) - {INVENTORY_READ}
        if (unknown := next((scope for scope in scopes if scope not in known), None)) is not None:
            raise RefusalError(f"unknown scope: {unknown}")
        servers = asked.body.get("server_ids") or None
        token, access = self._dashboard.credentials.mint(name.strip(), scopes, servers)
        told = {"id": access.id, "name": access.name, "token": token, "scopes": scopes}
        return told | go.filled({"server_ids": servers or []})


def _period(asked: Asked) -> history.Period:
    text = asked.request.query.get("period", "") or history.GUESTS_PERIOD
    if (period := history.PERIODS.get(text)) is None:
        raise RefusalError(f"invalid period: {text}, expected 1d, 7d, or 30d")
    if not asked.caller.known and text != history.GUESTS_PERIOD:
        raise RefusalError("unauthorized: only 1d data available for guests")
    return period
