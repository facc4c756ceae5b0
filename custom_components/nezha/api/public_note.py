"""What a server's public note says about its price, its end and its plan.

The note is whatever its owner wrote: free text, or an object that Nezha's web pages understand. The facts are from the
README beside the recorded exchanges and from `v1/server.json`, `v2/server.json` there. Nothing here raises: a part that
cannot be read is left out and named.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import partial
from itertools import dropwhile, islice, takewhile
import re
from typing import Any

import orjson

from . import decode
from .cycle import Cycle, Unit, parse_cycle
from .decode import MalformedError
from .limits import LARGEST_NOTE, MOST_RENEWALS
from .price import Price, parse_price

_BILLING = "billingDataMod"
_PLAN = "planDataMod"
_NEVER = datetime.max.replace(tzinfo=UTC)
_LARGEST_WHOLE_FLOAT = 2**53
_DATE = re.compile(r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?(?P<time>|[T ].+)")


_SWITCHES: dict[str | float, bool] = {"1": True, "true": True, "0": False, "false": False, 1: True, 0: False}


class Term(StrEnum):
    """What happens at the end of the time that is paid for."""

    EXPIRES = "expires"
    RENEWS = "renews"
    NEVER_EXPIRES = "never_expires"


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """What a server costs, and until when it is paid for: `billingDataMod` of the note.

    All its times lie in the years 2 to 9998, and so can be told in every time zone.
    """

    start: datetime | None = None
    """Aware, with the note's own offset from UTC, as all times here; where it names none, in the reader's time zone."""
    end: datetime | None = None
    """As written, even if it has passed and rolls on; `None` where it never expires or is not told."""
    never_expires: bool = False
    """`endDate` is `0000-00-00…`, or in the year 9999, the other way to write it."""
    auto_renewal: bool = False
    cycle: Cycle | None = None
    """`None` where none is told, or one that is not understood."""
    cycle_text: str = ""
    """The cycle as written."""
    amount: str = ""
    """The price of a cycle as written, such as `12.5€` or `200EUR`, at most 255 characters."""

    @property
    def free(self) -> bool:
        """Whether it costs nothing: the amount is "0"."""
        return self.amount == "0"

    @property
    def pay_as_you_go(self) -> bool:
        """Whether it costs what is used: the amount is "-1"."""
        return self.amount == "-1"

    @property
    def price(self) -> Price | None:
        """What a cycle costs in figures, where they can be read; nothing where it is free or costs what is used."""
        return None if self.free or self.pay_as_you_go else parse_price(self.amount)

    @property
    def rolls_on(self) -> bool:
        """Whether another end follows the one that is told."""
        return self.auto_renewal and self.cycle is not None and self.cycle.unit is not Unit.ONCE

    @property
    def term(self) -> Term | None:
        """What the note says of the end, or `None` where no end is told.

        With auto-renewal it renews even if the cycle is not told; only the date after the next one is unknown then.
        """
        if self.never_expires:
            return Term.NEVER_EXPIRES
        if self.end is None:
            return None
        return Term.RENEWS if self.auto_renewal and self.cycle != Cycle.ONCE else Term.EXPIRES

    def term_at(self, now: datetime) -> Term | None:
        """Return what happens at the end: nothing renews once its last known end has passed."""
        if self.term is Term.RENEWS and self.end is not None and self.end <= now and not self.rolls_on:
            return Term.EXPIRES
        return self.term

    def expiry(self, now: datetime) -> datetime | None:
        """Return the end; where it rolls on, the first one after `now` (aware)."""
        expiry = None
        for expiry in self._ends(now):
            if expiry > now:
                break
        return expiry

    def ends(self, begin: datetime) -> Iterator[datetime]:
        """Yield every end from `begin` (aware) on, in order and perhaps for thousands of years."""
        return dropwhile(lambda moment: moment < begin, self._ends(begin))

    def renewals(self, begin: datetime, end: datetime) -> list[datetime]:
        """Return the ends from `begin` to before `end` (both aware), at most the first thousand of them."""
        return list(islice(takewhile(lambda moment: moment < end, self.ends(begin)), MOST_RENEWALS))

    def _ends(self, moment: datetime) -> Iterator[datetime]:
        """Yield the ends in order, from at most a few before the moment, but always the last one."""
        if self.end is None:
            return
        if self.cycle is None or not self.rolls_on:
            yield self.end
        elif self.cycle.months:
            yield from _ends_by_months(self.end, self.cycle.months, moment)
        else:
            yield from _ends_by_days(self.end, self.cycle.days, moment)


def _ends_by_months(end: datetime, step: int, moment: datetime) -> Iterator[datetime]:
    """Yield the ends of cycles of so many months: on the day of the first end, or the month's last."""
    first = 12 * end.year + end.month - 1
    last = 12 * MAXYEAR - 1
    # The moment's month may be another one at the note's offset from UTC: one more step back.
    behind = max(0, (12 * moment.year + moment.month - 1 - first) // step - 1)
    for month in range(first + min(behind, (last - first) // step) * step, last + 1, step):
        year, month = divmod(month, 12)
        day = min(end.day, monthrange(year, month + 1)[1])
        yield end.replace(year=year, month=month + 1, day=day)


def _ends_by_days(end: datetime, step: int, moment: datetime) -> Iterator[datetime]:
    """Yield the ends of cycles of so many days."""
    last = (date(MAXYEAR - 1, 12, 31) - end.date()).days // step
    behind = max(0, (moment - end) // timedelta(days=step) - 1)
    for cycles in range(min(behind, last), last + 1):
        yield end + timedelta(days=cycles * step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a server comes with: `planDataMod` of the note. Texts as written, at most 255 characters, or empty."""

    bandwidth: str = ""
    """Such as `1Gbps`."""
    traffic: str = ""
    """`trafficVol`, such as `1TB/Month`."""
    traffic_type: str = ""
    """`trafficType`, a digit in the recordings."""
    ipv4: str = ""
    """`IPv4`, a digit in the recordings, no address."""
    ipv6: str = ""
    """`IPv6`, likewise."""
    network_route: str = ""
    """`networkRoute`, such as `CN2`."""
    extra: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicNote:
    """A public note; a part is `None` where the note tells nothing of it that can be read."""

    billing: Billing | None = None
    plan: Plan | None = None
    malformed: tuple[str, ...] = ()
    """The fields that could not be read, such as `billingDataMod.endDate`, or `public_note`; never their values."""


def parse_public_note(text: str, time_zone: tzinfo = UTC) -> PublicNote:
    """Return what the note tells; nothing for free text. Dates without an offset are days in the reader's time zone."""
    body = text.strip().encode(errors="surrogatepass")
    if len(body) > LARGEST_NOTE:
        return PublicNote(malformed=("public_note",))
    if not body.startswith(b"{"):
        return PublicNote()
    try:
        note = orjson.loads(body)
    except orjson.JSONDecodeError:
        return PublicNote(malformed=("public_note",))
    malformed: list[str] = []
    whole = _Part(note, "", malformed)
    billing = _billing(_Part(whole.read(decode.as_object, _BILLING, {}), f"{_BILLING}.", malformed), time_zone)
    plan = _plan(_Part(whole.read(decode.as_object, _PLAN, {}), f"{_PLAN}.", malformed))
    return PublicNote(billing=billing, plan=plan, malformed=tuple(malformed))


class _Part:
    """An object of the note, of which a malformed field is remembered and takes no other with it."""

    def __init__(self, source: Mapping[str, Any], prefix: str, malformed: list[str]) -> None:
        """Read `source`, and add the names of its malformed fields to `malformed`."""
        self._source = source
        self._prefix = prefix
        self._malformed = malformed

    def read[T, Blank](self, reader: Callable[[Any], T], field: str, blank: Blank) -> T | Blank:
        """Return a field's value, or the blank one where it is absent, `null`, empty or malformed."""
        value = self._source.get(field)
        if value is None or (isinstance(value, str) and not value.strip()):
            return blank
        try:
            return reader(value)
        except MalformedError:
            self.note(field)
            return blank

    def note(self, field: str) -> None:
        """Remember that a field is not understood."""
        self._malformed.append(f"{self._prefix}{field}")


def _billing(part: _Part, time_zone: tzinfo) -> Billing | None:
    """Read the billing; auto-renewal of nothing is nothing."""
    moment = partial(_moment, time_zone=time_zone)
    start, end = part.read(moment, "startDate", None), part.read(moment, "endDate", None)
    auto_renewal = part.read(_switch, "autoRenewal", False)
    cycle_text = part.read(_written, "cycle", "")
    if (cycle := parse_cycle(cycle_text)) is None and cycle_text:
        part.note("cycle")
    billing = Billing(
        start=None if start == _NEVER else start,
        end=None if end == _NEVER else end,
        never_expires=end == _NEVER,
        auto_renewal=auto_renewal,
        cycle=cycle,
        cycle_text=cycle_text,
        amount=part.read(_written, "amount", ""),
    )
    is_any = billing.start or billing.end or billing.never_expires or billing.cycle or billing.amount
    return billing if is_any else None


def _plan(part: _Part) -> Plan | None:
    """Read the plan."""
    plan = Plan(
        bandwidth=part.read(_written, "bandwidth", ""),
        traffic=part.read(_written, "trafficVol", ""),
        traffic_type=part.read(_written, "trafficType", ""),
        ipv4=part.read(_written, "IPv4", ""),
        ipv6=part.read(_written, "IPv6", ""),
        network_route=part.read(_written, "networkRoute", ""),
        extra=part.read(_written, "extra", ""),
    )
    return None if plan == Plan() else plan


def _written(value: object) -> str:
    """Return a text; a number stands for its digits."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_WHOLE_FLOAT:
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return decode.as_text(value)


def _moment(value: object, time_zone: tzinfo) -> datetime:
    """Return a date with or without time and offset, or `_NEVER`.

    Its parts may be divided as people do, as in `2026/7/14` or `2026年7月14日`. `2025-07-141T…` was seen too.
    """
    written = decode.as_text(value)
    if found := _DATE.fullmatch(written):
        written = f"{found['year']}-{found['month']:0>2}-{found['day']:0>2}{found['time']}"
    if written.startswith("0000-00-00"):
        return _NEVER
    try:
        moment = datetime.fromisoformat(written)
    except (ValueError, OverflowError) as err:
        raise MalformedError(value) from err
    # Neither in the first year nor in the last can every moment be told in every time zone.
    if moment.year == MAXYEAR:
        return _NEVER
    if moment.year == MINYEAR:
        raise MalformedError(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=time_zone)


def _switch(value: object) -> bool:
    """Return whether it is on: "1" and 1 were seen."""
    if isinstance(value, str):
        value = value.strip().casefold()
    if not isinstance(value, str | int | float) or value not in _SWITCHES:
        raise MalformedError(value)
    return _SWITCHES[value]
