"""What an answer says as the one before did is not decoded again."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest

from custom_components.nezha.api.decode import Kept, MalformedError
from custom_components.nezha.api.transport import Reply
from custom_components.nezha.api.v0 import BackendV0
from custom_components.nezha.api.v1_decode import FrameDecoder, ServersDecoder

RECORDINGS = Path(__file__).parents[1] / "recordings"


@pytest.fixture
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant: the client knows nothing of it."""


def recorded(name: str) -> Any:
    """Return a recorded exchange."""
    return json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))


def decoder() -> tuple[Kept[list[Any]], list[Any]]:
    """Return a decoder, and what it was asked to decode so far."""
    decoded: list[Any] = []

    def decode(source: Any) -> list[Any]:
        decoded.append(source)
        if source == "spoilt":
            raise MalformedError(source)
        return [source]

    return Kept(decode), decoded


def test_the_same_again_is_the_same_object() -> None:
    kept, decoded = decoder()
    first = kept(1, {"a": [1, 2]})
    assert kept(1, {"a": [1, 2]}) is first
    assert decoded == [{"a": [1, 2]}]


def test_what_changed_is_decoded() -> None:
    kept, decoded = decoder()
    kept(1, {"a": 1})
    assert kept(1, {"a": 2}) == [{"a": 2}]
    assert decoded == [{"a": 1}, {"a": 2}]


def test_each_server_has_its_own() -> None:
    kept, _ = decoder()
    first = kept(1, "same")
    assert kept(2, "same") is not first


def test_twins_in_one_answer_are_both_decoded() -> None:
    kept, decoded = decoder()
    kept(1, "one")
    kept(1, "two")
    assert decoded == ["one", "two"]


def test_a_server_that_is_gone_is_forgotten() -> None:
    kept, decoded = decoder()
    kept(1, "one")
    kept(2, "two")
    kept.forget_all_but({2, 3})
    kept(1, "one")
    kept(2, "two")
    assert decoded == ["one", "two", "one"]


def test_what_could_not_be_read_is_tried_again() -> None:
    kept, decoded = decoder()
    for _ in range(2):
        with pytest.raises(MalformedError):
            kept(1, "spoilt")
    assert decoded == ["spoilt", "spoilt"]


async def test_a_server_of_v0() -> None:
    exchange = recorded("v0/details")
    reply = Reply(status=200, body=json.dumps(exchange["body"]).encode(), date=exchange["headers"]["Date"])
    exchange["body"]["result"][0]["status"]["CPU"] += 1
    changed = Reply(status=200, body=json.dumps(exchange["body"]).encode(), date=exchange["headers"]["Date"])
    backend = BackendV0(AsyncMock(get=AsyncMock(side_effect=[reply, reply, changed])), "token")
    first, again, last = [(await backend.snapshot()).servers for _ in range(3)]
    assert len(first) > 1
    assert all(again[identity] is server for identity, server in first.items())
    news = {identity for identity, server in last.items() if server is not again[identity]}
    assert news == {str(exchange["body"]["result"][0]["id"])}
    (identity,) = news
    assert last[identity].host is again[identity].host
    assert last[identity].state.cpu == pytest.approx(again[identity].state.cpu + 1)


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_a_server_of_v1_and_v2(generation: str) -> None:
    listed = recorded(f"{generation}/server")["body"]["data"]
    decode = ServersDecoder()
    first = (await decode(listed, {})).servers
    again = (await decode(json.loads(json.dumps(listed)), {})).servers
    assert first
    assert all(again[identity] is server for identity, server in first.items())
    moved = (await decode(listed, {listed[0]["id"]: ("Tokyo",)})).servers
    assert moved[listed[0]["uuid"]].groups == ("Tokyo",)
    assert moved[listed[0]["uuid"]].host is again[listed[0]["uuid"]].host


@pytest.mark.parametrize("generation", ["v1", "v2"])
async def test_a_report_of_a_frame(generation: str) -> None:
    frame = recorded(f"{generation}/ws")["frames"][0]
    decode = FrameDecoder()
    first = await decode(frame)
    again = await decode(json.loads(json.dumps(frame)) | {"now": frame["now"] + 2_000})
    assert first.reports
    assert again.now == first.now + 2
    assert all(again.reports[number] is report for number, report in first.reports.items())
