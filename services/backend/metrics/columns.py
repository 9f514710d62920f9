"""Points in columns, and the columns compressed for storing. Nothing here knows the database.

The processes that read logs ahead make these, too, so they can be sent: sealed columns are bytes.
"""

from dataclasses import dataclass, field

import msgspec
import numpy as np

from services.backend.metrics import chunks
from services.backend.metrics.chunks import Floats, Ints

SIZES = (64, 512)
"""Steps a rollup cell, by level."""
ODD = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}
_CHOOSE_EVERY = 32


@dataclass
class Column:
    """The values of one metric; `rows` says which of the points have it, None for all."""

    values: Floats
    rows: Ints | None = None

    def at(self, points: Ints) -> Ints:
        """Select those of `points` (one a row) that have the metric."""
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
        """Sort by step; points of one step keep their order."""
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


def column_of(values: list[float | None]) -> Column:
    """Make a metric's column from its value at each point, None where it has none."""
    if None not in values:
        return Column(np.array(values, np.float64))
    rows = np.array([row for row, value in enumerate(values) if value is not None], np.int64)
    return Column(np.array([value for value in values if value is not None], np.float64), rows)


class SealedMetric(msgspec.Struct, frozen=True):
    """A metric's column as it is stored: which rows have it (None: all), its values, and its rollups by level."""

    rows: bytes | None
    data: bytes
    cells: list[bytes]
    others: list[bytes]


class Sealed(msgspec.Struct, frozen=True):
    """Columns as they are stored, by ascending step."""

    count: int
    steps: tuple[int, int]
    """The first and the last, as in the next two."""
    times: tuple[float, float]
    seqs: tuple[int, int]
    ts: bytes
    ts_cells: bytes
    step: bytes
    """Empty if no step is skipped."""
    seq: bytes
    metrics: dict[str, SealedMetric]


class Schemes:
    """The best scheme for each column of one stream, chosen again from time to time."""

    def __init__(self) -> None:
        self._known: dict[str | None, int] = {}
        self._segments = 0

    def next_segment(self) -> None:
        if self._segments % _CHOOSE_EVERY == 0:
            self._known.clear()
        self._segments += 1

    def of(self, name: str | None, values: Floats) -> int:
        """Return the scheme for a metric's values, or for None that of the times."""
        if name not in self._known:
            self._known[name] = chunks.scheme_for(values)
        return self._known[name]


def compress(columns: Columns, schemes: Schemes) -> Sealed:
    """Compress columns of at least one point into the next segment of the stream of `schemes`."""
    columns = columns.by_step()
    schemes.next_segment()
    return Sealed(
        count=len(columns),
        steps=(int(columns.step[0]), int(columns.step[-1])),
        times=(float(columns.ts.min()), float(columns.ts.max())),
        seqs=(int(columns.seq.min()), int(columns.seq.max())),
        ts=chunks.pack(columns.ts, schemes.of(None, columns.ts)),
        ts_cells=chunks.cells_of(columns.step, columns.ts, SIZES[0]).tobytes(),
        step=b"" if _is_gapless(columns.step) else chunks.pack_regular(columns.step),
        seq=chunks.pack_regular(columns.seq),
        metrics={name: _compressed(columns.step, found, name, schemes) for name, found in columns.metrics.items()},
    )


def _compressed(step: Ints, found: Column, name: str, schemes: Schemes) -> SealedMetric:
    steps = found.at(step)
    lower = chunks.cells_of(steps, found.values, SIZES[0])
    upper = chunks.merge(lower, lower["step"] // SIZES[1] * SIZES[1])
    return SealedMetric(
        rows=None if found.rows is None else chunks.pack_regular(found.rows),
        data=chunks.pack(found.values, schemes.of(name, found.values)),
        cells=[lower.tobytes(), upper.tobytes()],
        others=[chunks.nonfinites_of(steps, found.values, size).tobytes() for size in SIZES],
    )


def _is_gapless(steps: Ints) -> bool:
    """Check that no step is skipped."""
    return bool((np.diff(steps) == 1).all())
