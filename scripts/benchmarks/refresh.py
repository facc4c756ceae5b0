"""CPU of a refresh, and beside it in the same Home Assistant that of the floor.

The floor decodes the same answers and sets the states that the refresh wrote, on entities of its own. Counted is the CPU
time of Home Assistant's process, all threads; the dashboard is another process.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
import time
from typing import Any
from unittest.mock import patch

from aiohttp import ClientWSTimeout
import orjson

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from . import clock
from .dashboard import Remote, running
from .figures import LINEAR, Line, line
from .home import add_nezha, connected, home, settled
from .process import measured

type Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from one answer to the next."""

    name: str
    every: int
    """Of which server the values change: each so many-th, 0 for none."""
    passes_time: bool
    """Whether the dashboard's clock goes on; otherwise the answer stays the same."""


ALL = Change("all changed", 1, passes_time=True)
TENTH = Change("a tenth changed", 10, passes_time=True)
IDLE = Change("only time passed", 0, passes_time=True)
NONE = Change("none changed", 0, passes_time=False)
CHANGES = (ALL, TENTH, IDLE, NONE)

_FLOORS = 2
"""How many times the floor a refresh may cost."""
_UNCHANGED = 0.1
"""What a refresh without news may cost, in shares of one where all is new."""
_SMOKE_RUNS = 3
BASE = 100
"""Servers with which larger fleets are compared."""
_SELDOM = 10**6
_PATIENCE = 5
"""How often it is looked whether anything is published before it is due."""
_POLLED_EACH = 30
"""Seconds from one poll to the next."""
_PACE = 6
"""Seconds between two publications of measurements; after ten without a frame, the connection would count as lost."""
_BRIEF = 1
"""Seconds after which measurements are not due yet."""


@dataclass(slots=True)
class Costs:
    """CPU seconds, run by run, of everyone who took part."""

    source: str
    servers: int
    requests: int = 0
    """Of a refresh of ours."""
    written: dict[str, int] = field(default_factory=dict)
    """States that a refresh of ours wrote, by change."""
    runs: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """By change and name."""

    def add(self, change: Change, name: str, seconds: float) -> None:
        """Add a run."""
        self.runs.setdefault((change.name, name), []).append(seconds)

    def of(self, change: Change, name: str) -> list[float]:
        """Return the runs, in milliseconds."""
        return [1000 * seconds for seconds in self.runs[change.name, name]]


@dataclass(frozen=True, slots=True)
class Write:
    """A state that was written."""

    entity_id: str
    state: str
    attributes: Mapping[str, Any]


@dataclass(slots=True)
class Floor:
    """Nothing but what has to be: decode the answers, set the states."""

    hass: HomeAssistant
    answers: list[bytes]
    states: list[Write] = field(default_factory=list)

    async def refresh(self) -> None:
        """Do it."""
        for answer in self.answers:
            orjson.loads(answer)
        for write in self.states:
            self.hass.states.async_set(write.entity_id, write.state, write.attributes)


class Course:
    """The time that passes, on the dashboard's clock as on Home Assistant's: nobody sets one."""

    def __init__(self, hass: HomeAssistant, dashboard: Remote) -> None:
        """Begin now."""
        self._hass = hass
        self._dashboard = dashboard
        self._now = time.time()

    async def act(self, change: Change, seconds: float = _POLLED_EACH) -> None:
        """Let so much time pass, if any, and the dashboard's servers change meanwhile."""
        if change.passes_time:
            self._now += seconds
            clock.put_forward(seconds)
            await settled(self._hass)
        await self._dashboard.tell("act", self._now, change.every)


async def cpu(hass: HomeAssistant, work: Work) -> float:
    """Return the CPU seconds of some work and of all that it scheduled."""
    before = time.process_time()
    await work()
    await hass.async_block_till_done()
    return time.process_time() - before


async def writes(hass: HomeAssistant, work: Work) -> list[Write]:
    """Return the states that some work wrote, for other entities."""
    seen: list[Write] = []

    @callback
    def see(event: Event[EventStateChangedData]) -> None:
        if state := event.data["new_state"]:
            seen.append(Write(f"{state.entity_id}_floor", state.state, dict(state.attributes)))

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, see)
    await work()
    await hass.async_block_till_done()
    stop()
    return seen


async def polling(generation: str, servers: int, runs: int) -> Costs:
    """Measure refreshes by polling."""
    costs = Costs(f"polling {generation}", servers)
    async with running(generation, servers) as dashboard, home() as hass:
        entry = await add_nezha(hass, dashboard, scan_interval=_SELDOM)
        ours: Work = entry.runtime_data.async_refresh
        asked = await dashboard.tell("requests")
        await ours()
        requests = await dashboard.tell("requests_since", asked)
        costs.requests = len(requests)
        floor = Floor(hass, await _answers(hass, dashboard, requests))

        async def exchange() -> None:
            await _answers(hass, dashboard, requests)

        works: dict[str, Work] = {"ours": ours, "floor": floor.refresh, "exchange": exchange}
        course = Course(hass, dashboard)
        for change in CHANGES:
            states: list[list[Write]] = []
            for _ in range(2):
                await course.act(change)
                states.append(await writes(hass, ours))
            costs.written[change.name] = len(states[1])
            # Everyone's first turn is not counted: whoever was not there for the last ones has to catch up.
            for turn in range(1 + runs):
                await course.act(change)
                floor.states = states[turn % 2]
                for name in _rotated(list(works), turn):
                    seconds = await cpu(hass, works[name])
                    if turn:
                        costs.add(change, name, seconds)
    return costs


def _rotated(names: list[str], turn: int) -> list[str]:
    """Return the names in another order each turn, so that nobody always comes first."""
    first = turn % len(names)
    return names[first:] + names[:first]


async def _answers(hass: HomeAssistant, dashboard: Remote, requests: list[tuple[str, str]]) -> list[bytes]:
    """Return what these requests are answered."""
    session = async_get_clientsession(hass)
    answers = []
    for path, credential in requests:
        async with session.get(dashboard.url + path, headers={"Authorization": credential}) as response:
            answers.append(await response.read())
    return answers


async def live(servers: int, runs: int) -> Costs:
    """Measure frames: one that is published, one that is held back, and the floor of a published one."""
    costs = Costs("live v2", servers)
    # Frames are pushed here one after the other: none is to wait for the next.
    at_once = patch("custom_components.nezha.api.websocket.FRAME_PAUSE", 0)
    async with running("v2", servers) as dashboard, home() as hass:
        floor = Floor(hass, [await _frame(hass, dashboard)])
        entry = await add_nezha(hass, dashboard, scan_interval=_SELDOM, metrics_interval=_PACE)
        await connected(entry, dashboard)
        at_once.start()

        async def push() -> None:
            await dashboard.tell("push")
            await settled(hass)

        async def nothing() -> None:
            await dashboard.tell("requests")
            await settled(hass)

        async def later(seconds: float) -> None:
            clock.put_forward(seconds)
            await settled(hass)

        now, due = time.time(), time.monotonic()

        async def hold_back(change: Change) -> float:
            """Push what is not due, and return the CPU seconds; then let it become due."""
            nonlocal now, due
            if change.passes_time:
                now += _PACE
            await dashboard.tell("act", now, change.every)
            await later(_BRIEF)
            seconds = await cpu(hass, push)
            # Not later than that: what was published late is due again the sooner.
            due = max(due + _PACE, time.monotonic())
            await later(due - time.monotonic())
            return seconds

        for change in CHANGES:
            states = []
            # The first finds more due than the others.
            for _ in range(3):
                await hold_back(change)
                states.append(await writes(hass, push))
            costs.written[change.name] = len(states[2])
            floor.states = states[2]
            await floor.refresh()
            for turn in range(runs):
                held = await hold_back(change)
                published = await cpu(hass, push)
                waiting = await cpu(hass, nothing)
                floor.states = states[1 + turn % 2]
                costs.add(change, "floor", await cpu(hass, floor.refresh))
                costs.add(change, "ours", max(published - waiting, 0))
                costs.add(change, "held", max(held - waiting, 0))
            # A machine that halts has some become due meanwhile.
            for _ in range(_PATIENCE):
                if not await writes(hass, partial(hold_back, change)):
                    break
            else:
                raise RuntimeError("measurements were published before they were due")
    return costs


async def _frame(hass: HomeAssistant, dashboard: Remote) -> bytes:
    """Return a frame."""
    session = async_get_clientsession(hass)
    url, headers = f"{dashboard.url}/api/v1/ws/server", {"Authorization": f"Bearer {dashboard.token}"}
    # The dashboard never answers a close.
    async with session.ws_connect(
        url, headers=headers, max_msg_size=0, timeout=ClientWSTimeout(ws_close=0.1)
    ) as socket:
        while not await dashboard.tell("push"):
            pass
        return (await socket.receive_str()).encode()


def section(sizes: list[int], runs: int) -> list[Line]:
    """Measure all sizes, polling and live."""
    costs: list[Costs] = []
    for servers in sizes:
        costs.append(measured(polling, "v0", servers, runs))
        costs.append(measured(polling, "v2", servers, runs))
        costs.append(measured(live, servers, runs))
    return [each for cost in costs for each in _lines(cost)] + list(_linearity(costs))


def smoke() -> list[Line]:
    """Measure just enough to notice a fall."""
    small = measured(polling, "v0", 10, _SMOKE_RUNS)
    large = measured(polling, "v0", BASE, _SMOKE_RUNS)
    frames = measured(live, BASE, _SMOKE_RUNS)
    return [each for costs in (small, large, frames) for each in _lines(costs)]


def _lines(costs: Costs) -> Iterator[Line]:
    servers = costs.servers
    if costs.requests:
        yield line(f"Requests a refresh, {costs.source}", servers, [costs.requests], "")
        yield line(f"CPU of these requests alone, {costs.source}", servers, costs.of(ALL, "exchange"), "ms")
    for change in CHANGES:
        ours = costs.of(change, "ours")
        what = f"CPU a refresh, {costs.source}, {change.name} ({costs.written[change.name]:,} written)"
        if change.every:
            yield line(
                what,
                servers,
                ours,
                "ms",
                beside="floor",
                theirs=costs.of(change, "floor"),
                goal=_FLOORS if change is ALL else None,
            )
        else:
            yield line(
                what,
                servers,
                ours,
                "ms",
                beside=ALL.name,
                theirs=costs.of(ALL, "ours"),
                goal=_UNCHANGED if change is NONE else None,
            )
    if (ALL.name, "held") in costs.runs:
        what = f"CPU a frame whose measurements are not due, {costs.source}, {ALL.name}"
        yield line(what, servers, costs.of(ALL, "held"), "ms")


def _linearity(all_costs: list[Costs]) -> Iterator[Line]:
    """Compare the largest fleet with a hundred servers, where no fixed cost counts any more."""
    by_case = {(costs.source, costs.servers): costs for costs in all_costs}
    largest = max(costs.servers for costs in all_costs)
    for source in dict.fromkeys(costs.source for costs in all_costs):
        if largest > BASE and (base := by_case.get((source, BASE))):
            many = by_case[source, largest]
            for share, count, base_count, goal in (
                ("server", largest, BASE, LINEAR),
                # A large fleet may have fewer entities a server.
                ("written state", many.written[ALL.name], base.written[ALL.name], None),
            ):
                yield line(
                    f"CPU a {share}, {source}, {ALL.name}",
                    largest,
                    [1000 * cost / count for cost in many.of(ALL, "ours")],
                    "µs",
                    beside=f"{BASE} servers",
                    theirs=[1000 * cost / base_count for cost in base.of(ALL, "ours")],
                    goal=goal,
                )
