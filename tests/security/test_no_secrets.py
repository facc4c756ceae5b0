"""What the guard takes for a secret, and where it finds one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
import json
import logging
from typing import Any

from aiohttp import ClientSession
import pytest
import voluptuous as vol

from custom_components.nezha import diagnostics
from custom_components.nezha.api import UnreachableError
from custom_components.nezha.const import DOMAIN
from custom_components.nezha.flow.config import NezhaConfigFlow
from homeassistant.config_entries import SOURCE_USER
from homeassistant.const import CONF_HEADERS, CONF_PASSWORD, CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.helpers.storage import Store
from simulator import Dashboard, Simulator
from tests.conftest import entry_of, set_up
from tests.no_secrets import guarded, look_around, watching
from tests.test_services import entry_for, serving

from .watch import Watch

SECRET = "a-secret-of-this-test"
LOGGER = logging.getLogger("custom_components.nezha.planted")


@pytest.fixture
def no_secrets() -> None:
    """Let a test leak: these do so on purpose, under a watch of their own."""


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Watch a test."""
    with watching() as watch:
        yield watch


def raise_from(error: Exception, cause: Exception | None) -> None:
    raise error from cause


# Where a secret is found


def a_log_of_ours(hass: HomeAssistant) -> None:
    LOGGER.debug("asked with %s", {"Authorization": SECRET})


def a_log_of_home_assistants(hass: HomeAssistant) -> None:
    logging.getLogger("homeassistant.config_entries").debug("set up with %s", SECRET)


def a_logged_cause(hass: HomeAssistant) -> None:
    try:
        raise_from(KeyError("no answer"), ValueError(SECRET))
    except KeyError:
        LOGGER.exception("Failed")


def an_error(hass: HomeAssistant) -> None:
    with suppress(UnreachableError):
        raise UnreachableError(f"no answer to {SECRET}")


def a_cause(hass: HomeAssistant) -> None:
    with suppress(UnreachableError):
        raise_from(UnreachableError(), ValueError(SECRET))


def a_placeholder_of_an_error(hass: HomeAssistant) -> None:
    with suppress(HomeAssistantError):
        raise HomeAssistantError(translation_placeholders={"token": SECRET})


def a_state(hass: HomeAssistant) -> None:
    hass.states.async_set("sensor.planted", SECRET)


def an_attribute(hass: HomeAssistant) -> None:
    hass.states.async_set("sensor.planted", "1", {"token": SECRET})


def a_new_attribute(hass: HomeAssistant) -> None:
    hass.states.async_set("sensor.planted", "1")
    hass.states.async_set("sensor.planted", "1", {"tokens": [SECRET]})


def an_event(hass: HomeAssistant) -> None:
    hass.bus.async_fire("planted", {"token": SECRET})


def an_issue(hass: HomeAssistant) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        "planted",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="blocked",
        translation_placeholders={"name": SECRET},
    )


def a_device(hass: HomeAssistant) -> None:
    dr.async_get(hass).async_get_or_create(config_entry_id="hub", identifiers={(DOMAIN, "planted")}, model=SECRET)


def an_entity(hass: HomeAssistant) -> None:
    entry = hass.config_entries.async_get_entry("hub")
    er.async_get(hass).async_get_or_create("sensor", DOMAIN, "planted", config_entry=entry, original_name=SECRET)


def an_entry(hass: HomeAssistant) -> None:
    entry = hass.config_entries.async_get_entry("hub")
    hass.config_entries.async_update_entry(entry, title=SECRET)


def flow() -> NezhaConfigFlow:
    """Return a flow that has just begun."""
    flow = NezhaConfigFlow()
    flow.flow_id, flow.handler, flow.context = "planted", "planted", {"source": SOURCE_USER}
    return flow


def a_placeholder(hass: HomeAssistant) -> None:
    flow().async_abort(reason="already_configured", description_placeholders={"token": SECRET})


def a_suggestion(hass: HomeAssistant) -> None:
    part = section(vol.Schema({vol.Optional("name", description={"suggested_value": SECRET}): str}))
    flow().async_show_form(step_id="planted", data_schema=vol.Schema({vol.Required("advanced"): part}))


def places(watch: Watch) -> list[str]:
    """Return what was found, without the text about it."""
    return [found.partition(":")[0] for found in watch.found()]


@pytest.mark.parametrize(
    ("plant", "where"),
    [
        (a_log_of_ours, "the log"),
        (a_log_of_home_assistants, "the log"),
        (a_logged_cause, "the log"),
        (an_error, "an exception"),
        (a_cause, "an exception"),
        (a_placeholder_of_an_error, "an exception"),
        (a_state, "a state"),
        (an_attribute, "an attribute"),
        (a_new_attribute, "an attribute"),
        (an_event, "an event planted"),
        (an_issue, "an issue"),
        (a_device, "a device"),
        (an_entity, "an entity"),
        (an_entry, "an entry"),
        (a_placeholder, "a flow"),
        (a_suggestion, "a flow"),
    ],
)
async def test_a_secret_is_found_in(
    hass: HomeAssistant, watch: Watch, plant: Callable[[HomeAssistant], None], where: str
) -> None:
    entry_of("http://127.0.0.1:1", token=SECRET).add_to_hass(hass)
    plant(hass)
    await look_around(watch, hass)
    assert places(watch) == [f"{SECRET!r} in {where}"]


async def test_a_secret_is_found_in_a_file(hass: HomeAssistant, watch: Watch) -> None:
    watch.add_credential(SECRET)
    await Store(hass, 1, "at_once").async_save({"token": SECRET})
    Store(hass, 1, "at_the_end").async_delay_save(lambda: {"token": SECRET}, 60)
    await hass.async_stop(force=True)
    assert places(watch) == [f"{SECRET!r} in the file at_once", f"{SECRET!r} in the file at_the_end"]


async def test_a_secret_is_found_in_an_address(watch: Watch, simulator: Simulator) -> None:
    watch.add_credential(SECRET)
    async with ClientSession() as session:
        await session.get(f"{simulator.url}/api/v1/server/details", params={"token": SECRET})
    assert places(watch) == [f"{SECRET!r} in the address of a request"]


async def test_a_secret_is_found_in_the_diagnostics(
    hass: HomeAssistant, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnostics, "_TO_REDACT", {CONF_URL})
    entry_of("http://127.0.0.1:1", token=SECRET).add_to_hass(hass)
    await look_around(watch, hass)
    assert places(watch) == [f"{SECRET!r} in diagnostics"]


async def test_what_is_left_at_the_end_of_a_test_is_looked_at(hass: HomeAssistant, watch: Watch) -> None:
    entry_of("http://127.0.0.1:1", token=SECRET).add_to_hass(hass)
    an_issue(hass)
    await hass.async_stop(force=True)
    assert places(watch) == [f"{SECRET!r} in an issue"]


# What is a secret


def said(watch: Watch, text: str) -> list[str]:
    """Return what is found once a text was logged."""
    LOGGER.debug("%s", text)
    return places(watch)


@pytest.mark.parametrize(
    "given",
    [
        {CONF_TOKEN: SECRET},
        {CONF_TOKEN: f" {SECRET}\u200b\n"},
        {CONF_PASSWORD: SECRET},
        {CONF_HEADERS: {"X-Gate": SECRET}},
        {"advanced": {CONF_HEADERS: f"X-Other: the-other-key\nX-Gate: {SECRET}"}},
        {CONF_HEADERS: SECRET},
        {CONF_URL: f"http://me:{SECRET}@127.0.0.1:8008"},
    ],
)
def test_what_an_entry_or_a_flow_is_given(watch: Watch, given: Mapping[str, Any]) -> None:
    watch.add_given(given)
    assert said(watch, SECRET) == [f"{SECRET!r} in the log"]


async def test_what_an_entry_has(hass: HomeAssistant, watch: Watch) -> None:
    entry = entry_of("http://127.0.0.1:1", token="the-token-at-first")
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_TOKEN: SECRET})
    assert said(watch, f"the-token-at-first {SECRET}") == [f"{SECRET!r} in the log", "'the-token-at-first' in the log"]


async def test_what_is_typed_into_a_form(hass: HomeAssistant, watch: Watch, simulator: Simulator) -> None:
    flows = hass.config_entries.flow
    form = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    address = {CONF_URL: simulator.url, "advanced": {CONF_VERIFY_SSL: True, CONF_HEADERS: "X-Gate: the-gate-key"}}
    await flows.async_configure(form["flow_id"], address)
    # The form comes back with what was typed, which is no leak.
    assert (await flows.async_configure(form["flow_id"], {CONF_TOKEN: SECRET}))["errors"]
    await look_around(watch, hass)
    assert places(watch) == []
    assert said(watch, f"the-gate-key {SECRET}") == [f"{SECRET!r} in the log", "'the-gate-key' in the log"]


def test_a_session(watch: Watch) -> None:
    session = Dashboard().credentials.issue_jwt().token
    assert said(watch, session) == [f"{session!r} in the log"]


async def test_what_a_request_carries(watch: Watch, simulator: Simulator) -> None:
    async with ClientSession() as session:
        await session.get(
            simulator.url, headers={"Authorization": f"Bearer {SECRET}", "X-CSRF-Token": "the-csrf-token"}
        )
    assert said(watch, f"{SECRET} the-csrf-token") == [f"{SECRET!r} in the log", "'the-csrf-token' in the log"]


def test_what_a_gateway_wants(watch: Watch) -> None:
    Simulator(gateway_headers={"X-Gate": SECRET})
    assert said(watch, SECRET) == [f"{SECRET!r} in the log"]


def test_a_secret_as_it_stands_in_an_address(watch: Watch) -> None:
    watch.add_credential("with/slash=and+")
    assert said(watch, "?token=with%2Fslash%3Dand%2B") == ["'with%2Fslash%3Dand%2B' in the log"]


def billing(**fields: object) -> str:
    """Return a note as Nezha's pages understand it."""
    return json.dumps({"billingDataMod": {"endDate": "2026-06-03", "amount": "3$ a month"} | fields})


@pytest.mark.parametrize("field", ["note", "public_note"])
@pytest.mark.parametrize("note", [SECRET, billing(extra=[SECRET]), f'{{"billingDataMod": {{"endDate": "{SECRET}'])
async def test_what_a_server_is_noted_with(
    hass: HomeAssistant, watch: Watch, socket_enabled: None, field: str, note: str
) -> None:
    async with serving() as simulator:
        setattr(simulator.dashboard.servers[1], field, note)
        await set_up(hass, entry_for(simulator))
        await look_around(watch, hass)
        assert places(watch) == []
        assert said(watch, f"It says {SECRET}.") == [f"{SECRET!r} in the log"]


def test_a_note_as_it_is(watch: Watch) -> None:
    assert said(watch, f"The note {billing()!r}") == ["a note in the log"]
    assert said(watch, json.dumps({"public_note": billing()})) == ["a note in the log"]


# What is none


def test_what_is_told_of_a_note(watch: Watch) -> None:
    watch.add_note(billing(cycle="quarterly"))
    assert said(watch, "billingDataMod.endDate: 2026-06-03, 3$ a month, quarterly") == []


def test_nothing_is_no_credential(watch: Watch) -> None:
    watch.add_given({CONF_TOKEN: " ", CONF_PASSWORD: "", CONF_HEADERS: ""})
    assert said(watch, "all is well") == []


def test_a_credential_has_to_be_recognisable(watch: Watch) -> None:
    watch.add_given({CONF_TOKEN: "short"})
    assert watch.found() == ["too short to be recognised: 'short'"]


async def test_the_file_of_the_entries_holds_the_credentials(hass: HomeAssistant, watch: Watch) -> None:
    watch.add_credential(SECRET)
    await Store(hass, 1, "core.config_entries").async_save({CONF_TOKEN: SECRET})
    assert places(watch) == []


def test_a_context_that_is_not_told(watch: Watch) -> None:
    watch.add_credential(SECRET)
    with suppress(UnreachableError):
        try:
            raise_from(ValueError(SECRET), None)
        except ValueError:
            raise UnreachableError from None
    assert places(watch) == []


# Every test


def test_every_test_is_guarded(request: pytest.FixtureRequest) -> None:
    # Here another fixture has this name, but it is the guard that has it applied.
    assert "no_secrets" in request.fixturenames


def log_under_guard(text: str) -> None:
    with guarded() as watch:
        watch.add_credential(SECRET)
        LOGGER.debug(text)


def test_a_leak_fails_a_test() -> None:
    with pytest.raises(AssertionError, match=SECRET):
        log_under_guard(SECRET)


def test_another_one_passes() -> None:
    log_under_guard("all is well")
