"""What the measures tell apart, on real frames changed in one way each. docs/measures.md has the figures."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.harness.media_files import Picture, frames_of
from trainer.scan.measures import CutFinder, Luma, inside_bars, measure, perceptual_hash


def luma(frame: Picture) -> Luma:
    return np.asarray(Image.fromarray(frame).convert("L"))


@pytest.fixture(scope="module")
def frames(clips: list[Path]) -> list[Luma]:
    return [luma(frame) for frame in frames_of(clips[9])]


@pytest.fixture(scope="module")
def others(clips: list[Path]) -> list[Luma]:
    return [luma(frame) for frame in frames_of(clips[4])]


def resized(picture: Luma, width: int, height: int) -> Luma:
    return np.asarray(Image.fromarray(picture).resize((width, height)))


def cut(pictures: list[Luma]) -> float:
    finder = CutFinder()
    for picture in pictures:
        finder.add(picture)
    return finder.greatest()


def test_bars_at_the_sides_and_above_are_found_and_left_out(frames: list[Luma]) -> None:
    height, width = frames[0].shape
    for at, share in ((np.s_[:10], 10 / height), (np.s_[:, -20:], 20 / width)):
        barred = [frame.copy() for frame in frames[:8]]
        for frame in barred:
            frame[at] = np.random.default_rng(1).integers(0, 4, frame[at].shape)
        assert measure(barred).bars == pytest.approx(share)
    assert measure(frames[:8]).bars == 0
    assert measure([frame // 8 for frame in frames[:8]]).bars == 0, "a dark scene has none"
    assert inside_bars([np.zeros_like(frames[0])]) == (slice(None), slice(None)), "nor has a black one"


def test_dark_and_burnt(frames: list[Luma]) -> None:
    assert measure([frame // 8 for frame in frames[:8]]).dark > 0.7
    assert measure([np.minimum(frame, 80) * 3 + 15 for frame in frames[:8]]).burnt > 0.3
    plain = measure(frames[:8])
    assert (plain.dark, plain.burnt) < (0.1, 0.1)


def test_blur_takes_most_of_the_sharpness(frames: list[Luma]) -> None:
    height, width = frames[0].shape
    blurred = [resized(resized(frame, width // 4, height // 4), width, height) for frame in frames[:8]]
    assert measure(blurred).sharpness < measure(frames[:8]).sharpness / 5
    assert measure([np.zeros((2, 2), np.uint8)]).sharpness == 0


def test_motion(frames: list[Luma]) -> None:
    moving, still, image = measure(frames[::4]).motion, measure([frames[0]] * 8).motion, measure(frames[:1]).motion
    assert moving is not None
    assert moving > 5
    assert still == 0
    assert image is None


def test_a_cut_is_sudden_and_motion_a_fade_and_a_flash_are_not(frames: list[Luma], others: list[Luma]) -> None:
    height, width = frames[0].shape
    other = [resized(frame, width, height) for frame in others]
    assert cut(frames[:10] + other[:10]) > 0.5
    assert cut(frames) < 0.3
    assert cut([np.roll(frames[0], 12 * number, 1) for number in range(20)]) < 0.3
    assert cut([(frame * min(1.0, number / 12)).astype(np.uint8) for number, frame in enumerate(frames)]) < 0.3
    flash = [np.minimum(frame, 200) + 50 * (number == 10) for number, frame in enumerate(frames)]
    assert cut([frame.astype(np.uint8) for frame in flash]) < 0.3
    assert cut(frames[:1]) == 0


def test_the_hash_holds_over_size_and_brightness(frames: list[Luma], others: list[Luma]) -> None:
    def distance(one: Luma, two: Luma) -> int:
        return (int(perceptual_hash(one), 16) ^ int(perceptual_hash(two), 16)).bit_count()

    height, width = frames[0].shape
    assert distance(frames[0], resized(frames[0], width // 2, height // 2)) <= 2
    assert distance(frames[0], resized(frames[0], width * 3, height * 3)) <= 2
    assert distance(frames[0], frames[0] // 2) <= 2
    assert distance(frames[0], others[0]) > 12
    assert distance(frames[0], frames[0][:, ::-1]) > 12
    assert len(perceptual_hash(np.zeros((3, 3), np.uint8))) == 16
