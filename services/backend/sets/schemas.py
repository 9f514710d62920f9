"""What the REST API says of data sets. Ids of items are whole numbers that hold until the source is imported again."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.backend.schemas import ErrorBody, Schema

MAX_ITEMS = 500
"""In one answer."""

Share = Annotated[float, Field(gt=0, lt=1)]
Caption = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100_000)]
ItemId = Annotated[int, Field(ge=1, le=2**53)]


class DatasetState(StrEnum):
    IMPORTING = "importing"
    READY = "ready"
    FAILED = "failed"


class DatasetCreate(Schema):
    """A folder of clips and the table that lists them: CSV, TSV, JSON or JSONL with a column for the file and one for
    the caption, or a folder whose captions lie beside the clips as `.txt`."""

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
    """The newest scan. What scans have found so far shows in items and rules while it goes on."""

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
    """What captions are counted by."""

    model: ModelName
    folder: Annotated[str, Field(description="Where it lies, on the machine that scans.")]
    is_own: Annotated[bool, Field(description="Else it is tiny-wan's in its place, and `caption_long` flags nothing.")]
    message: Annotated[str, Field(description="Why it is not, and what to do.")]


class ActionRead(Schema):
    label: Annotated[str, Field(description="What was done, as words for a button's tooltip.")]
    count: Annotated[int, Field(description="Rows changed.")]
    at: float


class DatasetDetail(DatasetRead):
    videos: int
    images: int
    quarantined: int
    used: Annotated[int, Field(description="Rows that are not quarantined: what a run is given.")]
    faults: Annotated[int, Field(description="Rows of the source that could not be imported.")]
    unscanned: Annotated[int, Field(description="Rows whose file or caption no scan has measured yet.")]
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
    """From `low` on, below `high`."""

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


RuleId = Literal[
    "unreadable",
    "too_few_frames",
    "small",
    "cropped",
    "still",
    "cut",
    "blurred",
    "dark",
    "burnt",
    "letterboxed",
    "duplicate",
    "near_duplicate",
    "caption_empty",
    "caption_repeated",
    "caption_long",
    "caption_mixed",
    "caption_misdecoded",
    "leak",
]


class Target(Schema):
    """What clips are to be trained at, pixels: scaled to cover it, then cropped around the middle."""

    height: Annotated[int, Field(ge=32, le=4096)]
    width: Annotated[int, Field(ge=32, le=4096)]


class RuleRead(Schema):
    id: RuleId
    title: str
    meaning: Annotated[str, Field(description="One sentence: which rows it flags, and why that matters.")]
    unit: str
    threshold: Annotated[float | None, Field(description="None for a rule that has none.")]
    default: float | None
    least: float | None
    most: float | None
    enabled: bool
    needs: Annotated[Literal["import", "scan", "captions"], Field(description="What has to be done before it knows.")]
    flagged: Annotated[int, Field(description="Rows, quarantined ones among them.")]
    flagged_used: Annotated[int, Field(description="Rows that are not quarantined.")]


class Rules(Schema):
    target: Target
    rules: list[RuleRead]


class RuleChange(Schema):
    """What is left out stays."""

    threshold: float | None = None
    enabled: bool | None = None


class RulesUpdate(Schema):
    rules: Annotated[dict[RuleId, RuleChange], Field(default_factory=dict)]
    target: Target | None = None


Kind = Literal["all", "video", "image"]
State = Literal["all", "used", "quarantined"]
Side = Literal["train", "validation"]
Sort = Literal[
    "order",
    "file",
    "size",
    "frames",
    "duration",
    "caption",
    "motion",
    "cut",
    "sharpness",
    "brightness",
]


class Filter(Schema):
    """Rows to which all of this applies; an empty one is all rows."""

    rule: RuleId | None = None
    kind: Kind = "all"
    state: State = "all"
    split: Side | None = None
    q: Annotated[str, Field(max_length=200, description="Part of the caption or the file's name.")] = ""


class ItemQuery(Filter):
    """A window of the rows that the filter leaves; rows without a value for `sort` come last."""

    offset: Annotated[int, Field(ge=0, le=2**53)] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_ITEMS)] = 100
    sort: Sort = "order"
    descending: bool = False


class ItemRead(Schema):
    """A row as the grid shows it. What is not measured is None."""

    id: int
    file: Annotated[str, Field(description="As the source names it.")]
    caption: str
    is_image: bool
    width: int | None
    height: int | None
    frames: int | None
    fps: float | None
    duration_s: float | None
    tokens: int | None
    flags: list[RuleId]
    quarantined: bool
    reason: Annotated[str, Field(description="Why it is quarantined; else empty.")]
    split: Side | None
    edited: Annotated[bool, Field(description="Whether the caption is another than in the source.")]
    thumbnail: Annotated[str | None, Field(description="A URL whose picture never changes; None before the scan.")]
    media: Annotated[str, Field(description="The URL of the file itself.")]


class Items(Schema):
    total: Annotated[int, Field(description="Rows that the filter leaves.")]
    items: list[ItemRead]


class ItemDetail(ItemRead):
    """All that is known of a row. Shares are 0 to 1."""

    line: int
    path: Annotated[str, Field(description="On the server.")]
    size_bytes: int
    source_caption: str
    damage: Annotated[str, Field(description="A stable word where the file is damaged; else empty.")]
    damage_message: str
    container: str
    codec: str
    rotation: int
    motion: float | None
    cut: float | None
    sharpness: float | None
    brightness: float | None
    dark: float | None
    burnt: float | None
    bars: float | None
    scripts: Annotated[dict[str, int], Field(description="The caption's letters by script.")]
    cropped: Annotated[float | None, Field(description="The share of the picture that the target cuts away.")]
    duplicates: Annotated[list[int], Field(description="Ids of up to 20 other rows of the same content.")]
    alike: Annotated[int | None, Field(description="The id of the earlier row that it is a near-duplicate of.")]


class CaptionUpdate(Schema):
    caption: Caption


class Selection(Schema):
    """Rows by their ids or by a filter: one of them."""

    items: Annotated[list[ItemId] | None, Field(max_length=100_000)] = None
    filter: Filter | None = None


class QuarantineChange(Selection):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    on: bool


class Changed(Schema):
    changed: int


class Replacement(Schema):
    find: Annotated[str, Field(min_length=1, max_length=1000)]
    replace: Annotated[str, Field(max_length=10_000, description="With `regex`, \\1 is the first group.")]
    regex: Annotated[
        bool, Field(description="RE2's syntax, whose time is linear: no back-references, no lookaround.")
    ] = False
    match_case: bool = False
    filter: Filter = Filter()
    dry_run: Annotated[bool, Field(description="Only say what would change.")] = False


class Trigger(Schema):
    word: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    place: Literal["front", "end"] = "front"
    filter: Filter = Filter()
    dry_run: bool = False


class CaptionChange(Schema):
    id: int
    before: str
    after: str


class CaptionsChanged(Schema):
    changed: int
    examples: Annotated[list[CaptionChange], Field(description="The first 20.")]


class SeedSplit(Schema):
    """Whole files by chance, the same ones for the same seed. Of `share` and `count` (files) one."""

    by: Literal["seed"]
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    share: Share | None = None
    count: Annotated[int, Field(ge=1)] | None = None


class GroupSplit(Schema):
    """All files whose path below the data set's folder begins with one of these."""

    by: Literal["group"]
    prefixes: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=1000)]], Field(min_length=1, max_length=1000)
    ]


class NoSplit(Schema):
    by: Literal["none"]


Split = Annotated[SeedSplit | GroupSplit | NoSplit, Field(discriminator="by")]


class SplitDone(Schema):
    training: int
    validation: int


class Group(Schema):
    """A folder directly below the data set's, to split by."""

    prefix: str
    count: int


class QuarantineList(Schema):
    csv: Annotated[str, Field(description="With the columns file and reason, as the export has it.")]


class QuarantineListed(Schema):
    changed: int
    unknown: Annotated[int, Field(description="Lines that name no file of the data set.")]
    examples: Annotated[list[str], Field(description="The first 20 of those names.")]
