"""A dashboard that answered a flow, before there is an entry for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from yarl import URL

from homeassistant.const import CONF_HEADERS, CONF_PASSWORD, CONF_TOKEN, CONF_URL, CONF_USERNAME, CONF_VERIFY_SSL

from ..api import Generation
from ..const import CONF_GENERATION
from ..runtime.coordinator import NezhaConfigEntry

type Credential = Mapping[str, str]
"""A token, or a user and password, by the keys of an entry's data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDashboard:
    """Where it is, what it is, and how it is asked."""

    url: URL
    generation: Generation
    site_name: str
    verify_ssl: bool
    headers: Mapping[str, str]
    has_oauth: bool | None = None
    """Whether its users may sign in elsewhere, too; `None` where it was not asked."""

    @property
    def title(self) -> str:
        """What the entry is called."""
        return self.site_name or self.url.authority

    @property
    def is_encrypted(self) -> bool:
        """Whether nobody on the way can read what is sent."""
        return self.url.scheme == "https"

    @property
    def placeholders(self) -> dict[str, str]:
        """What the forms tell about it."""
        return {
            "dashboard": " · ".join(filter(None, (f"Nezha {self.generation}", self.site_name))),
            "origin": str(self.url.origin()),
        }

    def data(self, credential: Credential) -> dict[str, Any]:
        """Return an entry's data."""
        return {
            CONF_URL: str(self.url),
            CONF_GENERATION: self.generation.value,
            CONF_VERIFY_SSL: self.verify_ssl,
            CONF_HEADERS: dict(self.headers),
            **credential,
        }

    @classmethod
    def of(cls, entry: NezhaConfigEntry) -> Self:
        """Return the dashboard of an entry."""
        return cls(
            url=URL(entry.data[CONF_URL]),
            generation=Generation(entry.data[CONF_GENERATION]),
            site_name=entry.title,
            verify_ssl=entry.data[CONF_VERIFY_SSL],
            headers=entry.data[CONF_HEADERS],
        )


def credential_of(data: Mapping[str, Any]) -> Credential:
    """Return a credential as it is given and kept, without what slips in where it is copied."""
    if CONF_TOKEN in data:
        return {CONF_TOKEN: "".join(char for char in data[CONF_TOKEN] if char.isprintable() and char != " ")}
    return {CONF_USERNAME: data[CONF_USERNAME].strip(), CONF_PASSWORD: data[CONF_PASSWORD]}
