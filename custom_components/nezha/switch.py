"""Whether each alert rule of the dashboard is in force."""

from collections.abc import Callable
import time
from typing import Any, override

from homeassistant.components.switch import DOMAIN as SWITCH_DOMAIN, SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import AlertRule, AlertRuleChangedError, NezhaError
from .const import DOMAIN
from .entity import UNAVAILABLE, EntityAdder, HubEntity, Unavailable
from .runtime.coordinator import NezhaConfigEntry, NezhaCoordinator
from .runtime.limits import LISTS_WITHOUT, SECONDS_WITHOUT
from .runtime.listeners import AlertRuleOf

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant, entry: NezhaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a switch for each alert rule, where the credential may change them."""
    coordinator = entry.runtime_data
    adder = EntityAdder(
        coordinator,
        async_add_entities,
        things=lambda: coordinator.alert_rules.by_key,
        describe=lambda rule: (
            SwitchEntityDescription(key=rule.key, translation_key="alert_rule", entity_registry_enabled_default=False),
        ),
        create=AlertRuleSwitch,
    )
    SwitchPruner(coordinator).async_start(on_removed=adder.forget)
    await adder.async_start()


class SwitchPruner:
    """Removes the switches of rules that are gone, some time after they went. An answer that failed says nothing of them."""

    def __init__(self, coordinator: NezhaCoordinator) -> None:
        """Look up what is registered."""
        self._coordinator = coordinator
        self._registry = er.async_get(coordinator.hass)
        self._prefix = f"{coordinator.config_entry.entry_id}_"
        registered = er.async_entries_for_config_entry(self._registry, coordinator.config_entry.entry_id)
        self._known = {each.unique_id.removeprefix(self._prefix) for each in registered if each.domain == SWITCH_DOMAIN}
        self._answers = 0
        self._missing: dict[str, tuple[int, float]] = {}
        """How many answers lack one of these, and since when."""

    @callback
    def async_start(self, on_removed: Callable[[str], None]) -> None:
        """Look at each answer; `on_removed` is called with the key of what is removed."""

        @callback
        def look() -> None:
            if self._answers != self._coordinator.alert_rules.answers:
                self._answers = self._coordinator.alert_rules.answers
                self._look(on_removed)

        look()
        self._coordinator.config_entry.async_on_unload(self._coordinator.async_add_listener(look))

    def _look(self, on_removed: Callable[[str], None]) -> None:
        listed = self._coordinator.alert_rules.by_key.keys()
        self._known |= listed
        now = time.monotonic()
        self._missing = {key: self._missing.get(key, (0, now)) for key in self._known - listed}
        for key, (answers, since) in self._missing.items():
            self._missing[key] = answers + 1, since
            if answers + 1 >= LISTS_WITHOUT and now - since >= SECONDS_WITHOUT:
                self._known.discard(key)
                if entity_id := self._registry.async_get_entity_id(SWITCH_DOMAIN, DOMAIN, f"{self._prefix}{key}"):
                    self._registry.async_remove(entity_id)
                on_removed(key)


class AlertRuleSwitch(HubEntity[bool | None], SwitchEntity):
    """An alert rule. It is known by number and time of creation: the number of one that was deleted is given again."""

    _always_fits = False
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, coordinator: NezhaCoordinator, key: str, description: SwitchEntityDescription) -> None:
        """Bind the switch to its rule, and follow its name."""
        super().__init__(coordinator, description, AlertRuleOf(key))
        self._key = key
        self._follow_name()

    @property
    def rule(self) -> AlertRule | None:
        """The rule, while the dashboard answers and lists it."""
        coordinator = self.coordinator
        return coordinator.alert_rules.by_key.get(self._key) if coordinator.last_update_success else None

    @override
    def _read_placeholders(self) -> dict[str, str] | None:
        rule = self.coordinator.alert_rules.by_key.get(self._key)
        return {"rule": rule.name} if rule else None

    @override
    def _read(self) -> bool | Unavailable | None:
        return rule.enabled if (rule := self.rule) else UNAVAILABLE

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the rule is in force."""
        return self.shown

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Put the rule in force."""
        await self._switch(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Suspend the rule: the dashboard does not look whether it is broken."""
        await self._switch(enabled=False)

    async def _switch(self, *, enabled: bool) -> None:
        coordinator = self.coordinator
        if (rule := self.rule) is None:
            reason = coordinator.reason or AlertRuleChangedError.reason
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key=reason)
        try:
            await coordinator.ask(lambda: coordinator.alert_rules.switch(rule, enabled=enabled))
        except NezhaError as err:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key=err.reason) from err
        coordinator.async_update_listeners()
