"""What the client takes from a dashboard, an agent or a proxy at most. Each bound has a reason; what is beyond is unknown."""

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
