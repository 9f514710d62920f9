from pathlib import Path

import pytest
import torch

from trainer.caching import Clip
from trainer.contract.config import Problem, RunConfig
from trainer.dataset import Row
from trainer.feed import Feed
from trainer.latents import LatentCache


@pytest.fixture
def cache(tmp_path: Path) -> LatentCache:
    """Three clips, each filled with its own number."""
    cache = LatentCache(tmp_path)
    for number in range(3):
        cache.write_clip(f"c{number}", torch.full((1, 48, 2, 4, 4), float(number)))
        cache.write_text(f"t{number}", torch.full((1, 8, 16), number + 1.0))
    return cache


def feed_of(config: RunConfig, cache: LatentCache, dtype: torch.dtype = torch.float32) -> Feed:
    clips = [
        Clip(Row(number, f"{number}.mp4", Path(f"{number}.mp4"), ""), f"c{number}", f"t{number}") for number in range(3)
    ]
    return Feed(config, cache, clips, torch.device("cpu"), dtype)


def test_each_sample_is_the_one_asked_for_whatever_was_announced(config: RunConfig, cache: LatentCache) -> None:
    feed = feed_of(config, cache)
    for index, then in [(0, 1), (1, 2), (0, 0), (0, None), (2, 1), (2, 2)]:
        inputs = feed.get(index, then)
        assert inputs["input_latents"].unique().tolist() == [index]
        assert inputs["context"].unique().tolist() == [index + 1]


def test_only_image_to_video_is_given_its_first_frame(config: RunConfig, cache: LatentCache) -> None:
    assert feed_of(config, cache).get(1)["first_frame_latents"].shape == (1, 48, 1, 4, 4)
    plain = config.model_copy(update={"extra_inputs": ""})
    assert feed_of(plain, cache).get(1).keys() == {"input_latents", "context"}


def test_it_comes_in_the_base_s_number_format(config: RunConfig, cache: LatentCache) -> None:
    inputs = feed_of(config, cache, torch.bfloat16).get(0)
    assert {value.dtype for value in inputs.values() if isinstance(value, torch.Tensor)} == {torch.bfloat16}


def test_a_damaged_file_is_named_when_its_turn_comes(config: RunConfig, cache: LatentCache, tmp_path: Path) -> None:
    next(tmp_path.rglob("c1.safetensors")).write_bytes(b"torn")
    feed = feed_of(config, cache)
    feed.get(0, then=1)
    with pytest.raises(Problem, match=r"1\.mp4") as damaged:
        feed.get(1)
    assert damaged.value.code == "cache_damaged"
    assert feed.get(2)["input_latents"].unique().tolist() == [2]
