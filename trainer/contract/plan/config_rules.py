"""List the rules by which settings that cannot work, or that surprise people, are told before a run.

`warnings_of` is what the plan, the form, the check and the run's log say; none of them has a rule of its own. A rule is
a function of `RunFacts` that yields messages, each with its figures and a way out. A rule that lacks a fact says
nothing.
"""

from collections.abc import Callable, Iterator
from math import ceil, lcm, sqrt

from trainer.contract.config import RunConfig
from trainer.contract.messages import Message, message
from trainer.contract.plan.periodic_work import times
from trainer.contract.plan.run_facts import RunFacts

HIGH_RATE = 10.0
"""A learning rate is told from this multiple of the presets' highest on."""
BF16_HALF_STEP = 2.0**-9
"""The least change, as a share of a number, that bf16's 8 bits can round to another number."""
WORTH_IT = 0.1
"""The share of the steps' time that a hint leaves to evaluations or samples."""
UNUSED_SHARE = 0.1
"""The share of a data set that may be neither trained on nor evaluated without a word."""
UNSAVED_S = 2 * 3600.0
"""The time that a run may take without a checkpoint before its end."""
SAVE_S = 1800.0
"""The time between checkpoints that a hint proposes."""
MOST_TOLD = 3
"""Shapes that are told of one by one."""

_DEFAULT_WARMUP_STEPS: int = RunConfig.model_fields["warmup_steps"].default


def warnings_of(facts: RunFacts) -> list[Message]:
    """Say what surprises people about a run with these settings; empty for one without trouble."""
    return [said for rule in RULES for said in rule(facts)]


def warmup(facts: RunFacts) -> Iterator[Message]:
    """Tell a warm-up that ends after the run, or one beyond the default that takes more than half of it."""
    rise, total, rate = facts.config.warmup_steps, facts.counts.total_steps, facts.config.learning_rate
    about = {"warmup": rise, "steps": total, "enough": total // 10}
    if rise > total:
        yield message("warmup_long", reached=rate * total / rise, rate=rate, **about)
    elif rise > _DEFAULT_WARMUP_STEPS and 2 * rise > total:
        yield message("warmup_long.half", rate=rate, **about)


def accumulation(facts: RunFacts) -> Iterator[Message]:
    """Tell an accumulation longer than an epoch: a step then ends with the epoch, short of its micro-steps."""
    counts = facts.counts
    wanted, there = counts.accumulation, counts.micro_steps_per_epoch
    if wanted > there:
        repeat = ceil(facts.config.dataset_repeat * wanted / there)
        yield message("accumulation_long", wanted=wanted, there=there, repeat=repeat)


def max_steps(facts: RunFacts) -> Iterator[Message]:
    """Tell a step limit that the epochs never reach."""
    counts = facts.counts
    planned = counts.steps_per_epoch * counts.epochs
    if counts.max_steps is not None and counts.max_steps > planned:
        epochs = ceil(counts.max_steps / counts.steps_per_epoch)
        yield message("max_steps_unreached", wanted=counts.max_steps, planned=planned, epochs=epochs)


def high_rate(facts: RunFacts) -> Iterator[Message]:
    rate, rates = facts.config.learning_rate, facts.preset_rates
    if rates and rate >= HIGH_RATE * rates[-1]:
        yield message("learning_rate_high", rate=rate, model=facts.config.model, preset=rates[-1])


def low_rate(facts: RunFacts) -> Iterator[Message]:
    """Tell a learning rate below every preset's by which the run changes no weight that a bf16 file can hold.

    A step of AdamW moves a number by about the rate at most (Kingma and Ba 2015, section 2.1), so B, which begins at
    zero, ends within rate x steps. A is drawn with a variance of 1 / (3 inputs), as PEFT does, and the base's weights
    have one of about 1 / inputs: the LoRA's B A changes them by sqrt(rank / 3) x B of their size.
    """
    rate, total = facts.config.learning_rate, facts.counts.total_steps
    moved = rate * total
    change = sqrt(facts.config.lora_rank / 3) * moved
    if facts.preset_rates and rate < facts.preset_rates[0] and change < BF16_HALF_STEP:
        yield message("learning_rate_low", rate=rate, steps=total, change=change, preset=facts.preset_rates[0])


def held_out(facts: RunFacts) -> Iterator[Message]:
    """Tell that more is held out than trained on, or that much of it is never evaluated either."""
    held, trained, evaluated = facts.held_out, facts.counts.samples, facts.config.eval_samples
    if held > trained:
        yield message("held_out_many", held_out=held, trained=trained)
    elif held - evaluated > UNUSED_SHARE * (held + trained):
        yield message("held_out_many.unevaluated", held_out=held, evaluated=evaluated, unused=held - evaluated)


def evaluations(facts: RunFacts) -> Iterator[Message]:
    """Tell periodic evaluations that take longer than the steps between them."""
    every, cost = facts.config.eval_steps, facts.evaluation_steps
    if cost > every and every < facts.counts.total_steps:
        yield message("evaluations_long", cost=cost, every=every, enough=ceil(cost / WORTH_IT))


def samples(facts: RunFacts) -> Iterator[Message]:
    """Tell periodic draws of samples that take longer than the steps between them."""
    every, cost = facts.steps_between_draws, facts.draw_steps
    if cost > every and every < facts.counts.total_steps:
        yield message("samples_long", cost=cost, every=every, enough=ceil(cost / WORTH_IT))


def rare_checkpoints(facts: RunFacts) -> Iterator[Message]:
    """Tell a long run that saves nothing before its end."""
    total, step_s = facts.counts.total_steps, facts.step_s
    if step_s is not None and total * step_s > UNSAVED_S and facts.steps_between_checkpoints >= total:
        enough = max(1, round(SAVE_S / step_s))
        hours = total * step_s / 3600
        yield message("checkpoints_rare", steps=total, hours=hours, minutes=SAVE_S / 60, enough=enough)


def best_checkpoint(facts: RunFacts) -> Iterator[Message]:
    """Tell that the best checkpoint may be removed, for none before the last is evaluated at its own step."""
    config, total = facts.config, facts.counts.total_steps
    if config.keep_checkpoints is None or lcm(config.save_steps, config.eval_steps) < total:
        return
    saved = times(facts.steps_between_checkpoints, 0, total)
    if saved > config.keep_checkpoints:
        about = {"save_steps": config.save_steps, "eval_steps": config.eval_steps}
        yield message("best_not_kept", saved=saved, kept=config.keep_checkpoints, **about)


def short_clips(facts: RunFacts) -> Iterator[Message]:
    """Tell that most of the videos have fewer frames than they would be trained at."""
    if facts.too_short > facts.videos:
        yield message("clips_short", too_short=facts.too_short, videos=facts.too_short + facts.videos)


def small_buckets(facts: RunFacts) -> Iterator[Message]:
    """Tell the shapes that have less than one batch of all ranks in an epoch."""
    counts = facts.counts
    sizes = zip(facts.shapes, counts.buckets, counts.positions, strict=True)
    small = [(shape, size) for shape, size, positions in sizes if positions < counts.global_batch]
    if len(small) > MOST_TOLD:
        samples = sum(size for _, size in small)
        yield message("bucket_small.many", shapes=len(small), samples=samples, batch=counts.global_batch)
    else:
        for shape, size in small:
            yield message("bucket_small", shape=shape, samples=size, batch=counts.global_batch)


RULES: tuple[Callable[[RunFacts], Iterator[Message]], ...] = (
    warmup,
    accumulation,
    max_steps,
    high_rate,
    low_rate,
    held_out,
    evaluations,
    samples,
    rare_checkpoints,
    best_checkpoint,
    short_clips,
    small_buckets,
)
