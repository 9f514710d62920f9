"""Define a sample of the data set, and read its frames."""

from dataclasses import dataclass

from trainer.contract.shape import Shape
from trainer.data.image import read_image
from trainer.data.metadata import Row
from trainer.data.video import Frames, read_clip


@dataclass(frozen=True)
class Clip:
    """One sample: its row, its shape, and the keys of its latents and its caption in the cache."""

    row: Row
    shape: Shape
    latents: str
    text: str


Placed = tuple[Row, Shape]
"""A row and what it is trained at."""


@dataclass(frozen=True)
class Unusable:
    """Say why a clip could not be decoded."""

    code: str
    reason: str
    remedy: str


def read_sample(row: Row, shape: Shape) -> Frames:
    """Read the row's frames at `shape`, as FHWC. Raises: Problem."""
    if row.is_image:
        return read_image(row.path, shape.height, shape.width)
    return read_clip(row.path, *shape)
