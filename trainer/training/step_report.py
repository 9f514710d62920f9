"""Pack what the ranks tell each other after each step into the one list of numbers that a collective adds up.

The list: the loss, three wishes, and then for each of three figures a place a rank, of which a rank fills its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_WISHES = 3


@dataclass(frozen=True)
class StepReport:
    """Report one rank's part of a step. Micro-steps count from 1 within the step; 0 stands for none.

    `loss`: the mean over its micro-steps. `nonfinite_at`: the first whose loss is not finite. `short_at`: the one in
    which memory ran out before the step was done again. `peak_gb`: GPU memory, 0 on the CPU.
    """

    loss: float
    stop: bool
    save: bool
    sample: bool
    nonfinite_at: int
    short_at: int
    peak_gb: float

    def pack(self, rank: int, world_size: int) -> list[float]:
        """Lay it out so that the element-wise sum over all ranks is what `StepSummary.unpack` takes."""
        by_rank = [0.0] * (3 * world_size)
        by_rank[rank], by_rank[world_size + rank] = float(self.nonfinite_at), float(self.short_at)
        by_rank[2 * world_size + rank] = self.peak_gb
        return [self.loss, float(self.stop), float(self.save), float(self.sample), *by_rank]


@dataclass(frozen=True)
class StepSummary:
    """Tell all ranks of a step: the mean loss, what any of them wishes for, and the others' figures by rank."""

    loss: float
    stop: bool
    save: bool
    sample: bool
    nonfinite_at: list[int]
    short_at: list[int]
    peak_gb: list[float]

    @classmethod
    def unpack(cls, summed: Sequence[float], world_size: int) -> "StepSummary":
        """Read the sum of what the ranks packed."""
        loss_sum, *wishes = summed[: 1 + _WISHES]
        nonfinite, short, peak = (
            summed[1 + _WISHES + place * world_size : 1 + _WISHES + (place + 1) * world_size] for place in range(3)
        )
        stop, save, sample = (wish > 0 for wish in wishes)
        return cls(
            loss=loss_sum / world_size,
            stop=stop,
            save=save,
            sample=sample,
            nonfinite_at=[int(at) for at in nonfinite],
            short_at=[int(at) for at in short],
            peak_gb=list(peak),
        )
