"""Save checkpoints, evaluate and draw sample videos between steps. All ranks come here together."""

import errno
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch

from trainer.checkpointing import checkpoint
from trainer.contract.messages import message, sentence
from trainer.contract.problem import Problem
from trainer.distributed.process_group import summed
from trainer.evaluation import loss, samples
from trainer.evaluation.samples import SampleRequest
from trainer.training.job import Job, LoopState


def save(job: Job, state: LoopState, step: int, is_last: bool) -> None:
    """Write a checkpoint. Raises: Problem if it is the last one and cannot be written."""
    job.log.phase("save")
    config, run = job.config, job.run
    optimizer, failure = job.optimizer.state(), None
    if job.world.is_main:
        position = replace(job.position, step=step)
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
        state.saved_at = step
    state.save_interval.restart()
    job.log.phase("train", done=step, total=job.sampler.total_steps)


def evaluate_samples(job: Job, state: LoopState, step: int) -> None:
    """Evaluate the fixed samples, dealt out over the ranks: held-out ones, and as many trained ones beside them."""
    trained = job.sampler.samples
    chosen, beside = loss.choose_samples(trained, len(job.clips) - trained, job.config.eval_samples)
    # Beside each other the two get the same noise.
    seeds = [*range(len(chosen)), *range(len(beside))] if beside else chosen
    job.log.phase("eval", done=0, total=len(seeds))
    sums, places = [0.0] * (2 * len(loss.QUANTILES)), len(loss.QUANTILES)
    for number, (index, seed) in enumerate(zip([*chosen, *beside], seeds, strict=True)):
        is_mine = number % job.world.size == job.world.rank
        if not is_mine and not job.parallelism.every_rank_computes_all:
            continue
        begin = 0 if number < len(chosen) else places
        for place, error in enumerate(loss.errors(job.pipe, job.dataloader.get([index]), seed), start=begin):
            sums[place] += error if is_mine else 0.0
    sums = summed(job.accelerator, sums)
    if job.world.is_main:
        values = loss.summary(job.pipe, sums[:places], len(chosen))
        if beside:
            values["eval/train_loss"] = sum(sums[places:]) / (len(beside) * places)
        job.log.eval(step, job.sampler.span(max(1, step)).epoch, values)
        if state.saved_at == step:  # after the event: what is kept is not evaluated again by an attempt that resumes
            _keep_evaluation(job, step, values["eval/loss"])
    job.log.phase("train", done=step, total=job.sampler.total_steps)


def draw_samples(job: Job, state: LoopState, step: int) -> None:
    """Draw the sample videos, shared out over the ranks; the first time those of the base model, too."""
    if not job.sample_requests:
        return
    videos = _wanted_videos(job, step)
    failures = _draw(job, step, videos)
    job.log.enter("collective")
    failed = int(summed(job.accelerator, [len(failures)])[0])
    if job.world.is_main:
        if failed:
            reason = failures[0] if failures else sentence("sampling.other_rank")
            said = message("sample_failed", failed=failed, videos=len(videos), reason=reason)
            job.log.warning(said, step=step)
        for video in videos:
            if video.path.exists():
                path, prompt, seed = video.path.relative_to(job.run.path), video.request.prompt, video.request.seed
                job.log.sample(step if video.what == "lora" else 0, str(path), prompt, what=video.what, seed=seed)
    state.sample_interval.restart()
    job.log.phase("train", done=step, total=job.sampler.total_steps)


@dataclass(frozen=True)
class _Video:
    """A sample video to draw, with the LoRA or by the base alone."""

    what: Literal["lora", "base"]
    request: SampleRequest
    path: Path


def _wanted_videos(job: Job, step: int) -> list[_Video]:
    """List the videos of `step` and, until they are all there, those of the base; a collective."""
    folder, requests = job.run.samples, list(enumerate(job.sample_requests, start=1))
    wanted = [_Video("lora", request, folder / f"step-{step}-{number}.mp4") for number, request in requests]
    bases = [_Video("base", request, folder / f"base-{number}.mp4") for number, request in requests]
    lacks_bases = job.world.is_main and not all(video.path.exists() for video in bases)
    if summed(job.accelerator, [float(lacks_bases)])[0] > 0:  # one rank looks: the others may see it half done
        wanted += bases
    return wanted


def _draw(job: Job, step: int, videos: list[_Video]) -> list[str]:
    """Draw this rank's share. Returns why those that failed did."""
    together, failures = job.parallelism.every_rank_computes_all, []
    with job.vae.on(job.pipe):
        for number, video in enumerate(videos):
            if step < job.sampler.total_steps and not together and job.stop.requested():
                break  # whoever waits for the stop need not wait for the videos
            is_mine = number % job.world.size == job.world.rank
            if not is_mine and not together:
                continue
            job.log.phase("sample", done=number, total=len(videos), item=video.request.prompt[:80])
            try:
                with nullcontext() if video.what == "lora" else samples.lora_off(job.pipe.dit):
                    samples.draw(job.pipe, job.config, job.cache, video.request, video.path if is_mine else None)
            except (OSError, torch.OutOfMemoryError, Problem) as error:
                failures.append(str(error))
    return failures


def _pruned(job: Job, step: int) -> list[str]:
    """Remove the checkpoints that the one of `step` makes superfluous. Returns their folders, relative to the run's."""
    keep = job.config.keep_checkpoints
    if keep is None:
        return []
    try:
        return [str(path.relative_to(job.run.path)) for path in checkpoint.prune(job.run, step, keep)]
    except OSError as error:
        job.log.warning(message("checkpoint_not_removed", error=error), step=step)
        return []


def _report_unsaved(job: Job, step: int, failure: OSError | None, is_last: bool) -> None:
    if failure is not None and failure.errno in (errno.ENOSPC, errno.EDQUOT):
        said = message("disk_full.last_checkpoint" if is_last else "disk_full.checkpoint", step=step)
    else:
        reason = failure or sentence("saving.rank_0")
        said = message("save_failed.last_checkpoint" if is_last else "save_failed.checkpoint", step=step, reason=reason)
    if is_last:
        raise Problem(said)
    if job.world.is_main:
        job.log.warning(said, step=step)


def _keep_evaluation(job: Job, step: int, eval_loss: float) -> None:
    """Write the evaluation beside its checkpoint, so that the best one is known when others are removed."""
    try:
        checkpoint.record_evaluation(job.run, step, eval_loss)
    except OSError as error:
        job.log.warning(message("evaluation_not_kept", step=step, error=error), step=step)
