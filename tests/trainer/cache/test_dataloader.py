from pathlib import Path

import pytest
import torch

from trainer.cache.dataloader import LatentDataLoader, Moment
from trainer.cache.latent_cache import Damaged, LatentCache
from trainer.contract.config import RunConfig
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape
from trainer.data.clip import Clip, Placed
from trainer.data.metadata import Row


@pytest.fixture
def cache(tmp_path: Path) -> LatentCache:
    """Three clips, each filled with its own number."""
    cache = LatentCache(tmp_path)
    for number in range(3):
        cache.write_clip(f"c{number}", torch.full((1, 48, 2, 4, 4), float(number)))
        cache.write_text(f"t{number}", torch.full((1, 8, 16), number + 1.0))
    return cache


def loader_of(
    config: RunConfig,
    cache: LatentCache,
    dtype: torch.dtype = torch.float32,
    repaired: list[str] | None = None,
    repairable: tuple[str, ...] = (),
) -> LatentDataLoader:
    """`repaired` is told the keys that had to be made again; only those `repairable` are."""
    repaired = [] if repaired is None else repaired

    def clip(number: int) -> Clip:
        row = Row(number, f"{number}.mp4", Path(f"{number}.mp4"), "")
        return Clip(Placed(row, Shape(64, 64, 5)), (f"c{number}",), (f"t{number}",))

    def repair(clip: Clip, damaged: Damaged) -> None:
        repaired.append(damaged.key)
        if damaged.key in repairable:
            cache.write_clip(damaged.key, torch.full((1, 48, 2, 4, 4), 9.0))

    return LatentDataLoader(config, cache, [clip(number) for number in range(3)], torch.device("cpu"), dtype, repair)


def test_each_sample_is_the_one_asked_for_whatever_was_announced(config: RunConfig, cache: LatentCache) -> None:
    loader = loader_of(config, cache)
    for index, then in [(0, [1]), (1, [2]), (0, [0]), (0, []), (2, [1]), (2, [2])]:
        inputs = loader.get([index], then)
        assert inputs["input_latents"].unique().tolist() == [index]
        assert inputs["context"].unique().tolist() == [index + 1]


def test_a_batch_has_its_samples_in_their_order(config: RunConfig, cache: LatentCache) -> None:
    loader = loader_of(config, cache)
    for batch, then in [([0, 1], [2, 2]), ([2, 2], [1, 0]), ([2, 1, 0], [])]:
        inputs = loader.get(batch, then)
        assert [sample.unique().item() for sample in inputs["input_latents"]] == batch
        assert [sample.unique().item() for sample in inputs["context"]] == [index + 1 for index in batch]
        assert inputs["first_frame_latents"].shape == (len(batch), 48, 1, 4, 4)


def test_only_image_to_video_is_given_its_first_frame(config: RunConfig, cache: LatentCache) -> None:
    assert loader_of(config, cache).get([1])["first_frame_latents"].shape == (1, 48, 1, 4, 4)
    plain = config.model_copy(update={"extra_inputs": ""})
    assert loader_of(plain, cache).get([1]).keys() == {"input_latents", "context"}


def test_an_image_is_not_given_itself(config: RunConfig, cache: LatentCache) -> None:
    cache.write_clip("c1", torch.ones(1, 48, 1, 4, 4))
    assert loader_of(config, cache).get([1]).keys() == {"input_latents", "context"}


def test_it_comes_in_the_base_s_number_format(config: RunConfig, cache: LatentCache) -> None:
    inputs = loader_of(config, cache, torch.bfloat16).get([0])
    assert {value.dtype for value in inputs.values() if isinstance(value, torch.Tensor)} == {torch.bfloat16}


@pytest.mark.parametrize("announced", [[1], []], ids=["read ahead", "read at once"])
def test_a_damaged_file_is_made_again_when_its_turn_comes(
    config: RunConfig, cache: LatentCache, tmp_path: Path, announced: list[int]
) -> None:
    next(tmp_path.rglob("c1.safetensors")).write_bytes(b"torn")
    repaired: list[str] = []
    loader = loader_of(config, cache, repaired=repaired, repairable=("c1",))
    loader.get([0], announced)
    assert repaired == []
    assert loader.get([1])["input_latents"].unique().tolist() == [9]
    assert repaired == ["c1"]


def test_a_sample_that_stays_damaged_is_named(config: RunConfig, cache: LatentCache, tmp_path: Path) -> None:
    next(tmp_path.rglob("c1.safetensors")).write_bytes(b"torn")
    loader = loader_of(config, cache)
    loader.get([0], then=[1])
    with pytest.raises(Problem, match=r"1\.mp4") as damaged:
        loader.get([1])
    assert damaged.value.code == "cache_damaged"
    assert loader.get([2])["input_latents"].unique().tolist() == [2]


def test_a_part_is_drawn_anew_in_each_epoch(config: RunConfig, cache: LatentCache) -> None:
    for part in range(4):
        cache.write_clip(f"p{part}", torch.full((1, 48, 2, 4, 4), float(part)))
    cache.write_text("t0", torch.ones(1, 8, 64))
    row = Row(0, "0.mp4", Path("0.mp4"), "")
    clip = Clip(Placed(row, Shape(64, 64, 5)), ("p0", "p1", "p2", "p3"), ("t0",))

    def drawn(seed: int) -> list[float]:
        seeded = config.model_copy(update={"seed": seed})
        loader = LatentDataLoader(seeded, cache, [clip], torch.device("cpu"), torch.float32, lambda *_: None)
        moments = [(Moment(epoch, epoch), Moment(epoch + 1, epoch + 1)) for epoch in range(1, 41)]
        epochs = [loader.get([0], [0], now)["input_latents"].mean().item() for now in moments]
        assert loader.get([0])["input_latents"].mean() == 0, "an evaluation always sees the first"
        return epochs

    first = drawn(0)
    assert set(first) == {0.0, 1.0, 2.0, 3.0}
    assert drawn(0) == first
    assert drawn(1) != first


def test_captions_are_left_out_and_their_tags_reordered_each_time_a_sample_is_shown(
    config: RunConfig, cache: LatentCache
) -> None:
    """Texts: 1 the caption, 2 and 3 its orders, 4 none."""
    for text in range(1, 5):
        cache.write_text(f"text{text}", torch.full((1, 8, 64), float(text)))
    placed = Placed(Row(0, "0.mp4", Path("0.mp4"), ""), Shape(64, 64, 5))

    def shown(texts: tuple[int, ...], dropout: float, seed: int = 0) -> list[float]:
        clip = Clip(placed, ("c0",), tuple(f"text{text}" for text in texts), dropout)
        seeded = config.model_copy(update={"seed": seed})
        loader = LatentDataLoader(seeded, cache, [clip], torch.device("cpu"), torch.float32, lambda *_: None)
        moments = [(Moment(1, number), Moment(1, number + 1)) for number in range(400)]
        found = [float(loader.get([0], [0], now)["context"].mean()) for now in moments]
        assert loader.get([0])["context"].mean() == texts[0], "an evaluation shows the caption as it is"
        return found

    assert set(shown((1,), 0)) == {1.0}
    assert set(shown((1, 2, 3), 0)) == {2.0, 3.0}
    dropped = shown((1, 4), 0.25)
    assert set(dropped) == {1.0, 4.0}
    assert 0.2 < dropped.count(4.0) / 400 < 0.3
    assert shown((1, 4), 0.25) == dropped
    assert shown((1, 4), 0.25, seed=1) != dropped
    both = shown((1, 2, 3, 4), 0.25)
    assert set(both) == {2.0, 3.0, 4.0}
    assert 0.2 < both.count(4.0) / 400 < 0.3
    assert set(shown((1, 4), 1.0)) == {4.0}
