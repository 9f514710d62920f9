"""A rank's gradient by itself; how the ranks join theirs is tests/trainer/distributed/test_launch.py's."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.trainer.models.wan.test_dit import inputs_of, with_lora
from trainer.contract.config import RunConfig
from trainer.models import ModelSpec
from trainer.models.wan.lora_module import LoraModule
from trainer.optim.gradients import Gradients
from trainer.optim.loss_scale import LossScale
from trainer.performance.cuda_graphs import CudaGraphs


def passed(gradients: Gradients, share: float) -> torch.Tensor:
    torch.manual_seed(7)
    return gradients.add(inputs_of(torch.float32, has_first_frame=True), share, lambda phase: None)


def waiting(work: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """`work` that waits for the GPU, which is forbidden while it is recorded. Without one no recording can begin."""

    def waits(**inputs: Any) -> torch.Tensor:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return work(**inputs)

    return waits


def test_a_pass_that_cannot_be_recorded_is_computed_without_a_graph(wan: ModelSpec, config: RunConfig) -> None:
    plain = LoraModule(*with_lora(wan, config, torch.float32))
    expected = Gradients(plain, None, None, pytest.fail)
    module, reasons = LoraModule(*with_lora(wan, config, torch.float32)), list[str]()
    module.pipe.model_fn = waiting(module.pipe.model_fn)
    gradients = Gradients(module, None, CudaGraphs(module.pipe), reasons.append)
    for share in (0.25, 0.75):
        assert passed(gradients, share) == passed(expected, share)
    assert len(reasons) == 1, "it is not tried again"
    assert "CUDA" in reasons[0]
    assert torch.equal(gradients.whole(), expected.whole())
    assert gradients.whole().any()


def test_the_scale_is_taken_out_to_the_bit(wan: ModelSpec, config: RunConfig) -> None:
    plain, scaled = (LoraModule(*with_lora(wan, config, torch.float32)) for _ in range(2))
    expected, gradients = Gradients(plain, None, None, pytest.fail), Gradients(scaled, LossScale(), None, pytest.fail)
    assert passed(gradients, 1.0) == passed(expected, 1.0), "the loss itself is not scaled"
    assert torch.equal(gradients.whole(), expected.whole())
    gradients.start_over()
    assert not gradients.whole().any()
