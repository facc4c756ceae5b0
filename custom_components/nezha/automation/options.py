"""The options of triggers and conditions, as they are validated."""

from typing import Any, Final

import voluptuous as vol

from homeassistant.const import CONF_FOR
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import (
    NumericThresholdMode,
    NumericThresholdSelector,
    NumericThresholdSelectorConfig,
)

from ..const import CONF_GROUPS
from .meanings import CONF_AVERAGE, Kind
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
