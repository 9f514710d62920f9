"""What differs in Wan2.1: text to video alone, a VAE of another stride. At tiny-wan's sizes, with random weights."""

from pathlib import Path

import av
import torch

from tests.trainer.models.wan.test_dit import CPU, small_wan_2_1
from tests.trainer.models.wan.test_vae import small_vae_of_wan_2_1
from trainer.cache.latent_cache import LatentCache
from trainer.contract.cache.keys import text_key
from trainer.contract.config import RunConfig
from trainer.evaluation.samples import SampleRequest, draw
from trainer.evaluation.vae_offload import VaeOffload
from trainer.models import ModelSpec
from trainer.models.wan import pipeline
from trainer.models.wan.dit import FastDit


def test_a_sample_is_drawn(wan: ModelSpec, config: RunConfig, tmp_path: Path) -> None:
    config = config.model_copy(update={"model": "wan2.1-t2v-1.3b", "extra_inputs": ""})
    pipe, _ = small_wan_2_1(wan, config)
    FastDit(pipe, compiled=False)
    loaded = pipeline.load_vae(wan, config, CPU, torch.float32)
    loaded.vae = small_vae_of_wan_2_1()
    cache = LatentCache(tmp_path / "cache")
    cache.write_text(text_key("a ball"), torch.randn(1, 512, 64))
    with VaeOffload(wan, config, CPU, torch.float32, loaded).on(pipe):
        draw(pipe, config, cache, SampleRequest("a ball", None, 0), tmp_path / "sample.mp4")
    with av.open(str(tmp_path / "sample.mp4")) as container:
        shapes = [frame.to_ndarray(format="rgb24").shape for frame in container.decode(video=0)]
    assert shapes == [(64, 64, 3)] * 5
