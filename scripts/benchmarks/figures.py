"""Figures with their spread, and the lines of the table that they make."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Self

LINEAR = 1.25
"""What a server may cost in a large fleet, in shares of what it costs in a small one, to be called linear."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What several runs gave."""

    median: float
    low: float
    """A quarter of the runs gave less."""
    high: float
    """A quarter gave more."""
    runs: int

    @classmethod
    def of(cls, runs: Sequence[float]) -> Self:
        """Sum several runs up."""
        low, _, high = quantiles(runs, n=4, method="inclusive") if len(runs) > 1 else (runs[0],) * 3
        return cls(median(runs), low, high, len(runs))

    @classmethod
    def ratio(cls, above: Sequence[float], below: Sequence[float]) -> Self:
        """Divide run by run: what disturbed both leaves their ratio alone."""
        return cls.of([over / under for over, under in zip(above, below, strict=True)])

    def __str__(self) -> str:
        """Give the median, and the spread where there is one."""
        if self.runs == 1:
            return short(self.median)
        return f"{short(self.median)} ({short(self.low)}–{short(self.high)})"


def short(value: float) -> str:
    """Write a number with three digits that count."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.{1 if abs(value) >= 10 else 2}f}"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure may come to at the most."""

    limit: float
    met: bool
    gross: bool
    """Whether it is missed by more than three quarters: no noise explains that."""

    @classmethod
    def judge(cls, figure: Figure, limit: float) -> Self:
        """Compare a figure with its limit."""
        excess = figure.median / limit
        return cls(limit, met=excess <= 1, gross=excess > 1.75)

    def __str__(self) -> str:
        """Give the goal, and whether it is met."""
        return f"≤ {short(self.limit)}: {'met' if self.met else 'MISSED'}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table."""

    what: str
    servers: int
    ours: Figure
    unit: str
    beside: str
    """What it is compared with, if anything."""
    theirs: Figure | None
    ratio: Figure | None
    """Ours to theirs."""
    goal: Goal | None

    @property
    def cells(self) -> tuple[str, ...]:
        """What the table shows."""
        return (
            self.what,
            f"{self.servers:,}",
            f"{self.ours} {self.unit}".strip(),
            f"{self.beside}: {self.theirs} {self.unit}".strip() if self.theirs else self.beside,
            f"{self.ratio} ×" if self.ratio else "",
            str(self.goal) if self.goal else "",
        )


def line(
    what: str,
    servers: int,
    ours: Sequence[float],
    unit: str,
    *,
    beside: str = "",
    theirs: Sequence[float] | None = None,
    goal: float | None = None,
) -> Line:
    """Make a line of runs; where there is something to compare with, the goal is for the ratio."""
    ratio = None if theirs is None else Figure.ratio(ours, theirs)
    figure = Figure.of(ours)
    return Line(
        what,
        servers,
        figure,
        unit,
        beside,
        None if theirs is None else Figure.of(theirs),
        ratio,
        None if goal is None else Goal.judge(ratio or figure, goal),
    )


_COLUMNS = ("What", "Servers", "Median (quartiles)", "Beside it", "Ratio", "Goal")


def table(lines: Sequence[Line]) -> str:
    """Return a table in Markdown that can be read as it is."""
    rows = [_COLUMNS, *(each.cells for each in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows
    )
