"""Quarantine, and the actions behind every decision on rows: each can be undone and redone."""

import os
import sqlite3
import time
from collections.abc import Iterable
from typing import Literal

from services.backend.datasets.change_schemas import Changed, QuarantineChange, QuarantineListed
from services.backend.datasets.grid import filtering
from services.backend.datasets.importing.scan_results import ON_CAPTIONS
from services.backend.datasets.manifest.manifest import get
from services.backend.datasets.quality import flagging
from services.backend.datasets.quality.rulebook import RULES
from services.backend.datasets.schemas import ActionRead
from services.backend.datasets.store import Store
from services.backend.errors import Conflict, Invalid
from trainer.contract.messages import Message, message, sentence
from trainer.contract.table.reader import reason_unreadable
from trainer.contract.table.records import records

Field = Literal["caption", "reason", "split"]

KEPT_ACTIONS = 50
"""How many actions can be undone."""
SHOWN_ACTIONS = 10
BY_HAND = "by hand"
"""The default reason of a quarantine."""
_ON_SPLIT = [rule for rule in RULES if rule.about == "split"]


def act(sql: sqlite3.Connection, label: str, field: Field, changes: Iterable[tuple[int, str | None]]) -> int:
    """Set `field` of these items to these values as one action; returns how many changed (if none, it is no action)."""
    sql.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (item INTEGER PRIMARY KEY, value TEXT)")
    sql.execute("DELETE FROM temp.wanted")
    sql.executemany("INSERT OR REPLACE INTO temp.wanted VALUES (?, ?)", changes)
    (count,) = sql.execute(
        f"SELECT COUNT(*) FROM temp.wanted JOIN item ON item.id = wanted.item WHERE item.{field} IS NOT wanted.value"
    ).fetchone()
    if not count:
        return 0
    for gone in ("undone", f"id <= (SELECT MAX(id) FROM action) - {KEPT_ACTIONS - 1}"):
        sql.execute(f"DELETE FROM change WHERE action IN (SELECT id FROM action WHERE {gone})")
        sql.execute(f"DELETE FROM action WHERE {gone}")
    found = sql.execute("INSERT INTO action VALUES (NULL, ?, ?, ?, ?, 0)", (label, field, count, time.time()))
    sql.execute(
        f"INSERT INTO change SELECT ?, item.id, item.{field}, wanted.value "
        f"FROM temp.wanted JOIN item ON item.id = wanted.item WHERE item.{field} IS NOT wanted.value",
        (found.lastrowid,),
    )
    _apply(sql, found.lastrowid or 0, field, "new")
    return int(count)


def undo(store: Store, dataset_id: int) -> None:
    """Take the last action back. Raises: NotFound, Conflict if there is none."""
    nothing = Conflict(message("nothing_to_undo"))
    _switch(store, dataset_id, "NOT undone ORDER BY id DESC", "old", nothing)


def redo(store: Store, dataset_id: int) -> None:
    """Apply the action that was undone last once more. Raises: NotFound, Conflict if there is none."""
    nothing = Conflict(message("nothing_to_redo"))
    _switch(store, dataset_id, "undone ORDER BY id", "new", nothing)


def _switch(store: Store, dataset_id: int, which: str, side: Literal["old", "new"], nothing: Conflict) -> None:
    """Apply the old or the new values of the first action that matches `which`, SQL."""
    with store.open(dataset_id) as manifest, manifest.write() as sql:
        found = sql.execute(f"SELECT id, field FROM action WHERE {which} LIMIT 1").fetchone()
        if found is None:
            raise nothing
        _apply(sql, found["id"], found["field"], side)
        sql.execute("UPDATE action SET undone = ? WHERE id = ?", (side == "old", found["id"]))


def last(sql: sqlite3.Connection, *, undone: bool) -> list[ActionRead]:
    """List the actions that would be undone, or redone, next."""
    order = "ASC" if undone else "DESC"
    found = sql.execute(
        f"SELECT label, count, at FROM action WHERE undone = ? ORDER BY id {order} LIMIT ?", (undone, SHOWN_ACTIONS)
    )
    return [ActionRead(label=label, count=count, at=at) for label, count, at in found]


def quarantine(store: Store, dataset_id: int, request: QuarantineChange) -> Changed:
    """Quarantine rows, or let them in again. Raises: NotFound, Conflict, Invalid."""
    reason = (request.reason or BY_HAND) if request.on else None
    label = sentence("action.quarantine", reason=reason) if reason else sentence("action.use_again")
    with store.open(dataset_id) as manifest, manifest.write() as sql:
        filtering.choose(sql, request)
        rows = sql.execute("SELECT id FROM temp.chosen")
        return Changed(changed=act(sql, label, "reason", [(item, reason) for (item,) in rows]))


def import_quarantine(store: Store, dataset_id: int, text: str) -> QuarantineListed:
    """Quarantine the files that a CSV lists. Raises: NotFound, Conflict, Invalid."""
    listed = _listed(text)
    with store.open(dataset_id) as manifest, manifest.write() as sql:
        base = get(sql, "base", "")
        changes: list[tuple[int, str | None]] = []
        unknown: list[str] = []
        for file, reason in listed:
            path = os.path.normpath(os.path.join(base, file))
            found = sql.execute("SELECT id FROM item WHERE path = ?", (path,)).fetchall()
            changes += [(item, reason or BY_HAND) for (item,) in found]
            if not found:
                unknown.append(file)
        changed = act(sql, sentence("action.import_quarantine"), "reason", changes)
    return QuarantineListed(changed=changed, unknown=len(unknown), examples=unknown[:20])


def _apply(sql: sqlite3.Connection, action: int, field: Field, side: Literal["old", "new"]) -> None:
    """Set the items of an action to their old or new values, and update the flags that this concerns."""
    if field == "caption":
        _choose_captions(sql, action)
    also = {
        "caption": f", caption_key = caption_number(change.{side})",
        "reason": f", quarantined = change.{side} IS NOT NULL",
        "split": "",
    }[field]
    sql.execute(
        f"UPDATE item SET {field} = change.{side}{also} FROM change WHERE change.action = ? AND change.item = item.id",
        (action,),
    )
    if field == "caption":
        flagging.update_flags(sql, ON_CAPTIONS, chosen=True)
    elif field == "split":
        flagging.update_flags(sql, _ON_SPLIT)


def _choose_captions(sql: sqlite3.Connection, action: int) -> None:
    """Choose all rows that have, or will have, one of the captions that an action changes."""
    flagging.choose(
        sql,
        "SELECT id FROM item WHERE caption_key IN (SELECT caption_number(old) FROM change WHERE action = ? "
        "UNION SELECT caption_number(new) FROM change WHERE action = ?) "
        "OR id IN (SELECT item FROM change WHERE action = ?)",
        (action,) * 3,
    )


def _listed(text: str) -> list[tuple[str, str]]:
    """Parse the file and the reason of each line. Raises: Invalid, which names the line: a list is taken whole."""
    rows = records(text.removeprefix("\ufeff"), ",")
    _, header = next(rows, (1, []))
    if isinstance(header, Message):
        raise _unreadable(1, header)
    if "file" not in header:
        raise Invalid(message("quarantine_columns"), "csv")
    found: list[tuple[str, str]] = []
    for line, cells in rows:
        if isinstance(cells, Message):
            raise _unreadable(line, cells)
        if any(map(str.strip, cells[len(header) :])):
            raise _unreadable(line, message("cells.more", cells=len(cells), columns=len(header)))
        row = dict(zip(header, cells, strict=False))
        file, reason = row.get("file", ""), row.get("reason", "").strip()[:200]
        said = reason_unreadable(file, reason)
        if said is not None:
            raise _unreadable(line, said)
        if file:
            found.append((file, reason))
    return found


def _unreadable(line: int, said: Message) -> Invalid:
    return Invalid(message("quarantine_unreadable", line=line, reason=said.message), "csv")
