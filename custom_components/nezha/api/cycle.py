"""How often something is paid for, as people write it: in figures, Chinese numerals or English, or not to be understood."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
import re
from typing import ClassVar
import unicodedata

_MOST = 1_200
"""Of any unit: a century of months."""
_MONTHS_A_YEAR = 12


class Unit(StrEnum):
    """What a cycle is counted in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    ONCE = "once"
    """Paid for once: nothing comes again."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """So many days, weeks, months or years."""

    count: int
    unit: Unit

    MONTH: ClassVar[Cycle]
    QUARTER: ClassVar[Cycle]
    HALF_YEAR: ClassVar[Cycle]
    YEAR: ClassVar[Cycle]
    ONCE: ClassVar[Cycle]

    @property
    def months(self) -> int:
        """The length in calendar months; 0 where it is none of months."""
        return {Unit.MONTH: self.count, Unit.YEAR: _MONTHS_A_YEAR * self.count}.get(self.unit, 0)

    @property
    def days(self) -> int:
        """The length in days; 0 where it is none of days."""
        return {Unit.DAY: self.count, Unit.WEEK: 7 * self.count}.get(self.unit, 0)


Cycle.MONTH = Cycle(1, Unit.MONTH)
Cycle.QUARTER = Cycle(3, Unit.MONTH)
Cycle.HALF_YEAR = Cycle(6, Unit.MONTH)
Cycle.YEAR = Cycle(1, Unit.YEAR)
Cycle.ONCE = Cycle(1, Unit.ONCE)

_UNITS = {
    **dict.fromkeys(("d", "day", "days", "daily", "天", "日"), Cycle(1, Unit.DAY)),
    **dict.fromkeys(("w", "wk", "week", "weeks", "weekly", "周", "週", "星期"), Cycle(1, Unit.WEEK)),
    **dict.fromkeys(("fortnight", "fortnights", "fortnightly"), Cycle(2, Unit.WEEK)),
    **dict.fromkeys(("m", "mo", "mos", "mth", "month", "months", "monthly", "月", "月度", "个月", "個月"), Cycle.MONTH),
    **dict.fromkeys(("q", "qr", "quarter", "quarters", "quarterly", "季", "季度"), Cycle.QUARTER),
    **dict.fromkeys(("h", "half", "semiannual", "semiannually", "半"), Cycle.HALF_YEAR),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years", "yearly", "annual", "annually", "年", "年度"), Cycle.YEAR),
    **dict.fromkeys(("biennial", "biennially"), Cycle(2, Unit.YEAR)),
    **dict.fromkeys(("triennial", "triennially"), Cycle(3, Unit.YEAR)),
    **dict.fromkeys(
        ("once", "onetime", "lifetime", "一次", "一次性", "永久", "终身", "終身", "买断", "買斷"), Cycle.ONCE
    ),
}
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS = {
    **{word: Fraction(number) for number, word in enumerate(_WORDS)},
    **dict.fromkeys(("", "a", "an"), Fraction(1)),
    **dict.fromkeys(("half", "halfa", "半"), Fraction(1, 2)),
}
_CHINESE = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"两": 2, "兩": 2, "双": 2, "雙": 2, "〇": 0}
_AS_ON_CHEQUES = str.maketrans("壹贰貳叁參肆伍陆陸柒捌玖拾", "一二二三三四五六六七八九十")
_TENS = re.compile(r"([一二两兩三四五六七八九])?十([一二三四五六七八九])?")
_FIGURES = re.compile(r"\d{1,4}(\.\d)?")
_PREFIX = re.compile(r"^(every|each|per|by|每|按|/)")
_SUFFIX = re.compile(r"(付费|付費|付|缴|繳|结|結)$")
_BLANK = re.compile(r"\s+|(?<=\w)[_-](?=\w)")
_AND_A_HALF = re.compile(r"(.+)年半")


def parse_cycle(text: str) -> Cycle | None:
    """Return the cycle that a text means, such as `2年`, `三个月`, `yearly` or `一次性`; `None` for any other text."""
    text = _BLANK.sub("", unicodedata.normalize("NFKC", text).casefold())
    text = _SUFFIX.sub("", _PREFIX.sub("", text)).translate(_AS_ON_CHEQUES)
    if found := _AND_A_HALF.fullmatch(text):
        years = _number(found[1])
        return None if years is None else _times(years + Fraction(1, 2), Cycle.YEAR)
    # The longest unit first: in `三个月` it is not `月`, in `semiannually` not `y`.
    for start in range(len(text)):
        unit = _UNITS.get(text[start:])
        if unit and (number := _number(text[:start])) is not None:
            return _times(number, unit)
    return None


def _number(text: str) -> Fraction | None:
    """Return a number in figures, in Chinese or in English; no text at all is one."""
    if (number := _NUMBERS.get(text)) is not None:
        return number
    if _FIGURES.fullmatch(text):
        return Fraction(text)
    if tens := _TENS.fullmatch(text):
        return Fraction(10 * _CHINESE.get(tens[1] or "", 1) + _CHINESE.get(tens[2] or "", 0))
    return Fraction(_CHINESE[text]) if text in _CHINESE else None


def _times(number: Fraction, unit: Cycle) -> Cycle | None:
    """Return so many cycles as one. Half a year is six months; half a day is nothing that comes again."""
    if unit is Cycle.ONCE:
        return unit if number == 1 else None
    if (number * unit.count).denominator != 1 and unit.unit is Unit.YEAR:
        number, unit = number * _MONTHS_A_YEAR, Cycle.MONTH
    count = number * unit.count
    return Cycle(int(count), unit.unit) if count.denominator == 1 and 0 < count <= _MOST else None
