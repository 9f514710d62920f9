"""Schemas of tasks."""

from enum import StrEnum
from typing import Any

from services.backend.schemas import Schema


class TaskQueued(Schema):
    """The id of a task that was queued: read it at `/api/tasks/{id}`."""

    id: str


class TaskAssignment(Schema):
    """Do this task; its folder and request.json are there already."""

    task_id: str


class TaskState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    STOPPED = "stopped"
    FAILED = "failed"


class TaskRead(Schema):
    """The state of a task. `progress` is its newest; `facts` are the requested ones, `offset` is where others begin."""

    id: str
    kind: str
    state: TaskState
    created_at: float
    progress: dict[str, Any] | None
    code: str
    message: str
    hint: str
    facts: list[dict[str, Any]]
    offset: int
