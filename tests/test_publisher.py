"""Whom a change concerns."""

from dataclasses import replace
from datetime import UTC, datetime

from custom_components.nezha.api import Alert, AlertKind, Server, Service, Task, TrafficCycle
from custom_components.nezha.fleet import KnownServer, Memory
from custom_components.nezha.runtime.listeners import AlertOf, CyclesOf, FactsOf, LatencyOf, ServiceOf, TaskOf
from custom_components.nezha.runtime.publisher import Published, changed_topics

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)


def known(identity: str) -> KnownServer:
    """Return a server of which little is known."""
    number = int(identity)
    server = Server(
        identity=identity,
        number=number,
        name=f"server {number}",
        groups=(),
        ipv4="",
        ipv6="",
        country="",
        last_active=1,
        host=None,
        state=None,
    )
    return KnownServer(server=server, memory=Memory(online=True), state=None)


CYCLE = TrafficCycle(number=1, name="Monthly", start=BEGIN, end=BEGIN, limit=0, used={1: 5})
SERVICE = Service(number=1, name="Web", current_up=1, current_down=0, delay=(), up=(), down=())
TASK = Task(number=1, name="Backup", last_run=None, last_result=None)
RULE = Alert(kind=AlertKind.RULE, number=1, name="Monthly", enabled=True, created=7)
NOTIFIES = replace(RULE, kind=AlertKind.SERVICE)
BEFORE = Published(
    servers={"1": known("1"), "2": known("2")},
    cycles={"1": [CYCLE]},
    services={"service_1": SERVICE, "service_2": SERVICE},
    tasks={"task_1": TASK, "task_2": TASK},
    alert_rules={"alert_rule_1_7": RULE},
    service_alerts={"service_1": NOTIFIES},
)


def test_nothing_changed() -> None:
    assert set(changed_topics(BEFORE, replace(BEFORE))) == set()


def test_a_changed_rule_concerns_whom_it_counts() -> None:
    after = replace(BEFORE, cycles={"1": [replace(CYCLE, used={1: 6})]})
    assert set(changed_topics(BEFORE, after)) == {CyclesOf("1")}
    assert set(changed_topics(BEFORE, replace(BEFORE, cycles={}))) == {CyclesOf("1")}


def test_a_service_concerns_itself() -> None:
    after = replace(BEFORE, services={**BEFORE.services, "service_2": replace(SERVICE, current_up=2)})
    assert set(changed_topics(BEFORE, after)) == {ServiceOf("service_2")}


def test_a_task_concerns_its_button() -> None:
    assert set(changed_topics(BEFORE, replace(BEFORE, tasks={"task_1": TASK}))) == {TaskOf("task_2")}


def test_an_alert_rule_concerns_its_switch() -> None:
    after = replace(BEFORE, alert_rules={"alert_rule_1_7": replace(RULE, enabled=False)})
    assert set(changed_topics(BEFORE, after)) == {AlertOf("alert_rule_1_7")}


def test_whether_a_service_notifies_concerns_its_switch() -> None:
    after = replace(BEFORE, service_alerts={"service_1": replace(NOTIFIES, enabled=False)})
    assert set(changed_topics(BEFORE, after)) == {AlertOf("service_1")}


def test_a_report_concerns_the_measurements_of_its_server() -> None:
    after = replace(BEFORE, servers={**BEFORE.servers, "1": replace(BEFORE.servers["1"], report=7)})
    assert set(changed_topics(BEFORE, after)) == {"1"}


def test_a_fact_concerns_whatever_is_shown_of_its_server() -> None:
    offline = replace(BEFORE.servers["1"], memory=Memory(online=False))
    after = replace(BEFORE, servers={**BEFORE.servers, "1": offline})
    assert set(changed_topics(BEFORE, after)) == {"1", FactsOf("1"), CyclesOf("1")}


def test_an_outage_concerns_all() -> None:
    assert set(changed_topics(BEFORE, replace(BEFORE, success=False))) == {
        *("1", "2", FactsOf("1"), FactsOf("2"), CyclesOf("1"), CyclesOf("2"), LatencyOf("1"), LatencyOf("2")),
        *(AlertOf("alert_rule_1_7"), AlertOf("service_1")),
        *(ServiceOf("service_1"), ServiceOf("service_2"), TaskOf("task_1"), TaskOf("task_2")),
    }
