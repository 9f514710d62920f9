"""Accumulate the gradient of a step's passes on one rank. Nothing here waits for another rank: a pass may fail and be
repeated while the others wait where the ranks' gradients are joined.
"""

from collections.abc import Callable
from typing import Any

import torch

from trainer.models.wan import flow_matching
from trainer.models.wan.lora_module import LoraModule
from trainer.optim.flat_tensors import flat_zeros, views_of
from trainer.optim.loss_scale import LossScale
from trainer.performance.cuda_graphs import CudaGraphs, NotRecorded

EnterPhase = Callable[[str], None]
"""Is told the phase that begins: forward, backward."""


class Gradients:
    """Accumulate in one flat tensor, of which each parameter's `grad` is a view. `warn` is told why `graphs` are no
    longer used.
    """

    def __init__(
        self, module: LoraModule, scale: LossScale | None, graphs: CudaGraphs | None, warn: Callable[[str], None]
    ) -> None:
        self._module, self._scale, self._graphs, self._warn = module, scale, graphs, warn
        parameters = list(module.parameters())
        self._flat = flat_zeros(parameters)
        for parameter, part in zip(parameters, views_of(self._flat, parameters), strict=True):
            parameter.grad = part

    def add(self, inputs: dict[str, Any], share: float, enter: EnterPhase) -> torch.Tensor:
        """Add `share` times the gradient at a sample, scaled if there is a loss scale. Returns the loss, detached."""
        if self._scale is not None:
            share *= self._scale.value
        enter("forward")
        if self._graphs is None:
            return self._backward(self._module(inputs), share, enter)
        drawn = flow_matching.draw(self._module.pipe, inputs)
        try:
            return self._graphs.accumulate(inputs, drawn, share, self._flat)
        except NotRecorded as error:
            self._graphs = None
            self._warn(str(error))
            return self._backward(flow_matching.loss(self._module.pipe, inputs, drawn), share, enter)

    def whole(self) -> torch.Tensor:
        """Return the gradient of all parameters, one after the other, with the loss scale taken out."""
        if self._scale is not None:
            self._flat.mul_(1 / self._scale.value)
        return self._flat

    def clear(self) -> None:
        """Begin the next step."""
        self._flat.zero_()

    def start_over(self) -> None:
        """Forget a step that is half done, and the memory that graphs keep."""
        self._graphs = None
        self.clear()

    def _backward(self, loss: torch.Tensor, share: float, enter: EnterPhase) -> torch.Tensor:
        enter("backward")
        (loss * share).backward()  # type: ignore[no-untyped-call]
        return loss.detach()
