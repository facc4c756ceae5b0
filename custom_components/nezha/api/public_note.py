"""What a server's public note says about its price, its end and its plan.

The note is whatever its owner wrote: free text, or an object that Nezha's web pages understand. The facts are from the
README beside the recorded exchanges and from `v1/server.json`, `v2/server.json` there. Nothing here raises: a part that
cannot be read is left out and named.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from enum import StrEnum
from itertools import takewhile
from typing import Any

import orjson

from . import decode
from .decode import MalformedError
from .limits import LARGEST_NOTE

_BILLING = "billingDataMod"
_PLAN = "planDataMod"
_NEVER = datetime.max.replace(tzinfo=UTC)
_LARGEST_WHOLE_FLOAT = 2**53


class Cycle(StrEnum):
    """How often a server is paid for."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"

    @property
    def months(self) -> int:
        """The cycle's length in calendar months."""
        return _MONTHS[self]


_MONTHS = {Cycle.MONTH: 1, Cycle.QUARTER: 3, Cycle.HALF_YEAR: 6, Cycle.YEAR: 12}
_CYCLES = {
    **dict.fromkeys(("月", "m", "mo", "month", "monthly"), Cycle.MONTH),
    **dict.fromkeys(("季", "q", "qr", "quarterly"), Cycle.QUARTER),
    **dict.fromkeys(("半", "半年", "h", "half", "semi-annually"), Cycle.HALF_YEAR),
    **dict.fromkeys(("年", "y", "yr", "year", "annual", "annually"), Cycle.YEAR),
}
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
    """Aware, with the note's own offset from UTC, as all times here; UTC where the note names none."""
    end: datetime | None = None
    """As written, even if it has passed and rolls on; `None` where it never expires or is not told."""
    never_expires: bool = False
    """`endDate` is `0000-00-00…`, or in the year 9999, the other way to write it."""
    auto_renewal: bool = False
    cycle: Cycle | None = None
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
    def term(self) -> Term | None:
        """What happens at the end, or `None` where no end is told.

        With auto-renewal it renews even if the cycle is not told; only the date after the next one is unknown then.
        """
        if self.never_expires:
            return Term.NEVER_EXPIRES
        if self.end is None:
            return None
        return Term.RENEWS if self.auto_renewal else Term.EXPIRES

    def expiry(self, now: datetime) -> datetime | None:
        """Return the end; where it rolls on, the first one after `now` (aware)."""
        expiry = None
        for expiry in self._ends(now):
            if expiry > now:
                break
        return expiry

    def renewals(self, begin: datetime, end: datetime) -> list[datetime]:
        """Return every end from `begin` to before `end` (both aware): at most one where it does not roll on."""
        return [moment for moment in takewhile(lambda moment: moment < end, self._ends(begin)) if moment >= begin]

    def _ends(self, moment: datetime) -> Iterator[datetime]:
        """Yield the ends in order, from at most a few before the moment, but always the last one."""
        if self.end is None:
            return
        if not self.auto_renewal or self.cycle is None:
            yield self.end
            return
        step = self.cycle.months
        first = 12 * self.end.year + self.end.month - 1
        last = 12 * MAXYEAR - 1
        # The moment's month may be another one at the note's offset from UTC: one more step back.
        behind = max(0, (12 * moment.year + moment.month - 1 - first) // step - 1)
        for month in range(first + min(behind, (last - first) // step) * step, last + 1, step):
            year, month = divmod(month, 12)
            day = min(self.end.day, monthrange(year, month + 1)[1])
            yield self.end.replace(year=year, month=month + 1, day=day)


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


def parse_public_note(text: str) -> PublicNote:
    """Return what the note tells; nothing for free text."""
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
    billing = _billing(_Part(whole.read(decode.as_object, _BILLING, {}), f"{_BILLING}.", malformed))
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
            self._malformed.append(f"{self._prefix}{field}")
            return blank


def _billing(part: _Part) -> Billing | None:
    """Read the billing; auto-renewal of nothing is nothing."""
    start = part.read(_moment, "startDate", None)
    end = part.read(_moment, "endDate", None)
    billing = Billing(
        start=None if start == _NEVER else start,
        end=None if end == _NEVER else end,
        never_expires=end == _NEVER,
        auto_renewal=part.read(_switch, "autoRenewal", False),
        cycle=part.read(_cycle, "cycle", None),
        amount=part.read(_written, "amount", ""),
    )
    told = billing.start or billing.end or billing.never_expires or billing.cycle or billing.amount
    return billing if told else None


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


def _moment(value: object) -> datetime:
    """Return an ISO 8601 date with or without time and offset, or `_NEVER`. `2025-07-141T…` was seen too."""
    written = decode.as_text(value)
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
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _switch(value: object) -> bool:
    """Return whether it is on: "1" and 1 were seen."""
    if isinstance(value, str):
        value = value.strip().casefold()
    if not isinstance(value, str | int | float) or value not in _SWITCHES:
        raise MalformedError(value)
    return _SWITCHES[value]


def _cycle(value: object) -> Cycle:
    """Return a cycle from one of its many names, in any case."""
    if (cycle := _CYCLES.get(decode.as_text(value).casefold())) is None:
        raise MalformedError(value)
    return cycle
