"""A log of all kinds of points, and whether a database holds just those: each once, with its value, in its cell."""

import math
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from sqlmodel import Session

from services.backend.database.db import Database, raw
from services.backend.metrics.buckets import Window
from services.backend.metrics.curves import read_metrics
from services.backend.metrics.schemas import Series
from services.backend.metrics.segments import EVAL, STEP, SYSTEM
from services.backend.metrics.stream_reader import StreamReader
from services.backend.runs.queries import find_run
from tests.harness.backend import LogFile
from trainer.contract import events

RUN = "run"
LAST = 300
ODD = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
LINE, BLOCK = 200, 4000
"""Bytes: a line or two, and, in a small backend, what is read in bulk."""


class Point(NamedTuple):
    step: int
    values: dict[str, float]


@dataclass(repr=False)
class Story:
    """A log, and what it says: the points by kind and `seq`."""

    source: bytes
    points: dict[int, dict[int, Point]]

    @property
    def names(self) -> list[str]:
        return sorted({name for points in self.points.values() for point in points.values() for name in point.values})

    def values(self, name: str) -> list[tuple[int, float]]:
        """All steps and values of a metric."""
        points = [point for of_kind in self.points.values() for point in of_kind.values()]
        return [(point.step, point.values[name]) for point in points if name in point.values]


def tell(folder: Path) -> Story:
    """Some hundred steps, with evaluations, machine's values and checkpoints in between; `folder` is for its file."""
    log = LogFile(folder / RUN).header()
    points: dict[int, dict[int, Point]] = defaultdict(dict)
    noise = random.Random(1)
    step = 0

    def put(kind: int, written: type[Any], values: dict[str, Any], **fields: Any) -> None:
        odd = {name: value for name, value in values.items() if isinstance(value, str)}
        points[kind][log.seq] = Point(step, {name: ODD.get(value, value) for name, value in values.items()})
        finite = {name: value for name, value in values.items() if name not in odd}
        log.write(written, values=finite, **({"nonfinite": odd} if odd else {}), **fields)

    while step < LAST:
        step += noise.choice([1, 1, 1, 1, 3])
        values: dict[str, Any] = {"train/loss": noise.choice([noise.random(), noise.random(), noise.random(), "nan"])}
        if step % 3 == 0:
            values["train/lr"] = 1e-4 * step
        put(STEP, events.Step, values, step=step, epoch=0)
        if step % 4 == 0:
            put(EVAL, events.Eval, {"eval/loss": noise.random()}, step=step, epoch=0)
        if step % 7 == 0:
            put(SYSTEM, events.System, {"system/gpu": noise.random()})
        if step % 50 == 0:
            log.write(events.Checkpoint, step=step, path=f"checkpoints/step-{step}")
    return Story(log.path.read_bytes(), dict(points))


def check(db: Database, story: Story) -> None:
    """Compare all that `db` holds, which is the run of `story` alone."""
    with db.read() as session:
        sql = raw(session)
        assert sql.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (log_pk,) = sql.execute("SELECT pk FROM log").fetchone()
        for kind, points in story.points.items():
            expected = [
                (seq, point.step, *(repr(point.values.get(name)) for name in story.names))
                for seq, point in points.items()
            ]
            assert stored(StreamReader(sql, log_pk, kind), story.names) == expected
        for table, column in (("point", "rows"), ("segment", "segments")):
            counted = sql.execute(f"SELECT kind, count(*) FROM {table} GROUP BY kind ORDER BY kind").fetchall()
            query = f"SELECT kind, {column} FROM stream WHERE {column} ORDER BY kind"
            assert sql.execute(query).fetchall() == counted
        assert sql.execute("SELECT count(*) FROM fault").fetchone() == (0,)
        kinds = sql.execute("SELECT type, count(*) FROM event GROUP BY type ORDER BY type").fetchall()
        assert kinds == [("checkpoint", story.source.count(b'"checkpoint"')), ("header", 1)]
        for buckets in (3, 5, 40, 2 * LAST):
            _check_window(session, story, buckets)


def _check_window(session: Session, story: Story, buckets: int) -> None:
    grid = read_metrics(session, [find_run(session, RUN)], None, Window(buckets=buckets))
    assert [series.key for series in grid.runs[0].series] == story.names
    for series in grid.runs[0].series:
        _check_series(series, story.values(series.key), int(grid.bucket) if grid.bucket else None)


def _check_series(series: Series, points: list[tuple[int, float]], width: int | None) -> None:
    expected: dict[int, list[float]] = defaultdict(list)
    for step, value in points:
        if math.isfinite(value):
            expected[step // (width or 1) * (width or 1)].append(value)
    assert series.x == list(expected)
    assert series.mean == pytest.approx([np.mean(values) for values in expected.values()])
    if width is not None:
        assert series.min == [min(values) for values in expected.values()]
        assert series.max == [max(values) for values in expected.values()]
        assert series.count == [len(values) for values in expected.values()]
    assert sum(mark.count for mark in series.nonfinite) == sum(not math.isfinite(value) for _, value in points)


def stored(reader: StreamReader, names: list[str]) -> list[tuple[Any, ...]]:
    """Every stored (seq, step, value by name ...) of a stream, values as text, for NaN is not NaN."""
    found: list[tuple[Any, ...]] = []
    for columns in reader.chunked(names):
        values: list[list[Any]] = []
        for name in names:
            column = columns.metrics.get(name)
            by_row: list[Any] = [None] * len(columns)
            if column is not None:
                rows = column.at(np.arange(len(columns))).tolist()
                for row, value in zip(rows, column.values.tolist(), strict=True):
                    by_row[row] = value
            values.append(list(map(repr, by_row)))
        found += zip(columns.seq.tolist(), columns.step.tolist(), *values, strict=True)
    return sorted(found)
