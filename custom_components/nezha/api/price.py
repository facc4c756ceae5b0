"""What something costs, as people write it: a number, and a currency by its sign, its code or its name."""

from dataclasses import dataclass
import re
import unicodedata

_SIGNS = {
    "$": "USD",
    "us$": "USD",
    "u$": "USD",
    "hk$": "HKD",
    "nt$": "TWD",
    "s$": "SGD",
    "sg$": "SGD",
    "a$": "AUD",
    "au$": "AUD",
    "c$": "CAD",
    "ca$": "CAD",
    "nz$": "NZD",
    "r$": "BRL",
    "€": "EUR",
    "£": "GBP",
    # That of Japan too; on a dashboard that comes from China it means this one.
    "¥": "CNY",
    "元": "CNY",
    "块": "CNY",
    "rmb": "CNY",
    "人民币": "CNY",
    "cn¥": "CNY",
    "jp¥": "JPY",
    "円": "JPY",
    "日元": "JPY",
    "美元": "USD",
    "美金": "USD",
    "刀": "USD",
    "欧元": "EUR",
    "英镑": "GBP",
    "港币": "HKD",
    "港元": "HKD",
    "台币": "TWD",
    "₽": "RUB",
    "₩": "KRW",
    "₹": "INR",
    "₺": "TRY",
    "₴": "UAH",
    "₫": "VND",
    "฿": "THB",
    "zł": "PLN",
}
_CODE = re.compile(r"[a-z]{3}")
_AMOUNT = re.compile(
    r"(?P<before>[^\d\s.,/+-]{0,5})\s*(?P<number>\d[\d.,' ]{0,20})(?<! )\s*(?P<after>[^\d\s.,/+-]{0,5})"
    r"\s*(?:(?:/|per\b|每).{0,20})?"
)

_SPACES = re.compile(r"[' ]")
_GROUPED = re.compile(
    r"(?P<whole>\d{1,3}(?P<sign>[.,])\d{3}(?:(?P=sign)\d{3})*)(?:(?!(?P=sign))[.,](?P<decimals>\d*))?"
)
_PLAIN = re.compile(r"(?P<whole>\d+)(?:[.,](?P<decimals>\d*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A number and what it is counted in."""

    value: float
    currency: str
    """ISO 4217 code, or empty where none is written."""


def parse_price(text: str) -> Price | None:
    """Return the price that a text means, such as `¥139`, `12.5€`, `200EUR` or `$5/mo`; `None` for any other text."""
    found = _AMOUNT.fullmatch(unicodedata.normalize("NFKC", text).casefold().strip())
    if found is None or (found["before"] and found["after"]):
        return None
    currency = _currency(found["before"] or found["after"])
    value = _value(found["number"])
    return None if currency is None or value is None else Price(value=value, currency=currency)


def _currency(text: str) -> str | None:
    """Return a currency's code, `None` for a text that means none."""
    if not text:
        return ""
    return _SIGNS.get(text) or (text.upper() if _CODE.fullmatch(text) else None)


def _value(text: str) -> float | None:
    """Return a number with either sign before its decimals, and the other, or any, between its thousands."""
    text = _SPACES.sub("", text)
    # `1.299` is more often one and some than a thousand.
    if (found := _GROUPED.fullmatch(text)) and (found["sign"] == "," or not _PLAIN.fullmatch(text)):
        return float(f"{re.sub('[.,]', '', found['whole'])}.{found['decimals'] or 0}")
    if found := _PLAIN.fullmatch(text):
        return float(f"{found['whole']}.{found['decimals'] or 0}")
    return None
