"""Warnings: what a person should know about a plan before the start."""

from services.backend.planning.samples import Samples
from services.backend.planning.schemas import PlanRead, PlanWarning
from services.backend.planning.step_time import Machine, memory_of
from services.backend.planning.text import format_bytes, format_range
from services.backend.planning.workload import Workload
from trainer.contract.config import Problem

LONG_S = 14 * 86_400.0


def warnings_of(plan: PlanRead, samples: Samples, work: Workload, machine: Machine) -> list[PlanWarning]:
    found = []
    if plan.total is not None and plan.seconds_per_step is not None and plan.total.low > LONG_S:
        steps = plan.parts[0].amount
        message = (
            f"{plan.total_steps:,} steps{' a rank' * (plan.ranks > 1)} take {format_range(steps.low, steps.high)}, "
            f"the whole run {format_range(plan.total.low, plan.total.high)}."
        )
        hint = "Lower epochs, repeats, frames or size, or set max_steps. Latents are cached, so encoding costs no step."
        found.append(PlanWarning(code="too_long", message=message, hint=hint))
    if plan.total is None:
        hint = "Give your own figure, or let Loradeck try 20 steps."
        found.append(PlanWarning(code="time_unknown", message="How long it takes is not known.", hint=hint))
    found += _disk(plan) + _memory(work, machine)
    if machine.cards and work.ranks > machine.cards:
        message = f"num_processes asks for {work.ranks} GPUs, and {machine.host or 'the host'} has {machine.cards}."
        hint = f"Set it to {machine.cards}, or leave it out."
        found.append(PlanWarning(code="too_few_gpus", message=message, hint=hint))
    if samples.doubtful:
        message = "A row is of a damaged file: the run leaves it out where it cannot read it."
        if samples.doubtful > 1:
            message = f"{samples.doubtful:,} rows are of damaged files: the run leaves out those that it cannot read."
        hint = "Quarantine what the rule “Unreadable” flags, so that the count is exact."
        found.append(PlanWarning(code="damaged", message=message, hint=hint))
    found += _small(work)
    return found


def _disk(plan: PlanRead) -> list[PlanWarning]:
    disk = plan.disk
    if disk.free_bytes is None or disk.total.high <= disk.free_bytes:
        return []
    may = "writes" if disk.total.low > disk.free_bytes else "may write"
    message = (
        f"The run {may} {format_bytes(disk.total.low, disk.total.high)}, and {format_bytes(disk.free_bytes)} are free."
    )
    largest = max(disk.parts, key=lambda part: part.amount.high)
    less = "save less often, or keep fewer checkpoints"
    if largest.what == "cache":
        less = "or use fewer frames, a smaller size or fewer clips: most of it is their cache"
    hint = f"Make room in the folder of the runs, {less}."
    return [PlanWarning(code="disk_short", message=message, hint=hint)]


def _memory(work: Workload, machine: Machine) -> list[PlanWarning]:
    if machine.card_bytes is None:
        return []
    try:
        memory_of(work, machine).check(machine.card_bytes)
    except Problem as problem:
        return [PlanWarning(code=problem.code, message=problem.message, hint=problem.hint)]
    return []


def _small(work: Workload) -> list[PlanWarning]:
    counts = work.counts
    small = [
        str(shape)
        for shape, positions in zip(work.buckets, counts.positions, strict=True)
        if positions < counts.global_batch
    ]
    if not small:
        return []
    message = (
        f"What there is of {', '.join(small)} does not fill a batch of {counts.global_batch}: it is repeated in it."
    )
    return [PlanWarning(code="bucket_small", message=message, hint="Add some, or lower batch_size.")]
