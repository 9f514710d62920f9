"""The change log of a manifest: which rows its last changes touched, so that a grid index in memory can be updated.

Triggers of the writing connection record them, whatever code writes, so that no writer can forget to. Each change has
one entry in the manifest's own table `meta`. A missing entry (an import, or a Loradeck without this log) means that all
rows have to be read again.
"""

import json
import sqlite3
from typing import Literal, get_args

Part = Literal["marks", "captions", "media"]
Touched = dict[Part, list[int] | None]
"""Ids of items by what changed of them; None for all."""

KEPT_CHANGES = 32
"""How many of the last changes are in the log."""
MAX_ROWS = 10_000
"""A change of more rows is logged as one of all: reading them one by one would take as long."""

_WATCH = (
    "CREATE TEMP TABLE IF NOT EXISTS touched (part TEXT, item INTEGER, PRIMARY KEY (part, item)) WITHOUT ROWID",
    "DELETE FROM temp.touched",
    "CREATE TEMP TRIGGER IF NOT EXISTS marks_touched AFTER UPDATE OF flags, is_image, quarantined, split ON main.item "
    "BEGIN INSERT OR IGNORE INTO touched VALUES ('marks', NEW.id); END",
    "CREATE TEMP TRIGGER IF NOT EXISTS captions_touched AFTER UPDATE OF caption ON main.item "
    "BEGIN INSERT OR IGNORE INTO touched VALUES ('captions', NEW.id); END",
    "CREATE TEMP TRIGGER IF NOT EXISTS media_touched AFTER INSERT ON main.media "
    "BEGIN INSERT OR IGNORE INTO touched SELECT 'media', id FROM item WHERE media_key = NEW.key; END",
)


def watch(sql: sqlite3.Connection) -> None:
    """Record what this transaction touches from now on."""
    for statement in _WATCH:
        sql.execute(statement)


def save(sql: sqlite3.Connection) -> None:
    """Log what this transaction has touched, under the number of its change."""
    touched: Touched = {}
    for part in get_args(Part):
        found = sql.execute("SELECT item FROM temp.touched WHERE part = ? LIMIT ?", (part, MAX_ROWS + 1)).fetchall()
        touched[part] = [item for (item,) in found] if len(found) <= MAX_ROWS else None
    now = changes(sql)
    sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_name(now), json.dumps(touched)))
    sql.execute("DELETE FROM meta WHERE name = ?", (_name(now - KEPT_CHANGES),))


def since(sql: sqlite3.Connection, before: int) -> Touched | None:
    """Collect what the changes after the one numbered `before` have touched; None if that is not known."""
    names = [_name(change) for change in range(before + 1, changes(sql) + 1)]
    if before > changes(sql) or len(names) > KEPT_CHANGES:
        return None
    found = sql.execute(f"SELECT value FROM meta WHERE name IN ({', '.join('?' * len(names))})", names).fetchall()
    if len(found) < len(names):
        return None
    entries: list[Touched] = [json.loads(value) for (value,) in found]
    touched: Touched = {}
    for part in get_args(Part):
        items = [entry[part] for entry in entries]
        touched[part] = None if None in items else sorted({item for some in items for item in some or ()})
    return touched


def changes(sql: sqlite3.Connection) -> int:
    """Return the number of the last change."""
    return int(sql.execute("SELECT value FROM meta WHERE name = 'changes'").fetchone()[0])


def _name(change: int) -> str:
    return f"note:{change}"
