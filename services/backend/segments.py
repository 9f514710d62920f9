"""Sealed points: a stream's older rows as compressed columns, one chunk a metric, with cells above them.

A stream is the points of one kind in one log. What comes in is a row in `point`, which live frames are read from; once
there are `SEAL_AT` rows the oldest `SEGMENT` of them become one segment, and the rows go in the same transaction. A
long log that is caught up with is sealed at once and never becomes rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import msgspec
import numpy as np

from services.backend import chunks
from services.backend.chunks import CELL, OTHER, Cells, Floats, Ints, Others
from services.backend.db import Write
from services.backend.tables import Stream

STEP, EVAL, SYSTEM = range(3)
"""`kind` of a stream."""
SEGMENT = 4096
"""Rows in a segment of rows."""
KEPT = 1024
"""Rows that stay rows: whoever reads live frames and is not further behind finds them there."""
SEAL_AT = SEGMENT + KEPT
_PURGED = 200
"""Chunks that one transaction removes: some megabytes, so that nobody waits long for it."""
SIZES = (64, 4096)
"""Steps a cell, by level."""
TS, STEPS, SEQ = 0, -1, -2
"""What stands for a metric's key in the chunks of a segment's own columns. Times have cells as well, of level 0."""
ODD = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}

unpack_values = msgspec.msgpack.Decoder(dict[str, float]).decode
unpack_nonfinite = msgspec.msgpack.Decoder(dict[str, Literal["nan", "inf", "-inf"]]).decode


@dataclass
class Column:
    """One metric's values; `rows` says which of the points have it, None for all."""

    values: Floats
    rows: Ints | None = None

    def at(self, points: Ints) -> Ints:
        """Those of `points` (one a row) that have the metric."""
        return points if self.rows is None else points[self.rows]


@dataclass
class Columns:
    """Points of one stream in columns of equal length. Values are finite or NaN, inf, -inf as they were logged."""

    seq: Ints
    step: Ints
    ts: Floats
    metrics: dict[str, Column] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.seq)

    def by_step(self) -> "Columns":
        """The same in the order of steps; points of one step keep theirs."""
        if len(self) < 2 or bool((self.step[1:] >= self.step[:-1]).all()):
            return self
        order = np.argsort(self.step, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        metrics = {}
        for name, column in self.metrics.items():
            places = rank if column.rows is None else rank[column.rows]
            within = np.argsort(places, kind="stable")
            metrics[name] = Column(column.values[within], None if column.rows is None else places[within])
        return Columns(self.seq[order], self.step[order], self.ts[order], metrics)


def from_rows(rows: Iterable[tuple[int, int, float, bytes, bytes | None]]) -> Columns:
    """Columns of rows of (seq, step, ts, values, nonfinite)."""
    seqs, steps, times, values, others = map(list, zip(*rows, strict=True))
    points: list[dict[str, float]] = [unpack_values(packed) for packed in values]
    for point, packed in zip(points, others, strict=True):
        if packed is not None:
            point.update((name, ODD[what]) for name, what in unpack_nonfinite(packed).items())
    names = dict.fromkeys(name for point in points for name in point)
    columns = Columns(np.array(seqs, np.int64), np.array(steps, np.int64), np.array(times, np.float64))
    for name in names:
        columns.metrics[name] = column([point.get(name) for point in points])
    return columns


def column(values: list[float | None]) -> Column:
    """A metric's column from its value at each point, None where it has none."""
    if None not in values:
        return Column(np.array(values, np.float64))
    rows = np.array([row for row, value in enumerate(values) if value is not None], np.int64)
    return Column(np.array([value for value in values if value is not None], np.float64), rows)


def seal(write: Write, stream: Stream, columns: Columns, metrics: "Metrics", tick: int) -> None:
    """Store `columns` as the stream's next segment; `tick` is the last at which one of them came.

    Nothing of them may be stored as rows. The stream's row is to be saved by the caller.
    """
    columns = columns.by_step()
    key = (stream.log_pk, stream.kind)
    no = stream.segments
    write.sql.execute(
        "INSERT INTO segment (log_pk, kind, no, n, first_step, last_step, first_ts, last_ts, first_seq, last_seq)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *key,
            no,
            len(columns),
            *(int(bound) for bound in (columns.step[0], columns.step[-1])),
            *(float(bound) for bound in (columns.ts.min(), columns.ts.max())),
            *(int(bound) for bound in (columns.seq.min(), columns.seq.max())),
        ),
    )
    chunk: list[tuple[Any, ...]] = [
        (*key, TS, no, None, chunks.pack(columns.ts)),
        (*key, STEPS, no, None, chunks.pack_regular(columns.step)),
        (*key, SEQ, no, None, chunks.pack_regular(columns.seq)),
    ]
    cell: list[tuple[Any, ...]] = [(*key, TS, 0, no, chunks.cells_of(columns.step, columns.ts, SIZES[0]), b"")]
    for name, found in columns.metrics.items():
        metric = metrics.key(write, name)
        rows = None if found.rows is None else chunks.pack_regular(found.rows)
        chunk.append((*key, metric, no, rows, chunks.pack(found.values)))
        steps = found.at(columns.step)
        lower = chunks.cells_of(steps, found.values, SIZES[0])
        upper = chunks.merge(lower, lower["step"] // SIZES[1] * SIZES[1])
        for level, cells in enumerate((lower, upper)):
            others = chunks.others_of(steps, found.values, SIZES[level])
            cell.append((*key, metric, level, no, cells, others.tobytes()))
    write.sql.executemany("INSERT INTO chunk (log_pk, kind, metric, no, rows, data) VALUES (?, ?, ?, ?, ?, ?)", chunk)
    write.sql.executemany(
        "INSERT INTO cell (log_pk, kind, metric, level, no, cells, others) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*place, cells.tobytes(), others) for *place, cells, others in cell],
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
        seal(write, stream, from_rows(row[:5] for row in rows), metrics, max(row[5] for row in rows))
        write.sql.execute("DELETE FROM point WHERE log_pk = ? AND kind = ? AND seq <= ?", (*place, rows[-1][0]))
        stream.rows -= len(rows)


def sealed_seqs(write: Write, log_pk: int, first_seq: int, last_seq: int) -> Ints:
    """The `seq`s of a log between the two, inclusive, that lie in segments."""
    rows = write.sql.execute(
        "SELECT data FROM segment JOIN chunk USING (log_pk, kind, no)"
        " WHERE log_pk = ? AND last_seq >= ? AND first_seq <= ? AND metric = ?",
        (log_pk, first_seq, last_seq, SEQ),
    )
    return np.concatenate([np.empty(0, np.int64), *(chunks.unpack_regular(data) for (data,) in rows)])


def purge(write: Write) -> bool:
    """Remove a piece of what is left of deleted runs, and give its space back. Whether there is more."""
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
    """The keys of metric names. Good for as long as no transaction that it took part in has failed."""

    def __init__(self) -> None:
        self._keys: dict[str, int] = {}

    def key(self, write: Write, name: str) -> int:
        """That of `name`, which gets one where it has none."""
        if name not in self._keys:
            write.sql.execute("INSERT OR IGNORE INTO metric (name) VALUES (?)", (name,))
            (key,) = write.sql.execute("SELECT pk FROM metric WHERE name = ?", (name,)).fetchone()
            self._keys[name] = key
        return self._keys[name]


@dataclass(frozen=True)
class Points:
    """Raw points of one metric, by step; of points at one step the newest is the last."""

    step: Ints
    ts: Floats
    value: Floats

    @classmethod
    def none(cls) -> "Points":
        return cls(np.empty(0, np.int64), np.empty(0), np.empty(0))

    @classmethod
    def join(cls, pieces: Iterable["Points"]) -> "Points":
        """All of them by step, later pieces behind earlier ones."""
        found = [piece for piece in pieces if len(piece.step)]
        if len(found) == 1:
            return found[0]
        if not found:
            return cls.none()
        joined = cls(*(np.concatenate([getattr(piece, name) for piece in found]) for name in ("step", "ts", "value")))
        if bool((joined.step[1:] >= joined.step[:-1]).all()):
            return joined
        return joined.only(np.argsort(joined.step, kind="stable"))

    def only(self, which: Any) -> "Points":
        return Points(self.step[which], self.ts[which], self.value[which])

    def between(self, start: int, end: int) -> "Points":
        """Those at steps from `start` on and before `end`."""
        if not len(self.step) or (self.step[0] >= start and self.step[-1] < end):
            return self
        return self.only(slice(*np.searchsorted(self.step, (start, end))))


@dataclass(frozen=True)
class StreamReader:
    """Reads one stream inside one read transaction. `sql` is its connection; steps run from `start` to before `end`."""

    sql: Any
    log_pk: int
    kind: int

    def points(self, name: str, start: int, end: int) -> Points:
        """The raw points of a metric. Times are of every point."""
        return Points.join([*self._sealed_points(name, start, end), self.recent_points(name, start, end)])

    def recent_points(self, name: str, start: int, end: int) -> Points:
        """Those that are still rows."""
        rows = self.sql.execute(
            'SELECT step, ts, "values", nonfinite FROM point WHERE log_pk = ? AND kind = ? AND step >= ? AND step < ?'
            " ORDER BY step, seq",
            (self.log_pk, self.kind, start, end),
        ).fetchall()
        decode = _one_value(name)
        found = []
        for step, ts, values, nonfinite in rows:
            value = decode(values).value
            if value is None and nonfinite is not None:
                value = ODD.get(unpack_nonfinite(nonfinite).get(name, ""))
            if value is not None:
                found.append((step, ts, value))
        if not found:
            return Points.none()
        steps, times, numbers = zip(*found, strict=True)
        return Points(np.array(steps, np.int64), np.array(times, np.float64), np.array(numbers, np.float64))

    def cells(self, name: str, level: int, start: int, end: int) -> tuple[Cells, Others]:
        """The sealed cells of a level that lie between `start` and `end`, both whole numbers of its cells."""
        key = self._metric(name)
        if key is None:
            return np.empty(0, CELL), np.empty(0, OTHER)
        rows = self._cell_rows(key, level, start, end)
        cells = chunks.records([cells for cells, _ in rows], CELL)
        others = chunks.records([others for _, others in rows if others], OTHER)
        return _within(cells, start, end), _within(others, start, end)

    def times(self, start: int, end: int) -> tuple[Ints, Floats]:
        """The steps at which sealed cells of level 0 begin, and when the first point of each was logged."""
        cells = chunks.records([cells for cells, _ in self._cell_rows(TS, 0, start, end)], CELL)
        steps, first = np.unique(_within(cells, start, end)["step"], return_index=True)
        return steps, _within(cells, start, end)["min"][first]

    def last_times(self, count: int) -> list[float]:
        """When the last `count` points were logged, by step; those of the last segment and the rows at most."""
        place = (self.log_pk, self.kind)
        times: list[float] = []
        recent = self.sql.execute(
            "SELECT ts FROM point WHERE log_pk = ? AND kind = ? ORDER BY step DESC LIMIT ?", (*place, count)
        ).fetchall()
        if len(recent) < count:
            last = self.sql.execute(
                "SELECT data FROM chunk WHERE log_pk = ? AND kind = ? AND metric = ? ORDER BY no DESC LIMIT 1",
                (*place, TS),
            ).fetchone()
            if last is not None:
                times = chunks.unpack_floats(last[0]).tolist()
        return [*times, *(ts for (ts,) in reversed(recent))][-count:]

    def count_between(self, start: float, end: float) -> int:
        """How many points were logged from `start` to `end`, in Unix seconds, both included."""
        rows = self.sql.execute(
            "SELECT no, n, first_ts >= :start AND last_ts <= :end FROM segment"
            " WHERE log_pk = :log AND kind = :kind AND last_ts >= :start AND first_ts <= :end",
            {"log": self.log_pk, "kind": self.kind, "start": start, "end": end},
        ).fetchall()
        count = sum(n for _, n, is_inside in rows if is_inside)
        for no in (no for no, _, is_inside in rows if not is_inside):
            (packed,) = self.sql.execute(
                "SELECT data FROM chunk WHERE log_pk = ? AND kind = ? AND metric = ? AND no = ?",
                (self.log_pk, self.kind, TS, no),
            ).fetchone()
            times = chunks.unpack_floats(packed)
            count += int(np.count_nonzero((times >= start) & (times <= end)))
        (recent,) = self.sql.execute(
            "SELECT count(*) FROM point WHERE log_pk = ? AND kind = ? AND ts BETWEEN ? AND ?",
            (self.log_pk, self.kind, start, end),
        ).fetchone()
        return int(count + recent)

    def steps_between(self, start: float, end: float, before: int) -> tuple[int, int]:
        """From which step on and before which one the sealed points between two times lie; none from `before` on."""
        first, last = self.sql.execute(
            "SELECT min(first_step), max(last_step) FROM segment"
            " WHERE log_pk = ? AND kind = ? AND last_ts >= ? AND first_ts <= ?",
            (self.log_pk, self.kind, start, end),
        ).fetchone()
        return (0, 0) if first is None else (first, min(last + 1, before))

    def sealed_points(self, name: str, start: int, end: int) -> Points:
        return Points.join(self._sealed_points(name, start, end))

    def chunked(self, names: list[str]) -> Iterator[Columns]:
        """The whole stream from its start, segment by segment and the rows at the end, in columns."""
        keys = {name: key for name in names if (key := self._metric(name)) is not None}
        numbers = [
            no
            for (no,) in self.sql.execute(
                "SELECT no FROM segment WHERE log_pk = ? AND kind = ? ORDER BY no", (self.log_pk, self.kind)
            )
        ]
        for no in numbers:
            yield self._columns(no, keys)
        rows = self.sql.execute(
            'SELECT seq, step, ts, "values", nonfinite FROM point WHERE log_pk = ? AND kind = ? ORDER BY seq',
            (self.log_pk, self.kind),
        ).fetchall()
        if rows:
            yield from_rows(rows)

    def _columns(self, no: int, keys: dict[str, int]) -> Columns:
        rows = self.sql.execute(
            "SELECT metric, rows, data FROM chunk WHERE log_pk = ? AND kind = ? AND no = ?",
            (self.log_pk, self.kind, no),
        )
        found = {metric: (places, data) for metric, places, data in rows}
        columns = Columns(
            chunks.unpack_regular(found[SEQ][1]),
            chunks.unpack_regular(found[STEPS][1]),
            chunks.unpack_floats(found[TS][1]),
        )
        for name, key in keys.items():
            if key in found:
                places, data = found[key]
                columns.metrics[name] = Column(
                    chunks.unpack_floats(data), None if places is None else chunks.unpack_regular(places)
                )
        return columns

    def _sealed_points(self, name: str, start: int, end: int) -> Iterator[Points]:
        key = self._metric(name)
        if key is None or start >= end:
            return
        rows = self.sql.execute(
            "SELECT c.rows, c.data, s.data, t.data FROM segment"
            " JOIN chunk c USING (log_pk, kind, no) JOIN chunk s USING (log_pk, kind, no)"
            " JOIN chunk t USING (log_pk, kind, no)"
            " WHERE log_pk = ? AND kind = ? AND last_step >= ? AND first_step < ?"
            " AND c.metric = ? AND s.metric = ? AND t.metric = ? ORDER BY no",
            (self.log_pk, self.kind, start, end, key, STEPS, TS),
        )
        for places, data, steps, times in rows:
            points = Points(chunks.unpack_regular(steps), chunks.unpack_floats(times), np.empty(0))
            which: Any = slice(None) if places is None else chunks.unpack_regular(places)
            value = chunks.unpack_floats(data)
            yield Points(points.step[which], points.ts[which], value).between(start, end)

    def _cell_rows(self, metric: int, level: int, start: int, end: int) -> list[tuple[bytes, bytes]]:
        if start >= end:
            return []
        rows: list[tuple[bytes, bytes]] = self.sql.execute(
            "SELECT cells, others FROM segment JOIN cell USING (log_pk, kind, no)"
            " WHERE log_pk = ? AND kind = ? AND last_step >= ? AND first_step < ? AND metric = ? AND level = ?"
            " ORDER BY no",
            (self.log_pk, self.kind, start, end, metric, level),
        ).fetchall()
        return rows

    def _metric(self, name: str) -> int | None:
        row = self.sql.execute("SELECT pk FROM metric WHERE name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])


def _within(found: Any, start: int, end: int) -> Any:
    """Records whose step lies between; in the order of steps, for segments of a log may overlap."""
    steps = found["step"]
    if len(steps) > 1 and not bool((steps[1:] >= steps[:-1]).all()):
        found = found[np.argsort(steps, kind="stable")]
        steps = found["step"]
    if len(steps) and (steps[0] < start or steps[-1] >= end):
        found = found[slice(*np.searchsorted(steps, (start, end)))]
    return found


@lru_cache(maxsize=1024)
def _one_value(name: str) -> Any:
    """A decoder that takes one value out of a point's."""
    shape = msgspec.defstruct("Value", [("value", float | None, None)], rename={"value": name}, gc=False)
    return msgspec.msgpack.Decoder(shape).decode
