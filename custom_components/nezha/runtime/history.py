"""Writes what a dashboard remembers of its servers into their entities' own statistics, for hours that the recorder lacks."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    STATISTIC_UNIT_TO_UNIT_CONVERTER,
    async_import_statistics,
    get_metadata,
    statistics_during_period,
)
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    PERCENTAGE,
    UnitOfDataRate,
    UnitOfInformation,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.util.unit_conversion import BaseUnitConverter, DataRateConverter, InformationConverter

from ..api import (
    AuthenticationError,
    BlockedError,
    HistoryOffError,
    Host,
    Metric,
    MissingScopeError,
    NezhaError,
    NoHistoryError,
    Period,
    Point,
    SessionRefusedError,
)
from ..const import DOMAIN
from ..fleet import KnownServer
from ..fleet.past import (
    HOUR,
    HourSum,
    Row,
    Series,
    bands,
    fit_sums,
    hourly_means,
    readings,
)
from . import limits

if TYPE_CHECKING:
    from .coordinator import NezhaConfigEntry

_LOGGER = logging.getLogger(__name__)
_FATAL = (AuthenticationError, BlockedError, MissingScopeError, NoHistoryError, SessionRefusedError)
"""After these there is no use in asking on."""

DISABLED: Final = "disabled"
NOT_RECORDED: Final = "not_recorded"
NOTHING_MISSING: Final = "nothing_missing"
NO_DATA: Final = "no_data"
NOT_JOINED: Final = "not_joined"
BEFORE_REBOOT: Final = "before_reboot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """An entity of a server of which the dashboard keeps a series."""

    key: str
    """Of the entity."""
    metric: Metric
    unit: str | None = None
    """Of the series, or of what `share_of` makes of it."""
    converter: type[BaseUnitConverter] | None = None
    """From that to the unit that the user sees."""
    share_of: Callable[[Host], int | None] | None = None
    """The total of which the value is shown as a share, in percent."""
    is_counter: bool = False


def _share(key: str, metric: Metric, share_of: Callable[[Host], int | None]) -> Measurement:
    return Measurement(key=key, metric=metric, unit=PERCENTAGE, share_of=share_of)


def _size(key: str, metric: Metric, *, is_counter: bool = False) -> Measurement:
    return Measurement(
        key=key, metric=metric, unit=UnitOfInformation.BYTES, converter=InformationConverter, is_counter=is_counter
    )


def _speed(key: str, metric: Metric) -> Measurement:
    return Measurement(key=key, metric=metric, unit=UnitOfDataRate.BYTES_PER_SECOND, converter=DataRateConverter)


MEASUREMENTS: Mapping[str, Measurement] = {
    each.key: each
    for each in (
        Measurement(key="cpu", metric=Metric.CPU, unit=PERCENTAGE),
        _share("memory", Metric.MEMORY, lambda host: host.memory_total),
        _share("swap", Metric.SWAP, lambda host: host.swap_total),
        _share("disk", Metric.DISK, lambda host: host.disk_total),
        _size("memory_used", Metric.MEMORY),
        _size("swap_used", Metric.SWAP),
        _size("disk_used", Metric.DISK),
        _speed("net_in_speed", Metric.NET_IN_SPEED),
        _speed("net_out_speed", Metric.NET_OUT_SPEED),
        _size("net_in_transfer", Metric.NET_IN_TRANSFER, is_counter=True),
        _size("net_out_transfer", Metric.NET_OUT_TRANSFER, is_counter=True),
        Measurement(key="load_1", metric=Metric.LOAD_1),
        Measurement(key="load_5", metric=Metric.LOAD_5),
        Measurement(key="load_15", metric=Metric.LOAD_15),
        Measurement(key="tcp_connections", metric=Metric.TCP_CONNECTIONS),
        Measurement(key="udp_connections", metric=Metric.UDP_CONNECTIONS),
        Measurement(key="processes", metric=Metric.PROCESSES),
    )
}
"""By the entity's key. Temperatures and graphics cards are not among them: of several, the dashboard keeps one figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written of one entity. The hours themselves are not kept: a whole fleet has millions of them."""

    measurement: str
    entity_id: str
    hours: int
    first: int
    """The begin of the first hour. So is `last`."""
    last: int

    def as_dict(self) -> dict[str, Any]:
        """Return it for a response."""
        return {
            "measurement": self.measurement,
            "entity_id": self.entity_id,
            "count": self.hours,
            "first": _moment(self.first).isoformat(),
            "last": _moment(self.last).isoformat(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What was not written, and why."""

    measurement: str
    reason: str
    hours: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it for a response."""
        result = {"measurement": self.measurement, "reason": self.reason}
        return result if self.hours is None else {**result, "hours": self.hours}


@dataclass(slots=True)
class ServerReport:
    """What became of one server."""

    written: list[Written] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Target:
    """An entity, and what the recorder lacks of it."""

    measurement: Measurement
    entity_id: str
    unit: str | None
    metadata: StatisticMetaData
    rows: Sequence[Mapping[str, Any]]
    missing: Mapping[Period, frozenset[int]]

    def from_native(self, value: float) -> float:
        """Return a value in the unit of the statistics."""
        converter = self.measurement.converter
        return value if converter is None else converter.convert(value, self.measurement.unit, self.unit)

    def to_native(self, value: float) -> float:
        """Return bytes of a value of the statistics."""
        converter = self.measurement.converter
        return value if converter is None else converter.convert(value, self.unit, self.measurement.unit)


class HistoryImport:
    """One import of some servers' history. What is written stays, whenever it ends; a second one writes what is missing still."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: NezhaConfigEntry,
        identities: Iterable[str],
        measurements: Iterable[str],
        period: Period,
        on_progress: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Prepare; `on_progress` is called with the share that is done."""
        self.reports: dict[str, ServerReport] = {}
        """By the server's identity."""
        self._hass = hass
        self._entry = entry
        self._coordinator = entry.runtime_data
        self._identities = tuple(identities)
        self._measurements = tuple(MEASUREMENTS[key] for key in measurements)
        self._period = period
        self._on_progress = on_progress
        self._requests = asyncio.Semaphore(limits.HISTORY_REQUESTS)
        self._failures = 0

    async def run(self) -> Mapping[str, ServerReport]:
        """Import, until the entry is unloaded or the caller is cancelled.

        Raises `HomeAssistantError` where there is nothing to import from or to, or the dashboard fails again and again.
        """
        await self.check()
        if self._coordinator.is_importing:
            raise _invalid("import_running")
        self._coordinator.is_importing = True
        task = self._entry.async_create_background_task(
            self._hass, self._run(), f"{DOMAIN} history of {self._entry.title}"
        )
        try:
            await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="import_stopped") from None
        except NezhaError as err:
            raise _failed(err) from err
        finally:
            self._coordinator.is_importing = False
        return self.reports

    async def check(self) -> None:
        """Raise `HomeAssistantError` where there is nothing to import from or to."""
        if "recorder" not in self._hass.config.components:
            raise _invalid("recorder_missing")
        try:
            is_on = await self._coordinator.ask(self._coordinator.backend.keeps_history)
        except NezhaError as err:
            raise _failed(err) from err
        if not is_on:
            raise _failed(HistoryOffError())
        ahead = self._coordinator.clock_ahead
        if abs(ahead) > limits.HISTORY_CLOCK_ERROR:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="clock_differs",
                translation_placeholders={"minutes": str(round(abs(ahead) / 60))},
            )

    async def _run(self) -> None:
        for done, identity in enumerate(self._identities):
            self._on_progress(done / len(self._identities))
            if (known := self._coordinator.data.get(identity)) is not None:
                await self._import_server(identity, known)
        self._on_progress(1)

    async def _import_server(self, identity: str, known: KnownServer) -> None:
        report = self.reports.setdefault(identity, ServerReport())
        now = int(time.time())
        entity_ids = self._entity_ids(identity, report)
        if not entity_ids:
            return
        targets = await self._look_up(entity_ids, now, report)
        by_metric: dict[Metric, list[_Target]] = {}
        for target in targets:
            by_metric.setdefault(target.measurement.metric, []).append(target)
        uptime: dict[Period, Sequence[Point]] = {}
        counters = [target for target in targets if target.measurement.is_counter]
        if counters:
            try:
                uptime = await self._fetch(known.server.number, Metric.UPTIME, counters)
            except NezhaError as err:
                self._fail(err, counters, report)
                by_metric = {
                    metric: chosen for metric, chosen in by_metric.items() if not chosen[0].measurement.is_counter
                }
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._import_metric(known, metric, chosen, uptime, report))
                for metric, chosen in by_metric.items()
            ]
        for error in filter(None, (task.result() for task in tasks)):
            raise error
        order = list(MEASUREMENTS)
        report.written.sort(key=lambda each: order.index(each.measurement))
        report.left_out.sort(key=lambda each: order.index(each.measurement))

    async def _import_metric(
        self,
        known: KnownServer,
        metric: Metric,
        targets: Sequence[_Target],
        uptime: Series,
        report: ServerReport,
    ) -> NezhaError | None:
        """Import the series of a metric into all entities that show it; return an error that ends everything."""
        try:
            series = await self._fetch(known.server.number, metric, targets)
        except NezhaError as err:
            try:
                self._fail(err, targets, report)
            except NezhaError as fatal:
                return fatal
            return None
        for target in targets:
            if target.measurement.is_counter:
                self._write_sums(target, series, uptime, report)
            else:
                self._write_means(target, series, known.host, report)
        return None

    def _fail(self, err: NezhaError, targets: Sequence[_Target], report: ServerReport) -> None:
        """Leave out what could not be fetched. Raises the error where there is no use in going on."""
        self._failures += 1
        if isinstance(err, _FATAL) or self._failures >= limits.HISTORY_FAILURES:
            raise err
        _LOGGER.debug("No history of %s: %s", self._entry.title, err or type(err).__name__)
        report.left_out += [LeftOut(measurement=target.measurement.key, reason=err.reason) for target in targets]

    async def _fetch(self, number: int, metric: Metric, targets: Sequence[_Target]) -> dict[Period, Sequence[Point]]:
        """Fetch the series that have hours which are missing of any of the entities."""
        series: dict[Period, Sequence[Point]] = {}
        backend = self._coordinator.backend
        for period in Period:
            if any(target.missing.get(period) for target in targets):
                async with self._requests:
                    series[period] = await self._coordinator.ask(partial(backend.history, number, metric, period))
                self._failures = 0
        return series

    def _entity_ids(self, identity: str, report: ServerReport) -> dict[str, Measurement]:
        """Return the entities that are wanted of a server, as far as they are recorded."""
        registry = er.async_get(self._hass)
        is_recorded = get_instance(self._hass).entity_filter
        entity_ids: dict[str, Measurement] = {}
        for measurement in self._measurements:
            unique_id = f"{self._entry.entry_id}_{identity}_{measurement.key}"
            entity_id = registry.async_get_entity_id("sensor", DOMAIN, unique_id)
            entity = registry.async_get(entity_id) if entity_id else None
            if entity_id is None or entity is None or entity.disabled_by:
                report.left_out.append(LeftOut(measurement=measurement.key, reason=DISABLED))
            elif is_recorded is not None and not is_recorded(entity_id):
                report.left_out.append(LeftOut(measurement=measurement.key, reason=NOT_RECORDED))
            else:
                entity_ids[entity_id] = measurement
        return entity_ids

    async def _look_up(self, entity_ids: Mapping[str, Measurement], now: int, report: ServerReport) -> list[_Target]:
        """Return what the recorder lacks of entities."""
        instance = get_instance(self._hass)
        # What is about to be written is there already, as far as we are concerned.
        await instance.async_block_till_done()
        begin = now - self._period.length - HOUR
        metadata, hours, minutes = await instance.async_add_executor_job(
            _read_recorder, self._hass, entity_ids, begin, now
        )
        wanted = bands(self._period, now)
        targets = []
        for entity_id, measurement in entity_ids.items():
            rows = hours.get(entity_id, [])
            there = {int(row["start"]) for row in rows}
            missing = {period: chosen - there for period, chosen in wanted.items()}
            if not any(missing.values()):
                report.left_out.append(LeftOut(measurement=measurement.key, reason=NOTHING_MISSING))
                continue
            # The first five minutes after the last hour that may be imported: what is under way joins on to it.
            after = max(max(chosen, default=0) for chosen in wanted.values()) + HOUR
            following = next((row for row in minutes.get(entity_id, []) if row["start"] >= after), None)
            known = metadata.get(entity_id) or self._new_metadata(entity_id, measurement)
            targets.append(
                _Target(
                    measurement=measurement,
                    entity_id=entity_id,
                    unit=known["unit_of_measurement"],
                    metadata=known,
                    rows=[*rows, *([following] if following else [])],
                    missing=missing,
                )
            )
        return targets

    def _new_metadata(self, entity_id: str, measurement: Measurement) -> StatisticMetaData:
        """Describe statistics that the recorder has none of yet, as it would do it."""
        state, entity = self._hass.states.get(entity_id), er.async_get(self._hass).async_get(entity_id)
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) if state else None
        unit = unit or (entity.unit_of_measurement if entity else None) or measurement.unit
        converter = measurement.converter or STATISTIC_UNIT_TO_UNIT_CONVERTER.get(unit)
        return {
            "mean_type": StatisticMeanType.NONE if measurement.is_counter else StatisticMeanType.ARITHMETIC,
            "has_sum": measurement.is_counter,
            "name": None,
            "source": "recorder",
            "statistic_id": entity_id,
            "unit_class": converter.UNIT_CLASS if converter else None,
            "unit_of_measurement": unit,
        }

    def _write_means(self, target: _Target, series: Series, host: Host | None, report: ServerReport) -> None:
        share_of = target.measurement.share_of
        total = share_of(host) if share_of and host else None
        if share_of and not total:
            report.left_out.append(LeftOut(measurement=target.measurement.key, reason=NO_DATA))
            return
        factor = 100 / total if total else 1

        def shown(value: float) -> float:
            return target.from_native(value * factor)

        means = hourly_means(series, target.missing)
        rows: list[StatisticData] = []
        for start in sorted(means):
            hour = means[start]
            row: StatisticData = {"start": _moment(start), "mean": shown(hour.mean)}
            if hour.least is not None and hour.greatest is not None:
                row |= {"min": shown(hour.least), "max": shown(hour.greatest)}
            rows.append(row)
        self._write(target, sorted(means), rows, report)

    def _write_sums(self, target: _Target, series: Series, uptime: Series, report: ServerReport) -> None:
        known = readings(series, uptime, _with_present(series))
        rows = [
            Row(
                end=int(row["end"]),
                state=target.to_native(row["state"]),
                sum=target.to_native(row["sum"]),
                booted=row.get("last_reset"),
            )
            for row in target.rows
            if row.get("state") is not None and row.get("sum") is not None
        ]
        sums = fit_sums(known, rows, {hour for hours in target.missing.values() for hour in hours})
        for reason, hours in ((NOT_JOINED, sums.unanchored), (BEFORE_REBOOT, sums.uncounted)):
            if hours:
                report.left_out.append(LeftOut(measurement=target.measurement.key, reason=reason, hours=hours))
        self._write(
            target,
            [hour.start for hour in sums.hours],
            [_sum_row(target, hour) for hour in sums.hours],
            report,
            is_explained=bool(sums.unanchored or sums.uncounted),
        )

    def _write(
        self,
        target: _Target,
        starts: Sequence[int],
        rows: Sequence[StatisticData],
        report: ServerReport,
        *,
        is_explained: bool = False,
    ) -> None:
        key = target.measurement.key
        if not rows:
            if not is_explained:
                report.left_out.append(LeftOut(measurement=key, reason=NO_DATA))
            return
        async_import_statistics(self._hass, target.metadata, rows)
        report.written.append(
            Written(measurement=key, entity_id=target.entity_id, hours=len(starts), first=starts[0], last=starts[-1])
        )


def _with_present(series: Series) -> Mapping[Period, Iterable[int]]:
    """Return all hours of each series that no finer one has: those that the recorder has say when boots were."""
    found: dict[Period, Iterable[int]] = {}
    taken: set[int] = set()
    for period in Period:
        hours = {
            hour
            for point in series.get(period, ())
            for hour in range(point.start // HOUR * HOUR, point.start + period.step, HOUR)
        }
        found[period] = hours - taken
        taken |= hours
    return found


def _sum_row(target: _Target, hour: HourSum) -> StatisticData:
    return {
        "start": _moment(hour.start),
        "last_reset": _moment(hour.booted),
        "state": target.from_native(hour.state),
        "sum": target.from_native(hour.sum),
    }


def _read_recorder(
    hass: HomeAssistant, entity_ids: Mapping[str, Measurement], begin: int, now: int
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the metadata of statistics, their hours from a moment on, and the counters' five minutes of late."""
    metadata = {key: each for key, (_, each) in get_metadata(hass, statistic_ids=set(entity_ids)).items()}
    counters = {key for key, measurement in entity_ids.items() if measurement.is_counter}
    hours: dict[str, Any] = {}
    minutes: dict[str, Any] = {}
    # The unit is that of the statistics: of entities that have different ones, each is asked by itself.
    for entity_id in entity_ids:
        known = metadata.get(entity_id)
        unit_class, unit = (known["unit_class"], known["unit_of_measurement"]) if known else (None, None)
        units = {unit_class: unit} if unit_class and unit else None
        hours |= statistics_during_period(
            hass, _moment(begin), None, {entity_id}, "hour", units, {"mean", "state", "sum", "last_reset"}
        )
        if entity_id in counters:
            minutes |= statistics_during_period(
                hass, _moment(now - 2 * HOUR), None, {entity_id}, "5minute", units, {"state", "sum", "last_reset"}
            )
    return metadata, hours, minutes


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _failed(err: NezhaError) -> HomeAssistantError:
    if isinstance(err, MissingScopeError):
        return HomeAssistantError(
            translation_domain=DOMAIN, translation_key="lacks_scope", translation_placeholders={"scope": err.scope}
        )
    return HomeAssistantError(translation_domain=DOMAIN, translation_key=err.reason)


def _invalid(key: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key)
