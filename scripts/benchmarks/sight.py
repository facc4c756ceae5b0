"""How long it takes to see a server go offline, and come back, with the options as they are by default.

Time passes in steps, as fast as Home Assistant can follow: its timers, the agents' reports and the frames keep their own
pace. Each server falls silent once, at any moment, and speaks again at any moment after it was long enough away.
"""

import random
import time

from homeassistant.const import EVENT_STATE_CHANGED, STATE_OFF, STATE_ON
from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers import entity_registry as er

from . import clock
from .dashboard import running
from .figures import Line, line, short
from .home import add_nezha, connected, home, settled
from .process import measured

_DROPS = 100
_STEP = 0.25
"""Seconds: so much later may be seen what is seen."""
_FRAME_PAUSE = 2
_FIRST = 35
"""Seconds until the first server may drop: one poll has passed."""
_SPAN = 60
"""Seconds in which all of them drop; likewise how much longer than it must a server is away."""
_AWAY = 65
"""Seconds that each is away at least: the slowest has been seen by then."""
_PATIENCE = 300
"""Seconds by which everything has been seen."""


async def watch(generation: str) -> dict[str, list[float]]:
    """Return after how many seconds each drop (off) and each return (on) was seen."""
    chance = random.Random(generation)
    async with running(generation, _DROPS, varied=False) as dashboard, home() as hass:
        await dashboard.tell("set_clock", time.time())
        entry = await add_nezha(hass, dashboard)
        if generation == "v2":
            await connected(entry, dashboard)
        registry = er.async_get(hass)
        numbers = {
            registry.async_get_entity_id("binary_sensor", "nezha", f"{entry.entry_id}_{identity}_online"): number
            for number, identity in await dashboard.tell("identities")
        }
        since: dict[tuple[int, str], float] = {}
        seen: dict[str, list[float]] = {STATE_OFF: [], STATE_ON: []}

        @callback
        def see(event: Event[EventStateChangedData]) -> None:
            number, state = numbers.get(event.data["entity_id"]), event.data["new_state"]
            if number and state and (changed := since.pop((number, state.state), None)):
                seen[state.state].append(time.time() - changed)

        hass.bus.async_listen(EVENT_STATE_CHANGED, see)
        began = time.time()
        plan = []
        for number in numbers.values():
            drop = began + _FIRST + _SPAN * chance.random()
            plan += [(drop, number, STATE_OFF), (drop + _AWAY + _SPAN * chance.random(), number, STATE_ON)]
        plan.sort(reverse=True)
        framed = began
        while (plan or since) and time.time() < began + _PATIENCE:
            clock.put_forward(_STEP)
            await dashboard.tell("set_clock", time.time())
            while plan and plan[-1][0] <= time.time():
                _, number, state = plan.pop()
                await dashboard.tell("silence", number, state == STATE_OFF)
                since[number, state] = time.time()
            if generation == "v2" and time.time() - framed >= _FRAME_PAUSE:
                framed = time.time()
                await dashboard.tell("push")
            await settled(hass, 0.003)
        if since:
            raise RuntimeError(f"{len(since)} changes were not seen at all")
    return seen


def section() -> list[Line]:
    """Measure polling and live."""
    lines = []
    for generation, source in (("v0", "polling v0"), ("v2", "live v2")):
        seen = measured(watch, generation)
        for state, what in ((STATE_OFF, "offline"), (STATE_ON, "back")):
            seconds = sorted(seen[state])
            spread = (
                f"min {short(seconds[0])}, 90 % {short(seconds[len(seconds) * 9 // 10])}, max {short(seconds[-1])} s"
            )
            lines.append(line(f"Time to see a server {what}, {source}", _DROPS, seconds, "s", beside=spread))
    return lines
