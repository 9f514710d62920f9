"""Schemas of metric curves."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from services.backend.schemas import Schema


class Axis(StrEnum):
    """The x axis of a curve: optimizer steps, seconds since the run's first point, or Unix seconds."""

    STEP = "step"
    RELATIVE = "relative"
    WALL = "wall"


NonFiniteKind = Literal["nan", "inf", "-inf"]


class NonFinitePoint(Schema):
    step: int
    what: NonFiniteKind


class NonFiniteMark(Schema):
    """The non-finite values of one kind in one bucket: the position of the first, and their number."""

    x: float
    step: int
    what: NonFiniteKind
    count: int


class Series(Schema):
    """One metric of one run. Without buckets, `mean` holds the raw points and the other lists are None."""

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
    """A window of one or several runs on one shared grid. Each bucket begins at a multiple of `bucket`, wherever the
    window lies, and holds the points that lie in the window."""

    cursor: str
    x: Axis
    from_x: float
    to_x: Annotated[float, Field(description="Inclusive.")]
    bucket: Annotated[float | None, Field(description="A bucket's width on the axis; None where the points are raw.")]
    runs: list[RunSeries]
