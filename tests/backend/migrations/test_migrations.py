import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from services.backend.database.backup import back_up
from services.backend.database.db import Database
from services.backend.errors import StartupError
from tests.harness.backend import LogFile, served


def test_cells_of_an_older_database_are_made_anew(tmp_path: Path) -> None:
    """Level 1 covered 4,096 steps up to revision 0002."""
    with served(tmp_path) as backend:
        log = LogFile(backend.folder("long")).header()
        for step in range(1, 6001):
            log.step(step, values={"train/loss": float(step % 700)})
        log.step(6001, values={}, nonfinite={"train/loss": "nan"})
        backend.wait_for("long", step=6001)
        with backend.runtime.db.read() as session:
            place = session.connection().exec_driver_sql("PRAGMA database_list").one()[2]
        cells = "SELECT metric, no, level, cells, others FROM cell ORDER BY metric, no, level"
        expected = _all(place, cells)
    assert {level for _, _, level, _, _ in expected} == {0, 1}
    with closing(sqlite3.connect(place)) as database:
        database.execute("UPDATE cell SET cells = x'', others = x'' WHERE level = 1")
        database.commit()
    older(Path(place), "0002")
    with served(tmp_path):
        assert _all(place, cells) == expected


def _all(place: str, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(place)) as database:
        return database.execute(query).fetchall()


def older(place: Path, revision: str) -> None:
    """Make it a database of `revision`, which is 0002 or 0003, as far as its tables allow."""
    with closing(sqlite3.connect(place)) as database:
        if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'task'").fetchone():
            database.execute("DROP TABLE task")
            database.execute("ALTER TABLE agent DROP COLUMN tasks")
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        database.commit()


def revision_of(place: Path) -> str:
    ((revision,),) = _all(str(place), "SELECT version_num FROM alembic_version")
    return str(revision)


def test_a_database_is_copied_before_it_is_brought_up_to_date(tmp_path: Path) -> None:
    place = tmp_path / "state" / "loradeck.db"
    with served(tmp_path) as backend:
        LogFile(backend.folder("old")).header().steps(1, 5).end()
        backend.wait_for("old", state="succeeded")
    head = revision_of(place)
    assert _copies(place) == []
    older(place, "0002")
    with served(tmp_path) as backend:
        assert backend.run("old")["step"] == 5
    (copy,) = _copies(place)
    assert copy.name == "loradeck.db.before-0002"
    assert (revision_of(copy), revision_of(place)) == ("0002", head)
    assert _all(str(copy), "PRAGMA integrity_check") == [("ok",)]
    assert _all(str(copy), "SELECT id, step FROM run") == [("old", 5)]
    with served(tmp_path):
        assert _copies(place) == [copy]

    for suffix in ("-wal", "-shm"):
        Path(f"{place}{suffix}").unlink(missing_ok=True)
    copy.rename(place)
    with served(tmp_path) as backend:
        assert backend.run("old")["step"] == 5, "the copy can be put back"


def test_the_newest_two_copies_are_kept(tmp_path: Path) -> None:
    place = tmp_path / "a.db"
    Database(place).close()
    for revision in ("0007", "0001", "0004"):
        older(place, revision)
        back_up(place, revision)
    assert sorted(copy.name for copy in _copies(place)) == ["a.db.before-0001", "a.db.before-0004"]


def test_without_room_for_the_copy_nothing_is_changed_and_nothing_starts(tmp_path: Path) -> None:
    place = tmp_path / "a.db"
    Database(place).close()
    older(place, "0002")
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, hard))
    try:
        with pytest.raises(StartupError, match=r"is full: the database is copied .* Nothing was changed\."):
            Database(place)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert revision_of(place) == "0002"
    assert [path.name for path in tmp_path.iterdir() if "before" in path.name] == []
    Database(place).close()
    assert revision_of(place) != "0002"


def _copies(place: Path) -> list[Path]:
    return sorted(place.parent.glob(f"{place.name}.before-*"))
