"""Which part of a clip a sample shows: time is seconds, not numbers of frames.

A clip gives one sample, or several by `frame_selection` "chunks". By "random" a sample has several windows, of which
one is drawn in each epoch.
"""

import math
from typing import NamedTuple

from trainer.contract.config import RunConfig

_EARLY_S = 1e-6
"""Two times are the same up to this: they are sums of fractions of a second."""


class Window(NamedTuple):
    """The part of a clip that is shown: from `start_s` after its first frame, at `frame_rate` frames a second.

    Without a frame rate the frames are taken as they come.
    """

    start_s: float = 0.0
    frame_rate: float | None = None


BEGINNING = Window()
Windows = tuple[Window, ...]
"""Of one sample."""


class Timing(NamedTuple):
    """When the frames of a clip are shown: `fps` on average, None if nothing tells."""

    frames: int
    fps: float | None = None
    is_steady: bool = True
    """Whether each is shown for the same time."""


class Selection(NamedTuple):
    """What a config says of a clip's frames. `frame_rate`: frames a second, None for each clip's own."""

    frame_rate: float | None
    frame_selection: str
    frame_segments: int
    chunk_seconds: float | None
    max_chunks: int

    @classmethod
    def of(cls, config: RunConfig) -> "Selection":
        return cls(
            config.target_frame_rate,
            config.frame_selection,
            config.frame_segments,
            config.chunk_seconds,
            config.max_chunks,
        )


def frames_at(timing: Timing, frame_rate: float | None) -> int:
    """Count the frames that a clip gives at a frame rate: those whose time comes before its end."""
    if frame_rate is None or timing.fps is None:
        return timing.frames
    return max(0, math.ceil((timing.frames / timing.fps - _EARLY_S) * frame_rate))


def samples_of(selection: Selection, timing: Timing, wanted: int) -> list[Windows]:
    """Choose the windows of each sample that a clip gives at `wanted` frames. None if it is too short."""
    rate = selection.frame_rate if timing.fps is not None else None
    there = frames_at(timing, rate)
    if there < wanted:
        return []
    starts = _starts(selection, there - wanted, wanted, rate or timing.fps)
    if selection.frame_selection == "uniform" and wanted > 1 and timing.fps is not None:
        return [(_plain(Window(0.0, (wanted - 1) * (rate or timing.fps) / (there - 1)), timing, wanted),)]
    step_s = 1 / (rate or timing.fps or 1)
    windows = [_plain(Window(start * step_s, rate), timing, wanted) for start in starts]
    if selection.frame_selection == "random":
        return [tuple(windows)]
    return [(window,) for window in windows]


def _starts(selection: Selection, spare: int, wanted: int, rate: float | None) -> list[int]:
    """Choose where the windows begin, in frames; `spare` frames are not needed by one window. `rate`: frames a second,
    None if nothing tells."""
    match selection.frame_selection:
        case "center":
            return [spare // 2]
        case "random":
            count = min(selection.frame_segments, spare + 1)
            return [spare // 2] if count == 1 else [round(spare * number / (count - 1)) for number in range(count)]
        case "chunks":
            step = wanted
            if selection.chunk_seconds is not None and rate is not None:
                step = max(1, round(selection.chunk_seconds * rate))
            return list(range(0, spare + 1, step))[: selection.max_chunks]
    return [0]


def _plain(window: Window, timing: Timing, wanted: int) -> Window:
    """Return the window without a frame rate where that takes the same frames."""
    rate, fps = window.frame_rate, timing.fps
    if window.start_s or rate is None or fps is None or not timing.is_steady:
        return window
    if (wanted - 1) * abs(fps / rate - 1) < 0.5 - _EARLY_S * fps:
        return BEGINNING
    return window
