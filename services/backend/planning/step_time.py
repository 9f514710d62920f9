"""The seconds of a step and of caching a clip, and where they come from: the nearest thing that was ever measured."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from services.backend.planning.history import Past, typical
from services.backend.planning.trial import CACHING_DOUBT, Tried
from services.backend.planning.workload import Work
from trainer.contract.config import RunConfig
from trainer.contract.plan import step_time
from trainer.contract.plan.memory import MemoryPlan
from trainer.contract.plan.sizes import SIZES
from trainer.contract.plan.step_time import Point, Range

Kind = Literal["trial", "history", "benchmark", "own", "unknown"]
NEWEST = 5
"""Earlier runs that are looked at."""
PAST_DOUBT = 0.05
OTHER_SHAPE_DOUBT = 0.3
USABLE = 0.92
"""The share of a card's memory from which blocks are recomputed."""
FORWARD = (0.3, 0.6)
"""A pass of the DiT without gradients, as a share of a step's."""
CPU = "CPU"
AS_MEASURED = Range(1, 1)


@dataclass(frozen=True)
class Machine:
    """What a run would be on: `cards` of one kind, none where it is the CPU. `card_bytes` is None if unknown."""

    host: str
    card: str
    cards: int
    card_bytes: int | None


class Own(NamedTuple):
    """A person's own figure: the seconds of a step of so many tokens."""

    seconds: float
    tokens: float


@dataclass(frozen=True)
class Speed:
    """What is known. Of `reference` and `points` one at most is there; `scale` is by what the points are doubted."""

    kind: Kind
    text: str
    machine: Machine
    reference: tuple[Range, float] | None = None
    """The seconds of a step of so many tokens."""
    points: tuple[Point, ...] = ()
    scale: Range = AS_MEASURED
    caching: tuple[Point, ...] = ()
    caching_scale: Range = AS_MEASURED
    eval_s: float | None = None
    sample_s: float | None = None
    trial_text: str = ""
    """Why what was tried is not taken as it is."""

    def step(self, work: Work) -> Range | None:
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

    def caching_s(self, work: Work) -> Range | None:
        """Of all clips, on all ranks at once."""
        if not self.caching:
            return None
        total = Range(0, 0)
        for shape, clips in work.cached.items():
            total = total.plus(step_time.at(self.caching, shape.tokens).times(clips / work.ranks))
        return total.times(*self.caching_scale).times(work.least_share, 1)


def speed_of(
    work: Work, machine: Machine, past: Sequence[Past], own: Own | None = None, tried: Tried | None = None
) -> Speed:
    """The best of what is known for `work`."""
    found = _measured(work, machine, past)
    if tried is not None:
        found = _with_trial(found, work, past, tried)
    if own is not None:
        text = "Your own figure."
        if own.tokens != work.tokens:
            text = "Your own figure, which was of another shape or batch: carried over by the tokens of a step."
        about = "Your own figure is used in place of the trial's." if tried is not None else ""
        reference = (Range(own.seconds, own.seconds), own.tokens)
        found = replace(found, kind="own", text=text, reference=reference, trial_text=about)
    return found


def _measured(work: Work, machine: Machine, past: Sequence[Past]) -> Speed:
    """From earlier runs, or from the shipped table."""
    config = work.config
    like = [run for run in past if run.is_like(config, work.ranks)][:NEWEST]
    found = _benchmarked(config, machine)
    caching = typical([run.cache_s for run in like])
    if caching is not None:
        largest = max(shape.tokens for shape in work.cached)
        found = replace(found, caching=(Point(largest, caching),), caching_scale=Range(0.8, 1.25))
    if like:
        doubt = Range(min(run.step_s for run in like) * (1 - PAST_DOUBT), max(run.step_s for run in like) * 1.05)
        runs = "an earlier run" if len(like) == 1 else f"{len(like)} earlier runs"
        hosts = ", ".join(dict.fromkeys(run.host for run in like))
        text = f"Measured by {runs} of this model, shape and settings on {hosts} ({machine.card})."
        evals, samples = typical([run.eval_s for run in like]), typical([run.sample_s for run in like])
        found = replace(
            found, kind="history", text=text, reference=(doubt, work.tokens), eval_s=evals, sample_s=samples
        )
    elif found.kind == "unknown" or machine.card != CPU:
        found = _from_other_shapes(found, work, past) or found
    return found


def _with_trial(found: Speed, work: Work, past: Sequence[Past], tried: Tried) -> Speed:
    """`found`, with what the trial knows better: all of a step, or how it is scaled where nothing else was measured at
    this shape on this card."""
    config, machine = work.config, found.machine
    if text := tried.otherness(config, work.ranks, machine.card):
        return replace(found, trial_text=text)
    is_like = tried.is_like(config)
    is_known = found.kind == "benchmark" and found.scale == AS_MEASURED
    if not is_like and (is_known or any(run.is_like(config, work.ranks) for run in past)):
        text = "The trial was at another shape, and of this one more is known without it."
        return replace(found, trial_text=text)
    if tried.caching:
        found = replace(found, caching=tried.caching, caching_scale=CACHING_DOUBT)
    if is_like:
        return replace(found, kind="trial", text=f"Measured by {tried.text}.", reference=(tried.step, tried.tokens))
    reference = (tried.step.times(1 - OTHER_SHAPE_DOUBT, 1 + OTHER_SHAPE_DOUBT), tried.tokens)
    return replace(
        found,
        kind="trial",
        text=f"Carried over from {tried.text} by the tokens of a step.",
        reference=reference,
        trial_text="The trial was at another shape, so its figure is scaled: try 20 steps of this one to know better.",
    )


def recomputes(work: Work, machine: Machine) -> bool | None:
    """Whether blocks are recomputed; None where that is not known."""
    if work.config.use_gradient_checkpointing != "auto":
        return work.config.use_gradient_checkpointing
    if machine.card == CPU:
        return False
    if machine.card_bytes is None:
        return None
    return memory_of(work, machine).peak_bytes(0) > USABLE * machine.card_bytes


def memory_of(work: Work, machine: Machine) -> MemoryPlan:
    return MemoryPlan.of(work.config, SIZES[work.config.model], number_bytes(work.config, machine), work.ranks)


def number_bytes(config: RunConfig, machine: Machine) -> int:
    """Of the base's format."""
    is_whole = config.mixed_precision == "fp32" or (config.mixed_precision == "auto" and machine.card == CPU)
    return 4 if is_whole else 2


def encoder_bytes(config: RunConfig, machine: Machine) -> int:
    """Of the encoders' format: that of the base, but fp32 in place of fp16."""
    card = step_time.known_card(machine.card)
    is_half = config.mixed_precision == "fp16" or (config.mixed_precision == "auto" and card and not card.has_bf16)
    return 4 if is_half else number_bytes(config, machine)


def _benchmarked(config: RunConfig, machine: Machine) -> Speed:
    """From the shipped table."""
    rows = step_time.benchmarks(config.model, machine.card)
    cards = [card for card in step_time.measured_cards(config.model) if card != CPU]
    if rows:
        doubt = Range(*step_time.OTHER_PROCESSOR) if machine.card == CPU else AS_MEASURED
        text = f"From the shipped benchmarks: measured on one {machine.card}."
        if machine.card == CPU:
            text = "From the shipped benchmarks: measured on two cores of a CPU; yours differs."
        return _by_table(text, machine, rows, doubt)
    mine = step_time.known_card(machine.card)
    theirs = step_time.known_card(cards[0]) if cards else None
    if mine is None or theirs is None:
        what = f"of {config.model}" if not cards else f"on {machine.card}"
        text = f"Nothing was measured {what} yet: try 20 steps, or give your own figure."
        return Speed("unknown", text, machine)
    ratio = theirs.tflops / mine.tflops
    doubt = Range(*step_time.OTHER_CARD).times(ratio)
    text = (
        f"A guess: measured on one {cards[0]}; your card differs ({machine.card}), so it is scaled by the two cards' "
        f"rates, {theirs.tflops:g} to {mine.tflops:g} TFLOP/s."
    )
    rows = step_time.benchmarks(config.model, cards[0])
    return _by_table(text, machine, rows, doubt)


def _by_table(text: str, machine: Machine, rows: Sequence[step_time.Benchmark], doubt: Range) -> Speed:
    points = tuple(row.point for row in rows)
    caching = tuple(Point(row.shape.tokens, row.cache_s) for row in rows if row.cache_s is not None)
    return Speed("benchmark", text, machine, points=points, scale=doubt, caching=caching, caching_scale=doubt)


def _from_other_shapes(found: Speed, work: Work, past: Sequence[Past]) -> Speed | None:
    """From the newest run that differs in its shape alone, where the card was not measured at this one."""
    if found.kind == "benchmark" and found.scale == AS_MEASURED:
        return None
    for run in past:
        if run.differs_in_shape(work.config, work.ranks):
            config = run.config
            tokens = max(shape.tokens for shape in config.shapes) * config.batch_size
            tokens *= config.gradient_accumulation_steps
            text = f"Carried over from an earlier run of this model on {run.host} at another shape."
            reference = Range(run.step_s, run.step_s).times(1 - OTHER_SHAPE_DOUBT, 1 + OTHER_SHAPE_DOUBT)
            return replace(found, kind="history", text=text, reference=(reference, tokens))
    return None
