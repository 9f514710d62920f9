"""The plan of one run: what was asked, put together with what is known of the data, the machine and earlier runs."""

import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.backend.planning import estimate, history
from services.backend.planning.estimate import Part
from services.backend.planning.history import Past
from services.backend.planning.samples import Samples
from services.backend.planning.schemas import (
    PlanBucket,
    PlanDisk,
    PlanLeftOut,
    PlanMemory,
    PlanPart,
    PlanRange,
    PlanRead,
    PlanRequest,
    PlanSamples,
)
from services.backend.planning.step_time import CPU, Machine, Own, memory_of, speed_of
from services.backend.planning.suggestions import ways
from services.backend.planning.trial import Tried
from services.backend.planning.warnings import warnings_of
from services.backend.planning.workload import Work, work_of
from trainer.contract.config import RunConfig, parse_config
from trainer.contract.plan.step_time import Range, known_card

DAY_S = 86_400.0
HOUR_S = 3600.0


@dataclass(frozen=True)
class Known:
    """What the plan is made from besides the request."""

    samples: Samples
    machine: Machine
    past: Sequence[Past]
    logs_dir: Path
    tried: Tried | None = None


def plan(asked: PlanRequest, config: RunConfig, known: Known) -> PlanRead:
    """Raises: Problem where there is nothing to train on, ConfigError."""
    work = work_of(config, known.samples, ranks_of(config, known.machine))
    own = _own(asked, work, known)
    speed = speed_of(work, known.machine, known.past, own, known.tried)
    step, parts = speed.step(work), estimate.time_parts(work, speed)
    total = estimate.total_of(parts)
    target_s = asked.done_in_days * DAY_S

    def changed_total(changes: dict[str, Any]) -> Range | None:
        other = work_of(config.model_copy(update=changes), known.samples, work.ranks)
        others = speed_of(other, known.machine, known.past, own, known.tried)
        return estimate.total_of(estimate.time_parts(other, others))

    too_long = total is not None and total.high > target_s
    counts = work.counts
    found = PlanRead(
        samples=PlanSamples(
            rows=known.samples.rows,
            used=work.videos + work.images,
            videos=work.videos,
            images=work.images,
            held_out=work.held_out,
            left_out=_left_out(known.samples, work),
            is_counted=known.samples.is_counted,
        ),
        buckets=[PlanBucket(shape=str(shape), samples=count) for shape, count in work.buckets.items()],
        ranks=work.ranks,
        steps_per_epoch=counts.steps_per_epoch,
        total_steps=counts.total_steps,
        is_exact=work.is_exact,
        seconds_per_step=_range(step),
        source=speed.kind,
        source_text=speed.text,
        trial_text=speed.trial_text,
        parts=_parts(parts),
        total=_range(total),
        disk=_disk(estimate.disk_parts(work, known.samples, speed), known.logs_dir),
        memory=_memory(work, known.machine, known.tried),
        cost=_range(total.times(asked.price_per_hour / HOUR_S)) if total and asked.price_per_hour is not None else None,
        warnings=[],
        done_in_days=asked.done_in_days,
        ways=ways(config, counts, target_s, changed_total) if too_long else [],
    )
    return found.model_copy(update={"warnings": warnings_of(found, known.samples, work, known.machine)})


def ranks_of(config: RunConfig, machine: Machine) -> int:
    """As the launcher counts them."""
    return config.num_processes or max(1, machine.cards)


def machine_of(gpus: Sequence[str], host: str, past: Sequence[Past], memory_bytes: int | None = None) -> Machine:
    """A host with these GPUs, by the names that the driver gives them. Their memory: `memory_bytes`, or what earlier
    runs on this card said, or what its maker says."""
    if not gpus:
        return Machine(host, CPU, 0, None)
    card = known_card(gpus[0])
    told = next((run.card_bytes for run in past if run.card_bytes), None)
    return Machine(host, gpus[0], len(gpus), memory_bytes or told or (card.memory_bytes if card else None))


def past_of(sql: sqlite3.Connection, config: RunConfig, gpus: Sequence[str]) -> list[Past]:
    return history.on_card(sql, config.model, gpus[0] if gpus else CPU)


def _own(asked: PlanRequest, work: Work, known: Known) -> Own | None:
    """The person's own figure, of this work or of that of the config that it was given for."""
    if asked.seconds_per_step is None:
        return None
    if asked.seconds_per_step_of is not None:
        of = parse_config({**asked.seconds_per_step_of, "dataset_base_path": work.config.dataset_base_path})
        work = work_of(of, known.samples, work.ranks)
    return Own(asked.seconds_per_step, work.tokens)


def _left_out(samples: Samples, work: Work) -> list[PlanLeftOut]:
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


def _memory(work: Work, machine: Machine, tried: Tried | None) -> PlanMemory:
    plan = memory_of(work, machine)
    peak = tried.peak_bytes(work.config, work.ranks, machine.card) if tried is not None else None
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
