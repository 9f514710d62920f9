"""Schemas of the plan. Times are in seconds, sizes in bytes; a range is from `low` to `high`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from services.backend.schemas import ConfigRequest, Schema


class PlanRequest(ConfigRequest):
    samples: Annotated[int | None, Field(ge=1, le=10**9, description="Where there is no data set yet.")] = None
    seconds_per_step: Annotated[float | None, Field(gt=0, le=1e6, description="Your own figure.")] = None
    seconds_per_step_of: Annotated[
        dict[str, Any] | None, Field(description="The config that your own figure is of; null where it is this one's.")
    ] = None
    trial: Annotated[str | None, Field(pattern=r"^trial-[0-9a-f]{12}$", description="A trial's task_id.")] = None
    price_per_hour: Annotated[float | None, Field(ge=0, le=1e6, description="Of all GPUs of the run together.")] = None
    done_in_days: Annotated[float, Field(gt=0, le=36_500)] = 5.0


class PlanRange(Schema):
    low: float
    high: float


class PlanLeftOut(Schema):
    """Rows that a run does not take."""

    why: Literal["quarantined", "unreadable", "no_file", "no_caption", "split_unknown", "damaged", "too_short"]
    rows: int


class PlanSamples(Schema):
    rows: int
    used: Annotated[int, Field(description="Rows that a run takes, held out ones included.")]
    videos: int
    images: int
    held_out: int
    left_out: Annotated[list[PlanLeftOut], Field(description="The others, by why.")]
    is_counted: Annotated[bool, Field(description="False where only their number is known.")]


class PlanBucket(Schema):
    shape: str
    samples: int


class PlanPart(Schema):
    """What a run's time, or what it writes, is made of."""

    what: Literal["steps", "cache", "evaluations", "samples", "checkpoints", "logs"]
    count: int
    amount: PlanRange


class PlanMemory(Schema):
    card: str | None
    cards: int
    card_bytes: int | None
    measured_bytes: Annotated[int | None, Field(description="The peak of a trial of these settings.")]
    needed_bytes: Annotated[int, Field(description="At the peak of a step, with no block recomputed.")]
    least_bytes: Annotated[int, Field(description="The same with every block recomputed.")]
    fits: Annotated[bool | None, Field(description="None where the card is not known and nothing was tried.")]


class PlanDisk(Schema):
    parts: list[PlanPart]
    total: PlanRange
    free_bytes: int | None


class PlanAnew(Schema):
    """Samples that are encoded anew, by why."""

    why: Literal["new", "replaced", "settings", "gone", "pictures", "encoders"]
    samples: int


class PlanCache(Schema):
    """What of the data set is cached. All counts are 0 where `state` is not "counted"."""

    state: Annotated[
        Literal["counted", "counting", "unknown"],
        Field(description="counting: ask again in a second. unknown: it shows only when the run begins."),
    ]
    samples: int
    cached: int
    anew: list[PlanAnew]
    unsure: Annotated[int, Field(description="Of the samples; only their files can tell.")]
    captions_anew: int
    text: Annotated[str, Field(description="The same in a sentence; empty where it is not counted.")]
    size_bytes: Annotated[int | None, Field(description="Of the whole cache, of all models; None where not known.")]


class PlanWarning(Schema):
    code: str
    message: str
    hint: str


class PlanWay(Schema):
    """A change of the config by which the run is done in the time that was asked for or, not `is_enough`, nearer to it.
    `total` is what the plan says after it."""

    label: str
    changes: dict[str, Any]
    total: PlanRange
    is_enough: Annotated[bool, Field(description="By the lower estimate or, where that is now, by the upper one.")]


class PlanRead(Schema):
    samples: PlanSamples
    buckets: list[PlanBucket]
    ranks: int
    steps_per_epoch: int
    total_steps: Annotated[int, Field(description="Optimizer steps of each rank, as the trainer counts them.")]
    is_exact: Annotated[bool, Field(description="False where a clip's bucket is not known, or if it can be read.")]
    seconds_per_step: PlanRange | None
    source: Annotated[
        Literal["trial", "history", "benchmark", "own", "unknown"],
        Field(description="Where the seconds per step come from."),
    ]
    source_text: str
    trial_text: Annotated[str, Field(description="Why the trial's figure is not taken as it is; empty where it is.")]
    parts: Annotated[list[PlanPart], Field(description="Of the time; empty where a step's is not known.")]
    total: PlanRange | None
    disk: PlanDisk
    cache: Annotated[PlanCache | None, Field(description="None where there is no data set to look at.")] = None
    memory: PlanMemory
    cost: PlanRange | None
    warnings: list[PlanWarning]
    done_in_days: float
    ways: list[PlanWay]


class TrialCreate(ConfigRequest):
    """A run's config, whose first steps are timed."""


class TrialRead(Schema):
    task_id: str
