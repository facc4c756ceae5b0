"""What has to be changed in Lovelace's stored resources."""

from typing import Any

import pytest

from custom_components.nezha.frontend.resources import Change, Create, Delete, Update, plan

URL = "/nezha_frontend/abc/main.js"
OLD = "/nezha_frontend/000/main.js"


def resource(number: int, url: str, kind: str = "module") -> dict[str, Any]:
    return {"id": f"r{number}", "url": url, "type": kind}


OTHERS = [resource(1, "/hacsfiles/nezha/main.js"), resource(2, "/local/card.js"), {"id": "r3"}]


@pytest.mark.parametrize(
    ("items", "url", "changes"),
    [
        ([], URL, [Create(url=URL)]),
        (OTHERS, URL, [Create(url=URL)]),
        ([*OTHERS, resource(4, URL)], URL, []),
        ([*OTHERS, resource(4, OLD)], URL, [Update(id="r4", url=URL)]),
        ([resource(4, URL, "js")], URL, [Update(id="r4", url=URL)]),
        ([resource(4, OLD), resource(5, OLD)], URL, [Update(id="r4", url=URL), Delete(id="r5")]),
        ([resource(4, OLD), resource(5, URL)], URL, [Delete(id="r4")]),
        ([resource(4, URL), resource(5, URL)], URL, [Delete(id="r5")]),
        ([*OTHERS, resource(4, OLD), resource(5, URL)], None, [Delete(id="r4"), Delete(id="r5")]),
        (OTHERS, None, []),
    ],
)
def test_exactly_one_resource_is_ours(items: list[dict[str, Any]], url: str | None, changes: list[Change]) -> None:
    assert list(plan(items, url)) == changes


def test_a_plan_that_is_carried_out_needs_no_other() -> None:
    items = [resource(4, OLD), resource(5, OLD), *OTHERS]
    done = {item["id"]: dict(item) for item in items}
    for change in plan(items, URL):
        match change:
            case Update():
                done[change.id] |= {"url": change.url, "type": "module"}
            case Delete():
                del done[change.id]
            case Create():
                pytest.fail("there is one already")
    assert not list(plan(done.values(), URL))
