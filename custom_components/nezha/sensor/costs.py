"""What all servers of a dashboard cost together, by currency, and which of them have to be paid for soon."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from ..api import Billing, Term
from ..costs import MOST_CURRENCIES, Costs, add_up, sums_of
from ..entity import UNAVAILABLE, EntityAdder, Unavailable
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator
from .base import HourlySensor, Reading, ReadingSensor
from .hub import FleetEntity

_NOTHING = Decimal("0.00")
_MOST_NAMES = 50
"""Servers that are named in attributes."""


@dataclass(frozen=True, kw_only=True)
class SumDescription(SensorEntityDescription):
    """A sum in a currency."""

    sums_fn: Callable[[Costs], Mapping[str, Decimal]]
    currency: str = ""
    device_class: SensorDeviceClass | None = SensorDeviceClass.MONETARY
    suggested_display_precision: int | None = 2


SUMS: tuple[SumDescription, ...] = (
    SumDescription(
        key="price_per_month", translation_key="price_per_month_of_all", sums_fn=lambda costs: costs.monthly
    ),
    SumDescription(
        key="remaining_value", translation_key="remaining_value_of_all", sums_fn=lambda costs: costs.remaining
    ),
)
DUE = SensorEntityDescription(key="due", translation_key="due")


class CostBook:
    """The costs of a dashboard's servers, added up anew where a note has changed or another hour has started."""

    def __init__(self, coordinator: NezhaCoordinator) -> None:
        """Add up nothing yet."""
        self._coordinator = coordinator
        self._servers: Mapping[str, KnownServer] | None = None
        self._disabled: frozenset[str] = frozenset()
        self._source: tuple[Mapping[str, Billing], datetime] | None = None
        self._costs = Costs(monthly={}, remaining={}, due=())
        self._currencies: Mapping[str, tuple[str, ...]] = {}

    @property
    def costs(self) -> Costs:
        """What the servers cost whose device is not disabled."""
        self._look()
        return self._costs

    @property
    def currencies(self) -> Mapping[str, tuple[str, ...]]:
        """The currencies that have sensors, under one key; nothing while no note has a billing.

        One in which nothing costs anything any more stays until the next start. There are never more than `MOST_CURRENCIES`.
        """
        self._look()
        return self._currencies

    def _look(self) -> None:
        coordinator, now = self._coordinator, dt_util.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        servers, disabled = coordinator.data, coordinator.devices.disabled
        if self._source and self._source[1] == hour and self._servers is servers and self._disabled == disabled:
            return
        self._servers, self._disabled = servers, disabled
        billings = {
            identity: billing
            for identity, known in servers.items()
            if identity not in disabled and (billing := known.server.public_note.billing)
        }
        if self._source == (billings, hour):
            return
        self._source, self._costs = (billings, hour), add_up(billings, now)
        known = self._currencies.get("costs", ())
        all_of = tuple(dict.fromkeys((*known, *self._costs.monthly, *self._costs.remaining)))[:MOST_CURRENCIES]
        if all_of != known or (billings and not self._currencies):
            self._currencies = {"costs": all_of}


async def add_cost_sensors(coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the sensors of each currency, once a note has a billing."""
    book = CostBook(coordinator)

    def create(coordinator: NezhaCoordinator, _: str, description: SensorEntityDescription) -> SumSensor | DueSensor:
        if isinstance(description, SumDescription):
            return SumSensor(coordinator, description, book)
        return DueSensor(coordinator, description, book)

    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: book.currencies,
        parts=lambda currencies: currencies,
        describe=_describe,
        create=create,
    ).async_start()


def _describe(currencies: tuple[str, ...]) -> Iterator[SensorEntityDescription]:
    yield DUE
    for currency in currencies:
        for description in SUMS:
            yield replace(description, key=f"{description.key}_{currency.lower()}", currency=currency)


class CostSensor[ShownT](FleetEntity[ShownT], HourlySensor[ShownT], SensorEntity):
    """A figure of the costs of all servers."""

    _always_fits = False

    def __init__(self, coordinator: NezhaCoordinator, description: SensorEntityDescription, book: CostBook) -> None:
        """Share the book of all."""
        super().__init__(coordinator, description)
        self._book = book

    @override
    def _newest_report(self) -> object:
        # Nothing here is measured.
        return None


class SumSensor(CostSensor[Reading], ReadingSensor):
    """A sum in a currency."""

    entity_description: SumDescription

    def __init__(self, coordinator: NezhaCoordinator, description: SumDescription, book: CostBook) -> None:
        """Name the currency."""
        super().__init__(coordinator, description, book)
        self._attr_translation_placeholders = {"currency": description.currency}
        self._attr_native_unit_of_measurement = description.currency

    @override
    def _read(self) -> Reading | Unavailable:
        if not self.coordinator.last_update_success:
            return UNAVAILABLE
        description = self.entity_description
        return Reading(description.sums_fn(self._book.costs).get(description.currency, _NOTHING))


@dataclass(frozen=True, slots=True)
class _Named:
    """How many servers are due, and what is told of them."""

    count: int
    attributes: Mapping[str, Any]


class DueSensor(CostSensor[_Named]):
    """How many servers renew or expire within 30 days, which, and what that comes to."""

    _unrecorded_attributes = frozenset({"renews", "expires", "amounts"})

    @override
    def _read(self) -> _Named | Unavailable:
        if not self.coordinator.last_update_success:
            return UNAVAILABLE
        due = self._book.costs.due
        names = {each.identity: self._name_of(each.identity) for each in due[:_MOST_NAMES]}
        return _Named(
            len(due),
            {
                "renews": [names[each.identity] for each in due[:_MOST_NAMES] if each.term is Term.RENEWS],
                "expires": [names[each.identity] for each in due[:_MOST_NAMES] if each.term is Term.EXPIRES],
                "amounts": {currency: str(sum_of) for currency, sum_of in sums_of(each.price for each in due).items()},
            },
        )

    @property
    @override
    def native_value(self) -> int | None:
        """Return how many servers there are."""
        return self.shown.count if self.shown else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return the servers by what happens to them, the next first, and the prices of all by currency."""
        return self.shown.attributes if self.shown else None
