"""What the user gave is sent no more often than it must be, and never after it was rejected; nothing of it is ever told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import json
import traceback
from typing import Any

from aiohttp import ClientSession, DummyCookieJar
import freezegun
import pytest
from yarl import URL

from custom_components.nezha.api import (
    AuthenticationError,
    Backend,
    BlockedError,
    GatewayError,
    Generation,
    NezhaError,
    PasswordRejectedError,
    ProtocolError,
    UnreachableError,
    connect,
    only_to,
)
from custom_components.nezha.api.credentials import AccessToken, Password
from custom_components.nezha.api.errors import ReportedError, SessionRefusedError
from custom_components.nezha.api.transport import Reply
from simulator import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, Simulator, populate
from simulator.v1 import CSRF_COOKIE, JWT_COOKIE

START = datetime(2026, 11, 23, 16, 26, 41, tzinfo=UTC)
HOUR = 3_600


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the client knows nothing of it."""


type Clock = freezegun.api.FrozenDateTimeFactory


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Stop the clock, but not the event loop's."""
    with freezegun.freeze_time(START) as frozen:
        monkeypatch.setattr(asyncio.BaseEventLoop, "time", lambda self: freezegun.api.real_monotonic())
        yield frozen


class Door:
    """Stands in for the transport: gives a new JWT for each log-in."""

    def __init__(self, life: int = HOUR) -> None:
        self.life = life
        self.log_ins = 0
        self.answer: Any = None
        """What a log-in comes to in place of a JWT: an answer, or an error."""
        self.opened = asyncio.Event()
        self.opened.set()

    async def post(self, path: str, headers: Mapping[str, str], json: Mapping[str, str]) -> Reply:
        assert path == "api/v1/login"
        assert json == {"username": "someone", "password": "hunter2"}
        assert not headers
        self.log_ins += 1
        number = self.log_ins
        await self.opened.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        now = datetime.now(UTC)
        expire = f"{now + timedelta(seconds=self.life):%Y-%m-%dT%H:%M:%SZ}"
        return reply(
            {"success": True, "data": {"token": f"jwt-{number}", "expire": expire}}
            if self.answer is None
            else self.answer
        )


def reply(body: Any) -> Reply:
    """Return an answer; bytes stand as they are."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status=200, body=text, date=format_datetime(datetime.now(UTC), usegmt=True))


def bearer(token: str) -> dict[str, str]:
    """Return the headers of a request."""
    return {"Authorization": f"Bearer {token}"}


def password() -> Password:
    """Return a user and password that were not used yet."""
    return Password("someone", "hunter2")


class TestSession:
    """It is had by one log-in, kept while it is good, and renewed before its end."""

    async def test_one_log_in_at_a_time(self, clock: Clock) -> None:
        door, credential = Door(), password()
        door.opened.clear()
        asking = [asyncio.create_task(credential.headers(door)) for _ in range(5)]
        await asyncio.sleep(0)
        door.opened.set()
        assert await asyncio.gather(*asking) == [bearer("jwt-1")] * 5
        assert door.log_ins == 1

    async def test_one_at_a_time_also_where_it_fails(self, clock: Clock) -> None:
        door, credential = Door(), password()
        door.opened.clear()
        door.answer = {"error": "ApiErrorUnauthorized"}
        asking = [asyncio.create_task(credential.headers(door)) for _ in range(5)]
        await asyncio.sleep(0)
        door.opened.set()
        results = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(result) for result in results} == {PasswordRejectedError}
        assert door.log_ins == 1

    async def test_it_is_kept_for_most_of_its_hour(self, clock: Clock) -> None:
        door, credential = Door(), password()
        await credential.headers(door)
        clock.tick(HOUR - 301)
        assert await credential.headers(door) == bearer("jwt-1")

    async def test_it_is_renewed_before_its_end(self, clock: Clock) -> None:
        door, credential = Door(), password()
        for number in (1, 2, 3):
            assert await credential.headers(door) == bearer(f"jwt-{number}")
            clock.tick(HOUR - 300)
        assert door.log_ins == 3

    @pytest.mark.parametrize("offset", [-86_400, -1_800, 1_800, 86_400])
    async def test_its_life_is_by_the_dashboards_clock(self, clock: Clock, offset: int) -> None:
        """Ours may be wrong by a day, or by so little that what it makes of the end is a possible life."""
        door, credential = Door(), password()
        ours = datetime.now(UTC)
        clock.move_to(ours + timedelta(seconds=offset))
        expire = datetime.now(UTC) + timedelta(seconds=HOUR)
        answer = reply({"success": True, "data": {"token": "jwt", "expire": expire.isoformat()}})
        clock.move_to(ours)

        async def post(*args: Any, **options: Any) -> Reply:
            door.log_ins += 1
            return answer

        door.post = post
        await credential.headers(door)
        clock.tick(HOUR - 301)
        await credential.headers(door)
        assert door.log_ins == 1
        clock.tick(1)
        await credential.headers(door)
        assert door.log_ins == 2

    @pytest.mark.parametrize("life", [-86_400, -1, 0, 1, 30, 299, 600])
    async def test_a_short_one_costs_at_most_one_log_in_a_minute(self, clock: Clock, life: int) -> None:
        """It seems short also where the `Date` is a proxy's, whose clock is ahead."""
        door, credential = Door(life), password()
        for _ in range(10):
            for _ in range(4):
                await credential.headers(door)
            clock.tick(60)
        assert door.log_ins <= 10

    async def test_one_without_a_readable_end_lasts_an_hour(self, clock: Clock) -> None:
        door, credential = Door(), password()
        door.answer = {"success": True, "data": {"token": "jwt", "expire": "soon"}}
        await credential.headers(door)
        clock.tick(HOUR - 301)
        await credential.headers(door)
        assert door.log_ins == 1

    @pytest.mark.parametrize("rest", [{}, {"success": None}])
    async def test_one_is_taken_without_word_of_success(self, clock: Clock, rest: dict[str, Any]) -> None:
        door, credential = Door(), password()
        door.answer = {"data": {"token": "jwt", "expire": "soon"}, **rest}
        assert await credential.headers(door) == bearer("jwt")

    async def test_a_failed_log_in_may_be_tried_again(self, clock: Clock) -> None:
        door, credential = Door(), password()
        for trouble in (
            UnreachableError(),
            {"success": True},
            b"not JSON",
        ):
            door.answer = trouble
            with pytest.raises((UnreachableError, ProtocolError)):
                await credential.headers(door)
        door.answer = None
        assert await credential.headers(door) == bearer("jwt-4")


class TestRefusedSession:
    """It is dropped, never sent again, and replaced at once, but not more than once a minute."""

    async def test_another_one_at_once(self, clock: Clock) -> None:
        door, credential = Door(), password()
        headers = await credential.headers(door)
        credential.refuse(headers)
        assert await credential.headers(door) == bearer("jwt-2")

    async def test_not_more_than_one_a_minute(self, clock: Clock) -> None:
        door, credential = Door(), password()

        async def log_ins_of_ten_minutes() -> None:
            for _ in range(600 // 5):
                try:
                    for _ in range(2):
                        credential.refuse(await credential.headers(door))
                except SessionRefusedError:
                    pass
                clock.tick(5)

        await log_ins_of_ten_minutes()
        assert 9 <= door.log_ins <= 12, "the first, the one at once, and then one a minute"

    async def test_the_error_in_between(self, clock: Clock) -> None:
        door, credential = Door(), password()
        credential.refuse(await credential.headers(door))
        credential.refuse(await credential.headers(door))
        for _ in range(2):
            with pytest.raises(SessionRefusedError):
                await credential.headers(door)
        assert door.log_ins == 2
        clock.tick(61)
        assert await credential.headers(door) == bearer("jwt-3")
        clock.tick(61)
        assert await credential.headers(door) == bearer("jwt-3"), "it was good: nothing to log in for"

    async def test_a_session_that_several_requests_carried_is_refused_once(self, clock: Clock) -> None:
        door, credential = Door(), password()
        headers = await credential.headers(door)
        credential.refuse(headers)
        await credential.headers(door)
        credential.refuse(headers)
        assert await credential.headers(door) == bearer("jwt-2")
        assert door.log_ins == 2

    async def test_a_password_rejected_meanwhile(self, clock: Clock) -> None:
        door, credential = Door(), password()
        headers = await credential.headers(door)
        door.answer = {"error": "ApiErrorUnauthorized"}
        credential.refuse(headers)
        for _ in range(3):
            with pytest.raises(PasswordRejectedError):
                await credential.headers(door)
            clock.tick(HOUR)
        assert door.log_ins == 2


class TestRejection:
    """What the user gave is never sent a second time once it was rejected."""

    async def test_a_password(self, clock: Clock) -> None:
        door, credential = Door(), password()
        door.answer = {"error": "ApiErrorUnauthorized"}
        for _ in range(5):
            with pytest.raises(PasswordRejectedError):
                await credential.headers(door)
            clock.tick(86_400)
        assert door.log_ins == 1

    async def test_a_token(self) -> None:
        credential = AccessToken("nzp_hunter2")
        headers = await credential.headers(None)
        assert headers == bearer("nzp_hunter2")
        with pytest.raises(AuthenticationError):
            credential.refuse(headers)
        with pytest.raises(AuthenticationError):
            await credential.headers(None)


@pytest.fixture
def generation() -> str:
    """Return the generation of the dashboard; a test may name another."""
    return "v2"


@pytest.fixture
async def dashboard(socket_enabled: None, generation: str) -> AsyncIterator[Simulator]:
    """Return a dashboard of a few servers."""
    simulator = Simulator(generation=generation, frames="manual")
    populate(simulator.dashboard, 4)
    simulator.dashboard.add_task("a task")
    await simulator.start()
    yield simulator
    await simulator.stop()


type Connect = Callable[..., Backend]


@pytest.fixture
async def client(dashboard: Simulator, generation: str) -> AsyncIterator[Connect]:
    """Return what connects to the dashboard as the integration does."""
    url = URL(dashboard.url)
    async with ClientSession(cookie_jar=DummyCookieJar(), middlewares=(only_to(url),)) as session:
        yield lambda **credential: connect(session, url, Generation(generation), {}, **credential)


def carrying(dashboard: Simulator, credential: str) -> int:
    """Count the requests that carried a credential anywhere."""
    return sum(
        credential in request.text or any(credential in value for value in request.headers.values())
        for request in dashboard.requests
    )


async def first_of_frames(backend: Backend) -> object:
    """Open the socket, and wait for what comes first."""
    async with asyncio.timeout(60):
        return await anext(backend.frames())


class TestOnTheWire:
    """The same, as a dashboard sees it."""

    WRONG = "nzp_hunter2hunter2"

    @pytest.mark.parametrize("generation", ["v1", "v2"])
    async def test_a_wrong_password_is_sent_once(self, dashboard: Simulator, client: Connect) -> None:
        backend = client(username=DEMO_USER, password="hunter2")
        for _ in range(3):
            with pytest.raises(PasswordRejectedError):
                await backend.snapshot()
        with pytest.raises(PasswordRejectedError):
            await first_of_frames(backend)
        assert carrying(dashboard, "hunter2") == len(dashboard.requests) == 1
        assert dashboard.firewall.rejections.total() == 1

    @pytest.mark.parametrize("socket_first", [False, True])
    async def test_a_wrong_token_is_sent_once(self, dashboard: Simulator, client: Connect, socket_first: bool) -> None:
        backend = client(token=self.WRONG)
        ways: list[Callable[[], Awaitable[object]]] = [
            backend.snapshot,
            lambda: first_of_frames(backend),
            lambda: backend.run_task(1),
            backend.missing_scopes,
        ]
        for ask in reversed(ways) if socket_first else ways:
            with pytest.raises(AuthenticationError):
                await ask()
        assert carrying(dashboard, self.WRONG) == len(dashboard.requests) == 1

    async def test_a_token_that_the_socket_finds_rejected(self, dashboard: Simulator, client: Connect) -> None:
        backend = client(token=DEMO_PAT)
        await backend.snapshot()
        dashboard.dashboard.credentials.remove_access_token(DEMO_PAT)
        dashboard.requests.clear()
        with pytest.raises(AuthenticationError):
            await first_of_frames(backend)
        with pytest.raises(AuthenticationError):
            await backend.snapshot()
        assert carrying(dashboard, DEMO_PAT) == 1

    async def test_a_token_that_is_rejected_between_two_requests(self, dashboard: Simulator, client: Connect) -> None:
        backend = client(token=DEMO_PAT)
        dashboard.faults.set("token_revoked")
        with pytest.raises(AuthenticationError):
            await backend.snapshot()
        dashboard.faults.clear()
        with pytest.raises(AuthenticationError):
            await backend.snapshot()
        assert carrying(dashboard, DEMO_PAT) == 1

    @pytest.mark.parametrize("generation", ["v1", "v2"])
    async def test_a_refused_session_is_sent_no_second_time(self, dashboard: Simulator, client: Connect) -> None:
        backend = client(username=DEMO_USER, password=DEMO_PASSWORD)
        await backend.snapshot()
        first = dashboard.requests[-1].headers["Authorization"]
        dashboard.dashboard.credentials.revoke_jwts()
        dashboard.requests.clear()
        assert (await backend.snapshot()).servers
        assert carrying(dashboard, first) == 1
        assert [request.path for request in dashboard.requests[:3]] == [
            "/api/v1/server",
            "/api/v1/login",
            "/api/v1/server",
        ]

    async def test_sessions_that_are_all_refused(self, dashboard: Simulator, client: Connect) -> None:
        """As behind a proxy that takes the header away: the password is fine, and is not worn out."""
        backend = client(username=DEMO_USER, password=DEMO_PASSWORD)
        dashboard.dashboard.credentials.jwt_life = 0
        for _ in range(10):
            with pytest.raises(SessionRefusedError):
                await backend.snapshot()
        used = Counter(request.headers.get("Authorization") for request in dashboard.requests)
        del used[None]
        assert set(used.values()) == {1}
        assert carrying(dashboard, DEMO_PASSWORD) == 2

    @pytest.mark.parametrize("generation", ["v1", "v2"])
    async def test_no_cookie_is_ever_sent_but_the_pair_of_a_post(self, dashboard: Simulator, client: Connect) -> None:
        backend = client(username=DEMO_USER, password=DEMO_PASSWORD)
        await backend.snapshot()
        await backend.run_task(1)
        await backend.snapshot()
        frames = backend.frames()
        waiting = asyncio.ensure_future(anext(frames))
        while not await dashboard.push_frame():
            await asyncio.sleep(0.01)
        assert await waiting
        await frames.aclose()
        dashboard.dashboard.credentials.revoke_jwts()
        await backend.snapshot()
        assert len(dashboard.dashboard.tasks[1].runs) == 1
        with_cookie = [request for request in dashboard.requests if "Cookie" in request.headers]
        assert all(JWT_COOKIE not in request.headers["Cookie"] for request in with_cookie)
        posts = [
            request for request in dashboard.requests if request.path.endswith("/manual") and request.method == "POST"
        ]
        assert with_cookie == posts
        for request in posts:
            token = request.headers["X-CSRF-Token"]
            assert request.headers["Cookie"] == f"{CSRF_COOKIE}={token}"

    async def test_a_token_needs_no_pair(self, dashboard: Simulator, client: Connect) -> None:
        await client(token=DEMO_PAT).run_task(1)
        (request,) = dashboard.requests
        assert not {"Cookie", "X-CSRF-Token"} & request.headers.keys()

    async def test_a_block_at_the_log_in(self, dashboard: Simulator, client: Connect) -> None:
        dashboard.firewall.reject("127.0.0.1")
        backend = client(username=DEMO_USER, password=DEMO_PASSWORD)
        with pytest.raises(BlockedError):
            await backend.snapshot()
        dashboard.firewall.clear()
        assert (await backend.snapshot()).servers


@pytest.mark.parametrize("generation", ["v1", "v2"])
@pytest.mark.parametrize(
    "fault",
    [
        *("refuse", "reset", "close_in_body", "truncated_json", "not_json", "json_null"),
        *("html_200", "html_403", "html_404", "html_502", "redirect_loop", "redirect_elsewhere", "token_revoked"),
    ],
)
@pytest.mark.parametrize("credential", ["password", "session", "token"])
async def test_no_error_tells_a_credential(
    dashboard: Simulator, client: Connect, generation: str, fault: str, credential: str
) -> None:
    if credential == "token":
        if generation == "v1":
            return
        backend = client(token=DEMO_PAT)
    else:
        backend = client(username=DEMO_USER, password=DEMO_PASSWORD)
    if credential == "session":
        await backend.snapshot()
    sent = dashboard.requests[-1].headers["Authorization"].split()[-1] if dashboard.requests else DEMO_PAT
    told = ""
    dashboard.faults.set(fault)
    for ask in (backend.snapshot, lambda: backend.run_task(1), backend._connect):
        try:
            result = await ask()
        except NezhaError as err:
            told += "".join(traceback.format_exception(err))
        else:
            if hasattr(result, "close"):
                result._response.close()
    assert told
    for secret in (DEMO_PASSWORD, DEMO_PAT, sent):
        assert secret not in told


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (GatewayError("a web page with status 200", status=200), GatewayError),
        (b"real ip header not found", ProtocolError),
        ({"error": "real ip header not found"}, BlockedError),
        ({"error": 'ParseAddr("unknown"): unable to parse IP'}, BlockedError),
        ({"error": "database is locked"}, ReportedError),
        ({"error": "404 Not Found"}, ReportedError),
        ({"message": "Unauthorized"}, ProtocolError),
        ({"success": True, "data": {"token": "eyJ\r\nX-Forged: 1", "expire": "2026-11-23T17:26:41Z"}}, ProtocolError),
        ({"success": True, "data": {"token": "", "expire": "2026-11-23T17:26:41Z"}}, ProtocolError),
        ({"success": True, "data": {"token": "e" * 9_000, "expire": "2026-11-23T17:26:41Z"}}, ProtocolError),
        ({"success": True, "data": {"token": "ключ", "expire": "2026-11-23T17:26:41Z"}}, ProtocolError),
    ],
)
async def test_an_answer_to_a_log_in_that_says_nothing_of_the_password(
    clock: Clock, answer: Any, expected: type[NezhaError]
) -> None:
    door, credential = Door(), password()
    door.answer = answer
    with pytest.raises(expected) as caught:
        await credential.headers(door)
    assert not isinstance(caught.value, AuthenticationError)
    assert "Forged" not in str(caught.value)
    door.answer = None
    assert await credential.headers(door) == bearer("jwt-2")


@pytest.mark.parametrize("names", [[], ["GitHub"]])
async def test_a_rejection_where_users_may_sign_in_elsewhere_has_a_reason_of_its_own(
    clock: Clock, names: list[str]
) -> None:
    door, credential = Door(), Password("someone", "hunter2", has_oauth=bool(names))
    door.answer = {"error": "ApiErrorUnauthorized"}
    for _ in range(2):
        with pytest.raises(PasswordRejectedError) as caught:
            await credential.headers(door)
        assert caught.value.reason == ("password_rejected_oauth" if names else "password_rejected")
    assert door.log_ins == 1
