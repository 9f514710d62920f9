"""Windows of what a data set holds: its rows as the grid shows them, and the faults of its import."""

import sqlite3
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from services.backend.sets.filtering import where
from services.backend.sets.items import QUERY, item_read
from services.backend.sets.judging import JOINED
from services.backend.sets.schemas import ImportFault, ImportFaults, ItemQuery, Items, Sort

if TYPE_CHECKING:
    from services.backend.deck import Deck

_KEYS: dict[Sort, str] = {
    "file": "item.file",
    "size": "media.width * media.height",
    "frames": "media.frames",
    "duration": "media.duration_s",
    "caption": "NULLIF(LENGTH(item.caption), 0)",
    "motion": "media.motion",
    "cut": "media.cut",
    "sharpness": "media.sharpness",
    "brightness": "media.brightness",
}


def items(deck: "Deck", dataset_id: int, asked: ItemQuery) -> Items:
    """Raises: NotFound, Conflict."""
    with deck.sets.open(dataset_id) as manifest, manifest.read() as sql:
        what = ("ids", asked.model_dump_json(exclude={"offset", "limit"}))
        ids = deck.sets.remembered(sql, what, lambda: _ids(sql, asked))
        window = ids[asked.offset : asked.offset + asked.limit].tolist()
        found = {row["id"]: row for row in sql.execute(QUERY.format(", ".join(map(str, window)))).fetchall()}
    return Items(total=len(ids), items=[item_read(dataset_id, found[item]) for item in window])


def faults(deck: "Deck", dataset_id: int, code: str | None, offset: int, limit: int) -> ImportFaults:
    """Raises: NotFound, Conflict."""
    condition, parameters = ("code = ?", [code]) if code is not None else ("1", [])
    with deck.sets.open(dataset_id) as manifest, manifest.read() as sql:
        (total,) = sql.execute(f"SELECT COUNT(*) FROM fault WHERE {condition}", parameters).fetchone()
        found = sql.execute(
            f"SELECT line, code, message FROM fault WHERE {condition} ORDER BY line LIMIT ? OFFSET ?",
            [*parameters, limit, offset],
        )
        listed = [ImportFault(line=line, code=code, message=message) for line, code, message in found]
    return ImportFaults(total=total, faults=listed)


def _ids(sql: sqlite3.Connection, asked: ItemQuery) -> npt.NDArray[np.int64]:
    """All rows that the filter leaves, in their order: numbers alone, so that any window of them costs the same."""
    condition, parameters = where(asked)
    if asked.sort == "order":
        found = np.sort(_column(sql.execute(f"SELECT id FROM item WHERE {condition}", parameters)))
        return found[::-1] if asked.descending else found
    key = _KEYS[asked.sort]
    direction = "DESC" if asked.descending else "ASC"
    rows = sql.execute(
        f"SELECT item.id FROM {JOINED} WHERE {condition} ORDER BY {key} IS NULL, {key} {direction}, item.id", parameters
    )
    return _column(rows)


def _column(rows: sqlite3.Cursor) -> npt.NDArray[np.int64]:
    rows.row_factory = None  # plain tuples are made in half the time
    return np.fromiter((row[0] for row in rows.fetchall()), dtype=np.int64)
