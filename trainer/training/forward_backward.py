"""Do the forward and backward passes of an optimizer step on one rank, and repeat them if memory runs out.

The others wait where the gradients are joined, however often this rank begins: nothing before that is a collective. The
same seeds make the same passes.
"""

import hashlib
import time
from dataclasses import dataclass

import torch

from trainer.cache.dataloader import Moment
from trainer.contract.messages import message, sentence
from trainer.contract.problem import Problem
from trainer.performance.out_of_memory import memory_in_use
from trainer.training.job import Job


@dataclass(frozen=True)
class MicroSteps:
    """Losses of a step's passes on one rank, on the device, and the seconds of waiting for data.

    `short_at`: the pass of the step, from 1, in which memory ran out before it was done again; 0 for none.
    """

    losses: list[torch.Tensor]
    data_time_s: float
    short_at: int


class _Short(Exception):
    """Raised if memory ran out in pass `at` of the step, from 1."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def accumulate(job: Job, step: int) -> MicroSteps:
    """Add up the gradient of `step` on this rank. Raises: Problem if memory runs out twice."""
    try:
        losses, data_time_s = _accumulate(job, step)
        return MicroSteps(losses, data_time_s, short_at=0)
    except _Short as short:
        first, used = short.at, memory_in_use(job.device)
        if job.parallelism.every_rank_computes_all:  # the others would not make the passes again
            raise _given_up(job, step, first, used) from None
    _make_room(job)  # here, where the error is gone: its traceback keeps what the pass has in memory
    if job.world.is_main:
        warn_short_of_memory(job, step, first, job.world.rank, used)
    try:
        losses, data_time_s = _accumulate(job, step)
    except _Short as short:
        raise _given_up(job, step, short.at, memory_in_use(job.device)) from None
    return MicroSteps(losses, data_time_s, short_at=first)


def warn_short_of_memory(job: Job, step: int, at: int, rank: int, used: str = "") -> None:
    """Warn that memory ran out in pass `at` of `rank`'s part of the step."""
    named, blocks = _named(job, step, at, rank), job.pipe.model_fn.blocks
    said = message("out_of_memory.again", step=step, at=named, used=used, blocks=blocks, rank=rank)
    videos, shape = _batch(job, step, at, rank)
    job.log.warning(said, step=step, rank=rank, videos=videos, latents_BCFHW=shape)


def seed_micro_step(seed: int, micro_step: int, rank: int) -> None:
    """Seed torch for one batch's pass: ranks draw differently, and a resumed run draws what the first one would."""
    digest = hashlib.blake2b(f"{seed} {micro_step} {rank}".encode(), digest_size=8).digest()
    torch.manual_seed(int.from_bytes(digest) >> 1)


def _accumulate(job: Job, step: int) -> tuple[list[torch.Tensor], float]:
    """Do the passes once. Returns their losses and the seconds of waiting for data. Raises: _Short."""
    sampler, rank, micro_steps = job.sampler, job.world.rank, job.sampler.span(step).micro_steps
    losses, data_time_s = [], 0.0
    for at, micro_step in enumerate(micro_steps, start=1):
        asked = time.perf_counter()
        try:
            batch, then = (sampler.batch(number, rank) for number in (micro_step, micro_step + 1))
            now, later = (Moment(sampler.epoch(number), number) for number in (micro_step, micro_step + 1))
            inputs = job.dataloader.get(batch, then, (now, later))
            data_time_s += time.perf_counter() - asked
            seed_micro_step(sampler.seed, micro_step, rank)
            losses.append(job.optimizer.micro_step(inputs, 1 / len(micro_steps), job.log.enter))
        except torch.OutOfMemoryError:
            raise _Short(at) from None
    return losses, data_time_s


def _given_up(job: Job, step: int, at: int, used: str) -> Problem:
    named = _named(job, step, at, job.world.rank)
    return Problem(message("out_of_memory.twice", step=step, at=named, used=used))


def _make_room(job: Job) -> None:
    job.optimizer.start_over()
    job.pipe.model_fn.checkpointed = job.pipe.model_fn.blocks
    if job.device.type == "cuda":
        torch.cuda.empty_cache()


def _batch(job: Job, step: int, at: int, rank: int) -> tuple[list[str], list[int]]:
    """Return the videos of a pass and the shape of its latents_BCFHW, read from the disk: the GPU is full."""
    indices = job.sampler.batch(job.sampler.span(step).micro_steps.start + at - 1, rank)
    _, *shape = job.cache.read_clip(job.clips[indices[0]].latents[0]).shape
    return [job.clips[index].row.video for index in indices], [len(indices), *shape]


def _named(job: Job, step: int, at: int, rank: int) -> str:
    videos, shape = _batch(job, step, at, rank)
    return sentence("in_memory.micro_step", videos=", ".join(videos), shape="x".join(map(str, shape)))
