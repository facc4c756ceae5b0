"""Faults of one path alone: what is not needed for the servers must not cost them."""

import pytest

from homeassistant.config_entries import ConfigEntryState

from .descriptions import Fault
from .home import Home, until
from .phases import gets_well
from .site import SERVERS
from .troubles import InAnswers

SOCKET = "/ws/server"
OPTIONAL = ("/server-group", "/service", "/cron")
OF_ANY = ("reset", "hang_before_headers", "json_null", "html_404", "html_502")
OF_BODIES = ("close_in_body", "truncated_json", "null_list")
CASES = [(path, name) for path in (*OPTIONAL, SOCKET) for name in OF_ANY] + [
    (path, name) for path in OPTIONAL for name in OF_BODIES if (path, name) != ("/service", "null_list")
]


@pytest.mark.parametrize(
    ("generation", "fault"),
    [("v2", Fault(name=name, trouble=InAnswers(name, path))) for path, name in CASES],
    ids=[f"{path}-{name}" for path, name in CASES],
)
async def test_fault(home: Home) -> None:
    await home.begin()
    entry = await home.set_up()
    assert entry.state is ConfigEntryState.LOADED
    for _ in range(2):
        home.site.next_turn()
        await home.poll()
        assert all(home.is_updated(number) for number in SERVERS)
    await home.assert_delivered()
    assert home.log() == []

    await home.end()
    await gets_well(home)
    await until(lambda: home.site.simulator.live.online)
    assert home.log() == []
    home.assert_statistics()
    await home.assert_nothing_left()
