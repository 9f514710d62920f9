"""The grid index: the columns that the grid filters and sorts by, of all rows of a data set, in memory.

Reading them from the manifest takes longer than a page of the grid may. An index is of one state of the manifest and
never changes; `updated` makes the next one, which shares the columns that have not changed.
"""

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from services.backend.datasets.grid.filtering import where
from services.backend.datasets.grid.text_index import TextIndex
from services.backend.datasets.item_schemas import Filter, ItemQuery, Side, Sort
from services.backend.datasets.manifest import change_log
from services.backend.datasets.manifest.change_log import Part
from services.backend.datasets.manifest.manifest import get
from services.backend.datasets.quality.conversions import BITS, bit_of
from services.backend.datasets.quality.rulebook import BY_ID

Positions = npt.NDArray[np.int32]
"""Rows by position, which is their id less one: an import gives ids without gaps."""
_Bools = npt.NDArray[np.bool_]
_Floats = npt.NDArray[np.float64]

Number = Sort | Literal["fps", "conversions"]
"""What is known of rows as numbers: to sort by, or to filter by."""

_SIDES: dict[Side, int] = {"train": 1, "validation": 2}
_MARKS: dict[str, Any] = {"flags": np.int64, "is_image": bool, "quarantined": bool, "side": np.int8}
_SIDE = f"CASE split {' '.join(f'WHEN {name!r} THEN {number}' for name, number in _SIDES.items())} ELSE 0 END"
_NUMBERS: dict[Part, dict[Number, str]] = {
    "captions": {"caption": "NULLIF(LENGTH(item.caption), 0)"},
    "media": {
        "size": "media.width * media.height",
        "frames": "media.frames",
        "duration": "media.duration_s",
        "motion": "media.motion",
        "cut": "media.cut",
        "sharpness": "media.sharpness",
        "brightness": "media.brightness",
        "fps": "media.fps",
        "conversions": BITS,
    },
}
_BLOCK_ROWS = 10_000
"""Rows that are Python objects at a time."""


@dataclass(frozen=True)
class GridIndex:
    """Columns of `count` rows. `numbers` are NaN where unknown; among them `file` is the rank of the file's name."""

    made: str
    changes: int
    count: int
    marks: dict[str, npt.NDArray[Any]]
    numbers: dict[Number, _Floats]
    texts: TextIndex | None
    """None if they take too much memory."""
    orders: dict[tuple[Sort, bool], Positions] = field(default_factory=dict)
    """By sort and direction; each is made when it is first asked for."""

    @classmethod
    def read(cls, sql: sqlite3.Connection) -> "GridIndex":
        count: int = sql.execute("SELECT COALESCE(MAX(id), 0) FROM item").fetchone()[0]
        numbers: dict[Number, _Floats] = {"file": _ranks(sql)}
        for part in _NUMBERS:
            numbers |= _numbers(sql, part, count)
        made, changes = get(sql, "made", ""), change_log.changes(sql)
        return cls(made, changes, count, _marks(sql, count), numbers, TextIndex.read(sql, count))

    def updated(self, sql: sqlite3.Connection) -> "GridIndex":
        """Return the index of the state that the transaction sees; itself if nothing changed."""
        changes, made = change_log.changes(sql), get(sql, "made", "")
        if (made, changes) == (self.made, self.changes):
            return self
        touched = change_log.since(sql, self.changes) if made == self.made else None
        if touched is None:
            return GridIndex.read(sql)
        count, marks, numbers, texts = self.count, self.marks, dict(self.numbers), self.texts
        if touched["marks"] != []:
            marks = _marks(sql, count, self.marks, touched["marks"])
        for part in _NUMBERS:
            if touched[part] != []:
                numbers |= _numbers(sql, part, count, self.numbers, touched[part])
        if touched["captions"] is None:
            texts = TextIndex.read(sql, count)
        elif touched["captions"] and texts is not None:
            texts = texts.updated(sql, touched["captions"])
        orders = {key: order for key, order in list(self.orders.items()) if numbers[key[0]] is self.numbers[key[0]]}
        return GridIndex(made, changes, count, marks, numbers, texts, orders)

    @property
    def nbytes(self) -> int:
        """Bytes held, with all orders, whether they are made yet or not."""
        columns = sum(column.nbytes for column in (*self.marks.values(), *self.numbers.values()))
        orders = 2 * len(get_args(Sort)) * self.count * np.dtype(np.int32).itemsize
        return columns + orders + (self.texts.nbytes if self.texts is not None else 0)

    def select(self, sql: sqlite3.Connection, query: ItemQuery) -> Positions:
        """Select the rows that match the filter, sorted. `sql` must see the state that the index is of."""
        is_match = self._match(sql, query)
        if query.sort == "order":
            found = np.flatnonzero(is_match).astype(np.int32)
            return found[::-1] if query.descending else found
        order = self._order(query.sort, query.descending)
        return order[is_match[order]]

    def _match(self, sql: sqlite3.Connection, query: Filter) -> _Bools:
        is_match = np.ones(self.count, dtype=bool)
        if query.rule is not None:
            is_match &= self.marks["flags"] & BY_ID[query.rule].bit != 0
        if query.kind != "all":
            is_match &= self.marks["is_image"] == (query.kind == "image")
        if query.state != "all":
            is_match &= self.marks["quarantined"] == (query.state == "quarantined")
        if query.split is not None:
            is_match &= self.marks["side"] == _SIDES[query.split]
        if query.conversion is not None:
            bits = np.nan_to_num(self.numbers["conversions"]).astype(np.int64)
            is_match &= bits & bit_of(query.conversion) != 0
        if query.fps is not None:
            is_match &= self.numbers["fps"] == query.fps
        if query.q:
            is_match &= self._contains(sql, query.q)
        return is_match

    def _contains(self, sql: sqlite3.Connection, text: str) -> _Bools:
        """Find the rows whose caption or file name contains `text`, as LIKE does."""
        is_found = self.texts.search(text) if self.texts is not None else None
        if is_found is None:
            condition, parameters = where(Filter(q=text))
            ids = [item for (item,) in sql.execute(f"SELECT id FROM item WHERE {condition}", parameters)]
            is_found = np.zeros(self.count, dtype=bool)
            is_found[np.array(ids, dtype=np.int64) - 1] = True
        return is_found

    def _order(self, sort: Sort, descending: bool) -> Positions:
        """Sort all rows: unknown values last, equal ones in the order of the source."""
        if (sort, descending) not in self.orders:
            column = self.numbers[sort]
            order = np.argsort(-column if descending else column, kind="stable")
            self.orders[sort, descending] = order.astype(np.int32)
        return self.orders[sort, descending]


def _among(ids: list[int] | None) -> tuple[str, list[str]]:
    """Make a condition on `item` for these ids, or for None any, with its parameters."""
    return ("1", []) if ids is None else ("item.id IN (SELECT value FROM json_each(?))", [json.dumps(ids)])


def _marks(
    sql: sqlite3.Connection, count: int, before: dict[str, npt.NDArray[Any]] | None = None, ids: list[int] | None = None
) -> dict[str, npt.NDArray[Any]]:
    """Read the columns of all rows; given `before` and `ids`, copy `before` and read only these rows."""
    if before is None or ids is None:
        marks = {name: np.zeros(count, dtype=kind) for name, kind in _MARKS.items()}
    else:
        marks = {name: column.copy() for name, column in before.items()}
    condition, parameters = _among(ids)
    # From the covering index alone, a group's ids as one text: that takes a tenth of the time of a row each.
    groups = sql.execute(
        f"SELECT GROUP_CONCAT(id), flags, is_image, quarantined, {_SIDE} FROM item WHERE {condition} "
        "GROUP BY flags, is_image, quarantined, split",
        parameters,
    )
    for text, *values in groups:
        positions = np.fromstring(text, dtype=np.int64, sep=",") - 1
        for name, value in zip(_MARKS, values, strict=True):
            marks[name][positions] = value
    return marks


def _numbers(
    sql: sqlite3.Connection,
    part: Part,
    count: int,
    before: dict[Number, _Floats] | None = None,
    ids: list[int] | None = None,
) -> dict[Number, _Floats]:
    """Read the columns of all rows; given `before` and `ids`, copy `before` and read only these rows."""
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
    while rows := cursor.fetchmany(_BLOCK_ROWS):
        columns = np.array(rows, dtype=float).T
        positions = columns[0].astype(np.int64) - 1
        for name, values in zip(_NUMBERS[part], columns[1:], strict=True):
            numbers[name][positions] = values
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
