"""Decode a clip's sampled frames on one thread, in as little time as possible.

Frames that no other one needs are skipped, but for those that are wanted, and so is the filter that smooths blocks. Of
a clip of usual length all other frames are decoded, which shows cuts and damage wherever they are; of a long one the
beginning, the middle and the end, and a keyframe for each of the remaining samples. Of an interlaced clip no frame is
skipped: whole pictures are made of neighbours, as a run makes them.
"""

import os
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from av.error import FFmpegError
from av.video.reformatter import VideoReformatter
from PIL import Image

from trainer.contract.messages import message
from trainer.contract.scan import SAMPLED_FRAMES
from trainer.media.colour import Colour
from trainer.media.container import decode_error, decoded, decoder, open_clip
from trainer.media.damage import Damage
from trainer.media.fitting import Fitting, Size, has_alpha
from trainer.media.frames import whole
from trainer.media.header import indexed_packets
from trainer.media.orientation import UPRIGHT, Orientation
from trainer.media.packets import Packets, read_packets
from trainer.scan.measures import LONG_SIDE, CutFinder, Luma
from trainer.scan.observation import THUMBNAIL_SIDE, Observation, describe, luma_of, thumbnail

_HEAD_PIXELS = 320 * 1280 * 720
_HEAD_FRAMES = (64, 320)
"""How much of the beginning is decoded frame by frame: so many pixels, within these limits of frames."""
_READ_WHOLE_BYTES = 256 << 20
"""Of larger files the packets between the samples are not read."""
_FROM_KEY_FRAMES = 600
"""A frame that is further than this from its keyframe is not decoded; one on the way is taken."""
_MIDDLE = SAMPLED_FRAMES // 2
_LATE_FRAMES = 17
"""So many frames of the end may be missing to the decoder: those that it was told to skip."""
_PLANAR = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12")


def inspect_clip(file: IO[bytes], header: dict[str, Any]) -> Observation:
    """Decode and measure a clip. `header` is what `read_header` found before. Raises: Damage, MemoryError."""
    sampling = _Sampling(header)
    try:
        packets = _packets(file)
        container, stream = open_clip(file)
        with container:
            stream.codec_context.options = {"skip_loop_filter": "all"}
            sampling.take(container, stream, packets)
    except FFmpegError as error:
        raise decode_error(error) from None
    return sampling.found()


def _packets(file: IO[bytes]) -> Packets:
    if os.fstat(file.fileno()).st_size > _READ_WHOLE_BYTES:
        return indexed_packets(file)
    container, stream = open_clip(file)
    with container:
        return read_packets(container, stream)


class _Sampling:
    """Collect the pictures of one clip."""

    def __init__(self, header: dict[str, Any]) -> None:
        self._header = header
        self._orientation = UPRIGHT
        """Of the pictures that are kept."""
        self._pictures: list[Luma] = []
        self._middle: Image.Image | None = None
        self._cuts = CutFinder()
        # One for all frames: a frame's own would be set up for it alone, with threads.
        self._scaler = VideoReformatter()
        self._fittings: dict[int, Fitting] = {}
        self._pixel_aspect: Any = None
        self._is_see_through = False

    def take(self, container: Any, stream: Any, packets: Packets) -> None:
        """Raises: Damage, FFmpegError."""
        self._pixel_aspect = stream.sample_aspect_ratio
        stamps = packets.stamps
        if len(set(stamps)) <= self._header["frames"] // 2:
            self._take_untimed(container, stream)
            return
        count = min(SAMPLED_FRAMES, len(stamps))
        wanted = [stamps[round(index * (len(stamps) - 1) / max(1, count - 1))] for index in range(count)]
        exact = frozenset((wanted[min(_MIDDLE, count - 1)], wanted[-1]))
        head = self._head_frames(len(stamps))
        last = self._take_head(container, stream, wanted, exact, stamps[head - 1])
        if head == len(stamps):
            if last < stamps[max(0, head - _LATE_FRAMES)]:
                raise _ends_early(float(last * stream.time_base))
            return
        for index in range(len(self._pictures), count):
            self._take_far(container, stream, wanted[index], wanted[index] in exact)

    def found(self) -> Observation:
        if not self._pictures:
            raise Damage(message("no_frames"))
        middle = self._pictures[min(_MIDDLE, len(self._pictures) - 1)]
        fields = describe(self._pictures, self._orientation.apply(middle), self._cuts.greatest())
        fields["has_alpha"] = self._is_see_through
        return Observation(self._header | fields, thumbnail(self._middle) if self._middle else b"")

    def _head_frames(self, frames: int) -> int:
        pixels = int(self._header["width"] * self._header["height"])
        least, most = _HEAD_FRAMES
        return min(frames, max(least, min(most, _HEAD_PIXELS // max(1, pixels))))

    def _take_head(self, container: Any, stream: Any, wanted: list[int], exact: frozenset[int], end: int) -> int:
        """Decode up to `end`, taking on the way what is wanted, or what follows it. The time of the last frame."""
        last: int = wanted[0]
        frame = None
        for frame in self._frames(container, stream, exact):
            if frame.pts is None:
                continue
            if frame.is_corrupt:
                raise _damaged(float(frame.time))
            self._cuts.add(_plane(frame))
            last = frame.pts
            while len(self._pictures) < len(wanted) and wanted[len(self._pictures)] <= last:
                self._add(frame)
            if last >= end:
                break
        if frame is not None and end >= wanted[-1]:
            while len(self._pictures) < len(wanted):  # of those at the end that the decoder was told to skip
                self._add(frame)
        return last

    def _take_far(self, container: Any, stream: Any, stamp: int, exactly: bool) -> None:
        container.seek(stamp, stream=stream)
        shown = None
        for number, frame in enumerate(self._frames(container, stream, frozenset((stamp,)))):
            if shown is None and not frame.key_frame:
                continue  # it needs frames before the keyframe that was sought
            if frame.is_corrupt:
                raise _damaged(float(frame.time or 0))
            shown = frame
            if not exactly or number >= _FROM_KEY_FRAMES or (frame.pts is not None and frame.pts >= stamp):
                break
        if shown is None:
            raise _ends_early(float(stamp * stream.time_base))
        self._add(shown)

    def _take_untimed(self, container: Any, stream: Any) -> None:
        """Take frames in their order from the beginning: for raw streams, and where timestamps are useless."""
        frames = self._header["frames"]
        count = min(SAMPLED_FRAMES, frames)
        wanted = [round(index * (frames - 1) / max(1, count - 1)) for index in range(count)]
        for number, frame in enumerate(whole(decoded(container, stream), stream)):
            if frame.is_corrupt:
                raise Damage(message("decode_error.frame", frame=number + 1))
            self._cuts.add(_plane(frame))
            while len(self._pictures) < count and wanted[len(self._pictures)] <= number:
                self._add(frame)
            if number >= _HEAD_FRAMES[1]:
                break

    def _frames(self, container: Any, stream: Any, exact: frozenset[int]) -> Iterator[Any]:
        """Decode all frames from here on that others need, and the `exact` ones; of an interlaced clip all of them."""
        if self._header.get("is_interlaced"):
            return whole(decoded(container, stream), stream)
        return _needed(container, stream, exact)

    def _add(self, frame: Any) -> None:
        """Keep a small copy of what is sampled, so that no more than one frame is held."""
        self._is_see_through = self._is_see_through or _is_see_through(frame)
        self._pictures.append(self._luma(frame))
        if self._middle is None or len(self._pictures) == _MIDDLE + 1:
            self._middle = self._shown(frame, THUMBNAIL_SIDE)

    def _luma(self, frame: Any) -> Luma:
        """Return a frame's luma as stored, or of its picture where that is another one."""
        is_stretched = self._pixel_aspect not in (None, 0, 1)
        if is_stretched or not Colour.of(frame).is_plain or has_alpha(frame.format.name):
            return luma_of(self._shown(frame, LONG_SIDE))
        self._orientation = Orientation.of_frame(frame)
        scale = min(1.0, LONG_SIDE / max(frame.width, frame.height))
        width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
        small: Any = self._scaler.reformat(frame, width, height, "gray", interpolation="AREA", threads=1)
        luma: Luma = small.to_ndarray()
        return luma

    def _shown(self, frame: Any, side: int) -> Image.Image:
        """Return a frame as it is shown, its longer side at most `side` pixels."""
        if side not in self._fittings:
            shown = self._header["height"], self._header["width"]
            scale = min(1.0, side / max(shown))
            small = Size(*(max(1, round(pixels * scale)) for pixels in shown))
            self._fittings[side] = Fitting(small, self._pixel_aspect)
        return Image.fromarray(self._fittings[side].picture(frame))


def _needed(container: Any, stream: Any, exact: frozenset[int]) -> Iterator[Any]:
    codec = decoder(stream)
    for packet in container.demux(stream):
        codec.skip_frame = "DEFAULT" if packet.pts in exact else "NONREF"
        yield from codec.decode(packet)


def _is_see_through(frame: Any) -> bool:
    if not has_alpha(frame.format.name):
        return False
    alpha_HW: Luma = frame.reformat(format="rgba").to_ndarray()[..., 3]
    return bool(alpha_HW.min() < 255)


def _plane(frame: Any) -> Luma:
    """Return the luma in full size, or a small one if the format has no luma plane."""
    if frame.format.name in _PLANAR:
        plane = frame.planes[0]
        lines = np.frombuffer(plane, np.uint8)[: plane.height * plane.line_size].reshape(plane.height, plane.line_size)
        return lines[:, : plane.width]
    small: Luma = frame.reformat(width=80, height=45, format="gray", interpolation="AREA").to_ndarray()
    return small


def _damaged(at_s: float) -> Damage:
    return Damage(message("decode_error.frame_at", at_s=at_s))


def _ends_early(at_s: float) -> Damage:
    return Damage(message("truncated.beyond", at_s=at_s))
