"""Agents: the processes on GPU hosts that start runs."""

from fastapi import APIRouter, Response

from services.backend.routes import RuntimeOf
from services.backend.scheduling import claims
from services.backend.scheduling.schemas import AgentRead, Assignment, Claim
from services.backend.tasks.schemas import TaskAssignment

router = APIRouter(prefix="/agents", tags=["agents"])


@router.get("")
def list_agents(runtime: RuntimeOf) -> list[AgentRead]:
    with runtime.db.read() as session:
        return claims.list_agents(session)


@router.post(
    "/claim",
    response_model=Assignment | TaskAssignment,
    responses={204: {"description": "There is nothing to start."}},
)
def claim_run(body: Claim, runtime: RuntimeOf) -> Assignment | TaskAssignment | Response:
    """Take an agent's sign of life. Answers with the attempt that it is to start, the same one until its log is there,
    or with the task that it is to do."""
    assignment = claims.claim(
        runtime.db, runtime.tasks, runtime.settings.logs_dir, bool(runtime.follower.problems), body
    )
    return assignment if assignment is not None else Response(status_code=204)
