"""The plan of one run, made from the request, the data set, the machine and earlier runs."""

import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from services.backend.planning import estimate, history
from services.backend.planning.cache_count import Counted
from services.backend.planning.estimate import Part
from services.backend.planning.history import PastRun
from services.backend.planning.samples import Samples
from services.backend.planning.schemas import (
    PlanAnew,
    PlanBucket,
    PlanCache,
    PlanDisk,
    PlanLeftOut,
    PlanMemory,
    PlanPart,
    PlanRange,
    PlanRead,
    PlanRequest,
    PlanSamples,
)
from services.backend.planning.step_time import CPU, Machine, OwnFigure, memory_of, step_time_of
from services.backend.planning.suggestions import suggest
from services.backend.planning.trial import TrialResult
from services.backend.planning.warnings import warnings_of
from services.backend.planning.workload import Workload, workload_of
from trainer.contract.cache.reuse import REASONS, Reuse
from trainer.contract.config import RunConfig, parse_config
from trainer.contract.plan.step_time import Range, known_card

DAY_S = 86_400.0
HOUR_S = 3600.0


@dataclass(frozen=True)
class PlanInputs:
    """Everything that a plan is made from besides the request."""

    samples: Samples
    machine: Machine
    past: Sequence[PastRun]
    logs_dir: Path
    trial: TrialResult | None = None
    cache: Counted | Literal["counting"] | None = None
    """What of the samples is cached; None where there is nothing to count."""

    @property
    def reuse(self) -> Reuse | None:
        return self.cache.reuse if isinstance(self.cache, Counted) else None


def plan(request: PlanRequest, config: RunConfig, inputs: PlanInputs) -> PlanRead:
    """Plan a run. Raises: Problem if there is nothing to train on, ConfigError."""
    work = workload_of(config, inputs.samples, ranks_of(config, inputs.machine))
    own = _own(request, work, inputs)
    step_time = step_time_of(work, inputs.machine, inputs.past, own, inputs.trial)
    step, parts = step_time.step(work), estimate.time_parts(work, step_time, inputs.reuse)
    total = estimate.total_of(parts)
    target_s = request.done_in_days * DAY_S

    def changed_total(changes: dict[str, Any]) -> Range | None:
        other = workload_of(config.model_copy(update=changes), inputs.samples, work.ranks)
        others = step_time_of(other, inputs.machine, inputs.past, own, inputs.trial)
        has_same_samples = other.cached == work.cached
        return estimate.total_of(estimate.time_parts(other, others, inputs.reuse if has_same_samples else None))

    too_long = total is not None and total.high > target_s
    counts = work.counts
    found = PlanRead(
        samples=PlanSamples(
            rows=inputs.samples.rows,
            used=work.videos + work.images,
            videos=work.videos,
            images=work.images,
            held_out=work.held_out,
            left_out=_left_out(inputs.samples, work),
            is_counted=inputs.samples.is_counted,
        ),
        buckets=[PlanBucket(shape=str(shape), samples=count) for shape, count in work.buckets.items()],
        ranks=work.ranks,
        steps_per_epoch=counts.steps_per_epoch,
        total_steps=counts.total_steps,
        is_exact=work.is_exact,
        seconds_per_step=_range(step),
        source=step_time.kind,
        source_text=step_time.text,
        trial_text=step_time.trial_text,
        parts=_parts(parts),
        total=_range(total),
        disk=_disk(estimate.disk_parts(work, inputs.samples, step_time, inputs.reuse), inputs.logs_dir),
        cache=_cache(inputs.cache),
        memory=_memory(work, inputs.machine, inputs.trial),
        cost=_range(total.times(request.price_per_hour / HOUR_S))
        if total and request.price_per_hour is not None
        else None,
        warnings=[],
        done_in_days=request.done_in_days,
        ways=suggest(config, counts, target_s, changed_total) if too_long else [],
    )
    return found.model_copy(update={"warnings": warnings_of(found, inputs.samples, work, inputs.machine)})


def ranks_of(config: RunConfig, machine: Machine) -> int:
    """Count the ranks as the launcher does."""
    return config.num_processes or max(1, machine.cards)


def machine_of(gpus: Sequence[str], host: str, past: Sequence[PastRun], memory_bytes: int | None = None) -> Machine:
    """Describe a host with these GPUs, by the driver's names. Their memory is `memory_bytes`, or what earlier runs on
    this card reported, or what its maker says."""
    if not gpus:
        return Machine(host, CPU, 0, None)
    card = known_card(gpus[0])
    reported = next((run.card_bytes for run in past if run.card_bytes), None)
    return Machine(host, gpus[0], len(gpus), memory_bytes or reported or (card.memory_bytes if card else None))


def past_runs(sql: sqlite3.Connection, config: RunConfig, gpus: Sequence[str]) -> list[PastRun]:
    """Find earlier runs of the config's model on the first of these GPUs, or on the CPU."""
    return history.past_runs_on(sql, config.model, gpus[0] if gpus else CPU)


def _own(request: PlanRequest, work: Workload, inputs: PlanInputs) -> OwnFigure | None:
    """Return the person's own figure with its tokens: of this workload, or of the config that it was given for."""
    if request.seconds_per_step is None:
        return None
    if request.seconds_per_step_of is not None:
        of = parse_config({**request.seconds_per_step_of, "dataset_base_path": work.config.dataset_base_path})
        work = workload_of(of, inputs.samples, work.ranks)
    return OwnFigure(request.seconds_per_step, work.tokens)


def _left_out(samples: Samples, work: Workload) -> list[PlanLeftOut]:
    counts = {**samples.left_out, "too_short": work.too_short}
    return [PlanLeftOut.model_validate({"why": why, "rows": rows}) for why, rows in counts.items() if rows]


def _range(span: Range | None) -> PlanRange | None:
    return PlanRange(low=span.low, high=span.high) if span is not None else None


def _parts(parts: Sequence[Part]) -> list[PlanPart]:
    return [
        PlanPart.model_validate(
            {"what": part.what, "count": part.count, "amount": {"low": part.amount.low, "high": part.amount.high}}
        )
        for part in parts
    ]


def _disk(parts: list[Part], logs_dir: Path) -> PlanDisk:
    total = estimate.total_of(parts) or Range(0, 0)
    try:
        free: int | None = shutil.disk_usage(logs_dir).free
    except OSError:
        free = None
    return PlanDisk(parts=_parts(parts), total=PlanRange(low=total.low, high=total.high), free_bytes=free)


def _cache(found: Counted | Literal["counting"] | None) -> PlanCache | None:
    if found is None:
        return None
    counted = found if isinstance(found, Counted) else Counted(None, None)
    reuse = counted.reuse or Reuse()
    return PlanCache(
        state="counting" if found == "counting" else "counted" if counted.reuse is not None else "unknown",
        samples=reuse.samples,
        cached=reuse.cached,
        anew=[PlanAnew(why=why, samples=reuse.reasons[why]) for why in REASONS if reuse.reasons[why]],
        unsure=reuse.unsure,
        captions_anew=reuse.captions_anew,
        text=f"{reuse.text}." if counted.reuse is not None else "",
        size_bytes=counted.size_bytes,
    )


def _memory(work: Workload, machine: Machine, trial: TrialResult | None) -> PlanMemory:
    plan = memory_of(work, machine)
    peak = trial.peak_bytes(work.config, work.ranks, machine.card) if trial is not None else None
    fits = plan.least_bytes <= machine.card_bytes if machine.card_bytes is not None else None
    is_fixed = work.config.use_gradient_checkpointing
    return PlanMemory(
        card=machine.card if machine.cards else None,
        cards=machine.cards,
        card_bytes=machine.card_bytes,
        needed_bytes=plan.least_bytes if is_fixed is True else plan.peak_bytes(0),
        least_bytes=plan.peak_bytes(0) if is_fixed is False else plan.least_bytes,
        measured_bytes=peak,
        fits=fits if peak is None else True,
    )
