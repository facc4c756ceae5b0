"""What the soak does to a dashboard's replies tells no lie about servers that are judged."""

import json
from random import Random
from typing import Any

import pytest

from scripts.soak_run.storm import spoil
from tests.fuzz.mutation import Form

FORM = Form("result", "id")
REPLY = {"code": 0, "result": [{"id": number, "name": f"vps-{number}", "counter": 10**9} for number in range(1, 9)]}
VICTIMS = {"3", "5"}


def read(body: bytes) -> Any:
    """Return what a body says, None where it says nothing."""
    try:
        return json.loads(body)
    except ValueError, RecursionError:
        return None


@pytest.mark.parametrize("seed", range(5))
def test_only_the_victims_are_lied_about(seed: int) -> None:
    chance = Random(seed)
    spoilt = [read(spoil(json.dumps(REPLY).encode(), FORM, VICTIMS, chance)) for _ in range(100)]
    others = {server["id"] for server in REPLY["result"]} - {3, 5}
    assert {None, 6} <= {reply and len(FORM.untouched(REPLY, reply)) for reply in spoilt}
    assert all(others <= FORM.untouched(REPLY, reply) for reply in spoilt if reply is not None)


def test_a_reply_without_servers_may_say_anything() -> None:
    chance = Random(1)
    reply = {"success": True, "data": {"services": {"1": {"up": [1, 2, 3]}}}}
    spoilt = {spoil(json.dumps(reply).encode(), FORM, VICTIMS, chance) for _ in range(50)}
    assert len(spoilt) > 30
