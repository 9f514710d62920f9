"""The gradient of a step's passes on one rank. Nothing here waits for another rank: a pass may fail and be done again
while the others wait where the ranks' gradients are joined.
"""

from collections.abc import Callable
from typing import Any

import torch

from trainer import flow
from trainer.graphs import Graphs, NotRecorded
from trainer.lora import LoraModule
from trainer.loss_scale import LossScale

Enter = Callable[[str], None]
"""Is told the phase that begins: forward, backward."""


class Gradients:
    """Adds up in the parameters' `grad`. `graphs`: see there; `tell` is told why they are not used any more."""

    def __init__(
        self, module: LoraModule, scale: LossScale | None, graphs: Graphs | None, tell: Callable[[str], None]
    ) -> None:
        self._module, self._scale, self._graphs, self._tell = module, scale, graphs, tell
        self._parameters = list(module.parameters())

    def add(self, inputs: dict[str, Any], share: float, enter: Enter) -> torch.Tensor:
        """Add `share` times the gradient at a sample, scaled where there is a scale. The loss, detached."""
        if self._scale is not None:
            share *= self._scale.value
        enter("forward")
        if self._graphs is None:
            return self._backward(self._module(inputs), share, enter)
        drawn = flow.draw(self._module.pipe, inputs)
        try:
            return self._graphs.pass_over(inputs, drawn, share)
        except NotRecorded as error:
            self._graphs = None
            self._tell(str(error))
            return self._backward(flow.loss(self._module.pipe, inputs, drawn), share, enter)

    def whole(self) -> list[torch.Tensor]:
        """The gradients, one a parameter, with the scale taken out."""
        for parameter in self._parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        found = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        if self._scale is not None:
            torch._foreach_mul_(found, 1 / self._scale.value)
        return found

    def clear(self) -> None:
        """Begin the next step."""
        if self._graphs is None:
            for parameter in self._parameters:
                parameter.grad = None
        else:
            torch._foreach_zero_([parameter.grad for parameter in self._parameters if parameter.grad is not None])

    def start_over(self) -> None:
        """Forget a step that is half done, and the memory that graphs keep."""
        self._graphs = None
        self.clear()

    def _backward(self, loss: torch.Tensor, share: float, enter: Enter) -> torch.Tensor:
        enter("backward")
        (loss * share).backward()  # type: ignore[no-untyped-call]
        return loss.detach()
