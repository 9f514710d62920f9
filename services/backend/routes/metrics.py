"""Metric curves."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from services.backend.metrics import curves
from services.backend.metrics.buckets import Window
from services.backend.metrics.schemas import Axis, Metrics
from services.backend.routes import RuntimeOf
from services.backend.runs import queries

Place = Annotated[float, Query(ge=-(2**53), le=2**53, allow_inf_nan=False)]
"""A position on an axis: a step, or seconds. A window may begin before the first point."""

router = APIRouter(prefix="/metrics", tags=["metrics"])


@router.get("", response_model=Metrics)
def read_metrics(
    runtime: RuntimeOf,
    run: Annotated[list[str], Query(min_length=1, max_length=50, description="Run ids.")],
    keys: Annotated[list[str] | None, Query(max_length=500, description="Metric names; all if left out.")] = None,
    from_x: Annotated[Place | None, Query(alias="from", description="The start if left out.")] = None,
    to_x: Annotated[Place | None, Query(alias="to", description="Inclusive; the end if left out.")] = None,
    buckets: Annotated[int, Query(ge=1, le=100_000, description="At most so many points a series.")] = 1000,
    x: Annotated[Axis, Query(description="The axis, which `from` and `to` are on.")] = Axis.STEP,
    attempts: Annotated[
        Literal["newest", "all"],
        Query(description="`newest`: one curve a run, where the newest attempt wins. `all`: also each attempt's own."),
    ] = "newest",
) -> Response:
    """Read a window of one or several runs: the raw points if they fit into `buckets`, else the mean and the exact
    extremes of each bucket. Where a resumed run repeated steps, the newest attempt's points are shown."""
    window = Window(x, from_x, to_x, buckets)
    with runtime.db.read() as session:
        runs = [queries.find_run(session, run_id) for run_id in dict.fromkeys(run)]
        metrics = curves.read_metrics(session, runs, keys, window, every_attempt=attempts == "all")
    return Response(metrics.model_dump_json(), media_type="application/json")
