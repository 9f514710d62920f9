"""Make training pictures of a clip's frames: upright, in square pixels, SDR BT.709, on white, scaled and cropped.

Arrays are named by their axes: F frames, H height, W width, C colour (uint8 RGB).
"""

from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt
from av.filter import Graph
from av.video.reformatter import Interpolation, VideoReformatter

from trainer.media.colour import Colour, table
from trainer.media.container import check_size
from trainer.media.orientation import Orientation

Frames = npt.NDArray[np.uint8]

_FULL_CHROMA = 0x2000
"""SWS_FULL_CHR_H_INT of libswscale/swscale.h. Without it scaled frames come out 1.8 levels too dark, for swscale then
goes from YUV to RGB by tables."""
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
    scale = max(wanted.height / shown.height, wanted.width / shown.width)
    height, width = (max(least, round(side * scale)) for side, least in zip(shown, wanted, strict=True))
    return Size(height, width)


class Fitting:
    """Fit the frames of one clip to `wanted`. For one thread."""

    def __init__(self, wanted: Size, pixel_aspect: Fraction | None) -> None:
        self._wanted, self._pixel_aspect = wanted, pixel_aspect
        self._mapping: _Mapping | None = None
        # One for all frames: a frame's own would be set up for it alone.
        self._scaling, self._flattening = VideoReformatter(), VideoReformatter()

    def picture(self, frame: av.VideoFrame) -> Frames:
        """Return the frame as HWC. Raises: Damage (too large), FFmpegError."""
        check_size(frame.width, frame.height)
        orientation = Orientation.of_frame(frame)
        stored = Size(frame.height, frame.width)
        shown = shown_size(stored, self._pixel_aspect, orientation)
        scaled = covering(shown, self._wanted)
        opaque = self._on_white(frame)
        colour = Colour.of(frame)
        target = Size(*orientation.sides(*scaled))
        smaller = scaled.height < shown.height or scaled.width < shown.width
        flags = Interpolation.AREA if smaller else Interpolation.BICUBIC
        quality = int(flags) | (_FULL_CHROMA if target != stored else 0)
        form = "rgb24" if colour.is_plain else _DEEP
        fitted = self._scaling.reformat(opaque, target.width, target.height, form, interpolation=quality)
        picture = orientation.apply((fitted if colour.is_plain else self._mapped(fitted, colour)).to_ndarray())
        top, left = ((side - least) // 2 for side, least in zip(scaled, self._wanted, strict=True))
        return np.ascontiguousarray(picture[top : top + self._wanted.height, left : left + self._wanted.width])

    def _mapped(self, frame: av.VideoFrame, colour: Colour) -> av.VideoFrame:
        key = (colour, frame.width, frame.height)
        if self._mapping is None or self._mapping.key != key:
            self._mapping = _Mapping(key, frame)
        return self._mapping.apply(frame)

    def _on_white(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Lay a transparent frame on white, before it is scaled: a fringe of what is hidden would show else."""
        if not has_alpha(frame.format.name):
            return frame
        rgba_HWC = self._flattening.reformat(frame, format="rgba").to_ndarray()
        alpha_HW1 = rgba_HWC[..., 3:].astype(np.uint16)
        blended_HWC = (rgba_HWC[..., :3] * alpha_HW1 + 255 * (255 - alpha_HW1) + 127) // 255
        opaque = av.VideoFrame.from_ndarray(blended_HWC.astype(np.uint8), format="rgb24")
        opaque.color_trc, opaque.color_primaries = frame.color_trc, frame.color_primaries
        return opaque


class _Mapping:
    """Map frames of one size and colour to SDR BT.709, by a filter of FFmpeg's."""

    def __init__(self, key: tuple[Colour, int, int], frame: av.VideoFrame) -> None:
        self.key = key
        graph = Graph()
        graph.threads = 1
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000)
        )
        steps = [
            graph.add("lut3d", f"file={table(key[0])}:interp=tetrahedral"),
            graph.add("format", "rgb24"),
            graph.add("buffersink"),
        ]
        for before, after in zip([source, *steps], steps, strict=False):
            before.link_to(after)
        graph.configure()
        self._graph = graph

    def apply(self, frame: av.VideoFrame) -> av.VideoFrame:
        self._graph.push(frame)
        mapped: av.VideoFrame = self._graph.pull()
        return mapped


def has_alpha(pixel_format: str) -> bool:
    """Tell whether a pixel format of FFmpeg's has an alpha channel, or a palette that may."""
    return pixel_format.startswith(_WITH_ALPHA)
