"""Whether each alert rule of the dashboard is in force, and whether each of its services notifies."""

from collections.abc import Callable, Mapping
import time
from typing import Any, override

from homeassistant.components.switch import DOMAIN as SWITCH_DOMAIN, SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import Alert, AlertRuleChangedError, NezhaError, ServiceChangedError
from .const import DOMAIN
from .entity import UNAVAILABLE, EntityAdder, HubEntity, NezhaEntity, ServiceEntity, Unavailable
from .runtime.alerts import Alerts, key_of_alert
from .runtime.coordinator import NezhaConfigEntry, NezhaCoordinator
from .runtime.limits import LISTS_WITHOUT, SECONDS_WITHOUT
from .runtime.listeners import AlertOf

PARALLEL_UPDATES = 1

NOTIFICATIONS = SwitchEntityDescription(
    key="notifications", translation_key="notifications", entity_registry_enabled_default=False
)


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a switch for each alert rule and each service, where the credential may change them."""
    coordinator = entry.runtime_data
    rules = EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.alert_rules.by_key,
        describe=lambda rule: (
            SwitchEntityDescription(
                key=key_of_alert(rule), translation_key="alert_rule", entity_registry_enabled_default=False
            ),
        ),
        create=AlertRuleSwitch,
    )
    services = EntityAdder(
        coordinator,
        async_add_entities,
        things=ServicesThatNotify(coordinator),
        describe=lambda _: (NOTIFICATIONS,),
        create=NotificationsSwitch,
    )
    suffix = f"_{NOTIFICATIONS.key}"
    SwitchPruner(coordinator, coordinator.service_alerts, suffix).async_start(on_removed=services.forget)
    SwitchPruner(coordinator, coordinator.alert_rules, but=suffix).async_start(on_removed=rules.forget)
    await rules.async_start()
    await services.async_start()


class ServicesThatNotify:
    """The services whose notifications can be switched, and that have a device: v1 lists some that it shows nobody."""

    def __init__(self, coordinator: NezhaCoordinator) -> None:
        """Know none yet."""
        self._coordinator = coordinator
        self._by_key: Mapping[str, Alert] = {}

    def __call__(self) -> Mapping[str, Alert]:
        """Return them by the key of their device, the same mapping while nothing changes."""
        shown = self._coordinator.services
        by_key = {key: each for key, each in self._coordinator.service_alerts.by_key.items() if key in shown}
        if by_key != self._by_key:
            self._by_key = by_key
        return self._by_key


class SwitchPruner:
    """Removes the switches of what is gone, some time after it went. An answer that failed says nothing of it."""

    def __init__(self, coordinator: NezhaCoordinator, alerts: Alerts, suffix: str = "", but: str | None = None) -> None:
        """Look up what is registered: the switches whose key ends with `suffix`, and not with `but`."""
        self._coordinator = coordinator
        self._alerts = alerts
        self._registry = er.async_get(coordinator.hass)
        self._prefix, self._suffix = f"{coordinator.config_entry.entry_id}_", suffix
        registered = er.async_entries_for_config_entry(self._registry, coordinator.config_entry.entry_id)
        self._known = {
            each.unique_id.removeprefix(self._prefix).removesuffix(suffix)
            for each in registered
            if each.domain == SWITCH_DOMAIN
            and each.unique_id.endswith(suffix)
            and not (but and each.unique_id.endswith(but))
        }
        self._answers = 0
        self._missing: dict[str, tuple[int, float]] = {}
        """How many answers lack one of these, and since when."""

    @callback
    def async_start(self, on_removed: Callable[[str], None]) -> None:
        """Look at each answer; `on_removed` is called with the key of what is removed."""

        @callback
        def look() -> None:
            if self._answers != self._alerts.answers:
                self._answers = self._alerts.answers
                self._look(on_removed)

        look()
        self._coordinator.config_entry.async_on_unload(self._coordinator.async_add_listener(look))

    def _look(self, on_removed: Callable[[str], None]) -> None:
        listed = self._alerts.by_key.keys()
        self._known |= listed
        now = time.monotonic()
        self._missing = {key: self._missing.get(key, (0, now)) for key in self._known - listed}
        for key, (answers, since) in self._missing.items():
            self._missing[key] = answers + 1, since
            if answers + 1 >= LISTS_WITHOUT and now - since >= SECONDS_WITHOUT:
                self._known.discard(key)
                unique_id = f"{self._prefix}{key}{self._suffix}"
                if entity_id := self._registry.async_get_entity_id(SWITCH_DOMAIN, DOMAIN, unique_id):
                    self._registry.async_remove(entity_id)
                on_removed(key)


class AlertSwitch(NezhaEntity[bool | None], SwitchEntity):
    """Whether the dashboard notifies of something."""

    _always_fits = False
    _attr_entity_category = EntityCategory.CONFIG
    _gone: type[NezhaError]
    """What is raised where it is there no more."""
    _alerts: Alerts
    """All of the kind."""
    _key: str

    @override
    def _read(self) -> bool | Unavailable | None:
        if not self.coordinator.last_update_success or (alert := self._alerts.by_key.get(self._key)) is None:
            return UNAVAILABLE
        return alert.enabled

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether it notifies."""
        return self.shown

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Have the dashboard notify."""
        await self._switch(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Have the dashboard notify no more; it does not look whether a rule is broken."""
        await self._switch(enabled=False)

    async def _switch(self, *, enabled: bool) -> None:
        coordinator, alerts = self.coordinator, self._alerts
        if self._read() is UNAVAILABLE:
            reason = coordinator.reason or self._gone.reason
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key=reason)
        try:
            await coordinator.ask(lambda: alerts.switch(self._key, enabled=enabled))
        except NezhaError as err:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key=err.reason) from err
        coordinator.async_update_listeners()


class AlertRuleSwitch(AlertSwitch, HubEntity[bool | None]):
    """An alert rule. It is known by number and time of creation: the number of one that was deleted is given again."""

    _gone = AlertRuleChangedError

    def __init__(self, coordinator: NezhaCoordinator, key: str, description: SwitchEntityDescription) -> None:
        """Bind the switch to its rule, and follow its name."""
        super().__init__(coordinator, description, AlertOf(key))
        self._alerts, self._key = coordinator.alert_rules, key
        self._follow_name()

    @override
    def _read_placeholders(self) -> dict[str, str] | None:
        rule = self._alerts.by_key.get(self._key)
        return {"rule": rule.name} if rule else None


class NotificationsSwitch(AlertSwitch, ServiceEntity[bool | None]):
    """Whether the dashboard notifies of a service that fails, or succeeds again."""

    _gone = ServiceChangedError

    def __init__(self, coordinator: NezhaCoordinator, key: str, description: SwitchEntityDescription) -> None:
        """Bind the switch to its service."""
        super().__init__(coordinator, key, description, AlertOf(key))
        self._alerts = coordinator.service_alerts
