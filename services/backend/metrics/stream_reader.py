"""Reads streams: raw points and rollups of a metric, from segments and from the rows that are not sealed yet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np

from services.backend.metrics import chunks
from services.backend.metrics.chunks import CELL, OTHER, Cells, Floats, Ints, NonFinites
from services.backend.metrics.columns import ODD, Column, Columns
from services.backend.metrics.segments import SEQ, STEPS, TS, from_rows, unpack_nonfinite


@dataclass(frozen=True)
class Points:
    """Raw points of one metric, sorted by step; of points at one step the newest is the last."""

    step: Ints
    ts: Floats
    value: Floats

    @classmethod
    def none(cls) -> "Points":
        return cls(np.empty(0, np.int64), np.empty(0), np.empty(0))

    @classmethod
    def join(cls, pieces: Iterable["Points"]) -> "Points":
        """Join pieces and sort by step; of one step, later pieces come after earlier ones."""
        found = [piece for piece in pieces if len(piece.step)]
        if len(found) == 1:
            return found[0]
        if not found:
            return cls.none()
        joined = cls(*(_joined([getattr(piece, name) for piece in found]) for name in ("step", "ts", "value")))
        if bool((joined.step[1:] >= joined.step[:-1]).all()):
            return joined
        return joined.only(np.argsort(joined.step, kind="stable"))

    def only(self, which: Any) -> "Points":
        return Points(self.step[which], self.ts[which], self.value[which])

    def between(self, start: int, end: int) -> "Points":
        """Select the steps from `start` on and before `end`."""
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
        """Read the raw points of a metric, without their times."""
        return Points.join([self.sealed_points(name, start, end), self.recent_points(name, start, end)])

    def recent_points(self, name: str, start: int, end: int) -> Points:
        """Read the points that are still rows."""
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

    def cells(self, name: str, level: int, start: int, end: int) -> tuple[Cells, NonFinites]:
        """Read the rollups of a level between `start` and `end`, both multiples of its size."""
        key = self._metric(name)
        if key is None:
            return np.empty(0, CELL), np.empty(0, OTHER)
        rows = self._cell_rows(key, level, start, end)
        cells = chunks.records([cells for cells, _ in rows], CELL)
        others = chunks.records([others for _, others in rows if others], OTHER)
        return _within(cells, start, end), _within(others, start, end)

    def times(self, start: int, end: int) -> tuple[Ints, Floats]:
        """Read the steps at which the rollups of level 0 begin, and when the first point of each was logged."""
        cells = chunks.records([cells for cells, _ in self._cell_rows(TS, 0, start, end)], CELL)
        steps, first = np.unique(_within(cells, start, end)["step"], return_index=True)
        return steps, _within(cells, start, end)["min"][first]

    def last_times(self, count: int) -> list[float]:
        """Read when the last `count` points were logged, by step; at most those of the last segment and the rows."""
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
                times = chunks.unpack(last[0]).tolist()
        return [*times, *(ts for (ts,) in reversed(recent))][-count:]

    def count_in_time(self, start: float, end: float) -> int:
        """Count the points that were logged from `start` to `end`, in Unix seconds, both included."""
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
            times = chunks.unpack(packed)
            count += int(np.count_nonzero((times >= start) & (times <= end)))
        (recent,) = self.sql.execute(
            "SELECT count(*) FROM point WHERE log_pk = ? AND kind = ? AND ts BETWEEN ? AND ?",
            (self.log_pk, self.kind, start, end),
        ).fetchone()
        return int(count + recent)

    def steps_in_time(self, start: float, end: float, before: int) -> tuple[int, int]:
        """Find the first step, and the end, of the sealed points between two times; the end is at most `before`."""
        first, last = self.sql.execute(
            "SELECT min(first_step), max(last_step) FROM segment"
            " WHERE log_pk = ? AND kind = ? AND last_ts >= ? AND first_ts <= ?",
            (self.log_pk, self.kind, start, end),
        ).fetchone()
        return (0, 0) if first is None else (first, min(last + 1, before))

    def sealed_points(self, name: str, start: int, end: int, *, timed: bool = False) -> Points:
        """Read the points in segments; with their times only if `timed`, which takes twice as long."""
        return Points.join(self._sealed_points(name, start, end, timed))

    def chunked(self, names: list[str]) -> Iterator[Columns]:
        """Yield the whole stream in columns, segment by segment and the rows at the end."""
        keys = {name: key for name in names if (key := self._metric(name)) is not None}
        segments = self.sql.execute(
            "SELECT no, first_step, n FROM segment WHERE log_pk = ? AND kind = ? ORDER BY no", (self.log_pk, self.kind)
        ).fetchall()
        for no, first, count in segments:
            yield self._columns(no, first, count, keys)
        rows = self.sql.execute(
            'SELECT seq, step, ts, "values", nonfinite FROM point WHERE log_pk = ? AND kind = ? ORDER BY seq',
            (self.log_pk, self.kind),
        ).fetchall()
        if rows:
            yield from_rows(rows)

    def _columns(self, no: int, first: int, count: int, keys: dict[str, int]) -> Columns:
        rows = self.sql.execute(
            "SELECT metric, rows, data FROM chunk WHERE log_pk = ? AND kind = ? AND no = ?",
            (self.log_pk, self.kind, no),
        )
        found = {metric: (places, data) for metric, places, data in rows}
        columns = Columns(
            chunks.unpack_regular(found[SEQ][1]),
            _steps(found[STEPS][1], first, count),
            chunks.unpack(found[TS][1]),
        )
        for name, key in keys.items():
            if key in found:
                places, data = found[key]
                columns.metrics[name] = Column(
                    chunks.unpack(data), None if places is None else chunks.unpack_regular(places)
                )
        return columns

    def _sealed_points(self, name: str, start: int, end: int, timed: bool) -> Iterator[Points]:
        key = self._metric(name)
        if key is None or start >= end:
            return
        tables = " JOIN chunk t USING (log_pk, kind, no)" if timed else ""
        rows = self.sql.execute(
            f"SELECT n, first_step, c.rows, c.data, s.data, {'t.data' if timed else 'NULL'} FROM chunk c"
            f" JOIN segment USING (log_pk, kind, no) JOIN chunk s USING (log_pk, kind, no){tables}"
            " WHERE log_pk = ? AND kind = ? AND c.metric = ? AND c.no BETWEEN ? AND ?"
            f" AND s.metric = {STEPS}{f' AND t.metric = {TS}' if timed else ''} ORDER BY c.no",
            (self.log_pk, self.kind, key, *self._segments(start, end)),
        )
        for count, first, places, data, packed, times in rows:
            which: Any = slice(None) if places is None else chunks.unpack_regular(places)
            step, value = _steps(packed, first, count)[which], chunks.unpack(data)
            ts = chunks.unpack(times)[which] if timed else _no_times(len(step))
            yield Points(step, ts, value).between(start, end)

    def _cell_rows(self, metric: int, level: int, start: int, end: int) -> list[tuple[bytes, bytes]]:
        if start >= end:
            return []
        rows: list[tuple[bytes, bytes]] = self.sql.execute(
            "SELECT cells, others FROM cell"
            " WHERE log_pk = ? AND kind = ? AND metric = ? AND level = ? AND no BETWEEN ? AND ? ORDER BY no",
            (self.log_pk, self.kind, metric, level, *self._segments(start, end)),
        ).fetchall()
        return rows

    def _segments(self, start: int, end: int) -> tuple[int, int]:
        """Find the numbers of the first and the last segment with steps in between. If the log went back in its steps,
        some segments between these have none."""
        first, last = self.sql.execute(
            "SELECT min(no), max(no) FROM segment WHERE log_pk = ? AND kind = ? AND last_step >= ? AND first_step < ?",
            (self.log_pk, self.kind, start, end),
        ).fetchone()
        return (0, -1) if first is None else (first, last)

    def _metric(self, name: str) -> int | None:
        row = self.sql.execute("SELECT pk FROM metric WHERE name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])


def _steps(packed: bytes, first: int, count: int) -> Ints:
    """Unpack a segment's steps, which are stored only if some are skipped."""
    return chunks.unpack_regular(packed) if packed else np.arange(first, first + count)


def _no_times(count: int) -> Floats:
    """Make a placeholder, without memory, for the times of points read without them."""
    return np.broadcast_to(0.0, count)


def _joined(pieces: list[Any]) -> Any:
    if all(piece.strides == (0,) for piece in pieces):
        return _no_times(sum(map(len, pieces)))
    return np.concatenate(pieces)


def _within(found: Any, start: int, end: int) -> Any:
    """Select records by step, and sort them, since segments of a log may overlap."""
    steps = found["step"]
    if len(steps) > 1 and not bool((steps[1:] >= steps[:-1]).all()):
        found = found[np.argsort(steps, kind="stable")]
        steps = found["step"]
    if len(steps) and (steps[0] < start or steps[-1] >= end):
        found = found[slice(*np.searchsorted(steps, (start, end)))]
    return found


@lru_cache(maxsize=1024)
def _one_value(name: str) -> Any:
    """Make a decoder that takes one value out of a point's."""
    shape = msgspec.defstruct("Value", [("value", float | None, None)], rename={"value": name}, gc=False)
    return msgspec.msgpack.Decoder(shape).decode
