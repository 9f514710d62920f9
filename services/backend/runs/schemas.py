"""Schemas of runs, and of what their folders hold. Times are Unix seconds."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from services.backend.schemas import ConfigRequest, Schema


class Wanted(StrEnum):
    RUN = "run"
    STOP = "stop"


class RunState(StrEnum):
    """The observed state of a run. Only facts (a claim, log events, the exit) change it; see `states.observe`."""

    QUEUED = "queued"
    PREPARING = "preparing"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"


class RunPhase(Schema):
    """The phase that rank 0 is in. In phase `train`, `done` and `total` count optimizer steps."""

    phase: str
    done: int | None
    total: int | None
    item: str | None
    ts: float


class RunRead(Schema):
    """A run without its config, as in lists and live frames."""

    id: str
    name: str
    model: str
    wanted: Wanted
    state: RunState
    attempt: Annotated[int, Field(description="The newest attempt, from 1; 0 before the first is claimed.")]
    code: Annotated[str, Field(description="Why it failed or is lost, as a stable word; else empty.")]
    message: Annotated[str, Field(description="The same as a sentence that says what to do; else empty.")]
    created_at: float
    started_at: Annotated[float | None, Field(description="Of the newest attempt.")]
    ended_at: float | None
    last_event_at: float | None
    step: Annotated[int, Field(description="The last optimizer step logged; 0 before the first.")]
    total_steps: int | None
    phase: RunPhase | None
    last: Annotated[dict[str, float], Field(description="The newest finite value of each metric.")]
    keys: Annotated[list[str], Field(description="Every metric name seen, sorted.")]
    seconds_per_step: Annotated[float | None, Field(description="Median of the last 50 steps' time on the clock.")]
    seconds_left: Annotated[
        float | None, Field(description="While training: steps and pauses to come; None if unknown.")
    ]
    warnings: Annotated[
        int, Field(description="Warning and stall events of all attempts, save for requested stops, and bad log lines.")
    ]
    host: str | None
    world_size: int | None


class RunListItem(RunRead):
    sparkline: Annotated[list[float], Field(description="Up to 60 means of `train/loss` over the whole run.")]


class AttemptRead(Schema):
    attempt: int
    first_step: int | None
    last_step: int | None
    started_at: float | None
    ended_at: float | None
    reason: Annotated[str | None, Field(description="succeeded, stopped, failed or lost; None while it lasts.")]


class RunDetail(RunRead):
    config: dict[str, Any]
    attempts: list[AttemptRead]
    folder: Annotated[str, Field(description="The run folder's path on the server.")]


class RunCreate(ConfigRequest):
    """A run to queue. Of each registered data set it gets a table of its own."""


class CheckCreate(ConfigRequest):
    """A run's config, to be checked on the machine that would run it."""


class EventRead(Schema):
    """A logged event other than a step, with the log's own fields."""

    id: int
    run_id: str
    attempt: int
    rank: Annotated[int, Field(description="-1 for the shim, which starts and ends the ranks.")]
    type: str
    ts: float
    body: Annotated[dict[str, Any], Field(description="The event's further fields, as in docs/events.schema.json.")]


class SampleRead(Schema):
    attempt: int
    step: int
    what: str
    prompt: str
    seed: int | None
    path: str
    url: str
    ts: float


class CheckpointRead(Schema):
    attempt: int
    step: int
    path: str
    bytes: int | None
    lora: str | None
    lora_url: Annotated[str | None, Field(description="None where the file was rotated away.")]
    eval_loss: Annotated[float | None, Field(description="None where it was not evaluated at its own step.")]
    ts: float


class LogText(Schema):
    """A piece of an attempt's stdout and stderr, cut at line ends."""

    attempt: int
    offset: Annotated[int, Field(description="Of `text` in the file, bytes.")]
    next_offset: int
    size: int
    text: str


class LogFault(Schema):
    """A log line that could not be read: it was set aside, and reading continued behind it."""

    run_id: str
    file: str
    offset: int
    reason: str
