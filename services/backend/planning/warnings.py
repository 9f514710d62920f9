"""Warnings: what a person should know about a plan before the start."""

from services.backend.planning.samples import Samples
from services.backend.planning.schemas import PlanRead, PlanWarning
from services.backend.planning.step_time import Machine, memory_of
from services.backend.planning.text import format_bytes, format_range
from services.backend.planning.workload import Workload
from trainer.contract.messages import Message, message
from trainer.contract.plan import config_rules
from trainer.contract.plan.run_facts import RunFacts
from trainer.contract.problem import Problem

LONG_S = 14 * 86_400.0


def warnings_of(plan: PlanRead, samples: Samples, work: Workload, machine: Machine) -> list[PlanWarning]:
    found = _time(plan) + _disk(plan) + _memory(work, machine) + _gpus(work, machine)
    found += samples.notes
    if samples.doubtful:
        found.append(message("damaged", rows=samples.doubtful))
    found += config_rules.warnings_of(_facts(plan, work))
    return [PlanWarning(code=said.code, message=said.message, hint=said.hint) for said in found]


def _time(plan: PlanRead) -> list[Message]:
    if plan.total is None:
        return [message("time_unknown")]
    if plan.total.low <= LONG_S:
        return []
    steps = plan.parts[0].amount
    said = message(
        "too_long.ranks" if plan.ranks > 1 else "too_long",
        steps=plan.total_steps,
        steps_time=format_range(steps.low, steps.high),
        run_time=format_range(plan.total.low, plan.total.high),
    )
    return [said]


def _disk(plan: PlanRead) -> list[Message]:
    disk = plan.disk
    if disk.free_bytes is None or disk.total.high <= disk.free_bytes:
        return []
    about = {"size": format_bytes(disk.total.low, disk.total.high), "free": format_bytes(disk.free_bytes)}
    is_cache = max(disk.parts, key=lambda part: part.amount.high).what == "cache"
    if disk.total.low > disk.free_bytes:
        return [message("disk_short.cache" if is_cache else "disk_short.other", **about)]
    return [message("disk_short.may_cache" if is_cache else "disk_short.may_other", **about)]


def _memory(work: Workload, machine: Machine) -> list[Message]:
    if machine.card_bytes is None:
        return []
    try:
        memory_of(work, machine).check(machine.card_bytes)
    except Problem as problem:
        return [problem.said]
    return []


def _gpus(work: Workload, machine: Machine) -> list[Message]:
    if not machine.cards or work.ranks <= machine.cards:
        return []
    about = {"ranks": work.ranks, "gpus": machine.cards}
    if machine.host:
        return [message("too_few_gpus.host", host=machine.host, **about)]
    return [message("too_few_gpus.any_host", **about)]


def _facts(plan: PlanRead, work: Workload) -> RunFacts:
    step = plan.seconds_per_step
    return RunFacts(
        config=work.config,
        counts=work.counts,
        shapes=tuple(work.buckets),
        held_out=work.held_out,
        videos=work.videos,
        too_short=work.too_short,
        step_s=(step.low + step.high) / 2 if step is not None else None,
    )
