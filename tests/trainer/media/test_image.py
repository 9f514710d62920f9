from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.contract.problem import Problem
from trainer.data.image import image_size, read_image

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


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
    assert image_size(tmp_path / "a.png") == (64, 320, 1)


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [(1, (40, 80, 1), (16, 4)), (3, (40, 80, 1), (16, 60)), (6, (80, 40, 1), (4, 16)), (8, (80, 40, 1), (60, 16))],
)
def test_it_stands_upright(
    tmp_path: Path, orientation: int, size: tuple[int, int, int], red_at: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    left_red_right_blue().save(tmp_path / "a.jpg", exif=exif, quality=95)
    assert image_size(tmp_path / "a.jpg") == size
    height, width = (32, 64) if size[0] < size[1] else (64, 32)
    assert near(read_image(tmp_path / "a.jpg", height, width)[0][red_at], RED)


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
    with pytest.raises(Problem) as caught:
        read_image(path, 32, 32)
    assert caught.value.code == "clip_unreadable"
    assert caught.value.hint


def test_what_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\0" * 99)
    for read in (image_size, lambda path: read_image(path, 32, 32)):
        with pytest.raises(Problem, match="not an image") as caught:
            read(tmp_path / "a.png")
        assert str(tmp_path) not in str(caught.value)
