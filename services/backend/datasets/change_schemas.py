"""What the REST API takes to change the rows of a data set, and what it says of that: captions, quarantine, split."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.backend.datasets.item_schemas import Filter
from services.backend.schemas import Schema

Share = Annotated[float, Field(gt=0, lt=1)]
Caption = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100_000)]
ItemId = Annotated[int, Field(ge=1, le=2**53)]


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
