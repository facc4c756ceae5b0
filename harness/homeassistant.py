"""A Home Assistant of our own: its folder, its process, its first user, and what its APIs tell of the integration."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
import json
from pathlib import Path
import re
import secrets
import sys
import time
from typing import Any, Self

import aiohttp

from .dashboard import Access
from .errors import HarnessError
from .forms import DOMAIN, INTEGRATION, add_entry, set_options
from .processes import LOCALHOST, Process
from .storage import store, store_http

_ROOT = Path(__file__).resolve().parents[1]
_START_TIMEOUT = 180
"""Seconds. It takes 8 on a desktop, and much longer on a busy machine at the first start."""

_CLIENT_ID = f"http://{LOCALHOST}/"
"""Who logs in. The same in every run, whatever the port: the refresh token belongs to it."""
_TOKEN_LIFE = 1_500
"""Seconds that a page which is opened now may use its token before it asks for another."""
_ACCOUNT = "demo.json"
_SERVICE = "service_"
"""Begins what a service's device is known by; no server's begins so."""

# Said by the integration itself, or about it. That a busy machine was slow is neither.
_COMPLAINT = re.compile(
    rf" (WARNING|ERROR|CRITICAL) .*(\[custom_components\.{DOMAIN}|custom integration '{DOMAIN}')"
    rf"| (ERROR|CRITICAL) .*\b{DOMAIN}\b"
)

_CONFIGURATION = """\
# Written anew at each start. No default_config: it wants the internet. No http: that is in .storage/http.
homeassistant:
  name: Nezha demo
  latitude: 52.52
  longitude: 13.40
  elevation: 34
  unit_system: metric
  currency: EUR
  country: DE
  language: {language}
  time_zone: UTC
recorder:
history:
logbook:
energy:
frontend:
automation: !include automations.yaml
script: !include scripts.yaml
scene: !include scenes.yaml
logger:
  default: warning
  logs:
    custom_components.nezha: info
"""
_PAGE = "nezha-demo"
"""Where the integration's own dashboard is."""
_MADE_BY_USERS = {"automations.yaml": "[]\n", "scripts.yaml": "{}\n", "scenes.yaml": "[]\n"}
"""What Home Assistant's own pages write, and what is in it before; it is never written over."""


@dataclass
class Account:
    """What another run in the same folder has to know."""

    user: str = "demo"
    password: str = field(default_factory=lambda: secrets.token_hex(4))
    refresh_token: str = ""
    language: str = "en"
    dashboard: str = ""
    entry_id: str = ""
    born: int = field(default_factory=lambda: int(time.time()))
    """When the simulated fleet was fixed, so that the next run has the same one."""
    has_past: bool = False
    """Whether the recorder was given the fleet's past."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return what an earlier run left in the folder, or a new account."""
        file = folder / _ACCOUNT
        return cls(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else cls()

    def save(self, folder: Path) -> None:
        """Leave it for the next run, for nobody else to read."""
        file = folder / _ACCOUNT
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entity:
    """An entity of the integration, with its state if it is enabled and has one."""

    entity_id: str
    server: str | None = None
    """What the dashboard knows the server by; without it and without a service it is the dashboard's own."""
    service: str | None = None
    """The probed service's number."""
    key: str
    device: str
    enabled: bool
    state: str | None
    attributes: dict[str, Any]


class HomeAssistant:
    """A running Home Assistant with the demo user logged in."""

    def __init__(
        self, folder: Path, port: int, process: Process, session: aiohttp.ClientSession, account: Account
    ) -> None:
        """Take what `start` made."""
        self.url = f"http://{LOCALHOST}:{port}"
        self.account = account
        self._folder = folder
        self._process = process
        self._session = session
        self._access_token = ""
        self._expires = 0.0

    @classmethod
    async def start(
        cls,
        folder: Path,
        port: int,
        session: aiohttp.ClientSession,
        *,
        beside: Iterable[Path] = (),
        language: str | None = None,
    ) -> Self:
        """Prepare a folder, start Home Assistant in it, and wait until it runs and the demo user is logged in.

        `beside` are folders of integrations that run beside ours. `language` is Home Assistant's own and the user's;
        without it, it stays what it was.
        """
        account = Account.load(folder)
        _prepare(folder, port, language or account.language, list(beside))
        process = await Process.start(
            "Home Assistant",
            [sys.executable, "-m", f"{__package__}.hass", "--config", str(folder), "--skip-pip"],
            log=folder / "output.log",
            folder=_ROOT,
        )
        home = cls(folder, port, process, session, account)
        try:
            await home._run()
            if language:
                await home._speak(language)
        except BaseException:
            await home.stop()
            raise
        return home

    async def stop(self) -> None:
        """End Home Assistant."""
        await self._process.stop()

    async def kill(self) -> None:
        """End Home Assistant without a chance to save anything."""
        await self._process.kill()

    def save_account(self) -> None:
        """Leave the account for the next run."""
        self.account.save(self._folder)

    async def _run(self) -> None:
        """Wait until Home Assistant runs, and log in as soon as it answers."""
        await self._process.wait_until(self._answers, _START_TIMEOUT)
        if not self.account.refresh_token:
            await self._onboard()
        await self._process.wait_until(self._is_running, _START_TIMEOUT)

    async def _answers(self) -> bool:
        """Return whether the server is there, and so far that it can log somebody in."""
        path = "/auth/providers" if self.account.refresh_token else "/api/onboarding"
        with suppress(aiohttp.ClientError):
            async with self._session.get(self.url + path) as response:
                return response.status == 200
        return False

    async def _is_running(self) -> bool:
        """Return whether the start is over; a machine that is busy with it may miss a connection."""
        with suppress(HarnessError):
            return bool((await self.request("GET", "/api/config"))["state"] == "RUNNING")
        return False

    async def _onboard(self) -> None:
        """Make the first user."""
        account = self.account
        created = await self._send(
            "POST",
            "/api/onboarding/users",
            json={
                "client_id": _CLIENT_ID,
                "name": account.user.title(),
                "username": account.user,
                "password": account.password,
                "language": account.language,
            },
        )
        await self._log_in(grant_type="authorization_code", code=created["auth_code"])
        self.save_account()

    async def _speak(self, language: str) -> None:
        """Show its pages to the user in a language, as if chosen in their profile."""
        self.account.language = language
        self.save_account()
        value = {"language": language, "number_format": "language", "time_format": "language"}
        await self.commands({"type": "frontend/set_user_data", "key": "language", "value": value})

    async def _log_in(self, **grant: str) -> None:
        """Exchange a grant for an access token."""
        tokens = await self._send("POST", "/auth/token", data={"client_id": _CLIENT_ID, **grant})
        self._access_token = tokens["access_token"]
        # One minute less than it lasts, so that none expires on its way.
        self._expires = time.monotonic() + tokens["expires_in"] - 60
        self.account.refresh_token = tokens.get("refresh_token", self.account.refresh_token)

    async def _authorized(self) -> str:
        """Return an access token that is still good."""
        if time.monotonic() > self._expires:
            await self._log_in(grant_type="refresh_token", refresh_token=self.account.refresh_token)
        return self._access_token

    async def browser_tokens(self) -> dict[str, Any]:
        """Return what the frontend keeps of a log-in, as `hassTokens` in the local storage."""
        return {
            "access_token": await self._authorized(),
            "token_type": "Bearer",
            "refresh_token": self.account.refresh_token,
            "expires_in": _TOKEN_LIFE,
            "expires": int((time.time() + _TOKEN_LIFE) * 1000),
            "hassUrl": self.url,
            "clientId": _CLIENT_ID,
        }

    async def _send(self, method: str, path: str, **options: Any) -> Any:
        """Send a request, and raise unless the answer is a success."""
        self._process.check()
        try:
            async with self._session.request(method, self.url + path, **options) as response:
                if response.status >= 400:
                    text = (await response.text())[:500]
                    why = self._process.log_end() if response.status >= 500 else text
                    raise HarnessError(f"Home Assistant answered {method} {path} with {response.status}.\n{why}")
                return await response.json()
        except aiohttp.ClientError as err:
            self._process.check()
            raise HarnessError(f"Home Assistant did not answer {method} {path}: {err}") from err

    async def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the REST API."""
        headers = {"Authorization": f"Bearer {await self._authorized()}"}
        return await self._send(method, path, json=body, headers=headers)

    async def commands(self, *messages: str | Mapping[str, Any]) -> list[Any]:
        """Ask the WebSocket API, which alone gives the registries; a message is its type, or that and more."""
        token = await self._authorized()
        self._process.check()
        async with self._session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": token})
            await socket.receive_json()
            results = []
            for number, message in enumerate(messages, start=1):
                told = {"type": message} if isinstance(message, str) else message
                await socket.send_json({"id": number, **told})
                answer = await socket.receive_json()
                if not answer["success"]:
                    raise HarnessError(f"Home Assistant refused {told['type']}: {answer['error']['message']}")
                results.append(answer["result"])
        return results

    async def add_dashboard(self, dashboard: Access, interval: int) -> None:
        """Add the integration as a user does, through its forms; what an earlier run added is kept."""
        account = self.account
        for entry_id in await self.entries():
            if entry_id != account.entry_id or str(dashboard) != account.dashboard:
                await self.request("DELETE", f"/api/config/config_entries/entry/{entry_id}")
                account.entry_id = ""
        if not account.entry_id:
            account.dashboard = str(dashboard)
            account.entry_id = await add_entry(self.request, dashboard.url, dashboard.credential)
            self.save_account()
        await set_options(self.request, account.entry_id, interval)
        await self._loaded()

    async def entries(self) -> dict[str, dict[str, Any]]:
        """Return what Home Assistant says of each entry of the integration, by its id."""
        entries = await self.request("GET", f"/api/config/config_entries/entry?domain={DOMAIN}")
        return {entry["entry_id"]: entry for entry in entries}

    async def _loaded(self) -> None:
        """Wait until the entry is set up with the new options."""
        await asyncio.sleep(0.5)  # Options that changed reload the entry in a task of its own.
        entry: dict[str, Any] = {}
        for _ in range(60):
            entry = (await self.entries())[self.account.entry_id]
            if entry["state"] == "loaded":
                return
            await asyncio.sleep(0.5)
        raise HarnessError(
            f"The integration was not set up: {entry['state']}, {entry['reason'] or 'for no reason given'}."
        )

    async def add_page(self) -> str:
        """Make the integration's own dashboard the first page that the user sees, and return its address."""
        (pages,) = await self.commands("lovelace/dashboards/list")
        if all(page["url_path"] != _PAGE for page in pages):
            page = {"url_path": _PAGE, "title": "Nezha", "icon": "mdi:server-network", "mode": "storage"}
            await self.commands(
                {"type": "lovelace/dashboards/create", **page},
                {"type": "lovelace/config/save", "url_path": _PAGE, "config": {"strategy": {"type": "custom:nezha"}}},
                {"type": "frontend/set_user_data", "key": "core", "value": {"default_panel": _PAGE}},
            )
        return f"{self.url}/{_PAGE}"

    async def act(self, domain: str, action: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Take an action that answers, and return the answer."""
        answer = await self.request("POST", f"/api/services/{domain}/{action}?return_response", dict(data))
        told: dict[str, Any] = answer["service_response"]
        return told

    async def entities(self, entry_id: str | None = None) -> list[Entity]:
        """Return every entity of an entry, of the demo's own unless it is named, by device and key."""
        states = {state["entity_id"]: state for state in await self.request("GET", "/api/states")}
        registry, devices = await self.commands("config/entity_registry/list", "config/device_registry/list")
        entry_id = entry_id or self.account.entry_id
        names = {device["id"]: device["name_by_user"] or device["name"] for device in devices}
        things = {
            device["id"]: identifier.removeprefix(entry_id).removeprefix("_") or None
            for device in devices
            for domain, identifier in device["identifiers"]
            if domain == DOMAIN and identifier.startswith(entry_id)
        }
        found = []
        for item in registry:
            if item["config_entry_id"] != entry_id:
                continue
            thing = things.get(item["device_id"])
            state = states.get(item["entity_id"], {})
            prefix = f"{entry_id}_" if thing is None else f"{entry_id}_{thing}_"
            is_service = thing is not None and thing.startswith(_SERVICE)
            found.append(
                Entity(
                    entity_id=item["entity_id"],
                    server=None if is_service else thing,
                    service=thing.removeprefix(_SERVICE) if thing and is_service else None,
                    key=item["unique_id"].removeprefix(prefix),
                    device=names.get(item["device_id"], ""),
                    enabled=item["disabled_by"] is None,
                    state=state.get("state"),
                    attributes=state.get("attributes", {}),
                )
            )
        return sorted(found, key=lambda entity: (entity.device, entity.server or "", entity.service or "", entity.key))

    def complaints(self) -> list[str]:
        """Return what Home Assistant logged about the integration as a warning or worse."""
        file = self._folder / "home-assistant.log"
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
        return [line for line in lines if _COMPLAINT.search(line)]


def _prepare(folder: Path, port: int, language: str, beside: Sequence[Path]) -> None:
    """Write what Home Assistant reads at its start."""
    if not (INTEGRATION / "manifest.json").exists():
        raise HarnessError(f"The integration is not in this checkout: {INTEGRATION} has no manifest.json.")
    folder.mkdir(parents=True, exist_ok=True)
    configuration = _CONFIGURATION.format(language=language) + "".join(f"{each.name}:\n" for each in beside)
    (folder / "configuration.yaml").write_text(configuration, encoding="utf-8")
    for name, nothing in _MADE_BY_USERS.items():
        if not (folder / name).exists():
            (folder / name).write_text(nothing, encoding="utf-8")
    components = folder / "custom_components"
    components.mkdir(exist_ok=True)
    # A package of its own: without this file Python would look in the folder of the same name where it was started.
    (components / "__init__.py").touch()
    for integration in (INTEGRATION, *beside):
        link = components / integration.name
        link.unlink(missing_ok=True)
        link.symlink_to(integration, target_is_directory=True)
    store_http(folder, port)
    if not (folder / ".storage" / "onboarding").exists():
        store(folder, "onboarding", 4, 1, {"done": ["core_config", "analytics", "integration"]})
