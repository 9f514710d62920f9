"""Run the training loop. `step` is an optimizer step, counted from 1; a micro-step is one batch's pass on one rank."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from trainer.checkpointing import checkpoint
from trainer.contract.config import RunConfig
from trainer.contract.messages import message, sentence
from trainer.contract.problem import Problem
from trainer.distributed.process_group import summed
from trainer.training import forward_backward, periodic
from trainer.training.job import Job, LoopState

NONFINITE_LIMIT = 5
"""Skipped steps in a row that end a run: what comes after them would be noise, too."""
_WISHES = 3


@dataclass(frozen=True)
class StepReport:
    """Report one rank's part of a step. Micro-steps count from 1 within the step; 0 stands for none.

    Ranks tell each other by one list of numbers that a collective adds up: the loss, three wishes, and then for each of
    three figures a place a rank, of which a rank fills its own.

    `loss`: the mean over its micro-steps. `nonfinite_at`: the first whose loss is not finite. `short_at`: the one in
    which memory ran out before the step was done again. `peak_gb`: GPU memory, 0 on the CPU.
    """

    loss: float
    stop: bool
    save: bool
    sample: bool
    nonfinite_at: int
    short_at: int
    peak_gb: float

    def pack(self, rank: int, world_size: int) -> list[float]:
        """Lay it out so that the element-wise sum over all ranks is what `StepSummary.unpack` takes."""
        by_rank = [0.0] * (3 * world_size)
        by_rank[rank], by_rank[world_size + rank] = float(self.nonfinite_at), float(self.short_at)
        by_rank[2 * world_size + rank] = self.peak_gb
        return [self.loss, float(self.stop), float(self.save), float(self.sample), *by_rank]


@dataclass(frozen=True)
class StepSummary:
    """Tell all ranks of a step: the mean loss, what any of them wishes for, and the others' figures by rank."""

    loss: float
    stop: bool
    save: bool
    sample: bool
    nonfinite_at: list[int]
    short_at: list[int]
    peak_gb: list[float]

    @classmethod
    def unpack(cls, summed: Sequence[float], world_size: int) -> "StepSummary":
        """Read the sum of what the ranks packed."""
        loss_sum, *wishes = summed[: 1 + _WISHES]
        nonfinite, short, peak = (
            summed[1 + _WISHES + place * world_size : 1 + _WISHES + (place + 1) * world_size] for place in range(3)
        )
        stop, save, sample = (wish > 0 for wish in wishes)
        return cls(
            loss=loss_sum / world_size,
            stop=stop,
            save=save,
            sample=sample,
            nonfinite_at=[int(at) for at in nonfinite],
            short_at=[int(at) for at in short],
            peak_gb=list(peak),
        )


def train(job: Job) -> int:
    """Train until the last planned step or until asked to stop. Returns the last step taken.

    Raises: Problem (the loss stays non-finite, the last checkpoint cannot be written).
    """
    config, last = job.config, job.sampler.total_steps
    state = LoopState.at_start_of(job)
    done = job.resumed_from or 0
    if done == 0:
        periodic.evaluate_samples(job, state, 0)
    else:
        job.log.phase("train", done=done, total=last)
    if 0 < done < last:
        _make_up(job, state, done)
    for step in range(done + 1, last + 1):
        summary = _step(job, state, step)
        if summary.stop or summary.save or step == last or step % config.save_steps == 0:
            periodic.save(job, state, step, is_last=summary.stop or step == last)
        if summary.stop and step < last:
            return step
        if step == last or step % config.eval_steps == 0:
            periodic.evaluate_samples(job, state, step)
        if summary.sample or step == last or step % config.sample_steps == 0:
            periodic.draw_samples(job, state, step)
    if done >= last:  # resumed from the last checkpoint: only what follows it may be missing
        periodic.evaluate_samples(job, state, last)
        periodic.draw_samples(job, state, last)
    return last


def _make_up(job: Job, state: LoopState, done: int) -> None:
    """Evaluate and draw at step `done` if the attempt before was stopped or killed before it had."""
    config, run, missing = job.config, job.run, [0.0, 0.0]
    if job.world.is_main:  # one rank looks, so that all do the same
        unevaluated = checkpoint.evaluation(run, done) is None
        undrawn = len(list(run.samples.glob(f"step-{done}-*.mp4"))) < len(job.sample_requests)
        missing = [unevaluated and done % config.eval_steps == 0, undrawn and done % config.sample_steps == 0]
    evaluation, samples = summed(job.accelerator, missing)
    if evaluation:
        periodic.evaluate_samples(job, state, done)
    if samples:
        periodic.draw_samples(job, state, done)


def learning_rate(config: RunConfig, step: int) -> float:
    """Rise linearly over the warm-up's steps, then stay."""
    return config.learning_rate * min(1.0, step / max(1, config.warmup_steps))


def _step(job: Job, state: LoopState, step: int) -> StepSummary:
    """Take one optimizer step and log it."""
    began = time.perf_counter()
    on_gpu, world, log, optimizer = job.device.type == "cuda", job.world, job.log, job.optimizer
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(job.device)
    done = forward_backward.accumulate(job, step)
    log.enter("optimizer")
    rate = learning_rate(job.config, step)
    scaled_by = optimizer.scale.value if optimizer.scale else None
    norm = optimizer.step(rate)
    # The GPU still computes; until it is waited for, what does not need its figures is done.
    # What is reserved, not what is allocated: a graph keeps memory that counts as free.
    peak_gb = torch.cuda.max_memory_reserved(job.device) / 1e9 if on_gpu else 0.0
    stop = job.stop.requested() if world.is_main else job.stop.terminated
    save = world.is_main and state.save_interval.due()
    sample = world.is_main and state.sample_interval.due()
    log.enter("collective")
    *losses, grad_norm = torch.stack([*done.losses, norm]).tolist()
    report = StepReport(
        loss=sum(losses) / len(losses),
        stop=stop,
        save=save,
        sample=sample,
        nonfinite_at=next((at for at, loss in enumerate(losses, start=1) if not math.isfinite(loss)), 0),
        short_at=done.short_at,
        peak_gb=peak_gb,
    )
    summary = StepSummary.unpack(summed(job.accelerator, report.pack(world.rank, world.size)), world.size)
    if world.is_main:
        values = {
            "train/loss": summary.loss,
            "train/grad_norm": grad_norm,
            "train/lr": rate,
            "perf/step_time_s": time.perf_counter() - began,
            "perf/data_time_s": done.data_time_s,
        }
        if scaled_by is not None:
            values["train/loss_scale"] = scaled_by
        if on_gpu:
            values["perf/peak_memory_gb"] = max(summary.peak_gb)
        log.step(step, job.sampler.span(step).epoch, values)
        for rank, at in enumerate(summary.short_at):
            if at and rank != world.rank:  # this rank's own was told at once
                forward_backward.warn_short_of_memory(job, step, at, rank)
    _count_skipped(job, state, step, grad_norm, summary)
    return summary


def _count_skipped(job: Job, state: LoopState, step: int, grad_norm: float, summary: StepSummary) -> None:
    """Adapt the loss scale, and count the step if it was skipped. Raises: Problem after too many in a row."""
    scale = job.optimizer.scale
    if math.isfinite(grad_norm):
        state.skipped_in_a_row = 0
        if scale:
            scale.passed()
    elif not (scale and math.isfinite(summary.loss) and scale.lower()):  # else the scale alone was too high
        state.skipped_in_a_row += 1
        _report_skipped(job, state, step, summary.nonfinite_at)


def _report_skipped(job: Job, state: LoopState, step: int, nonfinite_at: list[int]) -> None:
    """Say which samples made the step non-finite, as far as it is known. Raises: Problem at the limit."""
    begin = job.sampler.span(step).micro_steps.start
    batches = [job.sampler.batch(begin + at - 1, rank) for rank, at in enumerate(nonfinite_at) if at]
    videos = [job.clips[index].row.video for batch in batches for index in dict.fromkeys(batch)]
    blamed = sentence("nonfinite.at", videos=", ".join(videos)) if videos else sentence("nonfinite.in_gradient")
    if job.world.is_main:
        job.log.warning(message("nonfinite_step", step=step, blamed=blamed), step=step, videos=videos)
    if state.skipped_in_a_row >= NONFINITE_LIMIT:
        is_fp16 = job.optimizer.scale is not None
        said = message("nonfinite_loss.fp16" if is_fp16 else "nonfinite_loss", steps=NONFINITE_LIMIT, blamed=blamed)
        raise Problem(said, "learning_rate")
