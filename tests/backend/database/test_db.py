import sqlite3
import threading
from collections.abc import Collection
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from services.backend.database.cursor import clock
from services.backend.database.db import Database, raw
from services.backend.database.tables import Dataset
from services.backend.errors import is_disk_full


def row(name: str) -> Dataset:
    return Dataset(name=name, base_path=name, metadata_path="m", rows=1, created_at=0.0)


def names(db: Database) -> list[str]:
    with db.read() as session:
        return [name for (name,) in raw(session).execute("SELECT name FROM dataset ORDER BY id")]


def test_the_migrations_make_the_tables(db: Database) -> None:
    with db.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    identity = []
    for _ in range(2):
        db = Database(tmp_path / "a.db")
        with db.read() as session:
            identity.append(clock(session))
        db.close()
    assert identity[0] == identity[1]


def test_two_databases_have_different_ids(tmp_path: Path) -> None:
    ids = set()
    for name in "ab":
        db = Database(tmp_path / f"{name}.db")
        with db.read() as session:
            ids.add(clock(session)[0])
        db.close()
    assert len(ids) == 2


def test_a_write_is_whole_or_not_at_all(db: Database) -> None:
    heard: list[Collection[str] | None] = []
    db.on_commit = heard.append

    def fail_half_way() -> None:
        with db.write() as write:
            write.session.add(row("half"))
            write.session.flush()
            assert write.tick == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert (names(db), heard) == ([], [])
    with db.write() as write:
        write.session.add(row("whole"))
    assert (names(db), heard) == (["whole"], []), "nobody asked for a tick"
    with db.write() as write:
        assert write.tick == write.tick == 1
        write.about = {"a"}
    with db.write() as write:
        assert write.tick == 2
    assert heard == [{"a"}, None]


def test_a_reader_sees_the_last_commit_for_as_long_as_it_reads(db: Database) -> None:
    with db.read() as session:
        assert raw(session).execute("SELECT count(*) FROM dataset").fetchone() == (0,)
        with db.write() as write:
            write.session.add(row("a"))
        assert raw(session).execute("SELECT count(*) FROM dataset").fetchone() == (0,)
    assert names(db) == ["a"]


def test_writers_take_turns(db: Database) -> None:
    def add(worker: int) -> None:
        for number in range(20):
            with db.write() as write:
                write.session.add(row(f"{worker}-{number}"))
                assert write.tick

    threads = [threading.Thread(target=add, args=(worker,)) for worker in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(db)) == 100
    with db.read() as session:
        assert clock(session)[1] == 100


def test_readers_cannot_write(db: Database) -> None:
    with db.read() as session, pytest.raises(sqlite3.OperationalError, match="readonly"):
        raw(session).execute("DELETE FROM dataset")


def test_a_full_disk_is_told_from_other_errors(db: Database) -> None:
    with db.write() as write:
        (pages,) = write.sql.execute("PRAGMA page_count").fetchone()
        write.sql.execute(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        with db.write() as write:
            for number in range(1000):
                write.session.add(row(f"{number}" * 100))
                write.session.flush()

    with pytest.raises(OperationalError) as full:
        fill()
    assert is_disk_full(full.value)
    assert names(db) == []
    assert not is_disk_full(sqlite3.OperationalError("no such table"))
    assert not is_disk_full(OSError(2, "No such file"))
    assert is_disk_full(OSError(28, "No space left on device"))
    assert is_disk_full(OSError(122, "Quota exceeded"))
