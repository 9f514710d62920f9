"""Schemas of the live socket's frames. A cursor is an opaque string that only its own database understands."""

from typing import Annotated, Literal

from pydantic import Field

from services.backend.metrics.schemas import NonFinitePoint
from services.backend.runs.schemas import EventRead, RunRead
from services.backend.schemas import Schema


class StepBatch(Schema):
    """Steps of one attempt and one kind, in order; a metric that a step lacks is None there."""

    run_id: str
    attempt: int
    kind: Literal["step", "eval", "system"]
    step: list[int]
    ts: list[float]
    values: dict[str, list[float | None]]
    nonfinite: Annotated[dict[str, list[NonFinitePoint]], Field(description="By metric name.")]


class LiveHello(Schema):
    """The first frame of a socket. `reset`: `since` is not of this database, so fetch everything again."""

    type: Literal["hello"]
    cursor: str
    reset: bool


class LiveFrame(Schema):
    """Everything that was committed after the client's last cursor. `deleted` are the ids of runs that are gone.

    `refetch` are the ids of runs that are too far ahead for frames: fetch their metrics again.
    """

    type: Literal["frame"]
    cursor: str
    runs: list[RunRead]
    deleted: list[str]
    refetch: list[str]
    steps: list[StepBatch]
    events: list[EventRead]
