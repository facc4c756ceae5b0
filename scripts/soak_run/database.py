"""What Home Assistant's recorder kept, read from its database once Home Assistant has stopped."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
import sqlite3

FILE = "home-assistant_v2.db"

_STATES = """
    select meta.entity_id, states.last_updated_ts, states.state
    from states join states_meta as meta using (metadata_id)
    where states.state not in ('unavailable', 'unknown')
    order by states.last_updated_ts
"""
_STATISTICS = """
    select meta.statistic_id, rows.start_ts, rows.min, rows.mean, rows.max, rows.state, rows.sum
    from {} as rows join statistics_meta as meta on meta.id = rows.metadata_id
    order by rows.start_ts
"""


@dataclass(frozen=True, slots=True)
class Row:
    """The statistics of one entity over one period."""

    start: float
    """Unix seconds."""
    least: float | None
    mean: float | None
    most: float | None
    state: float | None
    sum: float | None


@dataclass(frozen=True, slots=True)
class Records:
    """All of it by entity, each in order of time."""

    states: dict[str, list[tuple[float, str]]]
    """When and what; only for those that were asked for."""
    statistics: dict[str, list[Row]]
    """Of five minutes each."""
    hourly: dict[str, list[Row]]


def read(folder: Path, entity_ids: Iterable[str]) -> Records:
    """Read the states of some entities, and the statistics of all."""
    wanted = set(entity_ids)
    states = defaultdict(list)
    with closing(sqlite3.connect(folder / FILE)) as database:
        for entity_id, moment, state in database.execute(_STATES):
            if entity_id in wanted:
                states[entity_id].append((moment, state))
        return Records(
            dict(states),
            _statistics(database, "statistics_short_term"),
            _statistics(database, "statistics"),
        )


def _statistics(database: sqlite3.Connection, table: str) -> dict[str, list[Row]]:
    rows = defaultdict(list)
    for entity_id, *values in database.execute(_STATISTICS.format(table)):
        rows[entity_id].append(Row(*values))
    return dict(rows)
