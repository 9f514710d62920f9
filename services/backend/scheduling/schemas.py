"""Schemas of agents: their claims, and what they are assigned."""

from typing import Annotated

from pydantic import Field

from services.backend.schemas import Schema


class Claim(Schema):
    """An agent's request for work, with what it has alive. It is also the agent's sign of life."""

    agent_id: Annotated[str, Field(min_length=1, max_length=100)]
    host: str
    gpus: list[str] = []  # noqa: RUF012 (pydantic copies it)
    alive: Annotated[list[str], Field(description="The ids of the runs whose locks are held on this host.")] = []  # noqa: RUF012
    tasks: Annotated[
        list[str] | None, Field(description="The ids of the tasks that it works on; left out where it takes none.")
    ] = None


class Assignment(Schema):
    """Start this attempt of this run; its folder and config.json are there already."""

    run_id: str
    attempt: int


class AgentRead(Schema):
    agent_id: str
    host: str
    gpus: list[str]
    alive: list[str]
    tasks: list[str]
    last_seen_at: float
    online: bool
