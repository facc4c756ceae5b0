"""The course of a soak: a storm with restarts of Home Assistant, a storm in one process, calm, and a last look."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
import json
import logging
from pathlib import Path
from random import Random
import time
from typing import Self

import aiohttp

from harness.check import Result, compare, look
from harness.dashboard import Reader, reader
from harness.homeassistant import Entity
from harness.reading import Reading
from harness.rules import Place, is_sum, places

from .home import INTERVAL, REGISTRY, UNREACHABLE, Home, in_bytes
from .judge import Census, Findings
from .ledger import TRAFFIC
from .life import Scene, live
from .site import Site
from .spell import Spell
from .storm import add_mutations, frame_storm, storm

_LOGGER = logging.getLogger(__package__)
"""The journal of all modules here."""
_GENERATIONS = ("v2", "v0")
_RESTARTS = 0.45
"""The share of the storm in which Home Assistant is stopped and killed."""
_WARM_UP = 0.1
"""The share after that for which memory is not looked at yet."""
_LONGEST_WARM_UP = 300
_LONGEST_UP = 60
"""Seconds between two restarts, at most."""
_LONGEST_AWAY = 15
_RECOVERY = 240
"""Seconds within which all has to be well again once the faults are over. A socket is tried again after two minutes at
most, an entry that could not be set up after 80 s."""
_CENSUSES = 3
_BLANK = (None, "unavailable", "unknown")
"""States that say nothing."""
_LATENESS = 30
"""Seconds that a poll or a frame may be late when values are compared: the machine may be busy. A value that is wrong is so
for longer."""


class Soak:
    """Two dashboards, and a Home Assistant that watches them."""

    def __init__(
        self, folder: Path, session: aiohttp.ClientSession, servers: int, seed: int, findings: Findings
    ) -> None:
        """Make the dashboards, each with half of the servers; nothing runs yet."""
        self.home = Home(folder, session)
        self.sites = [Site(generation, servers // 2, seed + place) for place, generation in enumerate(_GENERATIONS)]
        self.ids: dict[str, str] = {}
        """Every entity id that was once on disk, by the unique id."""
        self.last_ids: dict[str, str] = {}
        """Those that were on disk last."""
        self.values = Result()
        self.entities: dict[str, tuple[Site, Entity]] = {}
        """Those of the last look, by their ids."""
        self.recoveries: list[float] = []
        """Seconds from the end of a storm until all was well."""
        self.quiet: list[Census] = []
        """What was alive in Home Assistant before and after the second storm."""
        self._findings = findings
        self._session = session
        self._chance = Random(seed)
        self._servers = servers

    async def __aenter__(self) -> Self:
        """Start everything, with a journal in Home Assistant's folder."""
        journal = logging.FileHandler(self.home.folder / "journal.txt", encoding="utf-8")
        journal.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        _LOGGER.addHandler(journal)
        _LOGGER.setLevel(logging.INFO)
        for site in self.sites:
            add_mutations(site)
            await site.simulator.start()
        await self.home.start()
        for site in self.sites:
            await self.home.add(site)
        return self

    async def __aexit__(self, *_: object) -> None:
        """End everything."""
        await self.home.kill()
        for site in self.sites:
            site.simulator.faults.clear()
            await site.simulator.stop()

    async def run(self, seconds: float) -> None:
        """Let it all happen."""
        await self._is_well()
        await self.home.ask_probe("write")
        await self.home.is_written(self._servers)
        await self._storm(_RESTARTS * seconds, restarts=True)
        warm_up = min(_WARM_UP * seconds, _LONGEST_WARM_UP)
        await self._storm(warm_up)
        await self._is_well()
        self.quiet.append(await self._census())
        await self._storm(seconds - _RESTARTS * seconds - warm_up, constant=True)
        await self._is_well()
        self.quiet.append(await self._census())
        await self._compare()
        _LOGGER.info("Values compared")
        await self._carry_no_more()
        _LOGGER.info("No traffic any more")
        await self.home.ask_probe("compile_statistics")
        await self.home.stop()
        self._note_ids()

    async def _storm(self, seconds: float, *, restarts: bool = False, constant: bool = False) -> None:
        """Let everything happen at once for so long."""
        spell = Spell(seconds)
        async with asyncio.TaskGroup() as group:
            for site in self.sites:
                group.create_task(live(Scene(site, self.home, spell, constant)))
                group.create_task(storm(site, spell))
                if site.is_v2:
                    group.create_task(frame_storm(site, spell))
            group.create_task(self._keep_helping(spell))
            if restarts:
                group.create_task(self._restart(spell))

    async def _restart(self, spell: Spell) -> None:
        """Kill and stop Home Assistant in turn, once at least, and start it again."""
        longest = min(_LONGEST_UP, spell.left / 4)
        while True:
            for end in (self.home.kill, self.home.stop):
                await asyncio.sleep(self._chance.uniform(longest / 4, longest))
                await end()
                self._note_ids()
                await asyncio.sleep(self._chance.uniform(0, min(_LONGEST_AWAY, longest)))
                await self.home.start()
            if not spell.left:
                return

    def _note_ids(self) -> None:
        """Remember the ids of the entities that are on disk; the first one counts."""
        registry = json.loads((self.home.folder / REGISTRY).read_text(encoding="utf-8"))
        self.last_ids = {item["unique_id"]: item["entity_id"] for item in registry["data"]["entities"]}
        self.ids = self.last_ids | self.ids

    async def _keep_helping(self, spell: Spell) -> None:
        """Do what a user does whose dashboard has trouble."""
        while spell.left:
            await spell.wait(3)
            if self.home.is_up:
                # It may be stopped meanwhile.
                with suppress(*UNREACHABLE):
                    await self._help()

    async def _help(self) -> None:
        """Give a new token where one is asked for, and have it tried again."""
        await self.home.sign_in_again(self.sites)
        await self.home.set_up_again(self.sites)

    async def _is_well(self) -> None:
        """Wait until both entries are set up, and every server that reports is online and shows what it does."""
        started = time.monotonic()
        await self._wait_for_nothing(self._missing, "recovery")
        self.recoveries.append(time.monotonic() - started)
        _LOGGER.info("All is well after %.1f s", self.recoveries[-1])

    async def _wait_for_nothing(self, missing: Callable[[], Awaitable[list[str]]], what: str) -> None:
        """Wait until nothing is missing any more; what still is after a while is wrong."""
        patience = Spell(_RECOVERY)
        while names := await missing():
            if not patience.left:
                self._findings.wrong += [f"{what}: after {_RECOVERY} s {name}" for name in names]
                return
            await asyncio.sleep(1)

    async def _missing(self) -> list[str]:
        """Name what is not well."""
        await self._help()
        entries = await self.home.running.entries()
        states = {site: entries[site.entry_id]["state"] for site in self.sites}
        missing = [f"{site} is {state}" for site, state in states.items() if state != "loaded"]
        missing += [f"{site} has no viewer" for site in self.sites if site.simulator.live.online != site.is_v2]
        shown = {} if missing else await self.home.shown()
        for site in () if missing else self.sites:
            for server in site.servers():
                unique_id = f"{site.entry_id}_{site.identify(server)}"
                online, usage = (shown.get(f"{unique_id}_{key}") for key in ("online", "cpu"))
                # After a restart a server may be known to be online before anything else is known of it.
                if online != "on" or usage in _BLANK:
                    missing.append(f"{server.name} of {site} is {online}, its processor {usage}")
        return missing

    async def _census(self) -> Census:
        """Count what is alive, several times, with nothing that waits to be recorded."""
        counts = []
        for _ in range(_CENSUSES):
            await self.home.ask_probe("write")
            counts.append(await self.home.ask_probe("census"))
            await asyncio.sleep(1)
        return Census.least(counts)

    async def _compare(self) -> None:
        """Compare every value that is shown with what the dashboards say now."""
        async with AsyncExitStack() as stack:
            readers = [await stack.enter_async_context(await reader(self._session, site.access)) for site in self.sites]
            # What is compared has to have been asked for under the readers' eyes.
            await asyncio.sleep(INTERVAL + _LATENESS)
            for site, its_reader in zip(self.sites, readers, strict=True):
                await self._compare_site(site, its_reader)
        self._findings.compared["values"] += self.values.values
        self._findings.wrong += [f"values: {text}" for text in self.values.complaints()]

    async def _compare_site(self, site: Site, its_reader: Reader) -> None:
        shown = await look(self.home.running, its_reader, site.entry_id)
        true, untrue = _parted(site, shown.entities, its_reader.readings[-1])
        for entity in untrue:
            is_blank = entity.state in _BLANK or entity.server in site.victims
            self._findings.check("entities without a truth", is_blank, f"{entity.entity_id} is still {entity.state}")
        self.entities |= {entity.entity_id: (site, entity) for entity in true}
        shown = replace(shown, entities=true)
        self.values.add(compare(shown, its_reader.readings, INTERVAL, live=its_reader.live, lateness=_LATENESS))

    async def _carry_no_more(self) -> None:
        """Let no server carry any more traffic, and wait until Home Assistant shows the last byte of each."""
        for site in self.sites:
            for server in site.servers():
                server.machine.hold(*TRAFFIC)
        await self._wait_for_nothing(self._unshown, "final counters")

    async def _unshown(self) -> list[str]:
        """Name the servers whose last counters are not shown."""
        shown = await self.home.shown()
        return [
            f"{server.name} of {site} does not show {name}"
            for site in self.sites
            for server in site.servers()
            for name in TRAFFIC
            if server.state
            and in_bytes(shown.get(f"{site.entry_id}_{site.identify(server)}_{name}", ""))
            != getattr(server.state, name)
        ]

    @property
    def delivered(self) -> Counter[str]:
        """Return how often each fault took effect, on all dashboards."""
        total: Counter[str] = Counter()
        for site in self.sites:
            total.update({f"{name} (answers)": n for name, n in site.simulator.faults.delivered.items()})
            total.update({f"{name} (frames)": n for name, n in site.simulator.frame_faults.delivered.items()})
        return total

    @property
    def happened(self) -> Counter[str]:
        """Return how often everything else happened."""
        return sum((site.happened for site in self.sites), self.home.happened)


def _parted(site: Site, entities: Sequence[Entity], reading: Reading) -> tuple[list[Entity], list[Entity]]:
    """Part the entities that the dashboard calls for from those of what is gone, or was only named by a mutated reply.

    Sums of money are neither.
    """
    called_for = places(reading, live=site.is_v2)
    judged = {
        place: entity
        for entity in entities
        if entity.enabled and not is_sum(place := Place(entity.server, entity.service, entity.key))
    }
    true = [entity for place, entity in judged.items() if place in called_for]
    return true, [entity for place, entity in judged.items() if place not in called_for]
