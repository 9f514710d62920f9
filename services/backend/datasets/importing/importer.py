"""Imports a source into a manifest, whole or not at all. Earlier decisions and measurements are kept by file."""

import os
import sqlite3
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from services.backend.datasets.importing.entries import Entry, Fault, Unreadable
from services.backend.datasets.importing.finder import Clip, FileFinder
from services.backend.datasets.importing.formats import read
from services.backend.datasets.manifest.manifest import Manifest, number, opened, put, remove
from services.backend.datasets.quality import flagging
from services.backend.datasets.quality.rulebook import RULES
from trainer.contract.messages import Message, message
from trainer.contract.scan import caption_key, media_key

_CHUNK_ROWS = 2_000
"""Rows between two reports of progress."""

_INCOMING = """
DROP TABLE IF EXISTS temp.incoming;
DROP TABLE IF EXISTS temp.incoming_fault;
CREATE TEMP TABLE incoming (
    id INTEGER PRIMARY KEY, line INTEGER, file TEXT, path TEXT, caption TEXT, is_image INTEGER, size_bytes INTEGER,
    changed_ns INTEGER, media_key INTEGER, caption_key INTEGER, nth INTEGER
);
CREATE TEMP TABLE incoming_fault (line INTEGER, code TEXT, message TEXT);
"""

_ADOPT = """
CREATE TEMP TABLE decided AS
    SELECT path, nth, edited, reason, split FROM (
        SELECT path, ROW_NUMBER() OVER (PARTITION BY path ORDER BY id) AS nth,
            CASE WHEN caption <> source_caption THEN caption END AS edited, reason, split FROM item
    ) WHERE edited IS NOT NULL OR reason IS NOT NULL OR split IS NOT NULL;
CREATE INDEX temp.decided_by_path ON decided (path, nth);
DELETE FROM item;
DELETE FROM fault;
DELETE FROM action;
DELETE FROM change;
INSERT INTO item (id, line, file, path, caption, source_caption, is_image, size_bytes, changed_ns, media_key,
        caption_key, reason, split, flags, quarantined)
    SELECT id, line, file, incoming.path, COALESCE(edited, caption), caption, is_image, size_bytes, changed_ns,
        media_key, CASE WHEN edited IS NULL THEN caption_key ELSE caption_number(edited) END, reason, split, 0,
        reason IS NOT NULL
    FROM incoming LEFT JOIN decided ON decided.path = incoming.path AND decided.nth = incoming.nth ORDER BY id;
INSERT INTO fault SELECT line, code, message FROM incoming_fault;
DELETE FROM media WHERE key NOT IN (SELECT media_key FROM item);
DELETE FROM words WHERE key NOT IN (SELECT caption_key FROM item);
DROP TABLE temp.decided;
UPDATE item SET split = 'train' WHERE split IS NULL AND EXISTS (SELECT 1 FROM item WHERE split IS NOT NULL);
"""
"""The nth row of a file keeps the decisions on its nth row before. If there is a split, new rows are trained on."""


class Cancelled(Exception):
    """The data set was deleted while it was imported."""


def import_source(
    path: Path, source: Path, base: Path, roots: Iterable[Path], progress: Callable[[int], None] = lambda rows: None
) -> int:
    """Import `source` into the manifest at `path`, created if need be. Returns how many rows can be used.

    No file but the source is opened. Relative names begin at `base`. A file outside of `roots`, by its name or by a
    link, is a fault. `progress` is called with the number of rows read so far, and may raise.
    Raises: Unreadable, Conflict, OSError.
    """
    if path.exists():
        with opened(path) as manifest:
            return _import(manifest, source, base, roots, progress)
    temporary = path.with_name(f".{path.name}.new")
    remove(temporary)
    try:
        with closing(Manifest.new(temporary)) as manifest:
            count = _import(manifest, source, base, roots, progress)
        os.replace(temporary, path)
    finally:
        remove(temporary)
    return count


def _import(
    manifest: Manifest, source: Path, base: Path, roots: Iterable[Path], progress: Callable[[int], None]
) -> int:
    before = _state(source)
    notes, roots = list[Message](), list(roots)
    rows = read(source, notes.append, roots)
    count = _read_rows(manifest.sql, rows, FileFinder(base, roots), progress)
    if _state(source) != before:
        raise Unreadable(message("metadata_changed", source=source))
    if not count:
        raise Unreadable(message("metadata_empty.source", source=source))
    with manifest.write(whole=True) as sql:
        for statement in filter(str.strip, _ADOPT.split(";")):
            sql.execute(statement)
        told = [{"code": note.code, "message": note.message, "hint": note.hint} for note in notes]
        put(sql, base=os.path.realpath(base), source=str(source), notes=told)
        (is_measured,) = sql.execute("SELECT EXISTS (SELECT 1 FROM media) OR EXISTS (SELECT 1 FROM words)").fetchone()
        flagging.update_flags(sql, [rule for rule in RULES if is_measured or rule.needs == "import"])
        (usable,) = sql.execute("SELECT COUNT(*) FROM item").fetchone()
    manifest.sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return int(usable)


def _state(source: Path) -> tuple[int, ...]:
    """Return a value that differs once a table was written to; of a folder, always the same. Raises: OSError."""
    status = os.stat(source)
    return (status.st_ino, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else ()


def _read_rows(
    sql: sqlite3.Connection, rows: Iterator[Entry | Fault], finder: FileFinder, progress: Callable[[int], None]
) -> int:
    """Read all rows into temporary tables, which blocks nobody. Returns their number."""
    sql.executescript(_INCOMING)
    done, seen = 0, Counter[str]()
    while chunk := list(islice(rows, _CHUNK_ROWS)):
        found = [finder.find(row) if isinstance(row, Entry) else row for row in chunk]
        sql.execute("BEGIN")
        sql.executemany(
            "INSERT INTO incoming_fault VALUES (?, ?, ?)",
            [(row.line, row.code, row.message) for row in found if isinstance(row, Fault)],
        )
        sql.executemany(
            "INSERT INTO incoming VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_columns(row, seen) for row in found if isinstance(row, Clip)],
        )
        sql.execute("COMMIT")
        done += len(chunk)
        progress(done)
    return done


def _columns(clip: Clip, seen: Counter[str]) -> tuple[object, ...]:
    seen[clip.path] += 1
    media = number(media_key(clip.path, clip.bytes, clip.changed_ns))
    caption = number(caption_key(clip.caption))
    known = (clip.line, clip.file, clip.path, clip.caption, clip.is_image, clip.bytes, clip.changed_ns)
    return (*known, media, caption, seen[clip.path])
