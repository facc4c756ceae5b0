"""Every page on which the integration is seen."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from harness.homeassistant import HomeAssistant

from .world import Sights, World

GENERATIONS = ("v0", "v1", "v2")
_MODERN = ("v1", "v2")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an entry's."""

    name: str
    path: Callable[[Sights], str]
    generations: tuple[str, ...] = ("v2",)
    more: str = ""
    """The key of an entity of which more is shown, in a dialog over the page."""
    drawn: str = ""
    """A selector of what is there once the page is: a busy machine shows an empty one first."""


@dataclass(frozen=True, slots=True)
class Issue:
    """What is said on the page of repairs, in a dialog of its own."""

    key: str
    generation: str
    state: str
    """What becomes of the entry."""
    given: Callable[[World], Awaitable[None] | None]


def _server(name: str) -> Callable[[Sights], str]:
    return lambda sights: f"/config/devices/device/{sights.servers[name]}"


def _hub(sights: Sights) -> str:
    return f"/config/devices/device/{sights.hub}"


PAGES = (
    Page("integration", lambda _: "/config/integrations/integration/nezha", GENERATIONS),
    Page("hub", _hub, GENERATIONS),
    Page("server", _server("tokyo-1"), GENERATIONS),
    Page("server never seen", _server("never-installed")),
    Page("service", lambda sights: f"/config/devices/device/{sights.services[0]}"),
    Page("devices", lambda sights: f"/config/devices/dashboard?historyBack=1&config_entry={sights.entry_id}"),
    Page("entities", lambda sights: f"/config/entities?historyBack=1&config_entry={sights.entry_id}"),
    Page("more of servers offline", _hub, more="servers_offline"),
    Page("more of changes", _hub, more="changes"),
    Page("calendar", lambda _: "/calendar"),
    Page("dashboard", lambda _: "/nezha-demo", GENERATIONS, drawn="nezha-server-card .name"),
    Page("dashboard services", lambda _: "/nezha-demo/services", _MODERN, drawn="nezha-service-days .days"),
    Page("dashboard traffic", lambda _: "/nezha-demo/traffic", _MODERN, drawn="hui-calendar-card"),
)


async def _regroup(world: World) -> None:
    """Rename the only group that the user chose."""
    group = next(iter(world.simulator.dashboard.groups.values()))
    await world.set_options(groups=[group.name])
    group.name = "Renamed"


ISSUES = (
    Issue("blocked", "v2", "setup_retry", lambda world: world.simulator.firewall.reject("127.0.0.1")),
    Issue("groups_gone", "v2", "loaded", _regroup),
)


async def use_language(home: HomeAssistant, language: str) -> None:
    """Have Home Assistant itself name things in a language, beside what its pages speak."""
    await home.commands({"type": "config/core/update", "language": language})
