"""Evaluate an error that can be compared between steps and runs.

The training loss is drawn at random timesteps and weighted by them, so its curve tells little. Here the samples, the
timesteps and the noise are fixed and nothing is weighted; only the LoRA changes between two evaluations.
"""

from collections.abc import Sequence
from typing import Any

import torch

from trainer.models.wan.pipeline import Pipe

QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Which of training's 1000 timesteps: evenly over the schedule that the loss draws from, as its shift spreads them."""


def spread(count: int, wanted: int) -> list[int]:
    """Choose at most `wanted` of the indices below `count`, evenly spread."""
    taken = min(count, wanted)
    return [index * count // taken for index in range(taken)]


def choose_samples(trained: int, held_out: int, wanted: int) -> tuple[list[int], list[int]]:
    """Choose the samples to evaluate: held-out ones, numbered after the trained ones, and beside them as many trained
    ones. Without held-out ones, trained ones and nothing beside.
    """
    if not held_out:
        return spread(trained, wanted), []
    unseen = [trained + index for index in spread(held_out, wanted)]
    return unseen, spread(trained, len(unseen))


def timesteps(pipe: Pipe) -> torch.Tensor:
    """List the timesteps of an evaluation, noisiest first; 1000 is pure noise. The schedule is training's."""
    schedule: torch.Tensor = pipe.scheduler.timesteps
    return schedule[[int(quantile * len(schedule)) for quantile in QUANTILES]]


@torch.no_grad()
def errors(pipe: Pipe, inputs: dict[str, Any], seed: int) -> list[float]:
    """Compute the mean squared error of one sample's predicted velocity at each of `timesteps`.

    The maths is FlowMatchSFTLoss's, without the weight. The noise follows from `seed` and the timestep's place alone.
    """
    scheduler, latents_BCFHW = pipe.scheduler, inputs["input_latents"]
    first_frame = inputs.get("first_frame_latents")
    models = {name: getattr(pipe, name) for name in pipe.in_iteration_models}
    found = []
    for place, wanted in enumerate(timesteps(pipe).tolist()):
        timestep = torch.tensor([wanted]).to(latents_BCFHW)
        generator = torch.Generator("cpu").manual_seed(seed * len(QUANTILES) + place)
        noise = torch.randn(latents_BCFHW.shape, generator=generator).to(latents_BCFHW)
        noisy = scheduler.add_noise(latents_BCFHW, noise, timestep)
        target = scheduler.training_target(latents_BCFHW, noise, timestep)
        if first_frame is not None:
            noisy[:, :, 0:1] = first_frame
        given = {**inputs, "latents": noisy}
        predicted = pipe.model_fn(**models, **given, timestep=timestep)
        start = 0 if first_frame is None else 1
        found.append(_mse(predicted[:, :, start:], target[:, :, start:]))
    return found


def summary(pipe: Pipe, sums: Sequence[float], samples: int) -> dict[str, float]:
    """Turn errors summed over `samples` samples into the event's values: the mean, and the mean at each timestep."""
    means = [total / samples for total in sums]
    by_timestep = zip(timesteps(pipe).tolist(), means, strict=True)
    return {"eval/loss": sum(means) / len(means)} | {
        f"eval/loss_t{timestep:.0f}": mean for timestep, mean in by_timestep
    }


def _mse(predicted: torch.Tensor, target: torch.Tensor) -> float:
    return float(torch.nn.functional.mse_loss(predicted.float(), target.float()))
