"""Whatever FFmpeg can write here is decoded as FFmpeg shows it: containers, codecs, pixel formats, colour tags."""

import re
import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest

from tests.harness.ffmpeg import corners, difference, encode, shown
from trainer.contract.shape import Shape
from trainer.media.clip import read_clip
from trainer.media.container import opened
from trainer.media.damage import Damage
from trainer.media.header import read_header

PICTURES = [np.roll(corners(96, 160), 3 * number, 1) for number in range(5)]
LEVELS = 3
X264, MPEG2, X265 = ("-c:v", "libx264", "-pix_fmt", "yuv420p"), ("-c:v", "mpeg2video", "-q:v", 2), ("-c:v", "libx265")
QUIET = ("-x265-params", "log-level=error")
FILES: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("a.mp4", "a.m4v", "a.ts", "a.3gp", "a.h264"), X264),
    "a.mkv": ("-c:v", "libx264", "-pix_fmt", "yuv444p"),
    "a.mts": ("-f", "mpegts", *X264),
    **dict.fromkeys(("a.m2ts", "a.mpg", "a.vob", "a.mxf"), MPEG2),
    "vp9.webm": ("-c:v", "libvpx-vp9"),
    "vp8.webm": ("-c:v", "libvpx"),
    "vp8.ivf": ("-c:v", "libvpx"),
    "mpeg4.avi": ("-c:v", "mpeg4"),
    "mjpeg.avi": ("-c:v", "mjpeg"),
    "huffyuv.avi": ("-c:v", "huffyuv"),
    "utvideo.avi": ("-c:v", "utvideo"),
    "raw.avi": ("-c:v", "rawvideo", "-pix_fmt", "bgr24"),
    "prores.mov": ("-c:v", "prores_ks"),
    "png.mov": ("-c:v", "png"),
    "qtrle.mov": ("-c:v", "qtrle"),
    "cineform.mov": ("-c:v", "cfhd"),
    "hevc.mp4": (*X265, *QUIET),
    "av1.mp4": ("-c:v", "libaom-av1", "-cpu-used", 8),
    "jpeg2000.mkv": ("-c:v", "jpeg2000"),
    "a.flv": ("-c:v", "flv"),
    "a.ogv": ("-c:v", "libtheora"),
    "a.wmv": ("-c:v", "wmv2"),
    "a.nut": ("-c:v", "ffv1"),
    "a.y4m": ("-pix_fmt", "yuv420p"),
    "a.gif": (),
    "a.apng": (),
}
TAGS = {
    "BT.709": ("bt709", "tv", ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")),
    "BT.709 of full range": ("bt709", "pc", ("-colorspace", "bt709")),
    "BT.601": ("bt601", "tv", ("-colorspace", "smpte170m")),
}


def wrong(path: Path) -> str:
    """Say what differs from FFmpeg's own frames; empty if nothing does."""
    with opened(path) as file:
        header = read_header(file)
    theirs = shown(path, *header.shown)
    ours = read_clip(path, Shape(*header.shown, len(theirs)))
    if header.frames != len(theirs):
        return f"{header.frames} frames in place of {len(theirs)}"
    found = difference(ours, theirs)
    return f"{found} levels" if found > LEVELS else ""


@pytest.mark.parametrize("name", FILES)
def test_every_container_and_codec(tmp_path: Path, name: str) -> None:
    assert not wrong(encode(tmp_path / name, PICTURES, *FILES[name]))


@pytest.mark.parametrize("encoder", ["ffv1", "libx264", "libx265", "rawvideo"])
def test_every_pixel_format(tmp_path: Path, encoder: str) -> None:
    more = {"libx264": ("-qp", 4), "libx265": QUIET}.get(encoder, ())
    found, tried = {}, 0
    for form in pixel_formats(encoder):
        path = tmp_path / ("a.mp4" if encoder.startswith("lib") else "a.nut")
        try:
            encode(path, PICTURES, "-c:v", encoder, *more, "-pix_fmt", form)
        except subprocess.CalledProcessError:  # listed and not written from RGB
            continue
        tried += 1
        if said := wrong(path):
            found[form] = said
    assert not found
    assert tried >= 5


@pytest.mark.parametrize("name", TAGS)
def test_colours_are_read_by_their_tags(tmp_path: Path, name: str) -> None:
    matrix, span, tags = TAGS[name]
    converted = ("-vf", f"scale=out_color_matrix={matrix}:out_range={span},format=yuv420p")
    path = encode(tmp_path / "a.mp4", PICTURES, *X264, "-qp", 4, *converted, *tags, "-color_range", span)
    assert not wrong(path)
    with opened(path) as file:
        assert read_header(file).colour.is_plain


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.webp", PICTURES, "-c:v", "libwebp_anim")
    with pytest.raises(Damage, match=r"image \(WEBP\) under the name of a video"):
        read_clip(path, Shape(96, 160, 1))


def pixel_formats(encoder: str) -> list[str]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-h", f"encoder={encoder}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    listed = re.search(r"pixel formats: (.*)", said)
    return listed[1].split() if listed else ["rgb24", "bgr24", "gray", "yuv420p", "yuv422p10le", "gbrp", "rgba", "ya8"]
