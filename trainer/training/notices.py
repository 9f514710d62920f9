"""Tell a person, before a run's first step, of rows left out, the plan and the cards. No torch."""

from collections import Counter

from trainer.contract.config import Problem
from trainer.data.metadata import Rejected
from trainer.data.sampler import Sampler
from trainer.hardware.gpus import Card
from trainer.telemetry.step_log import StepLog

REPORTED_ROWS = 20
"""How many rows that are left out are reported one by one, of each kind."""


def report_rejected(log: StepLog, rejected: list[Rejected]) -> None:
    """Warn of the rows that are left out, the first of each kind."""
    counts: Counter[str] = Counter()
    for row in rejected:
        counts[row.code] += 1
        if counts[row.code] <= REPORTED_ROWS:
            log.warning(row.code, row.message, line=row.line, video=row.video)


def report_count(log: StepLog, rejected: list[Rejected], usable: int) -> None:
    if rejected and usable:
        message = f"{len(rejected)} of {len(rejected) + usable} rows are left out; training goes on with the others."
        by_code = dict(Counter(row.code for row in rejected))
        log.warning("rows_left_out", message, count=len(rejected), usable=usable, by_code=by_code)


def nothing_left(rejected: list[Rejected]) -> Problem:
    if not rejected:
        return Problem("no_usable_clips", "The data set has no rows.", "Add clips to it.", "dataset_base_path")
    problem = f"None of the {len(rejected)} rows of the data set can be used. {rejected[0].message}"
    return Problem("no_usable_clips", problem, "The warnings name the others.", "dataset_base_path")


def plan_text(plan: Sampler, samples: str, held_out: int) -> str:
    """Say what the run will train on, and for how many steps."""
    unseen = f", {held_out} held out" if held_out else ""
    per_step = f"{plan.global_batch * plan.accumulation} a step" if plan.global_batch * plan.accumulation > 1 else ""
    return ", ".join(filter(None, [f"{samples}{unseen}", per_step, f"{plan.total_steps} steps"]))


def report_small(log: StepLog, plan: Sampler, shapes: list[str]) -> None:
    """Warn of the shapes that have less than one batch of all ranks in an epoch."""
    for shape, size, positions in zip(shapes, plan.buckets, plan.positions, strict=True):
        if positions < plan.global_batch:
            message = (
                f"{size} samples at {shape} do not fill a batch of {plan.global_batch}, so they are repeated in it. "
                "Add some, lower batch_size, or leave that shape out of buckets."
            )
            log.warning("bucket_small", message, shape=shape, samples=size, batch=plan.global_batch)


def report_cards(log: StepLog, cards: list[Card], planned: str, device: str, text_device: str) -> None:
    log.phase("load", item=planned)
    if device == "cpu":
        message = (
            f"The installed torch sees no GPU, and the host has {cards[0].name}: the run is on the CPU, many times"
        )
        log.warning("gpu_unseen", f"{message} slower. Install the torch of constraints.txt, or repair the driver.")
    elif text_device == "cpu":
        message = (
            "The text encoder does not fit into the GPU's memory: captions are encoded on the CPU, once, and cached."
        )
        log.warning("text_on_cpu", message)
