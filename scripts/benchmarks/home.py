"""A real Home Assistant in this process, in a folder of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import math
from pathlib import Path
import tempfile
import time
from types import MappingProxyType
from typing import Any

from harness.forms import DOMAIN, INTEGRATION
from harness.hass import ask_this_machine_only
from harness.storage import store_http
from homeassistant import bootstrap, loader
from homeassistant.config_entries import SOURCE_USER, ConfigEntries, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.setup import async_setup_component

from .dashboard import Remote

_PAUSE = 0.02
_REST = 0.0005
"""Seconds between two looks, and CPU seconds that pass as doing nothing."""


@asynccontextmanager
async def home() -> AsyncIterator[HomeAssistant]:
    """Give a running Home Assistant with its core and nothing else."""
    with tempfile.TemporaryDirectory(prefix="nezha-benchmark-") as name:
        folder = Path(name)
        (folder / "custom_components").symlink_to(INTEGRATION.parent, target_is_directory=True)
        # Home Assistant's own web server, which calendars want.
        store_http(folder, 0)
        ask_this_machine_only()
        hass = HomeAssistant(name)
        hass.config.skip_pip = True
        loader.async_setup(hass)
        hass.config_entries = ConfigEntries(hass, {})
        await loader.async_get_custom_components(hass)
        await bootstrap.async_load_base_functionality(hass)
        await async_process_ha_core_config(hass, {"time_zone": "UTC"})
        for component in ("homeassistant", "persistent_notification"):
            if not await async_setup_component(hass, component, {component: {}}):
                raise RuntimeError(f"{component} could not be set up")
        await hass.async_start()
        try:
            yield hass
        finally:
            await hass.async_stop(force=True)


async def add_nezha(hass: HomeAssistant, dashboard: Remote, **options: int) -> ConfigEntry:
    """Add a dashboard as its form would, and set it up."""
    entry = ConfigEntry[Any](
        version=1,
        minor_version=1,
        domain=DOMAIN,
        title=DOMAIN,
        data={
            "url": dashboard.url,
            "generation": dashboard.generation,
            "verify_ssl": True,
            "headers": {},
            "token": dashboard.token,
        },
        options=options,
        source=SOURCE_USER,
        unique_id=None,
        discovery_keys=MappingProxyType({}),
        subentries_data=None,
    )
    await hass.config_entries.async_add(entry)
    await hass.async_block_till_done()
    if entry.state is not ConfigEntryState.LOADED:
        raise RuntimeError(f"{DOMAIN} could not be set up: {entry.reason}")
    return entry


async def connected(entry: ConfigEntry, dashboard: Remote) -> None:
    """Wait until the integration follows the dashboard's frames."""
    async with asyncio.timeout(20):
        while not await dashboard.tell("push") or not entry.runtime_data.live:
            await asyncio.sleep(0.05)


async def settled(hass: HomeAssistant) -> None:
    """Wait until nothing happens any more: frames are followed by a task that nobody waits for."""
    rest = math.inf
    while rest > _REST:
        before = time.process_time()
        await asyncio.sleep(_PAUSE)
        await hass.async_block_till_done()
        rest = time.process_time() - before
