"""A data set's manifest: one SQLite file that holds what its source listed, what is known of each file, and what a
person decided. The source itself is never written to.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from services.backend.sets.formats import Entry, Fault, read

SCHEMA = 1
_CHUNK = 2_000
"""Rows between two reports of progress."""

_TABLES = """
CREATE TABLE item (
    id INTEGER PRIMARY KEY,     -- in the order of the source
    line INTEGER NOT NULL,
    file TEXT NOT NULL,         -- as the source names it
    path TEXT NOT NULL,         -- absolute
    caption TEXT NOT NULL,
    is_image INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    changed_ns INTEGER NOT NULL -- of the file: when it was written last
);
CREATE INDEX item_by_path ON item (path);
CREATE TABLE fault (line INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL);
CREATE INDEX fault_by_code ON fault (code);
"""


@dataclass(frozen=True)
class Imported:
    """`faults`: how many rows could not be used, by code."""

    items: int
    images: int
    faults: dict[str, int]


class Manifest:
    """An open manifest. One writer at a time; for one thread."""

    def __init__(self, path: Path) -> None:
        """Raises: OSError, sqlite3.DatabaseError."""
        self._sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        self._sql.close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield self._sql
            self._sql.execute("COMMIT")
        except BaseException:
            self._sql.execute("ROLLBACK")
            raise

    def counts(self) -> Imported:
        items, images = self._sql.execute("SELECT COUNT(*), COALESCE(SUM(is_image), 0) FROM item").fetchone()
        faults = self._sql.execute("SELECT code, COUNT(*) FROM fault GROUP BY code ORDER BY COUNT(*) DESC, code")
        return Imported(items, images, dict(faults.fetchall()))

    def faults(self, limit: int) -> list[Fault]:
        found = self._sql.execute("SELECT line, code, message FROM fault ORDER BY line LIMIT ?", (limit,))
        return [Fault(*row) for row in found.fetchall()]


def make(
    path: Path, source: Path, base: Path, roots: Iterable[Path], progress: Callable[[int], None] = lambda rows: None
) -> Imported:
    """Import `source` into a new manifest at `path`, whole or not at all. No file is opened but the source.

    Relative names begin at `base`. A file outside of `roots` is a fault, whether by its name or by a link. `progress`
    is told how many rows have been read. Raises: Unreadable, OSError.
    """
    temporary = path.with_name(f".{path.name}.new")
    for leftover in (temporary, Path(f"{temporary}-wal"), Path(f"{temporary}-shm")):
        leftover.unlink(missing_ok=True)
    manifest = Manifest(temporary)
    try:
        with manifest.write() as sql:
            for statement in filter(str.strip, _TABLES.split(";")):
                sql.execute(statement)
            sql.execute(f"PRAGMA user_version = {SCHEMA}")
            _fill(sql, read(source), _Finder(base, roots), progress)
        counts = manifest.counts()
        manifest._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        manifest.close()
    os.replace(temporary, path)
    return counts


def _fill(
    sql: sqlite3.Connection, rows: Iterator[Entry | Fault], finder: "_Finder", progress: Callable[[int], None]
) -> None:
    done = 0
    while chunk := list(islice(rows, _CHUNK)):
        found = [finder.find(row) if isinstance(row, Entry) else row for row in chunk]
        sql.executemany(
            "INSERT INTO fault VALUES (?, ?, ?)",
            [(row.line, row.code, row.message) for row in found if isinstance(row, Fault)],
        )
        sql.executemany(
            "INSERT INTO item (line, file, path, caption, is_image, bytes, changed_ns) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [row for row in found if not isinstance(row, Fault)],
        )
        done += len(chunk)
        progress(done)


_Found = tuple[int, str, str, str, bool, int, int]


class _Finder:
    """Finds listed files, and refuses those that lie elsewhere."""

    def __init__(self, base: Path, roots: Iterable[Path]) -> None:
        self._base = os.path.realpath(base)
        self._roots = [os.path.realpath(root) for root in roots]
        self._folders: dict[str, str] = {}
        """What folders really are: asked once each, for a data set has many files in few."""

    def find(self, entry: Entry) -> _Found | Fault:
        path = os.path.normpath(os.path.join(self._base, entry.file))
        folder, name = os.path.split(path)
        try:
            status = os.lstat(path)
            real = os.path.join(self._real(folder), name)
            if (status.st_mode & 0o170000) == 0o120000:
                real, status = os.path.realpath(path, strict=True), os.stat(path)
        except (OSError, ValueError) as error:
            return self._missing(entry, error)
        if not self._is_inside(real):
            hint = "Move it there, or add its folder to LORADECK_DATA_ROOTS."
            message = f"Line {entry.line}: {entry.file[:200]} lies outside of the folders that data may be in. {hint}"
            return Fault(entry.line, "path_outside", message)
        if (status.st_mode & 0o170000) != 0o100000:
            return Fault(entry.line, "not_a_file", f"Line {entry.line}: {entry.file[:200]} is not a file.")
        if status.st_size == 0:
            return Fault(entry.line, "file_empty_on_disk", f"Line {entry.line}: {entry.file[:200]} has no content.")
        return entry.line, entry.file, path, entry.caption, entry.is_image, status.st_size, status.st_mtime_ns

    def _real(self, folder: str) -> str:
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return self._folders[folder]

    def _is_inside(self, path: str) -> bool:
        return any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in self._roots)

    def _missing(self, entry: Entry, error: Exception) -> Fault:
        if isinstance(error, PermissionError):
            return Fault(entry.line, "file_forbidden", f"Line {entry.line}: {entry.file[:200]} may not be read.")
        hint = "Check the path; it begins at the data set's folder."
        return Fault(entry.line, "file_missing", f"Line {entry.line}: there is no file {entry.file[:200]}. {hint}")
