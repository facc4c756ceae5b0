"""Where the modules are served, and who is told."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nezha.frontend.serving import LATEST, SERVED, content_hash
from homeassistant.components import frontend
from homeassistant.components.lovelace.const import LOVELACE_DATA
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.conftest import entry_of, set_up
from tests.scripted import ScriptedDashboard, server

STORED = "lovelace_resources"
FOREIGN = {"id": "foreign", "type": "module", "url": "/local/card.js"}


@pytest.fixture
async def web(hass: HomeAssistant) -> None:
    """Set up the web server; the frontend itself is no package of the tests: only what it keeps is there."""
    assert await async_setup_component(hass, "http", {})
    hass.data[frontend.DATA_EXTRA_MODULE_URL] = frontend.UrlManager(lambda *_: None, [])


def stored(hass_storage: dict[str, Any], *urls: str) -> None:
    items = [{"id": f"r{number}", "type": "module", "url": url} for number, url in enumerate(urls)]
    hass_storage[STORED] = {"version": 1, "key": STORED, "data": {"items": [FOREIGN, *items]}}


def urls(hass: HomeAssistant) -> list[str]:
    return [item["url"] for item in hass.data[LOVELACE_DATA].resources.async_items()]


def extra(hass: HomeAssistant) -> frozenset[str]:
    return hass.data[frontend.DATA_EXTRA_MODULE_URL].urls


def second_entry(url: str) -> MockConfigEntry:
    entry = entry_of(url)
    return MockConfigEntry(domain=entry.domain, title="other", data=dict(entry.data), entry_id="other")


async def test_the_modules_are_a_resource_and_an_extra_module_with_the_same_url(
    hass: HomeAssistant, hass_storage: dict[str, Any], web: None, scripted: ScriptedDashboard
) -> None:
    stored(hass_storage)
    assert await async_setup_component(hass, "lovelace", {})
    scripted.servers = [server(1)]
    await set_up(hass, entry_of(scripted.url))

    url = hass.data[SERVED].url
    assert urls(hass) == [FOREIGN["url"], url]
    assert extra(hass) == {url}


async def test_resources_of_earlier_versions_make_place(
    hass: HomeAssistant, hass_storage: dict[str, Any], web: None, scripted: ScriptedDashboard
) -> None:
    stored(hass_storage, "/nezha_frontend/1/main.js", "/nezha_frontend/2/main.js")
    assert await async_setup_component(hass, "lovelace", {})
    await set_up(hass, entry_of(scripted.url))

    assert urls(hass) == [FOREIGN["url"], hass.data[SERVED].url]


async def test_entries_side_by_side_and_reloads_make_one_resource(
    hass: HomeAssistant, hass_storage: dict[str, Any], web: None, scripted: ScriptedDashboard
) -> None:
    stored(hass_storage)
    assert await async_setup_component(hass, "lovelace", {})
    entries = [entry_of(scripted.url), second_entry(scripted.url)]
    for entry in entries:
        entry.add_to_hass(hass)
    assert await async_setup_component(hass, "nezha", {})
    await hass.async_block_till_done()
    await asyncio.gather(*(hass.config_entries.async_reload(entry.entry_id) for entry in entries))

    assert urls(hass) == [FOREIGN["url"], hass.data[SERVED].url]
    assert len(extra(hass)) == 1


async def test_the_last_entry_takes_the_modules_with_it(
    hass: HomeAssistant, hass_storage: dict[str, Any], web: None, scripted: ScriptedDashboard
) -> None:
    stored(hass_storage)
    assert await async_setup_component(hass, "lovelace", {})
    await set_up(hass, entry_of(scripted.url))
    await set_up(hass, second_entry(scripted.url))

    await hass.config_entries.async_remove("other")
    assert len(urls(hass)) == 2

    await hass.config_entries.async_remove("hub")
    assert urls(hass) == [FOREIGN["url"]]
    assert not extra(hass)

    await set_up(hass, entry_of(scripted.url))
    assert urls(hass) == [FOREIGN["url"], hass.data[SERVED].url]
    assert len(extra(hass)) == 1


async def test_a_dashboard_that_is_away_keeps_nobody_from_the_modules(
    hass: HomeAssistant, hass_storage: dict[str, Any], web: None, scripted: ScriptedDashboard
) -> None:
    stored(hass_storage)
    assert await async_setup_component(hass, "lovelace", {})
    url = scripted.url
    await scripted.stop()
    await set_up(hass, entry_of(url))

    assert len(urls(hass)) == 2


async def test_resources_in_yaml_are_the_users_own(hass: HomeAssistant, web: None, scripted: ScriptedDashboard) -> None:
    yaml = {"resource_mode": "yaml", "resources": [{"type": "module", "url": f"{LATEST}/main.js"}]}
    assert await async_setup_component(hass, "lovelace", {"lovelace": yaml})
    await set_up(hass, entry_of(scripted.url))
    await hass.config_entries.async_remove("hub")

    assert urls(hass) == [f"{LATEST}/main.js"]


async def test_without_a_web_server_the_rest_works(hass: HomeAssistant, scripted: ScriptedDashboard) -> None:
    scripted.servers = [server(1)]
    entry = await set_up(hass, entry_of(scripted.url))
    assert len(entry.runtime_data.data) == 1
    assert await hass.config_entries.async_remove(entry.entry_id)


async def test_what_is_versioned_is_cached_for_long_and_the_rest_is_asked_for(
    hass: HomeAssistant, web: None, scripted: ScriptedDashboard, hass_client_no_auth: ClientSessionGenerator
) -> None:
    await set_up(hass, entry_of(scripted.url))
    client = await hass_client_no_auth()

    versioned = await client.get(hass.data[SERVED].url)
    latest = await client.get(f"{LATEST}/main.js")

    assert versioned.status == latest.status == 200
    assert "javascript" in versioned.headers["Content-Type"]
    assert "max-age" in versioned.headers["Cache-Control"]
    assert "Cache-Control" not in latest.headers
    assert await versioned.text() == await latest.text()


def test_the_hash_knows_every_file(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "main.js").write_text("one")
    (tmp_path / "texts" / "en.js").write_text("two")
    hashes = [content_hash(tmp_path)]

    (tmp_path / "texts" / "en.js").write_text("too")
    hashes.append(content_hash(tmp_path))
    (tmp_path / "texts" / "en.js").rename(tmp_path / "texts" / "fr.js")
    hashes.append(content_hash(tmp_path))
    (tmp_path / "main.js").write_text("")
    hashes.append(content_hash(tmp_path))

    assert len(set(hashes)) == len(hashes)
    assert content_hash(tmp_path) == hashes[-1]
