from pathlib import Path

import av
import numpy as np
from PIL import Image

from trainer.contract.shape import Shape
from trainer.media.clip import read_clip
from trainer.media.writer import write_video

BT709, LIMITED = 1, 1


def test_what_is_written_plays_in_a_browser(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, [Image.new("RGB", (64, 32), (shade, 0, 0)) for shade in range(0, 170, 10)], 16)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.average_rate, sum(1 for _ in container.decode(stream))) == (16, 17)
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "its index comes first, so that it plays while it loads"


def test_its_colours_are_tagged_and_come_back(tmp_path: Path) -> None:
    colours = [(220, 20, 20), (20, 220, 20), (20, 20, 220), (240, 240, 240), (10, 10, 10)]
    write_video(tmp_path / "a.mp4", [Image.new("RGB", (64, 32), colour) for colour in colours], 24)
    with av.open(str(tmp_path / "a.mp4")) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.colorspace, codec.color_primaries, codec.color_trc, codec.color_range) == (*3 * (BT709,), LIMITED)
    frames = read_clip(tmp_path / "a.mp4", Shape(32, 64, 5))[:, 16, 32].astype(int)
    assert np.abs(frames - colours).max() <= 4, frames
