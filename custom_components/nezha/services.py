"""Actions: what is known, as a response for scripts and templates, and running a task of the dashboard."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_STATE
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.service import async_get_config_entry, verify_domain_control

from .api import BlockedError, NezhaError, Period, Task
from .automation import report
from .automation.meanings import is_answering
from .automation.things import devices_by_key, fold_groups, is_in_groups
from .const import CONF_GROUPS, DOMAIN
from .fleet import KnownServer
from .runtime.coordinator import NezhaConfigEntry
from .runtime.devices import key_of
from .runtime.history import MEASUREMENTS, HistoryImport, ServerReport

ATTR_IDS: Final = "ids"
ATTR_REFRESH: Final = "refresh"
ATTR_TASK: Final = "task"
ATTR_MEASUREMENTS: Final = "measurements"
ATTR_PERIOD: Final = "period"

_DASHBOARD = {
    vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    vol.Optional(ATTR_REFRESH, default=False): cv.boolean,
}
_SERVERS = {
    **_DASHBOARD,
    vol.Optional(CONF_GROUPS, default=list): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional(ATTR_IDS, default=list): vol.All(cv.ensure_list, [vol.Coerce(int)]),
    vol.Optional(ATTR_STATE): vol.All(cv.ensure_list, [vol.In(report.STATES)]),
}
_SERVER = {
    vol.Required(ATTR_DEVICE_ID): cv.string,
    vol.Optional(ATTR_REFRESH, default=False): cv.boolean,
}
_TASK = {
    vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    vol.Required(ATTR_TASK): vol.All(vol.Coerce(str), vol.Strip),
}
_HISTORY = {
    vol.Required(ATTR_DEVICE_ID): vol.All(cv.ensure_list, vol.Length(min=1), [cv.string]),
    vol.Optional(ATTR_MEASUREMENTS, default=list): vol.All(cv.ensure_list, [vol.In(MEASUREMENTS)]),
    vol.Optional(ATTR_PERIOD, default=Period.WEEK.value): vol.Coerce(Period),
}


class _Dashboards:
    """The dashboards that an action is about: the chosen one, or all that are set up."""

    def __init__(self, call: ServiceCall) -> None:
        self._hass = call.hass
        chosen = call.data.get(ATTR_CONFIG_ENTRY_ID)
        if chosen:
            self.entries: list[NezhaConfigEntry] = [async_get_config_entry(call.hass, DOMAIN, chosen)]
        else:
            # Also where a blueprint hands on that nothing was chosen.
            self.entries = call.hass.config_entries.async_entries(DOMAIN, include_disabled=False, include_ignore=False)

    @property
    def answering(self) -> list[NezhaConfigEntry]:
        """Those whose newest request succeeded."""
        return [entry for entry in self.entries if is_answering(entry)]

    def response(self, **parts: Any) -> ServiceResponse:
        """Return a response that also says which dashboards nothing is known of."""
        return {**parts, "unreachable": [entry.title for entry in self.entries if not is_answering(entry)]}


async def _refresh(entries: list[NezhaConfigEntry], call: ServiceCall) -> None:
    """Ask the dashboards now, if that is wished. One that blocks Home Assistant would do so for longer if it was asked."""
    for entry in entries:
        if call.data[ATTR_REFRESH] and entry.state is ConfigEntryState.LOADED:
            coordinator = entry.runtime_data
            error = coordinator.last_exception
            if not isinstance(error, HomeAssistantError) or error.translation_key != BlockedError.reason:
                await coordinator.async_refresh()


def _servers(call: ServiceCall, entry: NezhaConfigEntry) -> Iterator[tuple[str, KnownServer]]:
    """Yield the servers of a dashboard that are asked for."""
    groups, ids, states = fold_groups(call.data[CONF_GROUPS]), call.data[ATTR_IDS], call.data.get(ATTR_STATE)
    for identity, known in _enabled(entry):
        if (
            is_in_groups(known, groups)
            and (not ids or known.server.number in ids)
            and (not states or report.state_of(known) in states)
        ):
            yield identity, known


def _enabled(entry: NezhaConfigEntry) -> Iterator[tuple[str, KnownServer]]:
    """Yield the servers whose device is not disabled."""
    coordinator = entry.runtime_data
    for identity, known in coordinator.data.items():
        if identity not in coordinator.devices.disabled:
            yield identity, known


async def _get_servers(call: ServiceCall) -> ServiceResponse:
    dashboards = _Dashboards(call)
    await _refresh(dashboards.entries, call)
    servers = []
    for entry in dashboards.answering:
        devices = devices_by_key(call.hass, entry)
        servers += [report.summarize(entry, identity, devices.get(identity)) for identity, _ in _servers(call, entry)]
    servers.sort(key=lambda server: server["name"].casefold())
    counts = {state: sum(server["state"] == state for server in servers) for state in report.STATES}
    return dashboards.response(servers=servers, total=len(servers), **counts)


async def _get_groups(call: ServiceCall) -> ServiceResponse:
    dashboards = _Dashboards(call)
    await _refresh(dashboards.entries, call)
    groups = [
        group
        for entry in dashboards.answering
        for group in report.describe_groups(entry, [known for _, known in _enabled(entry)])
    ]
    return dashboards.response(groups=groups)


async def _get_services(call: ServiceCall) -> ServiceResponse:
    dashboards = _Dashboards(call)
    await _refresh(dashboards.entries, call)
    services, cycles = [], []
    for entry in dashboards.answering:
        devices = devices_by_key(call.hass, entry)
        services += [
            report.describe_service(entry, key, service, devices.get(key))
            for key, service in entry.runtime_data.services.items()
            if key not in entry.runtime_data.devices.disabled
        ]
        cycles += [report.describe_cycle(entry, cycle) for cycle in entry.runtime_data.cycles.values()]
    return dashboards.response(services=services, cycles=cycles)


async def _get_tasks(call: ServiceCall) -> ServiceResponse:
    dashboards = _Dashboards(call)
    await _refresh(dashboards.entries, call)
    tasks = [
        {**report.describe_task(entry, task), ATTR_CONFIG_ENTRY_ID: entry.entry_id}
        for entry in dashboards.answering
        for task in entry.runtime_data.tasks.values()
    ]
    return dashboards.response(tasks=tasks)


async def _get_server(call: ServiceCall) -> ServiceResponse:
    entry, identity, device = _server_of(call.hass, call.data[ATTR_DEVICE_ID])
    await _refresh([entry], call)
    if not is_answering(entry):
        raise _invalid("dashboard_unreachable", dashboard=entry.title)
    if identity not in entry.runtime_data.data:
        raise _invalid("server_not_listed", server=device.name_by_user or device.name or "", dashboard=entry.title)
    return report.describe_server(entry, identity, device)


def _server_of(hass: HomeAssistant, device_id: str) -> tuple[NezhaConfigEntry, str, dr.AnyDeviceEntry]:
    """Return what a device is of. Raises `ServiceValidationError` where that is no server of a dashboard that is set up."""
    device = dr.async_get(hass).async_get(device_id)
    if device is None:
        raise _invalid("device_not_found", device=device_id)
    name = device.name_by_user or device.name or device_id
    entries: list[NezhaConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    for entry in entries:
        if (key := key_of(entry, device)) is None:
            continue
        if entry.state is not ConfigEntryState.LOADED:
            raise _invalid("dashboard_unreachable", dashboard=entry.title)
        if key in entry.runtime_data.services:
            break
        return entry, key, device
    raise _invalid("device_not_server", device=name)


@verify_domain_control(DOMAIN)
async def _run_task(call: ServiceCall) -> ServiceResponse:
    # Home Assistant itself asks for permission only where entities are the target: a user who may only read could run commands.
    entry: NezhaConfigEntry = async_get_config_entry(call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID) or None)
    if not is_answering(entry):
        raise _invalid("dashboard_unreachable", dashboard=entry.title)
    task = _task_of(entry, call.data[ATTR_TASK])
    try:
        await entry.runtime_data.backend.run_task(task.number, task.name)
    except NezhaError as err:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key=err.reason) from err
    await entry.runtime_data.async_request_refresh()
    return {"name": task.name, "id": task.number, "dashboard": entry.title}


def _task_of(entry: NezhaConfigEntry, wanted: str) -> Task:
    """Return a task by its id or, if that is the only one of this name, by its name."""
    tasks = list(entry.runtime_data.tasks.values())
    if not tasks:
        raise _invalid("no_tasks", dashboard=entry.title)
    if found := [task for task in tasks if str(task.number) == wanted]:
        return found[0]
    found = [task for task in tasks if task.name == wanted]
    if not found:
        raise _invalid("task_not_found", task=wanted, dashboard=entry.title)
    if len(found) > 1:
        raise _invalid("task_ambiguous", task=wanted, ids=", ".join(str(task.number) for task in found))
    return found[0]


@verify_domain_control(DOMAIN)
async def _import_history(call: ServiceCall) -> ServiceResponse:
    chosen: dict[str, dict[str, dr.AnyDeviceEntry]] = {}
    for device_id in call.data[ATTR_DEVICE_ID]:
        entry, identity, device = _server_of(call.hass, device_id)
        if not is_answering(entry):
            raise _invalid("dashboard_unreachable", dashboard=entry.title)
        chosen.setdefault(entry.entry_id, {})[identity] = device
    measurements = call.data[ATTR_MEASUREMENTS] or list(MEASUREMENTS)
    servers = []
    for entry_id, devices in chosen.items():
        entry = async_get_config_entry(call.hass, DOMAIN, entry_id)
        reports = await HistoryImport(call.hass, entry, devices, measurements, call.data[ATTR_PERIOD]).run()
        servers += [_describe_import(devices[identity], report) for identity, report in reports.items()]
    return {"servers": servers, "written": sum(each["count"] for server in servers for each in server["written"])}


def _describe_import(device: dr.AnyDeviceEntry, report: ServerReport) -> dict[str, Any]:
    return {
        "name": device.name_by_user or device.name or "",
        "device_id": device.id,
        "written": [each.as_dict() for each in report.written],
        "left_out": [each.as_dict() for each in report.left_out],
    }


def _invalid(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


_ACTIONS: dict[str, tuple[Callable[[ServiceCall], Any], dict[vol.Marker, Any], SupportsResponse]] = {
    "get_servers": (_get_servers, _SERVERS, SupportsResponse.ONLY),
    "get_server": (_get_server, _SERVER, SupportsResponse.ONLY),
    "get_groups": (_get_groups, _DASHBOARD, SupportsResponse.ONLY),
    "get_services": (_get_services, _DASHBOARD, SupportsResponse.ONLY),
    "get_tasks": (_get_tasks, _DASHBOARD, SupportsResponse.ONLY),
    "import_history": (_import_history, _HISTORY, SupportsResponse.OPTIONAL),
    "run_task": (_run_task, _TASK, SupportsResponse.OPTIONAL),
}
SCHEMAS = {name: vol.Schema(fields) for name, (_, fields, _) in _ACTIONS.items()}


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, whatever dashboards there are."""
    for name, (handle, _, response) in _ACTIONS.items():
        hass.services.async_register(DOMAIN, name, handle, SCHEMAS[name], supports_response=response)
