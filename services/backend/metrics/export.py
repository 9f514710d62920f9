"""All points of a run as one table, streamed: a row for each event, a column for each metric.

Every attempt's points are in it, superseded ones too; the column `attempt` tells them apart. What is not finite is
written as nan, inf and -inf; what was not logged is empty.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from sqlmodel import Session

from services.backend.database.tables import Run
from services.backend.metrics.columns import Column, Columns
from services.backend.metrics.lineage import streams
from services.backend.metrics.segments import KINDS

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 50_000
"""In a piece, and in a row group of Parquet: enough that a reader can skip, few enough to hold."""


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


MEDIA_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.PARQUET: "application/vnd.apache.parquet"}


def export(session: Session, run: Run, keys: list[str] | None, format: Format) -> Iterator[bytes]:
    """Yield the table's bytes, piece by piece, as the session sees it. `keys`: metric names, or None for all."""
    names = run.keys if keys is None else [key for key in dict.fromkeys(keys) if key in set(run.keys)]
    schema = _schema(names)
    write = _csv if format is Format.CSV else _parquet
    yield from write(schema, _tables(session, run, names, schema))


def _schema(names: list[str]) -> "pa.Schema":
    import pyarrow as pa

    fixed = [("attempt", pa.int32()), ("type", pa.string()), ("step", pa.int64()), ("ts", pa.float64())]
    # A metric may be called as one of those.
    return pa.schema([*fixed, *((name, pa.float64()) for name in names)])


def _tables(session: Session, run: Run, names: list[str], schema: "pa.Schema") -> Iterator["pa.Table"]:
    import pyarrow as pa

    for attempt, kind, reader in streams(session, run):
        held: list[pa.RecordBatch] = []
        for columns in reader.chunked(names):
            held.append(_batch(attempt, KINDS[kind], columns, names, schema))
            if sum(batch.num_rows for batch in held) >= ROWS:
                yield pa.Table.from_batches(held)
                held = []
        if held:
            yield pa.Table.from_batches(held)


def _batch(attempt: int, kind: str, columns: Columns, names: list[str], schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    count = len(columns)
    arrays = [pa.array(np.full(count, attempt, np.int32)), pa.array([kind] * count)]
    arrays += [pa.array(columns.step), pa.array(columns.ts)]
    arrays += [_values(columns.metrics.get(name), count) for name in names]
    return pa.record_batch(arrays, schema=schema)


def _values(column: Column | None, count: int) -> "pa.Array":
    import pyarrow as pa

    if column is None:
        return pa.nulls(count, pa.float64())
    if column.rows is None:
        return pa.array(column.values)
    values, missing = np.zeros(count), np.ones(count, bool)
    values[column.rows], missing[column.rows] = column.values, False
    return pa.array(values, mask=missing)


def _csv(schema: "pa.Schema", tables: Iterator["pa.Table"]) -> Iterator[bytes]:
    import pyarrow as pa
    from pyarrow import csv

    sink = _ByteSink()
    with csv.CSVWriter(pa.PythonFile(sink, mode="w"), schema) as writer:
        for table in tables:
            writer.write_table(table)
            yield sink.take()
    yield sink.take()


def _parquet(schema: "pa.Schema", tables: Iterator["pa.Table"]) -> Iterator[bytes]:
    import pyarrow as pa
    from pyarrow import parquet

    sink = _ByteSink()
    with parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)
            yield sink.take()
    yield sink.take()


class _ByteSink:
    """A write-only file whose content is taken out piece by piece."""

    closed = False

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def take(self) -> bytes:
        """Return what was written since the last call."""
        held, self._held = b"".join(self._held), []
        return held
