"""Which version of the agent is the newest that servers have: what strangers report, believed within bounds."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
import re
from statistics import median_low

MOST_AHEAD = 1
"""Major versions by which a report may be ahead of half of the fleet: what claims more is no release."""
BELIEVED_ALONE = 30 * 86_400
"""Seconds for which what one server alone reports is the newest: a release has reached another one by then."""
CLAIM_PAUSE = 3_600
"""Seconds in which another claim of the same server does not count: one whose version flaps would have all others written."""
_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,5})(?:\.(\d{1,5}))?", re.ASCII)

type Version = tuple[int, int, int]


@lru_cache(maxsize=1_024)
def _parsed(text: str) -> Version | None:
    """Return the numbers of a release such as `1.14.2` or `v2.3`; `None` for whatever else an agent calls itself."""
    found = _VERSION.fullmatch(text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def is_version(text: str) -> bool:
    """Whether a text names a release."""
    return _parsed(text) is not None


def is_newer(version: str, than: str) -> bool:
    """Whether one release is newer than another; what is none is not newer, and nothing is newer than it."""
    one, other = _parsed(version), _parsed(than)
    return one is not None and other is not None and one > other


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a server alone reports to be newer than what others have."""

    version: Version
    since: float
    """When it was first ahead of all others."""
    changed: float
    """When it last claimed another version."""


class NewestVersion:
    """The newest version that the servers of a fleet have.

    Two servers that have the same one are believed. One alone is, too, as somebody has to be the first, but not for ever.
    """

    def __init__(self) -> None:
        """Know no server."""
        self._claims: Mapping[str, _Claim] = {}

    def update(self, reported: Mapping[str, str], now: float) -> str | None:
        """Take what servers report, by identity; return the newest version, `None` where no server has one.

        `now` is a moment of a clock that never goes back, in seconds.
        """
        versions = {identity: version for identity, text in reported.items() if (version := _parsed(text))}
        if not versions:
            return None
        usual = median_low(sorted(versions.values()))
        versions = {identity: version for identity, version in versions.items() if version[0] <= usual[0] + MOST_AHEAD}
        counts = Counter(versions.values())
        shared = max((version for version, servers in counts.items() if servers > 1), default=usual)
        self._claims = {
            identity: self._claim(identity, version, now) for identity, version in versions.items() if version > shared
        }
        claimed = (claim.version for claim in self._claims.values() if now - claim.since < BELIEVED_ALONE)
        return ".".join(map(str, max((shared, *claimed))))

    def _claim(self, identity: str, version: Version, now: float) -> _Claim:
        claim = self._claims.get(identity)
        if claim is None:
            return _Claim(version, since=now, changed=now)
        if claim.version == version or now - claim.changed < CLAIM_PAUSE:
            return claim
        return _Claim(version, since=claim.since, changed=now)
