"""Every dialog of the integration: how to come to it, and what it has to be.

A scene is played once, in English; each dialog that it comes to is looked at in other languages too. What `shows` says is
compared with what Home Assistant itself gave the dialog: `step`, `step!error`, `abort:reason`, or `entry`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from simulator import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, Dashboard, Host, Machine, Simulator, populate

from .world import TOKEN, World

_VPS = tuple(f"vps-{number}" for number in range(30))
"""Servers, and what they are known by."""

type Given = Callable[[World], Awaitable[None] | None]


class Start(StrEnum):
    """What is clicked first."""

    ADD = "add"
    REAUTH = "reauth"
    RECONFIGURE = "reconfigure"
    OPTIONS = "options"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Turn:
    """What is answered to the dialog that is open, and what it becomes then."""

    shows: str
    answer: Mapping[str, str | bool | Sequence[str]] | str | None = None
    """Fields to fill in, an option of a menu, or nothing at the first look."""
    given: Given | None = None
    """What happens before; faults of the turn before are over."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A way through one flow."""

    name: str
    generation: str
    start: Start
    turns: tuple[Turn, ...]
    given: Given | None = None
    issue: str = ""
    """The key of the issue that a repair is about."""
    is_flood: bool = False
    """Whether so many entities come and go that no page can follow: they are registered while none is open."""


def fault(name: str, path: str = "") -> Given:
    """Let something go wrong."""
    return lambda world: world.simulator.faults.set(name, path=path)


def _address(shows: str, url: str = "{url}", given: Given | None = None, **more: str | bool) -> Turn:
    return Turn(shows, {"url": url, **more}, given)


def _password(shows: str, password: str = DEMO_PASSWORD, given: Given | None = None) -> Turn:
    return Turn(shows, {"username": DEMO_USER, "password": password}, given)


def _token(shows: str, token: str, given: Given | None = None) -> Turn:
    return Turn(shows, {"token": token}, given)


def _short_sessions(world: World) -> None:
    world.simulator.dashboard.credentials.jwt_life = 0


def _long_sessions(world: World) -> None:
    world.simulator.dashboard.credentials.jwt_life = 3_600
    world.simulator.firewall.clear()


def _block(world: World) -> None:
    world.simulator.firewall.reject("127.0.0.1")


def _offer_oauth(world: World) -> None:
    world.simulator.dashboard.oauth_providers = ["GitHub"]


def _forgive(world: World) -> None:
    world.simulator.firewall.clear()


def _limited(*scopes: str) -> Given:
    def limit(world: World) -> None:
        world.simulator.firewall.clear()
        world.simulator.dashboard.credentials.add_access_token(DEMO_PAT, scopes)

    return limit


async def _known(world: World) -> None:
    await world.add()


async def _known_for_a_while(world: World) -> None:
    """Set up, and be through with the options in which that ends."""
    await world.add()
    await world.set_options()


async def _rejected(world: World) -> None:
    await world.add()
    known = world.simulator.dashboard
    match world.generation:
        case "v0":
            known.revoke_token(TOKEN)
            known.add_token("renewed-token")
        case "v1":
            known.credentials.add_user(DEMO_USER, "renewed-password")
        case _:
            known.credentials.remove_access_token(DEMO_PAT)
            known.credentials.add_access_token("nzp_renewedToken000000000000000000000")
    await world.reload("setup_error")
    world.simulator.firewall.clear()


async def _renumbered(world: World) -> None:
    await world.add()
    await world.simulator.switch("v0")
    await world.reload("setup_error")


async def _known_with_headers(world: World) -> None:
    await world.add(headers="X-Gate: the-key")
    await _stranger(world)


async def _known_by_password(world: World) -> None:
    await world.add(by_password=True)


async def _stranger(world: World) -> None:
    dashboard = Dashboard(tokens=[TOKEN])
    dashboard.add_server("elsewhere")
    await world.serve(Simulator(dashboard, generation=world.generation))


async def _remembering(world: World) -> None:
    dashboard = world.simulator.dashboard
    dashboard.tsdb = True
    for number in list(dashboard.servers)[2:]:
        dashboard.remove_server(number)
    await _known_for_a_while(world)


async def _remembering_by_another_clock(world: World) -> None:
    world.simulator.dashboard.clock_offset = 3_600
    await _remembering(world)


async def _many_servers(world: World) -> None:
    for identity in _VPS:
        world.simulator.dashboard.add_server(identity, Machine(Host(), uuid=identity))
    await _known_for_a_while(world)


async def _flooded(world: World) -> None:
    """Let more servers register at once than are admitted."""
    await world.add()
    populate(world.simulator.dashboard, 60, seed=2)
    await world.wait_for_issue("new_servers")


SCENES = (
    Scene(
        "address",
        "v0",
        Start.ADD,
        (
            Turn("user"),
            _address("user!invalid_url", "my nezha!"),
            _address("user!credentials_in_url", "http://me:secret@nezha.example.com"),
            _address("user!invalid_headers", headers="no colon"),
            _address("user!cannot_resolve", "https://nezha.invalid", headers=""),
            _address("user!refused", given=fault("refuse")),
            _address("user!cannot_connect", given=fault("reset")),
            _address("user!timeout", given=fault("hang_before_headers")),
            _address("user!server_error", given=fault("html_502")),
            _address("user!gateway", given=fault("html_403")),
            _address("user!moved", given=fault("redirect_elsewhere")),
            _address("user!bad_answer", given=fault("gzip_bomb")),
            _address("user!not_nezha", given=fault("json_null")),
            _address("user!certificate", "https://127.0.0.1:{port}"),
            _address("token"),
            _token("token!token_rejected", "mistyped"),
            # Setting up ends with the options, as there are groups.
            _token("init", TOKEN),
            Turn("entry", {}),
        ),
    ),
    Scene(
        "password",
        "v1",
        Start.ADD,
        (
            Turn("user"),
            _address("password"),
            _password("password!password_rejected", "mistyped"),
            _password("password!blocked", given=_block),
            _password("password!session_refused", given=lambda world: (_forgive(world), _short_sessions(world))[0]),
            _password("init", given=_long_sessions),
        ),
    ),
    Scene(
        "access token",
        "v2",
        Start.ADD,
        (
            Turn("user"),
            _address("credential"),
            Turn("access_token", "access_token"),
            _token("access_token!token_rejected", "nzp_mistyped"),
            _token("access_token!missing_scope", DEMO_PAT, _limited("nezha:service:read")),
            _token("scopes", DEMO_PAT, _limited("nezha:inventory:read")),
            Turn("init", {}),
        ),
    ),
    Scene(
        "password of v2",
        "v2",
        Start.ADD,
        (
            Turn("user"),
            _address("credential", given=_offer_oauth),
            Turn("password", "password"),
            _password("password!password_rejected_oauth", "mistyped"),
            _password("least_privilege", given=_forgive),
            Turn("least_privilege!no_token_made", {}, fault("html_502", "/api-tokens")),
            Turn("init", {"read_only": True}),
        ),
    ),
    Scene(
        "the same servers",
        "v2",
        Start.ADD,
        (
            Turn("user"),
            _address("credential", "{localhost}"),
            Turn("access_token", "access_token"),
            _token("same_dashboard", DEMO_PAT),
            Turn("abort:already_configured", "keep"),
        ),
        _known,
    ),
    Scene("known already", "v2", Start.ADD, (Turn("user"), _address("abort:already_configured")), _known),
    Scene(
        "new token",
        "v0",
        Start.REAUTH,
        (Turn("reauth_confirm"), _token("abort:reauth_successful", "renewed-token")),
        _rejected,
    ),
    Scene(
        "new password",
        "v1",
        Start.REAUTH,
        (Turn("password"), _password("abort:reauth_successful", "renewed-password")),
        _rejected,
    ),
    Scene(
        "new access token",
        "v2",
        Start.REAUTH,
        (
            Turn("credential"),
            Turn("access_token", "access_token"),
            _token("abort:reauth_successful", "nzp_renewedToken000000000000000000000"),
        ),
        _rejected,
    ),
    Scene(
        "another address",
        "v0",
        Start.RECONFIGURE,
        (Turn("reconfigure"), _address("token"), _token("abort:reconfigure_successful", TOKEN)),
        _known,
    ),
    Scene(
        "another dashboard",
        "v1",
        Start.RECONFIGURE,
        (
            Turn("reconfigure"),
            _address("password", "{other}", _stranger),
            _password("password!another_dashboard"),
        ),
        _known,
    ),
    Scene(
        "headers",
        "v0",
        Start.RECONFIGURE,
        (Turn("reconfigure"), _address("reconfigure!headers_of_old_address", "{other}")),
        _known_with_headers,
    ),
    Scene(
        "password again",
        "v2",
        Start.RECONFIGURE,
        (
            Turn("reconfigure"),
            _address("credential"),
            Turn("password", "password"),
            _password("least_privilege"),
            Turn("abort:reconfigure_successful", {"run_tasks": True}),
        ),
        _known_by_password,
    ),
    Scene("options without frames", "v0", Start.OPTIONS, (Turn("init"), Turn("entry", {})), _known),
    Scene("options", "v2", Start.OPTIONS, (Turn("init"), Turn("entry", {})), _known),
    Scene(
        "options later",
        "v2",
        Start.OPTIONS,
        (Turn("menu"), Turn("init", "settings"), Turn("entry", {})),
        _known_for_a_while,
    ),
    Scene(
        "latency by server",
        "v2",
        Start.OPTIONS,
        (
            Turn("menu"),
            Turn("latency", "latency"),
            Turn("latency!too_many_pairs", {"latency_services": ("1", "2", "3", "4"), "latency_servers": _VPS}),
            Turn("entry", {"latency_servers": _VPS[:2]}),
        ),
        _many_servers,
    ),
    # Before the one that imports all there is: after that nothing is asked for.
    Scene(
        "history that ends early",
        "v2",
        Start.OPTIONS,
        (
            Turn("menu"),
            Turn("import_history", "import_history"),
            Turn("abort:import_failed", {}, fault("not_json", "metrics")),
        ),
        _remembering,
    ),
    Scene(
        "history",
        "v2",
        Start.OPTIONS,
        (Turn("menu"), Turn("import_history", "import_history"), Turn("import_done", {}), Turn("entry", {})),
        _remembering,
    ),
    Scene(
        "history that is off",
        "v2",
        Start.OPTIONS,
        (Turn("menu"), Turn("import_history", "import_history"), Turn("abort:history_off", {})),
        _known_for_a_while,
    ),
    Scene(
        "history by another clock",
        "v2",
        Start.OPTIONS,
        (Turn("menu"), Turn("import_history", "import_history"), Turn("abort:clock_differs", {})),
        _remembering_by_another_clock,
    ),
    Scene("another installation", "v2", Start.REPAIR, (Turn("confirm"), Turn("entry", {})), _renumbered, "renumbered"),
    Scene(
        "many new servers",
        "v2",
        Start.REPAIR,
        (Turn("confirm"), Turn("entry", {})),
        _flooded,
        "new_servers",
        is_flood=True,
    ),
)
