"""Schemas of a data set as a whole: its import, its scan and its summary."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from services.backend.schemas import ErrorBody, Schema


class DatasetState(StrEnum):
    IMPORTING = "importing"
    READY = "ready"
    FAILED = "failed"


class DatasetCreate(Schema):
    """A folder of clips and the table that lists them: CSV, TSV, JSON or JSONL with a column for the file and one for
    the caption, or a folder whose captions lie beside the clips as `.txt`, `.caption` or `.json`."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    base_path: Annotated[str, Field(min_length=1, description="Where the paths in the table begin.")]
    metadata_path: Annotated[
        str | None,
        Field(description="None: metadata.csv, .json or .jsonl in the folder, else the folder with its captions."),
    ] = None


class ImportProgress(Schema):
    done: Annotated[int, Field(description="Rows read so far.")]


class DatasetRead(Schema):
    id: int
    name: str
    base_path: str
    metadata_path: Annotated[str, Field(description="The folder itself where no table lists the clips.")]
    rows: Annotated[int, Field(description="Rows whose file is there; 0 before the first import is done.")]
    created_at: float
    state: DatasetState
    importing: ImportProgress | None
    problem: Annotated[
        ErrorBody | None, Field(description="Why the last import failed, or the data set cannot be used.")
    ]


ScanState = Literal["none", "queued", "running", "succeeded", "stopped", "failed"]


class ScanRead(Schema):
    """The newest scan. Items and rules show what it has found so far while it is running."""

    state: ScanState
    task_id: str | None
    phase: str
    done: int
    total: int | None
    left_s: Annotated[float | None, Field(description="Seconds until its end; None if unknown.")]
    code: Annotated[str, Field(description="Why it failed, as a stable word; else empty.")]
    message: str
    hint: str


ModelName = Literal["tiny-wan", "wan2.1-t2v-1.3b", "wan2.2-ti2v-5b"]


class ScanStart(Schema):
    model: Annotated[
        ModelName | None,
        Field(description="By whose tokenizer captions are counted; None: as in the last scan, else Wan's."),
    ] = None
    tokenizer_path: Annotated[
        str | None, Field(max_length=4096, description="Local folder of its tokenizer; None to have it fetched.")
    ] = None


class TokenizerRead(Schema):
    """The tokenizer that counts captions."""

    model: ModelName
    folder: Annotated[str, Field(description="Where it lies, on the machine that scans.")]
    is_own: Annotated[bool, Field(description="Else it is tiny-wan's in its place, and `caption_long` flags nothing.")]
    message: Annotated[str, Field(description="Why it is not, and what to do.")]


class ActionRead(Schema):
    label: Annotated[str, Field(description="What was done, as words for a button's tooltip.")]
    count: Annotated[int, Field(description="Rows changed.")]
    at: float


class ImportNote(Schema):
    """What was read in a way that a person should know of, or passed over."""

    code: str
    message: str
    hint: str


class DatasetDetail(DatasetRead):
    videos: int
    images: int
    quarantined: int
    used: Annotated[int, Field(description="Rows that are not quarantined: what a run is given.")]
    faults: Annotated[int, Field(description="Rows of the source that could not be imported.")]
    notes: Annotated[list[ImportNote], Field(description="Of the source as a whole, from the last import.")]
    unscanned: Annotated[int, Field(description="Rows whose file or caption no scan has measured yet.")]
    outdated: Annotated[
        int, Field(description="Rows whose file an earlier version has measured: the next scan tells more of it.")
    ]
    scan: ScanRead
    tokenizer: Annotated[TokenizerRead | None, Field(description="None before any caption was counted.")]
    done: Annotated[list[ActionRead], Field(description="The last actions, the one that undo takes back first.")]
    undone: Annotated[list[ActionRead], Field(description="What redo brings back, the next one first.")]


class CodeCount(Schema):
    code: str
    count: int


class ImportFault(Schema):
    line: Annotated[int, Field(description="In the source, from 1; of a folder or a JSON list the clip's number.")]
    code: str
    message: Annotated[str, Field(description="A sentence that says what to do.")]


class ImportFaults(Schema):
    total: int
    faults: list[ImportFault]


class Bin(Schema):
    """A bin of values from `low` on, below `high`."""

    low: float
    high: float
    count: int


class Histogram(Schema):
    key: Literal["size", "aspect", "frames", "fps", "duration", "caption_length", "caption_tokens"]
    unit: str
    known: Annotated[int, Field(description="Rows that it counts: those that have been measured.")]
    bins: list[Bin]


class SizeCount(Schema):
    width: int
    height: int
    count: int


class RateCount(Schema):
    fps: Annotated[float, Field(description="Frames a second.")]
    count: int


class Conversions(Schema):
    known: Annotated[int, Field(description="Rows of whose file a scan has told what is converted.")]
    counts: Annotated[
        list[CodeCount], Field(description="Rows by what is converted for training; one may be in several.")
    ]


class Summary(Schema):
    """Of all rows, quarantined ones among them, unless said."""

    rows: int
    videos: int
    images: int
    used: int
    quarantined: int
    training: Annotated[int, Field(description="Used rows to train on.")]
    validation: Annotated[int, Field(description="Used rows that are held out.")]
    scanned: Annotated[int, Field(description="Rows whose file has been measured.")]
    tokenized: Annotated[int, Field(description="Rows whose caption has been measured.")]
    duration_s: Annotated[float, Field(description="Of all used videos together, as far as they are measured.")]
    faults: list[CodeCount]
    flagged: Annotated[list[CodeCount], Field(description="By rule.")]
    reasons: Annotated[list[CodeCount], Field(description="Quarantined rows by reason, the most first.")]
    sizes: Annotated[list[SizeCount], Field(description="The 12 most frequent sizes.")]
    histograms: list[Histogram]
    conversions: Conversions
    rates: Annotated[list[RateCount], Field(description="The 8 most frequent frame rates of videos, the most first.")]
