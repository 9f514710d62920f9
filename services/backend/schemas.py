"""What the REST API and the live socket speak. The UI's client types are generated from these.

Times are Unix seconds. A cursor is an opaque string; only this database understands it.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from trainer.contract.presets import Preset

__all__ = ["Preset"]


class Schema(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Wanted(StrEnum):
    RUN = "run"
    STOP = "stop"


class RunState(StrEnum):
    """What is observed of a run. Only facts (a claim, log events, the exit) move it; see `states.observe`."""

    QUEUED = "queued"
    PREPARING = "preparing"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"


class ErrorBody(Schema):
    """The one error shape: what is wrong, what to do, and the field to blame where there is one."""

    code: str
    message: str
    hint: str
    field: str | None = None


class Alive(Schema):
    status: Literal["ok"]


class Session(Schema):
    """`required` says whether a token is asked for at all."""

    required: bool
    signed_in: bool


class SignIn(Schema):
    token: SecretStr


class RunPhase(Schema):
    """What rank 0 does now. In phase `train`, `done` and `total` count optimizer steps."""

    phase: str
    done: int | None
    total: int | None
    item: str | None
    ts: float


class RunRead(Schema):
    """A run without its config: what a list shows and a live frame carries."""

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


class RunCreate(Schema):
    """A run to queue. `config` is checked as the trainer will check it.

    With `dataset_id` the run gets a table of its own with what of that data set is not quarantined now; the config's
    `dataset_base_path` and `dataset_metadata_path` are set to it and may be left out.
    """

    config: dict[str, Any]
    dataset_id: int | None = None


class EventRead(Schema):
    """A logged event that is no step: what happened, in the log's own fields."""

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


class Axis(StrEnum):
    """What a curve is drawn against: optimizer steps, seconds since the run's first point, or Unix seconds."""

    STEP = "step"
    RELATIVE = "relative"
    WALL = "wall"


NonFiniteKind = Literal["nan", "inf", "-inf"]


class NonFinitePoint(Schema):
    step: int
    what: NonFiniteKind


class NonFiniteMark(Schema):
    """Values of one kind in one bucket: where the first of them lies, and how many they are."""

    x: float
    step: int
    what: NonFiniteKind
    count: int


class Series(Schema):
    """One metric of one run. Without buckets these are the raw points, in `mean`, and the other lists are None."""

    key: str
    x: Annotated[
        list[int] | list[float], Field(description="Of each point, or of each bucket's begin; empty ones are left out.")
    ]
    mean: list[float]
    min: list[float] | None
    max: list[float] | None
    count: list[int] | None
    last: Annotated[float | None, Field(description="The newest finite value in the window.")]
    nonfinite: list[NonFiniteMark]


class RunSeries(Schema):
    run_id: str
    attempt: Annotated[
        int | None,
        Field(description="None: of all attempts what shows, where the newest wins. Else the whole of this one."),
    ]
    t0: Annotated[float | None, Field(description="Unix seconds at which the relative axis begins.")]
    series: list[Series]


class Metrics(Schema):
    """A window of one or several runs on one shared grid: each bucket begins at a multiple of `bucket`, wherever the
    window lies, and holds what of it lies in the window."""

    cursor: str
    x: Axis
    from_x: float
    to_x: Annotated[float, Field(description="Inclusive.")]
    bucket: Annotated[float | None, Field(description="A bucket's width on the axis; None where the points are raw.")]
    runs: list[RunSeries]


class Claim(Schema):
    """An agent asks for work and says what it has alive. Asking is also its sign of life."""

    agent_id: Annotated[str, Field(min_length=1, max_length=100)]
    host: str
    gpus: list[str] = []
    alive: Annotated[list[str], Field(description="The ids of the runs whose locks are held on this host.")] = []
    tasks: Annotated[
        list[str] | None, Field(description="The ids of the tasks that it works on; left out where it takes none.")
    ] = None


class Assignment(Schema):
    """Start this attempt of this run; its folder and config.json are there already."""

    run_id: str
    attempt: int


class TaskAssignment(Schema):
    """Do this task; its folder and request.json are there already."""

    task_id: str


class CheckCreate(Schema):
    """A run's config, to be checked on the machine that would do it; `dataset_id` as for a run."""

    config: dict[str, Any]
    dataset_id: int | None = None


class TaskQueued(Schema):
    """The id of what was queued: ask for it at `/api/tasks/{id}`."""

    id: str


class TaskState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    STOPPED = "stopped"
    FAILED = "failed"


class TaskRead(Schema):
    """How a task stands. `progress` is its newest; `facts` are those asked for, `offset` is where to ask on."""

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


class AgentRead(Schema):
    agent_id: str
    host: str
    gpus: list[str]
    alive: list[str]
    tasks: list[str]
    last_seen_at: float
    online: bool


class LogFault(Schema):
    """A log line that could not be read: it was set aside, and reading went on behind it."""

    run_id: str
    file: str
    offset: int
    reason: str


class Health(Schema):
    status: Literal["ok", "degraded"]
    problems: Annotated[list[str], Field(description="Sentences, one a problem; empty when ok.")]
    version: str
    cursor: str
    logs_dir: str
    disk_free_bytes: int
    runs: int
    agents: list[AgentRead]
    faults: Annotated[list[LogFault], Field(description="The newest 20.")]


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
    """The first frame of a socket. `reset` says that `since` was not of this database: fetch everything anew."""

    type: Literal["hello"]
    cursor: str
    reset: bool


class LiveFrame(Schema):
    """All that was committed after the client's last cursor. `deleted` are ids of runs that are gone.

    `refetch` are ids of runs that have gone on too far for frames: their metrics are to be fetched anew.
    """

    type: Literal["frame"]
    cursor: str
    runs: list[RunRead]
    deleted: list[str]
    refetch: list[str]
    steps: list[StepBatch]
    events: list[EventRead]
