"""Shard the frozen base over the ranks: each holds a part of every block's weights, and a block is whole only while it
is computed, in the forward pass and again if it is recomputed in the backward pass.

The ranks meet at every block, so all of them have to make the same passes: see where
`Parallelism.every_rank_computes_all` is asked.
"""

from typing import Any

import torch
from torch import nn
from torch.func import functional_call

from trainer.distributed.world import World

# torch 2.10, which Volta needs, has it under its older name alone.
_gather = getattr(torch.distributed, "all_gather_single", None) or torch.distributed.all_gather_into_tensor


class ShardedBlock(nn.Module):
    """Shard a block's frozen weights; its trained ones stay whole on every rank."""

    def __init__(self, block: nn.Module, world: World, device: torch.device) -> None:
        super().__init__()
        self._block = block
        frozen = {name: parameter for name, parameter in block.named_parameters() if not parameter.requires_grad}
        self._shapes = {name: parameter.shape for name, parameter in frozen.items()}
        whole = torch.cat([parameter.detach().flatten() for parameter in frozen.values()])
        self._used, self._ranks = whole.numel(), world.size
        part = -(-self._used // world.size)
        padded = nn.functional.pad(whole, (0, part * world.size - self._used))
        self._part = padded[part * world.rank : part * (world.rank + 1)].to(device, copy=True)
        for parameter in frozen.values():
            parameter.data = parameter.new_empty(0)

    def forward(self, *inputs: Any) -> Any:
        # New tensors each time, and not the parameters' own memory: autograd keeps what it needs of them, no longer.
        return functional_call(self._block, self._gathered(), inputs)

    @torch.no_grad()
    def _gathered(self) -> dict[str, torch.Tensor]:
        """Gather the frozen weights, whole; a collective."""
        whole = self._part.new_empty(self._part.numel() * self._ranks)
        # As bytes, which every backend takes.
        _gather(whole.view(torch.uint8), self._part.view(torch.uint8))
        flat = torch.split(whole[: self._used], [shape.numel() for shape in self._shapes.values()])
        return {name: part.view(shape) for (name, shape), part in zip(self._shapes.items(), flat, strict=True)}
