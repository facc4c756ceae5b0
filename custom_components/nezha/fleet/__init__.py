"""Pure rules of what the answers of a dashboard say together: nothing of Home Assistant is in here.

`clock` knows the dashboard's clock, `boots` of which boot a report is, `online` who is online, `memory` what outlives a restart,
`saves` what of it is written at once, `known` completes one server by all of them, `availability` adds up for how long servers were
offline, `versions` knows the newest agent, and `fleet` takes in answers and frames.
"""

from .boots import Boot, Verdict
from .clock import Clock, elapsed
from .fleet import UNGROUPED, Fleet
from .known import KnownServer
from .memory import Memory, Stored
from .versions import NewestVersion, is_newer, is_version

__all__ = [
    "UNGROUPED",
    "Boot",
    "Clock",
    "Fleet",
    "KnownServer",
    "Memory",
    "NewestVersion",
    "Stored",
    "Verdict",
    "elapsed",
    "is_newer",
    "is_version",
]
