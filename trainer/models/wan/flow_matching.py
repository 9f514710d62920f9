"""Compute the flow-matching loss of DiffSynth's `FlowMatchSFTLoss` in two parts: draw, and compute from what is drawn.

The first draws from torch's global generators, in upstream's order; the second does not, so it can be recorded as a
CUDA graph. Neither waits for the GPU.
"""

from typing import Any, NamedTuple

import torch

from trainer.models.wan.pipeline import Pipe


class Drawn(NamedTuple):
    """Samples at random timesteps under random noise, one timestep each. `weight_B`: the weight of that timestep."""

    noisy_BCFHW: torch.Tensor
    target_BCFHW: torch.Tensor
    timestep_B: torch.Tensor
    weight_B: torch.Tensor


def draw(pipe: Pipe, inputs: dict[str, Any]) -> Drawn:
    """Noise the samples of `inputs`, as `trainer.cache.dataloader` makes them."""
    scheduler, latents_BCFHW = pipe.scheduler, inputs["input_latents"]
    place_B = torch.randint(0, len(scheduler.timesteps), (len(latents_BCFHW),))
    timestep_B = scheduler.timesteps[place_B].to(pipe.torch_dtype)
    return noised(pipe, inputs, timestep_B, torch.randn_like(latents_BCFHW))


def noised(pipe: Pipe, inputs: dict[str, Any], timestep_B: torch.Tensor, noise_BCFHW: torch.Tensor) -> Drawn:
    """Noise the samples of `inputs` at these timesteps, which are on the CPU."""
    scheduler, latents_BCFHW = pipe.scheduler, inputs["input_latents"]
    # One by one: upstream's scheduler looks up one timestep at a time.
    batch = (latents_BCFHW, noise_BCFHW, timestep_B)
    each = list(zip(*(torch.split(tensor, 1) for tensor in batch), strict=True))
    noisy_BCFHW = torch.cat([scheduler.add_noise(*one) for one in each])
    if "first_frame_latents" in inputs:
        noisy_BCFHW[:, :, 0:1] = inputs["first_frame_latents"]
    target_BCFHW = torch.cat([scheduler.training_target(*one) for one in each])
    weight_B = torch.stack([scheduler.training_weight(timestep) for _, _, timestep in each])
    there = (small_B.to(latents_BCFHW.device, non_blocking=True) for small_B in (timestep_B, weight_B))
    return Drawn(noisy_BCFHW, target_BCFHW, *there)


def loss(pipe: Pipe, inputs: dict[str, Any], drawn: Drawn) -> torch.Tensor:
    """Compute the weighted mean squared error of the predicted velocity, averaged over the samples; a given first frame
    does not count.
    """
    models = {name: getattr(pipe, name) for name in pipe.in_iteration_models}
    given = {**inputs, "latents": drawn.noisy_BCFHW}
    predicted_BCFHW = pipe.model_fn(**models, **given, timestep=drawn.timestep_B)
    start = 1 if "first_frame_latents" in inputs else 0
    pairs = zip(predicted_BCFHW[:, :, start:].float(), drawn.target_BCFHW[:, :, start:].float(), strict=True)
    error_B = torch.stack([torch.nn.functional.mse_loss(predicted, target) for predicted, target in pairs])
    return (error_B * drawn.weight_B).mean()
