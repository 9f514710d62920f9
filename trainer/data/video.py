"""Read and write video files by PyAV. Frames are uint8 RGB; arrays are named by their axes.

F frames, H height, W width, C colour.
"""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError
from PIL import Image

from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape

Frames = npt.NDArray[np.uint8]

_STILL_FORMATS = ("image2", "_pipe")
"""Of FFmpeg's names: `image2`, `png_pipe`, `jpeg_pipe`, ..."""


def read_clip(path: Path, height: int, width: int, num_frames: int) -> Frames:
    """Read the first `num_frames` frames as FHWC in one pass, scaled to cover the size and cropped at the centre.

    Raises: Problem (clip_unreadable, not_a_video, clip_too_short); `message` has no file name in it.
    """
    frames: list[Frames] = []
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise Problem(message("not_a_video.no_pictures"))
            is_still = any(name in container.format.name for name in _STILL_FORMATS)
            if is_still and num_frames > 1:
                raise Problem(message("not_a_video.image"))
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                frames.append(_fit(frame, height, width))
                if len(frames) == num_frames:
                    break
    except (FFmpegError, OSError) as error:
        raise _undecodable(error) from None
    if len(frames) < num_frames:
        raise Problem(message("clip_too_short", frames=len(frames), wanted=num_frames))
    return np.stack(frames)


def clip_size(path: Path) -> Shape:
    """Read the size at which a clip is shown, and its number of frames; decodes one of them.

    Raises: Problem (clip_unreadable, not_a_video); `message` has no file name in it.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise Problem(message("not_a_video.no_pictures"))
            stream = container.streams.video[0]
            first = next(container.decode(stream), None)
            if first is None:
                raise Problem(message("clip_unreadable.no_frame"))
            sides = (first.height, first.width) if _quarter_turns(first) % 2 == 0 else (first.width, first.height)
            return Shape(*sides, stream.frames or _counted(path))
    except (FFmpegError, OSError) as error:
        raise _undecodable(error) from None


def write_video(path: Path, frames: Sequence[Image.Image], fps: int) -> None:
    """Write `frames` as an MP4 that browsers play (H.264, yuv420p, its index first). Sizes have to be even."""
    width, height = frames[0].size
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(image)))
        container.mux(stream.encode(None))


def _undecodable(error: FFmpegError | OSError) -> Problem:
    return Problem(message("clip_unreadable.video", reason=error.strerror or error))


def _counted(path: Path) -> int:
    """Count the frames of a container that does not say how many it has, without decoding."""
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(container.streams.video[0]) if packet.size)


def _quarter_turns(frame: av.VideoFrame) -> int:
    turns: int = round(frame.rotation / 90) % 4
    return turns


def _fit(frame: av.VideoFrame, height: int, width: int) -> Frames:
    """Turn one frame upright, scale it to cover `height` x `width`, and crop it at the centre; as HWC."""
    quarter_turns = _quarter_turns(frame)
    shown = (frame.height, frame.width) if quarter_turns % 2 == 0 else (frame.width, frame.height)
    scale = max(height / shown[0], width / shown[1])
    scaled = (max(height, round(shown[0] * scale)), max(width, round(shown[1] * scale)))
    stored = scaled if quarter_turns % 2 == 0 else scaled[::-1]
    quality = "AREA" if scale < 1 else "BICUBIC"
    image = frame.reformat(height=stored[0], width=stored[1], format="rgb24", interpolation=quality).to_ndarray()
    image = np.rot90(image, quarter_turns)
    top, left = (scaled[0] - height) // 2, (scaled[1] - width) // 2
    return np.ascontiguousarray(image[top : top + height, left : left + width])
