"""A clip's frames are those that a player shows."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.harness.ffmpeg import corners, difference, encode, ffmpeg, shown, woven
from tests.harness.runs import write_clip
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape
from trainer.contract.window import Window
from trainer.media.clip import nearest, read_clip
from trainer.media.container import opened
from trainer.media.damage import Damage
from trainer.media.header import ClipHeader, read_header
from trainer.media.writer import write_video

H264 = ("-c:v", "libx264", "-qp", 4, "-pix_fmt", "yuv420p")
PATCHES = [(235,) * 3, (200, 200, 20), (20, 200, 200), (20, 200, 20), (200, 20, 200), (200, 20, 20), (20, 20, 200)]


def header(path: Path) -> ClipHeader:
    with opened(path) as file:
        return read_header(file)


def patches(height: int = 96) -> np.ndarray:
    return np.repeat(np.repeat(np.array([PATCHES], np.uint8), height, 0), 32, 1)


def test_the_first_frames_at_the_size_asked(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", frames=9)
    frames_FHWC = read_clip(tmp_path / "a.mp4", Shape(32, 96, 5))
    assert (frames_FHWC.shape, frames_FHWC.dtype) == ((5, 32, 96, 3), np.uint8)


def test_the_crop_is_at_the_centre(tmp_path: Path) -> None:
    image = np.zeros((64, 192, 3), np.uint8)
    image[:, 64:128] = 250
    write_video(tmp_path / "a.mp4", [Image.fromarray(image)] * 5, 16)
    assert read_clip(tmp_path / "a.mp4", Shape(64, 64, 5))[:, :, 8:-8].min() > 200


@pytest.mark.parametrize(
    "matrix",
    [
        (),
        ("-display_hflip",),
        ("-display_vflip",),
        ("-display_rotation", 90),
        ("-display_rotation", 180),
        ("-display_rotation", 270),
        ("-display_rotation", 90, "-display_hflip"),
        ("-display_rotation", 270, "-display_vflip"),
    ],
    ids=lambda matrix: " ".join(map(str, matrix)) or "as stored",
)
def test_turned_and_mirrored_as_a_player_does(tmp_path: Path, matrix: tuple[object, ...]) -> None:
    plain = encode(tmp_path / "plain.mp4", [corners()] * 3, *H264)
    path = tmp_path / "a.mp4"
    ffmpeg(*matrix, "-i", plain, "-c", "copy", path)
    height, width = header(path).shown
    theirs = shown(path, height, width)
    assert difference(read_clip(path, Shape(height, width, 3)), theirs) <= 3


@pytest.mark.parametrize("aspect", ["2/1", "1/2", "4/3", "8/9"])
def test_pixels_that_are_not_square_are_stretched(tmp_path: Path, aspect: str) -> None:
    path = encode(tmp_path / "a.mp4", [corners(160, 160)] * 3, "-vf", f"setsar={aspect}", *H264)
    width = round(160 * Fraction(aspect))
    assert header(path).shown == (160, width)
    theirs = shown(path, 160, width, "-vf", f"scale={width}:160:flags=area+full_chroma_int,setsar=1")
    ours = read_clip(path, Shape(160, width, 3))
    assert np.abs(ours.astype(int) - theirs).mean() < 2
    assert np.abs(ours[0][::159, :: width - 1].astype(int) - corners(160, 160)[::159, ::159]).max() < 12


@pytest.mark.parametrize("scale", [0.5, 0.75, 1.5])
def test_scaled_clips_are_as_bright_as_images(tmp_path: Path, scale: float) -> None:
    grey = np.repeat(np.linspace(0, 255, 128).astype(np.uint8)[None, :, None], 64, 0).repeat(3, 2)
    path = encode(tmp_path / "a.mp4", [grey] * 2, "-c:v", "libx264", "-qp", 0, "-pix_fmt", "yuv420p")
    height, width = int(64 * scale), int(128 * scale)
    ours = read_clip(path, Shape(height, width, 2))[0].astype(float)
    theirs = np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.BOX), float)
    assert abs((ours - theirs)[:, 4:-4].mean()) < 0.6


@pytest.mark.parametrize("transfer", ["arib-std-b67", "smpte2084"])
def test_high_dynamic_range_is_mapped(tmp_path: Path, transfer: str) -> None:
    """White as paper stays white, and colours stay what they were."""
    linear = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=gbr:range=pc,zscale=t=linear:npl=203"
    deep = f"zscale=p=bt2020:t={transfer}:m=bt2020nc:r=tv:npl=203,format=yuv420p10le"
    tags = ("-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc", "-color_range", "tv")
    coded = ("-c:v", "libx265", "-x265-params", "crf=4:log-level=error")
    path = encode(tmp_path / "a.mp4", [patches()] * 3, "-vf", f"{linear},format=gbrpf32le,{deep}", *coded, *tags)
    middle = read_clip(path, Shape(96, 224, 3))[1][48, 16::32].astype(int)
    assert np.abs(middle - PATCHES).max() <= 20, middle
    assert str(header(path).colour) == ("hlg bt2020" if transfer == "arib-std-b67" else "pq bt2020")


def test_a_wide_gamut_is_mapped(tmp_path: Path) -> None:
    wide = (
        "setparams=color_primaries=bt709:color_trc=bt709:colorspace=gbr:range=pc,zscale=p=smpte432:t=bt709:m=bt709:r=tv"
    )
    tags = ("-color_primaries", "smpte432", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv")
    path = encode(
        tmp_path / "a.mp4", [patches()] * 3, "-vf", f"{wide},format=yuv420p", "-c:v", "libx264", "-qp", 4, *tags
    )
    middle = read_clip(path, Shape(96, 224, 3))[1][48, 16::32].astype(int)
    assert np.abs(middle - PATCHES).max() <= 12, middle
    assert str(header(path).colour) == "p3"


@pytest.mark.parametrize("name", ["a.mov", "a.gif", "vp8.webm", "vp9.webm", "vp9.mkv"])
def test_what_is_transparent_is_white(tmp_path: Path, name: str) -> None:
    picture = np.full((96, 160, 4), (255, 0, 255, 0), np.uint8)
    picture[32:64, 60:100] = (200, 30, 30, 255)
    path = tmp_path / name
    if name == "a.mov":
        encode(path, [picture] * 3, "-c:v", "prores_ks", "-profile:v", 4444, "-pix_fmt", "yuva444p10le")
    elif name.startswith("vp"):
        codec = "libvpx" if name.startswith("vp8") else "libvpx-vp9"
        encode(path, [picture] * 3, "-c:v", codec, "-pix_fmt", "yuva420p", "-auto-alt-ref", 0)
        assert header(path).has_alpha
    else:
        images = [Image.fromarray(picture), Image.fromarray(np.roll(picture, 4, 1)), Image.fromarray(picture)]
        images[0].save(path, save_all=True, append_images=images[1:], disposal=2)
    frame = read_clip(path, Shape(96, 160, 3))[1].astype(int)
    assert np.abs(frame[:20] - 255).max() <= 2
    assert np.abs(frame[48, 80] - (200, 30, 30)).max() <= 12


def test_an_edit_list_hides_frames(tmp_path: Path) -> None:
    shades = [np.full((96, 160, 3), 20 + 5 * number, np.uint8) for number in range(36)]
    whole = encode(tmp_path / "whole.mp4", shades, *H264, "-g", 36)
    path = tmp_path / "a.mp4"
    ffmpeg("-ss", 0.7, "-i", whole, "-c", "copy", path)
    theirs = shown(path, 96, 160)
    assert header(path).frames == len(theirs) < 36
    assert difference(read_clip(path, Shape(96, 160, len(theirs))), theirs) <= 3


def test_the_default_track_is_taken(tmp_path: Path) -> None:
    small = encode(tmp_path / "small.mp4", [np.zeros((64, 64, 3), np.uint8)] * 3, *H264)
    large = encode(tmp_path / "large.mp4", [np.full((96, 160, 3), 200, np.uint8)] * 3, *H264)
    path = tmp_path / "a.mkv"
    maps = ("-map", 0, "-map", 1, "-c", "copy", "-disposition:v:0", 0, "-disposition:v:1", "default")
    ffmpeg("-i", small, "-i", large, *maps, path)
    assert header(path).shown == (96, 160)
    assert read_clip(path, Shape(96, 160, 3)).min() > 190


def test_cover_art_is_no_clip(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "cover.png")
    ffmpeg(
        *("-f", "lavfi", "-i", "sine=d=0.2", "-i", tmp_path / "cover.png", "-map", 0, "-map", 1, "-c:v", "png"),
        *("-disposition:v", "attached_pic", tmp_path / "a.mp4"),
    )
    with pytest.raises(Damage) as caught:
        read_clip(tmp_path / "a.mp4", Shape(64, 64, 1))
    assert caught.value.said.code == "no_video"


def test_fields_become_whole_pictures(tmp_path: Path) -> None:
    """A bar that moves has teeth in interlaced frames."""
    pictures = []
    for number in range(20):
        picture = np.zeros((96, 160, 3), np.uint8)
        picture[:, 10 + 6 * number : 26 + 6 * number] = 255
        pictures.append(picture)
    path = encode(tmp_path / "a.mp4", pictures, *woven(), "-x264-params", "tff=1", *H264)
    assert header(path).is_interlaced
    frame = read_clip(path, Shape(96, 160, 5))[2].astype(int)
    assert np.abs(np.diff(frame[20:80, :, 0], axis=0)).mean() < 3


def test_fields_keep_their_time(tmp_path: Path) -> None:
    shades = [np.full((96, 160, 3), 20 + 4 * number, np.uint8) for number in range(48)]
    path = encode(tmp_path / "a.mp4", shades, *woven(), "-x264-params", "tff=1", *H264)
    found = header(path)
    assert (found.is_interlaced, found.frames, found.fps) == (True, 24, 12)
    for window in (Window(0.0, 6.0), Window(1.0, 6.0)):
        numbers = (read_clip(path, Shape(96, 160, 5), window).mean((1, 2, 3)) - 20) / 4
        wanted = 24 * window.start_s + 4 * np.arange(5)
        assert np.abs(numbers - wanted).max() <= 1.5, (window, numbers)


@pytest.mark.parametrize(
    ("fps", "rate", "step"), [(60, 24, 2.5), (30, 24, 1.25), (23.976, 24, 1), (16, 24, 2 / 3), (24, 16, 1.5)]
)
def test_frames_are_taken_by_their_time(tmp_path: Path, fps: float, rate: float, step: float) -> None:
    shades = [np.full((64, 96, 3), 20 + 2 * number, np.uint8) for number in range(100)]
    path = encode(tmp_path / "a.mp4", shades, *H264, fps=fps)
    frames = read_clip(path, Shape(64, 96, 17), Window(0.0, rate))
    numbers = (frames.mean((1, 2, 3)) - 20) / 2
    assert np.abs(numbers - step * np.arange(17)).max() <= 0.5 + 1, numbers


def test_a_variable_rate_comes_out_right(tmp_path: Path) -> None:
    """Frames at 0, 1, 2, ... 9 tenths of a second, then at 1.0, 1.5, 2.0 and 2.5 s."""
    shades = [np.full((64, 96, 3), 20 + 10 * number, np.uint8) for number in range(14)]
    times = "if(lt(N,10),N/10,1+(N-10)/2)/TB"
    path = encode(tmp_path / "a.mkv", shades, "-vf", f"setpts='{times}'", "-fps_mode", "vfr", *H264)
    found = header(path)
    assert not found.is_steady
    numbers = (read_clip(path, Shape(64, 96, 9), Window(0.0, 3.9)).mean((1, 2, 3)) - 20) / 10
    assert numbers.round().tolist() == [0, 3, 5, 8, 10, 11, 11, 12, 12]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi", "mpg"])
def test_a_part_from_the_middle_of_a_long_clip(tmp_path: Path, suffix: str) -> None:
    shades = [np.full((64, 96, 3), 20 + number, np.uint8) for number in range(200)]
    codec = ("-c:v", "mpeg2video", "-q:v", 2) if suffix == "mpg" else (*H264, "-g", 48)
    path = encode(tmp_path / f"a.{suffix}", shades, *codec, "-pix_fmt", "yuv420p")
    for window in (Window(5.0, 24.0), Window(5.0)):
        numbers = read_clip(path, Shape(64, 96, 5), window).mean((1, 2, 3)) - 20
        # A program stream has few times, and FFmpeg counts on from them.
        assert np.abs(numbers - (120 + np.arange(5))).max() <= (2.5 if suffix == "mpg" else 1.5), (window, numbers)


def test_nearest_ends_where_the_clip_ends() -> None:
    frames = [(number / 10, number) for number in range(10)]
    assert list(nearest(iter(frames), [0.0, 0.04, 0.06, 0.85, 0.95, 0.99, 1.01])) == [0, 0, 1, 8, 9, 9]
    assert list(nearest(iter([]), [0.0])) == []


def test_too_short(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", frames=4)
    with pytest.raises(Problem, match="4 of the 5 frames") as caught:
        read_clip(tmp_path / "a.mp4", Shape(32, 32, 5))
    assert caught.value.code == "clip_too_short"


@pytest.mark.parametrize("content", [b"", b"not a video at all", b"\0" * 4096, b"#EXTM3U\n/etc/passwd\n"])
def test_not_decodable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(Damage) as caught:
        read_clip(tmp_path / "a.mp4", Shape(32, 32, 5))
    assert caught.value.said.code == "unreadable"


def test_an_image_in_a_videos_clothes(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.mp4", format="PNG")
    with pytest.raises(Damage, match="It is an image") as caught:
        read_clip(tmp_path / "a.mp4", Shape(32, 32, 5))
    assert caught.value.said.code == "image_as_video"


def test_a_picture_in_a_videos_clothes(tmp_path: Path) -> None:
    """FFmpeg takes a still picture in boxes for a video, and each of its tiles for a track."""
    Image.new("RGB", (64, 64)).save(tmp_path / "a.mp4", format="AVIF")
    with pytest.raises(Damage, match=r"image \(AVIF\) under the name of a video"):
        read_clip(tmp_path / "a.mp4", Shape(32, 32, 1))


def test_a_sound_file(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(Damage) as caught:
        read_clip(tmp_path / "a.wav", Shape(32, 32, 5))
    assert caught.value.said.code == "no_video"
