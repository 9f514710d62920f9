"""Sealed points against plain arithmetic: whatever is logged and however it is stored, a window shows just that."""

import math
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from services.backend.database.db import Database
from services.backend.ingest.run_folders import RunFolders
from services.backend.metrics.buckets import Window
from services.backend.metrics.curves import read_metrics
from services.backend.metrics.schemas import Axis, Series
from services.backend.runs.queries import find_run
from tests.harness.backend import LogFile, read_on
from trainer.contract import events

numbers = count(1)
ODD = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
Point = tuple[int, float, float]
"""Step, time and value."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    db = Database(tmp_path_factory.mktemp("db") / "loradeck.db")
    yield db
    db.close()


values = st.one_of(
    st.floats(-1e6, 1e6), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["nan", "inf", "-inf"])
)
logged = st.fixed_dictionaries(
    {
        "forward": st.sampled_from([1, 1, 1, 1, 2, 7, 0]),
        "train/loss": values,
        "train/lr": st.one_of(st.none(), st.none(), values),
        "kind": st.sampled_from(["step", "step", "step", "step", "step", "eval", "system", "phase"]),
        "pause": st.sampled_from([0.0, 1.0, 1.0, 1.0, 5.0, -3.0]),
    }
)
attempts = st.lists(
    st.tuples(st.integers(0, 30), st.lists(logged, max_size=90), st.lists(st.integers(1, 40), max_size=6)),
    min_size=1,
    max_size=3,
)
fraction = st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75, 1.0])
windows = st.lists(
    st.tuples(st.sampled_from(list(Axis)), st.one_of(st.none(), st.tuples(fraction, fraction)), st.integers(1, 200)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
@given(attempts=attempts, windows=windows)
def test_any_window_of_anything(
    small: None, database: Database, tmp_path_factory: pytest.TempPathFactory, attempts: Any, windows: Any
) -> None:
    logs_dir = tmp_path_factory.mktemp("logs")
    run_id = f"run-{next(numbers)}"
    shown: dict[str, list[Point]] = {}
    times: list[float] = []
    log_ts = 1000.0
    for number, (back, lines, polls) in enumerate(attempts, start=1):
        log = LogFile(logs_dir / run_id, attempt=number, log_id=f"log-{number}").header()
        start = max(1, max((p[0] for ps in shown.values() for p in ps), default=0) - back)
        log_ts, shown = _write(log, lines, polls, start, log_ts, shown, database, logs_dir)
        times += [point[1] for points in shown.values() for point in points]
    with database.read() as session:
        for axis, span, buckets in windows:
            zero = min(times, default=0.0) if axis is Axis.RELATIVE else 0.0
            note(f"{attempts}, {axis}, {span}, {buckets}")
            _check(session, run_id, shown, zero, axis, span, buckets)


def _write(
    log: LogFile,
    lines: list[dict[str, Any]],
    polls: list[int],
    step: int,
    ts: float,
    shown: dict[str, list[Point]],
    database: Database,
    logs_dir: Path,
) -> tuple[float, dict[str, list[Point]]]:
    """Log an attempt, reading it now and then; what shows of the run afterwards."""
    found: list[tuple[str, Point]] = []
    stepped: list[int] = []
    due = set(np.cumsum(polls).tolist())
    for at, line in enumerate(lines):
        ts += line["pause"]
        step += line["forward"] if at else 0
        mapping = {name: line[name] for name in ("train/loss", "train/lr") if line[name] is not None}
        finite = {name: value for name, value in mapping.items() if not isinstance(value, str)}
        others = {name: value for name, value in mapping.items() if isinstance(value, str)}
        if line["kind"] == "step":
            log.write(events.Step, ts=ts, step=step, epoch=0, values=finite, nonfinite=others)
            stepped.append(step)
            found += [(name, (step, ts, ODD.get(value, value))) for name, value in mapping.items()]
        elif line["kind"] == "eval":
            log.write(events.Eval, ts=ts, step=step, epoch=0, values={"eval/loss": 1.5})
            found.append(("eval/loss", (step, ts, 1.5)))
        elif line["kind"] == "system":
            log.write(events.System, ts=ts, values={"system/gpu": 2.5})
            found.append(("system/gpu", (stepped[-1] if stepped else 0, ts, 2.5)))
        else:
            log.write(events.Phase, ts=ts, phase="train")
        if at in due:
            read_on(database, RunFolders(logs_dir), log.run_id)
    read_on(database, RunFolders(logs_dir), log.run_id)
    first = min(stepped, default=None)
    kept = {name: [point for point in points if first is None or point[0] < first] for name, points in shown.items()}
    for name, point in found:
        kept.setdefault(name, []).append(point)
    return ts, kept


def _check(
    session: Any, run_id: str, shown: dict[str, list[Point]], zero: float, axis: Axis, span: Any, buckets: int
) -> None:
    points = [point for of_metric in shown.values() for point in of_metric]

    def place(point: Point) -> float:
        return point[0] if axis is Axis.STEP else point[1] - zero

    places = [place(point) for point in points]
    ends = None
    if span is not None and places:
        low, width = min(places), max(places) - min(places)
        ends = sorted(low + share * width for share in span)
    window = Window(axis, ends[0] if ends else None, ends[1] if ends else None, buckets)
    grid = read_metrics(session, [find_run(session, run_id)], None, window)
    (curve,) = grid.runs
    assert [series.key for series in curve.series] == sorted(shown)
    for series in curve.series:
        inside = [point for point in shown[series.key] if grid.from_x <= place(point) <= grid.to_x]
        if axis is Axis.STEP:
            inside.sort(key=lambda point: point[0])
        else:
            inside.sort(key=place)
        if grid.bucket is None:
            _check_raw(series, inside, place, axis)
        else:
            _check_buckets(series, inside, place, axis, grid.bucket, buckets)


def _check_raw(series: Series, inside: list[Point], place: Any, axis: Axis) -> None:
    if axis is Axis.STEP:
        inside = list({point[0]: point for point in inside}.values())
    finite = [point for point in inside if math.isfinite(point[2])]
    assert series.x == [place(point) for point in finite]
    assert series.mean == [point[2] for point in finite]
    assert sum(mark.count for mark in series.nonfinite) == len(inside) - len(finite)


def _check_buckets(series: Series, inside: list[Point], place: Any, axis: Axis, width: float, buckets: int) -> None:
    assert series.min is not None
    assert series.max is not None
    assert series.count is not None
    assert len(series.x) <= max(3, buckets)
    finite = [point for point in inside if math.isfinite(point[2])]
    if axis is not Axis.STEP:
        # A cell lies where its first point does: only sums over the window can be told.
        return
    expected: dict[int, list[float]] = {}
    for point in finite:
        expected.setdefault(point[0] // int(width) * int(width), []).append(point[2])
    assert series.x == list(expected)
    assert series.min == [min(found) for found in expected.values()]
    assert series.max == [max(found) for found in expected.values()]
    assert series.count == [len(found) for found in expected.values()]
    for mean, found in zip(series.mean, expected.values(), strict=True):
        exact = sum(value / len(found) for value in found)
        assert mean == pytest.approx(exact, rel=1e-9, abs=1e-9 * max(map(abs, found)))
    assert sum(mark.count for mark in series.nonfinite) == len(inside) - len(finite)
    assert series.last == (list(expected.values())[-1][-1] if expected else None)
