"""Which rows the last changes of a manifest were about, so that what is held of them in memory can follow.

Triggers of the writing connection see them, whatever code writes: what forgot to say so would be a stale answer. The
notes lie in the manifest itself, one a change, for whoever reads on from an earlier one. A gap between them (an import,
a Loradeck that keeps no notes) means that all has to be read anew.
"""

import json
import sqlite3
from typing import Literal, get_args

Part = Literal["marks", "captions", "media"]
Touched = dict[Part, list[int] | None]
"""Ids of items by what changed of them; None stands for all."""

KEPT = 32
"""Changes that there are notes of."""
ROWS = 10_000
"""More of one change are noted as all: reading them one by one would take as long."""

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
    """See what this transaction touches from now on."""
    for statement in _WATCH:
        sql.execute(statement)


def note(sql: sqlite3.Connection) -> None:
    """Keep what this transaction has touched, under the number of its change."""
    touched: Touched = {}
    for part in get_args(Part):
        found = sql.execute("SELECT item FROM temp.touched WHERE part = ? LIMIT ?", (part, ROWS + 1)).fetchall()
        touched[part] = [item for (item,) in found] if len(found) <= ROWS else None
    now = changes(sql)
    sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_name(now), json.dumps(touched)))
    sql.execute("DELETE FROM meta WHERE name = ?", (_name(now - KEPT),))


def since(sql: sqlite3.Connection, before: int) -> Touched | None:
    """What the changes after this one have touched; None where that is not known."""
    names = [_name(change) for change in range(before + 1, changes(sql) + 1)]
    if before > changes(sql) or len(names) > KEPT:
        return None
    found = sql.execute(f"SELECT value FROM meta WHERE name IN ({', '.join('?' * len(names))})", names).fetchall()
    if len(found) < len(names):
        return None
    notes: list[Touched] = [json.loads(value) for (value,) in found]
    touched: Touched = {}
    for part in get_args(Part):
        items = [note[part] for note in notes]
        touched[part] = None if None in items else sorted({item for some in items for item in some or ()})
    return touched


def changes(sql: sqlite3.Connection) -> int:
    return int(sql.execute("SELECT value FROM meta WHERE name = 'changes'").fetchone()[0])


def _name(change: int) -> str:
    return f"note:{change}"
