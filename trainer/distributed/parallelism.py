"""Decide by the config's `distributed_type` what the ranks of a run shard and what each computes. No torch."""

from dataclasses import dataclass

from trainer.contract.config import RunConfig


@dataclass(frozen=True)
class Parallelism:
    """Say what is sharded over the ranks; a single rank shards nothing.

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
        """Tell whether work cannot be dealt out by rank: with a sharded base a pass of one rank is one of all."""
        return self.shards_base
