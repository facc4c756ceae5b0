"""What the client takes from a dashboard, an agent or a proxy at most.

Each bound has a reason. Whoever stands behind an answer, none keeps the loop for long and none fills the memory; a value that
is beyond what can be is unknown.
"""

# Answers

LARGEST_REPLY = 8 * 2**20
"""Bytes of a list of servers, unpacked, and of a frame. 1,000 servers are 1 MB."""
LARGEST_ANSWER = 2 * 2**20
"""Bytes of any other answer, unpacked. 200 services with their 30 days are 0.1 MB."""
LARGEST_GREETING = 64 * 2**10
"""Bytes of the answer to a log-in, and of one that tells which generation answers: those come from strangers."""
LARGEST_BY_PATH = {
    "api/v1/server": LARGEST_REPLY,
    "api/v1/server/details": LARGEST_REPLY,
    "api/v1/server/list": LARGEST_GREETING,
    "api/v1/setting": LARGEST_GREETING,
    "api/v1/login": LARGEST_GREETING,
}
"""The same by what is asked for; `LARGEST_ANSWER` for all else."""
MOST_VALUES = 600_000
"""Values in an answer, those that take longer to decode counted several times, known before it is decoded: that takes less than
a tenth of a second. 1,000 servers have 90,000."""
LONGEST_EXCHANGE = 10
"""Seconds for one exchange, the whole body included."""
SILENCE = 10
"""Seconds without a frame after which a WebSocket counts as lost; the dashboard sends one every 2 s."""
FRAME_PAUSE = 1
"""Seconds for which the newest frame stands for all that come within them; the dashboard sends one every 2 s."""
MOST_MESSAGES = 1_000
"""Messages of a WebSocket within a second, pings among them: to take them off the socket is a tenth of a core's work."""
LARGEST_SECOND = 4 * LARGEST_REPLY
"""Bytes of them."""
LONGEST_GOODBYE = 0.1
"""Seconds for closing a WebSocket, which the dashboard never answers."""
MOST_REDIRECTS = 3
"""Within the dashboard's own origin."""
LONGEST_TOKEN = 8 * 2**10
"""Characters of a session, and of a cookie: servers accept no longer headers."""
LOG_IN_PAUSE = 60
"""Seconds between two log-ins: dashboards block the address of whoever insists."""

LARGEST_HISTORY = LARGEST_REPLY
"""Bytes of what a server probed in a day, of which 100 services are some 6 MB."""

# Things in an answer

MOST_ELEMENTS = 5_000
"""Elements of a list of servers, reports or transfers. Home Assistant has room for the entities of 3,000 servers at most."""
MOST_GROUPS = 500
MOST_GROUPS_OF_SERVER = 20
MOST_SERVICES = 200
MOST_CYCLES = 100
MOST_CYCLES_OF_SERVER = 10
MOST_TASKS = 200
MOST_ALERT_RULES = 200
"""Each more than the largest public dashboards have by an order of magnitude."""
MOST_MEMBERS = 30_000
"""Servers in all groups of an answer, and those that all its cycles count: ten of each of 3,000 servers."""
MOST_PROVIDERS = 10
"""Where users may sign in."""
MOST_DAYS = 30
"""Of a service; the dashboard sends 30."""
MOST_POINTS = 3_000
"""Of a series; a day of half minutes has 2,880."""
MOST_PROCESSORS = 64
MOST_CARDS = 16
"""Graphics cards of a server."""
MOST_TEMPERATURES = 128
"""Temperature sensors of a server; some report one for each core."""
BATCH = 100
"""Servers that are decoded in one turn of the loop: a few milliseconds."""

MOST_RENEWALS = 1_000
"""Of a server, at a time: a calendar may ask for ten thousand years."""

# Single values

LARGEST_UINT = 2**63 - 1
"""Bytes or things. The agent's numbers have 64 bits without a sign: from here on, one that ran below zero."""
FASTEST = 10**13
"""Bytes per second. No machine moves 10 TB/s; a speed that ran below zero, divided by the seconds it is of, is beyond."""
BEYOND_TOTAL = 2
"""How many times its total may be used: used and total are measured one after the other, and a disk can be taken away."""
HIGHEST_PERCENTAGE = 1_000
"""Percent. Some drivers add up a few engines of a graphics card."""
HIGHEST_LOAD = 10**6
"""Processes that wait or run."""
COLDEST = -273.15
HOTTEST = 10_000.0
"""Degrees Celsius."""
EARLIEST_BOOT = 946_684_800
"""Unix seconds, the year 2000: a machine without a battery counts from 1970 until its clock is set."""
LONGEST_UPTIME = 10**10
"""Seconds, three centuries."""
LAST_SECOND = 253_402_300_799
"""The end of the year 9999, the last that a date can tell."""
LONGEST_TEXT = 255
"""Characters of a text, as many as a state of Home Assistant has."""
LONGEST_NAME = 64
"""Characters of what an agent names: sensors, graphics cards, versions."""
LONGEST_SCOPE = 64
"""Characters of a scope."""
LARGEST_NOTE = 64 * 2**10
"""Bytes of a public note."""
