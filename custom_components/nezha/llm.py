"""Tools for a language model behind Assist: they read, and only what the user exposed to the assistant."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, override

import voluptuous as vol

from homeassistant.components.homeassistant import async_should_expose
from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, llm
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.util.json import JsonObjectType

from .automation import report
from .automation.meanings import is_answering
from .automation.things import devices_by_key, loaded_entries, unique_id_prefix
from .const import DOMAIN
from .runtime.coordinator import NezhaConfigEntry

_SHOWN_BY: Final = {
    "cpu": ("cpu",),
    "memory": ("memory", "memory_used"),
    "swap": ("swap", "swap_used"),
    "disk": ("disk", "disk_used"),
    "net_in_speed": ("inbound_speed",),
    "net_out_speed": ("outbound_speed",),
    "net_in_transfer": ("inbound_traffic",),
    "net_out_transfer": ("outbound_traffic",),
    "load_1": ("load_1",),
    "load_5": ("load_5",),
    "load_15": ("load_15",),
    "boot_time": ("booted",),
    "last_active": ("last_active",),
    "country": ("country",),
    "group": ("group", "groups"),
    "expiry": ("expires", "days_left", "renews"),
}
"""What of a server's report an entity shows, by the entity's key."""
_ALWAYS: Final = ("name", "dashboard", "state")
"""What the connectivity sensor shows, by which a server counts as exposed."""

_HAS_ANNOTATIONS = hasattr(llm, "ToolAnnotations")
"""Home Assistant 2026.8 has neither these nor a class for a result."""

type Answer = Callable[[HomeAssistant, str, dict[str, Any]], JsonObjectType]


class NezhaTool(llm.Tool):
    """A question that is answered from what the dashboards said last."""

    integration = DOMAIN
    if _HAS_ANNOTATIONS:
        annotations = llm.ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)

    def __init__(self, name: str, description: str, answer: Answer, parameters: vol.Schema) -> None:
        """Take what a model is told of the tool, and what answers it."""
        self.name = f"{DOMAIN}__{name}"
        self.title = name.replace("_", " ").capitalize()
        self.description = description
        self.parameters = parameters
        self._answer = answer

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: llm.ToolInput, llm_context: llm.LLMContext) -> Any:
        """Answer."""
        arguments = self.parameters(tool_input.tool_args)
        data = self._answer(hass, llm_context.assistant, arguments)
        return llm.ToolResult(data=data) if _HAS_ANNOTATIONS else data


def _exposed_servers(hass: HomeAssistant, assistant: str) -> Iterator[dict[str, Any]]:
    """Yield of each exposed server what its exposed entities show."""
    for entry in loaded_entries(hass):
        if not is_answering(entry):
            continue
        devices = devices_by_key(hass, entry)
        keys = _exposed_keys(hass, assistant, entry, devices)
        for identity in entry.runtime_data.data:
            shown = keys.get(identity, set())
            if "online" not in shown:
                continue
            summary = report.summarize(entry, identity, devices.get(identity))
            wanted = {*_ALWAYS, *(field for key in shown for field in _SHOWN_BY.get(key, ()))}
            if any(key.startswith("cycle_") for key in shown):
                wanted.add("traffic_used")
            yield {key: value for key, value in summary.items() if key in wanted and value is not None}


def _exposed_keys(
    hass: HomeAssistant, assistant: str, entry: NezhaConfigEntry, devices: Mapping[str, DeviceEntry]
) -> dict[str, set[str]]:
    """Return the keys of the exposed entities of each server or service."""
    names = {device.id: key for key, device in devices.items()}
    keys: dict[str, set[str]] = {}
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        thing = names.get(entity.device_id or "")
        if thing and not entity.disabled_by and async_should_expose(hass, assistant, entity.entity_id):
            prefix = unique_id_prefix(entry.entry_id, thing)
            keys.setdefault(thing, set()).add(entity.unique_id.removeprefix(prefix))
    return keys


def _not_answering(hass: HomeAssistant) -> dict[str, Any]:
    names: list[Any] = [entry.title for entry in loaded_entries(hass) if not is_answering(entry)]
    return {"dashboards_that_do_not_answer": names} if names else {}


def _overview(hass: HomeAssistant, assistant: str, _: dict[str, Any]) -> JsonObjectType:
    servers = list(_exposed_servers(hass, assistant))
    return {
        "total": len(servers),
        **{state: sum(server["state"] == state for server in servers) for state in report.STATES},
        "offline_servers": [server["name"] for server in servers if server["state"] != report.ONLINE],
        **_not_answering(hass),
    }


def _offline(hass: HomeAssistant, assistant: str, _: dict[str, Any]) -> JsonObjectType:
    servers: list[Any] = [server for server in _exposed_servers(hass, assistant) if server["state"] != report.ONLINE]
    return {"servers": servers, **_not_answering(hass)}


def _server(hass: HomeAssistant, assistant: str, arguments: dict[str, Any]) -> JsonObjectType:
    wanted = arguments["name"].strip().casefold()
    servers = list(_exposed_servers(hass, assistant))
    found: list[Any] = [server for server in servers if server["name"].casefold() == wanted] or [
        server for server in servers if wanted in server["name"].casefold()
    ]
    if not found:
        return {"error": "No server of this name is exposed", **_not_answering(hass)}
    return {"servers": found, **_not_answering(hass)}


def _ahead(hass: HomeAssistant, assistant: str, arguments: dict[str, Any]) -> JsonObjectType:
    servers = list(_exposed_servers(hass, assistant))
    renewals: list[Any] = [
        {key: server[key] for key in ("name", "expires", "days_left", "renews") if key in server}
        for server in servers
        if "days_left" in server and server["days_left"] <= arguments["days"]
    ]
    traffic: list[Any] = [
        {"name": server["name"], "percent_of_traffic_used": server["traffic_used"]}
        for server in servers
        if "traffic_used" in server
    ]
    return {"renewals": renewals, "traffic": traffic, **_not_answering(hass)}


_NOTHING = vol.Schema({})


def _tools() -> list[llm.Tool]:
    return [
        NezhaTool(
            "get_overview",
            "Count the monitored servers (VPS, hosts) that are online and offline, and name those that are offline.",
            _overview,
            _NOTHING,
        ),
        NezhaTool(
            "get_offline_servers",
            "List the monitored servers that are offline, with when they were last active.",
            _offline,
            _NOTHING,
        ),
        NezhaTool(
            "get_server",
            "Get the state of a monitored server by its name or a part of it: CPU, memory and disk usage in percent, "
            "load, speeds in bytes per second, traffic in bytes, boot time, days until it has to be paid.",
            _server,
            vol.Schema({vol.Required("name"): str}),
        ),
        NezhaTool(
            "get_traffic_and_renewals",
            "List which monitored servers expire or renew within some days, and how much of their traffic they used.",
            _ahead,
            vol.Schema({vol.Optional("days", default=30): vol.All(int, vol.Range(min=0, max=366))}),
        ),
    ]


@callback
def async_get_tools(hass: HomeAssistant, llm_context: llm.LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools for Assist, where a server is exposed or might be while its dashboard does not answer."""
    if api_id != llm.LLM_API_ASSIST:
        return None
    for entry in loaded_entries(hass):
        keys = _exposed_keys(hass, llm_context.assistant, entry, devices_by_key(hass, entry))
        if any("online" in shown for shown in keys.values()):
            return LLMTools(tools=_tools())
    return None
