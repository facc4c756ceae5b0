"""A v1 or v2 dashboard to test against: a client that can log in, look on and post."""

from collections.abc import Mapping
import json
from typing import Any, Self

import aiohttp

from simulator import DEMO_PASSWORD, DEMO_PAT, DEMO_USER, Simulator

from .answer import Answer

PAT = {"Authorization": f"Bearer {DEMO_PAT}"}


class ModernClient:
    """Asks as an integration does; nothing is sent along unless it is given."""

    def __init__(self, session: aiohttp.ClientSession, simulator: Simulator) -> None:
        """Ask a simulator."""
        self.session = session
        self.simulator = simulator

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Any = None, **options: Any
    ) -> Answer:
        """Make a request, with a body as JSON if there is one."""
        url = f"{self.simulator.url}/api/v1{path}"
        async with self.session.request(
            method, url, headers=headers, json=body, allow_redirects=False, **options
        ) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return Answer(response.status, dict(response.headers), text, json.loads(text) if is_json else None)

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a path."""
        return await self.ask("GET", path, headers)

    async def log_in(self, username: str = DEMO_USER, password: str = DEMO_PASSWORD) -> Answer:
        """Log in."""
        return await self.ask("POST", "/login", body={"username": username, "password": password})

    def jwt(self) -> dict[str, str]:
        """Return the headers of a user who is logged in."""
        return {"Authorization": f"Bearer {self.simulator.dashboard.credentials.issue_jwt().token}"}

    async def servers(self, headers: Mapping[str, str] | None = None) -> dict[int, dict[str, Any]]:
        """Return every server by its id, in the dashboard's order."""
        answer = await self.get("/server", headers or self.jwt())
        return {server["id"]: server for server in answer.body.get("data", [])}

    async def look_on(self, headers: Mapping[str, str] | None = None, **options: Any) -> Onlooker:
        """Open a WebSocket."""
        url = f"{self.simulator.url}/api/v1/ws/server"
        return Onlooker(await self.session.ws_connect(url, headers=headers, **options), self.simulator)


class Onlooker:
    """An open WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, simulator: Simulator) -> None:
        """Receive frames."""
        self.socket = socket
        self._simulator = simulator

    async def __aenter__(self) -> Self:
        """Look on."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Look away, without waiting for a close frame that never comes."""
        self.cut()

    def cut(self) -> None:
        """Drop the connection."""
        self.socket._response.close()

    async def frame(self) -> dict[str, Any]:
        """Have a frame pushed and return it."""
        await self._simulator.push_frame()
        message = await self.message()
        assert message.type is aiohttp.WSMsgType.TEXT, message
        frame: dict[str, Any] = json.loads(message.data)
        return frame

    async def message(self) -> aiohttp.WSMessage:
        """Return what comes next."""
        return await self.socket.receive(timeout=5)
