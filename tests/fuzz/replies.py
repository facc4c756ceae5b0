"""The recorded replies of each generation, and a client that reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

from custom_components.nezha.api import Backend, Snapshot
from custom_components.nezha.api.credentials import AccessToken
from custom_components.nezha.api.transport import Reply
from custom_components.nezha.api.v0 import BackendV0
from custom_components.nezha.api.v1 import BackendV1

from .mutation import Form

RECORDINGS = Path(__file__).parents[1] / "recordings"
FRAME = Form("servers", "id")

bounded = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass(frozen=True)
class Dialect:
    """What a generation answers, and where its servers stand in it."""

    form: Form
    files: Mapping[str, str]
    """The recording by path."""
    servers: str
    """The path of the servers."""


MODERN = Dialect(
    Form("data", "uuid"),
    {"server": "server", "server-group": "server_group", "service": "service", "cron": "cron"},
    "server",
)
DIALECTS = {
    "v0": Dialect(Form("result", "id"), {"server/details": "details"}, "server/details"),
    "v1": MODERN,
    "v2": MODERN,
}
PLACES = [(generation, path) for generation, dialect in DIALECTS.items() for path in dialect.files]


@cache
def recorded(generation: str, name: str) -> Any:
    """Return a recorded exchange; not to be changed."""
    return json.loads((RECORDINGS / generation / f"{name}.json").read_text(encoding="utf-8"))


class Replies:
    """Stands in for the transport: gives the recorded answers, or others in their place."""

    def __init__(self, generation: str) -> None:
        self.spoilt: dict[str, bytes] = {}
        """Bodies by path."""
        self._good = {path: recorded(generation, file) for path, file in DIALECTS[generation].files.items()}

    async def get(self, path: str, headers: Mapping[str, str]) -> Reply:
        path = path.removeprefix("api/v1/")
        if path.startswith("cron/"):
            return await self.post(path, headers)
        good = self._good[path]
        body = self.spoilt.get(path, json.dumps(good["body"]).encode())
        return Reply(status=200, body=body, date=good["headers"]["Date"])

    async def post(self, path: str, headers: Mapping[str, str], json: Mapping[str, object] | None = None) -> Reply:
        return Reply(status=200, body=b'{"error":"task id 0 does not exist"}', date=None)


def client_of(generation: str, replies: Replies) -> Backend:
    """Return a client that reads these."""
    if generation == "v0":
        return BackendV0(replies, "token")
    return BackendV1(replies, AccessToken("nzp_token"), run_by_get=generation == "v1")


async def snapshot_of(generation: str) -> Snapshot:
    """Return what the recorded replies say."""
    return await client_of(generation, Replies(generation)).snapshot()
