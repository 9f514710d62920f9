"""What the grid's filters and orders are about, of all rows of a data set, in memory: reading it from the manifest
takes longer than the grid has.

A sheet is of one state of the manifest and stays so; `now` makes the next one, which shares what has not changed.
"""

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from services.backend.datasets.grid.filtering import where
from services.backend.datasets.grid.text_index import Texts
from services.backend.datasets.item_schemas import Filter, ItemQuery, Side, Sort
from services.backend.datasets.manifest import change_log
from services.backend.datasets.manifest.change_log import Part
from services.backend.datasets.manifest.manifest import get
from services.backend.datasets.quality.rulebook import BY_ID

Places = npt.NDArray[np.int32]
"""Places of rows: an import gives them ids without gaps, so that a place is an id less one."""
_Bools = npt.NDArray[np.bool_]
_Floats = npt.NDArray[np.float64]

_SIDES: dict[Side, int] = {"train": 1, "validation": 2}
_MARKS: dict[str, Any] = {"flags": np.int64, "is_image": bool, "quarantined": bool, "side": np.int8}
_SIDE = f"CASE split {' '.join(f'WHEN {name!r} THEN {number}' for name, number in _SIDES.items())} ELSE 0 END"
_NUMBERS: dict[Part, dict[Sort, str]] = {
    "captions": {"caption": "NULLIF(LENGTH(item.caption), 0)"},
    "media": {
        "size": "media.width * media.height",
        "frames": "media.frames",
        "duration": "media.duration_s",
        "motion": "media.motion",
        "cut": "media.cut",
        "sharpness": "media.sharpness",
        "brightness": "media.brightness",
    },
}
_BLOCK = 10_000
"""Rows that are Python objects at a time."""


@dataclass(frozen=True)
class Sheet:
    """`numbers` have NaN where nothing is known; `file` is the place in the order of names, the same for the same."""

    made: str
    changes: int
    count: int
    marks: dict[str, npt.NDArray[Any]]
    numbers: dict[Sort, _Floats]
    texts: Texts | None
    """None where they are too many."""
    orders: dict[tuple[Sort, bool], Places] = field(default_factory=dict)
    """Those that were asked for."""

    @classmethod
    def read(cls, sql: sqlite3.Connection) -> "Sheet":
        count: int = sql.execute("SELECT COALESCE(MAX(id), 0) FROM item").fetchone()[0]
        numbers: dict[Sort, _Floats] = {"file": _ranks(sql)}
        for part in _NUMBERS:
            numbers |= _numbers(sql, part, count)
        made, changes = get(sql, "made", ""), change_log.changes(sql)
        return cls(made, changes, count, _marks(sql, count), numbers, Texts.read(sql, count))

    def now(self, sql: sqlite3.Connection) -> "Sheet":
        """The sheet of the state that the transaction sees."""
        changes, made = change_log.changes(sql), get(sql, "made", "")
        if (made, changes) == (self.made, self.changes):
            return self
        touched = change_log.since(sql, self.changes) if made == self.made else None
        if touched is None:
            return Sheet.read(sql)
        count, marks, numbers, texts = self.count, self.marks, dict(self.numbers), self.texts
        if touched["marks"] != []:
            marks = _marks(sql, count, self.marks, touched["marks"])
        for part in _NUMBERS:
            if touched[part] != []:
                numbers |= _numbers(sql, part, count, self.numbers, touched[part])
        if touched["captions"] is None:
            texts = Texts.read(sql, count)
        elif touched["captions"] and texts is not None:
            texts = texts.now(sql, touched["captions"])
        orders = {key: order for key, order in list(self.orders.items()) if numbers[key[0]] is self.numbers[key[0]]}
        return Sheet(made, changes, count, marks, numbers, texts, orders)

    @property
    def nbytes(self) -> int:
        """With all orders, whether they are there yet or not."""
        columns = sum(column.nbytes for column in (*self.marks.values(), *self.numbers.values()))
        orders = 2 * len(self.numbers) * self.count * np.dtype(np.int32).itemsize
        return columns + orders + (self.texts.nbytes if self.texts is not None else 0)

    def places(self, sql: sqlite3.Connection, asked: ItemQuery) -> Places:
        """All rows that the filter leaves, in their order. `sql` is at the sheet's state."""
        is_left = self._left(sql, asked)
        if asked.sort == "order":
            found = np.flatnonzero(is_left).astype(np.int32)
            return found[::-1] if asked.descending else found
        order = self._order(asked.sort, asked.descending)
        return order[is_left[order]]

    def _left(self, sql: sqlite3.Connection, asked: Filter) -> _Bools:
        is_left = np.ones(self.count, dtype=bool)
        if asked.rule is not None:
            is_left &= self.marks["flags"] & BY_ID[asked.rule].bit != 0
        if asked.kind != "all":
            is_left &= self.marks["is_image"] == (asked.kind == "image")
        if asked.state != "all":
            is_left &= self.marks["quarantined"] == (asked.state == "quarantined")
        if asked.split is not None:
            is_left &= self.marks["side"] == _SIDES[asked.split]
        if asked.q:
            is_left &= self._holding(sql, asked.q)
        return is_left

    def _holding(self, sql: sqlite3.Connection, text: str) -> _Bools:
        """The rows whose caption or file's name LIKE finds `text` in."""
        is_found = self.texts.holding(text) if self.texts is not None else None
        if is_found is None:
            condition, parameters = where(Filter(q=text))
            ids = [item for (item,) in sql.execute(f"SELECT id FROM item WHERE {condition}", parameters)]
            is_found = np.zeros(self.count, dtype=bool)
            is_found[np.array(ids, dtype=np.int64) - 1] = True
        return is_found

    def _order(self, sort: Sort, descending: bool) -> Places:
        """What is not known comes last, the same in the order of the source."""
        if (sort, descending) not in self.orders:
            column = self.numbers[sort]
            order = np.argsort(-column if descending else column, kind="stable")
            self.orders[sort, descending] = order.astype(np.int32)
        return self.orders[sort, descending]


def _among(ids: list[int] | None) -> tuple[str, list[str]]:
    """A condition on `item`, and its parameters."""
    return ("1", []) if ids is None else ("item.id IN (SELECT value FROM json_each(?))", [json.dumps(ids)])


def _marks(
    sql: sqlite3.Connection, count: int, before: dict[str, npt.NDArray[Any]] | None = None, ids: list[int] | None = None
) -> dict[str, npt.NDArray[Any]]:
    """Anew, or with `ids` those of what there was before."""
    if before is None or ids is None:
        marks = {name: np.zeros(count, dtype=kind) for name, kind in _MARKS.items()}
    else:
        marks = {name: column.copy() for name, column in before.items()}
    condition, parameters = _among(ids)
    # Of their index alone, and a group's ids as one text: that is a tenth of the time of as many rows.
    groups = sql.execute(
        f"SELECT GROUP_CONCAT(id), flags, is_image, quarantined, {_SIDE} FROM item WHERE {condition} "
        "GROUP BY flags, is_image, quarantined, split",
        parameters,
    )
    for text, *values in groups:
        places = np.fromstring(text, dtype=np.int64, sep=",") - 1
        for name, value in zip(_MARKS, values, strict=True):
            marks[name][places] = value
    return marks


def _numbers(
    sql: sqlite3.Connection,
    part: Part,
    count: int,
    before: dict[Sort, _Floats] | None = None,
    ids: list[int] | None = None,
) -> dict[Sort, _Floats]:
    """Anew, or with `ids` those of what there was before."""
    if before is None or ids is None:
        numbers = {name: np.full(count, np.nan) for name in _NUMBERS[part]}
    else:
        numbers = {name: before[name].copy() for name in _NUMBERS[part]}
    condition, parameters = _among(ids)
    cursor = _cursor(sql)
    cursor.execute(
        f"SELECT item.id, {', '.join(_NUMBERS[part].values())} FROM item "
        f"LEFT JOIN media ON media.key = item.media_key WHERE {condition}",
        parameters,
    )
    while rows := cursor.fetchmany(_BLOCK):
        columns = np.array(rows, dtype=float).T
        places = columns[0].astype(np.int64) - 1
        for name, values in zip(_NUMBERS[part], columns[1:], strict=True):
            numbers[name][places] = values
    return numbers


def _ranks(sql: sqlite3.Connection) -> _Floats:
    files = [file for (file,) in _cursor(sql).execute("SELECT CAST(file AS BLOB) FROM item ORDER BY id")]
    order = sorted(range(len(files)), key=files.__getitem__)
    is_next = [before < 0 or files[before] != files[place] for before, place in zip([-1, *order], order, strict=False)]
    ranks = np.empty(len(files))
    ranks[order] = np.cumsum(is_next)
    return ranks


def _cursor(sql: sqlite3.Connection) -> sqlite3.Cursor:
    cursor = sql.cursor()
    cursor.row_factory = None  # plain tuples are made in half the time
    return cursor
