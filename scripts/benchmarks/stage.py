"""The dashboard's process: the simulator, told line by line what to show, so that its work is not counted.

A line is a JSON list of a method of `Stage` and its arguments; each is answered by a line. It ends when the lines do.
"""

import asyncio
from dataclasses import replace
import json
import sys
import time
from typing import Any

from simulator import Dashboard, Server, Simulator, State, Temperature, populate

LONGEST_LINE = 2**20
_GIB = 1024**3
_LEVELS = (0.2, 0.6)
"""Shares of what a server has, so far apart that no rounding hides the difference."""


class Stage:
    """A simulated dashboard whose clock stands still until it is set, and whose servers show what they are told to."""

    def __init__(self, generation: str) -> None:
        """Have no servers yet."""
        self._now = time.time()
        self._dashboard = Dashboard(lambda: self._now)
        self._simulator = Simulator(self._dashboard, generation=generation, frames="manual")
        self._first: dict[int, State] = {}
        self._turns: dict[int, int] = {}

    async def open(self, servers: int) -> str:
        """Listen, with so many servers of all kinds, one of which never reports. Return the address."""
        populate(self._dashboard, servers)
        self._dashboard.advance()
        self._first = {server.id: server.state for server in self._dashboard.servers.values() if server.state}
        self._turns = dict.fromkeys(self._first, 0)
        await self._simulator.start()
        return self._simulator.url

    async def close(self) -> None:
        """Close everything."""
        await self._simulator.stop()

    def act(self, now: float, every: int) -> None:
        """Let time pass, and change every value of each `every`th server; 0 changes none."""
        self._now = now
        self._dashboard.advance()
        for place, (number, first) in enumerate(self._first.items()):
            if every and place % every == 0:
                self._turns[number] += 1
            server = self._dashboard.servers[number]
            server.state = _acted(server, first, self._turns[number])

    def requests(self) -> int:
        """Return how many there were so far."""
        return len(self._simulator.requests)

    def requests_since(self, count: int) -> list[tuple[str, str]]:
        """Return path and credential of each request since there were so many; WebSockets come and go by themselves."""
        return [
            (request.path, request.headers["Authorization"])
            for request in self._simulator.requests[count:]
            if "Upgrade" not in request.headers
        ]

    async def push(self) -> int:
        """Send a frame, and return to how many sockets."""
        return await self._simulator.push_frame()


def _acted(server: Server, first: State, turn: int) -> State:
    """Return what a server is to measure: its counters grow, all else goes up and down."""
    host, state = server.host, server.state
    if host is None or state is None:
        raise ValueError("a server without a report")
    level = _LEVELS[turn % 2]
    return replace(
        state,
        cpu=100 * level,
        mem_used=int(host.mem_total * level),
        swap_used=int(host.swap_total * level),
        disk_used=int(host.disk_total * level),
        net_in_transfer=first.net_in_transfer + turn * 8 * _GIB,
        net_out_transfer=first.net_out_transfer + turn * 8 * _GIB,
        net_in_speed=int(level * 10**8),
        net_out_speed=int(level * 10**7),
        load_1=8 * level,
        load_5=7 * level,
        load_15=6 * level,
        tcp_conn_count=int(1000 * level),
        udp_conn_count=int(100 * level),
        process_count=int(500 * level),
        temperatures=tuple(Temperature(sensor.name, 100 * level) for sensor in first.temperatures),
        gpu=tuple(100 * level for _ in first.gpu),
    )


async def _serve(generation: str) -> None:
    """Do what the lines say."""
    stage = Stage(generation)
    lines = asyncio.StreamReader(limit=LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        method, arguments = json.loads(line)
        result: Any = getattr(stage, method)(*arguments)
        if asyncio.iscoroutine(result):
            result = await result
        print(json.dumps(result), flush=True)
    await stage.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
