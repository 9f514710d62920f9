"""Make training pictures of a clip's frames: upright, in square pixels, SDR BT.709, on white, scaled and cropped.

Arrays are named by their axes: F frames, H height, W width, C colour (uint8 RGB).
"""

from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt
from av.filter import Graph

from trainer.contract.shape import covering_sides
from trainer.media.colour import Colour, table
from trainer.media.container import check_size
from trainer.media.orientation import Orientation

Frames = npt.NDArray[np.uint8]

_WITH_ALPHA = ("yuva", "rgba", "bgra", "argb", "abgr", "gbrap", "ya8", "ya16", "pal8", "ayuv", "vuya")
_DEEP = "gbrp16le"
"""The pixel format in which colours are mapped."""


class Size(NamedTuple):
    """Height and width in pixels."""

    height: int
    width: int


def shown_size(stored: Size, pixel_aspect: Fraction | None, orientation: Orientation) -> Size:
    """Return the size at which frames are shown: their width is stretched to square pixels, then they are turned."""
    width = stored.width if not pixel_aspect else max(1, round(stored.width * pixel_aspect))
    return Size(*orientation.sides(stored.height, width))


def covering(shown: Size, wanted: Size) -> Size:
    """Return the size to which a picture is scaled so that it covers `wanted`, without a change of its shape."""
    return Size(*covering_sides(shown, wanted))


class Fitting:
    """Fit the frames of one clip to `wanted`. For one thread."""

    def __init__(self, wanted: Size, pixel_aspect: Fraction | None) -> None:
        self._wanted, self._pixel_aspect = wanted, pixel_aspect
        self._scaling: _Scaling | None = None

    def picture(self, frame: av.VideoFrame) -> Frames:
        """Return the frame as HWC. Raises: Damage (too large), FFmpegError."""
        check_size(frame.width, frame.height)
        orientation = Orientation.of_frame(frame)
        stored = Size(frame.height, frame.width)
        shown = shown_size(stored, self._pixel_aspect, orientation)
        scaled = covering(shown, self._wanted)
        target = Size(*orientation.sides(*scaled))
        way = _Way(
            frame.format.name,
            stored,
            target,
            is_smaller=scaled.height < shown.height or scaled.width < shown.width,
            colour=Colour.of(frame),
        )
        picture = orientation.apply(self._scaled(frame, way))
        top, left = ((side - least) // 2 for side, least in zip(scaled, self._wanted, strict=True))
        return np.ascontiguousarray(picture[top : top + self._wanted.height, left : left + self._wanted.width])

    def _scaled(self, frame: av.VideoFrame, way: "_Way") -> Frames:
        if has_alpha(way.pixel_format):
            frame = _on_white(frame)
            way = way._replace(pixel_format=frame.format.name)
        if self._scaling is None or self._scaling.way != way:
            self._scaling = _Scaling(way)
        return self._scaling.apply(frame)


class _Way(NamedTuple):
    """How frames are scaled to `target`: from which pixel format and size, and whether they get smaller."""

    pixel_format: str
    stored: Size
    target: Size
    is_smaller: bool
    colour: Colour


class _Scaling:
    """Scale frames, and map their colours to SDR BT.709, by filters of FFmpeg's.

    Its `scale` heeds where a clip's chroma samples lie, as players do, and is set up once for all frames.
    """

    def __init__(self, way: _Way) -> None:
        self.way = way
        graph = Graph()
        graph.threads = 1
        flags = "area" if way.is_smaller else "bicubic"
        flags += "+full_chroma_int" if way.target != way.stored else ""
        chain = [("scale", f"{way.target.width}:{way.target.height}:flags={flags}")]
        if not way.colour.is_plain:
            chain += [("format", _DEEP), ("lut3d", f"file={table(way.colour)}:interp=tetrahedral")]
        source = graph.add(
            "buffer",
            video_size=f"{way.stored.width}x{way.stored.height}",
            pix_fmt=way.pixel_format,
            time_base="1/1000",
            pixel_aspect="1/1",
        )
        filters = [graph.add(*each) for each in (*chain, ("format", "rgb24"), ("buffersink", None))]
        for before, after in zip([source, *filters], filters, strict=False):
            before.link_to(after)
        graph.configure()
        self._graph = graph

    def apply(self, frame: av.VideoFrame) -> Frames:
        """Return the frame's picture as HWC. Raises: FFmpegError."""
        self._graph.vpush(frame)
        picture: Frames = self._graph.vpull().to_ndarray().astype(np.uint8, copy=False)
        return picture


def _on_white(frame: av.VideoFrame) -> av.VideoFrame:
    """Lay a transparent frame on white, before it is scaled: a fringe of what is hidden would show else."""
    rgba_HWC = frame.reformat(format="rgba", interpolation="BICUBIC").to_ndarray()
    alpha_HW1 = rgba_HWC[..., 3:].astype(np.uint16)
    blended_HWC = (rgba_HWC[..., :3] * alpha_HW1 + 255 * (255 - alpha_HW1) + 127) // 255
    opaque = av.VideoFrame.from_ndarray(blended_HWC.astype(np.uint8), format="rgb24")
    opaque.color_trc, opaque.color_primaries = frame.color_trc, frame.color_primaries
    return opaque


def has_alpha(pixel_format: str) -> bool:
    """Tell whether a pixel format of FFmpeg's has an alpha channel, or a palette that may."""
    return pixel_format.startswith(_WITH_ALPHA)
