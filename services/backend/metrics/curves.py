"""Metric curves: any window of some runs, as raw points if they fit, else by bucket."""

from collections.abc import Sequence

from sqlmodel import Session

from services.backend.database.cursor import cursor
from services.backend.database.tables import Run
from services.backend.metrics.buckets import StepBuckets, TimeBuckets, Window
from services.backend.metrics.lineage import curves_of
from services.backend.metrics.schemas import Axis, Metrics, RunSeries


def read_metrics(
    session: Session, runs: Sequence[Run], keys: list[str] | None, window: Window, *, every_attempt: bool = False
) -> Metrics:
    """Read a window of some runs on one grid. `keys`: metric names, or None for all."""
    curves = [curve for run in runs for curve in curves_of(session, run, every_attempt)]
    grid = StepBuckets(window, curves) if window.x is Axis.STEP else TimeBuckets(window, curves)
    return Metrics.model_construct(
        cursor=cursor(session),
        x=window.x,
        from_x=grid.start,
        to_x=grid.end,
        bucket=grid.width,
        runs=[
            RunSeries.model_construct(
                run_id=curve.run.id,
                attempt=curve.attempt,
                t0=curve.t0,
                series=[grid.series(curve, key) for key in _wanted(curve.run, keys)],
            )
            for curve in curves
        ],
    )


def _wanted(run: Run, keys: list[str] | None) -> list[str]:
    if keys is None:
        return run.keys
    known = set(run.keys)
    return [key for key in dict.fromkeys(keys) if key in known]
