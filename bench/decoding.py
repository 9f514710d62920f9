"""How fast clips are decoded for a run, beside version 0.1's way: `python -m bench.decoding [--quick]`.

Version 0.1 scaled each frame by itself, by swscale's short way from YUV to RGB, which made scaled clips 1.8 levels too
dark. Both read the same 49 frames in turn, in one process; a round's figure is the process's CPU time.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from bench.report import Report, is_quick, spread
from bench.scan import make_clip
from trainer.contract.shape import Shape
from trainer.media.clip import read_clip
from trainer.media.fitting import Size, covering

FRAMES = 49
SHAPES = {
    "cropped, not scaled": Shape(704, 1280, FRAMES),
    "scaled to an odd width": Shape(480, 832, FRAMES),
    "scaled to an even width": Shape(352, 640, FRAMES),
}
"""Swscale goes its short way to even widths alone."""
ROUNDS = 7


def as_before(path: Path, shape: Shape) -> np.ndarray:
    """Read the frames as version 0.1 did, as FHWC."""
    frames = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            scaled = covering(Size(frame.height, frame.width), Size(shape.height, shape.width))
            quality = "AREA" if scaled.height < frame.height else "BICUBIC"
            fitted = frame.reformat(height=scaled.height, width=scaled.width, format="rgb24", interpolation=quality)
            top, left = (scaled.height - shape.height) // 2, (scaled.width - shape.width) // 2
            picture = fitted.to_ndarray()[top : top + shape.height, left : left + shape.width]
            frames.append(np.ascontiguousarray(picture))
            if len(frames) == shape.frames:
                return np.stack(frames)
    raise ValueError(path)


def seconds(read: Callable[[Path, Shape], np.ndarray], path: Path, shape: Shape) -> float:
    """Measure the CPU's time of one clip."""
    began = time.process_time()
    read(path, shape)
    return time.process_time() - began


def measure(quick: bool) -> Report:
    rounds = 2 if quick else ROUNDS
    report = Report("Decoding of clips for a run")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        make_clip(path)
        for name, shape in SHAPES.items():
            seconds(read_clip, path, shape)
            pairs = [(seconds(as_before, path, shape), seconds(read_clip, path, shape)) for _ in range(rounds)]
            before, now = zip(*pairs, strict=True)
            what = f"720p, {FRAMES} frames at {shape}, {name}"
            report.add(f"{what}: s of CPU a clip", spread(now, ".3f"))
            report.add(f"{what}: speed beside version 0.1", spread([old / new for old, new in pairs], ".2f"), "0.9")
            report.add(f"{what}: the same by version 0.1, s of CPU", spread(before, ".3f"))
    return report


if __name__ == "__main__":
    print(measure(is_quick(__doc__ or "")).markdown())
