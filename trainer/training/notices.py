"""Tell a person, before a run's first step, of rows left out, the plan and the cards. No torch."""

from collections import Counter

from trainer.contract.messages import Message, message, sentence
from trainer.contract.plan import config_rules
from trainer.contract.plan.disk import MOST_TOKENS
from trainer.contract.plan.run_facts import RunFacts
from trainer.contract.problem import Problem
from trainer.data.clip import Clip
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
            log.warning(Message(row.code, row.message), line=row.line, video=row.video)


def report_count(log: StepLog, rejected: list[Rejected], usable: int) -> None:
    if rejected and usable:
        count, by_code = len(rejected), dict(Counter(row.code for row in rejected))
        said = message("rows_left_out", count=count, rows=count + usable)
        log.warning(said, count=count, usable=usable, by_code=by_code)


def report_cut_captions(log: StepLog, clips: list[Clip], tokens: dict[str, int]) -> None:
    """Warn of captions past the tokenizer's limit. `tokens`: by caption how many it has, 0 where that is not known."""
    cut = sorted(
        (clip for clip in clips if tokens.get(clip.row.prompt, 0) > MOST_TOKENS),
        key=lambda clip: clip.row.place,
    )
    if cut:
        first = cut[0].row
        about = {"video": first.video, "tokens": tokens[first.prompt], "limit": MOST_TOKENS}
        log.warning(message("caption_cut", captions=len(cut), **about), captions=len(cut), line=first.line, **about)


def nothing_left(rejected: list[Rejected]) -> Problem:
    if not rejected:
        return Problem(message("no_usable_clips.no_rows"), "dataset_base_path")
    said = message("no_usable_clips.run", rows=len(rejected), first=rejected[0].message)
    return Problem(said, "dataset_base_path")


def plan_text(plan: Sampler, samples: str, held_out: int) -> str:
    """Say what the run will train on, and for how many steps."""
    per_step = plan.global_batch * plan.accumulation
    parts = [
        samples,
        *([sentence("planned.held_out", held_out=held_out)] if held_out else []),
        *([sentence("planned.a_step", samples=per_step)] if per_step > 1 else []),
        sentence("planned.steps", steps=plan.total_steps),
    ]
    return ", ".join(parts)


def report_settings(log: StepLog, facts: RunFacts) -> None:
    """Warn of settings that cannot work with this data, each with its figures as the event's details."""
    for said in config_rules.warnings_of(facts):
        log.warning(said, **{name: value for name, value in said.params.items() if name != "variant"})


def report_cards(log: StepLog, cards: list[Card], memory: str, device: str, text_device: str) -> None:
    log.phase("load", item=sentence("planned.memory", memory=memory))
    if device == "cpu":
        log.warning(message("gpu_unseen.run", gpu=cards[0].name))
    elif text_device == "cpu":
        log.warning(message("text_on_cpu"))
