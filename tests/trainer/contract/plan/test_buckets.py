from typing import Any

import numpy as np
import pytest

from tests.harness.runs import SMALL
from trainer.contract.config import ConfigError, RunConfig, parse_config
from trainer.contract.plan import buckets
from trainer.contract.plan.buckets import ENLARGED, Buckets
from trainer.contract.shape import Shape

MIXED = ("480x832x49", "480x832x81", "832x480x49", "640x640x17")


def config(*shapes: str, **changes: Any) -> RunConfig:
    settings = {"dataset_base_path": "/", "height": 480, "width": 832, "num_frames": 49, "buckets": shapes or None}
    return RunConfig.model_validate(SMALL | settings | {"extra_inputs": ""} | changes)


def chosen(config: RunConfig, *sizes: Shape, is_image: bool = False) -> list[str]:
    """Choose the shape of files of these sizes."""
    found = Buckets.of(config, is_image=is_image)
    return [str(found.shapes[at]) for at in found.choose(np.array(sizes, np.int64).reshape(-1, 3))]


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
    assert chosen(config(*MIXED), Shape(height, width, frames)) == [bucket]
    assert chosen(config(*MIXED[::-1]), Shape(height, width, frames)) == [bucket], "whatever their order"


def test_two_sizes_for_one_ratio_differ_in_their_frames_alone() -> None:
    sizes = (Shape(720, 1280, 200), Shape(720, 1280, 50))
    assert chosen(config("704x1280x17", "480x832x81"), *sizes) == ["480x832x81", "704x1280x17"]


def test_many_clips_are_placed_at_once() -> None:
    sizes = [Shape(720, 1280, 300), Shape(720, 1280, 20), Shape(1080, 1080, 300)]
    assert chosen(config(*MIXED), *sizes) == ["480x832x81", "480x832x49", "640x640x17"]
    assert chosen(config(*MIXED)) == chosen(config(max_area=399_360)) == []


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
    found = {is_image: Buckets.of(config(*shapes), is_image=is_image).shapes for is_image in (False, True)}
    assert list(map(str, found[False])) == videos
    assert list(map(str, found[True])) == images


def test_the_largest_comes_first() -> None:
    shapes = [Shape(64, 64, 1), Shape(64, 64, 5), Shape(96, 96, 1), Shape(64, 64, 5)]
    counts = buckets.sizes(shapes)
    assert [shape.volume // 32**2 for shape in counts] == [9, 8, 4]
    assert buckets.format_counts(counts) == "1 at 96x96x1, 2 at 64x64x5, 1 at 64x64x1"
    assert buckets.parse_counts(f"{buckets.format_counts(counts)}, 3 held out, 4 a step, 12 steps") == counts


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ((720, 1280), "480x832x49"),
        ((1080, 1920), "480x832x49"),
        ((1920, 1080), "832x480x49"),
        ((1080, 1080), "608x608x49"),
        ((1080, 1440), "544x704x49"),
        ((1080, 2560), "416x960x49"),
        ((500, 5000), "320x1248x49"),  # no longer than 4:1
        ((480, 640), "544x704x49"),  # 307,200 pixels become 383,000
        ((360, 640), "320x608x49"),  # 230,400 are not made 399,360
        ((240, 320), "256x384x49"),
        ((16, 16), "128x128x49"),  # the least size
    ],
)
def test_by_area_a_clip_keeps_its_ratio_and_is_hardly_enlarged(size: tuple[int, int], shape: str) -> None:
    assert chosen(config(max_area=480 * 832), Shape(*size, 200)) == [shape]


@pytest.mark.parametrize("model", ["tiny-wan", "wan2.1-t2v-1.3b"])
@pytest.mark.parametrize("area", [1024, 9216, 96 * 160, 399_360, 704 * 1280, 4096**2])
def test_the_sizes_of_an_area_are_those_of_the_model(model: str, area: int) -> None:
    found = config(max_area=area, model=model)
    multiple = found.family.side_multiple
    videos, images = Buckets.of(found, is_image=False), Buckets.of(found, is_image=True)
    assert [shape._replace(frames=1) for shape in videos.shapes] == list(images.shapes)
    assert set(videos.shapes) == set(found.shapes)
    for most, group in zip(videos.areas, videos.groups, strict=True):
        assert group
        for height, width, frames in group:
            assert frames == 49
            assert height * width <= most
            assert height % multiple == width % multiple == 0
            assert max(height, width) <= min(4096, 4 * min(height, width))
            assert Shape(width, height, frames) in group
            longer = max(height, width) + multiple
            assert height == width or longer * min(height, width) > most or longer > 4096
    assert videos.largest.volume == max(shape.volume for shape in videos.shapes)
    assert videos.least in videos.groups[0]


def test_by_area_little_is_cut_away_and_nothing_grows_much() -> None:
    found = config(max_area=399_360)
    shapes = Buckets.of(found, is_image=True)
    rng = np.random.default_rng(0)
    sizes_N3 = np.stack([rng.integers(300, 2000, 500), rng.integers(300, 2000, 500), np.ones(500, np.int64)], axis=1)
    lost = []
    for (height, width, _), at in zip(sizes_N3.tolist(), shapes.choose(sizes_N3).tolist(), strict=True):
        shape = shapes.shapes[at]
        if max(height, width) <= 4 * min(height, width):
            scale = max(shape.height / height, shape.width / width)
            lost.append(1 - shape.height * shape.width / (height * width * scale**2))
            assert shape.height * shape.width <= ENLARGED * height * width
    assert np.mean(lost) < 0.035
    assert max(lost) < 0.13


def test_an_area_is_a_number_or_a_size() -> None:
    assert config(max_area="480x832").max_area == config(max_area=399_360).max_area == 399_360
    for wrong, code in ((100, "invalid_value"), ("480x", "invalid_value"), (4096**2 + 1, "invalid_value")):
        with pytest.raises(ConfigError, match="max_area") as refused:
            parse_config({"dataset_base_path": "/", "max_area": wrong})
        assert refused.value.code == code
    with pytest.raises(ConfigError, match="Leave out one of both"):
        parse_config({"dataset_base_path": "/", "max_area": 399_360, "buckets": ["480x832x49"]})
