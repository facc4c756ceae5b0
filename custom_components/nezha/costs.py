"""What servers cost, worked out of their notes, exactly: prices are decimal numbers, and nothing is rounded before it is shown."""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from homeassistant.generated.currencies import ACTIVE_CURRENCIES

from .api import Billing, Cycle, Term, Unit
from .figures import days_left

MOST_CURRENCIES = 8
"""In which sums are shown, those of the most servers first: whoever writes a note may write any currency."""
DUE_WITHIN = timedelta(days=30)
_CENT = Decimal("0.01")
_DAYS_A_MONTH = Fraction(146_097, 4_800)
"""The mean of the calendar: 146,097 days in 400 years."""
_LONGEST_PREPAID = timedelta(days=3_660)
"""Nobody has paid for more than ten years: an end beyond them is another way to write that there is none."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount, not rounded."""

    amount: Fraction
    currency: str
    """ISO 4217 code, or empty where none is written."""

    @property
    def rounded(self) -> Decimal:
        """The amount with two decimal places."""
        return (Decimal(self.amount.numerator) / Decimal(self.amount.denominator)).quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Due:
    """A server that renews or expires soon."""

    identity: str
    moment: datetime
    term: Term
    price: Money | None
    """What a cycle of it costs, where it costs anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What servers cost together, by currency."""

    monthly: Mapping[str, Decimal]
    remaining: Mapping[str, Decimal]
    """The value of what is paid for and not used up yet."""
    due: tuple[Due, ...]
    """The next end of each server that has one within 30 days, in order."""


def price_of(billing: Billing) -> Money | None:
    """Return what a cycle costs, `None` where that is free, paid as it is used, or not to be read."""
    # The shortest text that means the number is the one that was written.
    return Money(Fraction(Decimal(str(price.value))), price.currency) if (price := billing.price) else None


def price_per_month(billing: Billing) -> Money | None:
    """Return what a server costs per month: nothing where it is free, `None` where no cycle is known or it is paid once."""
    if billing.free:
        return Money(Fraction(0), "")
    price, cycle = price_of(billing), billing.cycle
    if price is None or cycle is None or cycle.unit is Unit.ONCE:
        return None
    months = Fraction(cycle.months) or cycle.days / _DAYS_A_MONTH
    return Money(price.amount / months, price.currency)


def remaining_value(billing: Billing, now: datetime) -> Money | None:
    """Return the value of what is paid for from today on: of the price of a cycle the share of its days that are left.

    Days are whole ones in the time zone of `now`. `None` where nothing is paid ahead, or the cycle, the price or the end is
    unknown.
    """
    price, cycle, end, days = price_of(billing), billing.cycle, billing.expiry(now), days_left(billing, now)
    if price is None or cycle is None or cycle.unit is Unit.ONCE or end is None or days is None:
        return None
    if not timedelta() < end - now <= _LONGEST_PREPAID:
        return None
    return Money(price.amount * days / _days_of(cycle, end), price.currency)


def _days_of(cycle: Cycle, end: datetime) -> int:
    """Return the days of the cycle that ends then."""
    if not cycle.months:
        return cycle.days
    year, month = divmod(12 * end.year + end.month - 1 - cycle.months, 12)
    if year < 1:
        return int(cycle.months * _DAYS_A_MONTH)
    start = end.replace(year=year, month=month + 1, day=min(end.day, monthrange(year, month + 1)[1]))
    return (end - start).days


def add_up(billings: Mapping[str, Billing], now: datetime) -> Costs:
    """Return what servers cost together, from their billings by identity.

    What has expired costs nothing any more. A price in no currency, or in none that is in use, is in no sum.
    """
    running = [each for each in billings.values() if not _has_expired(each, now)]
    return Costs(
        monthly=sums_of(price_per_month(each) for each in running),
        remaining=sums_of(remaining_value(each, now) for each in running),
        due=tuple(sorted(_due(billings, now), key=lambda due: due.moment)),
    )


def _has_expired(billing: Billing, now: datetime) -> bool:
    expiry = billing.expiry(now)
    return expiry is not None and expiry <= now


def sums_of(amounts: Iterable[Money | None]) -> Mapping[str, Decimal]:
    """Add up by currency, and keep those of the most servers."""
    sums: dict[str, Fraction] = {}
    servers: Counter[str] = Counter()
    for money in amounts:
        if money and money.currency in ACTIVE_CURRENCIES:
            sums[money.currency] = sums.get(money.currency, Fraction(0)) + money.amount
            servers[money.currency] += 1
    most = sorted(servers, key=lambda currency: (-servers[currency], currency))[:MOST_CURRENCIES]
    return {currency: Money(sums[currency], currency).rounded for currency in most}


def _due(billings: Mapping[str, Billing], now: datetime) -> Iterator[Due]:
    for identity, billing in billings.items():
        expiry, term = billing.expiry(now), billing.term_at(now)
        if term and expiry and now < expiry <= now + DUE_WITHIN:
            yield Due(identity, expiry, term, price_of(billing))
