"""How many steps a run takes, and which sample each of them trains on: pure arithmetic, without torch.

An epoch goes through `samples * repeat` positions in a random order that only the seed and the epoch's number decide.
In a micro-step each rank takes one position, the next rank the next; an optimizer step is made of `accumulation`
micro-steps, or of those that the epoch has left.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from trainer.contract.config import RunConfig


@dataclass(frozen=True)
class Span:
    """The micro-steps of one optimizer step. `epoch` counts from 1, micro-steps from 0 over the whole run."""

    epoch: int
    micro_steps: range


@dataclass(frozen=True)
class Plan:
    """The steps of a run with `samples` usable clips on `world_size` ranks."""

    samples: int
    repeat: int
    epochs: int
    world_size: int
    accumulation: int
    max_steps: int | None
    seed: int

    @classmethod
    def of(cls, config: RunConfig, samples: int, world_size: int) -> "Plan":
        return cls(
            samples=samples,
            repeat=config.dataset_repeat,
            epochs=config.num_epochs,
            world_size=world_size,
            accumulation=config.gradient_accumulation_steps,
            max_steps=config.max_steps,
            seed=config.seed,
        )

    @property
    def positions(self) -> int:
        """What an epoch goes through."""
        return self.samples * self.repeat

    @property
    def micro_steps_per_epoch(self) -> int:
        """Of each rank; where the ranks do not divide the positions, the first positions fill the last micro-step."""
        return -(-self.positions // self.world_size)

    @property
    def steps_per_epoch(self) -> int:
        return -(-self.micro_steps_per_epoch // self.accumulation)

    @property
    def total_steps(self) -> int:
        planned = self.steps_per_epoch * self.epochs
        return planned if self.max_steps is None else min(planned, self.max_steps)

    def span(self, step: int) -> Span:
        """The micro-steps of optimizer step `step`, which counts from 1."""
        epoch, step_in_epoch = divmod(step - 1, self.steps_per_epoch)
        begin = step_in_epoch * self.accumulation
        end = min(begin + self.accumulation, self.micro_steps_per_epoch)
        base = epoch * self.micro_steps_per_epoch
        return Span(epoch + 1, range(base + begin, base + end))

    def sample(self, micro_step: int, rank: int) -> int:
        """The index, below `samples`, of what `rank` trains on in `micro_step`."""
        epoch, micro_step_in_epoch = divmod(micro_step, self.micro_steps_per_epoch)
        position = (micro_step_in_epoch * self.world_size + rank) % self.positions
        return int(_order(self.seed, epoch, self.positions)[position]) % self.samples


@lru_cache(maxsize=2)
def _order(seed: int, epoch: int, positions: int) -> npt.NDArray[np.int64]:
    """A permutation of the positions. RandomState, for numpy promises that its streams never change (NEP 19)."""
    return np.random.RandomState([seed, epoch]).permutation(positions)
