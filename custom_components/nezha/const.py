"""Names that the entry, its storage and its flows share."""

from typing import Final

DOMAIN: Final = "nezha"

CONF_GENERATION: Final = "generation"
CONF_TOKEN_REJECTED: Final = "token_rejected"
"""Set with the rejection, so that not even a restart sends that token again."""

CONF_OFFLINE_AFTER: Final = "offline_after"
CONF_GROUPS: Final = "groups"
CONF_GROUP_AS_AREA: Final = "group_as_area"

DEFAULT_SCAN_INTERVAL: Final = 30
DEFAULT_OFFLINE_AFTER: Final = 30
