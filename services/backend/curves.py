"""Metric curves out of the database: any window of steps, raw where it fits, else by bucket with exact extremes."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt
from sqlmodel import Session, select

from services.backend.cursor import cursor
from services.backend.db import raw
from services.backend.errors import Invalid
from services.backend.ingest import EVAL, STEP, SYSTEM
from services.backend.query import find_run
from services.backend.schemas import Metrics, NonFinitePoint, RunSeries, Series
from services.backend.tables import Attempt, Log, Run

unpack_values = msgspec.msgpack.Decoder(dict[str, float]).decode
unpack_nonfinite = msgspec.msgpack.Decoder(dict[str, Literal["nan", "inf", "-inf"]]).decode

Steps = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Branch:
    """The rows of one kind in one attempt's log that show: those before the step at which a later attempt went on."""

    log_pk: int
    kind: int
    first_step: int
    last_step: int


@dataclass
class _Curve:
    """Points in pieces, one a branch."""

    steps: list[Steps] = field(default_factory=list)
    values: list[Values] = field(default_factory=list)
    nonfinite: list[NonFinitePoint] = field(default_factory=list)


def read_metrics(
    session: Session,
    run_ids: list[str],
    keys: list[str] | None,
    from_step: int | None,
    to_step: int | None,
    buckets: int,
) -> Metrics:
    """A window of some runs on one grid of at most `buckets` points a series. Raises: NotFound, Invalid."""
    if from_step is not None and to_step is not None and from_step > to_step:
        raise Invalid("invalid_field", f"from is {from_step}, after to, which is {to_step}.", "Swap them.", "from")
    runs = [find_run(session, run_id) for run_id in dict.fromkeys(run_ids)]
    branches = {run.id: _branches(session, run) for run in runs}
    every = [branch for of_run in branches.values() for branch in of_run]
    lo = from_step if from_step is not None else min((branch.first_step for branch in every), default=0)
    hi = to_step if to_step is not None else max((branch.last_step for branch in every), default=lo)
    hi = max(lo, hi)
    bucket_steps = -(-(hi - lo + 1) // buckets)
    return Metrics(
        cursor=cursor(session),
        from_step=lo,
        to_step=hi,
        bucket_steps=bucket_steps,
        runs=[
            RunSeries(run_id=run.id, series=_series(session, run, branches[run.id], keys, lo, hi, bucket_steps))
            for run in runs
        ],
    )


def _branches(session: Session, run: Run) -> list[_Branch]:
    """What shows of each attempt, oldest first: where a resumed run went back, the newest attempt wins."""
    first_steps = dict(session.exec(select(Attempt.attempt, Attempt.first_step).where(Attempt.run_pk == run.pk)).all())
    logs = session.exec(select(Log.pk, Log.attempt).where(Log.run_pk == run.pk, Log.rank == 0).order_by(Log.attempt))  # type: ignore[arg-type]
    branches = []
    for log_pk, attempt in logs:
        assert log_pk is not None
        later = [step for number, step in first_steps.items() if number > attempt and step is not None]
        limit = min(later, default=2**62)
        for kind in (STEP, EVAL, SYSTEM):
            # Two subqueries, for SQLite takes the minimum and the maximum from an index only one at a time.
            within = "FROM point WHERE log_pk = :log AND kind = :kind AND step < :limit"
            first, last = (
                raw(session)
                .execute(
                    f"SELECT (SELECT min(step) {within}), (SELECT max(step) {within})",
                    {"log": log_pk, "kind": kind, "limit": limit},
                )
                .fetchone()
            )
            if first is not None:
                branches.append(_Branch(log_pk, kind, first, last))
    return branches


def _series(
    session: Session, run: Run, branches: list[_Branch], keys: list[str] | None, lo: int, hi: int, bucket_steps: int
) -> list[Series]:
    wanted = [key for key in dict.fromkeys(keys) if key in set(run.keys)] if keys is not None else run.keys
    curves: dict[str, _Curve] = {key: _Curve() for key in wanted}
    for branch in branches:
        rows = raw(session).execute(
            'SELECT step, "values", nonfinite FROM point WHERE log_pk = ? AND kind = ? AND step BETWEEN ? AND ?'
            " ORDER BY step, seq",
            (branch.log_pk, branch.kind, max(lo, branch.first_step), min(hi, branch.last_step)),
        )
        found = rows.fetchall()
        steps = np.array([step for step, _, _ in found], np.int64)
        values = [unpack_values(packed) for _, packed, _ in found]
        for key, curve in curves.items():
            column = np.array([of_step.get(key) for of_step in values], np.float64)  # NaN where a step lacks the metric
            there = ~np.isnan(column)
            if there.any():
                curve.steps.append(steps[there])
                curve.values.append(column[there])
        for step, _, nonfinite in found:
            if nonfinite is not None:
                for key, what in unpack_nonfinite(nonfinite).items():
                    if key in curves:
                        curves[key].nonfinite.append(NonFinitePoint(step=step, what=what))
    return [_thin(key, curve, lo, bucket_steps) for key, curve in curves.items()]


def _thin(key: str, curve: _Curve, lo: int, bucket_steps: int) -> Series:
    steps, values = _in_order(curve)
    nonfinite = sorted(curve.nonfinite, key=lambda point: point.step)
    if bucket_steps == 1:
        return Series(key=key, step=steps.tolist(), mean=values.tolist(), min=None, max=None, nonfinite=nonfinite)
    if not len(steps):
        return Series(key=key, step=[], mean=[], min=[], max=[], nonfinite=nonfinite)
    buckets = (steps - lo) // bucket_steps
    starts = np.flatnonzero(np.diff(buckets, prepend=-1))
    counts = np.diff(starts, append=len(steps))
    shares = values / np.repeat(counts, counts)  # divided before they are added, so that no sum overflows
    return Series(
        key=key,
        step=(lo + buckets[starts] * bucket_steps).tolist(),
        mean=np.add.reduceat(shares, starts).tolist(),
        min=np.minimum.reduceat(values, starts).tolist(),
        max=np.maximum.reduceat(values, starts).tolist(),
        nonfinite=nonfinite,
    )


def _in_order(curve: _Curve) -> tuple[Steps, Values]:
    """By step; of several values at one step the one that was read last."""
    steps = np.concatenate([np.empty(0, np.int64), *curve.steps])
    values = np.concatenate([np.empty(0, np.float64), *curve.values])
    order = np.argsort(steps, kind="stable")
    steps, values = steps[order], values[order]
    newest = np.diff(steps, append=-1) != 0
    return steps[newest], values[newest]


def columns(rows: list[dict[str, float]]) -> dict[str, list[float | None]]:
    """Values row by row into one list a metric, None where a row lacks it."""
    found: dict[str, list[float | None]] = defaultdict(lambda: [None] * len(rows))
    for at, row in enumerate(rows):
        for key, value in row.items():
            found[key][at] = value
    return dict(found)
