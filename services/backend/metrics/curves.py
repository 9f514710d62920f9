"""Metric curves out of the database: any window of some runs, raw where its points fit, else by bucket."""

from sqlmodel import Session

from services.backend.database.cursor import cursor
from services.backend.database.tables import Run
from services.backend.errors import Invalid
from services.backend.metrics.buckets import StepGrid, TimeGrid, Window
from services.backend.metrics.lineage import curves_of
from services.backend.runs.queries import find_run
from services.backend.schemas import Axis, Metrics, RunSeries


def read_metrics(
    session: Session, run_ids: list[str], keys: list[str] | None, window: Window, *, every_attempt: bool = False
) -> Metrics:
    """A window of some runs on one grid. Raises: NotFound, Invalid."""
    if window.from_x is not None and window.to_x is not None and window.from_x > window.to_x:
        reason = f"from is {window.from_x:g}, after to, which is {window.to_x:g}."
        raise Invalid("invalid_field", reason, "Swap them.", "from")
    curves = [
        curve
        for run_id in dict.fromkeys(run_ids)
        for curve in curves_of(session, find_run(session, run_id), every_attempt)
    ]
    grid: StepGrid | TimeGrid = (StepGrid if window.x is Axis.STEP else TimeGrid)(window, curves)
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
