"""Decide which samples each step of a run trains on, by arithmetic alone. `Counts` decides how many steps there are.

Samples are numbered bucket after bucket, and in a bucket data set after data set. An epoch goes through so many
positions for each sample as its data set's passes say, in a random order that only the seed and the epoch's number
decide. Where that is no whole number, an epoch takes the samples of the data set that come next in an order of their
own, which all epochs together go through evenly. In a micro-step all ranks take a batch of the same bucket, so none
waits for another, each rank the positions after those of the rank before it. Where the ranks and the batch do not
divide a bucket's positions, the first positions of its order fill the last batches: no sample is left out of an epoch,
and fewer than `world_size * batch_size` of each bucket are seen once more than the others. An optimizer step is made of
`accumulation` micro-steps, of any buckets, or of those that the epoch has left.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from trainer.contract.config import RunConfig
from trainer.contract.plan.counting import Counts

_NO_EPOCH = 2**32 - 1
"""Stands where the number of an epoch does among the seeds of an order."""


@dataclass(frozen=True)
class Span:
    """The micro-steps of one optimizer step. `epoch` counts from 1, micro-steps from 0 over the whole run."""

    epoch: int
    micro_steps: range


@dataclass(frozen=True)
class Sampler(Counts):
    """Map steps to micro-steps and micro-steps to batches."""

    seed: int

    @classmethod
    def of(cls, config: RunConfig, parts: Sequence[Sequence[int]], world_size: int) -> "Sampler":
        return cls(**vars(Counts.of_config(config, parts, world_size)), seed=config.seed)

    def span(self, step: int) -> Span:
        """Return the micro-steps of optimizer step `step`, which counts from 1."""
        epoch, step_in_epoch = divmod(step - 1, self.steps_per_epoch)
        begin = step_in_epoch * self.accumulation
        end = min(begin + self.accumulation, self.micro_steps_per_epoch)
        base = epoch * self.micro_steps_per_epoch
        return Span(epoch + 1, range(base + begin, base + end))

    def epoch(self, micro_step: int) -> int:
        """Return the epoch of a micro-step, counted from 1."""
        return micro_step // self.micro_steps_per_epoch + 1

    def batch(self, micro_step: int, rank: int) -> tuple[int, ...]:
        """Return the numbers, below `samples`, of the batch of `rank` in `micro_step`: samples of one bucket."""
        epoch, place = divmod(micro_step, self.micro_steps_per_epoch)
        mixed, orders = _orders(self.seed, epoch, self.positions, self.micro_steps_per_epoch)
        if mixed is not None:
            place = int(mixed[place])
        bucket = bisect_right(self.ends, place)
        first = (place - self.begins[bucket]) * self.global_batch + rank * self.batch_size
        order = orders[bucket]
        taken = (first + number for number in range(self.batch_size))
        return tuple(self._sample(epoch, bucket, int(order[position % len(order)])) for position in taken)

    def _sample(self, epoch: int, bucket: int, position: int) -> int:
        """Return the sample that stands at a position of a bucket in an epoch, which counts from 0."""
        begins = self._part_begins[bucket]
        part = bisect_right(begins, position) - 1
        size, positions = self.parts[bucket][part], self.positions_of_parts[bucket][part]
        offset, place = self._part_offsets[bucket][part], position - begins[part]
        if positions % size == 0:
            return offset + place % size
        order = _order_of_part(self.seed, bucket, part, size)
        return offset + int(order[(epoch * positions + place) % size])

    @cached_property
    def _part_begins(self) -> list[list[int]]:
        """List the first position of each data set in each bucket."""
        return [[0, *accumulate(positions[:-1])] for positions in self.positions_of_parts]

    @cached_property
    def _part_offsets(self) -> list[list[int]]:
        """List the number of the first sample of each data set in each bucket."""
        before = accumulate(self.buckets[:-1], initial=0)
        return [
            [first + of for of in accumulate(part[:-1], initial=0)]
            for first, part in zip(before, self.parts, strict=True)
        ]


@lru_cache(maxsize=2)  # epochs, for the next batch is asked for early
def _orders(
    seed: int, epoch: int, positions: tuple[int, ...], micro_steps: int
) -> tuple[npt.NDArray[np.int64] | None, list[npt.NDArray[np.int64]]]:
    """Shuffle an epoch: the order of its micro-steps (None if there is one bucket) and of each bucket's positions."""
    if len(positions) == 1:
        return None, [_shuffled([seed, epoch], positions[0])]
    orders = [_shuffled([seed, epoch, 1 + bucket], count) for bucket, count in enumerate(positions)]
    return _shuffled([seed, epoch, 0], micro_steps), orders


@lru_cache(maxsize=64)
def _order_of_part(seed: int, bucket: int, part: int, size: int) -> npt.NDArray[np.int64]:
    """Shuffle the samples that a bucket has of a data set, once for all epochs."""
    return _shuffled([seed, _NO_EPOCH, bucket, part], size)


def _shuffled(seeds: list[int], count: int) -> npt.NDArray[np.int64]:
    """Make a permutation. By RandomState, for numpy promises that its streams never change (NEP 19)."""
    return np.random.RandomState(seeds).permutation(count)
