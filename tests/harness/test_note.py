"""The check's own reading of the public note."""

from datetime import datetime
import json

import pytest

from harness.note import billing, expiry

NOW = datetime.fromisoformat("2026-11-23T12:00:00Z").timestamp()


@pytest.mark.parametrize("note", ["", "Under the desk", '{"billingDataMod": {"endDate": ', "[]", '{"planDataMod": {}}'])
def test_no_billing(note: str) -> None:
    assert billing(note) is None


@pytest.mark.parametrize(
    "fields", [{}, {"endDate": "2025-07-141T23:59:59+08:00"}, {"cycle": "fortnight"}, {"autoRenewal": "1"}]
)
def test_billing_without_anything_to_read(fields: dict[str, str]) -> None:
    assert billing(json.dumps({"billingDataMod": fields})) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"endDate": "2027-01-15T00:00:00Z"}, "2027-01-15T00:00:00Z"),
        ({"endDate": "2026-01-15"}, "2026-01-15T00:00:00Z"),
        ({"endDate": "2026-10-31T00:00:00+08:00", "autoRenewal": 1, "cycle": "月"}, "2026-11-30T00:00:00+08:00"),
        ({"endDate": "2020-02-29T00:00:00Z", "autoRenewal": "1", "cycle": "Year"}, "2027-02-28T00:00:00Z"),
        ({"endDate": "2026-08-23T00:00:00Z", "autoRenewal": "1", "cycle": "QR"}, "2027-02-23T00:00:00Z"),
        ({"endDate": "2026-01-15T00:00:00Z", "autoRenewal": "0", "cycle": "month"}, "2026-01-15T00:00:00Z"),
        ({"endDate": "0000-00-00T23:59:59+08:00", "amount": "0"}, None),
        ({"endDate": "2025-07-141T23:59:59+08:00", "amount": "3$"}, None),
    ],
)
def test_expiry(fields: dict[str, object], expected: str | None) -> None:
    data = billing(json.dumps({"billingDataMod": fields}))
    assert data is not None
    assert expiry(data, NOW) == (datetime.fromisoformat(expected).timestamp() if expected else None)
