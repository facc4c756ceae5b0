"""The servers' states as a table for a terminal."""

from collections.abc import Sequence
from datetime import UTC, datetime
import unicodedata

from harness.homeassistant import Entity

_NOTHING = "–"
type _Row = dict[str, Entity]
"""The entities of one device by key."""


def render(entities: Sequence[Entity], rows: int | None = None) -> str:
    """Draw a line a server, at most so many, below a line for all of them."""
    devices: dict[str, _Row] = {}
    hub: _Row = {}
    for entity in entities:
        if entity.service is not None:
            continue
        row = hub if entity.server is None else devices.setdefault(entity.server, {})
        row[entity.key] = entity
    lines = [[title for title, _ in _COLUMNS]]
    lines += [[cell(row) for _, cell in _COLUMNS] for row in sorted(devices.values(), key=_name)]
    hidden = 0
    if rows is not None and len(lines) > max(rows, 2):
        hidden = len(lines) - max(rows, 2)
        lines = lines[: max(rows, 2)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    drawn = [
        "  ".join(
            _pad(cell, width, left=index == 0) for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    if hidden:
        drawn.append(f"… and {hidden} more")
    summary = (
        f"{_show(hub, 'servers')} servers, {_show(hub, 'servers_online')} online, "
        f"in {_show(hub, 'net_in_speed', 1)}, out {_show(hub, 'net_out_speed', 1)}"
    )
    return "\n".join([summary, "", *(line.rstrip() for line in drawn)])


def _name(row: _Row) -> str:
    """Return the server's name, for its first column and the order of rows."""
    return next(iter(row.values())).device


def _show(row: _Row, key: str, decimals: int = 0) -> str:
    """Show a number with its unit."""
    entity = row.get(key)
    try:
        value = float((entity and entity.state) or "")
    except ValueError:
        return _NOTHING
    unit = entity.attributes.get("unit_of_measurement", "") if entity else ""
    return f"{value:.{decimals}f} {unit}".rstrip()


def _online(row: _Row) -> str:
    """Show whether the server is there."""
    entity = row.get("online")
    return {"on": "online", "off": "offline"}.get((entity and entity.state) or "", _NOTHING)


def _up(row: _Row) -> str:
    """Show for how long the server has been up."""
    entity = row.get("boot_time")
    try:
        boot = datetime.fromisoformat((entity and entity.state) or "")
    except ValueError:
        return _NOTHING
    minutes = max(0, int((datetime.now(UTC) - boot).total_seconds() // 60))
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min"


_COLUMNS = (
    ("Server", _name),
    ("", _online),
    ("CPU", lambda row: _show(row, "cpu", 1)),
    ("Memory", lambda row: _show(row, "memory", 1)),
    ("Swap", lambda row: _show(row, "swap", 1)),
    ("Disk", lambda row: _show(row, "disk", 1)),
    ("In", lambda row: _show(row, "net_in_speed", 1)),
    ("Out", lambda row: _show(row, "net_out_speed", 1)),
    ("Received", lambda row: _show(row, "net_in_transfer", 1)),
    ("Sent", lambda row: _show(row, "net_out_transfer", 1)),
    ("Load", lambda row: _show(row, "load_1", 2)),
    ("Up for", _up),
)


def _width(text: str) -> int:
    """Return how many columns a text takes: Chinese characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _pad(text: str, width: int, *, left: bool) -> str:
    """Fill up a text with spaces."""
    space = " " * (width - _width(text))
    return text + space if left else space + text
