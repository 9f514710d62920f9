"""Write sample videos."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

_BT709, _LIMITED = 1, 1
"""Of FFmpeg's `AVColorSpace`, `AVColorPrimaries` and `AVColorTransferCharacteristic`, and of `AVColorRange`."""


def write_video(path: Path, frames: Sequence[Image.Image], frame_rate: float) -> None:
    """Write `frames` as an MP4 that browsers play (H.264, yuv420p, its index first). Sizes have to be even.

    Its colours are BT.709's and tagged so: of an untagged file players guess by its size.
    """
    width, height = frames[0].size
    rate = Fraction(frame_rate).limit_denominator(1001)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        codec = stream.codec_context
        codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
        codec.color_range = _LIMITED
        for image in frames:
            frame = av.VideoFrame.from_image(image).reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
