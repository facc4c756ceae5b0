"""One simulated dashboard of the soak: its fleet, what was done to it, and who is on it."""

import asyncio
from collections import Counter
from collections.abc import Iterator
import logging
from random import Random
import secrets

from harness.dashboard import Access
from simulator import DEMO_PAT, DEMO_USER, Machine, Server, Simulator, populate
from tests.fuzz.mutation import Form

from .ledger import History, WatchedDashboard

_LOGGER = logging.getLogger(__name__)
_VICTIMS = 3
"""Servers of which mutated replies may tell lies, so that nothing can be compared with what was counted."""
_APART = 12
"""Seconds between a reboot and a wrong clock of the dashboard: what is seen of both at once nobody can tell apart."""
_JITTERY = 0.1
"""The share of agents that tell the time of the same boot some seconds differently each time."""


_FORMS = {"v0": Form("result", "id"), "v2": Form("data", "uuid")}


class Site:
    """A dashboard, from its administrator's point of view."""

    def __init__(self, generation: str, servers: int, seed: int) -> None:
        """Make it with a fleet that does nothing by itself."""
        self.generation = generation
        self.form = _FORMS[generation]
        self.is_v2 = generation == "v2"
        """Then it sends frames, and an agent that connects brings its deleted server back as itself."""
        self.chance = Random(f"{seed} {generation}")
        self.dashboard = WatchedDashboard(self.identify)
        self.simulator = Simulator(self.dashboard, generation=generation)
        self.happened: Counter[str] = Counter()
        self.wrong_clocks: list[tuple[float, float]] = []
        """From when to when the dashboard's clock was wrong, in unix seconds by the true one."""
        self.booted_at = 0.0
        """When a server rebooted last."""
        self.gone: set[str] = set()
        """The identities of servers that were deleted for good."""
        self.line = asyncio.Lock()
        """Held by whoever cuts the dashboard off, so that nobody else connects it again."""
        self.entry_id = ""
        self.tokens: list[str] = []
        """All credentials so far, the newest last."""
        populate(self.dashboard, servers, seed=seed)
        self.dashboard.credentials.remove_access_token(DEMO_PAT)
        self.dashboard.credentials.remove_user(DEMO_USER)
        self.new_token()
        usual = [server for server in self.dashboard.servers.values() if not server.machine.never_reports]
        # Faults of a single server are the first one's: a temperature below zero is a lie that can be believed.
        first, *others = usual
        self.victims = {self.identify(server) for server in (first, *self.chance.sample(others, _VICTIMS))}
        for server in self.chance.sample(usual, int(len(usual) * _JITTERY)):
            server.machine.boot_jitter = 3

    def identify(self, server: Server) -> str:
        """Return what Home Assistant knows a server by."""
        return server.machine.uuid if self.is_v2 else str(server.id)

    def __str__(self) -> str:
        """Name the dashboard."""
        return self.generation

    @property
    def access(self) -> Access:
        """Return where it is, and what it takes."""
        return Access(self.simulator.url, {"token": self.tokens[-1]}, self.generation)

    @property
    def secrets(self) -> set[str]:
        """Return what is to be found nowhere: all credentials so far, and the administrator's notes."""
        return {*self.tokens, *(server.note for server in self.dashboard.servers.values() if server.note)}

    @property
    def faithful(self) -> Iterator[tuple[str, History]]:
        """Give what was reported of each server of which nothing else was ever said."""
        yield from ((i, history) for i, history in self.dashboard.histories.items() if i not in self.victims)

    def new_token(self) -> str:
        """Replace the credential by another one."""
        # Recognizable wherever it should not be.
        token = f"nzp_soak{secrets.token_hex(16)}"
        if self.tokens:
            self.dashboard.revoke_token(self.tokens[-1])
            self.dashboard.credentials.remove_access_token(self.tokens[-1])
        self.dashboard.add_token(token)
        self.dashboard.credentials.add_access_token(token)
        self.simulator.firewall.clear()
        self.tokens.append(token)
        return token

    @property
    def lets_reboot(self) -> bool:
        """Whether the clock is right, and has been for a while."""
        return not self.wrong_clocks or self.dashboard.clock() > self.wrong_clocks[-1][1] + _APART

    @property
    def lets_clocks_change(self) -> bool:
        """Whether no server has rebooted of late."""
        return self.dashboard.clock() > self.booted_at + _APART

    def note(self, what: str, server: Server | None = None) -> None:
        """Write it into the journal."""
        whom = f" {server.name} ({self.identify(server)})" if server else ""
        _LOGGER.info("%s: %s%s", self, what, whom)

    def servers(self) -> list[Server]:
        """Return the servers that report."""
        return [server for server in self.dashboard.servers.values() if not server.machine.never_reports]

    def server_of(self, machine: Machine) -> Server | None:
        """Return the server that a machine is at present."""
        return next((server for server in self.dashboard.servers.values() if server.machine is machine), None)
