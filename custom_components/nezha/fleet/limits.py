"""How much of what agents tell is believed, written at once, and remembered: each a number and its reason."""

MOST_AHEAD = 2 * 86_400
"""Seconds by which a boot may be later than its report: either clock may be off by a day."""

BOOT_PAUSE = 60
"""Seconds from one boot of a server to the next that is written at once: agents restart in less, machines hardly."""
BOOTS_A_DAY = 10
"""Boots of a server in a day that are written at once. The others are written with the next save: only a crash before
that could have their bytes counted twice."""

GONE_FOR_GOOD = 90 * 86_400
"""Seconds after which a server that is on no list any more is forgotten."""

LOG_NAMES = 10
"""Records that one line of the log names."""

MOST_SPANS = 60
"""Outages that are kept of a server."""
MOST_BLIND_SPANS = 200
"""Spans that are kept in which nobody looked."""
LONGEST_UNSEEN = 2 * 3_600
"""Seconds between two answers, after which nobody looked in between: the slowest polls are an hour apart."""
