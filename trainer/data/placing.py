"""Choose the samples that each file gives: at which shape, and which part of it."""

from collections.abc import Iterator, Sequence

import numpy as np

from trainer.contract.config import RunConfig
from trainer.contract.messages import message
from trainer.contract.plan.buckets import Buckets
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape
from trainer.contract.window import BEGINNING, Selection, frames_at, samples_of
from trainer.data.clip import Placed
from trainer.data.media_headers import MediaHeader
from trainer.data.metadata import Row


def place(
    config: RunConfig, files: Sequence[tuple[Row, MediaHeader]]
) -> Iterator[tuple[MediaHeader, list[Placed] | Problem]]:
    """Yield the samples of each file, or why it gives none (clip_too_short)."""
    selection = Selection.of(config)
    for (row, header), shape in zip(files, _shapes(config, files), strict=True):
        windows = [(BEGINNING,)] if row.is_image else samples_of(selection, header.timing, shape.frames)
        if windows:
            yield header, [Placed(row, shape, each) for each in windows]
        else:
            there = frames_at(header.timing, config.target_frame_rate)
            yield header, Problem(message("clip_too_short", frames=there, wanted=shape.frames))


def _shapes(config: RunConfig, files: Sequence[tuple[Row, MediaHeader]]) -> list[Shape]:
    """Choose the shape that each file is trained at."""
    rate = config.target_frame_rate
    sizes = [header.size._replace(frames=frames_at(header.timing, rate)) for _, header in files]
    sizes_N3 = np.array(sizes, np.int64).reshape(-1, 3)
    chosen = {}
    for is_image in (False, True):
        possible = Buckets.of(config, is_image=is_image)
        chosen[is_image] = [possible.shapes[number] for number in possible.choose(sizes_N3).tolist()]
    return [chosen[row.is_image][at] for at, (row, _) in enumerate(files)]
