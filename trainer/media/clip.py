"""Read the frames of a clip that a sample is made of."""

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
from av.error import FFmpegError

from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape
from trainer.contract.window import BEGINNING, Window
from trainer.media.container import decode_error, open_clip, opened
from trainer.media.fitting import Fitting, Frames, Size
from trainer.media.frames import shown_frames

T = TypeVar("T")

_EARLY_S = 1e-6
"""Two times are the same up to this: they are sums of fractions of a second."""


def read_clip(path: Path, shape: Shape, window: Window = BEGINNING) -> Frames:
    """Read `shape.frames` frames as FHWC, scaled to cover the shape and cropped at the centre.

    At a frame rate, each is the one whose time is nearest, the earlier of two that are as near: frames are repeated or
    left out as need be. Raises: Problem (clip_too_short), Damage, MemoryError; no text has a file name in it.
    """
    pictures: list[Frames] = []
    with opened(path) as file:
        try:
            for picture in _pictures(file, shape, window):
                pictures.append(picture)
                if len(pictures) == shape.frames:
                    break
        except FFmpegError as error:
            raise decode_error(error) from None
    if len(pictures) < shape.frames:
        raise Problem(message("clip_too_short", frames=len(pictures), wanted=shape.frames))
    return np.stack(pictures)


def _pictures(file: IO[bytes], shape: Shape, window: Window) -> Iterator[Frames]:
    container, stream = open_clip(file, threads=0)
    with container:
        fitting = Fitting(Size(shape.height, shape.width), stream.sample_aspect_ratio)
        timed = shown_frames(container, stream, window.start_s)
        frames: Iterator[Any]
        if window.frame_rate is None:
            frames = (frame for at_s, frame in timed if at_s >= window.start_s - _EARLY_S)
        else:
            frames = nearest(timed, [window.start_s + number / window.frame_rate for number in range(shape.frames)])
        before, picture = None, np.empty(0, np.uint8)
        for frame in frames:
            if frame is not before:
                before, picture = frame, fitting.picture(frame)
            yield picture


def nearest(timed: Iterator[tuple[float, T]], times_s: Sequence[float]) -> Iterator[T]:
    """Yield for each of the times, which ascend, what is nearest to it.

    It ends early where times lie further behind the last frame than that behind the one before.
    """
    wanted = deque(times_s)
    before: tuple[float, T] | None = None
    step_s = 0.0
    for at_s, frame in timed:
        while wanted and wanted[0] <= at_s + _EARLY_S:
            is_before = before is not None and wanted[0] - before[0] <= at_s - wanted[0] + _EARLY_S
            yield before[1] if before is not None and is_before else frame
            wanted.popleft()
        if not wanted:
            return
        step_s = at_s - before[0] if before is not None else 0.0
        before = at_s, frame
    while before is not None and wanted and wanted[0] - before[0] < step_s - _EARLY_S:
        yield before[1]
        wanted.popleft()
