"""Who is online: who reported within the threshold, by the dashboard's clock.

While the dashboard was away its agents were, too, and after its restart it has heard of nobody: then a server that was online
stays so until the threshold has passed since the dashboard answered again. The same goes for a clock that was set: what was
silent by the old one is not by the new.
"""


def newest(now: int, one: int | None, other: int | None = None) -> int | None:
    """Return the newer of two moments; one that is still to come counts as now."""
    newer = other if one is None or (other is not None and other > one) else one
    return now if newer is not None and newer > now else newer


def is_within(offline_after: int, now: int, last_active: int | None, silent_from: int | None) -> bool:
    """Whether a server that was heard last at a moment is online; silence before the other moment does not count."""
    return (last_active is not None and now - last_active <= offline_after) or (
        silent_from is not None and now - silent_from <= offline_after
    )
