"""The agent's published release: looked up where the user asked for it, seldom, and never believed beyond what it is."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
import json
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.nezha.const import CONF_PUBLISHED_AGENT
from custom_components.nezha.runtime import agents
from homeassistant.core import HomeAssistant
from simulator import DEMO_PAT, Simulator

from .conftest import Clock, refresh, set_up
from .patience import in_turns
from .test_services import entry_for, identity, serving
from .test_update import versions

PATH = "/repos/nezhahq/agent/releases/latest"


class Stand:
    """What stands in for the place where releases are published."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.answer: Any = {"tag_name": "v1.5.0", "assets": [{"name": "nezha-agent_linux_amd64.zip"}] * 20}
        self.status = 200
        self.hangs = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer."""
        self.requests.append(request)
        if self.hangs:
            response = web.StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(b" " * 2**16)
        if isinstance(self.answer, str) and self.answer.startswith("http"):
            raise web.HTTPFound(self.answer)
        text = self.answer if isinstance(self.answer, str) else json.dumps(self.answer)
        return web.Response(text=text, status=self.status, content_type="application/json")


@pytest.fixture
async def stand(clock: Clock, socket_enabled: None) -> AsyncIterator[Stand]:
    """Publish a release on loopback."""
    stand = Stand()
    app = web.Application()
    app.router.add_get(PATH, stand.handle)
    async with TestServer(app) as server:
        with patch.object(agents, "RELEASE_URL", str(server.make_url(PATH))):
            yield stand


@asynccontextmanager
async def fleet(generation: str = "v2") -> AsyncIterator[Simulator]:
    """Serve a server with an agent."""
    async with serving(generation) as simulator:
        simulator.dashboard.servers[1].machine.pin(version="1.2.0")
        yield simulator


@pytest.fixture
def quick() -> Iterator[None]:
    """Wait for no look-up that hangs."""
    with patch.object(agents, "asyncio", SimpleNamespace(timeout=in_turns)):
        yield


async def look_up(hass: HomeAssistant, simulator: Simulator, **options: Any) -> str | None:
    """Return what is the newest for a dashboard's server."""
    entry = await set_up(hass, entry_for(simulator, **options))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.last_update_success
    return versions(hass, f"{identity(simulator)}_agent")[2]


async def test_it_is_looked_up_where_the_user_asked_for_it(hass: HomeAssistant, stand: Stand) -> None:
    async with fleet() as simulator:
        assert await look_up(hass, simulator, **{CONF_PUBLISHED_AGENT: True}) == "1.5.0"
    (request,) = stand.requests
    assert "Authorization" not in request.headers
    assert DEMO_PAT not in str(request.raw_headers)


async def test_it_is_not_looked_up_unasked(hass: HomeAssistant, stand: Stand) -> None:
    async with fleet() as simulator:
        assert await look_up(hass, simulator) == "1.2.0"
    assert stand.requests == []


async def test_it_is_looked_up_seldom(hass: HomeAssistant, stand: Stand, clock: Clock) -> None:
    async with fleet() as simulator:
        entry = entry_for(simulator, **{CONF_PUBLISHED_AGENT: True})
        await set_up(hass, entry)
        for seconds, times in ((30, 1), (agents.PAUSE - 60, 1), (60, 2)):
            clock.tick(seconds)
            await refresh(hass, entry)
            await hass.async_block_till_done(wait_background_tasks=True)
            assert len(stand.requests) == times


async def test_one_look_up_is_for_all_dashboards(hass: HomeAssistant, stand: Stand) -> None:
    release = agents.published_release(hass)
    await release.look_up()
    await agents.published_release(hass).look_up()
    assert (release.version, len(stand.requests)) == ("1.5.0", 1)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (403, {"message": "API rate limit exceeded"}),
        (404, {"message": "Not Found"}),
        (502, "<html>Bad gateway</html>"),
        (200, "<html>Log in</html>"),
        (200, "[" * 5_000),
        (200, []),
        (200, {}),
        (200, {"tag_name": None}),
        (200, {"tag_name": "nightly"}),
        (200, {"tag_name": "v2.0.0-beta.1"}),
        (200, {"tag_name": "v1.5.0", "body": "x" * agents.LARGEST_ANSWER}),
        (200, "http://127.0.0.1:1/"),
    ],
)
async def test_what_names_no_release_leaves_the_fleets(
    hass: HomeAssistant, stand: Stand, status: int, answer: Any, clock: Clock
) -> None:
    stand.status, stand.answer = status, answer
    async with fleet() as simulator:
        assert await look_up(hass, simulator, **{CONF_PUBLISHED_AGENT: True}) == "1.2.0"
    asked = len(stand.requests)
    release = agents.published_release(hass)
    await release.look_up()
    assert len(stand.requests) == asked
    clock.tick(agents.FAILED_PAUSE)
    stand.status, stand.answer = 200, {"tag_name": "1.6.0"}
    await release.look_up()
    assert release.version == "1.6.0"


async def test_an_answer_without_an_end_is_given_up(hass: HomeAssistant, stand: Stand, quick: None) -> None:
    stand.hangs = True
    release = agents.published_release(hass)
    await release.look_up()
    assert release.version is None


async def test_a_circle_of_redirects_is_left(hass: HomeAssistant, stand: Stand) -> None:
    stand.answer = agents.RELEASE_URL
    release = agents.published_release(hass)
    await release.look_up()
    assert release.version is None
    assert len(stand.requests) == agents.MOST_REDIRECTS


async def test_a_failure_forgets_nothing(hass: HomeAssistant, stand: Stand, clock: Clock) -> None:
    release = agents.published_release(hass)
    await release.look_up()
    stand.status = 502
    clock.tick(agents.PAUSE)
    await release.look_up()
    assert (release.version, len(stand.requests)) == ("1.5.0", 2)
