"""Gathers what remains of a soak from Home Assistant's folder, and has it judged."""

from dataclasses import replace

from harness.homeassistant import Entity

from .database import Records, read
from .judge import Findings, judge_hours, judge_ids, judge_log, judge_memory, judge_range, judge_secrets, judge_traffic
from .ledger import GIB, TRAFFIC
from .run import Soak
from .site import Site

_MAY_HAVE_CREDENTIALS = "core.config_entries"


def judge_all(findings: Findings, soak: Soak, *, plant: bool) -> str:
    """Judge memory, statistics, entity ids, logs and files. `plant` adds a byte to a sum first; return whose it is."""
    before, after = soak.quiet
    judge_memory(findings, before, after, sum(len(site.dashboard.servers) for site in soak.sites))
    traffic = {
        f"{site.entry_id}_{identity}_{name}": (site, identity, direction)
        for site in soak.sites
        for identity, _ in site.faithful
        for direction, name in enumerate(TRAFFIC)
    }
    records = read(soak.home.folder, (soak.ids[unique_id] for unique_id in traffic if unique_id in soak.ids))
    # A byte is planted in five minutes alone: what the hour has of them was right.
    judge_hours(findings, records)
    planted = _plant(records, [soak.ids[unique_id] for unique_id in traffic if unique_id in soak.ids]) if plant else ""
    for unique_id, (site, identity, direction) in traffic.items():
        entity_id = soak.ids.get(unique_id, "")
        judge_traffic(
            findings,
            f"{entity_id or unique_id} of {site}",
            site.dashboard.histories[identity],
            direction,
            records.states.get(entity_id, ()),
            records.statistics.get(entity_id, ()),
            is_over=identity in site.gone,
            wrong_clocks=site.wrong_clocks,
        )
    for entity_id, (site, entity) in soak.entities.items():
        if entity.key not in TRAFFIC:
            _judge_measurement(findings, records, entity_id, site, entity)
    judge_ids(findings, soak.ids, soak.last_ids, lambda unique_id: not _is_of_present(soak, unique_id))
    for log in sorted(soak.home.logs.iterdir()):
        judge_log(findings, log.name, log.read_text(encoding="utf-8", errors="replace"))
    files = (file for file in soak.home.folder.rglob("*") if file.is_file() and not file.is_symlink())
    judge_secrets(findings, files, [s for site in soak.sites for s in site.secrets], _MAY_HAVE_CREDENTIALS)
    return planted


def _judge_measurement(findings: Findings, records: Records, entity_id: str, site: Site, entity: Entity) -> None:
    rows = records.statistics.get(entity_id, [])
    if entity.server is None or entity.server in site.victims or entity.key.startswith("cycle_"):
        findings.figures["statistics of which mutated replies may have lied"] += len(rows)
    else:
        judge_range(findings, entity_id, site.dashboard.histories[entity.server].ranges.get(entity.key), rows)


def _is_of_present(soak: Soak, unique_id: str) -> bool:
    """Whether an entity is the dashboard's own, or of a server that it has."""
    return any(
        unique_id.startswith(f"{site.entry_id}_{site.identify(server)}_")
        for site in soak.sites
        for server in site.dashboard.servers.values()
    )


def _plant(records: Records, entity_ids: list[str]) -> str:
    entity_id = next(entity_id for entity_id in entity_ids if records.statistics.get(entity_id))
    rows = records.statistics[entity_id]
    rows[-1] = replace(rows[-1], sum=(rows[-1].sum or 0) + 1 / GIB)
    return entity_id
