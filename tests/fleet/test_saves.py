"""A server whose boots never end does not write the store for ever; the first of its boots are on disk at once."""

from custom_components.nezha.fleet.limits import BOOT_PAUSE, BOOTS_A_DAY
from custom_components.nezha.fleet.saves import UrgentBoots

from .world import DAY, NOW, Watch, reported


def test_one_a_minute() -> None:
    boots = UrgentBoots()
    assert [at for at in range(0, 200, 2) if boots.admit("1", at)] == [0, 60, 120, 180]


def test_ten_a_day() -> None:
    boots = UrgentBoots()
    admitted = [at for at in range(0, 2 * DAY, BOOT_PAUSE) if boots.admit("1", at)]
    assert len(admitted) == 2 * BOOTS_A_DAY
    assert admitted[BOOTS_A_DAY] == DAY


def test_each_server_has_its_own() -> None:
    boots = UrgentBoots()
    assert boots.admit("1", 0)
    assert not boots.admit("1", 1)
    assert boots.admit("2", 1)


def test_it_is_forgotten_after_a_day() -> None:
    boots = UrgentBoots()
    boots.admit("1", 0)
    boots.forget_before(DAY - 1)
    assert not boots.admit("1", 1)
    boots.forget_before(DAY)
    assert boots.admit("1", 1)


def test_of_a_server_whose_boots_never_end(watch: Watch) -> None:
    """Each is accepted, and shown; few of them are written at once."""
    watch.sees(NOW, reported(NOW, net=10**9))
    assert watch.booted
    written = 0
    for turn in range(1, 100):
        now = NOW + 62 * turn
        known = watch.sees(now, reported(now, boot=now - 1, net=1_000 - turn))
        assert known.memory.last_reset == now - 1
        written += watch.booted
    assert written == BOOTS_A_DAY


def test_the_first_boots_of_many_servers_are_written(watch: Watch) -> None:
    for number in range(1, 20):
        watch.sees(NOW + number, *(reported(NOW + number, listed) for listed in range(1, number + 1)))
        assert watch.booted
