"""An exponential moving average of a model's weights."""

import copy
from typing import Any

import torch
from torch import nn


class Average:
    """`model` is the average so far; it starts as the model itself and forgets that start quickly."""

    def __init__(self, model: Any, decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._decay, self._count = decay, 0

    @torch.no_grad()
    def add(self, model: nn.Module) -> None:
        self._count += 1
        kept = min(self._decay, self._count / (self._count + 10))
        torch._foreach_lerp_(list(self.model.parameters()), list(model.parameters()), 1 - kept)
