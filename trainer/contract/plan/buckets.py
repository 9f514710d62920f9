"""Which shape each clip is trained at: the one whose aspect ratio is nearest, with as many frames as the clip has.

A bucket is the samples of one shape; a batch is of one bucket. Images are trained at one frame: at the shapes of one
frame that the config names or, where it names none, at the sizes of its videos.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from trainer.contract.config import RunConfig
from trainer.contract.shape import Shape

SAME_RATIO = 0.06
"""Aspect ratios count as equal up to this difference of their logarithms: sizes by 32 cannot meet one exactly, and
480x832 and 704x1280 are both meant for 16:9."""
_TOLD = re.compile(r"(\d+) at (\d+x\d+x\d+)")


def candidates(config: RunConfig, is_image: bool) -> list[Shape]:
    """The shapes that an image or a video may be trained at."""
    stills = [shape for shape in config.shapes if shape.frames == 1]
    moving = [shape for shape in config.shapes if shape.frames > 1]
    if not is_image:
        return moving or stills
    return stills or list(dict.fromkeys(shape._replace(frames=1) for shape in moving))


def nearest(shapes: Sequence[Shape], size: Shape) -> Shape:
    """The one of `shapes` for a clip of `size`. Where it is too short for all of them, the one of the fewest frames."""

    def distance(shape: Shape) -> float:
        return abs(math.log(shape.width / shape.height) - math.log(size.width / size.height))

    least = min(map(distance, shapes))
    near = [shape for shape in shapes if distance(shape) <= least + SAME_RATIO]
    fitting = [shape for shape in near if shape.frames <= size.frames]
    if not fitting:
        return min(near, key=lambda shape: (shape.frames, distance(shape)))
    return max(fitting, key=lambda shape: (shape.frames, -distance(shape), shape.tokens))


def sizes(shapes: Iterable[Shape]) -> dict[Shape, int]:
    """How many samples there are of each shape, in the order of the buckets: most tokens first."""
    counts = Counter(shapes)
    return {shape: counts[shape] for shape in sorted(counts, key=lambda shape: (-shape.tokens, shape))}


def told(counts: dict[Shape, int]) -> str:
    """In words: how many samples of which shape."""
    return ", ".join(f"{count} at {shape}" for shape, count in counts.items())


def read_told(text: str) -> dict[Shape, int]:
    """What `told` has told, somewhere in `text`."""
    return {Shape.parse(shape): int(count) for count, shape in _TOLD.findall(text)}
