"""What triggers wait for and conditions ask: a meaning, the options that belong to it, and which of its values are meant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import NumericThresholdMode
from homeassistant.helpers.typing import ConfigType

from ..const import DOMAIN
from . import meanings
from .meanings import Meaning, Value
from .options import AVERAGE, CONF_DAYS, CONF_THRESHOLD, DAYS, FOR, Fields, narrowing, threshold
from .selection import CONF_DASHBOARD
from .thresholds import Threshold

type Matches = Callable[[Value], bool | None]
"""Whether a value is meant; `None` where that cannot be said, as where a threshold's entity shows no number."""
type Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """One of them."""

    meaning: Meaning
    fields: Fields = field(default_factory=dict)
    matcher: Callable[[HomeAssistant, Options], Matches] = lambda *_: lambda _: True
    """Returns what says whether a value is meant, from the options as they were validated."""


def being(meaning: Meaning, state: bool) -> Aspect:
    """Look whether something is so, or is not."""
    return Aspect(meaning=meaning, fields=FOR, matcher=lambda *_: lambda value: value is state)


def measures(mode: NumericThresholdMode) -> Mapping[str, Aspect]:
    """Compare what is measured with thresholds, each by its name in the translations."""
    compared = {
        "cpu": (meanings.CPU, {}),
        "memory": (meanings.MEMORY, {}),
        "disk": (meanings.DISK, {}),
        "load": (meanings.LOAD, AVERAGE),
        "traffic": (meanings.TRAFFIC, {}),
    }
    return {
        name: Aspect(meaning=meaning, fields=FOR | threshold(mode) | also, matcher=_threshold)
        for name, (meaning, also) in compared.items()
    }


def _threshold(hass: HomeAssistant, options: Options) -> Matches:
    return Threshold(hass, options[CONF_THRESHOLD]).matches


def _expires(_: HomeAssistant, options: Options) -> Matches:
    days: int = options[CONF_DAYS]
    return lambda value: float(value) <= days


EXPIRES = Aspect(meaning=meanings.DAYS_LEFT, fields=DAYS, matcher=_expires)
"""A server has to be paid within some days."""


class Configurable:
    """What the classes of triggers and conditions share: what they are about, and the schema of their configuration."""

    aspect: ClassVar[Aspect]
    common: ClassVar[Fields] = {}
    """Options whatever it is about. All but a threshold have a default."""
    has_target: ClassVar[bool] = True
    """Whether it is about a target, or about everything of a dashboard or of groups."""
    schema: ClassVar[vol.Schema]

    @override
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "aspect"):
            target: Fields = {vol.Required(CONF_TARGET): cv.TARGET_FIELDS} if cls.has_target else {}
            options = cls.common | cls.aspect.fields
            if not cls.has_target:
                options |= narrowing(cls.aspect.meaning.kind)
            cls.schema = vol.Schema({**target, vol.Required(CONF_OPTIONS, default=dict): options})

    @classmethod
    def about(cls, aspect: Aspect) -> type[Self]:
        """Return the class of what is about an aspect of a target."""
        return type(cls.__name__, (cls,), {"aspect": aspect})

    @classmethod
    def about_everything(cls) -> type[Self]:
        """Return the class of what is about the same aspect of everything."""
        return type(f"Any{cls.__name__}", (cls,), {"has_target": False})

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


def with_any[ConfigurableT: Configurable](
    targeted: Mapping[str, type[ConfigurableT]],
) -> dict[str, type[ConfigurableT]]:
    """Return classes by their names, each there once more as `any_`, about everything."""
    return {**targeted, **{f"any_{name}": each.about_everything() for name, each in targeted.items()}}
