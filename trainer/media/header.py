"""Read what a clip is from its beginning and its index, and compare what it promises with what the file holds."""

import os
from dataclasses import dataclass
from fractions import Fraction
from typing import IO, Any

import av
import numpy as np
from av.error import FFmpegError

from trainer.contract.messages import message
from trainer.media.colour import Colour
from trainer.media.container import check_size, decode_error, decoder, open_clip
from trainer.media.damage import Damage
from trainer.media.fitting import Size, has_alpha, shown_size
from trainer.media.frames import is_interlaced
from trainer.media.orientation import Orientation
from trainer.media.packets import Packets

_HEAD_PACKETS = 250
"""In so many packets there has to be a frame."""
_PROMISE_SHARE, _PROMISE_S = 0.03, 0.25
"""A clip may be shorter than its header says by so much: headers are rounded, and sound may be longer."""
_STEADY_SHARE = 0.5
"""Of the time of a frame: one that is shown no further than this from its place at the average rate is in time."""


@dataclass(frozen=True)
class ClipHeader:
    """What a clip is. `shown` is its size in square pixels and upright, `frames` and `duration_s` are those shown."""

    container: str
    codec: str
    shown: Size
    stored: Size
    orientation: Orientation
    frames: int
    fps: float | None
    """Frames a second on average; None if nothing tells."""
    duration_s: float | None
    is_steady: bool
    """Whether all frames are shown for the same time."""
    is_first_track: bool
    pixel_aspect: Fraction
    """The width of a stored pixel over its height."""
    is_interlaced: bool
    has_alpha: bool
    colour: Colour

    @property
    def has_square_pixels(self) -> bool:
        return self.pixel_aspect == 1


def read_header(file: IO[bytes], is_checked: bool = True) -> ClipHeader:
    """Read a clip's header. A file without an index is read to its end. `is_checked`: refuse a file that lacks what it
    promises, even where enough of it could be decoded.

    Raises: Damage, MemoryError.
    """
    container, stream = open_clip(file)
    with container:
        promised = stream.frames
        try:
            first, held = _first_frame(file, container, stream)
            if entries := _index(container, stream):
                if is_checked:
                    _check_end(entries, os.fstat(file.fileno()).st_size)
                stamps = [entry.timestamp for entry in entries if not entry.is_discard]
            else:
                packets = [*held, *(_stamp(packet) for packet in container.demux(stream) if packet.size)]
                stamps = [stamp for stamp in packets if stamp is not None]
                if is_checked:
                    _check_promise(container, stream, len(packets), promised, stamps)
                entries = packets
        except FFmpegError as error:
            raise decode_error(error) from None
        if first is None:
            raise Damage(message("no_frames.in_packets", packets=len(entries)))
        return _described(container, stream, first, len(stamps) or len(entries), sorted(stamps))


def indexed_packets(file: IO[bytes]) -> Packets:
    """Read from the index when frames are decoded; nothing if a file has none. Raises: Damage."""
    container, stream = open_clip(file)
    with container:
        entries = [entry for entry in _index(container, stream) if not entry.is_discard]
        keys = [entry.timestamp for entry in entries if entry.is_keyframe]
        return Packets([entry.timestamp for entry in entries], keys).in_order()


def _check_end(entries: list[Any], size_bytes: int) -> None:
    whole = sum(entry.pos + entry.size <= size_bytes for entry in entries)
    if whole < len(entries):
        raise _short(whole, len(entries))


def _check_promise(container: Any, stream: Any, found: int, promised: int, stamps: list[int]) -> None:
    """Check a file without a whole index against its own frame count or duration."""
    if promised and found < promised * (1 - _PROMISE_SHARE) and promised - found > 1:
        raise _short(found, promised)
    if "matroska" not in container.format.name or not container.duration or not stream.average_rate:
        return
    promised_s, step_s = container.duration / av.time_base, 1 / float(stream.average_rate)
    found_s = max(found * step_s, (max(stamps) - min(stamps)) * float(stream.time_base) + step_s if stamps else 0.0)
    if found_s < promised_s * (1 - _PROMISE_SHARE) - _PROMISE_S and not container.streams.audio:
        raise _short(found, round(promised_s * float(stream.average_rate)))


def _short(found: int, promised: int) -> Damage:
    return Damage(message("truncated.frames", promised=promised, found=found))


def _index(container: Any, stream: Any) -> list[Any]:
    """Return the index entries of all frames; none if the index is not known to be whole."""
    if "mov" not in container.format.name or not stream.frames:
        return []
    entries = list(stream.index_entries)
    return entries if len(entries) == stream.frames else []


def _first_frame(file: IO[bytes], container: Any, stream: Any) -> tuple[Any, list[int | None]]:
    """Decode the first frame, None if the beginning has none that can be decoded. Also returns the timestamps of the
    packets that were read of `container`.
    """
    packet = next((packet for packet in container.demux(stream) if packet.size), None)
    if packet is None:
        return None, []
    return _alone(decoder(stream), packet) or _sought(file), [_stamp(packet)]


def _alone(codec: Any, packet: Any) -> Any:
    """Decode a first packet that needs no other, without the next ones, which a decoder would read to be sure of the
    order: half the time. None if that is not enough.
    """
    if not packet.is_keyframe:
        return None
    codec.options = {"skip_loop_filter": "all"}
    try:
        frame = next(iter(codec.decode(packet) or codec.decode(None)), None)
    except FFmpegError:
        return None
    if frame is not None:
        check_size(frame.width, frame.height)
    return frame


def _sought(file: IO[bytes]) -> Any:
    """Decode the first frame of a file that does not begin with one. Raises: Damage, FFmpegError."""
    container, stream = open_clip(file)
    with container:
        codec = decoder(stream)
        for number, packet in enumerate(container.demux(stream), 1):
            try:
                for frame in codec.decode(packet):
                    check_size(frame.width, frame.height)
                    return frame
            except FFmpegError:
                if number >= _HEAD_PACKETS:
                    raise
            if number >= _HEAD_PACKETS:
                break
    return None


def _stamp(packet: Any) -> int | None:
    stamp: int | None = packet.dts if packet.pts is None else packet.pts
    return stamp


def _described(container: Any, stream: Any, first: Any, frames: int, stamps: list[int]) -> ClipHeader:
    """Gather a header. `stamps`: when each shown frame is shown, ascending, in the stream's unit of time."""
    fps, is_steady = _rate(stream, stamps)
    orientation, stored = Orientation.of_frame(first), Size(first.height, first.width)
    aspect = stream.sample_aspect_ratio
    return ClipHeader(
        container=container.format.name,
        codec=stream.codec_context.name,
        shown=shown_size(stored, aspect, orientation),
        stored=stored,
        orientation=orientation,
        frames=frames,
        fps=fps,
        duration_s=frames / fps if fps else None,
        is_steady=is_steady,
        is_first_track=stream is container.streams.video[0],
        pixel_aspect=aspect or Fraction(1),
        is_interlaced=is_interlaced(stream, first),
        has_alpha=has_alpha(first.format.name),
        colour=Colour.of(first),
    )


def _rate(stream: Any, stamps: list[int]) -> tuple[float | None, bool]:
    """Return the average rate at which frames are shown, and whether each is in time.

    A header's own rate is taken where the times agree with it, for they are rounded in some containers.
    """
    promised = float(stream.average_rate or stream.guessed_rate or 0) or None
    times_s = np.array(stamps, np.float64) * float(stream.time_base)
    if len(times_s) < 2 or times_s[-1] <= times_s[0]:
        return promised, True
    for fps in dict.fromkeys((promised, (len(times_s) - 1) / (times_s[-1] - times_s[0]))):
        if fps is not None:
            late_s = np.abs(times_s - times_s[0] - np.arange(len(times_s)) / fps).max()
            if late_s <= _STEADY_SHARE / fps:
                return fps, True
    return float((len(times_s) - 1) / (times_s[-1] - times_s[0])), False
