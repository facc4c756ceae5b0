"""Reads the recorder's own statistics, as Home Assistant's graphs and its energy dashboard do."""

from datetime import datetime

from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

TRAFFIC_ONLY = {"commit_interval": 1, "include": {"entity_globs": ["sensor.*_traffic"]}}


def period_of(moment: datetime) -> datetime:
    """Return the begin of the five minutes that statistics are compiled over."""
    return moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0)


async def compile_statistics(hass: HomeAssistant) -> None:
    """Compile the five minutes that are under way, as if they were over."""
    await async_wait_recording_done(hass)
    do_adhoc_statistics(hass, start=period_of(dt_util.utcnow()))
    await async_wait_recording_done(hass)


async def sum_of(hass: HomeAssistant, entity_id: str) -> int:
    """Return the newest sum of a traffic sensor in bytes."""
    rows = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        datetime(2020, 1, 1, tzinfo=dt_util.UTC),
        None,
        {entity_id},
        "5minute",
        {"information": "B"},
        {"sum"},
    )
    value = rows[entity_id][-1]["sum"]
    assert value is not None
    assert abs(value - round(value)) < 0.01, "not whole bytes"
    return round(value)
