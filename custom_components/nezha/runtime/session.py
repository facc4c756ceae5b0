"""The HTTP sessions: Home Assistant's own, but for cookies, in which a refused session could go out again."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import ClientSession, DummyCookieJar
from yarl import URL

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession

from ..api import only_to


def lasting_session(hass: HomeAssistant, url: URL, verify_ssl: bool) -> ClientSession:
    """Return the session of an entry that is being set up; it ends with the entry, and goes to its dashboard only."""
    return async_create_clientsession(hass, verify_ssl, cookie_jar=DummyCookieJar(), middlewares=(only_to(url),))


@contextmanager
def passing_session(hass: HomeAssistant, verify_ssl: bool) -> Iterator[ClientSession]:
    """Give a session for a question or two."""
    session = async_create_clientsession(hass, verify_ssl, auto_cleanup=False, cookie_jar=DummyCookieJar())
    try:
        yield session
    finally:
        session.detach()
