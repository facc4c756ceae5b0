"""How much of what a dashboard, its agents and the way there may come up with is taken: each a number and its reason."""

from datetime import timedelta

NEWEST_FRAME_AGE = 10
"""Seconds. The dashboard sends a frame every two: one that is older says nothing of whether it is still there."""

LIST_EXCUSED_FOR = 300
"""Seconds for which frames stand in for a list that cannot be fetched. Who is on the dashboard is known by its list alone."""

RETRY_PAUSES = (5, 10)
"""Seconds before a failed poll is repeated, and before that is once more unless it took its time: together they last longer
than a dashboard's restart, and less than a server may be silent."""

SECOND_LOOK = 5
"""Seconds after which a dashboard is asked again whose servers all seem silent at first sight: agents report every 1 to 4."""

UNKNOWN_SERVERS = 5_000
"""Servers of frames alone for which the list is asked for, each once."""

FRAME_EARLY = 1
"""Seconds by which a frame may come too early for the measurements that are due: half of the time between two frames."""

MANY_FRAMES = 5
"""Frames left out at once that are logged: what waited in a proxy, or for a busy loop, is fewer."""

FIRST_LIVE_PAUSE = 2
LONGEST_LIVE_PAUSE = 120
"""Seconds before frames are followed anew after an error that nobody foresaw, each time longer."""

FIRST_BLOCK_PAUSE = 60
LONGEST_BLOCK_PAUSE = 3_600
"""Seconds for which a dashboard that blocks us is left alone, each time longer. Each rejection lengthens its block, and agents
behind the same address are cut off with us."""

STORE_DELAY = 900
"""Seconds until what has changed is written: boots are written at once, and whatever else a crash may lose is reported anew."""

LOG_PAUSE = 3_600
"""Seconds for which the same thing is not logged again."""
LOG_NAMES = 10
"""Names in a line of the log; of the others, how many there are."""
LOG_MEMORY = 1_000
"""Things that are remembered not to be logged again; what is beyond them is not logged."""

LISTS_WITHOUT = 3
SECONDS_WITHOUT = 600
"""A device is removed after so many complete lists and seconds without its server: a single bad answer costs nobody one."""
SECONDS_WITHOUT_MOST = 86_400
"""The seconds where more than half of all servers are missing: that is a dashboard's trouble more often than its user's wish."""

DEVICE_WRITES_AN_HOUR = 5
"""Changes of one device that are written to the registry at once. An agent whose version flaps must not have it written with
every poll."""

ALERTS_PAUSE = 60
"""Seconds from one look at the alert rules, and at what services notify, to the next: people change them, and seldom."""

AGENT_UPDATE = 300
"""Seconds in which an agent that was told to update itself is back with a newer version: it fetches some 10 MB, and connects anew."""
AGENT_UPDATE_POLL = timedelta(seconds=10)
"""How often the dashboard is asked meanwhile."""

SERVERS = 3_000
"""Servers of a dashboard that become devices."""
NEW_SERVERS_AN_HOUR = 50
"""Servers that become devices after the first list, unless the user agrees to more: agents register themselves."""

AREAS = 50
"""Areas that the groups of a dashboard may add: its users name them, and the areas are the home's."""

ENTITIES_AT_ONCE = 40
"""Entities that are added in one turn of the loop."""
TOPICS_AT_ONCE = 50
"""Servers, services and others whose entities write their states in one turn: with 20 entities each, that takes 10 to 20 ms."""

PARTS_OF_A_KIND = 64
"""Entities of temperature sensors, and of graphics cards, that a server has over its life: some report one for each core."""
PARTS_ENABLED = 3
"""Of these, enabled without the user's doing."""
DAYS_UNREPORTED = 30
"""Days for which a part may be unreported while its server reports, before its entity is removed."""

EVENT_PAUSE = 300
"""Seconds between two events about a fact: an agent on somebody else's machine may say something else with every report."""
EVENTS_A_DAY = 20
"""Events of a server in a day."""

CALENDAR_DAYS = 2 * 366
"""Days from today, to each side: everybody may ask for any time, and what renews does so for ever."""
CALENDAR_EVENTS = 1_000
"""Events of an answer; the earliest are told."""

LATENCY_PAIRS = 100
"""Services of servers whose latency is shown: 30 services on 50 servers would be 3,000 entities."""
LATENCY_PAUSE = 300
"""Seconds between two rounds in which the servers are asked for what they probed, one after the other: an answer is of a whole
day, and of all services."""
LATENCY_WINDOW = 1_800
"""Seconds that a latency is of: services are probed every half minute, or less often."""
LATENCY_STALE = 3 * LATENCY_PAUSE
"""Seconds after which a latency that could not be asked for again is unknown."""

HISTORY_REQUESTS = 3
"""Requests for history at a time."""
HISTORY_FAILURES = 5
"""Requests for history that fail in a row, after which it is given up."""
HISTORY_CLOCK_ERROR = 120
"""Seconds by which the dashboard's clock may be off: by more, what was measured would be written into the wrong hours."""
