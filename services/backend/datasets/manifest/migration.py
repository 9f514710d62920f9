"""Bring a manifest of an earlier version up to date. What is there stays as it is, and a copy of it is kept beside it.

A step names tables and columns as they were then, and imports nothing that may change.
"""

import sqlite3
from pathlib import Path

from services.backend.database.backup import copy_database

VERSION = 2
"""Of the manifests that are written, in SQLite's `user_version`. 0 is none."""

_STEPS: dict[int, tuple[str, ...]] = {
    1: (
        "ALTER TABLE media ADD COLUMN scanner INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE media ADD COLUMN colour TEXT",
        "ALTER TABLE media ADD COLUMN pixel_aspect REAL",
        "ALTER TABLE media ADD COLUMN is_interlaced INTEGER",
        "ALTER TABLE media ADD COLUMN is_steady INTEGER",
        "ALTER TABLE media ADD COLUMN has_alpha INTEGER",
        "ALTER TABLE media ADD COLUMN is_mirrored INTEGER",
    ),
}
"""By version what leads to the next one."""


def migrate(sql: sqlite3.Connection, path: Path) -> None:
    """Bring the manifest at `path` to VERSION, whole or not at all; at once for all who open it.

    Raises: sqlite3.Error, OSError (a full disk).
    """
    sql.execute("BEGIN IMMEDIATE")
    try:
        before = version_of(sql)
        if before < VERSION:  # else somebody else was first
            copy_database(path, path.with_name(f"{path.name}.before-{before}"))
            for version in range(before, VERSION):
                for statement in _STEPS[version]:
                    sql.execute(statement)
            sql.execute(f"PRAGMA user_version = {VERSION}")
        sql.execute("COMMIT")
    except BaseException:
        if sql.in_transaction:
            sql.execute("ROLLBACK")
        raise


def version_of(sql: sqlite3.Connection) -> int:
    """Raises: sqlite3.DatabaseError if it is no database."""
    return int(sql.execute("PRAGMA user_version").fetchone()[0])


def copies(path: Path) -> list[Path]:
    """List the copies of earlier versions that are kept beside a manifest."""
    return sorted(path.parent.glob(f"{path.name}.before-*"))
