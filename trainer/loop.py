"""The training loop. `step` is an optimizer step, counted from 1; a micro-step is one batch's pass on one rank."""

import errno
import math
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from trainer import checkpoint, evaluate, passes, sample
from trainer.caching import Clip
from trainer.checkpoint import Position
from trainer.contract.config import Problem, RunConfig
from trainer.contract.rundir import RunDir
from trainer.feed import Feed
from trainer.latents import LatentCache
from trainer.pipeline import Pipe
from trainer.plan import Plan
from trainer.ranks import shares_base, summed
from trainer.rhythm import Rhythm
from trainer.sample import Shot
from trainer.step_log import StepLog
from trainer.stepper import Stepper
from trainer.stopping import StopWatch
from trainer.vae_shelf import VaeShelf
from trainer.world import World

NONFINITE_LIMIT = 5
"""Skipped steps in a row that end a run: what comes after them would be noise, too."""


@dataclass
class Job:
    """All that the loop works with, made ready by `trainer.train`."""

    config: RunConfig
    run: RunDir
    world: World
    device: torch.device
    dtype: torch.dtype
    log: StepLog
    stop: StopWatch
    accelerator: Any
    pipe: Pipe
    lora: dict[str, torch.nn.Parameter]
    stepper: Stepper
    cache: LatentCache
    feed: Feed
    clips: list[Clip]
    """Those of the plan, and after them those held out."""
    shots: list[Shot]
    vae: VaeShelf
    plan: Plan
    resumed_from: int | None
    """The step of the checkpoint that it goes on from."""
    skipped_in_a_row: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.saved_at = self.resumed_from
        """The step of the newest checkpoint."""
        self.save_rhythm, self.sample_rhythm = Rhythm(self.config.save_minutes), Rhythm(self.config.sample_minutes)

    @property
    def shares_base(self) -> bool:
        return shares_base(self.config, self.world)


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
        _evaluate(job, 0)
    else:
        job.log.phase("train", done=done, total=last)
    if 0 < done < last:
        _make_up(job, done)
    for step in range(done + 1, last + 1):
        agreed = _step(job, step)
        if agreed.stop or agreed.save or step == last or step % config.save_steps == 0:
            _save(job, step, is_last=agreed.stop or step == last)
        if agreed.stop and step < last:
            return step
        if step == last or step % config.eval_steps == 0:
            _evaluate(job, step)
        if agreed.sample or step == last or step % config.sample_steps == 0:
            _draw_samples(job, step)
    if done >= last:  # resumed from the last checkpoint: only what follows it may be missing
        _evaluate(job, last)
        _draw_samples(job, last)
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
        _evaluate(job, done)
    if samples:
        _draw_samples(job, done)


def learning_rate(config: RunConfig, step: int) -> float:
    """Rises linearly over the warm-up's steps, then stays."""
    return config.learning_rate * min(1.0, step / max(1, config.warmup_steps))


def _step(job: Job, step: int) -> Agreed:
    """Take one optimizer step and log it."""
    began = time.perf_counter()
    if job.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(job.device)
    plan, log, stepper, rank, ranks = job.plan, job.log, job.stepper, job.world.rank, job.world.size
    done = passes.take(job, step)
    log.enter("optimizer")
    rate, scale = learning_rate(job.config, step), stepper.scale
    scaled_by = scale.value if scale else None
    grad_norm = stepper.step(rate)
    log.enter("collective")
    mine = torch.stack(done.losses).tolist()
    by_rank = [0.0] * (3 * ranks)
    by_rank[rank] = next((n for n, value in enumerate(mine, start=1) if not math.isfinite(value)), 0)
    by_rank[ranks + rank] = done.short_at
    if job.device.type == "cuda":
        # What is reserved, not what is allocated: a graph keeps memory that counts as free.
        by_rank[2 * ranks + rank] = torch.cuda.max_memory_reserved(job.device) / 1e9
    is_main = job.world.is_main
    stop = job.stop.requested() if is_main else job.stop.terminated
    asked_for = [stop, is_main and job.save_rhythm.due(), is_main and job.sample_rhythm.due()]
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
                passes.tell_short(job, step, int(at), other)
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


def _save(job: Job, step: int, is_last: bool) -> None:
    """Write a checkpoint. Raises: Problem where it is the last one and cannot be written."""
    job.log.phase("save")
    config, run = job.config, job.run
    optimizer, failure = job.stepper.state(), None
    if job.world.is_main:
        position = Position.of(step, job.plan, job.clips)
        about = {"run": run.run_id, "step": str(step), "base_model": config.model, "lora_rank": str(config.lora_rank)}
        if config.lora_checkpoint is not None:
            about["lora_checkpoint"] = Path(config.lora_checkpoint).name
        try:
            path = checkpoint.save(run, position, job.lora, optimizer, about)
            size = sum(file.stat().st_size for file in path.iterdir())
            relative, removed = path.relative_to(run.path), _pruned(job, step)
            job.log.checkpoint(step, str(relative), str(relative / checkpoint.LORA), bytes=size, removed=removed)
        except OSError as error:
            failure = error
    if summed(job.accelerator, [float(failure is not None)])[0] > 0:
        _report_unsaved(job, step, failure, is_last)
    else:
        job.saved_at = step
    job.save_rhythm.restart()
    job.log.phase("train", done=step, total=job.plan.total_steps)


def _pruned(job: Job, step: int) -> list[str]:
    """Remove the checkpoints that the one of `step` makes superfluous. Their folders, relative to the run's."""
    keep = job.config.keep_checkpoints
    if keep is None:
        return []
    try:
        return [str(path.relative_to(job.run.path)) for path in checkpoint.prune(job.run, step, keep)]
    except OSError as error:
        message = f"An old checkpoint could not be removed: {error}. Remove it by hand before the disk is full."
        job.log.warning("checkpoint_not_removed", message, step=step)
        return []


def _report_unsaved(job: Job, step: int, failure: OSError | None, is_last: bool) -> None:
    full = failure is not None and failure.errno in (errno.ENOSPC, errno.EDQUOT)
    code = "disk_full" if full else "save_failed"
    reason = "the disk is full" if full else f"{failure or 'rank 0 could not write it'}"
    problem = f"The checkpoint of step {step} could not be written: {reason}."
    if is_last:
        raise Problem(code, problem, "Make room for it, then resume the run from its last checkpoint.")
    if job.world.is_main:
        job.log.warning(code, f"{problem} Training goes on; make room before the next one.", step=step)


def _evaluate(job: Job, step: int) -> None:
    """Evaluate the fixed samples, shared out over the ranks: those held out and as many trained ones, if any are."""
    trained = job.plan.samples
    chosen, beside = evaluate.chosen(trained, len(job.clips) - trained, job.config.eval_samples)
    # Beside each other the two get the same noise.
    seeds = [*range(len(chosen)), *range(len(beside))] if beside else chosen
    job.log.phase("eval", done=0, total=len(seeds))
    sums, places = [0.0] * (2 * len(evaluate.QUANTILES)), len(evaluate.QUANTILES)
    for number, (index, seed) in enumerate(zip([*chosen, *beside], seeds, strict=True)):
        is_mine = number % job.world.size == job.world.rank
        if not is_mine and not job.shares_base:
            continue
        begin = 0 if number < len(chosen) else places
        for place, error in enumerate(evaluate.errors(job.pipe, job.feed.get([index]), seed), start=begin):
            sums[place] += error if is_mine else 0.0
    sums = summed(job.accelerator, sums)
    if job.world.is_main:
        values = evaluate.summary(job.pipe, sums[:places], len(chosen))
        if beside:
            values["eval/train_loss"] = sum(sums[places:]) / (len(beside) * places)
        job.log.eval(step, job.plan.span(max(1, step)).epoch, values)
        if job.saved_at == step:
            _keep_evaluation(job, step, values["eval/loss"])
    job.log.phase("train", done=step, total=job.plan.total_steps)


def _keep_evaluation(job: Job, step: int, loss: float) -> None:
    """Write the evaluation beside its checkpoint, by which the best one is known when checkpoints are removed."""
    try:
        checkpoint.record_evaluation(job.run, step, loss)
    except OSError as error:
        message = f"The evaluation of step {step} could not be kept with its checkpoint: {error}. Make room for it."
        job.log.warning("evaluation_not_kept", message, step=step)


def _draw_samples(job: Job, step: int) -> None:
    """Draw the sample videos, shared out over the ranks; the first time those of the base model, too."""
    if not job.shots:
        return
    world, folder = job.world, job.run.samples
    wanted = [("lora", shot, folder / f"step-{step}-{number}.mp4") for number, shot in enumerate(job.shots, start=1)]
    bases = [("base", shot, folder / f"base-{number}.mp4") for number, shot in enumerate(job.shots, start=1)]
    lacks_bases = world.is_main and not all(path.exists() for _, _, path in bases)
    if summed(job.accelerator, [float(lacks_bases)])[0] > 0:  # one rank looks: the others may see it half done
        wanted += bases
    failures: list[str] = []
    with job.vae.on(job.pipe):
        for number, (what, shot, path) in enumerate(wanted):
            if step < job.plan.total_steps and not job.shares_base and job.stop.requested():
                break  # whoever waits for the stop need not wait for the videos
            is_mine = number % world.size == world.rank
            if is_mine or job.shares_base:
                job.log.phase("sample", done=number, total=len(wanted), item=shot.prompt[:80])
                try:
                    with nullcontext() if what == "lora" else sample.lora_off(job.pipe.dit):
                        sample.draw(job.pipe, job.config, job.cache, shot, path if is_mine else None)
                except (OSError, torch.OutOfMemoryError, Problem) as error:
                    failures.append(str(error))
    job.log.enter("collective")
    failed = int(summed(job.accelerator, [len(failures)])[0])
    if world.is_main:
        if failed:
            reason = failures[0] if failures else "another rank could not"
            message = (
                f"{failed} of {len(wanted)} sample videos were not drawn: {reason}. Training goes on without them."
            )
            job.log.warning("sample_failed", message, step=step)
        for what, shot, path in wanted:
            if path.exists():
                relative = str(path.relative_to(job.run.path))
                job.log.sample(step if what == "lora" else 0, relative, shot.prompt, what=what, seed=shot.seed)
    job.sample_rhythm.restart()
    job.log.phase("train", done=step, total=job.plan.total_steps)
