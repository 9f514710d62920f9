"""Which shape each clip is trained at: the one whose aspect ratio is nearest, with as many frames as the clip has.

A bucket is the samples of one shape; a batch is of one bucket. Images are trained at one frame: at the shapes of one
frame that the config names or, where it names none, at the sizes of its videos.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from trainer.contract.config import RunConfig
from trainer.contract.shape import Shape

SAME_RATIO = 0.06
"""Aspect ratios count as equal up to this difference of their logarithms: sizes by 32 cannot meet one exactly, and
480x832 and 704x1280 are both meant for 16:9."""
_COUNT = re.compile(r"(\d+) at (\d+x\d+x\d+)")


def candidates(config: RunConfig, is_image: bool) -> list[Shape]:
    """The shapes that an image or a video may be trained at."""
    stills = [shape for shape in config.shapes if shape.frames == 1]
    moving = [shape for shape in config.shapes if shape.frames > 1]
    if not is_image:
        return moving or stills
    return stills or list(dict.fromkeys(shape._replace(frames=1) for shape in moving))


def nearest(shapes: Sequence[Shape], size: Shape) -> Shape:
    """The one of `shapes` that a clip of `size` is trained at."""
    return shapes[int(choose(shapes, np.array([size]))[0])]


def choose(shapes: Sequence[Shape], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    """Which of `shapes` each clip is trained at, by number; `sizes` are N x 3, the clips' heights, widths and frames.

    Of the nearest ratios the most frames that the clip has or, where it is too short for all, the fewest; then the
    nearest ratio; then the most tokens.
    """
    if len(shapes) == 1:
        return np.zeros(len(sizes), np.intp)
    heights_S1, widths_S1, frames_S1 = np.array(shapes)[:, :, None].transpose(1, 0, 2)
    heights_N, widths_N, frames_N = sizes.T
    distance_SN = np.abs(np.log(widths_S1 / heights_S1) - np.log(widths_N / heights_N))
    near_SN = distance_SN <= distance_SN.min(axis=0) + SAME_RATIO
    fitting_SN = near_SN & (frames_S1 <= frames_N)
    fits_N = fitting_SN.any(axis=0)
    left_SN = np.where(fits_N, fitting_SN, near_SN)
    tokens_S1 = np.array([[shape.volume] for shape in shapes])
    for rank_SN in (np.where(fits_N, frames_S1, -frames_S1), -distance_SN, tokens_S1 + 0 * frames_N):
        best_N = np.where(left_SN, rank_SN, -np.inf).max(axis=0)
        left_SN = left_SN & (rank_SN == best_N)
    chosen_N: npt.NDArray[np.intp] = left_SN.argmax(axis=0)
    return chosen_N


def sizes(shapes: Iterable[Shape]) -> dict[Shape, int]:
    """Count the samples of each shape, in the order of the buckets: most tokens first."""
    counts = Counter(shapes)
    return {shape: counts[shape] for shape in sorted(counts, key=lambda shape: (-shape.volume, shape))}


def format_counts(counts: dict[Shape, int]) -> str:
    """Write how many samples there are of which shape, as `parse_counts` reads it."""
    return ", ".join(f"{count} at {shape}" for shape, count in counts.items())


def parse_counts(text: str) -> dict[Shape, int]:
    """Read what `format_counts` has written somewhere in `text`."""
    return {Shape.parse(shape): int(count) for count, shape in _COUNT.findall(text)}
