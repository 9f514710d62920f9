"""What differs in Wan2.1: text to video alone, a VAE of another stride. At tiny-wan's sizes, with random weights."""

from pathlib import Path

import av
import torch

from tests.trainer.test_dit import CPU, small_wan_2_1
from tests.trainer.test_vae import small_vae_of_wan_2_1
from trainer import pipeline
from trainer.contract.config import RunConfig
from trainer.dit import FastDit
from trainer.latents import LatentCache, text_key
from trainer.models import ModelSpec
from trainer.sample import Shot, draw
from trainer.vae_shelf import VaeShelf


def test_a_sample_is_drawn(wan: ModelSpec, config: RunConfig, tmp_path: Path) -> None:
    config = config.model_copy(update={"model": "wan2.1-t2v-1.3b", "extra_inputs": ""})
    pipe, _ = small_wan_2_1(wan, config)
    FastDit(pipe, compiled=False)
    loaded = pipeline.load_vae(wan, config, CPU, torch.float32)
    loaded.vae = small_vae_of_wan_2_1()
    cache = LatentCache(tmp_path / "cache")
    cache.write_text(text_key("a ball"), torch.randn(1, 512, 64))
    with VaeShelf(wan, config, CPU, torch.float32, loaded).on(pipe):
        draw(pipe, config, cache, Shot("a ball", None, 0), tmp_path / "sample.mp4")
    with av.open(str(tmp_path / "sample.mp4")) as container:
        shapes = [frame.to_ndarray(format="rgb24").shape for frame in container.decode(video=0)]
    assert shapes == [(64, 64, 3)] * 5
