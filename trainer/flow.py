"""The flow-matching loss of DiffSynth's `FlowMatchSFTLoss`, in two parts: what is drawn, and what is computed from it.

The first waits for the GPU and draws from torch's global generators, in upstream's order; the second does neither, so
it can be recorded as a CUDA graph.
"""

from typing import Any, NamedTuple

import torch

from trainer.pipeline import Pipe


class Drawn(NamedTuple):
    """A sample at a random timestep under random noise. `weight` is that of the timestep."""

    noisy_BCFHW: torch.Tensor
    target_BCFHW: torch.Tensor
    timestep_B: torch.Tensor
    weight: torch.Tensor


def draw(pipe: Pipe, inputs: dict[str, Any]) -> Drawn:
    """Noise the sample of `inputs`, as `trainer.feed` makes them."""
    scheduler, latents_BCFHW = pipe.scheduler, inputs["input_latents"]
    place = torch.randint(0, len(scheduler.timesteps), (1,))
    timestep_B = scheduler.timesteps[place].to(dtype=pipe.torch_dtype, device=pipe.device)
    noise_BCFHW = torch.randn_like(latents_BCFHW)
    noisy_BCFHW = scheduler.add_noise(latents_BCFHW, noise_BCFHW, timestep_B)
    if "first_frame_latents" in inputs:
        noisy_BCFHW[:, :, 0:1] = inputs["first_frame_latents"]
    target_BCFHW = scheduler.training_target(latents_BCFHW, noise_BCFHW, timestep_B)
    weight = scheduler.training_weight(timestep_B).to(latents_BCFHW.device)
    return Drawn(noisy_BCFHW, target_BCFHW, timestep_B, weight)


def loss(pipe: Pipe, inputs: dict[str, Any], drawn: Drawn) -> torch.Tensor:
    """The weighted mean squared error of the predicted velocity; a given first frame does not count."""
    models = {name: getattr(pipe, name) for name in pipe.in_iteration_models}
    given = {**inputs, "latents": drawn.noisy_BCFHW}
    predicted_BCFHW = pipe.model_fn(**models, **given, timestep=drawn.timestep_B)
    start = 1 if "first_frame_latents" in inputs else 0
    error = torch.nn.functional.mse_loss(
        predicted_BCFHW[:, :, start:].float(), drawn.target_BCFHW[:, :, start:].float()
    )
    return error * drawn.weight
