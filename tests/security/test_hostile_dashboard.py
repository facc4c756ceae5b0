"""A dashboard that does whatever a stranger might think of, in any order, against the client that a home asks it with."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, suppress
import json
import logging
import os
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from aiohttp import ClientSession, DummyCookieJar
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
import pytest
from yarl import URL

from custom_components.nezha.api import (
    AuthenticationError,
    Backend,
    BlockedError,
    FloodError,
    Generation,
    NezhaError,
    Snapshot,
    connect,
    identify,
    limits,
    only_to,
)
from custom_components.nezha.api.credentials import Password
from custom_components.nezha.api.transport import Transport
from simulator import (
    ATTACKS,
    DEMO_PASSWORD,
    DEMO_PAT,
    DEMO_USER,
    FAULTS,
    FRAME_ATTACKS,
    FRAME_FAULTS,
    WILD,
    Dashboard,
    Simulator,
    populate,
)
from simulator.fault import replaced
from simulator.frame_faults import FrameFault
from tests.api.test_boundary import chain
from tests.patience import in_turns

NIGHTLY = "HOSTILE_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "150"))
"""Lives of a dashboard, for each generation: they take a minute. At night there are more."""
STEPS = 20
TOKEN = "demo-token-of-v0"
CREDENTIALS = {
    "v0": {"token": TOKEN},
    "v1": {"username": DEMO_USER, "password": DEMO_PASSWORD},
    "v2": {"token": DEMO_PAT},
}
SECRETS = (TOKEN, DEMO_PAT, DEMO_PASSWORD, "eyJ", "nz-jwt")
SERVERS = 8
PATHS = ("", "", "", "/server", "/login", "/ws/server", "/setting", "/service", "/server-group", "/cron")
PLACES = (
    *("null:data.0", "absent:data.0.uuid", "set:data.0.id=-1", "set:data.0.state.cpu=1e400", "set:data.0.host=[]"),
    *("set:data.0.state.temperatures=7", "set:result.0.status=1", "null:result.0.host", "set:result.0.id=1e30"),
    *("set:servers.0.state=1", "null:servers.0.id", "set:servers.0.last_active=7", "null:success", "null:data"),
)
ANYTHING = "anything"
"""The name of the fault that is an answer, or a frame, of hypothesis' own making."""
_SLOW = {"endless_body", "gzip_bomb"}
"""What takes as long as all others together; the tests of the transport have it."""
ANSWERS = sorted({*FAULTS, *WILD, *ATTACKS} - _SLOW - {"refuse"})
FRAMES = sorted({*FRAME_FAULTS, *FRAME_ATTACKS})

SEEDS = st.integers(0, 2**32 - 1)
"""Of a choice among many, which hypothesis itself would make among the first of them most of the time."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "success": json_values,
        "error": json_values | st.sampled_from(["ApiErrorUnauthorized", "404 Not Found", "lacks scope nezha:x"]),
        "data": json_values | st.fixed_dictionaries({"token": json_values, "expire": json_values}),
        "code": json_values | st.sampled_from([0, 403]),
        "result": json_values,
        "servers": json_values,
        "now": json_values,
    },
)
bodies = st.binary(max_size=200) | (json_values | envelopes).map(lambda value: json.dumps(value).encode())


class Clock:
    """The time, for the dashboard and for the client alike: it is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1_780_315_200.0

    def __call__(self) -> float:
        return self.seconds


class Lines(logging.Handler):
    """Collects what is logged, whoever says it, with all that led to it."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(self.format(record))


class HostileDashboard(RuleBasedStateMachine):
    """Whatever it does, the client says so in words of its own, keeps its secrets, and is well again when it is."""

    generation = "v2"

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.lines = Lines()
        self.errors: list[BaseException] = []
        self.client: Backend
        self.following: asyncio.Task[None] | None = None
        self.frames = 0
        self.rejected = False
        self.connected_at = self.clock()
        self.log_ins = 0
        self._stack = ExitStack()
        self._loop = asyncio.new_event_loop()

    def run(self, step: Coroutine[Any, Any, Any]) -> Any:
        """Run a step, and let whatever it led to go on for a moment."""

        async def all_of_it() -> Any:
            result = await step
            for _ in range(20):
                await asyncio.sleep(0)
            return result

        return self._loop.run_until_complete(all_of_it())

    @initialize()
    def start(self) -> None:
        """Put a client before a dashboard, and a second dashboard where nothing may be sent."""
        for name, value in {
            "live._FIRST_PAUSE": 0.001,
            "live._LONGEST_PAUSE": 0.001,
            "credentials.time": SimpleNamespace(monotonic=self.clock),
            "transport.asyncio": SimpleNamespace(timeout=in_turns),
        }.items():
            self._stack.enter_context(patch(f"custom_components.nezha.api.{name}", value))
        log_in = Password._log_in

        async def count(password: Password, transport: Transport) -> Mapping[str, str]:
            session = await log_in(password, transport)
            self.log_ins += 1
            return session

        self._stack.enter_context(patch.object(Password, "_log_in", count))
        root = logging.getLogger()
        levels = {logger: logger.level for logger in (root, logging.getLogger("custom_components.nezha"))}
        root.addHandler(self.lines)
        self._stack.callback(root.removeHandler, self.lines)
        for logger, level in levels.items():
            logger.setLevel(logging.DEBUG)
            self._stack.callback(logger.setLevel, level)
        dashboard = Dashboard(self.clock, tokens=[TOKEN])
        populate(dashboard, SERVERS)
        self.simulator = Simulator(dashboard, generation=self.generation, frames="manual", firewall=False)
        self.elsewhere = Simulator(generation=self.generation)
        self.run(self._start())

    async def _start(self) -> None:
        await self.simulator.start()
        await self.elsewhere.start()
        self.simulator.faults.elsewhere = self.elsewhere.url
        self.url = URL(self.simulator.url)
        self.session = ClientSession(cookie_jar=DummyCookieJar(), middlewares=[only_to(self.url)])
        self._connect()

    def _connect(self) -> None:
        """Submit the credential, as a person does."""
        self.client = connect(self.session, self.url, Generation(self.generation), {}, **CREDENTIALS[self.generation])
        self.rejected = False
        self.connected_at, self.log_ins = self.clock(), 0

    def teardown(self) -> None:
        """Be tidy again, and find the client well."""
        if hasattr(self, "session"):
            self.tidy()
            self.run(self._stop())
        self._loop.close()
        self._stack.close()

    async def _stop(self) -> None:
        if self.following:
            self.following.cancel()
            await asyncio.wait([self.following])
        await self.session.close()
        await self.simulator.stop()
        await self.elsewhere.stop()

    async def _ask(self, ask: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Ask for something; only the client's own errors may come of it."""
        carried = self._carried()
        was_rejected = self.rejected
        try:
            return await ask()
        except NezhaError as err:
            self.errors.append(err)
            self.rejected = self.rejected or isinstance(err, AuthenticationError)
            # On v0 there is nothing but the poll, which ends where a token was rejected.
            if was_rejected and self.generation != "v0":
                assert self._carried() == carried, "what was rejected is not sent again"
            return None

    def _carried(self) -> int:
        """Count the requests that carried the credential itself."""
        secret = {"v0": TOKEN, "v1": DEMO_PASSWORD, "v2": DEMO_PAT}[self.generation]
        return sum(
            secret in request.headers.get("Authorization", "") or secret in request.text
            for request in self.simulator.requests
        )

    # What the dashboard does

    @rule(seed=SEEDS, is_alone=st.booleans())
    def spoils_answers(self, seed: int, is_alone: bool) -> None:
        """Do one thing, alone or with all that was done before, and be asked."""
        chance = Random(seed)
        if is_alone:
            self.simulator.faults.clear()
        self.simulator.faults.set(chance.choice(ANSWERS), path=chance.choice(PATHS))
        self.is_asked_for_all()

    @rule(place=st.sampled_from(PLACES))
    def spoils_a_place(self, place: str) -> None:
        self.simulator.faults.set(place)

    @rule(body=bodies, path=st.sampled_from(PATHS), status=st.sampled_from([200, 200, 401, 403, 404, 500]))
    def answers_anything(self, body: bytes, path: str, status: int) -> None:
        self.simulator.faults.clear()
        WILD[ANYTHING] = replaced(body, status=status)
        self._stack.callback(WILD.pop, ANYTHING, None)
        self.simulator.faults.set(ANYTHING, path=path)
        self.is_asked_for_all()

    @rule(life=st.sampled_from([-3_600, 0, 1, 61, 299, 3_600, 10**12]))
    def revokes_sessions(self, life: float) -> None:
        self.simulator.dashboard.credentials.jwt_life = life
        self.simulator.dashboard.credentials.revoke_jwts()

    @rule()
    def closes_everything(self) -> None:
        async def close() -> None:
            self.simulator.disconnect()

        self.run(close())

    @precondition(lambda self: self.generation != "v0")
    @rule(seed=SEEDS)
    def sends_a_spoilt_frame(self, seed: int) -> None:
        self.simulator.frame_faults.set(Random(seed).choice(FRAMES), times=1)
        self.run(self.simulator.push_frame())

    @precondition(lambda self: self.generation != "v0")
    @rule(body=bodies)
    def sends_any_frame(self, body: bytes) -> None:
        async def deliver(frame: bytes, sink: Any) -> bool:
            await sink.send(body)
            return True

        FRAME_FAULTS[ANYTHING] = FrameFault("what hypothesis thinks of", deliver)
        self._stack.callback(FRAME_FAULTS.pop, ANYTHING, None)
        self.simulator.frame_faults.set(ANYTHING, times=1)
        self.run(self.simulator.push_frame())

    @rule(seconds=st.sampled_from([1, 30, 61, 3_600]))
    def lets_time_pass(self, seconds: float) -> None:
        self.clock.seconds += seconds

    # What the client does

    @rule()
    def is_asked_for_all(self) -> None:
        snapshot = self.run(self._ask(self.client.snapshot))
        if snapshot:
            assert_bounded(snapshot)

    @rule()
    def is_asked_what_it_is(self) -> None:
        self.run(self._ask(lambda: identify(self.session, self.url, {})))

    @rule(number=st.sampled_from([0, 1, 10**30]), name=st.sampled_from([None, "Backup"]))
    def has_to_run_a_task(self, number: int, name: str | None) -> None:
        self.run(self._ask(lambda: self.client.run_task(number, name)))

    @rule()
    def is_asked_for_scopes_and_a_token(self) -> None:
        self.run(self._ask(self.client.missing_scopes))
        self.run(self._ask(lambda: self.client.create_token("Home Assistant")))

    @precondition(lambda self: self.generation != "v0")
    @rule()
    def is_followed(self) -> None:
        self.run(self._follow())

    async def _follow(self) -> None:
        if self.following is None or self.following.done():
            self.following = asyncio.create_task(self._frames())
        with suppress(TimeoutError):
            async with in_turns():
                while not self.simulator.live.online and not self.following.done():
                    await asyncio.sleep(0.002)

    async def _frames(self) -> None:
        """Follow frames; only what ends them for good may end them."""
        frames = self.client.frames()
        assert frames is not None
        try:
            async for frame in frames:
                if frame is not None:
                    self.frames += 1
                    assert len(frame.reports) <= limits.MOST_ELEMENTS
        except (AuthenticationError, BlockedError, FloodError) as err:
            self.rejected = self.rejected or isinstance(err, AuthenticationError)
            self.errors.append(err)
        finally:
            await frames.aclose()

    @rule()
    def tidy(self) -> None:
        """Be an honest dashboard again: all is well at once, or within the minute of a log-in."""
        self.simulator.faults.clear()
        self.simulator.frame_faults.clear()
        self.simulator.dashboard.credentials.jwt_life = 3_600
        self.clock.seconds += limits.LOG_IN_PAUSE
        if self.rejected:
            # A person was asked, and submits it again.
            self._connect()
        self.run(self._is_well())

    async def _is_well(self) -> None:
        snapshot = await self.client.snapshot()
        assert len(snapshot.servers) == SERVERS
        assert snapshot.complete
        if self.generation == "v0":
            return
        if self.following:
            # It may be another credential's by now.
            self.following.cancel()
            await asyncio.wait([self.following])
            self.following = None
        self.simulator.disconnect()
        await self._follow()
        assert self.following is not None
        before = self.frames
        async with asyncio.timeout(60):
            while self.frames == before:
                assert not self.following.done()
                await self.simulator.push_frame()
                await asyncio.sleep(0.002)

    # What holds at any time

    @invariant()
    def every_error_is_the_clients_own(self) -> None:
        for error in self.errors:
            for each in chain(error):
                assert type(each).__module__.split(".")[0] in ("custom_components", "builtins"), type(each)
                assert_no_secret(f"{each!r} {vars(each) if hasattr(each, '__dict__') else ''}")
        self.errors.clear()

    @invariant()
    def nothing_follows_that_ended_in_another_way(self) -> None:
        if self.following and self.following.done():
            self.following.result()

    @invariant()
    def no_secret_is_logged(self) -> None:
        assert_no_secret("\n".join(self.lines.text))
        self.lines.text.clear()

    @invariant()
    def nothing_is_sent_elsewhere(self) -> None:
        assert not hasattr(self, "elsewhere") or self.elsewhere.requests == []

    @invariant()
    def log_ins_are_rare(self) -> None:
        """Each session is used for a minute at least, and one that is refused is replaced once a minute."""
        assert self.log_ins <= 2 + (self.clock() - self.connected_at) / limits.LOG_IN_PAUSE


def assert_no_secret(text: str) -> None:
    """A text has no credential in it."""
    for secret in SECRETS:
        assert secret not in text, text[:500]


def assert_bounded(snapshot: Snapshot) -> None:
    """No answer is taken for more than it may be."""
    assert len(snapshot.servers) + len(snapshot.omitted) <= limits.MOST_ELEMENTS
    for things, most in (
        (snapshot.services, limits.MOST_SERVICES),
        (snapshot.cycles, limits.MOST_CYCLES),
        (snapshot.tasks, limits.MOST_TASKS),
    ):
        assert len(things or {}) <= most
    for server in snapshot.servers.values():
        assert len(server.name) <= limits.LONGEST_TEXT
        assert len(server.groups) <= limits.MOST_GROUPS_OF_SERVER
        if server.state is not None:
            assert len(server.state.temperatures) <= limits.MOST_TEMPERATURES
            assert len(server.state.gpu) <= limits.MOST_CARDS
            assert all(
                each.celsius is None or abs(each.celsius) <= limits.HOTTEST for each in server.state.temperatures
            )
            assert server.state.cpu is None or 0 <= server.state.cpu <= limits.HIGHEST_PERCENTAGE
            assert (server.state.net_in_transfer or 0) <= limits.LARGEST_UINT


@pytest.fixture
def auto_enable_custom_integrations() -> Iterator[None]:
    """Start no Home Assistant: the client knows nothing of it."""
    return iter(())


@pytest.mark.timeout(30 + 10 * EXAMPLES)
@pytest.mark.parametrize("generation", ["v0", "v1", "v2"])
def test_in_any_order(socket_enabled: None, generation: str) -> None:
    class OfOneGeneration(HostileDashboard):
        """One that speaks this generation's language."""

    OfOneGeneration.generation = generation
    run_state_machine_as_test(
        OfOneGeneration,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            # The same lives for each change, of which the first that goes wrong is shown as it is; others every night.
            derandomize=not NIGHTLY,
            phases=[Phase.generate, Phase.shrink] if NIGHTLY else [Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
