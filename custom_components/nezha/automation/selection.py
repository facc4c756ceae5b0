"""Which servers, services or dashboards a trigger or condition is about: a target, or all that there are and will be."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.typing import ConfigType

from ..const import CONF_GROUPS, DOMAIN
from ..runtime.coordinator import NezhaConfigEntry
from ..runtime.devices import key_of
from .meanings import Kind, Meaning, Reading, Subject
from .things import fold_groups, is_in_groups, unique_id_prefix

CONF_DASHBOARD: Final = "dashboard"


class Selection:
    """What is chosen: the entities of a target that have the meaning, or without one everything of that kind.

    A dashboard and groups narrow either. Everything includes what comes later.
    """

    def __init__(
        self, hass: HomeAssistant, meaning: Meaning, target: ConfigType | None, options: Mapping[str, Any]
    ) -> None:
        """Take a target and options as they were validated."""
        self.meaning = meaning
        self._hass = hass
        self._target = TargetSelection(target or {})
        self._options = options
        self._dashboard: str | None = options.get(CONF_DASHBOARD) or None
        self._groups = fold_groups(options.get(CONF_GROUPS, []))
        self._targeted: dict[tuple[str, str], set[str]] | None = None

    def forget_target(self) -> None:
        """Look the target up anew next time: a registry has changed."""
        self._targeted = None

    @property
    def has_target(self) -> bool:
        """Whether a target says what is meant."""
        return self._target.has_any_target

    def entries(self) -> list[NezhaConfigEntry]:
        """Return the dashboards that are meant, whatever their state."""
        entries: list[NezhaConfigEntry] = self._hass.config_entries.async_entries(DOMAIN)
        return [entry for entry in entries if self._dashboard in (None, entry.entry_id)]

    def subjects(self, entry: NezhaConfigEntry) -> Iterator[Subject]:
        """Yield what is meant of a dashboard now."""
        targeted = self._look_up() if self.has_target else None
        for key in self.keys(entry):
            for part in self.meaning.parts(entry, key, self._options):
                subject = Subject(entry.entry_id, key, part)
                if targeted is None or not {part, ""}.isdisjoint(targeted[entry.entry_id, key]):
                    yield subject

    def readings(self, entry: NezhaConfigEntry) -> Iterator[tuple[Subject, Reading]]:
        """Yield what is known of that."""
        for subject in self.subjects(entry):
            if (reading := self.meaning.read(entry, subject)) is not None:
                yield subject, reading

    def keys(self, entry: NezhaConfigEntry) -> Iterator[str]:
        """Yield the keys of the servers or services that are meant now, whatever is known of them."""
        targeted = self._look_up() if self.has_target else None
        for key in self._all_keys(entry):
            if targeted is None or (entry.entry_id, key) in targeted:
                yield key

    def _all_keys(self, entry: NezhaConfigEntry) -> Iterator[str]:
        if self.meaning.kind is Kind.DASHBOARD:
            yield ""
        if entry.state is not ConfigEntryState.LOADED:
            return
        coordinator = entry.runtime_data
        disabled = coordinator.devices.disabled
        match self.meaning.kind:
            case Kind.SERVER:
                for identity, known in coordinator.data.items():
                    if identity not in disabled and is_in_groups(known, self._groups):
                        yield identity
            case Kind.SERVICE:
                yield from (key for key in coordinator.services if key not in disabled)

    def _look_up(self) -> Mapping[tuple[str, str], set[str]]:
        """Find what the entities of the target show, those of a category included: parts by entry and key."""
        if self._targeted is None:
            selected = async_extract_referenced_entity_ids(self._hass, self._target, primary_entities_only=False)
            self._targeted = {}
            for entity_id in selected.referenced | selected.indirectly_referenced:
                if subject := self._subject_of(entity_id):
                    self._targeted.setdefault((subject.entry_id, subject.key), set()).add(subject.part)
        return self._targeted

    def _subject_of(self, entity_id: str) -> Subject | None:
        """Return what an entity of ours shows, if that is what is meant; its part is empty where it shows every part."""
        entity = er.async_get(self._hass).async_get(entity_id)
        if entity is None or entity.platform != DOMAIN or entity.disabled_by or not entity.config_entry_id:
            return None
        entry = self._hass.config_entries.async_get_entry(entity.config_entry_id)
        device = dr.async_get(self._hass).async_get(entity.device_id) if entity.device_id else None
        if entry is None or device is None:
            return None
        key = key_of(entry, device) or ""
        match = self.meaning.entities.fullmatch(entity.unique_id.removeprefix(unique_id_prefix(entry.entry_id, key)))
        return Subject(entry.entry_id, key, match.groupdict().get("part") or "") if match else None
