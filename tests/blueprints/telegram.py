"""A stand-in for Telegram's servers, over real HTTP: it takes what a bot sends, and lets somebody write to it."""

import asyncio
from dataclasses import dataclass, field
import itertools
import json
from typing import Any

from aiohttp import web

TOKEN = "123456:stand-in"
BOT = {"id": 123456, "is_bot": True, "first_name": "Nezha", "username": "nezha_bot"}
_DATE = 1_780_000_000


@dataclass
class Message:
    """A message of the bot as it is shown now."""

    id: int
    chat: int
    text: str
    keyboard: list[list[dict[str, str]]] = field(default_factory=list)

    @property
    def buttons(self) -> dict[str, str]:
        """What each button calls back with, by its text."""
        return {button["text"]: button["callback_data"] for row in self.keyboard for button in row}


class Telegram:
    """Telegram, for one bot."""

    def __init__(self) -> None:
        self.messages: dict[int, Message] = {}
        self.answered: list[str] = []
        """The ids of callbacks that were answered."""
        self.calls: list[str] = []
        """The methods that were called, but for the requests for updates."""
        self._updates: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._ids = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        """Listen."""
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close everything."""
        if self._runner:
            await self._runner.cleanup()

    async def write(self, text: str, chat: int, first_name: str = "Ada") -> Message:
        """Have a user write to the bot; return what it answers."""
        user = {"id": chat, "is_bot": False, "first_name": first_name}
        message: dict[str, Any] = {
            "message_id": next(self._ids),
            "date": _DATE,
            "chat": {"id": chat, "type": "private"},
            "from": user,
            "text": text,
        }
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
        return await self._answer_to({"message": message})

    async def press(self, message: Message, button: str) -> Message:
        """Have a user press a button; return the message as it is then."""
        data = message.buttons[button]
        assert len(data.encode()) <= 64, f"Telegram takes no more than 64 bytes: {data}"
        query = {
            "id": str(next(self._ids)),
            "from": {"id": message.chat, "is_bot": False, "first_name": "Ada"},
            "chat_instance": "1",
            "data": data,
            "message": {
                "message_id": message.id,
                "date": _DATE,
                "chat": {"id": message.chat, "type": "private"},
                "text": message.text,
            },
        }
        shown = await self._answer_to({"callback_query": query})
        assert shown.id == message.id, "a menu is changed in place"
        assert query["id"] in self.answered
        return shown

    def tell(self, update: dict[str, Any]) -> None:
        """Hand an update to the bot."""
        self._updates.put_nowait({"update_id": next(self._ids), **update})

    async def _answer_to(self, update: dict[str, Any]) -> Message:
        self._changed.clear()
        self.tell(update)
        await self._changed.wait()
        return list(self.messages.values())[-1] if "message" in update else self._last

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if request.match_info["token"] != TOKEN:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        form = dict(await request.post())
        if method == "getUpdates":
            return await self._give_updates(float(form.get("timeout", 0)))
        self.calls.append(method)
        result = getattr(self, f"_{method}", lambda _: True)(form)
        return web.json_response({"ok": True, "result": result})

    async def _give_updates(self, patience: float) -> web.Response:
        try:
            async with asyncio.timeout(patience):
                updates = [await self._updates.get()]
        except TimeoutError:
            updates = []
        return web.json_response({"ok": True, "result": updates})

    def _getMe(self, _: dict[str, Any]) -> Any:  # noqa: N802
        return BOT

    def _sendMessage(self, form: dict[str, Any]) -> Any:  # noqa: N802
        return self._show(next(self._ids), form)

    def _editMessageText(self, form: dict[str, Any]) -> Any:  # noqa: N802
        return self._show(int(form["message_id"]), form)

    def _answerCallbackQuery(self, form: dict[str, Any]) -> Any:  # noqa: N802
        self.answered.append(form["callback_query_id"])
        return True

    def _show(self, number: int, form: dict[str, Any]) -> Any:
        markup = json.loads(form.get("reply_markup") or "{}")
        assert len(form["text"]) <= 4096, "Telegram takes no longer message"
        message = Message(number, int(form["chat_id"]), form["text"], markup.get("inline_keyboard", []))
        self.messages[number] = self._last = message
        self._changed.set()
        return {
            "message_id": number,
            "date": _DATE,
            "chat": {"id": message.chat, "type": "private"},
            "from": BOT,
            "text": message.text,
        }
