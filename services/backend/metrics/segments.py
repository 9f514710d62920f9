"""Segments: the older points of a stream as compressed columns, one chunk a metric, with rollups above them.

A stream is the points of one kind in one log. New points are rows in `point`, which live frames are read from. Once
there are `SEAL_AT` rows, the oldest `SEGMENT` of them become one segment, and are deleted in the same transaction. A
long log that is caught up with is sealed at once and never becomes rows.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Literal

import msgspec
import numpy as np

from services.backend.database.db import Write
from services.backend.database.tables import Stream
from services.backend.metrics import chunks
from services.backend.metrics.chunks import Ints
from services.backend.metrics.columns import ODD, Column, Columns, Schemes, Sealed, compress

STEP, EVAL, SYSTEM = range(3)
"""`kind` of a stream."""
KINDS: tuple[Literal["step", "eval", "system"], ...] = ("step", "eval", "system")
"""Names of the kinds."""
SEGMENT = 4096
"""Rows in a segment of rows."""
RECENT_ROWS = 1024
"""Rows that stay rows: a live client that is not further behind finds them there."""
SEAL_AT = SEGMENT + RECENT_ROWS
_PURGED = 200
"""Chunks that one transaction removes: a few megabytes, so that nobody waits long for it."""
TS, STEPS, SEQ = 0, -1, -2
"""Keys, in place of a metric's, of the chunks of a segment's own columns. Times have rollups as well, of level 0."""
unpack_values = msgspec.msgpack.Decoder(dict[str, float]).decode
unpack_nonfinite = msgspec.msgpack.Decoder(dict[str, Literal["nan", "inf", "-inf"]]).decode


def from_rows(rows: Iterable[tuple[int, int, float, bytes, bytes | None]]) -> Columns:
    """Make columns of rows of (seq, step, ts, values, nonfinite)."""
    seqs, steps, times, values, others = map(list, zip(*rows, strict=True))
    points: list[dict[str, float]] = [unpack_values(packed) for packed in values]
    for point, packed in zip(points, others, strict=True):
        if packed is not None:
            point.update((name, ODD[what]) for name, what in unpack_nonfinite(packed).items())
    found: defaultdict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    for row, point in enumerate(points):
        for name, value in point.items():
            places, logged = found[name]
            places.append(row)
            logged.append(value)
    columns = Columns(np.array(seqs, np.int64), np.array(steps, np.int64), np.array(times, np.float64))
    for name, (places, logged) in found.items():
        rows_of = None if len(places) == len(points) else np.array(places, np.int64)
        columns.metrics[name] = Column(np.array(logged, np.float64), rows_of)
    return columns


def store(write: Write, stream: Stream, sealed: Sealed, metrics: "Metrics", tick: int) -> None:
    """Store `sealed` as the stream's next segment; `tick` is the last tick of its points.

    None of them may be stored as a row. The caller saves the stream's row.
    """
    key = (stream.log_pk, stream.kind)
    no = stream.segments
    write.sql.execute(
        "INSERT INTO segment (log_pk, kind, no, n, first_step, last_step, first_ts, last_ts, first_seq, last_seq)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*key, no, sealed.count, *sealed.steps, *sealed.times, *sealed.seqs),
    )
    chunk: list[tuple[Any, ...]] = [
        (*key, TS, no, None, sealed.ts),
        (*key, STEPS, no, None, sealed.step),
        (*key, SEQ, no, None, sealed.seq),
    ]
    cell: list[tuple[Any, ...]] = [(*key, TS, 0, no, sealed.ts_cells, b"")]
    for name, found in sealed.metrics.items():
        metric = metrics.key(write, name)
        chunk.append((*key, metric, no, found.rows, found.data))
        for level, (cells, others) in enumerate(zip(found.cells, found.others, strict=True)):
            cell.append((*key, metric, level, no, cells, others))
    write.sql.executemany("INSERT INTO chunk (log_pk, kind, metric, no, rows, data) VALUES (?, ?, ?, ?, ?, ?)", chunk)
    write.sql.executemany(
        "INSERT INTO cell (log_pk, kind, metric, level, no, cells, others) VALUES (?, ?, ?, ?, ?, ?, ?)", cell
    )
    stream.segments += 1
    stream.sealed_tick = max(stream.sealed_tick, tick)


def seal_rows(write: Write, stream: Stream, metrics: "Metrics", down_to: int) -> None:
    """Seal the stream's oldest rows, a segment at a time, until at most `down_to` rows are left."""
    while stream.rows > down_to:
        place = (stream.log_pk, stream.kind)
        count = min(SEGMENT, stream.rows - down_to)
        rows = write.sql.execute(
            'SELECT seq, step, ts, "values", nonfinite, tick FROM point WHERE log_pk = ? AND kind = ?'
            " ORDER BY seq LIMIT ?",
            (*place, count),
        ).fetchall()
        sealed = compress(from_rows(row[:5] for row in rows), metrics.schemes[place])
        store(write, stream, sealed, metrics, max(row[5] for row in rows))
        write.sql.execute("DELETE FROM point WHERE log_pk = ? AND kind = ? AND seq <= ?", (*place, rows[-1][0]))
        stream.rows -= len(rows)


def sealed_seqs(write: Write, log_pk: int, first_seq: int, last_seq: int) -> Ints:
    """List the `seq`s of a log between the two, inclusive, that lie in segments."""
    rows = write.sql.execute(
        "SELECT data FROM segment JOIN chunk USING (log_pk, kind, no)"
        " WHERE log_pk = ? AND last_seq >= ? AND first_seq <= ? AND metric = ?",
        (log_pk, first_seq, last_seq, SEQ),
    )
    return np.concatenate([np.empty(0, np.int64), *(chunks.unpack_regular(data) for (data,) in rows)])


def purge(write: Write) -> bool:
    """Remove some of the points of deleted runs. Returns whether there are more."""
    row = write.sql.execute("SELECT log_pk FROM garbage LIMIT 1").fetchone()
    if row is None:
        return False
    for table in ("chunk", "cell"):
        piece = f"SELECT pk FROM {table} WHERE log_pk = ? LIMIT {_PURGED}"
        if write.sql.execute(f"DELETE FROM {table} WHERE pk IN ({piece})", row).rowcount:
            break
    else:
        for table in ("segment", "stream", "point", "garbage"):
            write.sql.execute(f"DELETE FROM {table} WHERE log_pk = ?", row)
    return True


class Metrics:
    """The keys of metric names, and the best schemes for the columns of each stream (by log and kind).

    It is valid for as long as no transaction that it took part in has failed.
    """

    def __init__(self) -> None:
        self._keys: dict[str, int] = {}
        self.schemes: defaultdict[tuple[int, int], Schemes] = defaultdict(Schemes)

    def key(self, write: Write, name: str) -> int:
        """Return the key of `name`, which gets one if it has none."""
        if name not in self._keys:
            write.sql.execute("INSERT OR IGNORE INTO metric (name) VALUES (?)", (name,))
            (key,) = write.sql.execute("SELECT pk FROM metric WHERE name = ?", (name,)).fetchone()
            self._keys[name] = key
        return self._keys[name]
