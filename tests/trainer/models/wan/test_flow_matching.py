from typing import Any

import pytest
import torch
from diffsynth.diffusion import FlowMatchSFTLoss

from tests.trainer.models.wan.test_dit import CPU, inputs_of, with_lora
from trainer.contract.config import RunConfig
from trainer.models import ModelSpec
from trainer.models.wan import flow_matching
from trainer.models.wan.dit import FastDit
from trainer.models.wan.pipeline import Pipe, load_dit


def gradients(
    pipe: Pipe, lora: dict[str, torch.nn.Parameter], inputs: dict[str, Any], drawn: flow_matching.Drawn
) -> dict[str, torch.Tensor]:
    flow_matching.loss(pipe, inputs, drawn).backward()  # type: ignore[no-untyped-call]
    found = {name: parameter.grad for name, parameter in lora.items() if parameter.grad is not None}
    for parameter in lora.values():
        parameter.grad = None
    return found


def one_of(batch: dict[str, Any], number: int) -> dict[str, Any]:
    return {key: it[number : number + 1] if isinstance(it, torch.Tensor) else it for key, it in batch.items()}


@pytest.mark.parametrize("has_first_frame", [False, True], ids=["text to video", "image to video"])
def test_a_batch_s_gradient_is_the_mean_of_its_samples(
    wan: ModelSpec, config: RunConfig, has_first_frame: bool
) -> None:
    pipe, lora = with_lora(wan, config, torch.float32)
    FastDit(pipe, compiled=False)
    torch.manual_seed(2)
    batch = inputs_of(torch.float32, has_first_frame)
    batch = {key: torch.cat([it, torch.randn_like(it)]) if torch.is_tensor(it) else it for key, it in batch.items()}
    noise_BCFHW, timestep_B = torch.randn_like(batch["input_latents"]), pipe.scheduler.timesteps[[150, 800]]
    together = gradients(pipe, lora, batch, flow_matching.noised(pipe, batch, timestep_B, noise_BCFHW))
    apart = [
        gradients(
            pipe, lora, one, flow_matching.noised(pipe, one, timestep_B[number : number + 1], noise_BCFHW[number][None])
        )
        for number in range(2)
        for one in [one_of(batch, number)]
    ]
    assert len(together) == len(lora)
    for name, gradient in together.items():
        mean = (apart[0][name] + apart[1][name]) / 2
        assert (gradient - mean).norm() < 1e-3 * mean.norm(), name
        assert (apart[0][name] - apart[1][name]).norm() > 0.1 * mean.norm(), "the two differ"


@torch.no_grad()
def test_each_sample_of_a_batch_has_its_own_timestep_and_noise(wan: ModelSpec, config: RunConfig) -> None:
    pipe = load_dit(wan, config, CPU, torch.float32)
    latents_BCFHW = torch.randn(1, 48, 2, 4, 4).repeat(3, 1, 1, 1, 1)
    drawn = flow_matching.draw(pipe, {"input_latents": latents_BCFHW})
    assert len(drawn.timestep_B.unique()) == len(drawn.weight_B.unique()) == 3
    noise_BCFHW = drawn.target_BCFHW + latents_BCFHW
    assert not torch.allclose(noise_BCFHW[0], noise_BCFHW[1])
    for timestep, weight in zip(drawn.timestep_B, drawn.weight_B, strict=True):
        assert weight == pipe.scheduler.training_weight(timestep)


@pytest.mark.parametrize("has_first_frame", [False, True], ids=["text to video", "image to video"])
@pytest.mark.parametrize("seed", range(3))
@torch.no_grad()
def test_draws_and_loss_are_upstreams_to_the_bit(
    wan: ModelSpec, config: RunConfig, has_first_frame: bool, seed: int
) -> None:
    pipe = load_dit(wan, config, CPU, torch.float32)
    inputs: dict[str, Any] = inputs_of(torch.float32, has_first_frame)
    torch.manual_seed(seed)
    expected = FlowMatchSFTLoss(pipe, **inputs)
    torch.manual_seed(seed)
    found = flow_matching.loss(pipe, inputs, flow_matching.draw(pipe, inputs))
    assert torch.equal(found, expected)
