"""What is written to the recorder's database: rows and bytes a server a day.

Hours pass in seconds: the clocks of Home Assistant and of the dashboard are put forward from refresh to refresh, and the
refreshes are asked for by hand. A quiet server reports what a real idle one did (see `story`), a busy one what the
simulator makes of a machine under load. Counted are the rows of states; those of statistics are the same for everyone.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
import sqlite3
import time

from homeassistant.components.recorder import get_instance
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import async_initialize_recorder

from . import clock
from .dashboard import Remote, running
from .figures import Line, line
from .home import add_nezha, connected, home, set_up, settled
from .process import measured

_SERVERS = 10
_REFRESHES = 120
_FRAME_PAUSE = 5
"""Seconds; the dashboard's own 2 would change nothing but how long this takes."""
_DAY = 86_400
_CASES = ((True, 30), (False, 30), (True, 10))
"""Whether the server is quiet, and the seconds between two refreshes."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written."""

    rows: list[int]
    """By server."""
    seconds: float
    bytes_a_row: float
    """Indices included."""


async def record(generation: str, interval: int, *, quiet: bool) -> Recorded:
    """Let time pass, and count."""
    async with running(generation, _SERVERS, varied=False) as dashboard, home() as hass:
        if quiet:
            await dashboard.tell("idle")
        async_initialize_recorder(hass)
        await set_up(hass, "recorder", {})
        entry = await add_nezha(hass, dashboard, scan_interval=interval, metrics_interval=interval)
        # Whoever polls here is us.
        entry.runtime_data.update_interval = None
        await entry.runtime_data.async_refresh()
        frames = 0
        if generation != "v0":
            await connected(entry, dashboard)
            frames = interval // _FRAME_PAUSE
        began = time.time()
        for _ in range(_REFRESHES):
            for _ in range(frames):
                await _pass(dashboard, _FRAME_PAUSE)
                await dashboard.tell("push")
                await settled(hass, 0.003)
            if not frames:
                await _pass(dashboard, interval)
            await entry.runtime_data.async_refresh()
            await hass.async_block_till_done()
        seconds = time.time() - began
        await get_instance(hass).async_block_till_done()
        identities = await dashboard.tell("identities")
        database = Path(hass.config.path("home-assistant_v2.db"))
        rows = await hass.async_add_executor_job(_rows, database, began)
        registry = er.async_get(hass)
        return Recorded(
            rows=[_count(registry, rows, f"{entry.entry_id}_{identity}_") for _, identity in identities],
            seconds=seconds,
            bytes_a_row=await hass.async_add_executor_job(_bytes_a_row, database),
        )


async def _pass(dashboard: Remote, seconds: float) -> None:
    """Let so much time have passed."""
    clock.put_forward(seconds)
    await dashboard.tell("set_clock", time.time())


def _count(registry: er.EntityRegistry, rows: dict[str, int], begin: str) -> int:
    """Return the rows of the entities whose unique id begins so."""
    return sum(
        rows.get(entity.entity_id, 0)
        for entity in registry.entities.values()
        if entity.platform == "nezha" and entity.unique_id.startswith(begin)
    )


def _rows(database: Path, since: float) -> dict[str, int]:
    """Return how many states were written since a moment, by entity."""
    with closing(sqlite3.connect(database)) as connection:
        return dict(
            connection.execute(
                "SELECT states_meta.entity_id, COUNT(*) FROM states JOIN states_meta USING (metadata_id) "
                "WHERE last_updated_ts > ? GROUP BY states_meta.entity_id",
                (since,),
            )
        )


def _bytes_a_row(database: Path) -> float:
    """Return by how much the file shrinks for each state that is taken out."""
    copy = database.with_name("copy.db")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    whole = copy.stat().st_size
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        rows = connection.execute("DELETE FROM states").rowcount
        connection.execute("VACUUM")
    return (whole - copy.stat().st_size) / rows


def section() -> list[Line]:
    """Measure a quiet and a busy server, polling and live."""
    return [each for quiet, interval in _CASES for each in _lines(interval, quiet=quiet)]


def _lines(interval: int, *, quiet: bool) -> Iterator[Line]:
    for source, generation in (("polling v0", "v0"), ("live v2", "v2")):
        recorded = measured(record, generation, interval, quiet=quiet)
        what = f"{'quiet' if quiet else 'busy'} server, {source}, each {interval} s"
        for name, unit, seconds in (
            ("Recorder rows a day", "rows", _DAY),
            ("Recorder rows a refresh", "rows", interval),
            ("Recorder megabytes a day", "MB", _DAY),
        ):
            yield line(f"{name}, {what}", _SERVERS, _in_units(recorded, unit, seconds), unit)


def _in_units(recorded: Recorded, unit: str, seconds: float) -> list[float]:
    """Return what the rows, written in the time that was recorded, come to in so many seconds."""
    factor = seconds / recorded.seconds * (recorded.bytes_a_row / 2**20 if unit == "MB" else 1)
    return [count * factor for count in recorded.rows]
