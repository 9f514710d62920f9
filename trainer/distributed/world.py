"""Tell which rank this process is. No torch, so that the step log begins before torch is imported."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class World:
    """This process's rank, as torchrun sets it in the environment."""

    rank: int
    size: int
    local_rank: int

    @classmethod
    def from_environment(cls) -> "World":
        """Read torchrun's variables. Rank 0 of 1 if they are missing."""
        rank, size, local_rank = (os.environ.get(name) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
        return cls(rank=int(rank or 0), size=int(size or 1), local_rank=int(local_rank or 0))

    @property
    def is_main(self) -> bool:
        return self.rank == 0
