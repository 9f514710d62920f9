"""The database's tables. A change here needs a migration beside it; a test compares the two.

`tick` counts commits over the whole database. Every row that live clients are sent carries the tick of its
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
    """When it was queued, after it was created or resumed here; None once claimed, and for folders that were found."""
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
    """`sparkline.Spark`: the means and counts of the sparkline."""
    seconds_per_step: float | None = None
    seconds_left: float | None = None
    """Until its end, with the periodic work to come; set while it trains."""
    pace: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False, server_default="{}"))
    """`Pace`: what its periodic work costs."""
    machine: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False, server_default="{}"))
    """What the newest attempt's log says about its machine and the settings chosen there: `details` of phase `load`."""
    warnings: int = 0
    host: str | None = None
    world_size: int | None = None
    tick: int = Field(index=True)


class Attempt(SQLModel, table=True):
    """The facts about one attempt, from which `states.observe` derives the state."""

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
    """The last lines that it printed, if it failed without saying why."""


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
    """A step, eval or system event of rank 0, whole, until it is sealed. `kind` is as in `segments`."""

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


class Stream(SQLModel, table=True):
    """The points of one kind in one log: how many are rows in `point`, and how many segments they were sealed into."""

    __table_args__ = ({"sqlite_with_rowid": False},)

    log_pk: int = Field(primary_key=True)
    kind: int = Field(primary_key=True)
    rows: int = 0
    segments: int = 0
    sealed_tick: int = 0
    """The commit that last sealed points: clients with an older cursor have to fetch the curve again."""


class Segment(SQLModel, table=True):
    """Some thousand sealed points of a stream; steps and times are the least and the greatest of them."""

    __table_args__ = ({"sqlite_with_rowid": False},)

    log_pk: int = Field(primary_key=True)
    kind: int = Field(primary_key=True)
    no: int = Field(primary_key=True)
    n: int
    first_step: int
    last_step: int
    first_ts: float
    last_ts: float
    first_seq: int
    last_seq: int


class Metric(SQLModel, table=True):
    """A metric's name, stored once."""

    pk: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)


class Chunk(SQLModel, table=True):
    """One column of a segment, compressed: a metric's values, or (`segments.TS` ...) what every point has."""

    __table_args__ = (UniqueConstraint("log_pk", "kind", "metric", "no"),)

    pk: int | None = Field(default=None, primary_key=True)
    log_pk: int
    kind: int
    metric: int
    no: int
    rows: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    """Which points of the segment have the metric; None if all do."""
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Cell(SQLModel, table=True):
    """The cells (`chunks.CELL`) of one level over one chunk, and what is not finite in it (`chunks.OTHER`)."""

    __table_args__ = (UniqueConstraint("log_pk", "kind", "metric", "level", "no"),)

    pk: int | None = Field(default=None, primary_key=True)
    log_pk: int
    kind: int
    metric: int
    level: int
    no: int
    cells: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    others: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Garbage(SQLModel, table=True):
    """A log whose run was deleted and whose points are still to be removed, a little at a time."""

    log_pk: int = Field(primary_key=True)


class Event(SQLModel, table=True):
    """Any other event except phases, of which only the newest is kept (in `Log`)."""

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
    """A run that was deleted, which live frames report."""

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
    tasks: list[str] = Field(sa_column=Column(JSON, nullable=False, server_default="[]"))
    last_seen_at: float


class Task(SQLModel, table=True):
    """Work besides runs (`trainer.contract.tasks`), as it was queued last."""

    id: str = Field(primary_key=True)
    kind: str
    created_at: float
    queued_at: float
    offset: int = 0
    """The size of its facts then: an end that lies before belongs to an earlier time."""
    claimed_by: str | None = None
    claimed_at: float | None = None
    starts: int = 0
    """How often in a row it was started without writing a fact; `size_at_start` is the size of its facts."""
    size_at_start: int = 0
    ended: str | None = None
    code: str = ""
    message: str = ""
    hint: str = ""
