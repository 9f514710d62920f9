"""Open videos by PyAV: by their descriptor, by known formats alone, and the track that a player would take.

A file's name can be a protocol of FFmpeg's or a pattern, and a playlist under the name of a clip would have it read
other files; neither happens to a descriptor and a whitelist.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import av
from av.error import FFmpegError

from trainer.contract.messages import message
from trainer.media.damage import Damage, from_os_error
from trainer.media.mp4_boxes import missing_part
from trainer.media.undecoded_image import STILL_BRANDS

MOST_PIXELS = 8192 * 8192
"""Of a frame. Larger ones are not decoded: a header of a few bytes can claim any size."""
_STILL_FORMATS = ("bmp", "jpeg", "jpegxl", "jpegls", "png", "psd", "tiff", "webp", "gem", "pam", "ppm", "pgm", "sgi")
_MOVING_FORMATS = (
    *("mov", "matroska", "webm", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "asf", "ogg", "gif", "apng", "ivf"),
    *("mxf", "nut", "rm", "dv", "yuv4mpegpipe", "h264", "hevc", "obu", "av1", "m4v", "h263", "vc1", "wtv", "nsv"),
)
_SOUND_FORMATS = ("mp3", "wav", "flac", "aac")
"""Known, to say that they have no pictures."""
_READS_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""By codec the decoder that reads an alpha channel, which FFmpeg's own one passes over."""
_OPTIONS = {
    # Reading the header would decode a frame, at a third of what opening takes.
    "skip_frame": "all",
    "format_whitelist": ",".join((*_MOVING_FORMATS, *(f"{name}_pipe" for name in _STILL_FORMATS), *_SOUND_FORMATS)),
    "protocol_whitelist": "file",
}


def open_clip(file: IO[bytes], threads: int = 1) -> tuple[Any, Any]:
    """Open a container and its video stream, ready to decode on so many threads (0: as FFmpeg chooses).

    Raises: Damage, MemoryError.
    """
    try:
        container = av.open(f"/proc/self/fd/{file.fileno()}", options=_OPTIONS)
    except MemoryError:
        raise
    except (FFmpegError, OSError) as error:
        raise _not_opened(error, file) from None
    try:
        return container, _stream(container, threads)
    except BaseException:
        container.close()
        raise


def decoded(container: Any, stream: Any) -> Iterator[av.VideoFrame]:
    """Decode all frames from here on. Raises: FFmpegError."""
    codec = decoder(stream)
    for packet in container.demux(stream):
        yield from codec.decode(packet)


def decoder(stream: Any) -> Any:
    """Return what decodes a stream's packets from here on: its own codec, or a new one that reads an alpha channel."""
    own = stream.codec_context
    name = _READS_ALPHA.get(own.name)
    if name is None or stream.metadata.get("alpha_mode") != "1":
        return own
    codec: Any = av.CodecContext.create(name, "r")
    codec.thread_count = own.thread_count
    return codec


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to be read by its descriptor. Raises: Damage."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open(path, "rb"))
        except OSError as error:
            raise from_os_error(error) from None
        yield file


def video_format(file: IO[bytes]) -> str:
    """Return the format's name of a file that is a video; empty if it is none."""
    file.seek(0)
    try:
        container, _ = open_clip(file)
    except Damage:
        return ""
    with container:
        return str(container.format.name)


def check_size(width: int, height: int) -> None:
    """Refuse frames that are too large to decode. Raises: Damage."""
    if width * height > MOST_PIXELS:
        raise Damage(message("too_big.frames", width=width, height=height))


def decode_error(error: FFmpegError) -> Damage:
    """Translate FFmpeg's error into a damage. Raises: MemoryError, which tells nothing of the file."""
    if isinstance(error, MemoryError):
        raise error
    if isinstance(error, OSError) and error.errno is not None and error.errno < 0x100:
        return from_os_error(OSError(error.errno, error.strerror or os.strerror(error.errno)))
    return Damage(message("decode_error", reason=error.strerror or error))


def _stream(container: Any, threads: int) -> Any:
    name = container.format.name
    if name.endswith("_pipe"):
        raise Damage(message("image_as_video", format=name.removesuffix("_pipe").upper()))
    if still := STILL_BRANDS.get(container.metadata.get("major_brand", "")):
        raise Damage(message("image_as_video", format=still))
    stream = _shown_track(container)
    if stream is None:
        raise Damage(message("no_video", format=name))
    codec = stream.codec_context
    if codec is None:
        raise Damage(message("unreadable.codec"))
    check_size(codec.width, codec.height)
    codec.skip_frame = "DEFAULT"
    stream.thread_type = "NONE" if threads == 1 else "AUTO"
    codec.thread_count = threads
    return stream


def _shown_track(container: Any) -> Any:
    """Return the track that players and `ffmpeg -i` show: the default one, else the largest; no cover art."""
    tracks = [each for each in container.streams.video if not each.disposition & each.disposition.attached_pic]

    def rank(track: Any) -> tuple[bool, int]:
        codec = track.codec_context
        is_default = bool(track.disposition & track.disposition.default)
        return is_default, codec.width * codec.height if codec is not None else 0

    return max(tracks, key=rank, default=None)


def _not_opened(error: FFmpegError | OSError, file: IO[bytes]) -> Damage:
    if (missing := missing_part(file)) is not None:
        return Damage(missing)
    return Damage(message("unreadable.video", reason=error.strerror or type(error).__name__))
