"""What stands between a home and its dashboard, and what a credential meets on the way."""

import logging
from typing import Any

import pytest

from custom_components.nezha.const import CONF_REJECTED
from homeassistant.config_entries import SOURCE_USER
from homeassistant.const import CONF_HEADERS, CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator import Simulator
from simulator.attacks import FORGED, SECRET
from tests.conftest import entry_of, set_up

from .home import AttackedHome, until

LOGIN = "/api/v1/login"
TOKEN = "scripted-token"
GATE = {"X-Gate": "the-gate-key"}


@pytest.mark.parametrize("generation", ["v1", "v2"])
@pytest.mark.parametrize("fault", ["html_401", "json_401", "empty_401", "challenge_403"])
@pytest.mark.parametrize("path", ["/api/v1/server", "/api/v1/service", "/api/v1/ws/server"])
async def test_g_a_refusal_by_a_proxy(home: AttackedHome, generation: str, fault: str, path: str) -> None:
    """Only the dashboard itself rejects a credential: it says so in its own words."""
    entry = await home.set_up()
    home.simulator.faults.set(fault, path=path)
    home.simulator.frame_faults.set("drop", times=1)
    await home.frame_is_lost()
    home.pauses.end()
    for _ in range(2):
        await home.poll(30)
    await until(lambda: home.simulator.faults.delivered[fault])
    assert CONF_REJECTED not in entry.data
    assert home.reauths() == 0
    home.simulator.faults.clear()
    await home.assert_as_before()


@pytest.mark.parametrize("generation", ["v1"])
async def test_j_an_answer_that_breaks_off_in_its_headers(home: AttackedHome, generation: str) -> None:
    """Not even a log for debugging has a session in it."""
    home.caplog.set_level(logging.DEBUG)
    await home.set_up()
    home.dashboard.credentials.revoke_jwts()
    home.simulator.faults.set("broken_headers", path=LOGIN)
    for _ in range(2):
        await home.poll(60)
    assert home.simulator.faults.delivered["broken_headers"] >= 2
    assert SECRET not in home.caplog.text
    assert "nz-jwt" not in home.caplog.text
    home.simulator.faults.clear()
    home.clock.tick(60)
    await home.assert_as_before()


async def test_j_lines_of_the_log_in_names_and_keys(home: AttackedHome) -> None:
    home.caplog.set_level(logging.DEBUG)
    await home.set_up()
    home.simulator.faults.set("forged_lines")
    for _ in range(2):
        await home.poll(30)
    assert home.simulator.faults.delivered["forged_lines"] >= 2
    ours = [each for each in home.caplog.records if each.name.startswith("custom_components.nezha")]
    told = [each.getMessage() for each in ours]
    assert any("state.uptime" in line for line in told), "what cannot be read is named"
    assert not [line for line in told if FORGED in line or "\n2026" in line or "\x1b" in line]
    home.simulator.faults.clear()
    await home.assert_as_before()


async def _begin(hass: HomeAssistant, url: str) -> Any:
    """Enter an address."""
    form = await hass.config_entries.flow.async_init("nezha", context={"source": SOURCE_USER})
    return await _submit(hass, form, url)


async def _submit(hass: HomeAssistant, form: Any, url: str, headers: str = "") -> Any:
    given = {CONF_URL: url, "advanced": {CONF_VERIFY_SSL: True, CONF_HEADERS: headers}}
    return await hass.config_entries.flow.async_configure(form["flow_id"], given)


def _suggested(form: Any) -> dict[str, Any]:
    return {
        str(marker): marker.description["suggested_value"]
        for marker in form["data_schema"].schema
        if marker.description and "suggested_value" in marker.description
    }


async def test_l_https_that_somebody_broke(hass: HomeAssistant, simulator: Simulator) -> None:
    """Outside the home nothing is tried over http unasked; inside, the form says so before anything is entered."""
    port = simulator.url.rpartition(":")[2]
    outside = await _begin(hass, f"nezha.example.com:{port}")
    assert (outside["step_id"], outside["errors"]) == ("user", {"base": "certificate"})
    assert simulator.requests == []
    inside = await _begin(hass, f"127.0.0.1:{port}")
    assert inside["step_id"] == "token"
    assert "unencrypted" in inside["data_schema"].schema
    assert simulator.requests
    assert not [each for each in simulator.requests if "Authorization" in each.headers]


async def test_l_https_is_not_given_up(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = await set_up(hass, entry_of(simulator.url.replace("http:", "https:")))
    form = await entry.start_reconfigure_flow(hass)
    form = await _submit(hass, form, f"127.0.0.1:{simulator.url.rpartition(':')[2]}")
    assert (form["step_id"], form["errors"]) == ("reconfigure", {"base": "certificate"})
    assert simulator.requests == []


async def test_m_reconfiguring_to_another_host(hass: HomeAssistant, simulator: Simulator) -> None:
    """What was given for one origin is neither sent to another nor filled in for it."""
    entry = entry_of(simulator.url)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HEADERS: GATE})
    await set_up(hass, entry)
    attacker = Simulator(simulator.dashboard)
    await attacker.start()
    form = await entry.start_reconfigure_flow(hass)
    headers = "X-Gate: the-gate-key"
    form = await _submit(hass, form, attacker.url, headers)
    assert (form["step_id"], form["errors"]) == ("reconfigure", {"base": "headers_of_old_address"})
    assert attacker.requests == []
    form = await _submit(hass, form, attacker.url)
    assert form["type"] is FlowResultType.FORM
    assert CONF_TOKEN not in _suggested(form)
    assert attacker.requests, "it was asked what it is"
    assert not [each for each in attacker.requests if {"Authorization", "X-Gate"} & set(each.headers)]
    await attacker.stop()
