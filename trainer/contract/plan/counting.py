"""Count the steps of a run. `trainer.data.sampler` chooses the samples of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from trainer.contract.config import RunConfig


@dataclass(frozen=True)
class Counts:
    """The steps of a run on `world_size` ranks. `buckets`: how many usable samples each has, none of them empty.

    A micro-step takes a batch of one bucket on every rank. An optimizer step is `accumulation` of them, or those that
    the epoch has left.
    """

    buckets: tuple[int, ...]
    repeat: int
    epochs: int
    world_size: int
    batch_size: int
    accumulation: int
    max_steps: int | None

    @classmethod
    def of_config(cls, config: RunConfig, buckets: Sequence[int], world_size: int) -> "Counts":
        return Counts(
            buckets=tuple(buckets),
            repeat=config.dataset_repeat,
            epochs=config.num_epochs,
            world_size=world_size,
            batch_size=config.batch_size,
            accumulation=config.gradient_accumulation_steps,
            max_steps=config.max_steps,
        )

    @property
    def samples(self) -> int:
        return sum(self.buckets)

    @property
    def global_batch(self) -> int:
        """What all ranks together take in a micro-step."""
        return self.world_size * self.batch_size

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """What an epoch goes through, of each bucket."""
        return tuple(size * self.repeat for size in self.buckets)

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
