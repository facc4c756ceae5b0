"""Inside the Home Assistant of the demo: gives its recorder the past of the simulated fleet, so that every chart has one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
import time
from typing import Any, override

from harness.rules import Place
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.db_schema import States, Statistics, StatisticsShortTerm
from homeassistant.components.recorder.models import StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import STATISTIC_UNIT_TO_UNIT_CONVERTER
from homeassistant.components.recorder.tasks import CommitTask, RecorderTask, SynchronizeTask
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers.recorder import session_scope
from homeassistant.helpers.typing import ConfigType
from scripts.demo_home.past import DAY, FIVE_MINUTES, HOUR, Past, Period, is_total, periods

DOMAIN = "demo_past"
_DAYS = 30
_ROWS = 100_000
"""States at the most: of a large fleet they are further apart."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The past of one entity."""

    entity_id: str
    unit: str | None
    is_total: bool
    states: list[tuple[float, str]]
    short: list[Period]
    long: list[Period]

    @property
    def metadata(self) -> StatisticMetaData:
        """Return what the recorder keeps of the statistics themselves."""
        converter = STATISTIC_UNIT_TO_UNIT_CONVERTER.get(self.unit)
        return StatisticMetaData(
            mean_type=StatisticMeanType.NONE if self.is_total else StatisticMeanType.ARITHMETIC,
            has_sum=self.is_total,
            name=None,
            source="recorder",
            statistic_id=self.entity_id,
            unit_class=converter.UNIT_CLASS if converter else None,
            unit_of_measurement=self.unit,
        )

    def rows(self, metadata_id: int, told: list[Period]) -> Iterator[dict[str, Any]]:
        """Yield the rows of statistics."""
        for period in told:
            row = {"metadata_id": metadata_id, "start_ts": period.start, "created_ts": time.time()}
            if self.is_total:
                yield row | {"last_reset_ts": period.reset, "state": period.last, "sum": self._sum(period)}
            else:
                yield row | {"mean": period.mean, "min": period.least, "max": period.most}

    def _sum(self, until: Period) -> float:
        """Return how much a counter has grown since the oldest of all, over one boot at the most."""
        first = self.long[0]
        if until.reset == first.reset:
            return until.last - first.last
        return until.last + max(period.last for period in self.long if period.reset == first.reset) - first.last


@dataclass(slots=True)
class FillTask(RecorderTask):
    """Writes all of it, in the recorder's own thread."""

    filled: list[Filled] = field(default_factory=list)

    @override
    def run(self, instance: Recorder) -> None:
        with session_scope(session=instance.get_session()) as session:
            for each in self.filled:
                if metadata_id := instance.states_meta_manager.get(each.entity_id, session, from_recorder=True):
                    newest = session.query(States.attributes_id).filter_by(metadata_id=metadata_id)
                    attributes_id = newest.order_by(States.state_id.desc()).limit(1).scalar()
                    session.bulk_insert_mappings(
                        States,
                        [
                            {
                                "metadata_id": metadata_id,
                                "attributes_id": attributes_id,
                                "state": text,
                                "last_updated_ts": moment,
                            }
                            for moment, text in each.states
                        ],
                    )
                manager = instance.statistics_meta_manager
                if not each.long or (old := manager.get_many(session, {each.entity_id})):
                    # What was compiled meanwhile has a sum of its own.
                    continue
                _, statistics_id = manager.update_or_add(session, each.metadata, old)
                session.bulk_insert_mappings(Statistics, list(each.rows(statistics_id, each.long)))
                session.bulk_insert_mappings(StatisticsShortTerm, list(each.rows(statistics_id, each.short)))
            instance.states_manager.load_from_db(session)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Offer it as an action."""

    async def fill(call: ServiceCall) -> ServiceResponse:
        """Give the recorder the past of these entities, and wait until it is written."""
        now = time.time()
        units = {
            item["entity_id"]: state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
            for item in call.data["entities"]
            if (state := hass.states.get(item["entity_id"])) is not None
        }
        past = Past(call.data["generation"], call.data["servers"], call.data["born"])
        filled = await hass.async_add_executor_job(_past_of, past, call.data["entities"], units, now)
        done = hass.loop.create_future()
        for task in (CommitTask(), FillTask(filled), SynchronizeTask(done)):
            get_instance(hass).queue_task(task)
        await done
        return {"entities": len(filled), "states": sum(len(each.states) for each in filled)}

    hass.services.async_register(DOMAIN, "fill", fill, supports_response=SupportsResponse.ONLY)
    return True


def _past_of(past: Past, entities: list[dict[str, Any]], units: dict[str, str | None], now: float) -> list[Filled]:
    """Return the past of the entities that have any, a server's together: its states are made once."""
    pause = max(FIVE_MINUTES, DAY * len(units) // _ROWS)
    filled = []
    for item in sorted(entities, key=lambda item: (item["server"] or "", item["key"])):
        place = Place(item["server"], item["service"], item["key"])
        if item["entity_id"] not in units or past.value(place, now - HOUR) is None:
            continue
        moments = range(int(now - DAY), int(past.born), pause)
        filled.append(
            Filled(
                entity_id=item["entity_id"],
                unit=units[item["entity_id"]],
                is_total=is_total(place),
                states=[(moment, str(value)) for moment in moments if (value := past.value(place, moment)) is not None],
                short=list(periods(past, place, now - DAY, past.born, FIVE_MINUTES, 3)),
                long=list(periods(past, place, now - _DAYS * DAY, past.born, HOUR, 3)),
            )
        )
    return filled
