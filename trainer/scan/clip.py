"""Open videos with PyAV, and compare what their header says with what the file holds.

Files are opened by their descriptor, never by their name, and by known formats alone: a name can be a protocol of
FFmpeg's or a pattern, and a playlist under the name of a clip would have it read other files.
"""

import os
from typing import IO, Any

import av
from av.error import FFmpegError

from trainer.scan.damage import COPY, ENCODE, Damage, no_memory, too_big
from trainer.scan.mp4_boxes import missing_text
from trainer.scan.packets import Packets

MOST_PIXELS = 8192 * 8192
_STILL_FORMATS = ("bmp", "jpeg", "jpegxl", "jpegls", "png", "psd", "tiff", "webp", "gem", "pam", "ppm", "pgm", "sgi")
_FORMATS = (
    *(
        "mov",
        "matroska",
        "webm",
        "avi",
        "mpegts",
        "mpeg",
        "mpegvideo",
        "flv",
        "asf",
        "ogg",
        "gif",
        "apng",
        "ivf",
        "mxf",
    ),
    *("nut", "rm", "dv", "yuv4mpegpipe", "h264", "hevc", "obu", "av1", "m4v", "h263", "vc1", "wtv", "nsv"),
    *(f"{name}_pipe" for name in _STILL_FORMATS),
    *("mp3", "wav", "flac", "aac"),  # known, to say that they have no pictures
)
_OPTIONS = {
    # Reading the header would decode a frame, at a third of what all of this takes.
    "skip_frame": "all",
    "format_whitelist": ",".join(_FORMATS),
    "protocol_whitelist": "file",
}
_HEAD_PACKETS = 250
"""In so many packets there has to be a frame."""
_PROMISE_SHARE, _PROMISE_S = 0.03, 0.25
"""A clip may be shorter than its header says by so much: headers are rounded, and sound may be longer."""


def open_clip(file: IO[bytes]) -> tuple[Any, Any]:
    """Open a container and its video stream, ready to decode on one thread. Raises: Damage."""
    try:
        container = av.open(f"/proc/self/fd/{file.fileno()}", options=_OPTIONS)
    except (FFmpegError, OSError) as error:
        raise _not_opened(error, file) from None
    try:
        return container, _stream(container)
    except BaseException:
        container.close()
        raise


def read_header(file: IO[bytes]) -> dict[str, Any]:
    """Read the fields of `trainer.contract.scan.Media` that the beginning and the index of a file give.

    A file without an index is read to its end. Raises: Damage.
    """
    container, stream = open_clip(file)
    with container:
        _check_size(stream.codec_context.width, stream.codec_context.height)
        promised = stream.frames
        try:
            first, held = _first_frame(file, container, stream)
            if entries := _index(container, stream):
                _check_end(entries, os.fstat(file.fileno()).st_size)
                stamps = [entry.timestamp for entry in entries if not entry.is_discard]
            else:
                packets = [*held, *(_stamp(packet) for packet in container.demux(stream) if packet.size)]
                _check_promise(container, stream, len(packets), promised)
                stamps = [stamp for stamp in packets if stamp is not None]
                entries = packets
        except FFmpegError as error:
            raise decode_error(error) from None
        if first is None:
            raise Damage("no_frames", f"It has {len(entries)} packets and no frame that can be decoded. {ENCODE}")
        return _fields(container, stream, first, len(stamps) or len(entries), stamps)


def indexed_packets(file: IO[bytes]) -> Packets:
    """Read from the index when frames are decoded; nothing if a file has none. Raises: Damage."""
    container, stream = open_clip(file)
    with container:
        entries = [entry for entry in _index(container, stream) if not entry.is_discard]
        keys = [entry.timestamp for entry in entries if entry.is_keyframe]
        return Packets([entry.timestamp for entry in entries], keys).in_order()


def video_format(file: IO[bytes]) -> str:
    """Return the format's name of a file that is a video; empty if it is none."""
    file.seek(0)
    try:
        container, _ = open_clip(file)
    except Damage:
        return ""
    with container:
        return str(container.format.name)


def decode_error(error: FFmpegError) -> Damage:
    if isinstance(error, MemoryError):
        return no_memory()
    return Damage("decode_error", f"It cannot be decoded ({error.strerror or error}). {ENCODE}")


def _stream(container: Any) -> Any:
    name = container.format.name
    if name.endswith("_pipe"):
        kind = name.removesuffix("_pipe").upper()
        raise Damage("image_as_video", f"It is an image ({kind}) under the name of a video. Rename it.")
    streams = [each for each in container.streams.video if not each.disposition & each.disposition.attached_pic]
    if not streams:
        raise Damage("no_video", f"It has no pictures in it ({name}). Leave it out.")
    stream = streams[0]
    if stream.codec_context is None:
        raise Damage("unreadable", "Its codec is not known here. Encode it as H.264.")
    stream.codec_context.skip_frame = "DEFAULT"
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1
    return stream


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise too_big(f"frames of {width} x {height} pixels")


def _check_end(entries: list[Any], size_bytes: int) -> None:
    whole = sum(entry.pos + entry.size <= size_bytes for entry in entries)
    if whole < len(entries):
        raise _short(whole, len(entries))


def _check_promise(container: Any, stream: Any, found: int, promised: int) -> None:
    """Check a file without a whole index against its own frame count or duration."""
    if promised and found < promised * (1 - _PROMISE_SHARE) and promised - found > 1:
        raise _short(found, promised)
    if "matroska" not in container.format.name or not container.duration or not stream.average_rate:
        return
    promised_s, found_s = container.duration / av.time_base, found / float(stream.average_rate)
    if found_s < promised_s * (1 - _PROMISE_SHARE) - _PROMISE_S and not container.streams.audio:
        raise _short(found, round(promised_s * float(stream.average_rate)))


def _short(found: int, promised: int) -> Damage:
    return Damage("truncated", f"It is cut short: its header promises {promised} frames, and {found} are there. {COPY}")


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
    return _alone(stream.codec_context, packet) or _sought(file), [_stamp(packet)]


def _alone(codec: Any, packet: Any) -> Any:
    """Decode a first packet that needs no other, without the next ones, which a decoder would read to be sure of the
    order: half the time. None if that is not enough.
    """
    if not packet.is_keyframe:
        return None
    codec.options = {"skip_loop_filter": "all"}
    try:
        frame = next(iter(packet.decode() or codec.decode(None)), None)
    except FFmpegError:
        return None
    if frame is not None:
        _check_size(frame.width, frame.height)
    return frame


def _sought(file: IO[bytes]) -> Any:
    """Decode the first frame of a file that does not begin with one. Raises: Damage, FFmpegError."""
    container, stream = open_clip(file)
    with container:
        for number, packet in enumerate(container.demux(stream), 1):
            try:
                for frame in packet.decode():
                    _check_size(frame.width, frame.height)
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


def _fields(container: Any, stream: Any, first: Any, frames: int, stamps: list[int]) -> dict[str, Any]:
    base = float(stream.time_base)
    rate = float(stream.average_rate or stream.guessed_rate or 0) or None
    turned = round(first.rotation / 90) % 2
    width, height = (first.height, first.width) if turned else (first.width, first.height)
    duration_s = stream.duration * base if stream.duration else 0.0
    if not duration_s and stamps:
        duration_s = (max(stamps) - min(stamps)) * base + (1 / rate if rate else 0)
    return {
        "container": container.format.name,
        "codec": stream.codec_context.name,
        "width": width,
        "height": height,
        "rotation": round(-first.rotation) % 360,
        "frames": frames,
        "fps": round(rate, 3) if rate else None,
        "duration_s": round(duration_s, 3) or None,
    }


def _not_opened(error: FFmpegError | OSError, file: IO[bytes]) -> Damage:
    if isinstance(error, MemoryError):
        return no_memory()
    if missing := missing_text(file):
        return Damage("truncated", f"It is cut short: {missing}. {COPY}")
    reason = error.strerror or type(error).__name__
    return Damage("unreadable", f"It is not a video that can be read ({reason}). {COPY}")
