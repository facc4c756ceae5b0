"""The Home Assistant of a soak: it is stopped, killed and started again, and its logs are kept."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
import shutil
import time
from typing import Any

import aiohttp

from harness.errors import HarnessError
from harness.forms import DOMAIN, add_entry, set_options
from harness.homeassistant import Entity, HomeAssistant
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
_FLOW = "/api/config/config_entries/flow"
REGISTRY = ".storage/core.entity_registry"


class Home:
    """A Home Assistant that comes and goes."""

    def __init__(self, folder: Path, session: aiohttp.ClientSession) -> None:
        """Take a folder of its own."""
        self.folder = folder
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True)
        self.happened: Counter[str] = Counter()
        self.journal: list[tuple[float, str]] = []
        """When what was done, in unix seconds."""
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
            self.note("waits for the next five minutes")
            await asyncio.sleep(until_mark)
        self.starts += 1
        self.note("starts")
        self._running = await HomeAssistant.start(
            self.folder,
            self._port,
            self._session,
            beside=(_PROBE,),
        )
        self.note("runs")

    async def stop(self) -> None:
        """Stop it in order."""
        await self._end(kill=False)

    async def kill(self) -> None:
        """Kill it."""
        await self._end(kill=True)

    def note(self, what: str) -> None:
        """Write it into the journal."""
        self.journal.append((time.time(), f"Home Assistant: {what}"))

    async def _end(self, *, kill: bool) -> None:
        if (running := self._running) is None:
            return
        self._running = None
        self.note("is killed" if kill else "is stopped")
        self.happened["Home Assistant killed" if kill else "Home Assistant stopped"] += 1
        await (running.kill() if kill else running.stop())
        self.note("is gone")
        # Copied: whoever was just asking something shows its end.
        shutil.copyfile(self.folder / "output.log", self.logs / f"{self.starts:03}.log")

    async def add(self, site: Site) -> None:
        """Add a dashboard as a user does."""
        site.entry_id = await add_entry(self.running.request, site.access.url, site.access.credential)
        await set_options(self.running.request, site.entry_id, INTERVAL)

    async def entry_states(self) -> dict[str, str]:
        """Return the state of each entry by its id."""
        entries = await self.running.request("GET", f"/api/config/config_entries/entry?domain={DOMAIN}")
        return {entry["entry_id"]: entry["state"] for entry in entries}

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
        states = await self.entry_states()
        for site in sites:
            if states[site.entry_id] == "setup_retry" and site.chance.random() < _IMPATIENCE:
                site.happened["set up again by hand"] += 1
                await self.running.request("POST", f"/api/config/config_entries/entry/{site.entry_id}/reload", {})

    async def _give_token(self, flow_id: str, site: Site) -> None:
        """Fill in the forms of a flow."""
        request = self.running.request
        step = await request("GET", f"{_FLOW}/{flow_id}", None)
        answers: dict[str, Mapping[str, Any]] = {"credential": {"next_step_id": "access_token"}}
        for _ in range(5):
            if step["type"] not in ("form", "menu"):
                site.happened["signed in again"] += step.get("reason") == "reauth_successful"
                return
            fields = {item["name"] for item in step.get("data_schema") or ()}
            answer = {"token": site.tokens[-1]} if "token" in fields else dict(answers.get(step["step_id"], {}))
            step = await request("POST", f"{_FLOW}/{flow_id}", answer)
            if step.get("errors"):
                return  # A fault met it; the form is still there for another attempt.

    async def entities(self, site: Site) -> list[Entity]:
        """Return all entities of a dashboard."""
        return await self.running.entities(site.entry_id)

    async def shows(self, site: Site, identity: str, counters: Mapping[str, int]) -> bool:
        """Return whether these counters of a server are what it shows now."""
        try:
            if f"{site.entry_id}_{identity}_{next(iter(counters))}" not in self._entity_ids:
                await self._look_up()
            for name, value in counters.items():
                entity_id = self._entity_ids.get(f"{site.entry_id}_{identity}_{name}")
                if entity_id is None or in_bytes(await self._state(entity_id)) != value:
                    return False
        except UNREACHABLE:
            return False
        return True

    async def _look_up(self) -> None:
        (registry,) = await self.running.commands("config/entity_registry/list")
        self._entity_ids = {item["unique_id"]: item["entity_id"] for item in registry}

    async def _state(self, entity_id: str) -> str:
        return str((await self.running.request("GET", f"/api/states/{entity_id}"))["state"])

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
