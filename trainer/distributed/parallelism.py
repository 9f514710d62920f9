"""How the ranks of a run share its memory and its work, by the config's `distributed_type`. No torch."""

from dataclasses import dataclass

from trainer.contract.config import RunConfig


@dataclass(frozen=True)
class Parallelism:
    """What is sharded over the ranks. A single rank has nothing to share, and shards nothing.

    `shards_optimizer`: AdamW's state, by DeepSpeed's ZeRO-2. `shards_base`: the frozen base as well.
    """

    shards_optimizer: bool
    shards_base: bool

    @classmethod
    def of(cls, config: RunConfig, ranks: int) -> "Parallelism":
        return cls(
            shards_optimizer=config.distributed_type in ("zero2", "zero3") and ranks > 1,
            shards_base=config.distributed_type == "zero3" and ranks > 1,
        )

    @property
    def every_rank_computes_all(self) -> bool:
        """Whether work cannot be dealt out by rank: with a sharded base one rank's pass is a pass of all."""
        return self.shards_base
