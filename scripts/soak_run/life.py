"""What happens to servers and their dashboard, without any fault of its answers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from simulator import ODDITIES, Host, Machine, Server

from .home import Home
from .ledger import GIB, TRAFFIC
from .site import Site
from .spell import Spell

_PACE = 0.5
"""Mean seconds between two happenings on one dashboard."""
_PATIENCE = 30
"""Seconds that Home Assistant gets to show what is to be recorded before a reboot."""
_BETWEEN_BOOTS = 75
"""Seconds. Two boots within a minute are one to the integration: agents tell the time of the same boot differently."""
_ODD = (
    *("uptime_underflow", "no_uptime", "no_boot_time", "no_platform", "neither_platform_nor_boot_time", "boot_in_1970"),
    *("memory_underflow", "swap_underflow", "disk_underflow", "speed_overflow", "transfer_underflow"),
)
"""What a server may report for a while; whatever it says of itself then, it says nothing else of the rest."""
_MOST_NEW = 0.05
_MOST_GONE = 0.03
"""Of the fleet."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where it happens, and for how long."""

    site: Site
    home: Home
    spell: Spell
    constant: bool
    """Whether the fleet is to be the same in the end, so that memory can be compared."""


type Happen = Callable[[Scene, Server], Awaitable[bool]]
"""Lets something happen to a server, and returns whether it did."""


async def live(scene: Scene) -> None:
    """Let one thing after another happen until the spell is over; then all is as it should be."""
    site, chance = scene.site, scene.site.chance
    busy: set[Machine] = set()

    async def happen(name: str, server: Server) -> None:
        busy.add(server.machine)
        try:
            if await HAPPENINGS[name][1](scene, server):
                site.happened[name] += 1
                site.note(name, server)
        finally:
            busy.discard(server.machine)

    names, weights = zip(*((name, weight) for name, (weight, _) in HAPPENINGS.items()), strict=True)
    async with asyncio.TaskGroup() as group:
        while scene.spell.left:
            await scene.spell.wait(chance.expovariate(1 / _PACE))
            idle = [server for server in site.servers() if server.machine not in busy]
            if idle:
                group.create_task(happen(chance.choices(names, weights)[0], chance.choice(idle)))


async def _fall_silent(scene: Scene, server: Server) -> bool:
    server.machine.silent = True
    await scene.spell.wait(scene.site.chance.uniform(1, 90))
    server.machine.silent = False
    return True


def _may_reboot(scene: Scene, server: Server) -> bool:
    scene.site.dashboard.advance()
    is_apart = server.host is not None and scene.site.dashboard.clock() - server.host.boot_time > _BETWEEN_BOOTS
    return is_apart and scene.site.lets_reboot


async def _reboot(scene: Scene, server: Server, clock_offset: int = 0) -> bool:
    if not _may_reboot(scene, server):
        return False
    scene.site.booted_at = scene.site.dashboard.clock()
    server.machine.reboot(clock_offset=clock_offset)
    return True


async def _lose_power(scene: Scene, server: Server) -> bool:
    """Fall silent, and come back rebooted."""
    server.machine.silent = True
    await scene.spell.wait(scene.site.chance.uniform(5, 60))
    has_rebooted = await _reboot(scene, server)
    server.machine.silent = False
    return has_rebooted


async def _reboot_once_recorded(scene: Scene, server: Server) -> bool:
    """Carry no more traffic, and reboot when Home Assistant has recorded the last byte: none may be missing then."""
    site, machine = scene.site, server.machine
    if not _may_reboot(scene, server):
        return False
    counters = machine.hold(*TRAFFIC)
    was_recorded = await _is_recorded(scene, server, counters)
    # Whatever goes wrong meanwhile, a restart of Home Assistant for one, no longer matters.
    await scene.spell.wait(site.chance.uniform(0, 30))
    while scene.spell.left and not _may_reboot(scene, server):
        await scene.spell.wait(1)
    boot = machine.boots
    has_rebooted = await _reboot(scene, server)
    machine.unpin(*counters)
    if was_recorded and has_rebooted:
        site.dashboard.history(server).announced.add(boot)
    return was_recorded and has_rebooted


async def _is_recorded(scene: Scene, server: Server, counters: dict[str, int]) -> bool:
    patience = Spell(_PATIENCE)
    while min(patience.left, scene.spell.left):
        await scene.spell.wait(1)
        if await scene.home.shows(scene.site, scene.site.identify(server), counters) and await scene.home.writes():
            return True
    return False


async def _lose_a_network_card(scene: Scene, server: Server) -> bool:
    server.machine.drop_network_card(scene.site.chance.randrange(GIB))
    return True


async def _report_oddly(scene: Scene, server: Server) -> bool:
    odd = ODDITIES[scene.site.chance.choice(_ODD)]
    server.machine.pin(**odd)
    await scene.spell.wait(scene.site.chance.uniform(2, 30))
    server.machine.unpin(*odd)
    return True


async def _set_its_clock(scene: Scene, server: Server) -> bool:
    """Boot with a wrong clock, in 1970 or some hours off, and put it right after a while: it stays the same boot."""
    in_1970 = 37 - int(scene.site.dashboard.clock())
    offset = scene.site.chance.choice((in_1970, 7_200, -7_200, -86_400))
    if not await _reboot(scene, server, offset):
        return False
    await scene.spell.wait(scene.site.chance.uniform(5, 40))
    server.machine.clock_offset = 0
    return True


async def _rename(scene: Scene, server: Server) -> bool:
    scene.site.dashboard.rename(server.id, f"{server.name.split(' ~')[0]} ~{scene.site.chance.randrange(1000)}")
    return True


async def _change_groups(scene: Scene, server: Server) -> bool:
    groups = list(scene.site.dashboard.groups.values())
    scene.site.dashboard.retag(server.id, scene.site.chance.choice(groups).name)
    for group in groups:
        group.servers = [member for member in group.servers if member != server.id]
        if scene.site.chance.random() < 0.2:
            group.servers.append(server.id)
    return True


async def _delete(scene: Scene, server: Server) -> bool:
    """Delete a server; where its agent brings it back, wait for that."""
    site, machine = scene.site, server.machine
    if site.identify(server) in site.victims:
        # Faults of a single server are the first one's: it has to stay that.
        return False
    if site.is_v2:
        site.dashboard.remove_server(server.id)
        await scene.spell.wait(site.chance.uniform(1, 40))
        machine.silent = True
        machine.silent = False
        while site.server_of(machine) is None:
            await asyncio.sleep(0.5)
        return True
    if scene.constant or len(site.gone) >= _MOST_GONE * len(site.dashboard.servers):
        return False
    site.gone.add(site.identify(server))
    site.dashboard.remove_server(server.id)
    return True


async def _add(scene: Scene, server: Server) -> bool:
    site = scene.site
    if scene.constant or site.happened["server added"] >= _MOST_NEW * len(site.dashboard.servers):
        return False
    boot = int(site.dashboard.clock()) - site.chance.randrange(100_000)
    machine = Machine(Host(boot_time=boot, country_code="se"), seed=site.chance.randrange(2**32))
    site.dashboard.add_server(f"new-{site.chance.randrange(10**6)}", machine)
    return True


async def _restart_dashboard(scene: Scene, server: Server) -> bool:
    site = scene.site
    async with site.line:
        site.simulator.shut_down()
        await scene.spell.wait(site.chance.uniform(1, 25))
        site.simulator.start_up()
    return True


HAPPENINGS: dict[str, tuple[float, Happen]] = {
    "server silent": (6, _fall_silent),
    "sudden reboot": (4, _reboot),
    "reboot after silence": (3, _lose_power),
    "reboot with all recorded": (8, _reboot_once_recorded),
    "network card gone": (2, _lose_a_network_card),
    "odd report": (4, _report_oddly),
    "clock put right after a boot": (2, _set_its_clock),
    "server renamed": (3, _rename),
    "server in other groups": (2, _change_groups),
    "server deleted": (1, _delete),
    "server added": (1, _add),
    "dashboard restarted": (0.7, _restart_dashboard),
}
"""By name: how often in relation to the others, and what it is."""
