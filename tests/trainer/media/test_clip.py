from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.harness.runs import write_clip
from trainer.contract.problem import Problem
from trainer.data.video import clip_size, read_clip, write_video


def test_the_first_frames_at_the_size_asked(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", frames=9)
    frames_FHWC = read_clip(tmp_path / "a.mp4", 32, 96, 5)
    assert (frames_FHWC.shape, frames_FHWC.dtype) == ((5, 32, 96, 3), np.uint8)


def test_the_crop_is_at_the_centre(tmp_path: Path) -> None:
    image = np.zeros((64, 192, 3), np.uint8)
    image[:, 64:128] = 250
    write_video(tmp_path / "a.mp4", [Image.fromarray(image)] * 5, 16)
    assert read_clip(tmp_path / "a.mp4", 64, 64, 5)[:, :, 8:-8].min() > 200


def test_a_clip_held_upright_stays_upright(tmp_path: Path) -> None:
    """A phone stores its pictures lying, with a note how to turn them; PNG-coded MJPEG would lose that note."""
    lying = np.zeros((64, 128, 3), np.uint8)
    lying[:, :32] = 250
    path = tmp_path / "a.mp4"
    write_video(path, [Image.fromarray(lying)] * 5, 16)
    turned = path.read_bytes()
    # The display matrix in the track's header: the identity, then a quarter turn to the right.
    identity = b"".join(n.to_bytes(4, "big", signed=True) for n in (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30))
    quarter = b"".join(n.to_bytes(4, "big", signed=True) for n in (0, 1 << 16, 0, -1 << 16, 0, 0, 64 << 16, 0, 1 << 30))
    at = turned.index(identity, turned.index(b"tkhd"))
    path.write_bytes(turned[:at] + quarter + turned[at + 36 :])
    shown = read_clip(path, 128, 64, 5)
    assert shown[:, 4:24].min() > 200, "what was at the left is at the top now"
    assert shown[:, 40:].max() < 50
    assert clip_size(path) == (128, 64, 5)


def test_too_short(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", frames=4)
    with pytest.raises(Problem, match="4 of the 5 frames") as caught:
        read_clip(tmp_path / "a.mp4", 32, 32, 5)
    assert caught.value.code == "clip_too_short"


@pytest.mark.parametrize("content", [b"", b"not a video at all", b"\0" * 4096])
def test_not_decodable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(Problem) as caught:
        read_clip(tmp_path / "a.mp4", 32, 32, 5)
    assert caught.value.code == "clip_unreadable"


def test_an_image_in_a_videos_clothes(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.mp4", format="PNG")
    with pytest.raises(Problem, match="it is an image") as caught:
        read_clip(tmp_path / "a.mp4", 32, 32, 5)
    assert caught.value.code == "not_a_video"
    assert read_clip(tmp_path / "a.mp4", 32, 32, 1).shape == (1, 32, 32, 3)


def test_a_sound_file(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(Problem) as caught:
        read_clip(tmp_path / "a.wav", 32, 32, 5)
    assert caught.value.code == "not_a_video"


def test_what_is_written_plays_in_a_browser(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, [Image.new("RGB", (64, 32), (shade, 0, 0)) for shade in range(0, 170, 10)], 16)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.average_rate, sum(1 for _ in container.decode(stream))) == (16, 17)
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "its index comes first, so that it plays while it loads"
