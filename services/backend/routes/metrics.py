"""Metric curves."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.backend import curves
from services.backend.routes import DeckOf
from services.backend.routes.runs import Whole
from services.backend.schemas import Metrics

router = APIRouter(prefix="/metrics", tags=["metrics"])


@router.get("", response_model=Metrics)
def read_metrics(
    deck: DeckOf,
    run: Annotated[list[str], Query(min_length=1, max_length=50, description="Run ids.")],
    key: Annotated[list[str] | None, Query(max_length=500, description="Metric names; all if left out.")] = None,
    from_step: Annotated[Whole | None, Query(alias="from", description="The first step if left out.")] = None,
    to_step: Annotated[Whole | None, Query(alias="to", description="Inclusive; the last step if left out.")] = None,
    buckets: Annotated[int, Query(ge=1, le=1_000_000, description="At most so many points a series.")] = 1000,
) -> Response:
    """A window of one or several runs: the raw points where they fit into `buckets`, else the mean and exact extremes
    of each bucket of steps. Where a resumed run went back, the newest attempt's points are shown."""
    with deck.db.read() as session:
        metrics = curves.read_metrics(session, run, key, from_step, to_step, buckets)
    return Response(metrics.model_dump_json(), media_type="application/json")
