"""Checks: whether a config's run can be done on an agent's machine, found out before it is started."""

from fastapi import APIRouter

from services.backend.routes import DeckOf
from services.backend.runs import dry_run
from services.backend.schemas import CheckCreate, TaskQueued

router = APIRouter(prefix="/checks", tags=["checks"])


@router.post("", status_code=201)
def create_check(body: CheckCreate, deck: DeckOf) -> TaskQueued:
    """Queue a check of a config; `GET /api/tasks/{id}` tells what it finds. It needs the GPUs, as a run does."""
    return TaskQueued(id=dry_run.queue(deck, "check", body.config, body.dataset_id))
