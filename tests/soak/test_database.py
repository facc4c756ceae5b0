"""What the recorder kept is read as it stands."""

from pathlib import Path
import sqlite3

from scripts.soak_run.database import FILE, Row, read


def test_the_database_is_read(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as database:
        database.executescript("""
            create table states_meta (metadata_id integer, entity_id text);
            create table states (metadata_id integer, last_updated_ts real, state text);
            create table statistics_meta (id integer, statistic_id text);
            create table statistics_short_term
                (metadata_id integer, start_ts real, min real, mean real, max real, state real, sum real);
            create table statistics as select * from statistics_short_term;
            insert into states_meta values (1, 'sensor.a'), (2, 'sensor.b');
            insert into states values (1, 12, '2.5'), (1, 10, '1.5'), (1, 11, 'unavailable'), (2, 10, '9');
            insert into statistics_meta values (7, 'sensor.a');
            insert into statistics_short_term values (7, 300, null, null, null, 2.5, 1.0), (7, 0, 1, 2, 3, null, null);
        """)
    database.close()
    records = read(tmp_path, ["sensor.a"])
    assert records.states == {"sensor.a": [(10, "1.5"), (12, "2.5")]}
    assert records.statistics == {"sensor.a": [Row(0, 1, 2, 3, None, None), Row(300, None, None, None, 2.5, 1.0)]}
    assert records.hourly == {}
