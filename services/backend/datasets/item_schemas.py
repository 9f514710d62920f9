"""Schemas of the rows of a data set: rules that flag them, filters, and the rows themselves. The ids of items are whole
numbers that stay the same until the source is imported again."""

from typing import Annotated, Literal

from pydantic import Field

from services.backend.schemas import Schema

MAX_ITEMS = 500
"""In one answer."""

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
    "interlaced",
    "hdr",
    "low_frame_rate",
    "anamorphic",
    "alpha",
]

Conversion = Literal[
    "hdr",
    "wide_gamut",
    "profile",
    "cmyk",
    "interlaced",
    "non_square",
    "variable_rate",
    "alpha",
    "turned",
    "mirrored",
]
"""What is converted of a file for training: its bit in the grid index is its place."""


class Target(Schema):
    """The size to train clips at, in pixels: they are scaled to cover it, then cropped around the middle."""

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
    """Omitted fields keep their value."""

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
    """A filter of rows, of which all conditions must hold; an empty one matches all rows."""

    rule: RuleId | None = None
    kind: Kind = "all"
    state: State = "all"
    split: Side | None = None
    conversion: Annotated[Conversion | None, Field(description="What is converted of the file for training.")] = None
    fps: Annotated[float | None, Field(gt=0, le=1e6, description="Frames a second, as the items have them.")] = None
    q: Annotated[str, Field(max_length=200, description="Part of the caption or the file's name.")] = ""


class ItemQuery(Filter):
    """A window of the rows that match the filter; rows without a value for `sort` come last."""

    offset: Annotated[int, Field(ge=0, le=2**53)] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_ITEMS)] = 100
    sort: Sort = "order"
    descending: bool = False


class ItemRead(Schema):
    """A row as the grid shows it. Values that were not measured are None."""

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
    """Everything that is known about a row. Shares are 0 to 1."""

    line: int
    path: Annotated[str, Field(description="On the server.")]
    size_bytes: int
    source_caption: str
    damage: Annotated[str, Field(description="A stable word where the file is damaged; else empty.")]
    damage_message: str
    container: str
    codec: str
    rotation: int
    conversions: Annotated[
        list[Conversion] | None,
        Field(description="What is converted of the file for training; None if no scan has told it yet."),
    ]
    colour: Annotated[
        str | None,
        Field(
            description="What is mapped to SDR BT.709 or sRGB: hlg, pq, linear, bt2020, p3, profile, cmyk; or empty."
        ),
    ]
    pixel_aspect: Annotated[float | None, Field(description="The width of a stored pixel over its height.")]
    is_interlaced: bool | None
    is_steady: Annotated[bool | None, Field(description="Whether all frames are shown for the same time.")]
    has_alpha: Annotated[bool | None, Field(description="Whether parts are transparent, and laid on white.")]
    is_mirrored: bool | None
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
