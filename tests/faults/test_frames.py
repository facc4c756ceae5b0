"""Each fault of the frames while the dashboard answers well."""

import pytest

from homeassistant.const import STATE_UNKNOWN
from simulator import FRAME_FAULTS

from .conftest import SILENCE
from .descriptions import FIRST, SECOND, Fault
from .home import Home, until
from .site import SERVERS
from .troubles import InFrames

PACE = {"metrics_interval": 2}
RECONNECTED = 3
"""Seconds after which the socket is opened again for the first time."""

NAMES = (*FRAME_FAULTS, "null:now")
UNKNOWN = {"text_for_numbers", "numbers_in_text", "negative_numbers", "enormous_numbers", "null_fields"}
"""Faults of all numbers of the first server."""
LOST = {"close", "drop", "silence", "garbage", "empty", "json_null", "deep_json", "truncated_json"} | {
    *("wrong_encoding", "nan", "infinity", "object_for_list"),
}
"""Faults for which the connection is given up: nothing that comes by it can be read."""
HARMLESS = {
    "huge_name",
    "hostile_name",
    "name_null",
    "duplicate_id",
    "strangers",
    "unknown_server",
    "oversized",
    "null:now",
}
"""Faults of what is not read in a frame: names, strangers, spaces."""
SILENT = {"null_list": FIRST | SECOND, "empty_fleet": FIRST | SECOND, "halved_fleet": SECOND}
"""Servers of which a frame tells nothing. Otherwise it is the first, which is also hidden from guests."""


def fault_of(name: str) -> Fault:
    """Describe a fault of frames."""
    keeps = frozenset() if name in LOST | HARMLESS | UNKNOWN else SILENT.get(name, FIRST)
    unknown = FIRST if name in UNKNOWN else frozenset()
    return Fault(name=name, trouble=InFrames(name), generations=("v2",), keeps=keeps, unknown=unknown)


@pytest.mark.parametrize(("generation", "fault"), [("v2", fault_of(name)) for name in NAMES], ids=NAMES)
async def test_fault(home: Home, fault: Fault) -> None:
    entry = await home.come_up(**PACE)
    ids = home.ids()
    home.site.next_turn()
    await home.frame()
    assert home.wrong() == []
    before = {number: home.shown("load_1", number) for number in SERVERS}

    await home.begin()
    home.site.next_turn()
    if fault.name in LOST:
        await loses_the_socket(home)
    else:
        for _ in range(2):
            await home.frame()
            for number in SERVERS:
                assert home.is_updated(number) == (number not in fault.keeps | fault.unknown)
                assert number not in fault.unknown or home.shown("load_1", number) == STATE_UNKNOWN
                assert number not in fault.keeps or home.shown("load_1", number) == before[number]
            home.site.next_turn()
        await home.poll()
        assert home.wrong() == []
    await home.assert_delivered()
    assert home.log() == []

    await home.end()
    await home.wait(RECONNECTED)
    await until(lambda: home.site.simulator.live.online)
    home.site.next_turn()
    await home.frame()
    assert entry.runtime_data.live
    assert home.wrong() == []
    assert home.log() == []
    assert home.ids() == ids
    home.assert_statistics()
    await home.assert_nothing_left()


async def loses_the_socket(home: Home) -> None:
    """Have a frame sent, and find the dashboard asked at once where its frames cease; from then on it is polled."""
    asked = len(home.site.simulator.requests)
    home.pass_by(2)
    await home.site.simulator.push_frame()
    if home.fault.name == "silence":
        await home.wait(SILENCE)
    await until(lambda: not home.site.simulator.live.online)
    await until(lambda: len(home.site.simulator.requests) > asked)
    await until(lambda: not home.wrong())
    home.site.next_turn()
    await home.poll()
    assert home.wrong() == []
