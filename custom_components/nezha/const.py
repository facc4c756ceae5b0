"""Names that the entry, its storage and its flows share."""

from typing import Final

DOMAIN: Final = "nezha"

CONF_GENERATION: Final = "generation"
CONF_REJECTED: Final = "rejected"
"""Set where the dashboard rejected the credential, so that not even a restart sends it again."""

CONF_OFFLINE_AFTER: Final = "offline_after"
CONF_METRICS_INTERVAL: Final = "metrics_interval"
CONF_GROUPS: Final = "groups"
CONF_GROUP_AS_AREA: Final = "group_as_area"
CONF_PUBLISHED_AGENT: Final = "published_agent"
CONF_LATENCY_SERVICES: Final = "latency_services"
"""Numbers of services, as texts, whose latency is shown for each server of `CONF_LATENCY_SERVERS`."""
CONF_LATENCY_SERVERS: Final = "latency_servers"
"""Identities of servers."""

DEFAULT_SCAN_INTERVAL: Final = 30
DEFAULT_METRICS_INTERVAL: Final = 30
DEFAULT_OFFLINE_AFTER: Final = 30
