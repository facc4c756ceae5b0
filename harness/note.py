"""The end of what is paid for, by a server's public note: a small reading of its own."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime
import json
from typing import Any

_MONTHS = {
    **dict.fromkeys(("月", "m", "mo", "month", "monthly"), 1),
    **dict.fromkeys(("季", "q", "qr", "quarterly"), 3),
    **dict.fromkeys(("半", "半年", "h", "half", "semi-annually"), 6),
    **dict.fromkeys(("年", "y", "yr", "year", "annual", "annually"), 12),
}
_CURRENCIES = {"€": "eur", "eur": "eur", "$": "usd", "usd": "usd", "¥": "cny", "￥": "cny", "元": "cny", "cny": "cny"}
_ROLLS = 1_000
"""Cycles that an end is rolled on at most."""


def billing(note: str) -> dict[str, Any] | None:
    """Return the billing, if the note has any with something in it that can be read."""
    try:
        whole = json.loads(note)
    except ValueError:
        return None
    data = whole.get("billingDataMod") if isinstance(whole, dict) else None
    if not isinstance(data, dict):
        return None
    told = (
        _date(data.get("startDate")),
        _date(data.get("endDate")),
        _never(data.get("endDate")),
        _months(data),
        str(data.get("amount") or "").strip(),
    )
    return data if any(told) else None


def currency(data: dict[str, Any]) -> str | None:
    """Return what a price is in, none where it names no currency that is known here."""
    amount = str(data.get("amount") or "").casefold()
    return next((code for sign, code in _CURRENCIES.items() if sign in amount), None)


def expiry(data: dict[str, Any], now: float) -> float | None:
    """Return the end in unix seconds, the next one where it renews by itself; none where there is none."""
    end = _date(data.get("endDate"))
    if end is None or _never(data.get("endDate")):
        return None
    if str(data.get("autoRenewal")).strip().casefold() in ("1", "true") and (months := _months(data)):
        return next((moment for moment in _rolled(end, months) if moment > now), None)
    return end.timestamp()


def _rolled(end: datetime, months: int) -> Iterator[float]:
    """Yield an end and those after it, each on the same day of its month, or the month's last."""
    for roll in range(_ROLLS):
        years, month = divmod(end.month - 1 + roll * months, 12)
        year = end.year + years
        day = min(end.day, monthrange(year, month + 1)[1])
        yield end.replace(year=year, month=month + 1, day=day).timestamp()


def _months(data: dict[str, Any]) -> int:
    """Return a cycle's length, 0 where it is none that is known."""
    return _MONTHS.get(str(data.get("cycle")).strip().casefold(), 0)


def _never(value: object) -> bool:
    """Whether an end is the one that stands for no end."""
    return isinstance(value, str) and value.startswith(("0000-00-00", "9999"))


def _date(value: object) -> datetime | None:
    """Read a date, in UTC where it names no offset."""
    try:
        date = datetime.fromisoformat(value.strip() if isinstance(value, str) else "")
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
