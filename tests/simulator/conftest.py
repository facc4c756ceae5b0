"""A simulated dashboard on a clock that stands still until it is told to move."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from simulator import Dashboard, Simulator

from .answer import Answer
from .modern import ModernClient

TOKEN = "demo-token"


@dataclass
class Clock:
    """Unix seconds that a test moves."""

    now: float = 1_795_451_200.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def tick(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Client:
    """Asks as an integration does."""

    def __init__(self, session: aiohttp.ClientSession, simulator: Simulator) -> None:
        """Ask a simulator."""
        self.session = session
        self.simulator = simulator

    async def get(self, path: str, headers: dict[str, str] | None = None, **options: Any) -> Answer:
        """Ask for a path, with the good token unless other headers are given."""
        headers = {"Authorization": TOKEN} if headers is None else headers
        url = self.simulator.url + path
        async with self.session.get(url, headers=headers, allow_redirects=False, **options) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return Answer(response.status, dict(response.headers), text, await response.json() if is_json else None)

    async def servers(self) -> dict[int, dict[str, Any]]:
        """Return every server in detail, by its id."""
        answer = await self.get("/api/v1/server/details")
        return {server["id"]: server for server in answer.body["result"]}


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Do without Home Assistant, which the tests of everything else start."""


@pytest.fixture
def clock() -> Clock:
    """Return the clock of the dashboard and its machines."""
    return Clock()


@pytest.fixture
def dashboard(clock: Clock) -> Dashboard:
    """Return a dashboard without servers."""
    return Dashboard(clock)


@pytest.fixture
async def simulator(dashboard: Dashboard, socket_enabled: None) -> AsyncGenerator[Simulator]:
    """Return the dashboard on the network."""
    simulator = Simulator(dashboard)
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def client(simulator: Simulator) -> AsyncGenerator[Client]:
    """Return a client of the simulator."""
    async with aiohttp.ClientSession() as session:
        yield Client(session, simulator)


@pytest.fixture
def generation() -> str:
    """Return the generation of `modern`; a test may name another."""
    return "v2"


@pytest.fixture
async def modern(dashboard: Dashboard, generation: str, socket_enabled: None) -> AsyncGenerator[ModernClient]:
    """Return a client of a v1 or v2 dashboard whose frames are pushed by hand."""
    simulator = Simulator(dashboard, generation=generation, frames="manual")
    await simulator.start()
    async with aiohttp.ClientSession() as session:
        yield ModernClient(session, simulator)
    await simulator.stop()
