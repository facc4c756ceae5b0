"""The part of the soak that runs inside Home Assistant counts what is there."""

from contextlib import closing
import sqlite3

from scripts.soak_run.soak_probe import take_census


def test_large_memory_in_use_is_counted_until_it_is_given_back() -> None:
    before = take_census()["figures"]["heap"]
    kept = [bytearray(10**5) for _ in range(100)]
    during = take_census()["figures"]["heap"]
    del kept
    after = take_census()["figures"]["heap"]
    assert during - before > 9 * 10**6
    assert during - after > 9 * 10**6


def test_pages_of_a_database_are_counted_apart() -> None:
    before = take_census()["figures"]
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("create table pages (page)")
        database.executemany("insert into pages values (?)", [("x" * 1000,) for _ in range(10**4)])
        during = take_census()["figures"]
    assert during["pages"] - before["pages"] > 9 * 10**6
    assert during["heap"] - before["heap"] < 10**6


def test_small_memory_in_use_is_counted() -> None:
    before = take_census()["figures"]["blocks"]
    kept = [object() for _ in range(10**5)]
    during = take_census()["figures"]["blocks"]
    assert during - before > 0.9 * len(kept)
