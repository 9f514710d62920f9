"""The plan of a run, and trials for it."""

from fastapi import APIRouter

from services.backend.planning import request
from services.backend.planning.schemas import PlanRead, PlanRequest, TrialCreate, TrialRead
from services.backend.routes import RuntimeOf
from services.backend.runs import dry_run

router = APIRouter(prefix="/plan", tags=["plan"])


@router.post("")
def read_plan(body: PlanRequest, runtime: RuntimeOf) -> PlanRead:
    """Estimate what a run of this config takes: steps, time, disk, memory, cost, and what to change to end in time."""
    return request.read(runtime.db, runtime.settings, runtime.datasets, body)


@router.post("/trial", status_code=202)
def try_plan(body: TrialCreate, runtime: RuntimeOf) -> TrialRead:
    """Time 20 steps of this config on the GPU host, in a task; GET /api/tasks/{task_id} reports its result."""
    return TrialRead(task_id=dry_run.queue(runtime.tasks, runtime.settings, runtime.datasets, "trial", body))
