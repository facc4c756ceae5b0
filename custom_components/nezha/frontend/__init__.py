"""The dashboard in the box: its modules, where they are served, and how Home Assistant's frontend learns of them."""

from .serving import async_announce, async_forget, async_serve
from .websocket import async_remove_overview, async_setup_commands

__all__ = ["async_announce", "async_forget", "async_remove_overview", "async_serve", "async_setup_commands"]
