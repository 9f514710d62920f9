"""The database's tables. A change here needs a migration beside it; a test compares the two.

`tick` counts commits over the whole database. Every row that a live client may have to hear of carries the tick of its
last change, so that "what lies after my cursor" is one indexed comparison.
"""

from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel


class Clock(SQLModel, table=True):
    """One row: which database this is (for cursors), and the last tick given out."""

    id: int = Field(primary_key=True)
    database: str
    tick: int


class Run(SQLModel, table=True):
    """A run folder and the summary of its logs. `pk` is never used twice; `id` is the folder's name."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    pk: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    name: str
    model: str
    config: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    wanted: str
    queued_at: float | None = None
    """Since when it waits for an agent, made or resumed here; None once claimed, and for folders that were found."""
    state: str
    code: str = ""
    message: str = ""
    folder_missing: bool = False
    attempt: int = 0
    created_at: float
    started_at: float | None = None
    ended_at: float | None = None
    last_event_at: float | None = None
    step: int = 0
    total_steps: int | None = None
    phase: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    last: dict[str, float] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    keys: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    spark: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """`summary.Spark`: the sparkline's sums and counts."""
    seconds_per_step: float | None = None
    warnings: int = 0
    host: str | None = None
    world_size: int | None = None
    tick: int = Field(index=True)


class Attempt(SQLModel, table=True):
    """What is known of one attempt: the facts that `states.observe` judges by."""

    run_pk: int = Field(primary_key=True)
    attempt: int = Field(primary_key=True)
    claimed_by: str | None = None
    claimed_at: float | None = None
    cancelled: bool = False
    """Claimed, but stopped before anything of it was started."""
    has_shim: bool = False
    started_at: float | None = None
    first_step: int | None = None
    last_step: int | None = None
    stop_requested: bool = False
    end_reason: str | None = None
    """From rank 0's `end` event, as are the code and the message."""
    end_code: str = ""
    end_message: str = ""
    end_at: float | None = None
    shim_reason: str | None = None
    """From the shim's `end` event."""
    exit: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """`exit.json`, taken once every log of the attempt was read to its end."""
    last_words: str = ""
    """The last lines that were printed, where it failed without saying why."""


class Log(SQLModel, table=True):
    """One event log and how far it has been read. Offset and rows are committed together."""

    __table_args__ = (UniqueConstraint("run_pk", "name"),)

    pk: int | None = Field(default=None, primary_key=True)
    run_pk: int
    name: str
    attempt: int
    rank: int
    log_id: str = ""
    """From the header; empty while none was read."""
    dev: int = 0
    ino: int = 0
    offset: int = 0
    marker: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    skipping: bool = False
    """The offset is inside a line that is too long."""
    next_seq: int = 0
    """The `seq` due next; after a re-read from 0 it lies below `high_seq` until the reading has caught up."""
    high_seq: int = 0
    """One more than the highest `seq` stored."""
    unread_lines: int = 0
    """Bad lines since the last good one: so large a gap in `seq` is theirs."""
    faults: int = 0
    closed: bool = False
    """Nothing more is read from it: its last line was torn when the run ended, or a second log began inside it."""
    phase: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class Point(SQLModel, table=True):
    """A step, eval or system event of rank 0, whole. `kind` counts from 0 in `query.KINDS`."""

    __table_args__ = (
        Index("point_step", "log_pk", "kind", "step"),
        Index("point_tick", "log_pk", "tick"),
        {"sqlite_with_rowid": False},
    )

    log_pk: int = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    kind: int
    step: int
    ts: float
    values: bytes = Field(sa_column=Column("values", LargeBinary, nullable=False))
    """msgpack of {name: value}."""
    nonfinite: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    """msgpack of {name: "nan" | "inf" | "-inf"}."""
    tick: int


class Event(SQLModel, table=True):
    """Any other event but phases, of which only the newest is kept (in `Log`)."""

    __table_args__ = (
        UniqueConstraint("log_pk", "seq"),
        Index("event_type", "run_pk", "type"),
        Index("event_tick", "run_pk", "tick"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    run_pk: int
    log_pk: int
    seq: int
    attempt: int
    rank: int
    type: str
    ts: float
    body: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    tick: int


class Fault(SQLModel, table=True):
    """Something wrong with a run's file at `offset`: a line set aside, a gap or repeat in `seq`, a log replaced."""

    __table_args__ = (UniqueConstraint("run_pk", "file", "offset", "code"),)

    pk: int | None = Field(default=None, primary_key=True)
    run_pk: int
    file: str
    offset: int
    code: str
    reason: str


class Deletion(SQLModel, table=True):
    """A run that was deleted, so that live clients hear of it."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    pk: int | None = Field(default=None, primary_key=True)
    run_id: str
    tick: int = Field(index=True)


class Dataset(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("base_path", "metadata_path"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str
    base_path: str
    metadata_path: str
    rows: int
    created_at: float


class Agent(SQLModel, table=True):
    agent_id: str = Field(primary_key=True)
    host: str
    gpus: list[str] = Field(sa_column=Column(JSON, nullable=False))
    alive: list[str] = Field(sa_column=Column(JSON, nullable=False))
    last_seen_at: float
