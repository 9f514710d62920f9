import sqlite3
from contextlib import closing
from pathlib import Path

from tests.backend.support import LogFile, served


def test_cells_of_an_older_database_are_made_anew(tmp_path: Path) -> None:
    """Level 1 covered 4,096 steps up to revision 0002."""
    with served(tmp_path) as backend:
        log = LogFile(backend.folder("long")).header()
        for step in range(1, 6001):
            log.step(step, values={"train/loss": float(step % 700)})
        log.step(6001, values={}, nonfinite={"train/loss": "nan"})
        backend.wait_for("long", step=6001)
        with backend.deck.db.read() as session:
            place = session.connection().exec_driver_sql("PRAGMA database_list").one()[2]
        cells = "SELECT metric, no, level, cells, others FROM cell ORDER BY metric, no, level"
        expected = _all(place, cells)
    assert {level for _, _, level, _, _ in expected} == {0, 1}
    with closing(sqlite3.connect(place)) as database:
        database.execute("UPDATE cell SET cells = x'', others = x'' WHERE level = 1")
        database.execute("UPDATE alembic_version SET version_num = '0002'")
        database.commit()
    with served(tmp_path):
        assert _all(place, cells) == expected


def _all(place: str, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(place)) as database:
        return database.execute(query).fetchall()
