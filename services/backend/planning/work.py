"""What a run will go through: its buckets, its steps, and how many tokens a step is of."""

from collections import Counter
from dataclasses import dataclass

from services.backend.planning.table import Samples
from trainer.contract.config import Problem, RunConfig
from trainer.contract.plan import held_out
from trainer.contract.plan.buckets import candidates, sizes
from trainer.contract.plan.counting import Counts
from trainer.contract.plan.pauses import Passes
from trainer.contract.shape import Shape


@dataclass(frozen=True)
class Work:
    """`buckets` are of what is trained on, `cached` of all that is used. Where a clip's bucket is known only when its
    file has been looked at (`is_exact` is False), all of its kind are in the one of most tokens, and `least_tokens` has
    them in the one of fewest."""

    config: RunConfig
    ranks: int
    held_out: int
    buckets: dict[Shape, int]
    cached: dict[Shape, int]
    is_exact: bool
    least_share: float
    """By how much the tokens of a step may be less than these."""

    @property
    def counts(self) -> Counts:
        return Counts.of_config(self.config, list(self.buckets.values()), self.ranks)

    @property
    def passes(self) -> Passes:
        return Passes.of(self.config, sum(self.buckets.values()), self.held_out, self.ranks)

    @property
    def mix(self) -> list[tuple[float, int]]:
        """The share of each bucket in the micro-steps, and the tokens of one of its."""
        counts = self.counts
        spans = zip(counts.begins, counts.ends, self.buckets, strict=True)
        whole = counts.micro_steps_per_epoch
        return [((end - begin) / whole, shape.tokens * counts.batch_size) for begin, end, shape in spans]

    @property
    def tokens(self) -> float:
        """Of a rank in an optimizer step."""
        return self.config.gradient_accumulation_steps * sum(share * tokens for share, tokens in self.mix)


def work_of(config: RunConfig, samples: Samples, ranks: int) -> Work:
    """Raises: Problem where nothing is left to train on."""
    videos_held, images_held = samples.split or samples.held(held_out.wanted(config, samples.files))
    trained: Counter[Shape] = Counter()
    cached: Counter[Shape] = Counter()
    is_exact, tokens, least_tokens = True, 0, 0
    for is_image, used, held in ((False, samples.videos, videos_held), (True, samples.images, images_held)):
        if not used:
            continue
        possible = candidates(config, is_image)
        largest = max(possible, key=lambda shape: shape.tokens)
        is_exact = is_exact and len(possible) == 1
        trained[largest] += used - held
        cached[largest] += used
        tokens += (used - held) * largest.tokens
        least_tokens += (used - held) * min(shape.tokens for shape in possible)
    buckets = {shape: trained[shape] for shape in sizes(trained) if trained[shape] > 0}
    if not buckets:
        problem = "The data set has no rows that can be trained on."
        raise Problem("no_usable_clips", problem, "Each needs a file and a caption.", "dataset_metadata_path")
    share = least_tokens / tokens if tokens else 1.0
    return Work(config, ranks, videos_held + images_held, buckets, dict(cached), is_exact, share)
