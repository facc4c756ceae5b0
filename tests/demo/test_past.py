"""The past that the demo's recorder is given is the simulated fleet's own."""

from itertools import pairwise

import pytest

from harness.rules import Place
from scripts.demo_home.past import DAY, FIVE_MINUTES, HOUR, Past, periods
from simulator import Dashboard, populate

BORN = 1_800_000_000.0


@pytest.fixture
def dashboard() -> Dashboard:
    """Return the fleet as the simulator's own process makes it, a minute later."""
    dashboard = Dashboard(lambda: BORN + 60)
    populate(dashboard, 8, eventful=True, born=BORN)
    dashboard.advance()
    return dashboard


@pytest.mark.parametrize("generation", ["v0", "v2"])
def test_the_past_leads_to_what_the_dashboard_says(dashboard: Dashboard, generation: str) -> None:
    past = Past(generation, 8, BORN)
    compared = 0
    for server in dashboard.servers.values():
        identity = str(server.id) if generation == "v0" else server.machine.uuid
        state = server.state
        value = past.value(Place(identity, None, "cpu"), server.last_active or 0)
        assert (value is None) == (state is None)
        if value is not None and state is not None:
            compared += 1
            assert str(value) == str(round(state.cpu, 1))
    assert compared == 7


@pytest.mark.parametrize("key", ["cpu", "memory", "net_in_speed", "load_15", "temperature_coretemp_package_id_0"])
def test_a_measurement_has_thirty_days(dashboard: Dashboard, key: str) -> None:
    place = Place(dashboard.servers[1].machine.uuid, None, key)
    told = list(periods(Past("v2", 8, BORN), place, BORN - 30 * DAY, BORN, HOUR, 3))
    assert len(told) == 720
    assert all(period.least <= period.mean <= period.most for period in told)
    assert len({period.mean for period in told}) > 10


def test_a_counter_grows_and_starts_anew_at_a_boot(dashboard: Dashboard) -> None:
    server = dashboard.servers[1]
    assert server.host
    place = Place(server.machine.uuid, None, "net_in_transfer")
    told = list(periods(Past("v2", 8, BORN), place, BORN - 30 * DAY, BORN, HOUR, 1))
    boots = {period.reset for period in told}
    assert max(boots) == server.host.boot_time
    assert len(boots) == 2
    for before, after in pairwise(told):
        assert (after.last < before.last) == (after.reset != before.reset)


def test_a_sum_goes_on_over_a_boot() -> None:
    demo_past = pytest.importorskip("scripts.demo_home.demo_past")
    past = Past("v2", 8, BORN)
    dashboard = Dashboard(lambda: BORN)
    populate(dashboard, 8, born=BORN)
    place = Place(dashboard.servers[1].machine.uuid, None, "net_in_transfer")
    long = list(periods(past, place, BORN - 30 * DAY, BORN, HOUR, 1))
    short = list(periods(past, place, BORN - DAY, BORN, FIVE_MINUTES, 1))
    filled = demo_past.Filled("sensor.x", "GiB", True, [], short, long)
    sums = [row["sum"] for row in filled.rows(1, long)]
    assert sums == sorted(sums)
    assert sums[0] == 0
    assert [row["sum"] for row in filled.rows(1, short)][-1] >= sums[-1]


@pytest.mark.parametrize(
    ("key", "server", "service"),
    [
        ("online", "1", None),
        ("up", None, "1"),
        ("servers", None, None),
        ("cpu", "nobody", None),
        ("latency", None, "99"),
    ],
)
def test_what_is_no_number_has_no_past(key: str, server: str | None, service: str | None) -> None:
    assert Past("v0", 8, BORN).value(Place(server, service, key), BORN) is None
