"""Count the steps of a run. `trainer.data.sampler` chooses the samples of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import ceil

from trainer.contract.config import RunConfig

_ROUNDING = 1e-6
"""Of a product of a count and a weight: 10 samples of weight 0.3 are 3."""


@dataclass(frozen=True)
class Counts:
    """The steps of a run on `world_size` ranks. `parts`: how many usable samples each bucket has of each data set; no
    bucket is empty. `passes`: how often an epoch takes each sample of a data set, on average.

    A micro-step takes a batch of one bucket on every rank. An optimizer step is `accumulation` of them, or those that
    the epoch has left.
    """

    parts: tuple[tuple[int, ...], ...]
    passes: tuple[float, ...]
    epochs: int
    world_size: int
    batch_size: int
    accumulation: int
    max_steps: int | None

    @classmethod
    def of_config(cls, config: RunConfig, parts: Sequence[Sequence[int]], world_size: int) -> "Counts":
        return Counts(
            parts=tuple(map(tuple, parts)),
            passes=tuple(dataset.passes for dataset in config.datasets),
            epochs=config.num_epochs,
            world_size=world_size,
            batch_size=config.batch_size,
            accumulation=config.gradient_accumulation_steps,
            max_steps=config.max_steps,
        )

    @cached_property
    def buckets(self) -> tuple[int, ...]:
        """The samples of each bucket."""
        return tuple(map(sum, self.parts))

    @property
    def samples(self) -> int:
        return sum(self.buckets)

    @property
    def global_batch(self) -> int:
        """What all ranks together take in a micro-step."""
        return self.world_size * self.batch_size

    @cached_property
    def positions_of_parts(self) -> tuple[tuple[int, ...], ...]:
        """What an epoch goes through, of each bucket and data set."""
        return tuple(
            tuple(_positions(size, passes) for size, passes in zip(part, self.passes, strict=True))
            for part in self.parts
        )

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """What an epoch goes through, of each bucket."""
        return tuple(map(sum, self.positions_of_parts))

    @cached_property
    def ends(self) -> list[int]:
        """Before the buckets are mixed, the micro-steps of one follow those of the other; where those of each end."""
        return list(accumulate(-(-positions // self.global_batch) for positions in self.positions))

    @cached_property
    def begins(self) -> list[int]:
        return [0, *self.ends[:-1]]

    @property
    def micro_steps_per_epoch(self) -> int:
        """Of each rank."""
        return self.ends[-1]

    @property
    def steps_per_epoch(self) -> int:
        return -(-self.micro_steps_per_epoch // self.accumulation)

    @property
    def total_steps(self) -> int:
        planned = self.steps_per_epoch * self.epochs
        return planned if self.max_steps is None else min(planned, self.max_steps)


def _positions(size: int, passes: float) -> int:
    """Count the positions of `size` samples: at least one if there is any."""
    return max(ceil(size * passes - _ROUNDING), min(size, 1))
