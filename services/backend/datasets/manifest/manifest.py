"""The manifest of a data set: one SQLite file with the rows of its source, the measurements of scans, and people's
decisions. The source itself is never written to.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from services.backend.datasets.manifest import change_log
from services.backend.datasets.manifest.migration import VERSION, copies, migrate, version_of
from services.backend.errors import Conflict
from trainer.contract.messages import message
from trainer.contract.scan import caption_key

_BUSY_S = 60.0
"""How long a writer waits for another: flagging a large data set again takes seconds."""

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE item (
    id INTEGER PRIMARY KEY,         -- in the order of the source
    line INTEGER NOT NULL,
    file TEXT NOT NULL,             -- as the source names it
    path TEXT NOT NULL,             -- absolute
    caption TEXT NOT NULL,
    source_caption TEXT NOT NULL,
    is_image INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    changed_ns INTEGER NOT NULL,    -- of the file: when it was written last
    media_key INTEGER NOT NULL,
    caption_key INTEGER NOT NULL,
    reason TEXT,                    -- why it is quarantined, NULL if it is not
    split TEXT,                     -- train or validation, NULL without a split
    flags INTEGER NOT NULL,         -- a bit a rule: see rulebook.py
    alike INTEGER,                  -- the earlier item that it is a near-duplicate of
    quarantined INTEGER NOT NULL    -- whether it has a reason, which no index on a generated column would cover
);
CREATE INDEX item_by_path ON item (path);
CREATE INDEX item_by_media ON item (media_key);
CREATE INDEX item_by_caption ON item (caption_key);
CREATE INDEX item_marks ON item (flags, is_image, quarantined, split);
CREATE TABLE fault (line INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL);
CREATE INDEX fault_by_code ON fault (code, line);
CREATE TABLE media (
    key INTEGER PRIMARY KEY, task TEXT NOT NULL, damage TEXT NOT NULL, message TEXT NOT NULL, container TEXT NOT NULL,
    codec TEXT NOT NULL, width INTEGER, height INTEGER, rotation INTEGER NOT NULL, frames INTEGER, fps REAL,
    duration_s REAL, content INTEGER, hash64 INTEGER, motion REAL, cut REAL, sharpness REAL, brightness REAL, dark REAL,
    burnt REAL, bars REAL, thumbnail_offset INTEGER, thumbnail_bytes INTEGER,
    is_done INTEGER NOT NULL,       -- nothing more is to be measured of it
    scanner INTEGER NOT NULL,       -- whose facts they are: those below are NULL if it has not told them
    colour TEXT, pixel_aspect REAL, is_interlaced INTEGER, is_steady INTEGER, has_alpha INTEGER, is_mirrored INTEGER
);
CREATE INDEX media_by_content ON media (content);
CREATE TABLE words (
    key INTEGER PRIMARY KEY, tokens INTEGER NOT NULL, misdecoded INTEGER NOT NULL, foreign_share REAL NOT NULL,
    scripts TEXT NOT NULL
);
CREATE TABLE action (
    id INTEGER PRIMARY KEY, label TEXT NOT NULL, field TEXT NOT NULL, count INTEGER NOT NULL, at REAL NOT NULL,
    undone INTEGER NOT NULL
);
CREATE TABLE change (
    action INTEGER NOT NULL, item INTEGER NOT NULL, old TEXT, new TEXT, PRIMARY KEY (action, item)
) WITHOUT ROWID;
"""
"""`media` and `words` (of captions) have keys made from file and text, so that they outlive an import; see scan.py of
the contract for their columns. `content` is a key of the fingerprint."""


_PLAIN = ("made", "changes")


class Manifest:
    """An open manifest, for one thread at a time."""

    def __init__(self, path: Path, is_new: bool = False) -> None:
        """Open a manifest; one of an earlier Loradeck is brought up to date first.

        Raises: Conflict if the file is broken or of a newer Loradeck, OSError (a full disk).
        """
        self.path = path
        self.has_written = False
        # An export is streamed by whichever thread is idle.
        self.sql = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S, check_same_thread=False)
        self.sql.row_factory = sqlite3.Row
        try:
            self.sql.execute("PRAGMA journal_mode = WAL")
            self.sql.execute("PRAGMA synchronous = NORMAL")
            self.sql.execute("PRAGMA journal_size_limit = 67108864")
            self.sql.execute("PRAGMA mmap_size = 1073741824")
            self.sql.create_function("caption_number", 1, lambda text: number(caption_key(text)), deterministic=True)
            version = version_of(self.sql)
            if 0 < version < VERSION:
                migrate(self.sql, path)
        except sqlite3.DatabaseError as error:
            self.sql.close()
            if isinstance(error, sqlite3.OperationalError):
                raise
            raise broken(path, error) from None
        except OSError:
            self.sql.close()
            raise
        if version == 0 and not is_new:
            self.sql.close()
            raise Conflict(message("manifest_broken.no_dataset", path=path))
        if version > VERSION:
            self.sql.close()
            raise Conflict(message("manifest_newer", path=path))

    @classmethod
    def new(cls, path: Path) -> "Manifest":
        """Create an empty manifest; there is no file yet."""
        manifest = cls(path, is_new=True)
        with manifest.write(whole=True) as sql:
            for statement in filter(str.strip, _TABLES.split(";")):
                sql.execute(statement)
            sql.execute(f"PRAGMA user_version = {VERSION}")
            sql.execute("INSERT INTO meta VALUES ('made', ?), ('changes', '0')", (uuid4().hex,))
        return manifest

    def close(self) -> None:
        self.sql.close()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Open a view that stays the same for as long as the block lasts."""
        with self._transaction("BEGIN"):
            yield self.sql

    @contextmanager
    def write(self, *, whole: bool = False) -> Iterator[sqlite3.Connection]:
        """Run a transaction that is committed at the block's end, or rolled back if the block raises. With `whole` it
        replaces all rows, and the change log has no entry of it."""
        with self._transaction("BEGIN IMMEDIATE"):
            if not whole:
                change_log.watch(self.sql)
            yield self.sql
            self.sql.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE name = 'changes'")
            if not whole:
                change_log.save(self.sql)
        self.has_written = True

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        try:
            self.sql.execute(begin)
            try:
                yield
                self.sql.execute("COMMIT")
            except BaseException:
                if self.sql.in_transaction:
                    self.sql.execute("ROLLBACK")
                raise
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise broken(self.path, error) from None
            raise


def version(sql: sqlite3.Connection) -> str:
    """Return a value that differs after each change, and between manifests."""
    return f"{get(sql, 'made', '')}:{get(sql, 'changes', '')}"


def get(sql: sqlite3.Connection, name: str, default: Any) -> Any:
    """Return the value that was `put`."""
    row = sql.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    if row is None:
        return default
    return row[0] if name in _PLAIN else json.loads(row[0])


def put(sql: sqlite3.Connection, **values: Any) -> None:
    """Store values by name, as JSON."""
    rows = [(name, json.dumps(value)) for name, value in values.items()]
    sql.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)


def number(key: str) -> int:
    """Convert a key of 16 hex digits to SQLite's signed integer. Raises: ValueError."""
    content = bytes.fromhex(key)
    if len(content) != 8:
        raise ValueError(f"{key[:40]!r} is no key of 16 hex digits")
    return int.from_bytes(content, "big", signed=True)


def remove(path: Path) -> None:
    """Delete a manifest, if it is there, with the files that SQLite keeps beside it, and its copies."""
    for copy in copies(path):
        copy.unlink(missing_ok=True)
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """Move a manifest that cannot be used aside. Returns its new path."""
    kept = path.with_name(f"{path.name}.broken-{uuid4().hex[:8]}")
    os.replace(path, kept)
    remove(path)
    return kept


def broken(path: Path, error: sqlite3.Error) -> Conflict:
    return Conflict(message("manifest_broken", path=path, error=error))


def missing(path: Path) -> Conflict:
    return Conflict(message("manifest_missing", path=path))


@contextmanager
def opened(path: Path) -> Iterator[Manifest]:
    """Open a manifest for as long as the block lasts. Raises: Conflict."""
    with closing(Manifest(path)) as manifest:
        yield manifest
