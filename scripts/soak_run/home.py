"""The Home Assistant of a soak: it is stopped, killed and started again, and its logs are kept."""

import asyncio
from collections import Counter
from collections.abc import Mapping
import logging
from pathlib import Path
import shutil
import time
from typing import Any

import aiohttp

from harness.errors import HarnessError
from harness.forms import DOMAIN, FLOW, add_entry, fill, set_options
from harness.homeassistant import HomeAssistant
from harness.processes import free_port

from .ledger import GIB
from .site import Site

INTERVAL = 5
"""Seconds between two polls, and between two updates of live measurements: the least that both options take."""
_PROBE = Path(__file__).with_name("soak_probe")
_IMPATIENCE = 0.1
"""The chance, at each look, that the user reloads an entry."""
_MARK = 300
_START = 45
"""Seconds. Once it has started, Home Assistant compiles the periods of five minutes that it missed, up to the mark that
has passed by then, although states of before that mark still wait to be written. No mark may fall into its start."""
UNREACHABLE = (HarnessError, aiohttp.ClientError, TimeoutError, TypeError)
"""What asking raises while Home Assistant comes or goes; the last of them where a WebSocket ends in the middle."""
REGISTRY = ".storage/core.entity_registry"
_LOGGER = logging.getLogger(__name__)


class Home:
    """A Home Assistant that comes and goes."""

    def __init__(self, folder: Path, session: aiohttp.ClientSession) -> None:
        """Take a folder of its own."""
        self.folder = folder
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True)
        self.happened: Counter[str] = Counter()
        self.starts = 0
        self._session = session
        self._port = free_port()
        self._running: HomeAssistant | None = None
        self._entity_ids: dict[str, str] = {}

    @property
    def is_up(self) -> bool:
        """Return whether it answers."""
        return self._running is not None

    @property
    def running(self) -> HomeAssistant:
        """Return it while it is up."""
        if self._running is None:
            raise HarnessError("Home Assistant is not running.")
        return self._running

    async def start(self) -> None:
        """Start it, and wait until it runs."""
        if (until_mark := _MARK - time.time() % _MARK) < _START:
            await asyncio.sleep(until_mark)
        self.starts += 1
        _LOGGER.info("Home Assistant starts")
        self._running = await HomeAssistant.start(self.folder, self._port, self._session, beside=(_PROBE,))
        _LOGGER.info("Home Assistant runs")

    async def stop(self) -> None:
        """Stop it in order."""
        await self._end(kill=False)

    async def kill(self) -> None:
        """Kill it."""
        await self._end(kill=True)

    async def _end(self, *, kill: bool) -> None:
        if (running := self._running) is None:
            return
        self._running = None
        what = "Home Assistant killed" if kill else "Home Assistant stopped"
        self.happened[what] += 1
        await (running.kill() if kill else running.stop())
        _LOGGER.info(what)
        # Copied: whoever was just asking something shows its end.
        shutil.copyfile(self.folder / "output.log", self.logs / f"{self.starts:03}.log")

    async def add(self, site: Site) -> None:
        """Add a dashboard as a user does."""
        site.entry_id = await add_entry(self.running.request, site.access.url, site.access.credential)
        await set_options(self.running.request, site.entry_id, INTERVAL)

    async def sign_in_again(self, sites: list[Site]) -> None:
        """Give a new token where the integration asks for one."""
        (flows,) = await self.running.commands("config_entries/flow/progress")
        for site in sites:
            for flow in flows:
                is_asking = flow["handler"] == DOMAIN and flow["context"].get("entry_id") == site.entry_id
                if is_asking and "token_revoked" not in site.simulator.faults.active:
                    site.new_token()
                    await self._give_token(flow["flow_id"], site)

    async def set_up_again(self, sites: list[Site]) -> None:
        """Reload, now and then, what is to be set up again: Home Assistant's own pauses double, up to many minutes."""
        entries = await self.running.entries()
        for site in sites:
            if entries[site.entry_id]["state"] == "setup_retry" and site.chance.random() < _IMPATIENCE:
                site.happened["set up again by hand"] += 1
                await self.running.request("POST", f"/api/config/config_entries/entry/{site.entry_id}/reload", {})

    async def _give_token(self, flow_id: str, site: Site) -> None:
        """Fill in the forms of a flow; where a fault meets one of them, it is still there for another attempt."""
        step = await self.running.request("GET", f"{FLOW}/{flow_id}")
        token = {"token": site.tokens[-1]}
        answers = {"credential": {"next_step_id": "access_token"}, "access_token": token, "reauth_confirm": token}
        try:
            result = await fill(self.running.request, {**step, "errors": None}, answers)
        except HarnessError:
            return
        site.happened["signed in again"] += result.get("reason") == "reauth_successful"

    async def shows(self, site: Site, identity: str, counters: Mapping[str, int]) -> bool:
        """Return whether these counters of a server are what it shows now."""
        by_unique_id = {f"{site.entry_id}_{identity}_{name}": value for name, value in counters.items()}
        try:
            if not by_unique_id.keys() <= self._entity_ids.keys():
                await self._look_up()
            for unique_id, value in by_unique_id.items():
                state = await self.running.request("GET", f"/api/states/{self._entity_ids[unique_id]}")
                if in_bytes(state["state"]) != value:
                    return False
        except (*UNREACHABLE, KeyError):
            return False
        return True

    async def _look_up(self) -> None:
        (registry,) = await self.running.commands("config/entity_registry/list")
        self._entity_ids = {item["unique_id"]: item["entity_id"] for item in registry}

    async def shown(self) -> dict[str, str]:
        """Return every state by its entity's unique id."""
        await self._look_up()
        states = {state["entity_id"]: state["state"] for state in await self.running.request("GET", "/api/states")}
        return {unique_id: states.get(entity_id, "") for unique_id, entity_id in self._entity_ids.items()}

    async def ask_probe(self, action: str) -> dict[str, Any]:
        """Let the probe do something, and return what it says."""
        return await self.running.act(_PROBE.name, action, {})

    async def writes(self) -> bool:
        """Let the recorder write all that waits, and return whether it did."""
        try:
            await self.ask_probe("write")
        except UNREACHABLE:
            return False
        return True

    async def is_written(self, entities: int) -> None:
        """Wait until so many entities of the integration are in the registry on disk."""
        file = self.folder / REGISTRY
        while not file.exists() or file.read_text(encoding="utf-8").count(f'"platform":"{DOMAIN}"') < entities:
            await asyncio.sleep(1)


def in_bytes(state: str) -> int | None:
    """Return the bytes that a traffic sensor shows in GiB, None where it shows no number."""
    try:
        return round(float(state) * GIB)
    except ValueError:
        return None
