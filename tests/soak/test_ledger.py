"""The ledger has every report of a dashboard once, whoever asked."""

import pytest

from scripts.soak_run.ledger import History, Report, WatchedDashboard
from simulator import ODDITIES, Server


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dashboard(clock: Clock) -> WatchedDashboard:
    dashboard = WatchedDashboard(lambda server: server.machine.uuid)
    dashboard.clock = clock
    return dashboard


def counters(history: History) -> list[tuple[int, int]]:
    return [(report.boot, report.counters[0]) for report in history.reports]


@pytest.fixture
def server(dashboard: WatchedDashboard) -> Server:
    return dashboard.add_server("alpha")


def test_every_report_once(dashboard: WatchedDashboard, server: Server, clock: Clock) -> None:
    for _ in range(5):
        clock.now += 1
        dashboard.advance()
        dashboard.advance()
    reports = dashboard.history(server).reports
    assert [report.at for report in reports] == sorted({report.at for report in reports})
    assert len(reports) == 3
    assert reports[-1] == Report(server.last_active, 0, (server.state.net_in_transfer, server.state.net_out_transfer))


def test_a_reboot_begins_anew(dashboard: WatchedDashboard, server: Server, clock: Clock) -> None:
    dashboard.advance()
    server.machine.reboot(net_in_rate=100)
    clock.now += 2
    dashboard.advance()
    assert counters(dashboard.history(server))[-1] == (1, 200)


def test_a_blank_is_no_report(dashboard: WatchedDashboard, server: Server, clock: Clock) -> None:
    dashboard.advance()
    reports = len(dashboard.history(server).reports)
    dashboard.restart()
    dashboard.advance()
    assert server.state is None
    assert len(dashboard.history(server).reports) == reports


def test_the_least_and_the_most(dashboard: WatchedDashboard, server: Server, clock: Clock) -> None:
    loads = []
    for _ in range(10):
        clock.now += 2
        dashboard.advance()
        loads.append(server.state.cpu)
    cpu = dashboard.history(server).ranges["cpu"]
    assert (cpu.least, cpu.most) == (min(loads), max(loads))


def test_what_cannot_be_is_neither_a_report_nor_in_a_range(
    dashboard: WatchedDashboard, server: Server, clock: Clock
) -> None:
    dashboard.advance()
    before = list(dashboard.history(server).reports)
    for name in ("transfer_underflow", "memory_underflow", "speed_overflow"):
        server.machine.pin(**ODDITIES[name])
    clock.now += 2
    dashboard.advance()
    assert dashboard.history(server).reports == before
    ranges = dashboard.history(server).ranges
    assert ranges["memory"].most <= 100
    assert ranges["net_in_speed"].most < 10**10
