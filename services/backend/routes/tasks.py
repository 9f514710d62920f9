"""Tasks: their state, and what they have found so far."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.backend.routes import RuntimeOf
from services.backend.tasks.schemas import TaskRead

router = APIRouter(prefix="/tasks", tags=["tasks"])


@router.get("/{task_id}")
def read_task(
    task_id: str,
    runtime: RuntimeOf,
    after: Annotated[
        int | None, Query(ge=0, le=2**53, description="An offset of before; no facts if left out.")
    ] = None,
) -> TaskRead:
    """Read a task, with what it has found since `after`: 0 for all, then each answer's `offset`."""
    return runtime.tasks.read(task_id, after)


@router.post("/{task_id}/stop", status_code=202)
def stop_task(task_id: str, runtime: RuntimeOf) -> TaskRead:
    """Ask a task to stop. What it has found stays."""
    return runtime.tasks.stop(task_id)
