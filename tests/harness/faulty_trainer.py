"""`trainer.train` with a fault: FAULT=nan:1:3 makes the loss of rank 1 NaN at its third pass, raise:1:3 an error, and
memory:1:3 runs out of memory once the pass has added to the gradients."""

import os
import sys
from typing import Any

import torch

from trainer import train
from trainer.models.wan import lora_module


def install(kind: str, rank: int, passes: set[int]) -> None:
    """Break the passes (from 1) of `rank` in this process, if it is that rank."""
    count, forward = 0, lora_module.LoraModule.forward

    def broken(self: lora_module.LoraModule, inputs: dict[str, Any]) -> torch.Tensor:
        nonlocal count
        count += 1
        loss = forward(self, inputs)
        if count not in passes or int(os.environ.get("RANK", 0)) != rank:
            return loss
        if kind == "raise":
            raise RuntimeError("a fault of the test's")
        if kind == "memory":
            loss.backward()  # type: ignore[no-untyped-call]
            raise torch.OutOfMemoryError("a fault of the test's")
        return loss * float("nan")

    lora_module.LoraModule.forward = broken  # type: ignore[method-assign]


def install_asked_for() -> None:
    """Install the fault that FAULT names."""
    kind, rank, number = os.environ["FAULT"].split(":")
    install(kind, int(rank), {int(number)})


if __name__ == "__main__":
    install_asked_for()
    sys.exit(train.main())
