"""Define a sample of the data set, and read its frames."""

from dataclasses import dataclass
from pathlib import Path

from trainer.contract.shape import Shape
from trainer.contract.window import BEGINNING, Window, Windows
from trainer.data.metadata import Row
from trainer.media.clip import read_clip
from trainer.media.fitting import Frames, Size
from trainer.media.image import read_image


@dataclass(frozen=True)
class Placed:
    """A sample that may be trained on: its row, its shape, and the windows of which one is shown at a time."""

    row: Row
    shape: Shape
    windows: Windows = (BEGINNING,)


@dataclass(frozen=True)
class Clip:
    """One sample: what it is, and the keys of its latents, one a window, and of its captions in the cache.

    `texts` are those of `trainer.contract.captions.texts_of`; `dropout` is the share that is shown without a caption.
    """

    placed: Placed
    latents: tuple[str, ...]
    texts: tuple[str, ...]
    dropout: float = 0.0

    @property
    def row(self) -> Row:
        return self.placed.row

    @property
    def shape(self) -> Shape:
        return self.placed.shape


def read_frames(path: Path, is_image: bool, shape: Shape, window: Window) -> Frames:
    """Read a file's frames at `shape`, as FHWC. Raises: what `trainer.data.unusable.refused` translates."""
    return read_image(path, Size(shape.height, shape.width)) if is_image else read_clip(path, shape, window)
