"""What a dashboard knows of its servers, whatever generation it speaks.

It keeps what agents told it, as long as it runs: its own restart forgets every state and every host.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
import math

from .fleet import Host, Machine, State, wall_clock

RECONNECT_DELAY = 10
"""Seconds that an agent waits before it connects again after an error, as the real one does."""


@dataclass(slots=True, kw_only=True)
class Server:
    """A server on the dashboard: what its administrator entered, and what its agent last told."""

    id: int
    name: str
    tag: str
    display_index: int
    hide_for_guest: bool
    machine: Machine
    host: Host | None = None
    """None until the agent connects."""
    state: State | None = None
    """None until the agent's first report."""
    last_active: float | None = None
    """The last report's time by the true clock, in unix seconds; see `Dashboard.last_active`."""


class Dashboard:
    """The memory of a dashboard.

    Reports are taken lazily: `advance`, called at each request, brings every agent's last report up to now.
    """

    def __init__(self, clock: Callable[[], float] = wall_clock, tokens: Iterable[str] = ("demo-token",)) -> None:
        """Make a dashboard without servers; `clock` gives true unix seconds, for the machines too."""
        self.clock = clock
        self.clock_offset = 0
        """Whole seconds by which the dashboard's own clock is ahead (negative: behind), and has always been."""
        self.servers: dict[int, Server] = {}
        self._tokens = set(tokens)
        self._next_id = 1
        self._stopped_at: float | None = None

    def now(self) -> int:
        """Return the time by the dashboard's own clock, in unix seconds."""
        return int(self.clock()) + self.clock_offset

    def last_active(self, server: Server) -> int | None:
        """Return when a server last reported, by the dashboard's own clock in unix seconds."""
        return None if server.last_active is None else int(server.last_active) + self.clock_offset

    def add_server(
        self,
        name: str,
        machine: Machine | None = None,
        *,
        tag: str = "",
        display_index: int = 0,
        hide_for_guest: bool = False,
        server_id: int | None = None,
    ) -> Server:
        """Add a server whose agent has just reported; without a machine it gets an ordinary one, up for three days."""
        now = self.clock()
        server_id = self._next_id if server_id is None else server_id
        if server_id in self.servers:
            raise ValueError(f"there is a server {server_id} already")
        # An id is never given twice, as in the dashboard's database.
        self._next_id = max(self._next_id, server_id + 1)
        if machine is None:
            machine = Machine(Host(boot_time=int(now) - 3 * 86_400), seed=server_id)
        machine.attach(self.advance, now)
        self.servers[server_id] = Server(
            id=server_id,
            name=name,
            tag=tag,
            display_index=display_index,
            hide_for_guest=hide_for_guest,
            machine=machine,
        )
        return self.servers[server_id]

    def remove_server(self, server_id: int) -> None:
        """Delete a server."""
        del self.servers[server_id]

    def rename(self, server_id: int, name: str) -> None:
        """Give a server another name."""
        self.servers[server_id].name = name

    def retag(self, server_id: int, tag: str) -> None:
        """Put a server into another group."""
        self.servers[server_id].tag = tag

    def add_token(self, token: str) -> None:
        """Accept a credential from now on."""
        self._tokens.add(token)

    def revoke_token(self, token: str) -> None:
        """Refuse a credential from now on."""
        self._tokens.discard(token)

    def accepts(self, token: str) -> bool:
        """Return whether a credential is good."""
        return token in self._tokens

    def advance(self) -> float:
        """Take every report that is due, and return the true time."""
        now = self.clock()
        if self._stopped_at is None:
            for server in self.servers.values():
                if (moment := server.machine.due(now)) is not None:
                    self._take_report(server, moment)
                    server.machine.live_through(moment)
                self._take_report(server, now)
        return now

    def stop(self) -> None:
        """Stop: no report arrives any more, and everything that agents told is forgotten."""
        self._stopped_at = self.advance()
        for server in self.servers.values():
            server.host = server.state = server.last_active = None

    def start(self) -> None:
        """Start again: each agent comes back at its next attempt."""
        if self._stopped_at is None:
            raise ValueError("the dashboard is running")
        attempts = max(math.ceil((self.clock() - self._stopped_at) / RECONNECT_DELAY), 1)
        back_at = self._stopped_at + attempts * RECONNECT_DELAY
        self._stopped_at = None
        for server in self.servers.values():
            server.machine.reconnect(back_at + server.machine.phase)

    def restart(self) -> None:
        """Stop and start at once: blank until each agent is back, 10 s later or a little more."""
        self.stop()
        self.start()

    def _take_report(self, server: Server, until: float) -> None:
        machine = server.machine
        if (contact := machine.last_contact(until)) is not None:
            server.host = machine.host(contact)
        reported = machine.last_report(until)
        if reported is not None and (server.last_active is None or reported > server.last_active):
            server.state = machine.state(reported)
            server.last_active = reported
