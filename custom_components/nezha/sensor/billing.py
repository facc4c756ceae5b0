"""What a server's public note says of its price and plan."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from ..api import Billing, Plan, Term
from ..costs import Money, price_per_month, remaining_value
from ..entity import UNAVAILABLE, EntityAdder, ServerEntity, Unavailable
from ..figures import billing_cycle, days_left
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator
from .base import HourlySensor, Reading, ReadingSensor


@dataclass(frozen=True, kw_only=True)
class BillingDescription(SensorEntityDescription):
    """A part of the billing; `value_fn` also gets the present moment, in the user's time zone."""

    value_fn: Callable[[Billing, datetime], str | int | datetime | None]


@dataclass(frozen=True, kw_only=True)
class MoneyDescription(SensorEntityDescription):
    """An amount of money; `money_fn` also gets the present moment."""

    money_fn: Callable[[Billing, datetime], Money | None]
    device_class: SensorDeviceClass | None = SensorDeviceClass.MONETARY
    entity_registry_enabled_default: bool = False
    suggested_display_precision: int | None = 2


@dataclass(frozen=True, kw_only=True)
class PlanDescription(SensorEntityDescription):
    """A part of the plan."""

    value_fn: Callable[[Plan], str]


def _price(billing: Billing, _: datetime) -> str | None:
    if billing.free:
        return "free"
    return "pay_as_you_go" if billing.pay_as_you_go else billing.amount or None


PRICE = BillingDescription(
    key="price",
    translation_key="price",
    entity_registry_enabled_default=False,
    value_fn=_price,
)
BILLING: tuple[BillingDescription, ...] = (
    BillingDescription(
        key="expiry",
        translation_key="expiry",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda billing, now: billing.expiry(now),
    ),
    BillingDescription(
        key="days_left",
        translation_key="days_left",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.DAYS,
        suggested_display_precision=0,
        entity_registry_enabled_default=False,
        value_fn=days_left,
    ),
    BillingDescription(
        key="term",
        translation_key="term",
        device_class=SensorDeviceClass.ENUM,
        options=[term.value for term in Term],
        entity_registry_enabled_default=False,
        value_fn=lambda billing, now: billing.term_at(now),
    ),
    PRICE,
    BillingDescription(
        key="billing_cycle",
        translation_key="billing_cycle",
        entity_registry_enabled_default=False,
        value_fn=lambda billing, _: billing_cycle(billing),
    ),
)
MONEY: tuple[MoneyDescription, ...] = (
    MoneyDescription(
        key="price_per_month",
        translation_key="price_per_month",
        money_fn=lambda billing, _: price_per_month(billing),
    ),
    MoneyDescription(key="remaining_value", translation_key="remaining_value", money_fn=remaining_value),
)
PLAN: tuple[PlanDescription, ...] = (
    PlanDescription(
        key="plan_traffic",
        translation_key="plan_traffic",
        entity_registry_enabled_default=False,
        value_fn=lambda plan: plan.traffic,
    ),
    PlanDescription(
        key="plan_bandwidth",
        translation_key="plan_bandwidth",
        entity_registry_enabled_default=False,
        value_fn=lambda plan: plan.bandwidth,
    ),
)


type _Description = BillingDescription | MoneyDescription | PlanDescription


def _describe(known: KnownServer) -> Iterator[_Description]:
    """Say which parts of its note a server has."""
    note = known.server.public_note
    if note.billing:
        yield from BILLING
        yield from MONEY
    if note.plan:
        yield from PLAN


def _create(coordinator: NezhaCoordinator, identity: str, description: _Description) -> NoteSensor:
    match description:
        case MoneyDescription():
            return MoneySensor(coordinator, identity, description)
        case BillingDescription():
            return (PriceSensor if description is PRICE else BillingSensor)(coordinator, identity, description)
        case PlanDescription():
            return PlanSensor(coordinator, identity, description)


async def add_billing_sensors(
    coordinator: NezhaCoordinator, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of every server whose note has these parts."""
    await EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.data,
        parts=lambda known: (known.server.public_note.billing is None, known.server.public_note.plan is None),
        describe=_describe,
        create=_create,
    ).async_start()


class NoteSensor(ServerEntity[Reading], ReadingSensor):
    """A part of a server's public note; it stays while the server is offline."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @override
    def _read(self) -> Reading | Unavailable:
        return self._reading(known) if (known := self.known) else UNAVAILABLE

    @abstractmethod
    def _reading(self, known: KnownServer) -> Reading:
        """Return what the note says."""


class BillingSensor(NoteSensor, HourlySensor[Reading]):
    """A part of the billing."""

    entity_description: BillingDescription

    @override
    def _reading(self, known: KnownServer) -> Reading:
        billing = known.server.public_note.billing
        return Reading(self.entity_description.value_fn(billing, dt_util.now()) if billing else None)


class PriceSensor(BillingSensor):
    """The price as written, and in figures where these can be read."""

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return the price in figures."""
        billing = known.server.public_note.billing if (known := self.known) else None
        if billing is None or (price := billing.price) is None:
            return None
        return {"amount": price.value, "currency": price.currency}


class MoneySensor(NoteSensor, HourlySensor[Reading]):
    """An amount of money, in the currency of the note."""

    entity_description: MoneyDescription

    @override
    def _reading(self, known: KnownServer) -> Reading:
        billing = known.server.public_note.billing
        money = self.entity_description.money_fn(billing, dt_util.now()) if billing else None
        return Reading(money.rounded, unit=money.currency or None) if money else Reading()

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """Return the currency."""
        return self.shown.unit if self.shown else None


class PlanSensor(NoteSensor):
    """A part of the plan."""

    entity_description: PlanDescription

    @override
    def _reading(self, known: KnownServer) -> Reading:
        plan = known.server.public_note.plan
        return Reading((self.entity_description.value_fn(plan) or None) if plan else None)
