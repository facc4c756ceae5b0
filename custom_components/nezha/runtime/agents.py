"""Which version of the agent is the newest: that of the fleet, or where the user asked for it the project's published release."""

import asyncio
from http import HTTPStatus
import logging
import time

from aiohttp import ClientError, ClientSession
import orjson

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..fleet import is_version

RELEASE_URL = "https://api.github.com/repos/nezhahq/agent/releases/latest"
"""The newest release of the agent that is no preview."""
RELEASES_PAGE = "https://github.com/nezhahq/agent/releases"
PAUSE = 12 * 3_600
"""Seconds from one look-up to the next: agents look once a day themselves, and without an account GitHub answers 60 an hour."""
FAILED_PAUSE = 3_600
"""The same after one that failed."""
LONGEST_LOOK_UP = 10
"""Seconds, redirects and body included."""
MOST_REDIRECTS = 2
LARGEST_ANSWER = 2**20
"""Bytes. An answer with its twenty archives has 40,000."""

_LOGGER = logging.getLogger(__name__)
_PUBLISHED: HassKey[PublishedRelease] = HassKey(f"{DOMAIN}_published_release")


class PublishedRelease:
    """The newest published release of the agent, looked up for all dashboards together, and seldom."""

    def __init__(self, session: ClientSession) -> None:
        """Know nothing yet. No credential goes along: the session is Home Assistant's own."""
        self.version: str | None = None
        """Such as `2.3.3`; `None` until a look-up succeeded. One that fails leaves it as it is."""
        self._session = session
        self._due_at = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is to be looked up."""
        return time.monotonic() >= self._due_at

    async def look_up(self) -> None:
        """Look it up, if that is due. Never raises for what is wrong there: what the fleet has is shown then."""
        if not self.is_due:
            return
        self._due_at = time.monotonic() + FAILED_PAUSE
        try:
            async with asyncio.timeout(LONGEST_LOOK_UP):
                version = await self._ask()
        except (TimeoutError, ClientError, ValueError, OSError) as err:
            _LOGGER.debug("The agent's newest release is not known: %s", err or type(err).__name__)
            return
        self.version = version
        self._due_at = time.monotonic() + PAUSE

    async def _ask(self) -> str:
        """Return the version. Raises `ValueError` where the answer has none."""
        headers = {"Accept": "application/vnd.github+json"}
        async with self._session.get(RELEASE_URL, headers=headers, max_redirects=MOST_REDIRECTS) as response:
            if response.status != HTTPStatus.OK:
                raise ValueError(f"status {response.status}")
            body = bytearray()
            async for chunk in response.content.iter_chunked(2**16):
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise ValueError("the answer is too large")
        match orjson.loads(body):
            case {"tag_name": str(tag)} if is_version(tag):
                return tag.removeprefix("v")
        raise ValueError("the answer names no release")


@callback
def published_release(hass: HomeAssistant) -> PublishedRelease:
    """Return the look-up that all dashboards share."""
    if _PUBLISHED not in hass.data:
        hass.data[_PUBLISHED] = PublishedRelease(async_get_clientsession(hass))
    return hass.data[_PUBLISHED]
