"""Check that blocks of a sharded base learn as whole ones do. More ranks: tests/trainer/distributed/test_launch.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.trainer.models.wan.test_dit import CPU, inputs_of, learned, with_lora
from trainer.contract.config import RunConfig
from trainer.distributed.sharding import ShardedBlock
from trainer.distributed.world import World
from trainer.models import ModelSpec
from trainer.models.wan.dit import FastDit


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[World]:
    """A group of one rank, whose collectives run."""
    torch.distributed.init_process_group("gloo", f"file://{tmp_path}/store", rank=0, world_size=1)
    yield World(0, 1, 0)
    torch.distributed.destroy_process_group()


def frozen(dit: torch.nn.Module) -> list[torch.nn.Parameter]:
    return [parameter for parameter in dit.blocks.parameters() if not parameter.requires_grad]  # type: ignore[union-attr]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_are_those_of_whole_blocks(
    wan: ModelSpec, config: RunConfig, alone: World, dtype: torch.dtype
) -> None:
    inputs = inputs_of(dtype, has_first_frame=True)
    pipe, lora = with_lora(wan, config, dtype)
    FastDit(pipe, compiled=False)
    loss, expected = learned(pipe, lora, inputs)
    pipe, lora = with_lora(wan, config, dtype)
    fast = FastDit(pipe, compiled=False)
    fast.shard_base(alone, CPU)
    assert fast.checkpointed == 4
    assert sum(parameter.numel() for parameter in frozen(pipe.dit)) == 0, "only the parts are kept"
    our_loss, ours = learned(pipe, lora, inputs)
    assert our_loss == loss
    assert ours.keys() == expected.keys()
    assert all(torch.equal(ours[name], expected[name]) for name in expected)


def test_each_rank_keeps_its_part_alone(wan: ModelSpec, config: RunConfig) -> None:
    numbers, parts = 0, list[torch.Tensor]()
    for rank in range(3):
        pipe, _ = with_lora(wan, config, torch.float32)
        block = pipe.dit.blocks[0]
        whole = torch.cat([p.detach().flatten() for p in block.parameters() if not p.requires_grad])
        numbers = whole.numel()
        shared = ShardedBlock(block, World(rank, 3, rank), CPU)
        parts.append(shared._part)
        assert shared._part.untyped_storage().nbytes() == 4 * -(-numbers // 3)
    assert torch.equal(torch.cat(parts)[:numbers], whole)
