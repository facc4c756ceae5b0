"""What each recorded release answers is read: the servers, their groups, services, cycles, tasks and frames."""

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from custom_components.nezha.api import (
    AuthenticationError,
    Backend,
    BlockedError,
    Generation,
    PasswordRejectedError,
    Snapshot,
    connect,
    identify,
)
from custom_components.nezha.api.transport import Reply, Transport
from custom_components.nezha.api.v1_decode import FrameDecoder

RECORDINGS = Path(__file__).parents[1] / "recordings"
GENERATIONS = {
    "v0.13.25": Generation.V0,
    "v1.0.0": Generation.V1,
    "v1.4.9": Generation.V1,
    "v1.7.6": Generation.V1,
    "v2.0.0": Generation.V2,
    "v2.1.0": Generation.V2,
}
MODERN = [release for release, generation in GENERATIONS.items() if generation is not Generation.V0]


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the client knows nothing of it."""


def recorded(path: str) -> Any:
    """Return a recorded exchange."""
    return json.loads((RECORDINGS / f"{path}.json").read_text(encoding="utf-8"))


def reply_of(path: str) -> Reply:
    """Return a recorded answer."""
    exchange = recorded(path)
    body = exchange["body"]
    text = body if isinstance(body, str) else json.dumps(body)
    return Reply(status=exchange["status"], body=text.encode(), date=exchange["headers"]["Date"])


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Reply]:
    """What a dashboard answers, by path, in place of the wire."""
    answers: dict[str, Reply] = {}

    async def ask(self: Transport, path: str, headers: Mapping[str, str], *args: Any, **options: Any) -> Reply:
        return answers[path]

    monkeypatch.setattr(Transport, "get", ask)
    monkeypatch.setattr(Transport, "post", ask)
    return answers


def client_of(generation: Generation) -> Backend:
    """Return a client that signs in by password, or by token on v0."""
    login = {"token": "token"} if generation is Generation.V0 else {"username": "admin", "password": "admin"}
    return connect(None, URL("http://nezha.invalid"), generation, {}, **login)  # type: ignore[arg-type]


async def snapshot_of(answers: dict[str, Reply], release: str) -> Snapshot:
    """Read all that a release answers."""
    folder = f"releases/{release}"
    if GENERATIONS[release] is Generation.V0:
        answers["api/v1/server/details"] = reply_of(f"{folder}/details")
    else:
        answers |= {
            f"api/v1/{path}": reply_of(f"{folder}/{name}")
            for path, name in {
                "login": "login",
                "server": "server",
                "server-group": "server_group",
                "service": "service",
                "cron": "cron",
            }.items()
        }
    return await client_of(GENERATIONS[release]).snapshot()


@pytest.mark.parametrize("release", GENERATIONS)
async def test_every_server_is_read(answers: dict[str, Reply], release: str) -> None:
    snapshot = await snapshot_of(answers, release)
    name = "details" if release == "v0.13.25" else "server"
    body = recorded(f"releases/{release}/{name}")["body"]
    listed = body["result" if release == "v0.13.25" else "data"]
    assert snapshot.complete
    assert snapshot.unreadable == ()
    assert {server.number: server.name for server in snapshot.servers.values()} == {
        each["id"]: each["name"] for each in listed
    }
    assert any(server.state and server.host and server.groups for server in snapshot.servers.values())


@pytest.mark.parametrize("release", MODERN)
async def test_services_cycles_and_tasks_are_read(answers: dict[str, Reply], release: str) -> None:
    snapshot = await snapshot_of(answers, release)
    assert snapshot.services is not None
    assert snapshot.cycles is not None
    assert snapshot.tasks is not None
    assert {service.name for service in snapshot.services.values()} >= {"Self TCP"}
    assert [task.name for task in snapshot.tasks.values()] == ["Say hi"]
    assert all(service.current_up is not None for service in snapshot.services.values())
    listed = recorded(f"releases/{release}/service")["body"]["data"]
    assert snapshot.services.keys() == set(map(int, listed.get("services", ())))
    assert snapshot.cycles.keys() == set(map(int, listed.get("cycle_transfer_stats") or ()))


@pytest.mark.parametrize("release", GENERATIONS)
async def test_which_generation_it_is(answers: dict[str, Reply], release: str) -> None:
    folder = f"releases/{release}"
    if release == "v0.13.25":
        answers["api/v1/server/list"] = reply_of(f"{folder}/anon")
    else:
        answers["api/v1/server/list"] = reply_of(f"{folder}/v0_path")
        answers["api/v1/setting"] = reply_of(f"{folder}/anon_setting")
    dashboard = await identify(None, URL("http://nezha.invalid"), {})  # type: ignore[arg-type]
    assert dashboard.generation is GENERATIONS[release]
    assert dashboard.site_name == ("" if release == "v0.13.25" else f"Demo dash-{release}")


@pytest.mark.parametrize("release", MODERN)
async def test_a_wrong_password(answers: dict[str, Reply], release: str) -> None:
    answers["api/v1/login"] = reply_of(f"releases/{release}/login_wrong")
    with pytest.raises(PasswordRejectedError):
        await client_of(GENERATIONS[release]).snapshot()


async def test_a_wrong_token_of_v0(answers: dict[str, Reply]) -> None:
    answers["api/v1/server/details"] = reply_of("releases/v0.13.25/bad_token")
    with pytest.raises(AuthenticationError):
        await client_of(Generation.V0).snapshot()


@pytest.mark.parametrize("release", MODERN)
@pytest.mark.parametrize("name", ["ws_anon", "ws_jwt"])
async def test_every_frame_is_read(release: str, name: str) -> None:
    decode = FrameDecoder()
    for raw in recorded(f"releases/{release}/{name}")["frames"]:
        frame = await decode(raw)
        assert frame.now == raw["now"] // 1_000
        assert frame.reports.keys() == {each["id"] for each in raw["servers"]}
        assert not any(report.unreadable for report in frame.reports.values())


@pytest.mark.parametrize("path", [*(RECORDINGS / "proxy").glob("real_ip*.json")], ids=lambda path: path.stem)
class TestBehindAProxyThatDoesNotTellWhoAsks:
    """Each answer is the same JSON, with status 200: the address is blocked, and no credential is wrong."""

    async def test_adding(self, answers: dict[str, Reply], path: Path) -> None:
        answers["api/v1/server/list"] = reply_of(f"proxy/{path.stem}")
        with pytest.raises(BlockedError):
            await identify(None, URL("http://nezha.invalid"), {})  # type: ignore[arg-type]

    async def test_adding_where_only_the_settings_say_so(self, answers: dict[str, Reply], path: Path) -> None:
        answers["api/v1/server/list"] = reply_of("releases/v2.0.0/v0_path")
        answers["api/v1/setting"] = reply_of(f"proxy/{path.stem}")
        with pytest.raises(BlockedError):
            await identify(None, URL("http://nezha.invalid"), {})  # type: ignore[arg-type]

    async def test_polling(self, answers: dict[str, Reply], path: Path) -> None:
        await snapshot_of(answers, "v2.0.0")
        for endpoint in ("server", "server-group", "service", "cron", "login"):
            client = client_of(Generation.V2)
            good = answers[f"api/v1/{endpoint}"]
            answers[f"api/v1/{endpoint}"] = reply_of(f"proxy/{path.stem}")
            with pytest.raises(BlockedError):
                await client.snapshot()
            answers[f"api/v1/{endpoint}"] = good
            assert (await client.snapshot()).servers, "nothing is marked"
