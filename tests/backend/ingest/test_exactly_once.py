"""The tail as a whole, file to rows: random partial writes, crashes around the commit, truncation and replacement."""

import os
import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.backend.database.db import Database, Write
from services.backend.ingest.run_folders import RunFolders
from tests.harness.backend import LogFile

numbers = count(1)
CRASHES = ("before", "in", "after")
crash = st.sampled_from([None, None, None, *CRASHES])
write = st.tuples(st.just("write"), st.integers(1, 900))
poll = st.tuples(st.just("poll"), crash)
rewrite = st.tuples(st.sampled_from(["truncate", "replace"]), st.integers(0, 2000))
other = st.tuples(st.just("other"), st.integers(1, 3000))
bounded = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


class Crash(Exception):
    pass


class Exploding:
    """A connection whose n-th statement is never run."""

    def __init__(self, sql: sqlite3.Connection, statements: int) -> None:
        self._sql, self._left = sql, statements

    def __getattr__(self, name: str) -> Any:
        if name.startswith("execute"):
            self._left -= 1
            if self._left < 0:
                raise Crash
        return getattr(self._sql, name)


class Reader:
    """A backend's reading thread that can be killed at any moment."""

    def __init__(self, db: Database, logs_dir: Path, run_id: str) -> None:
        self._db, self._logs_dir, self._run_id = db, logs_dir, run_id
        self._folders = RunFolders(logs_dir)
        self._statements = 0

    def poll(self, crash: str | None = None) -> bool:
        try:
            with self._db.write() as write:
                if crash == "in":
                    self._statements = (self._statements + 1) % 12
                    write.sql = Exploding(write.sql, self._statements)  # type: ignore[assignment]
                more = self._folders.read_on(write, self._run_id)
                if crash in ("before", "in"):
                    raise Crash
        except Crash:
            self._folders = RunFolders(self._logs_dir)
            return True
        if crash == "after":
            self._folders = RunFolders(self._logs_dir)
        return more

    def finish(self) -> None:
        while self.poll():
            pass


def rows(db: Database, run_id: str) -> list[tuple[int, int]]:
    """Every stored (seq, step) of a run."""
    with db.read() as session:
        return [
            (seq, step)
            for seq, step in session.connection().exec_driver_sql(
                "SELECT point.seq, point.step FROM point JOIN log ON log.pk = log_pk"
                " JOIN run ON run.pk = run_pk WHERE id = ?",
                (run_id,),
            )
        ]


def fault_codes(db: Database, run_id: str) -> set[str]:
    with db.read() as session:
        query = "SELECT fault.code FROM fault JOIN run ON run.pk = run_pk WHERE id = ?"
        return {code for (code,) in session.connection().exec_driver_sql(query, (run_id,))}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    db = Database(tmp_path_factory.mktemp("db") / "loradeck.db")
    yield db
    db.close()


class Scene:
    """One run's log, of which line n holds step n and seq n, and its reader."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db, self.run_id = db, f"run-{next(numbers)}"
        source = LogFile(folder / "source" / self.run_id)
        self.stream = source.header().steps(1, 60).path.read_bytes()
        self.path = folder / "logs" / self.run_id / "1.jsonl"
        self.path.parent.mkdir(parents=True)
        self.path.touch()
        self.reader = Reader(db, folder / "logs", self.run_id)
        self.written = 0
        self.stored = 0
        """The most whole lines that lay in the file when it was read."""

    def write(self, size: int) -> None:
        with open(self.path, "ab") as file:
            file.write(self.stream[self.written : self.written + size])
        self.written = min(self.written + size, len(self.stream))

    def poll(self, crash: str | None) -> None:
        self.reader.poll(crash)
        if crash not in ("before", "in"):
            self.stored = max(self.stored, self.lines)

    @property
    def lines(self) -> int:
        return self.stream[: self.written].count(b"\n")

    def act(self, kind: str, value: Any) -> None:
        if kind == "write":
            self.write(value)
        elif kind == "poll":
            self.poll(value)
        else:
            self.written = min(value, len(self.stream))
            if kind == "truncate":
                os.truncate(self.path, 0)
                self.path.write_bytes(self.stream[: self.written])
            else:
                new = self.path.with_name("new")
                new.write_bytes(self.stream[: self.written])
                os.replace(new, self.path)


@bounded
@given(actions=st.lists(st.one_of(write, poll), min_size=3, max_size=30))
def test_every_appended_step_is_stored_once(
    database: Database, tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, Any]]
) -> None:
    scene = Scene(database, tmp_path_factory.mktemp("scene"))
    for kind, value in actions:
        scene.act(kind, value)
    scene.reader.finish()
    assert sorted(rows(database, scene.run_id)) == [(n, n) for n in range(1, scene.lines)]
    assert fault_codes(database, scene.run_id) == set()


@bounded
@given(actions=st.lists(st.one_of(write, poll, rewrite), min_size=3, max_size=30))
def test_a_log_that_is_rewritten_loses_and_doubles_nothing(
    database: Database, tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, Any]]
) -> None:
    scene = Scene(database, tmp_path_factory.mktemp("scene"))
    for kind, value in actions:
        scene.act(kind, value)
    scene.reader.finish()
    expected = max(scene.stored, scene.lines)
    assert sorted(rows(database, scene.run_id)) == [(n, n) for n in range(1, expected)]
    assert fault_codes(database, scene.run_id) <= {"rewritten", "truncated"}


@bounded
@given(
    before=st.lists(st.one_of(write, poll), min_size=1, max_size=12),
    after=st.lists(st.one_of(other, poll), min_size=1, max_size=12),
)
def test_another_log_in_its_place_is_shown_and_not_mixed_in(
    database: Database,
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[str, Any]],
    after: list[tuple[str, Any]],
) -> None:
    folder = tmp_path_factory.mktemp("scene")
    scene = Scene(database, folder)
    for kind, value in before:
        scene.act(kind, value)
    scene.poll(None)
    known = rows(database, scene.run_id)
    if not scene.stored:
        return
    intruder = LogFile(folder / "intruder" / scene.run_id, log_id="log-2").header().steps(1001, 1060).path.read_bytes()
    scene.path.write_bytes(b"")
    there = 0
    for kind, value in after:
        if kind == "other":
            with open(scene.path, "ab") as file:
                file.write(intruder[there : there + value])
            there = min(there + value, len(intruder))
        else:
            scene.reader.poll(value)
    scene.reader.finish()
    assert rows(database, scene.run_id) == known
    if b"\n" in intruder[:there]:
        assert "replaced" in fault_codes(database, scene.run_id)


def test_the_marker_is_what_tells_a_rewritten_log(
    database: Database, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Size and inode alone do not: the test above would fail without the marker."""
    monkeypatch.setattr("services.backend.ingest.tail._mark", lambda head, tail: b"")
    scene = Scene(database, tmp_path_factory.mktemp("scene"))
    scene.write(1500)
    scene.poll(None)
    intruder = LogFile(scene.path.parents[2] / "intruder", log_id="log-2").header().steps(1001, 1060)
    scene.path.write_bytes(intruder.path.read_bytes())
    scene.reader.finish()
    assert any(step > 1000 for _, step in rows(database, scene.run_id)) or fault_codes(database, scene.run_id)
    assert "replaced" not in fault_codes(database, scene.run_id)


def test_the_write_is_what_a_reader_sees_whole(database: Database, tmp_path: Path) -> None:
    """Rows and offset are in one transaction: whoever reads in between sees neither."""
    scene = Scene(database, tmp_path)
    scene.write(3000)
    with database.write() as write:
        assert isinstance(write, Write)
        RunFolders(tmp_path / "logs").read_on(write, scene.run_id)
        assert rows(database, scene.run_id) == []
    assert rows(database, scene.run_id)
