"""Schemas of changes of the rows of a data set: captions, quarantine, split."""

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
    """A selection of rows, either by their ids or by a filter."""

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
    """A split by chance, of whole files; the same seed gives the same files. Either `share` or `count` (files)."""

    by: Literal["seed"]
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    share: Share | None = None
    count: Annotated[int, Field(ge=1)] | None = None


class GroupSplit(Schema):
    """A split by folder: holds out all files whose path below the data set's folder begins with one of these."""

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
    """A folder below the data set's, to split by."""

    prefix: str
    count: int


class QuarantineList(Schema):
    csv: Annotated[str, Field(description="With the columns file and reason, as the export has it.")]


class QuarantineListed(Schema):
    changed: int
    unknown: Annotated[int, Field(description="Lines that name no file of the data set.")]
    examples: Annotated[list[str], Field(description="The first 20 of those names.")]
