"""What a server's public note says of its price and plan."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from ..api import Billing, Plan, Term
from ..entity import UNAVAILABLE, EntityAdder, ServerEntity, Unavailable
from ..figures import billing_cycle, days_left
from ..fleet import KnownServer
from ..runtime.coordinator import NezhaCoordinator
from .base import Reading, ReadingSensor


@dataclass(frozen=True, kw_only=True)
class BillingDescription(SensorEntityDescription):
    """A part of the billing; `value_fn` also gets the present moment, in the user's time zone."""

    value_fn: Callable[[Billing, datetime], str | int | datetime | None]


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


def _describe(known: KnownServer) -> Iterator[BillingDescription | PlanDescription]:
    """Say which parts of its note a server has."""
    note = known.server.public_note
    if note.billing:
        yield from BILLING
    if note.plan:
        yield from PLAN


def _create(
    coordinator: NezhaCoordinator, identity: str, description: BillingDescription | PlanDescription
) -> BillingSensor | PlanSensor:
    if isinstance(description, BillingDescription):
        return (PriceSensor if description is PRICE else BillingSensor)(coordinator, identity, description)
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
        return Reading(self._value(known)) if (known := self.known) else UNAVAILABLE

    @abstractmethod
    def _value(self, known: KnownServer) -> str | int | datetime | None:
        """Return what the note says."""


class BillingSensor(NoteSensor):
    """A part of the billing, recounted every hour: a renewed term has started, or another day.

    Each day starts with a full hour, but not each has a midnight: where clocks are put forward at 0:00 it starts at 1:00.
    """

    entity_description: BillingDescription

    @override
    async def async_added_to_hass(self) -> None:
        """Wait for the hour."""
        await super().async_added_to_hass()
        self.async_on_remove(async_track_time_change(self.hass, self._handle_hour, minute=0, second=0))

    @callback
    @override
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is."""
        super().async_entity_id_changed(old_entity_id)

    @callback
    def _handle_hour(self, _: datetime) -> None:
        self._handle_coordinator_update()

    @override
    def _value(self, known: KnownServer) -> str | int | datetime | None:
        billing = known.server.public_note.billing
        return self.entity_description.value_fn(billing, dt_util.now()) if billing else None


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


class PlanSensor(NoteSensor):
    """A part of the plan."""

    entity_description: PlanDescription

    @override
    def _value(self, known: KnownServer) -> str | int | datetime | None:
        plan = known.server.public_note.plan
        return (self.entity_description.value_fn(plan) or None) if plan else None
