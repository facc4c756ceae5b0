"""Which release of a dashboard does what: `Trait` is the one table of it.

Read from the tags of the dashboard's source; the contract tests hold it to what six releases answered
(`tests/recordings/releases`).
"""

from dataclasses import dataclass
import math
from typing import Self

FINAL = "v0-final"
"""What the last of v0 calls itself; it has no number."""


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """A version of the dashboard's software."""

    major: int
    minor: float = 0
    patch: float = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1.4.9`, `v1.4.9` or `v0-final`; raises ValueError for anything else."""
        if text == FINAL:
            return cls(0, math.inf, math.inf)
        numbers = text.removeprefix("v").split(".")
        if len(numbers) != 3 or not all(number.isdecimal() for number in numbers):
            raise ValueError(f"{text} is no release: write 1.4.9, or {FINAL}")
        major, minor, patch = map(int, numbers)
        if major > 2:
            raise ValueError(f"there is no release {text} of Nezha: v0 to v2 are known")
        return cls(major, minor, patch)

    @property
    def generation(self) -> str:
        """Return the generation: v0, v1 or v2."""
        return f"v{self.major}"

    def __str__(self) -> str:
        """Return the version as the dashboard tells it."""
        return FINAL if math.isinf(self.minor) else f"{self.major}.{self.minor}.{self.patch}"

    def has(self, trait: Span) -> bool:
        """Return whether this release has a trait."""
        return (trait.since is None or self >= trait.since) and (trait.until is None or self < trait.until)


@dataclass(frozen=True, slots=True)
class Span:
    """The releases from one on, and before another."""

    since: Release | None = None
    until: Release | None = None


def _since(text: str) -> Span:
    return Span(since=Release.parse(text))


def _until(text: str) -> Span:
    return Span(until=Release.parse(text))


def _between(since: str, until: str) -> Span:
    return Span(Release.parse(since), Release.parse(until))


class Trait:
    """What one release does and another does not."""

    # v0: fields that are absent before.
    TEMPERATURES = _since("0.16.27")
    GPU = _since("0.17.2")
    DISPLAY_INDEX = _since("0.18.3")
    HIDE_FOR_GUEST = _since("0.19.20")

    # v1 and v2: paths and the envelope.
    NOT_FOUND_IS_404 = _since("1.5.0")
    """Before, an unknown path gives the same error with status 200."""
    SERVICE_LIST = _since("1.0.22")
    """Before, the path means the service whose number is "list"."""
    TASKS_BY_POST = _since("2.0.14")
    """Before, a task is run by GET."""
    SERVER_PAGES = _since("2.0.0")
    """Metrics and services of one server."""

    # Who may ask, and what for.
    FORCE_AUTH = _since("1.6.8")
    """An option: no guests, not on the socket either."""
    ACCESS_TOKENS = _since("2.1.0")
    CSRF = _since("2.1.0")
    """What changes something wants the CSRF pair from a session."""
    INVENTORY_SCOPE = _since("2.1.2")
    """Before, a token reads the list of servers with the scope of a server."""
    HIDDEN_EVERYWHERE = _since("2.0.14")
    """Groups and traffic leave out what a guest may not see; before, they give its number."""
    HOSTS_FILTERED = _since("1.0.19")
    """A guest gets no versions in frames."""

    # Settings.
    NESTED_SETTINGS = _since("1.5.0")
    """In `data.config`; before, in `data`."""
    TELLS_VERSION = _since("1.0.19")
    TEMPLATES = _since("1.0.23")
    TEMPLATE_LIST = _since("1.1.4")
    LISTEN_HOST = _between("1.0.22", "1.9.0")
    SECRETS_IN_SETTINGS = _until("1.9.0")
    """The secrets of sessions and agents, for who is signed in."""
    SHORT_GUEST_SETTINGS = _between("1.5.0", "1.9.0")
    OAUTH_PROVIDERS = _since("1.5.0")
    TSDB = _since("2.0.0")
    """The time series database, and whether there is one among the settings."""

    # Shapes.
    ONLINE_IN_FRAMES = _since("1.3.0")
    OWNERS = _since("2.0.13")
    NAMED_SERVICES = _since("1.0.22")
    """`service_name`; before, the whole `service` with its name inside."""
    ALL_SERVICES = _since("2.0.0")
    """Every service is shown; before, those that are set to."""
    SHOW_IN_SERVICE = _until("2.1.5")
    """The setting by which that goes, which outlives its purpose."""
    SERVICE_ORDER = _since("2.0.0")
    PROBES_ONLY = _since("2.3.5")
    """A service that is changed has to be a probe of a known kind."""

    # What is kept of agents (`Temper`): since the dashboard knows one connection of an agent from the next.
    LEASES = _since("2.2.11")


NEWEST = {generation: Release.parse(text) for generation, text in (("v0", FINAL), ("v1", "1.14.14"), ("v2", "2.3.7"))}
"""The release of each generation that is simulated unless another is asked for: those that were recorded in full."""
