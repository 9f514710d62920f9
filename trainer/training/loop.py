"""Run the training loop. `step` is an optimizer step, counted from 1; a micro-step is one batch's pass on one rank."""

import math
import time

import torch

from trainer.checkpointing import checkpoint
from trainer.contract.config import RunConfig
from trainer.contract.messages import message, sentence
from trainer.contract.problem import Problem
from trainer.distributed.process_group import summed
from trainer.training import forward_backward, periodic
from trainer.training.job import Job, LoopState
from trainer.training.step_report import StepReport, StepSummary

NONFINITE_LIMIT = 5
"""Skipped steps in a row that end a run: what comes after them would be noise, too."""


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
