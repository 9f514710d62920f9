"""Agents: the processes on GPU hosts that start runs."""

from fastapi import APIRouter, Response

from services.backend.routes import DeckOf
from services.backend.scheduling import claims
from services.backend.schemas import AgentRead, Assignment, Claim, TaskAssignment

router = APIRouter(prefix="/agents", tags=["agents"])


@router.get("")
def list_agents(deck: DeckOf) -> list[AgentRead]:
    with deck.db.read() as session:
        return claims.list_agents(session)


@router.post(
    "/claim",
    response_model=Assignment | TaskAssignment,
    responses={204: {"description": "There is nothing to start."}},
)
def claim_run(body: Claim, deck: DeckOf) -> Assignment | TaskAssignment | Response:
    """An agent's sign of life; answers with the attempt that it is to start, the same one until its log is there, or
    with the task that it is to do."""
    assignment = claims.claim(deck, body)
    return assignment if assignment is not None else Response(status_code=204)
