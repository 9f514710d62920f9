"""Decode the frames of a clip in the order in which they are shown, deinterlaced where they are interlaced."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import av
from av.filter import Graph

from trainer.media.container import decoded

_PROGRESSIVE = (0, 1)
"""Of FFmpeg's `AVFieldOrder`: unknown and progressive."""
_WORTH_SEEKING_S = 1.0
"""Frames that lie no further from the beginning are reached by decoding those before them."""

Timed = tuple[float, av.VideoFrame]
"""A frame, and when it is shown: seconds after the first one."""


def shown_frames(container: Any, stream: Any, start_s: float = 0.0) -> Iterator[Timed]:
    """Yield frames with their times, beginning at one that is shown at `start_s` or before it. Raises: FFmpegError."""
    frames = _timed(container, stream)
    first = next(frames, None)
    if first is None:
        return
    (origin_s, frame), rest = first, frames
    if start_s >= _WORTH_SEEKING_S and frame.pts is not None:
        container.seek(int((origin_s + start_s) / stream.time_base), stream=stream)
        rest = _timed(container, stream)
        first = next(rest, None)
        if first is None or first[0] > origin_s + start_s:  # the container leads elsewhere
            container.seek(frame.pts, stream=stream)
            rest = _timed(container, stream)
            first = next(rest, None)
    if first is not None:
        for at_s, frame in chain([first], rest):
            yield at_s - origin_s, frame


def is_interlaced(stream: Any, frame: av.VideoFrame) -> bool:
    """Tell whether a clip whose first frame is `frame` is made of fields."""
    return frame.interlaced_frame or stream.codec_context.field_order not in _PROGRESSIVE


def whole(frames: Iterator[av.VideoFrame], stream: Any) -> Iterator[av.VideoFrame]:
    """Yield all frames; where the first is interlaced, as whole pictures, which FFmpeg's `bwdif` makes of neighbours.

    Raises: FFmpegError.
    """
    first = next(frames, None)
    if first is None:
        return
    if not is_interlaced(stream, first):
        yield from chain([first], frames)
        return
    graph = _deinterlacing(first, stream)
    for frame in chain([first], frames):
        graph.push(frame)
        yield from _pulled(graph, stream)
    graph.push(None)
    yield from _pulled(graph, stream)


def _timed(container: Any, stream: Any) -> Iterator[Timed]:
    """Yield all frames from here on, with the container's own seconds; of raw streams, which have no times, at the rate
    that they say."""
    base, rate = float(stream.time_base), stream.average_rate or stream.guessed_rate
    step_s = float(1 / rate) if rate else 1 / 25
    at_s = -step_s
    has_order_alone = container.format.name == "avi"  # its times are those of decoding
    for frame in whole(decoded(container, stream), stream):
        stamp = frame.dts if has_order_alone else frame.pts
        at_s = stamp * base if stamp is not None else at_s + step_s
        yield at_s, frame


def _deinterlacing(first: av.VideoFrame, stream: Any) -> Graph:
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(width=first.width, height=first.height, format=first.format, time_base=stream.time_base)
    steps = [graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")]
    for before, after in zip([source, *steps], steps, strict=False):
        before.link_to(after)
    graph.configure()
    return graph


def _pulled(graph: Graph, stream: Any) -> Iterator[av.VideoFrame]:
    """Yield what the graph has ready, with times in the stream's unit: `bwdif` counts in halves of it."""
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        if frame.pts is not None and frame.time_base is not None:
            frame.pts = round(frame.pts * frame.time_base / stream.time_base)
        frame.time_base = stream.time_base
        yield frame
