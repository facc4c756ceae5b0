"""The options of triggers and conditions, as they are validated."""

from typing import Any, ClassVar, Final, override

import voluptuous as vol

from homeassistant.const import CONF_FOR, CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import (
    NumericThresholdMode,
    NumericThresholdSelector,
    NumericThresholdSelectorConfig,
)
from homeassistant.helpers.typing import ConfigType

from ..const import CONF_GROUPS, DOMAIN
from .meanings import CONF_AVERAGE, Kind, Meaning
from .selection import CONF_DASHBOARD

CONF_BEHAVIOR: Final = "behavior"
CONF_DAYS: Final = "days"
CONF_THRESHOLD: Final = "threshold"

type Fields = dict[vol.Marker, Any]

# A blueprint hands on an empty one where nothing was chosen.
DASHBOARD: Fields = {vol.Optional(CONF_DASHBOARD): cv.string}
GROUPS: Fields = {vol.Optional(CONF_GROUPS, default=list): vol.All(cv.ensure_list, [cv.string])}
FOR: Fields = {vol.Optional(CONF_FOR): cv.positive_time_period}
AVERAGE: Fields = {vol.Optional(CONF_AVERAGE, default="5"): vol.All(vol.Coerce(str), vol.In(("1", "5", "15")))}
DAYS: Fields = {vol.Optional(CONF_DAYS, default=7): vol.All(vol.Coerce(int), vol.Range(min=0, max=366))}


def behavior(default: str, *others: str) -> Fields:
    """Return how several are taken together."""
    return {vol.Optional(CONF_BEHAVIOR, default=default): vol.In((default, *others))}


def threshold(mode: NumericThresholdMode) -> Fields:
    """Return what a number is compared with."""
    return {vol.Required(CONF_THRESHOLD): NumericThresholdSelector(NumericThresholdSelectorConfig(mode=mode))}


def narrowing(kind: Kind) -> Fields:
    """Return what narrows a selection: only servers are in groups."""
    return DASHBOARD | GROUPS if kind is Kind.SERVER else DASHBOARD


class Configurable:
    """What the classes of triggers and conditions share: what they are about, and the schema of their configuration."""

    meaning: ClassVar[Meaning]
    fields: ClassVar[Fields]
    has_target: ClassVar[bool] = True
    """Whether it is about a target, or about everything of a dashboard or of groups."""
    schema: ClassVar[vol.Schema]
    """All options but a threshold have a default."""

    @override
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "meaning"):
            target: Fields = {vol.Required(CONF_TARGET): cv.TARGET_FIELDS} if cls.has_target else {}
            options = cls.fields if cls.has_target else cls.fields | narrowing(cls.meaning.kind)
            cls.schema = vol.Schema({**target, vol.Required(CONF_OPTIONS, default=dict): options})

    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Return a configuration with its defaults. Raises `vol.Invalid`, also for a dashboard that is none of ours."""
        validated: ConfigType = cls.schema(config)
        entry_id = validated[CONF_OPTIONS].get(CONF_DASHBOARD)
        if entry_id:
            entry = hass.config_entries.async_get_entry(entry_id)
            if entry is None or entry.domain != DOMAIN:
                raise vol.Invalid(
                    f"{entry_id} is not the entry of a Nezha dashboard", path=[CONF_OPTIONS, CONF_DASHBOARD]
                )
        return validated
