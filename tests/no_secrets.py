"""A pytest plugin: nothing that a test made the integration show or store holds a credential or a note.

What is secret is learned where it comes in: what entries and flows are given, what a simulated dashboard hands out and
is sent, what it tells of its servers in notes. What is shown is collected where it comes out, and searched at the end.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
import functools
import logging
import sys
from types import CodeType
from typing import Any, override
from unittest.mock import patch

import pytest
import voluptuous as vol

from custom_components.nezha import diagnostics
from custom_components.nezha.api import NezhaError
from custom_components.nezha.const import DOMAIN
from homeassistant.config_entries import ConfigEntries, ConfigEntry
from homeassistant.core import EventBus, HomeAssistant, State
from homeassistant.data_entry_flow import FlowHandler, FlowManager, section
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.helpers.json import prepare_save_json
from homeassistant.helpers.storage import Store
from simulator import SeenRequest, Server, Simulator
from simulator.credentials import Login
from simulator.inventory import Inventory

from .security.watch import Watch

LEVELS = {
    f"custom_components.{DOMAIN}": logging.DEBUG,
    "homeassistant": logging.DEBUG,
    # It repeats the events, which are collected as such.
    "homeassistant.core": logging.INFO,
}
MONITORING = 3
"""A number that neither a debugger nor a profiler uses."""
ASKED_FOR = {"url", "headers", "token", "password"}
"""The fields of forms in which a user is shown what they gave."""
CREDENTIALS_FILE = "core.config_entries"
_watches: list[Watch] = []


class _Log(logging.Handler):
    """Takes every line of the log, with the whole of an exception."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self._watch.show("the log", self.format(record))


def _on_login(watch: Watch, _: Login, token: str, expires: float) -> None:
    watch.add_credential(token)


def _on_simulator(
    watch: Watch, _: Simulator, *__: object, gateway_headers: Mapping[str, str] | None = None, **___: object
) -> None:
    for value in (gateway_headers or {}).values():
        watch.add_credential(value)


def _on_request(
    watch: Watch,
    _: SeenRequest,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    text: str = "",
) -> None:
    watch.show("the address of a request", path, repr(query))
    for name in ("Authorization", "X-CSRF-Token"):
        watch.add_credential(headers.get(name, "").removeprefix("Bearer "))


def _on_served(watch: Watch, _: Inventory, server: Server) -> None:
    watch.add_note(server.note)
    watch.add_note(server.public_note)


def _on_entry(watch: Watch, *_: object, data: object = None, **__: object) -> None:
    if isinstance(data, Mapping):
        watch.add_given(data)


def _on_event(
    watch: Watch, _: EventBus, event_type: str, data: Mapping[str, Any] | None = None, *__: object, **___: object
) -> None:
    if data and isinstance(state := data.get("new_state"), State):
        watch.show("a state", state.state)
        # Most states are written without a change of their attributes, which are the same object then.
        if (old := data.get("old_state")) is None or old.attributes is not state.attributes:
            watch.show("an attribute", repr(state.attributes))
    elif data:
        watch.show(f"an event {event_type}", repr(data))


def _on_write(watch: Watch, store: Store[Any]) -> None:
    if (data := store._data) and store.key != CREDENTIALS_FILE:
        content = data["data_func"]() if "data_func" in data else data["data"]
        _, text = prepare_save_json(content, encoder=store._encoder)
        watch.show(f"the file {store.key}", text if isinstance(text, str) else text.decode())


def _on_answer(watch: Watch, _: FlowManager[Any, Any], __: str, given: Mapping[str, Any] | None = None) -> None:
    watch.add_given(given or {})


def _suggested(schema: vol.Schema | None) -> Iterator[str]:
    """Yield what a form suggests, but for what belongs into its field."""
    for marker, field in schema.schema.items() if schema else ():
        if isinstance(field, section):
            yield from _suggested(field.schema)
        elif marker not in ASKED_FOR:
            yield repr(marker.description)


def _on_flow(
    watch: Watch, flow: FlowHandler[Any, Any], *, data: object = None, data_schema: Any = None, **shown: object
) -> None:
    watch.show("a flow", repr(shown), repr(flow.context), *_suggested(data_schema))


LOOKS: tuple[tuple[type, str, Callable[..., None]], ...] = (
    (Login, "__init__", _on_login),
    (Simulator, "__init__", _on_simulator),
    (SeenRequest, "__init__", _on_request),
    (Inventory, "_server", _on_served),
    (ConfigEntry, "__init__", _on_entry),
    (ConfigEntries, "async_update_entry", _on_entry),
    (FlowManager, "async_configure", _on_answer),
    (FlowHandler, "async_show_form", _on_flow),
    (FlowHandler, "async_show_menu", _on_flow),
    (FlowHandler, "async_create_entry", _on_flow),
    (FlowHandler, "async_abort", _on_flow),
    (EventBus, "async_fire_internal", _on_event),
    (Store, "_async_handle_write_data", _on_write),
)
"""Whose calls are looked at, before they are done."""


def _looked_at(watch: Watch, method: Callable[..., Any], look: Callable[..., None]) -> Callable[..., Any]:
    @functools.wraps(method)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        look(watch, *args, **kwargs)
        return method(*args, **kwargs)

    return wrapper


async def look_around(watch: Watch, hass: HomeAssistant) -> None:
    """Take all that a user can look at when a test is over."""
    watch.show("an issue", *map(repr, ir.async_get(hass).issues.values()))
    for entry in hass.config_entries.async_entries(DOMAIN):
        watch.show("an entry", entry.title, repr(entry.unique_id), repr(entry.options), repr(entry.reason))
        watch.show("a device", *map(repr, dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)))
        watch.show("an entity", *map(repr, er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)))
        watch.show("diagnostics", repr(await diagnostics.async_get_config_entry_diagnostics(hass, entry)))


def _on_raise(_: CodeType, __: int, raised: BaseException) -> None:
    """Take an error that a user or the log may be told, with all that it was made of."""
    error: BaseException | None = raised if isinstance(raised, NezhaError | HomeAssistantError) else None
    while error:
        for watch in _watches:
            watch.show("an exception", repr(error), repr(vars(error)))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.fixture(scope="session", autouse=True)
def raised_errors() -> Iterator[None]:
    """Be told of every exception as it is raised: not all of them are logged."""
    sys.monitoring.use_tool_id(MONITORING, __name__)
    sys.monitoring.register_callback(MONITORING, sys.monitoring.events.RAISE, _on_raise)
    sys.monitoring.set_events(MONITORING, sys.monitoring.events.RAISE)
    yield
    sys.monitoring.free_tool_id(MONITORING)


@contextmanager
def watching() -> Iterator[Watch]:
    """Learn what is secret from here on, and collect what is shown."""
    watch = Watch()
    log = _Log(watch)
    stop = HomeAssistant.async_stop

    async def look_around_and_stop(hass: HomeAssistant, *args: Any, **kwargs: Any) -> None:
        try:
            await look_around(watch, hass)
        finally:
            await stop(hass, *args, **kwargs)

    with ExitStack() as stack:
        for owner, method, look in LOOKS:
            stack.enter_context(patch.object(owner, method, _looked_at(watch, getattr(owner, method), look)))
        stack.enter_context(patch.object(HomeAssistant, "async_stop", look_around_and_stop))
        for name, level in LEVELS.items():
            logger = logging.getLogger(name)
            stack.callback(logger.setLevel, logger.level)
            logger.setLevel(level)
        logging.getLogger().addHandler(log)
        stack.callback(logging.getLogger().removeHandler, log)
        _watches.append(watch)
        stack.callback(_watches.remove, watch)
        yield watch


@contextmanager
def guarded() -> Iterator[Watch]:
    """Fail where what is secret was shown."""
    with watching() as watch:
        yield watch
    assert watch.found() == []


@pytest.fixture(autouse=True)
def no_secrets() -> Iterator[None]:
    """Guard every test."""
    with guarded():
        yield
