"""Serves the modules under the hash of their content, and announces that address.

Both ways of loading a module are used, with the same address: the frontend does not wait for Lovelace's resources before it asks
for a strategy, and its app shell, which has the extra modules, may be an older one from the service worker's cache.
"""

import asyncio
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL, add_extra_js_url, remove_extra_js_url
from homeassistant.components.http import StaticPathConfig
from homeassistant.components.lovelace.const import LOVELACE_DATA, MODE_STORAGE
from homeassistant.components.lovelace.resources import ResourceStorageCollection
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from .resources import PREFIX, TYPE, Create, Delete, Update, plan

_FOLDER = Path(__file__).parent / "web"
_ENTRANCE = "main.js"
"""Loads the rest: all that a page has to know."""
_HASH_LENGTH = 12
LATEST = f"{PREFIX}latest"
"""Where the modules are as well, for resources that are written by hand; never cached without asking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What is served in this run of Home Assistant."""

    base: str
    """The folder's address, which changes with its content."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while resources are changed: entries are set up side by side."""

    @property
    def url(self) -> str:
        """The address of the module that loads the others."""
        return f"{self.base}/{_ENTRANCE}"


SERVED: HassKey[Served] = HassKey("nezha_frontend")


def content_hash(folder: Path) -> str:
    """Return a hash of the names and the content of all files in a folder."""
    digest = sha256()
    for path in sorted(folder.rglob("*.js")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:_HASH_LENGTH]


async def async_serve(hass: HomeAssistant) -> None:
    """Serve the modules, where there is a web server."""
    if getattr(hass, "http", None) is None or SERVED in hass.data:
        return
    base = f"{PREFIX}{await hass.async_add_executor_job(content_hash, _FOLDER)}"
    hass.data[SERVED] = Served(base=base)
    await hass.http.async_register_static_paths(
        [
            StaticPathConfig(base, str(_FOLDER), cache_headers=True),
            StaticPathConfig(LATEST, str(_FOLDER), cache_headers=False),
        ]
    )


async def async_announce(hass: HomeAssistant) -> None:
    """Let every page load the modules. May be called again and again."""
    if (served := hass.data.get(SERVED)) is None:
        return
    if (modules := hass.data.get(DATA_EXTRA_MODULE_URL)) and served.url not in modules.urls:
        add_extra_js_url(hass, served.url)
    await _async_keep_resource(hass, served, served.url)


async def async_forget(hass: HomeAssistant) -> None:
    """Have no page load the modules any more."""
    if (served := hass.data.get(SERVED)) is None:
        return
    if (modules := hass.data.get(DATA_EXTRA_MODULE_URL)) and served.url in modules.urls:
        remove_extra_js_url(hass, served.url)
    await _async_keep_resource(hass, served, None)


async def _async_keep_resource(hass: HomeAssistant, served: Served, url: str | None) -> None:
    """Bring the stored resources in line. Those that are written in YAML are the user's own."""
    lovelace = hass.data.get(LOVELACE_DATA)
    if lovelace is None or lovelace.resource_mode != MODE_STORAGE:
        return
    resources = lovelace.resources
    if not isinstance(resources, ResourceStorageCollection):
        return
    async with served.lock:
        # Loads what is stored: without, all resources of the user would be overwritten by ours alone.
        await resources.async_get_info()
        for change in list(plan(resources.async_items(), url)):
            match change:
                case Create():
                    await resources.async_create_item({"res_type": TYPE, "url": change.url})
                case Update():
                    await resources.async_update_item(change.id, {"res_type": TYPE, "url": change.url})
                case Delete():
                    await resources.async_delete_item(change.id)
