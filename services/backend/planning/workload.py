"""The workload of a run: its buckets, its steps, and the tokens of a step."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from services.backend.planning.samples import Samples, held_out_rows, place
from trainer.contract.config import RunConfig
from trainer.contract.messages import message
from trainer.contract.plan import buckets
from trainer.contract.plan.counting import Counts
from trainer.contract.plan.periodic_work import ForwardPasses
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape


@dataclass(frozen=True)
class Workload:
    """`parts` counts the samples trained on by shape and data set, `cached` the latents of all files that are used,
    a file once in however many rows it is.

    If a clip's bucket is not known before its file is read (`is_exact` is False), it counts in the bucket with the most
    tokens, and `least_share` counts it in the one with the fewest.
    """

    config: RunConfig
    ranks: int
    videos: int
    images: int
    held_out: int
    too_short: int
    parts: dict[Shape, tuple[int, ...]]
    cached: dict[Shape, int]
    is_exact: bool
    least_share: float
    """The least tokens of a step, as a share of `tokens`."""

    @property
    def counts(self) -> Counts:
        return Counts.of_config(self.config, list(self.parts.values()), self.ranks)

    @property
    def buckets(self) -> dict[Shape, int]:
        """The samples trained on, by shape."""
        return {shape: sum(part) for shape, part in self.parts.items()}

    @property
    def passes(self) -> ForwardPasses:
        return ForwardPasses.of(self.config, sum(self.buckets.values()), self.held_out, self.ranks)

    @property
    def mix(self) -> list[tuple[float, int]]:
        """The share of each bucket in the micro-steps, and the tokens of such a micro-step."""
        return mix(self.config, self.ranks, self.parts)

    @property
    def tokens(self) -> float:
        """Tokens of a rank in an optimizer step."""
        return tokens_a_step(self.config, self.ranks, self.parts)


def mix(config: RunConfig, ranks: int, parts: Mapping[Shape, tuple[int, ...]]) -> list[tuple[float, int]]:
    """Return the share of each bucket in the micro-steps, and the tokens of such a micro-step."""
    counts = Counts.of_config(config, list(parts.values()), ranks)
    whole = counts.micro_steps_per_epoch
    spans = zip(counts.begins, counts.ends, parts, strict=True)
    return [((end - begin) / whole, config.family.tokens(shape) * counts.batch_size) for begin, end, shape in spans]


def tokens_a_step(config: RunConfig, ranks: int, parts: Mapping[Shape, tuple[int, ...]]) -> float:
    """Count the tokens of a rank in an optimizer step."""
    return config.gradient_accumulation_steps * sum(share * tokens for share, tokens in mix(config, ranks, parts))


def workload_of(config: RunConfig, samples: Samples, ranks: int) -> Workload:
    """Place the samples as a config trains them. Raises: Problem if nothing is left to train on."""
    placed = place(samples, config)
    held = held_out_rows(samples, placed, config)
    trained: Counter[tuple[Shape, int]] = Counter()
    cached: Counter[Shape] = Counter()
    tokens, least_tokens = 0, 0
    for at, used in placed.used.items():
        trained[at.largest, at.dataset] += used - held[at]
        cached[at.largest] += placed.encoded[at]
        tokens += (used - held[at]) * config.family.tokens(at.largest)
        least_tokens += (used - held[at]) * config.family.tokens(at.least)
    parts = buckets.parts(+trained, len(config.datasets))
    if not parts:
        if placed.too_short:
            raise Problem(message("no_usable_clips.too_short", rows=placed.too_short), "num_frames")
        raise Problem(message("no_usable_clips.incomplete"), "dataset_metadata_path")
    return Workload(
        config=config,
        ranks=ranks,
        videos=sum(used for at, used in placed.used.items() if not at.is_image),
        images=sum(used for at, used in placed.used.items() if at.is_image),
        held_out=held.total(),
        too_short=placed.too_short,
        parts=parts,
        cached=dict(cached),
        is_exact=placed.is_counted and not samples.doubtful and all(at.largest == at.least for at in placed.used),
        least_share=least_tokens / tokens if tokens else 1.0,
    )
