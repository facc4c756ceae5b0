"""What a scene plays in: one Home Assistant, and the simulated dashboards of the moment."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
import time

from harness.forms import DOMAIN, add_entry, open_options
from harness.homeassistant import HomeAssistant
from simulator import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, Dashboard, Server, Simulator, populate

TOKEN = "demo-token"
_SERVERS = 8
_ENTRIES = "/api/config/config_entries"
_PATIENCE = 120
"""Polls of a tenth of a second."""


def credential(generation: str, *, by_password: bool = False) -> Mapping[str, str]:
    """Return what a simulated dashboard accepts."""
    if generation == "v0":
        return {"token": TOKEN}
    if generation == "v1" or by_password:
        return {"username": DEMO_USER, "password": DEMO_PASSWORD}
    return {"token": DEMO_PAT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sights:
    """The devices and entities of an entry, for the addresses of their pages."""

    generation: str
    entry_id: str
    hub: str
    servers: Mapping[str, str]
    """The devices of servers, and the hub's, by name."""
    services: Sequence[str]
    entities: Mapping[str, str]
    """An entity that has a state for each key."""


class World:
    """A dashboard for one scene, and Home Assistant's REST API to prepare it with."""

    def __init__(self, home: HomeAssistant, simulator: Simulator, generation: str) -> None:
        """Take a running dashboard; use `of`."""
        self.home = home
        self.simulator = simulator
        self.generation = generation
        self.others: list[Simulator] = []
        self.entry_id = ""

    @classmethod
    @asynccontextmanager
    async def of(cls, home: HomeAssistant, generation: str, servers: int = _SERVERS) -> AsyncIterator[World]:
        """Serve a new dashboard, and leave nothing of it in Home Assistant."""
        simulator = Simulator(Dashboard(tokens=[TOKEN]), generation=generation)
        populate(simulator.dashboard, servers, seed=1, eventful=False)
        await simulator.start()
        world = cls(home, simulator, generation)
        try:
            yield world
        finally:
            for running in (simulator, *world.others):
                running.faults.clear()
                running.firewall.clear()
            await world._forget()
            for running in (simulator, *world.others):
                await running.stop()

    @property
    def places(self) -> dict[str, str]:
        """What the answers of a scene may name."""
        url = self.simulator.url
        other = self.others[0].url if self.others else ""
        return {
            "url": url,
            "port": url.rpartition(":")[2],
            "other": other,
            "localhost": url.replace("127.0.0.1", "localhost"),
        }

    async def sights(self) -> Sights:
        """Return what there is to visit of the entry."""
        (devices,) = await self.home.commands("config/device_registry/list")
        prefix = f"{self.entry_id}_"
        by_key = {
            identifier.removeprefix(prefix): device["id"]
            for device in devices
            for domain, identifier in device["identifiers"]
            if domain == DOMAIN and identifier.startswith(self.entry_id)
        }
        names = {device["id"]: device["name"] for device in devices}
        entities = await self.home.entities(self.entry_id)
        return Sights(
            generation=self.generation,
            entry_id=self.entry_id,
            hub=by_key[self.entry_id],
            servers={names[device]: device for key, device in by_key.items() if "service_" not in key},
            services=[device for key, device in by_key.items() if "service_" in key],
            entities={entity.key: entity.entity_id for entity in entities if entity.state is not None},
        )

    async def serve(self, simulator: Simulator) -> Simulator:
        """Serve another dashboard beside the first."""
        await simulator.start()
        self.others.append(simulator)
        return simulator

    async def add(self, *, by_password: bool = False, headers: str = "") -> None:
        """Add the dashboard as a user would."""
        given = credential(self.generation, by_password=by_password)
        self.entry_id = await add_entry(self.home.request, self.simulator.url, given, headers=headers)
        await self.wait_for("loaded")

    def silence(self, server: Server) -> None:
        """Let a server's agent be silent from now on, while the dashboard's time goes on at once by a minute."""
        dashboard = self.simulator.dashboard
        server.machine.silent = True
        ahead = 0.0

        def clock() -> float:
            return time.time() + ahead

        dashboard.clock = clock
        for each in dashboard.servers.values():
            each.machine.synchronise = dashboard.advance
        ahead = 60.0

    async def reload(self, state: str) -> None:
        """Set the entry up anew, and wait until it is in a state."""
        await self.home.request("POST", f"{_ENTRIES}/entry/{self.entry_id}/reload")
        await self.wait_for(state)

    async def set_options(self, **options: object) -> None:
        """Choose options as a user would, and wait until they are taken over."""
        step = await open_options(self.home.request, self.entry_id)
        await self.home.request("POST", f"{_ENTRIES}/options/flow/{step['flow_id']}", options)
        await self.wait_for("loaded")

    async def wait_for_issue(self, key: str) -> None:
        """Wait until a repair is offered."""
        keys: set[str] = set()
        for _ in range(_PATIENCE):
            [repairs] = await self.home.commands("repairs/list_issues")
            keys = {issue["translation_key"] for issue in repairs["issues"] if issue["domain"] == DOMAIN}
            if key in keys:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"the issues are {sorted(keys)}, without {key}")

    async def wait_for(self, state: str) -> None:
        """Wait until the entry is in a state."""
        found = ""
        for _ in range(_PATIENCE):
            entries = await self.home.request("GET", f"{_ENTRIES}/entry?domain={DOMAIN}")
            found = next(entry["state"] for entry in entries if entry["entry_id"] == self.entry_id)
            if found == state:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"the entry is {found} instead of {state}")

    async def _forget(self) -> None:
        for entry in await self.home.request("GET", f"{_ENTRIES}/entry?domain={DOMAIN}"):
            await self.home.request("DELETE", f"{_ENTRIES}/entry/{entry['entry_id']}")
        [flows] = await self.home.commands("config_entries/flow/progress")
        for flow in flows:
            if flow["handler"] == DOMAIN:
                await self.home.request("DELETE", f"{_ENTRIES}/flow/{flow['flow_id']}")
