"""The time of a step and of caching a clip, from the nearest thing that was ever measured."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from services.backend.planning.history import PastRun, typical
from services.backend.planning.trial import CACHING_ERROR, TrialResult
from services.backend.planning.workload import Workload
from trainer.contract.config import RunConfig
from trainer.contract.families import FAMILIES
from trainer.contract.messages import sentence
from trainer.contract.plan import step_time
from trainer.contract.plan.memory import MemoryPlan
from trainer.contract.plan.sizes import SIZES
from trainer.contract.plan.step_time import Point, Range

Source = Literal["trial", "history", "benchmark", "own", "unknown"]
MAX_LIKE_RUNS = 5
"""How many earlier runs with the same step are used."""
PAST_RUN_ERROR = 0.05
OTHER_SHAPE_ERROR = 0.3
USABLE = 0.92
"""Blocks are recomputed once a step needs more than this share of a card's memory."""
CPU = "CPU"
AS_MEASURED = Range(1, 1)


@dataclass(frozen=True)
class Machine:
    """The machine that a run would be on: `cards` GPUs of one kind, 0 on a CPU. `card_bytes` is None if unknown."""

    host: str
    card: str
    cards: int
    card_bytes: int | None


class OwnFigure(NamedTuple):
    """A person's own figure: the seconds of a step, and its tokens."""

    seconds: float
    tokens: float


@dataclass(frozen=True)
class StepTime:
    """An estimate of the time of steps. It has a `reference`, `points` or neither; `scale` is the error of points."""

    kind: Source
    text: str
    machine: Machine
    reference: tuple[Range, float] | None = None
    """The seconds of a step, and its tokens."""
    points: tuple[Point, ...] = ()
    scale: Range = AS_MEASURED
    caching: tuple[Point, ...] = ()
    caching_scale: Range = AS_MEASURED
    eval_s: float | None = None
    sample_s: float | None = None
    trial_text: str = ""
    """Why what was trial is not taken as it is."""

    def step(self, work: Workload) -> Range | None:
        """Estimate the seconds of an optimizer step; None if nothing is known."""
        if self.reference is not None:
            (low, high), tokens = self.reference
            ratio = work.tokens / tokens
            return Range(step_time.carried_over(low, ratio).low, step_time.carried_over(high, ratio).high)
        if not self.points:
            return None
        step = Range(0, 0)
        for share, tokens in work.mix:
            step = step.plus(step_time.at(self.points, tokens).times(share))
        factor = step_time.of_settings(work.config, work.ranks, recomputes(work, self.machine))
        step = step.times(work.config.gradient_accumulation_steps).times(*factor).times(*self.scale)
        return step.times(work.least_share, 1)

    def caching_s(self, work: Workload) -> Range | None:
        """Estimate the seconds that caching all clips takes, on all ranks at once; None if nothing is known."""
        if not self.caching:
            return None
        total = Range(0, 0)
        for shape, clips in work.cached.items():
            total = total.plus(step_time.at(self.caching, work.config.family.tokens(shape)).times(clips / work.ranks))
        return total.times(*self.caching_scale).times(work.least_share, 1)


def step_time_of(
    work: Workload,
    machine: Machine,
    past: Sequence[PastRun],
    own: OwnFigure | None = None,
    trial: TrialResult | None = None,
) -> StepTime:
    """Choose the best estimate for `work`."""
    found = _measured(work, machine, past)
    if trial is not None:
        found = _with_trial(found, work, past, trial)
    if own is not None:
        has_same_step = own.tokens == work.tokens
        text = sentence("plan.source.own" if has_same_step else "plan.source.own_other_shape")
        about = sentence("plan.trial_unused.own") if trial is not None else ""
        reference = (Range(own.seconds, own.seconds), own.tokens)
        found = replace(found, kind="own", text=text, reference=reference, trial_text=about)
    return found


def _measured(work: Workload, machine: Machine, past: Sequence[PastRun]) -> StepTime:
    """Estimate from earlier runs, or from the shipped table."""
    config = work.config
    like = [run for run in past if run.has_same_step(config, work.ranks)][:MAX_LIKE_RUNS]
    found = _benchmarked(config, machine)
    caching = typical([run.cache_s for run in like])
    if caching is not None:
        largest = max(map(config.family.tokens, work.cached))
        found = replace(found, caching=(Point(largest, caching),), caching_scale=Range(0.8, 1.25))
    if like:
        doubt = Range(min(run.step_s for run in like) * (1 - PAST_RUN_ERROR), max(run.step_s for run in like) * 1.05)
        hosts = ", ".join(dict.fromkeys(run.host for run in like))
        text = sentence("plan.source.history", runs=len(like), hosts=hosts, card=machine.card)
        evals, samples = typical([run.eval_s for run in like]), typical([run.sample_s for run in like])
        found = replace(
            found, kind="history", text=text, reference=(doubt, work.tokens), eval_s=evals, sample_s=samples
        )
    elif found.kind == "unknown" or machine.card != CPU:
        found = _from_other_shapes(found, work, past) or found
    return found


def _with_trial(found: StepTime, work: Workload, past: Sequence[PastRun], trial: TrialResult) -> StepTime:
    """Replace in `found` what the trial knows better: the step itself, or its scale if nothing else was measured for
    this shape and card."""
    config, machine = work.config, found.machine
    if text := trial.difference(config, work.ranks, machine.card):
        return replace(found, trial_text=text)
    has_same_step = trial.has_same_step(config)
    is_known = found.kind == "benchmark" and found.scale == AS_MEASURED
    if not has_same_step and (is_known or any(run.has_same_step(config, work.ranks) for run in past)):
        return replace(found, trial_text=sentence("plan.trial_unused.shape"))
    if trial.caching:
        found = replace(found, caching=trial.caching, caching_scale=CACHING_ERROR)
    if has_same_step:
        text = sentence("plan.source.trial", trial=trial.text)
        return replace(found, kind="trial", text=text, reference=(trial.step, trial.tokens))
    reference = (trial.step.times(1 - OTHER_SHAPE_ERROR, 1 + OTHER_SHAPE_ERROR), trial.tokens)
    return replace(
        found,
        kind="trial",
        text=sentence("plan.source.trial_other_shape", trial=trial.text),
        reference=reference,
        trial_text=sentence("plan.trial_scaled"),
    )


def recomputes(work: Workload, machine: Machine) -> bool | None:
    """Check whether blocks are recomputed; None if that is not known."""
    if work.config.use_gradient_checkpointing != "auto":
        return work.config.use_gradient_checkpointing
    if machine.card == CPU:
        return False
    if machine.card_bytes is None:
        return None
    return memory_of(work, machine).peak_bytes(0) > USABLE * machine.card_bytes


def memory_of(work: Workload, machine: Machine) -> MemoryPlan:
    return MemoryPlan.of(work.config, SIZES[work.config.model], number_bytes(work.config, machine), work.ranks)


def number_bytes(config: RunConfig, machine: Machine) -> int:
    """Return the bytes of a number in the base model's format."""
    is_whole = config.mixed_precision == "fp32" or (config.mixed_precision == "auto" and machine.card == CPU)
    return 4 if is_whole else 2


def encoder_bytes(config: RunConfig, machine: Machine) -> int:
    """Return the bytes of a number in the encoders' format: the base's, but fp32 in place of fp16."""
    card = step_time.known_card(machine.card)
    is_half = config.mixed_precision == "fp16" or (config.mixed_precision == "auto" and card and not card.has_bf16)
    return 4 if is_half else number_bytes(config, machine)


def _benchmarked(config: RunConfig, machine: Machine) -> StepTime:
    """Estimate from the shipped table."""
    rows = step_time.benchmarks(config.model, machine.card)
    cards = [card for card in step_time.measured_cards(config.model) if card != CPU]
    if rows:
        if machine.card == CPU:
            text = sentence("plan.source.benchmark_cpu")
            return _by_table(text, machine, rows, Range(*step_time.OTHER_PROCESSOR))
        return _by_table(sentence("plan.source.benchmark", card=machine.card), machine, rows, AS_MEASURED)
    mine = step_time.known_card(machine.card)
    theirs = step_time.known_card(cards[0]) if cards else None
    if mine is None or theirs is None:
        if not cards:
            return StepTime("unknown", sentence("plan.source.unknown_model", model=config.model), machine)
        return StepTime("unknown", sentence("plan.source.unknown_card", card=machine.card), machine)
    ratio = theirs.tflops / mine.tflops
    doubt = Range(*step_time.OTHER_CARD).times(ratio)
    text = sentence(
        "plan.source.benchmark_other_card",
        measured=cards[0],
        measured_tflops=theirs.tflops,
        card=machine.card,
        card_tflops=mine.tflops,
    )
    rows = step_time.benchmarks(config.model, cards[0])
    return _by_table(text, machine, rows, doubt)


def _by_table(text: str, machine: Machine, rows: Sequence[step_time.Benchmark], doubt: Range) -> StepTime:
    points = tuple(row.point for row in rows)
    caching = tuple(
        Point(FAMILIES[row.model].tokens(row.shape), row.cache_s) for row in rows if row.cache_s is not None
    )
    return StepTime("benchmark", text, machine, points=points, scale=doubt, caching=caching, caching_scale=doubt)


def _from_other_shapes(found: StepTime, work: Workload, past: Sequence[PastRun]) -> StepTime | None:
    """Estimate from the newest run that differs only in its shape, unless the card was measured at this one."""
    if found.kind == "benchmark" and found.scale == AS_MEASURED:
        return None
    for run in past:
        if run.differs_only_in_shape(work.config, work.ranks):
            config = run.config
            tokens = max(map(config.family.tokens, config.shapes)) * config.batch_size
            tokens *= config.gradient_accumulation_steps
            text = sentence("plan.source.history_other_shape", host=run.host)
            reference = Range(run.step_s, run.step_s).times(1 - OTHER_SHAPE_ERROR, 1 + OTHER_SHAPE_ERROR)
            return replace(found, kind="history", text=text, reference=(reference, tokens))
    return None
