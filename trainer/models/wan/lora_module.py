"""The module that the optimizer sees: the LoRA's parameters, and the loss of the model that they are in."""

from typing import Any

import torch
from torch import nn

from trainer.models.wan import flow_matching
from trainer.models.wan.pipeline import Pipe


class LoraModule(nn.Module):
    """Its parameters are the LoRA's alone, its loss is DiffSynth's. The frozen base is kept out of sight."""

    def __init__(self, pipe: Pipe, lora: dict[str, nn.Parameter]) -> None:
        super().__init__()
        self.lora = nn.ParameterList(lora.values())
        self._unregistered = (pipe,)

    def forward(self, inputs: dict[str, Any]) -> torch.Tensor:
        """The weighted flow-matching loss at a random timestep and noise, drawn from torch's global generator."""
        return flow_matching.loss(self.pipe, inputs, flow_matching.draw(self.pipe, inputs))

    @property
    def pipe(self) -> Pipe:
        return self._unregistered[0]
