import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.harness.ffmpeg import corners
from trainer.media import image as images
from trainer.media.container import opened
from trainer.media.damage import Damage
from trainer.media.fitting import Frames, Size
from trainer.media.image import open_image, orientation_of, shown_size

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def rgb_profile() -> bytes:
    """Make an ICC profile of primaries wider than sRGB's (as Adobe RGB's, adapted to D50) and a gamma of 2.2."""
    primaries = [(0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)]
    gamma = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    tags = {name: _xyz(colour) for name, colour in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    return _icc(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma))


def grey_profile() -> bytes:
    """Make an ICC profile of grey whose numbers are linear light."""
    return _icc(b"GRAY", {b"kTRC": b"curv" + bytes(4) + struct.pack(">IH", 1, 256) + bytes(2)})


def _xyz(colour: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(part * 65536) for part in colour))


def _icc(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Put tags into a profile (ICC.1:2010, section 7)."""
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78 + 1)
    tags = {b"desc": text, b"wtpt": _xyz((0.9642, 1.0, 0.8249)), **tags}
    table, body, offset = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">2I", offset + len(body), len(content))
        body += content
    d50 = struct.pack(">3i", 63190, 65536, 54061)
    head = struct.pack(">I4sI4s4s4s", offset + len(body), bytes(4), 0x02100000, b"mntr", space, b"XYZ ")
    head = (head + bytes(12) + b"acsp" + bytes(28) + d50).ljust(128, b"\0")
    return head + table + body


def read_image(path: Path, height: int, width: int) -> Frames:
    return images.read_image(path, Size(height, width))


def image_size(path: Path) -> Size:
    with opened(path) as file, open_image(file) as image:
        return shown_size(image, orientation_of(image))


def left_red_right_blue(width: int = 80, height: int = 40) -> Image.Image:
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def near(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() < 30)


def test_it_covers_the_size_and_is_cropped_at_the_centre(tmp_path: Path) -> None:
    left_red_right_blue(320, 64).save(tmp_path / "a.png")
    frames_FHWC = read_image(tmp_path / "a.png", 32, 64)
    assert (frames_FHWC.shape, frames_FHWC.dtype) == ((1, 32, 64, 3), np.uint8)
    assert near(frames_FHWC[0, 16, 8], RED)
    assert near(frames_FHWC[0, 16, 56], BLUE)
    assert image_size(tmp_path / "a.png") == (64, 320)


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [
        (1, (40, 80), (16, 4)),
        (2, (40, 80), (16, 60)),
        (3, (40, 80), (16, 60)),
        (4, (40, 80), (16, 4)),
        (5, (80, 40), (4, 16)),
        (6, (80, 40), (4, 16)),
        (7, (80, 40), (60, 16)),
        (8, (80, 40), (60, 16)),
    ],
)
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
def test_it_stands_upright(
    tmp_path: Path, suffix: str, orientation: int, size: tuple[int, int], red_at: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    left_red_right_blue().save(path, exif=exif, **({} if suffix in ("png", "tif") else {"quality": 95}))
    assert image_size(path) == size
    height, width = (32, 64) if size[0] < size[1] else (64, 32)
    assert near(read_image(path, height, width)[0][red_at], RED)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_colour_profile_is_heeded(tmp_path: Path, mode: str) -> None:
    """What is meant is stored by a profile of other primaries or another gamma, so that its numbers are others."""
    meant = Image.fromarray(corners())
    kind = "L" if mode == "L" else "RGB"
    profile = grey_profile() if mode == "L" else rgb_profile()
    to_profile = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(profile)), "RGB", kind
    )
    stored = ImageCms.applyTransform(meant, to_profile)
    assert stored is not None
    stored.convert(mode).save(tmp_path / "a.png", icc_profile=profile)
    found = read_image(tmp_path / "a.png", 128, 192)[0].astype(int)
    if mode == "L":
        assert np.abs(found[100:, 150:] - 240).max() <= 3
        assert np.abs(found[64, 96] - 90).max() <= 3
    else:
        assert np.percentile(np.abs(found - corners()), 99) <= 3


def test_a_profile_that_is_srgb_changes_nothing(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(corners()).save(tmp_path / "a.png", icc_profile=profile)
    assert (read_image(tmp_path / "a.png", 128, 192)[0] == corners()).all()


@pytest.mark.parametrize("profile", [b"no profile", rgb_profile()[:200]])
def test_a_broken_profile_is_passed_over(tmp_path: Path, profile: bytes) -> None:
    Image.fromarray(corners()).save(tmp_path / "a.png", icc_profile=profile)
    assert (read_image(tmp_path / "a.png", 128, 192)[0] == corners()).all()


def test_floating_point_is_read_by_its_range(tmp_path: Path) -> None:
    for most in (1.0, 255.0):
        Image.fromarray(np.full((40, 80), most / 2, np.float32)).save(tmp_path / "a.tif")
        ramp = np.full((40, 80), most / 2, np.float32)
        ramp[0, 0] = most
        Image.fromarray(ramp).save(tmp_path / "a.tif")
        assert near(read_image(tmp_path / "a.tif", 32, 64)[0, 16, 16], (128, 128, 128))
    Image.fromarray(np.full((40, 80), 9e5, np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(Damage, match="900000"):
        read_image(tmp_path / "a.tif", 32, 64)


def test_what_claims_to_be_too_large_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("1", (64, 64)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = (60_000).to_bytes(4) * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4)
    path.write_bytes(content)
    with pytest.raises(Damage, match="60000 x 60000") as caught:
        read_image(path, 32, 64)
    assert caught.value.said.code == "too_big"


def test_an_animation_is_no_image(tmp_path: Path) -> None:
    shots = [Image.new("RGB", (64, 64), (shade, 0, 0)) for shade in (0, 100, 200)]
    for name in ("a.webp", "a.png", "a.gif", "a.avif", "pages.tif"):
        shots[0].save(tmp_path / name, save_all=True, append_images=shots[1:])
        with pytest.raises(Damage, match="3 pictures") as caught:
            read_image(tmp_path / name, 32, 64)
        assert caught.value.said.code == "several_pictures"


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    image = left_red_right_blue().convert("RGBA")
    image.paste((0, 255, 0, 0), (0, 0, 40, 40))
    image.save(tmp_path / "alpha.png")
    palette = left_red_right_blue().quantize(4)
    palette.save(tmp_path / "palette.png", transparency=palette.getpixel((0, 0)))
    for name in ("alpha.png", "palette.png"):
        frame = read_image(tmp_path / name, 32, 64)[0]
        assert near(frame[16, 4], WHITE), name
        assert near(frame[16, 60], BLUE), name


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P", "CMYK", "YCbCr"])
def test_other_colours(tmp_path: Path, mode: str) -> None:
    name = tmp_path / ("a.tif" if mode in ("CMYK", "YCbCr") else "a.png")
    left_red_right_blue().convert(mode).save(name)
    assert read_image(name, 32, 64).shape == (1, 32, 64, 3)


def test_sixteen_bits_of_grey_are_not_cut_off(tmp_path: Path) -> None:
    grey = np.full((40, 80), 32768, np.uint16)
    Image.fromarray(grey).save(tmp_path / "a.png")
    assert near(read_image(tmp_path / "a.png", 32, 64)[0, 16, 16], (128, 128, 128))


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
@pytest.mark.parametrize("keep", [0, 0.5])
def test_a_damaged_image_is_one_clear_problem(tmp_path: Path, suffix: str, keep: float) -> None:
    path = tmp_path / f"a.{suffix}"
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(Damage) as caught:
        read_image(path, 32, 32)
    assert caught.value.said.code in ("unreadable", "truncated", "decode_error")
    assert caught.value.said.hint


def test_what_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\0" * 99)
    for read in (image_size, lambda path: read_image(path, 32, 32)):
        with pytest.raises(Damage, match="not an image") as caught:
            read(tmp_path / "a.png")
        assert str(tmp_path) not in str(caught.value)
