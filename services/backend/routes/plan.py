"""The plan: what a run would take."""

from fastapi import APIRouter

from services.backend.planning import request
from services.backend.planning.schemas import PlanRead, PlanRequest, TrialCreate, TrialRead
from services.backend.routes import RuntimeOf
from services.backend.runs import dry_run

router = APIRouter(prefix="/plan", tags=["plan"])


@router.post("")
def read_plan(body: PlanRequest, runtime: RuntimeOf) -> PlanRead:
    """What a run of this config would take: steps, time, disk, memory, cost, and what to change to be done in time."""
    return request.read(runtime.db, runtime.settings, runtime.datasets, body)


@router.post("/trial", status_code=202)
def try_plan(body: TrialCreate, runtime: RuntimeOf) -> TrialRead:
    """Have 20 steps of this config timed on the GPU host. GET /api/tasks/{task_id} says how it stands and what it
    found."""
    return TrialRead(
        task_id=dry_run.queue(runtime.tasks, runtime.settings, runtime.datasets, "trial", body.config, body.dataset_id)
    )
