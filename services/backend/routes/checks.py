"""Checks: test before its start whether the run of a config can be done on an agent's machine."""

from fastapi import APIRouter

from services.backend.routes import RuntimeOf
from services.backend.runs import dry_run
from services.backend.runs.schemas import CheckCreate
from services.backend.tasks.schemas import TaskQueued

router = APIRouter(prefix="/checks", tags=["checks"])


@router.post("", status_code=201)
def create_check(body: CheckCreate, runtime: RuntimeOf) -> TaskQueued:
    """Queue a check of a config; `GET /api/tasks/{id}` reports what it finds. It needs the GPUs, as a run does."""
    return TaskQueued(id=dry_run.queue(runtime.tasks, runtime.settings, runtime.datasets, "check", body))
