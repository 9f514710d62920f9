"""Plain objects for rows, read and written by statements made from the tables' columns.

They are used for rows that every step touches: setting an attribute of an SQLModel row takes a microsecond, and loading
one half a millisecond.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, TypeVar

import msgspec
from sqlalchemy import JSON, Boolean

from services.backend.database.tables import Attempt, Log, Run, Stream

Row = TypeVar("Row", Run, Attempt, Log, Stream)

_NEVER_CHANGED = {"id", "name", "model", "config"}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def load(sql: sqlite3.Connection, kind: type[Row], where: str, parameters: Sequence[Any]) -> list[Row]:
    """Load the rows of a table that match the condition `where`, which may end in an order."""
    table = _table(kind)
    found: list[Row] = []
    for values in sql.execute(f"{table.select} WHERE {where}", parameters).fetchall():
        row = dict(zip(table.names, values, strict=True))
        for name in table.json_names:
            row[name] = None if row[name] is None else _decode(row[name])
        for name in table.bool_names:
            row[name] = bool(row[name])
        found.append(table.plain(**row))
    return found


def insert(sql: sqlite3.Connection, row: Row) -> Row:
    """Insert `row` into its table. Returns it as a plain object, with its key if the table assigns one."""
    table = _table(type(row))
    values = {name: getattr(row, name) for name in table.names}
    cursor = sql.execute(table.insert, [_stored(table, name, value) for name, value in values.items()])
    if table.serial is not None:
        values[table.serial] = cursor.lastrowid
    made: Row = table.plain(**values)
    return made


def update(sql: sqlite3.Connection, row: Row) -> None:
    """Update every column of `row` that can have changed."""
    table = _table(type(row))
    known = vars(row)
    values = [known[name] for name in table.updated]
    for at, name in table.updated_json:
        values[at] = _stored(table, name, values[at])
    sql.execute(table.update, values)


@dataclass(frozen=True)
class _Table:
    plain: Any
    """Makes an object with the table's columns as attributes."""
    names: list[str]
    json_names: list[str]
    bool_names: list[str]
    serial: str | None
    """The key that the table assigns itself."""
    select: str
    insert: str
    update: str
    updated: list[str]
    """The columns in the order of the parameters of `update`."""
    updated_json: list[tuple[int, str]]


@lru_cache
def _table(kind: Any) -> _Table:
    """Return the statements for a row's class, SQLModel's or a plain one."""
    table = kind.__table__
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    updated = [name for name in names if name not in {*keys, *_NEVER_CHANGED}] + keys
    sets, where = (
        ", ".join(f'"{name}" = ?' for name in updated[: -len(keys)]),
        " AND ".join(f'"{k}" = ?' for k in keys),
    )
    json_names = [column.name for column in table.columns if isinstance(column.type, JSON)]
    columns = ", ".join(f'"{name}"' for name in names)
    return _Table(
        plain=type(kind.__name__, (SimpleNamespace,), {"__table__": table}),
        names=names,
        json_names=json_names,
        bool_names=[column.name for column in table.columns if isinstance(column.type, Boolean)],
        serial="pk" if keys == ["pk"] else None,
        select=f'SELECT {columns} FROM "{table.name}"',
        insert=f'INSERT INTO "{table.name}" ({columns}) VALUES ({", ".join("?" * len(names))})',
        update=f'UPDATE "{table.name}" SET {sets} WHERE {where}',
        updated=updated,
        updated_json=[(at, name) for at, name in enumerate(updated) if name in json_names],
    )


def _stored(table: _Table, name: str, value: Any) -> Any:
    return _encode(value).decode() if name in table.json_names and value is not None else value
