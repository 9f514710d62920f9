from typing import Any

import pytest
import torch
from diffsynth.diffusion import FlowMatchSFTLoss

from tests.trainer.test_dit import CPU, inputs_of
from trainer import flow
from trainer.contract.config import RunConfig
from trainer.models import ModelSpec
from trainer.pipeline import load_dit


@pytest.mark.parametrize("has_first_frame", [False, True], ids=["text to video", "image to video"])
@pytest.mark.parametrize("seed", range(3))
@torch.no_grad()
def test_draws_and_loss_are_upstreams_to_the_bit(
    wan: ModelSpec, config: RunConfig, has_first_frame: bool, seed: int
) -> None:
    pipe = load_dit(wan, config, CPU, torch.float32)
    inputs: dict[str, Any] = inputs_of(torch.float32, has_first_frame)
    torch.manual_seed(seed)
    expected = FlowMatchSFTLoss(pipe, **inputs)
    torch.manual_seed(seed)
    found = flow.loss(pipe, inputs, flow.draw(pipe, inputs))
    assert torch.equal(found, expected)
