"""Buckets on an axis, and the part of a curve that falls into each.

Buckets begin at multiples of their width, so a window that moves sees the same buckets. If a bucket is a whole number
of rollup cells, only the ends of the window and of branches are unpacked. On an axis of time a cell lies where its
first point does.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.backend.errors import Invalid
from services.backend.metrics import chunks
from services.backend.metrics.chunks import CELL, NAMES, OTHER, Cells, Floats, Ints, NonFinites
from services.backend.metrics.columns import SIZES
from services.backend.metrics.lineage import Branch, Curve
from services.backend.metrics.schemas import Axis, NonFiniteMark, Series
from services.backend.metrics.stream_reader import Points

_MIN_CELLS_PER_BUCKET = (2, 3)
"""By level, the least cells a bucket for which rollups are used; its width is then rounded up to whole cells."""
_MAX_UNPACKED_PER_BUCKET = 32
"""On an axis of time, the most points a bucket, on average, that are unpacked and placed one by one."""


@dataclass(frozen=True)
class Window:
    """A part of the curves in units of its axis, both ends included, in at most `buckets` points a series.

    Raises: Invalid.
    """

    x: Axis = Axis.STEP
    from_x: float | None = None
    to_x: float | None = None
    buckets: int = 1000

    def __post_init__(self) -> None:
        if self.from_x is not None and self.to_x is not None and self.from_x > self.to_x:
            reason = f"from is {self.from_x:g}, after to, which is {self.to_x:g}."
            raise Invalid("invalid_field", reason, "Swap them.", "from")


@dataclass(frozen=True)
class _Piece:
    """The part of a curve in each bucket: cells whose `step` is the bucket's number, ascending, and non-finite values
    with their places on the axis."""

    cells: Cells
    others: NonFinites
    others_at: Floats

    @classmethod
    def of_points(cls, points: Points, at: Ints | Floats, width: float) -> "_Piece":
        if bool((at[1:] < at[:-1]).any()):  # the clock went back
            order = np.argsort(at, kind="stable")
            points, at = points.only(order), at[order]
        finite = np.isfinite(points.value)
        if bool(finite.all()):
            return cls(chunks.cells_at(at, points.value, width), np.empty(0, OTHER), np.empty(0))
        return cls(chunks.cells_at(at[finite], points.value[finite], width), *_odd(points, at))

    @classmethod
    def of_cells(
        cls, cells: Cells, cells_at: Ints | Floats, others: NonFinites, at: Ints | Floats, width: float
    ) -> "_Piece":
        """Make a piece of smaller cells, given the place of each."""
        number, order = _bucket_numbers(cells_at, width)
        return cls(chunks.merge(cells[order], number), others, at.astype(np.float64))


def _odd(points: Points, at: Ints | Floats) -> tuple[NonFinites, Floats]:
    """Select the non-finite ones of `points`, one of each kind a step, and the place of each."""
    others = chunks.nonfinites_of(points.step, points.value, 1)
    odd = ~np.isfinite(points.value)
    odd_at = at[odd].astype(np.float64)
    if len(others) < len(odd_at):  # several of a kind at one step
        odd_at = np.interp(others["step"], points.step[odd], odd_at)
    return others, odd_at


class StepBuckets:
    """Buckets of `width` steps over the steps from `start` to `end`, or raw points where it is None."""

    def __init__(self, window: Window, curves: list[Curve]) -> None:
        branches = [branch for curve in curves for branch in curve.branches]
        first = min((branch.first_step for branch in branches), default=0)
        self.start = max(0, math.ceil(window.from_x)) if window.from_x is not None else first
        last = max((branch.last_step for branch in branches), default=self.start)
        self.end = max(self.start - 1, math.floor(window.to_x) if window.to_x is not None else last)
        self.width: int | None = None
        self._level: int | None = None
        if self.end - self.start >= window.buckets:
            self._choose_width(window.buckets)

    def _choose_width(self, buckets: int) -> None:
        width = -(-(self.end - self.start + 1) // buckets)
        while True:
            fitting = [at for at, least in enumerate(_MIN_CELLS_PER_BUCKET) if width >= least * SIZES[at]]
            self._level = max(fitting, default=None)
            size = SIZES[self._level] if self._level is not None else 1
            width = -(-width // size) * size
            if self.end // width - self.start // width < buckets:
                break
            width += max(1, width // (4 * buckets))  # a few rounds, however far from 0 the window lies
        self.width = width

    def series(self, curve: Curve, key: str) -> Series:
        """Read the series of one metric."""
        if self.width is None:
            found = [branch.reader.points(key, self.start, min(self.end + 1, branch.end)) for branch in curve.branches]
            points = _newest(Points.join(found))
            return _raw_series(key, points, points.step)
        pieces = [piece for branch in curve.branches for piece in self._pieces(branch, key, self.width)]
        return _bucket_series(key, pieces, self.width)

    def _pieces(self, branch: Branch, key: str, width: float) -> Iterator[_Piece]:
        reader, start, end = branch.reader, self.start, min(self.end + 1, branch.end)
        if self._level is None:
            points = reader.points(key, start, end)
            yield _Piece.of_points(points, points.step, width)
            return
        size = SIZES[self._level]
        whole_start, whole_end = -(-start // size) * size, end // size * size
        if whole_start >= whole_end:
            whole_start = whole_end = end
        points = reader.sealed_points(key, start, whole_start)
        yield _Piece.of_points(points, points.step, width)
        cells, others = reader.cells(key, self._level, whole_start, whole_end)
        yield _Piece.of_cells(cells, cells["step"], others, others["step"], width)
        for points in (reader.sealed_points(key, whole_end, end), reader.recent_points(key, start, end)):
            yield _Piece.of_points(points, points.step, width)


class TimeBuckets:
    """Buckets of `width` seconds over the times from `start` to `end`, or raw points where it is None."""

    def __init__(self, window: Window, curves: list[Curve]) -> None:
        self._is_relative = window.x is Axis.RELATIVE
        branches = [(branch, self._zero(curve)) for curve in curves for branch in curve.branches]
        first = min((branch.first_ts - zero for branch, zero in branches), default=0.0)
        self.start = window.from_x if window.from_x is not None else first
        last = max((branch.last_ts - zero for branch, zero in branches), default=self.start)
        self.end = max(self.start, window.to_x if window.to_x is not None else last)
        counts = [branch.reader.count_in_time(self.start + zero, self.end + zero) for branch, zero in branches]
        most = max(counts, default=0)
        self._unpacked = most <= _MAX_UNPACKED_PER_BUCKET * window.buckets
        self.width: float | None = None
        if most > window.buckets and self.end > self.start:
            # Two buckets less, since the first and the last begin at multiples of the width.
            self.width = (self.end - self.start) / max(1, window.buckets - 2)

    def _zero(self, curve: Curve) -> float:
        return (curve.t0 or 0.0) if self._is_relative else 0.0

    def series(self, curve: Curve, key: str) -> Series:
        """Read the series of one metric."""
        zero = self._zero(curve)
        if self.width is None:
            found = Points.join(self._points(branch, key, zero) for branch in curve.branches)
            points = found.only(np.argsort(found.ts, kind="stable"))
            return _raw_series(key, points, points.ts - zero)
        pieces = [piece for branch in curve.branches for piece in self._pieces(branch, key, zero, self.width)]
        return _bucket_series(key, pieces, self.width)

    def _points(self, branch: Branch, key: str, zero: float) -> Points:
        start, end = self.start + zero, self.end + zero
        sealed = branch.reader.sealed_points(key, *branch.reader.steps_in_time(start, end, branch.end), timed=True)
        return _in_time(Points.join([sealed, branch.reader.recent_points(key, 0, branch.end)]), start, end)

    def _pieces(self, branch: Branch, key: str, zero: float, width: float) -> Iterator[_Piece]:
        if self._unpacked:
            points = self._points(branch, key, zero)
            yield _Piece.of_points(points, points.ts - zero, width)
            return
        reader, size = branch.reader, SIZES[0]
        start, end = self.start + zero, self.end + zero
        first, last = reader.steps_in_time(start, end, branch.end)
        first, whole = first // size * size, last // size * size
        for found in (
            reader.sealed_points(key, whole, last, timed=True),
            reader.recent_points(key, 0, branch.end),
        ):
            points = _in_time(found, start, end)
            yield _Piece.of_points(points, points.ts - zero, width)
        steps, times = reader.times(first, whole)
        cells, others = reader.cells(key, 0, first, whole)
        if len(steps):
            cells, cells_at = _in_time_cells(cells, steps, times, start, end)
            others, others_at = _in_time_cells(others, steps, times, start, end)
            yield _Piece.of_cells(cells, cells_at - zero, others, others_at - zero, width)


def _in_time_cells(found: Any, steps: Ints, times: Floats, start: float, end: float) -> tuple[Any, Floats]:
    """Select the records whose cell begins between two times, and return when each begins."""
    at = times[np.searchsorted(steps, found["step"] // SIZES[0] * SIZES[0])]
    inside = (at >= start) & (at <= end)
    return found[inside], at[inside]


def _in_time(points: Points, start: float, end: float) -> Points:
    return points.only((points.ts >= start) & (points.ts <= end))


def _newest(points: Points) -> Points:
    """Keep of several values at one step the one that was read last."""
    return points.only(np.diff(points.step, append=-1) != 0) if len(points.step) else points


def _raw_series(key: str, points: Points, at: Ints | Floats) -> Series:
    finite = np.isfinite(points.value)
    mean = points.value[finite].tolist()
    return Series.model_construct(
        key=key,
        x=at[finite].tolist(),
        mean=mean,
        min=None,
        max=None,
        count=None,
        last=mean[-1] if mean else None,
        nonfinite=_marks(*_odd(points, at)),
    )


def _bucket_series(key: str, pieces: list[_Piece], width: float) -> Series:
    cells = np.concatenate([np.empty(0, CELL), *(piece.cells for piece in pieces)])
    order = np.argsort(cells["step"], kind="stable")
    merged = chunks.merge(cells[order], cells["step"][order])
    others = np.concatenate([np.empty(0, OTHER), *(piece.others for piece in pieces)])
    marks: list[NonFiniteMark] = []
    if len(others):
        at = np.concatenate([piece.others_at for piece in pieces])
        number, order = _bucket_numbers(at, width)
        merged_others, first = chunks.merge_nonfinites(others[order], number)
        marks = _marks(merged_others, at[order][first])
    return Series.model_construct(
        key=key,
        x=(merged["step"] * width).tolist(),
        mean=merged["mean"].tolist(),
        min=merged["min"].tolist(),
        max=merged["max"].tolist(),
        count=merged["count"].tolist(),
        last=float(merged["last"][-1]) if len(merged) else None,
        nonfinite=marks,
    )


def _bucket_numbers(at: Ints | Floats, width: float) -> tuple[Ints, Any]:
    """Return the bucket of each position, sorted, and the sort order."""
    numbers = np.floor_divide(at, width).astype(np.int64)
    if bool((at[1:] >= at[:-1]).all()):
        return numbers, slice(None)
    order = np.argsort(at, kind="stable")
    return numbers[order], order


def _marks(others: NonFinites, at: Any) -> list[NonFiniteMark]:
    order = np.argsort(at, kind="stable")
    return [
        NonFiniteMark.model_construct(x=x, step=step, what=NAMES[what], count=count)
        for (step, what, count), x in zip(others[order].tolist(), at[order].tolist(), strict=True)
    ]
