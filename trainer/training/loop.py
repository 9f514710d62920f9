"""The training loop. `step` is an optimizer step, counted from 1; a micro-step is one batch's pass on one rank."""

import math
import time
from dataclasses import dataclass

import torch

from trainer.checkpointing import checkpoint
from trainer.contract.config import Problem, RunConfig
from trainer.distributed.process_group import summed
from trainer.training import forward_backward, periodic
from trainer.training.job import Job

NONFINITE_LIMIT = 5
"""Skipped steps in a row that end a run: what comes after them would be noise, too."""


@dataclass(frozen=True)
class Agreed:
    """What the ranks agreed on in a step's collective: to stop after it, to save, to draw samples."""

    stop: bool
    save: bool
    sample: bool


def train(job: Job) -> int:
    """Train from where it goes on. The step it ended on: the plan's last, or an earlier one if asked to stop.

    Raises: Problem (the loss stays non-finite, the last checkpoint cannot be written).
    """
    config, last = job.config, job.plan.total_steps
    done = job.resumed_from or 0
    if done == 0:
        periodic.evaluate_samples(job, 0)
    else:
        job.log.phase("train", done=done, total=last)
    if 0 < done < last:
        _make_up(job, done)
    for step in range(done + 1, last + 1):
        agreed = _step(job, step)
        if agreed.stop or agreed.save or step == last or step % config.save_steps == 0:
            periodic.save(job, step, is_last=agreed.stop or step == last)
        if agreed.stop and step < last:
            return step
        if step == last or step % config.eval_steps == 0:
            periodic.evaluate_samples(job, step)
        if agreed.sample or step == last or step % config.sample_steps == 0:
            periodic.draw_samples(job, step)
    if done >= last:  # resumed from the last checkpoint: only what follows it may be missing
        periodic.evaluate_samples(job, last)
        periodic.draw_samples(job, last)
    return last


def _make_up(job: Job, done: int) -> None:
    """Evaluate and draw at step `done` what the attempt before was to, and was stopped or killed before it had."""
    config, run, asked_for = job.config, job.run, [0.0, 0.0]
    if job.world.is_main:  # one rank looks, so that all do the same
        unevaluated = checkpoint.evaluation(run, done) is None
        undrawn = len(list(run.samples.glob(f"step-{done}-*.mp4"))) < len(job.shots)
        asked_for = [unevaluated and done % config.eval_steps == 0, undrawn and done % config.sample_steps == 0]
    evaluation, samples = summed(job.accelerator, asked_for)
    if evaluation:
        periodic.evaluate_samples(job, done)
    if samples:
        periodic.draw_samples(job, done)


def learning_rate(config: RunConfig, step: int) -> float:
    """Rises linearly over the warm-up's steps, then stays."""
    return config.learning_rate * min(1.0, step / max(1, config.warmup_steps))


def _step(job: Job, step: int) -> Agreed:
    """Take one optimizer step and log it."""
    began = time.perf_counter()
    if job.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(job.device)
    plan, log, stepper, rank, ranks = job.plan, job.log, job.stepper, job.world.rank, job.world.size
    done = forward_backward.take(job, step)
    log.enter("optimizer")
    rate, scale = learning_rate(job.config, step), stepper.scale
    scaled_by = scale.value if scale else None
    norm = stepper.step(rate)
    # The GPU still computes; until it is waited for, what does not need its figures is done.
    by_rank = [0.0] * (3 * ranks)
    by_rank[ranks + rank] = done.short_at
    if job.device.type == "cuda":
        # What is reserved, not what is allocated: a graph keeps memory that counts as free.
        by_rank[2 * ranks + rank] = torch.cuda.max_memory_reserved(job.device) / 1e9
    is_main = job.world.is_main
    stop = job.stop.requested() if is_main else job.stop.terminated
    asked_for = [stop, is_main and job.save_rhythm.due(), is_main and job.sample_rhythm.due()]
    log.enter("collective")
    *mine, grad_norm = torch.stack([*done.losses, norm]).tolist()
    by_rank[rank] = next((n for n, value in enumerate(mine, start=1) if not math.isfinite(value)), 0)
    told = [sum(mine) / len(mine), *map(float, asked_for), *by_rank]
    loss_sum, stops, saves, samples, *by_rank = summed(job.accelerator, told)
    bad_by_rank, short_by_rank, peak_gb_by_rank = by_rank[:ranks], by_rank[ranks : 2 * ranks], by_rank[2 * ranks :]
    if is_main:
        values = {
            "train/loss": loss_sum / ranks,
            "train/grad_norm": grad_norm,
            "train/lr": rate,
            "perf/step_time_s": time.perf_counter() - began,
            "perf/data_time_s": done.data_time_s,
        }
        if scaled_by is not None:
            values["train/loss_scale"] = scaled_by
        if job.device.type == "cuda":
            values["perf/peak_memory_gb"] = max(peak_gb_by_rank)
        log.step(step, plan.span(step).epoch, values)
        for other, at in enumerate(short_by_rank):
            if at and other != rank:  # this rank's own was told at once
                forward_backward.tell_short(job, step, int(at), other)
    if math.isfinite(grad_norm):
        job.skipped_in_a_row = 0
        if scale:
            scale.passed()
    elif not (scale and math.isfinite(loss_sum) and scale.lower()):  # else the scale alone was too high
        job.skipped_in_a_row += 1
        _report_skipped(job, step, [int(bad) for bad in bad_by_rank])
    return Agreed(stop=stops > 0, save=saves > 0, sample=samples > 0)


def _report_skipped(job: Job, step: int, bad_by_rank: list[int]) -> None:
    """Say which samples made the step non-finite, as far as it is known. Raises: Problem at the limit."""
    begin = job.plan.span(step).micro_steps.start
    batches = [job.plan.batch(begin + bad - 1, rank) for rank, bad in enumerate(bad_by_rank) if bad]
    videos = [job.clips[index].row.video for batch in batches for index in dict.fromkeys(batch)]
    blamed = f"at {', '.join(videos)}" if videos else "in its gradient"
    if job.world.is_main:
        message = f"Step {step} was skipped: it became non-finite {blamed}. Look at the clip, or lower learning_rate."
        job.log.warning("nonfinite_step", message, step=step, videos=videos)
    if job.skipped_in_a_row >= NONFINITE_LIMIT:
        problem = f"The last {NONFINITE_LIMIT} steps became non-finite, the last one {blamed}."
        hint = "Lower learning_rate or lengthen warmup_steps, and start again from an earlier checkpoint."
        if job.stepper.scale:
            hint += " If it was so from the first step, the base overflows in fp16: set mixed_precision to fp32."
        raise Problem("nonfinite_loss", problem, hint, "learning_rate")
