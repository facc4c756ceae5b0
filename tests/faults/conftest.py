"""Fixtures of the fault matrix."""

from collections.abc import AsyncIterator, Iterator
import logging
from unittest.mock import patch

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.util.ssl import get_default_context
from tests.conftest import Clock

from .certificates import Certificates
from .descriptions import Fault
from .home import Home
from .names import ForgetfulResolver, Names
from .sight import OF_THE_ENTRY
from .site import Site

SILENCE = 600
"""Seconds without a frame that a socket is given: whoever runs the timers of a minute would run the real one, too."""


@pytest.fixture
def names() -> Names:
    """What the name server knows."""
    return Names()


@pytest.fixture(autouse=True)
def loopback_resolver(names: Names) -> Iterator[None]:
    """Ask the name server of the test."""
    with patch(
        "homeassistant.helpers.aiohttp_client._async_make_resolver", side_effect=lambda hass: ForgetfulResolver(names)
    ):
        yield


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Two certificates, whose issuers Home Assistant trusts."""
    certificates = Certificates.make(tmp_path_factory.mktemp("certificates"))
    for path in (certificates.good, certificates.expired):
        get_default_context().load_verify_locations(path)
    return certificates


@pytest.fixture
async def home(
    hass: HomeAssistant,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    names: Names,
    certificates: Certificates,
    socket_enabled: None,
    impatient: None,
    generation: str,
    fault: Fault,
) -> AsyncIterator[Home]:
    """A home with a dashboard of the given generation, to be befallen by the given fault."""
    # Of all else its warnings: what it says besides is a tenth of the time.
    caplog.set_level(logging.WARNING)
    for logger in OF_THE_ENTRY:
        caplog.set_level(logging.INFO, logger)
    site = Site(generation, fault.trouble, names, certificates)
    await site.simulator.start()
    with pytest.MonkeyPatch.context() as monkeypatch, patch("custom_components.nezha.api.websocket.SILENCE", SILENCE):
        yield Home(hass, site, caplog, fault, clock, monkeypatch)
    await site.simulator.stop()
