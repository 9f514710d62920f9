"""What a run pauses its steps for: how many evaluations, draws of samples and checkpoints there are, and their work."""

from dataclasses import dataclass

from trainer.contract.config import RunConfig

QUANTILES = 5
"""Passes of the DiT that one sample of an evaluation takes: see `trainer.evaluation.loss`."""
FORWARD_SHARE = (0.3, 0.6)
"""The time of a pass of the DiT without gradients, as a share of a training pass: at best and at worst."""
DEFAULT_VIDEOS = 2
"""Sample videos where the config names no prompts: the captions of as many evaluated clips."""


def times(every: int, done: int, total: int) -> int:
    """Count the multiples of `every` after `done` up to `total`, and the end itself where it is none."""
    if done >= total:
        return 0
    return total // every - done // every + (1 if total % every else 0)


def steps_between(every: int, minutes: float | None, seconds_per_step: float | None) -> int:
    """Count the steps between two where `minutes` call for one, too: both begin anew with each."""
    if minutes is None or not seconds_per_step:
        return every
    return max(1, min(every, round(minutes * 60 / seconds_per_step)))


@dataclass(frozen=True)
class ForwardPasses:
    """Count forward passes of the DiT with one sample, on the rank that has most of them. `videos`: sample videos."""

    evaluation: int
    draw: int
    videos: int

    @classmethod
    def of(cls, config: RunConfig, samples: int, held_out: int, ranks: int) -> "ForwardPasses":
        """Count those of a run that trains on `samples`."""
        if held_out:
            unseen = min(config.eval_samples, held_out)
            evaluated = unseen + min(unseen, samples)
        else:
            evaluated = min(config.eval_samples, samples)
        videos = len(config.sample_prompts) if config.sample_prompts is not None else min(DEFAULT_VIDEOS, evaluated)
        guided = 2 if config.sample_cfg_scale > 1 else 1
        shared = 1 if config.distributed_type == "zero3" else ranks  # with a shared base all ranks do all of it
        return cls(
            evaluation=-(-evaluated // shared) * QUANTILES,
            draw=-(-videos // shared) * config.sample_num_inference_steps * guided,
            videos=videos,
        )
