import numpy as np
import pytest

from tests.harness.runs import SMALL
from trainer.contract.config import RunConfig
from trainer.contract.plan import buckets
from trainer.contract.shape import Shape

MIXED = ("480x832x49", "480x832x81", "832x480x49", "640x640x17")


def config(*shapes: str) -> RunConfig:
    settings = {"dataset_base_path": "/", "height": 480, "width": 832, "num_frames": 49, "buckets": shapes or None}
    return RunConfig.model_validate(SMALL | settings | {"extra_inputs": ""})


@pytest.mark.parametrize(
    ("height", "width", "frames", "bucket"),
    [
        (720, 1280, 300, "480x832x81"),
        (720, 1280, 80, "480x832x49"),
        (720, 1280, 20, "480x832x49"),  # too short for both: the fewest frames, and decoding says how short it is
        (1920, 1080, 300, "832x480x49"),
        (1080, 1080, 300, "640x640x17"),
        (1000, 1100, 300, "640x640x17"),
        (400, 4000, 81, "480x832x81"),
    ],
)
def test_a_clip_goes_to_the_nearest_ratio_and_there_to_the_most_frames_it_has(
    height: int, width: int, frames: int, bucket: str
) -> None:
    shapes = buckets.candidates(config(*MIXED), is_image=False)
    assert str(buckets.nearest(shapes, Shape(height, width, frames))) == bucket
    assert str(buckets.nearest(shapes[::-1], Shape(height, width, frames))) == bucket, "whatever their order"


def test_two_sizes_for_one_ratio_differ_in_their_frames_alone() -> None:
    shapes = buckets.candidates(config("704x1280x17", "480x832x81"), is_image=False)
    assert str(buckets.nearest(shapes, Shape(720, 1280, 200))) == "480x832x81"
    assert str(buckets.nearest(shapes, Shape(720, 1280, 50))) == "704x1280x17"


def test_many_clips_are_placed_at_once() -> None:
    shapes = buckets.candidates(config(*MIXED), is_image=False)
    sizes = [Shape(720, 1280, 300), Shape(720, 1280, 20), Shape(1080, 1080, 300)]
    assert [str(shapes[at]) for at in buckets.choose(shapes, np.array(sizes))] == [
        "480x832x81",
        "480x832x49",
        "640x640x17",
    ]
    assert len(buckets.choose(shapes, np.empty((0, 3), np.int64))) == 0


@pytest.mark.parametrize(
    ("shapes", "videos", "images"),
    [
        ((), ["480x832x49"], ["480x832x1"]),
        (MIXED, list(MIXED), ["480x832x1", "832x480x1", "640x640x1"]),
        (("480x832x49", "1024x1024x1"), ["480x832x49"], ["1024x1024x1"]),
        (("480x832x1",), ["480x832x1"], ["480x832x1"]),
    ],
)
def test_what_images_and_videos_may_be_trained_at(
    shapes: tuple[str, ...], videos: list[str], images: list[str]
) -> None:
    assert [str(shape) for shape in buckets.candidates(config(*shapes), is_image=False)] == videos
    assert [str(shape) for shape in buckets.candidates(config(*shapes), is_image=True)] == images


def test_the_largest_comes_first() -> None:
    shapes = [Shape(64, 64, 1), Shape(64, 64, 5), Shape(96, 96, 1), Shape(64, 64, 5)]
    counts = buckets.sizes(shapes)
    assert [shape.volume // 32**2 for shape in counts] == [9, 8, 4]
    assert buckets.format_counts(counts) == "1 at 96x96x1, 2 at 64x64x5, 1 at 64x64x1"
    assert buckets.parse_counts(f"{buckets.format_counts(counts)}, 3 held out, 4 a step, 12 steps") == counts
