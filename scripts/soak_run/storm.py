"""Faults of a dashboard's answers and frames, one after another in random order, until all had their turn."""

from collections.abc import AsyncIterator, Mapping
import json
import math
from random import Random

from aiohttp import hdrs, web

from simulator import FAULTS, FRAME_FAULTS, WILD, Faults, FrameFaults
from simulator.fault import Call, Fault
from simulator.frame_faults import FrameFault, Sink
from tests.fuzz.mutation import Form, mutated, mutated_only, torn, written

from .site import Site
from .spell import Spell

_LONGEST = 5
_PAUSE = 4
"""Seconds."""
_MUTATIONS = 8
"""How often a mutation has its turn while each of the other faults has one."""
_TEARS = 0.2
"""The share of mutated bodies that are no longer JSON at all."""
_BLOCKS = ("html_403", "challenge_403", "real_ip_missing", "real_ip_unreadable")
_PATIENCE = {**dict.fromkeys(_BLOCKS, 150), "token_revoked": 60}
"""Seconds that have to be left: the integration waits by itself for so long, or has to be given a new token."""
_CLOCKS = {"clock_ahead", "clock_behind", "day_ahead", "day_behind"}
TROUBLES = FAULTS | {name: fault for name, fault in WILD.items() if name != "login_refused"}
"""Of answers; nobody logs in here."""
_FRAME = Form("servers", "id")


async def storm(site: Site, spell: Spell) -> None:
    """Switch one fault of the answers after another on and off."""
    async for name in _turns(TROUBLES, site, spell):
        if spell.left < _PATIENCE.get(name, 0) or (name in _CLOCKS and not site.lets_clocks_change):
            continue
        async with site.line:
            await _let(site, site.simulator.faults, name, spell)


async def frame_storm(site: Site, spell: Spell) -> None:
    """Do the same with the faults of frames."""
    async for name in _turns(FRAME_FAULTS, site, spell):
        await _let(site, site.simulator.frame_faults, name, spell)


async def _turns(
    faults: Mapping[str, Fault] | Mapping[str, FrameFault], site: Site, spell: Spell
) -> AsyncIterator[str]:
    """Give all faults in random order, again and again, with pauses; of mutations only this dashboard's own."""
    usual = [name for name in faults if not name.startswith("mutated_")]
    cards = [*usual, *[f"mutated_{site.generation}"] * _MUTATIONS]
    while True:
        for name in site.chance.sample(cards, len(cards)):
            if not spell.left:
                return
            await spell.wait(site.chance.uniform(0, _PAUSE))
            yield name


async def _let(site: Site, faults: Faults | FrameFaults, name: str, spell: Spell) -> None:
    """Keep a fault on for a while, and until it was delivered where that comes about soon."""
    before, begun = faults.delivered[name], site.dashboard.clock()
    if name in _CLOCKS:
        site.wrong_clocks.append((begun, math.inf))
    faults.set(name)
    site.note(f"{name} begins")
    await spell.wait(site.chance.uniform(0.5, _LONGEST))
    for _ in range(2 * _LONGEST):
        if not spell.left or faults.delivered[name] > before:
            break
        await spell.wait(0.5)
    faults.clear(name)
    site.note(f"{name} ends")
    if name in _CLOCKS:
        site.wrong_clocks[-1] = (begun, site.dashboard.clock())


def add_mutations(site: Site) -> None:
    """Let the simulator know the mutations of a dashboard's replies; what they say of its other servers stays true."""
    name = f"mutated_{site.generation}"

    async def answer(call: Call) -> web.StreamResponse:
        usual = await call.proceed()
        if not (isinstance(usual, web.Response) and isinstance(usual.body, bytes)):
            return usual
        call.deliver()
        body = spoil(usual.body, site.form, site.victims, site.chance)
        return web.Response(body=body, status=usual.status, headers={hdrs.CONTENT_TYPE: usual.content_type})

    async def deliver(frame: bytes, sink: Sink) -> bool:
        victims = {str(server.id) for server in site.servers() if site.identify(server) in site.victims}
        await sink.send(spoil(frame, _FRAME, victims, site.chance))
        return True

    FAULTS[name] = Fault("a mutated reply", answer)
    FRAME_FAULTS[name] = FrameFault("a mutated frame", deliver)


def spoil(body: bytes, form: Form, victims: set[str], chance: Random) -> bytes:
    """Mutate a reply, or tear it so that nothing can be read from it; where it lists servers, only the victims suffer."""
    if chance.random() < _TEARS:
        return _torn_for_good(body, chance)
    reply = json.loads(body)
    items = form.items(reply)
    if items and all(isinstance(item, dict) and form.identity in item for item in items):
        return written(mutated_only(reply, chance, form, victims))
    return written(mutated(reply, chance))


def _torn_for_good(body: bytes, chance: Random) -> bytes:
    """Tear a body until it is no JSON: a number without one of its digits would be a lie."""
    while True:
        try:
            json.loads(spoilt := torn(body, chance))
        except ValueError:
            return spoilt
