"""Rebuilds the database from the run folders alone: for a broken one, or one that a person does not trust.

What no run folder holds is taken over from the old database, if that can be read: the registered data sets, the queued
runs, and which agent has claimed what is running. The old one is kept beside the new one until the next rebuild.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from services.backend.database.db import Database
from services.backend.ingest.read_ahead import STARTED_AT_BYTES, ReadAhead
from services.backend.ingest.run_folders import RunFolders
from services.backend.lock import hold
from services.backend.settings import Settings
from trainer.contract.rundir import parse_log_name

TRANSACTION_S = 0.5
"""How long one transaction may take."""

Progress = Callable[[int, int], None]
"""Called with the bytes of logs that were read, and of all logs."""


class Rebuilt(msgspec.Struct):
    runs: int
    steps: int
    seconds: float
    old: Path | None
    """The new path of the old database."""


def rebuild(settings: Settings, progress: Progress) -> Rebuilt:
    """Read all run folders into a new database and put it in the old one's place. Raises: StartupError, OSError."""
    locks: list[int] = []
    try:
        for path in (settings.logs_dir / ".loradeck.lock", settings.state_dir / "lock"):
            locks.append(hold(path))
        return _rebuild(settings, progress)
    finally:
        for fd in locks:
            os.close(fd)


def _rebuild(settings: Settings, progress: Progress) -> Rebuilt:
    started = time.monotonic()
    old = settings.database
    new = old.with_name(f"{old.name}.new")
    _remove(new)
    db = Database(new)
    try:
        _read_all(db, settings.logs_dir, progress)
        _take_over(db, old)
        with db.read() as session:
            query = "SELECT count(*), coalesce(sum(step), 0) FROM run"
            runs, steps = session.connection().exec_driver_sql(query).one()
    finally:
        db.close()
    kept = _put_aside(old)
    os.replace(new, old)
    return Rebuilt(runs, steps, time.monotonic() - started, kept)


def _read_all(db: Database, logs_dir: Path, progress: Progress) -> None:
    ahead = ReadAhead()
    with closing(ahead):
        _read_all_by(RunFolders(logs_dir, ahead), ahead, db, logs_dir, progress)


def _read_all_by(folders: RunFolders, ahead: ReadAhead, db: Database, logs_dir: Path, progress: Progress) -> None:
    due = dict(sorted(folders.due(db, time.time(), thorough=True).items()))
    sizes = {run_id: _bytes_of_logs(logs_dir / run_id) for run_id in due}
    total = sum(sizes.values())
    if total >= STARTED_AT_BYTES:
        ahead.start()
    while due:
        deadline = time.monotonic() + TRANSACTION_S
        with db.write() as write:
            while due and time.monotonic() < deadline:
                run_id = next(iter(due))
                if not folders.read_on(write, run_id):
                    del due[run_id]
            (read,) = write.sql.execute("SELECT coalesce(sum(offset), 0) FROM log").fetchone()
        progress(min(read, total), total)


def _take_over(db: Database, old: Path) -> None:
    """Copy what only the old database knows, as far as it can still be read."""
    if not old.exists():
        return
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(f"file:{old}?mode=ro", uri=True)) as known:
        datasets = known.execute("SELECT name, base_path, metadata_path, rows, created_at FROM dataset").fetchall()
        queued = known.execute(
            "SELECT queued_at, created_at, code, message, id FROM run WHERE state = 'queued'"
        ).fetchall()
        claims = known.execute(
            "SELECT claimed_by, claimed_at, id, attempt.attempt FROM attempt JOIN run ON pk = run_pk"
            " WHERE claimed_by IS NOT NULL AND exit IS NULL AND NOT cancelled"
        ).fetchall()
        with db.write() as write:
            write.sql.executemany(
                "INSERT OR IGNORE INTO dataset (name, base_path, metadata_path, rows, created_at)"
                " VALUES (?, ?, ?, ?, ?)",
                datasets,
            )
            write.sql.executemany(
                "UPDATE run SET queued_at = ?, created_at = ?, code = ?, message = ?, wanted = 'run', state = 'queued',"
                " ended_at = NULL WHERE id = ?",
                queued,
            )
            write.sql.executemany(
                "UPDATE attempt SET claimed_by = ?, claimed_at = ?"
                " WHERE run_pk = (SELECT pk FROM run WHERE id = ?) AND attempt = ? AND exit IS NULL",
                claims,
            )


def _put_aside(old: Path) -> Path | None:
    if not old.exists():
        return None
    kept = old.with_name(f"{old.name}.old")
    _remove(kept)
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(old)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            os.replace(f"{old}{suffix}", f"{kept}{suffix}")
    return kept


def _remove(database: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)


def _bytes_of_logs(folder: Path) -> int:
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat().st_size for entry in entries if parse_log_name(entry.name) is not None)
    except OSError:
        return 0
