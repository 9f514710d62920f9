"""The time, disk and memory of a run, from its workload and the time of a step. All of it is quick arithmetic."""

from dataclasses import dataclass, replace

from services.backend.planning.samples import Samples
from services.backend.planning.step_time import StepTime, encoder_bytes
from services.backend.planning.workload import Workload
from trainer.contract.cache.reuse import Reuse
from trainer.contract.plan import disk
from trainer.contract.plan.memory import lora_parameters
from trainer.contract.plan.periodic_work import FORWARD_SHARE, steps_between, times
from trainer.contract.plan.sizes import SIZES
from trainer.contract.plan.step_time import Range
from trainer.contract.shape import Shape

MEASURED_PAUSE = Range(0.9, 1.2)
DECODING = Range(0.5, 5.0)
"""The time to decode a sample video, as a multiple of the time to encode a clip."""
WRITING = (1e9, 1.5e8)
"""Bytes a second at which checkpoints are written, at best and at worst."""


@dataclass(frozen=True)
class Part:
    what: str
    count: int
    amount: Range


@dataclass(frozen=True)
class Pauses:
    """How often the run pauses for each kind of periodic work."""

    evaluations: int
    draws: int
    checkpoints: int

    @classmethod
    def of(cls, work: Workload, step_s: float | None) -> "Pauses":
        config, total = work.config, work.counts.total_steps
        draws = times(steps_between(config.sample_steps, config.sample_minutes, step_s), 0, total)
        return cls(
            evaluations=1 + times(config.eval_steps, 0, total),
            draws=draws if work.passes.videos else 0,
            checkpoints=times(steps_between(config.save_steps, config.save_minutes, step_s), 0, total),
        )


def time_parts(work: Workload, step_time: StepTime, reuse: Reuse | None = None) -> list[Part]:
    """Split the time of the run into parts; empty if the time of a step is not known. `reuse`: what is cached already,
    None if that is not known, so that all is encoded."""
    step = step_time.step(work)
    if step is None:
        return []
    config, total, passes = work.config, work.counts.total_steps, work.passes
    pauses = Pauses.of(work, (step.low + step.high) / 2)
    micro = step.times(1 / (config.gradient_accumulation_steps * config.batch_size))
    forward = micro.times(*FORWARD_SHARE)
    drawn = config.family.tokens(Shape(config.height, config.width, config.num_frames)) / (work.tokens or 1)
    drawn *= config.gradient_accumulation_steps * config.batch_size
    caching = step_time.caching_s(work)
    evaluation, draw = forward.times(passes.evaluation), forward.times(passes.draw * drawn)
    if caching is not None:
        clips = sum(work.cached.values()) / work.ranks
        draw = draw.plus(caching.times(passes.videos / clips / work.ranks).times(*DECODING))
    if step_time.eval_s is not None:
        evaluation = MEASURED_PAUSE.times(step_time.eval_s)
    if step_time.sample_s is not None:
        draw = MEASURED_PAUSE.times(step_time.sample_s)
    saving = Range(_checkpoint_bytes(work) / WRITING[0], _checkpoint_bytes(work) / WRITING[1])
    parts = [Part("steps", total, step.times(total))]
    if caching is not None:
        anew = replace(work, cached=_anew(work, reuse))
        parts.append(Part("cache", sum(anew.cached.values()), step_time.caching_s(anew) or Range(0, 0)))
    parts.append(Part("evaluations", pauses.evaluations, evaluation.times(pauses.evaluations)))
    if pauses.draws:
        # The first draw is of the base model's videos, too.
        parts.append(Part("samples", pauses.draws, draw.times(pauses.draws + 1)))
    parts.append(Part("checkpoints", pauses.checkpoints, saving.times(pauses.checkpoints)))
    return parts


def disk_parts(work: Workload, samples: Samples, step_time: StepTime, reuse: Reuse | None = None) -> list[Part]:
    """Split what the run will have written at its end into parts. `reuse` as above."""
    step = step_time.step(work)
    pauses = Pauses.of(work, (step.low + step.high) / 2 if step else None)
    config, sizes, anew = work.config, SIZES[work.config.model], _anew(work, reuse)
    captions, characters = samples.captions, samples.characters
    if reuse is not None and reuse.captions:
        captions, characters = reuse.captions_anew, characters * reuse.captions_anew // reuse.captions
    number_bytes = encoder_bytes(config, step_time.machine)
    cache = disk.cache_bytes(anew, captions, characters, sizes, number_bytes)
    kept = disk.kept_checkpoints(config, pauses.checkpoints)
    parts = [
        Part("cache", sum(anew.values()), cache.times(work.least_share, 1)),
        Part("checkpoints", kept, Range(kept, kept).times(_checkpoint_bytes(work))),
    ]
    if pauses.draws:
        videos = work.passes.videos * (pauses.draws + 1)
        parts.append(Part("samples", videos, disk.video_bytes(config, videos)))
    total = work.counts.total_steps
    return [*parts, Part("logs", total, Range(*disk.STEP_BYTES).times(total))]


def total_of(parts: list[Part]) -> Range | None:
    if not parts:
        return None
    return Range(sum(part.amount.low for part in parts), sum(part.amount.high for part in parts))


def _anew(work: Workload, reuse: Reuse | None) -> dict[Shape, int]:
    return dict(reuse.anew) if reuse is not None else work.cached


def _checkpoint_bytes(work: Workload) -> int:
    return disk.checkpoint_bytes(lora_parameters(work.config, SIZES[work.config.model]))
