"""Clips become the latents that DiffSynth's own unit makes of them, in whatever pieces they are encoded."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from trainer.contract.config import RunConfig
from trainer.media.fitting import Frames
from trainer.models import ModelSpec
from trainer.models.wan import vae
from trainer.models.wan.pipeline import Pipe, load_vae
from trainer.models.wan.vae import encode_clip

CPU = torch.device("cpu")


@pytest.fixture(params=["Wan2.2's VAE", "Wan2.1's VAE"])
def pipe(request: pytest.FixtureRequest, wan: ModelSpec, config: RunConfig) -> Pipe:
    pipe = load_vae(wan, config, CPU, torch.float32)
    if request.param == "Wan2.1's VAE":
        pipe.vae = small_vae_of_wan_2_1()
    return pipe


@torch.no_grad()
def small_vae_of_wan_2_1() -> Any:
    from diffsynth.models import wan_video_vae as upstream

    torch.manual_seed(0)
    made = upstream.WanVideoVAE(z_dim=16)
    made.model = upstream.VideoVAE_(dim=8, z_dim=16, num_res_blocks=1, temperal_downsample=[False, True, True])
    for parameter in made.model.parameters():
        if parameter.dim() > 2:
            nn.init.normal_(parameter, std=parameter[0].numel() ** -0.5)
    return made.eval().requires_grad_(False)


def frames_of(count: int, seed: int = 0) -> Frames:
    return np.random.default_rng(seed).integers(0, 256, (count, 64, 96, 3), np.uint8)


def theirs(pipe: Pipe, frames_FHWC: Frames) -> torch.Tensor:
    from diffsynth.pipelines.wan_video import WanVideoUnit_InputVideoEmbedder

    unit = WanVideoUnit_InputVideoEmbedder()
    inputs: dict[str, Any] = dict.fromkeys(unit.fetch_input_params())
    inputs |= {"input_video": list(frames_FHWC), "tiled": False}
    with torch.no_grad():
        latents: torch.Tensor = unit.process(pipe, **inputs)["input_latents"]
    return latents


@pytest.mark.parametrize("count", [1, 5, 17])
@pytest.mark.parametrize("chunk_bytes", [1, 1 << 28], ids=["by four frames", "whole"])
def test_latents_are_those_of_diffsynth(
    pipe: Pipe, count: int, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vae, "CPU_CHUNK_BYTES", chunk_bytes)
    frames = frames_of(count)
    found, expected = encode_clip(pipe, frames), theirs(pipe, frames)
    assert found.shape == expected.shape
    assert float(expected.std()) > 0.01
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_in_bf16_they_are_the_same_to_its_precision(wan: ModelSpec, config: RunConfig) -> None:
    pipe = load_vae(wan, config, CPU, torch.bfloat16)
    frames = frames_of(9)
    found, expected = encode_clip(pipe, frames).float(), theirs(pipe, frames).float()
    assert float((found - expected).norm() / expected.norm()) < 0.01
