"""Wrap the LoRA's parameters and the loss of their model in the module that the optimizer sees."""

from typing import Any

import torch
from torch import nn

from trainer.models.wan import flow_matching
from trainer.models.wan.pipeline import Pipe


class LoraModule(nn.Module):
    """Register the LoRA's parameters alone and compute DiffSynth's loss. The frozen base is not registered."""

    def __init__(self, pipe: Pipe, lora: dict[str, nn.Parameter]) -> None:
        super().__init__()
        self.lora = nn.ParameterList(lora.values())
        self._unregistered = (pipe,)

    def forward(self, inputs: dict[str, Any]) -> torch.Tensor:
        """Compute the weighted flow-matching loss at a timestep and noise drawn from torch's global generator."""
        return flow_matching.loss(self.pipe, inputs, flow_matching.draw(self.pipe, inputs))

    @property
    def pipe(self) -> Pipe:
        return self._unregistered[0]
