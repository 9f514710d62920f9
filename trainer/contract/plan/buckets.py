"""Which shape each clip is trained at: the one whose aspect ratio is nearest, with as many frames as the clip has.

A bucket is the samples of one shape; a batch is of one bucket. Images are trained at one frame: at the shapes of one
frame that the config names or, where it names none, at the sizes of its videos. With `max_area` the shapes follow from
the model's side rule, and a file of fewer pixels is trained at fewer.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from trainer.contract.area import areas, sizes_within
from trainer.contract.config import RunConfig
from trainer.contract.shape import Shape

SAME_RATIO = 0.06
"""Aspect ratios count as equal up to this difference of their logarithms: sizes by 32 cannot meet one exactly, and
480x832 and 704x1280 are both meant for 16:9."""
ENLARGED = 1.5
"""With `max_area`, a file is enlarged to at most this many times its pixels if there are smaller sizes."""
_COUNT = re.compile(r"(\d+) at (\d+x\d+x\d+)")

FileSizes = npt.NDArray[np.int64]
"""N x 3: the heights, widths and frames of N files."""
Choices = npt.NDArray[np.intp]
"""N numbers of shapes."""


@dataclass(frozen=True)
class Buckets:
    """The shapes that images, or videos, may be trained at, in groups by their area in pixels, largest first.

    Shapes that the config names are one group, of no area.
    """

    groups: tuple[tuple[Shape, ...], ...]
    areas: tuple[int, ...] = (0,)

    @classmethod
    def of(cls, config: RunConfig, *, is_image: bool) -> "Buckets":
        if config.max_area is not None:
            step, frames = config.family.side_multiple, 1 if is_image else config.num_frames
            found = tuple(areas(config.max_area, step))
            return cls(tuple(tuple(Shape(*size, frames) for size in sizes_within(area, step)) for area in found), found)
        stills = tuple(shape for shape in config.shapes if shape.frames == 1)
        moving = tuple(shape for shape in config.shapes if shape.frames > 1)
        if not is_image:
            return cls((moving or stills,))
        return cls((stills or tuple(dict.fromkeys(shape._replace(frames=1) for shape in moving)),))

    @property
    def shapes(self) -> tuple[Shape, ...]:
        return tuple(shape for group in self.groups for shape in group)

    @property
    def largest(self) -> Shape:
        """The shape of most tokens."""
        return max(self.shapes, key=lambda shape: shape.volume)

    @property
    def least(self) -> Shape:
        """The shape of fewest tokens that a file of unknown size is expected at: of the first group."""
        return min(self.groups[0], key=lambda shape: shape.volume)

    def choose(self, sizes_N3: FileSizes) -> Choices:
        """Choose the shape of each file, as a number in `shapes`."""
        if len(self.groups) == 1:
            return _nearest(self.groups[0], sizes_N3)
        sizes_U3, unique_N = np.unique(sizes_N3, axis=0, return_inverse=True)
        area_U = sizes_U3[:, 0] * sizes_U3[:, 1]
        group_U = (np.array(self.areas[:-1])[:, None] > ENLARGED * area_U).sum(axis=0)
        chosen_U = np.zeros(len(sizes_U3), np.intp)
        begins = accumulate(map(len, self.groups), initial=0)
        for number, (begin, group) in enumerate(zip(begins, self.groups, strict=False)):
            mine = np.flatnonzero(group_U == number)
            chosen_U[mine] = begin + _nearest(group, sizes_U3[mine])
        return chosen_U[unique_N.reshape(-1)]


def _nearest(shapes: Sequence[Shape], sizes_N3: FileSizes) -> Choices:
    """Choose one of `shapes` for each file.

    Of the nearest ratios the most frames that the clip has or, where it is too short for all, the fewest; then the
    nearest ratio; then the most tokens.
    """
    if len(shapes) == 1 or not len(sizes_N3):
        return np.zeros(len(sizes_N3), np.intp)
    heights_S1, widths_S1, frames_S1 = np.array(shapes)[:, :, None].transpose(1, 0, 2)
    heights_N, widths_N, frames_N = sizes_N3.T
    distance_SN = np.abs(np.log(widths_S1 / heights_S1) - np.log(widths_N / heights_N))
    near_SN = distance_SN <= distance_SN.min(axis=0) + SAME_RATIO
    fitting_SN = near_SN & (frames_S1 <= frames_N)
    fits_N = fitting_SN.any(axis=0)
    left_SN = np.where(fits_N, fitting_SN, near_SN)
    tokens_S1 = np.array([[shape.volume] for shape in shapes])
    for rank_SN in (np.where(fits_N, frames_S1, -frames_S1), -distance_SN, tokens_S1 + 0 * frames_N):
        best_N = np.where(left_SN, rank_SN, -np.inf).max(axis=0)
        left_SN = left_SN & (rank_SN == best_N)
    chosen_N: Choices = left_SN.argmax(axis=0)
    return chosen_N


def in_order(shapes: Iterable[Shape]) -> list[Shape]:
    """List each of `shapes` once, in the order of the buckets: most tokens first."""
    return sorted(set(shapes), key=lambda shape: (-shape.volume, shape))


def sizes(shapes: Iterable[Shape]) -> dict[Shape, int]:
    """Count the samples of each shape, in the order of the buckets."""
    counts = Counter(shapes)
    return {shape: counts[shape] for shape in in_order(counts)}


def parts(samples: Mapping[tuple[Shape, int], int], datasets: int) -> dict[Shape, tuple[int, ...]]:
    """Lay out how many samples each bucket has of each data set. `samples`: counts by shape and data set."""
    shapes = in_order(shape for shape, _ in samples)
    return {shape: tuple(samples.get((shape, number), 0) for number in range(datasets)) for shape in shapes}


def format_counts(counts: dict[Shape, int]) -> str:
    """Write how many samples there are of which shape, as `parse_counts` reads it."""
    return ", ".join(f"{count} at {shape}" for shape, count in counts.items())


def parse_counts(text: str) -> dict[Shape, int]:
    """Read what `format_counts` has written somewhere in `text`."""
    return {Shape.parse(shape): int(count) for count, shape in _COUNT.findall(text)}
