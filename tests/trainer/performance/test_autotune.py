"""Check the choices for a card whose memory is made up. Fast blocks: tests/trainer/models/wan/test_dit.py."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.trainer.models.wan.test_dit import CPU, inputs_of, with_lora
from trainer.contract.config import RunConfig
from trainer.models import ModelSpec
from trainer.models.wan.dit import FastDit, by_cudnn, by_flash, by_torch
from trainer.models.wan.pipeline import Pipe, load_dit
from trainer.performance import autotune

GB = 10**9


@pytest.fixture
def pipe(wan: ModelSpec, config: RunConfig) -> Pipe:
    return load_dit(wan, config, CPU, torch.float32)


def peaks(fast: FastDit, least: int, each: int, card: int) -> Callable[..., int]:
    """The peak memory of a pass on a card: so much with all blocks recomputed, and more for each that is not."""

    def peak(pipe: Pipe, inputs: dict[str, Any]) -> int:
        taken = least + (len(pipe.dit.blocks) - fast.checkpointed) * each
        return taken if taken <= card else 0

    return peak


@pytest.mark.parametrize(
    ("budget", "checkpointed", "peak"),
    [(100 * GB, 0, 14 * GB), (14 * GB, 0, 14 * GB), (13 * GB, 1, 12 * GB), (9 * GB, 3, 8 * GB), (5 * GB, 4, 6 * GB)],
)
def test_as_few_blocks_are_recomputed_as_fit(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch, budget: int, checkpointed: int, peak: int
) -> None:
    fast = FastDit(pipe, compiled=False)
    monkeypatch.setattr(autotune, "peak_bytes", peaks(fast, least=6 * GB, each=2 * GB, card=80 * GB))
    assert autotune.choose_checkpointed(pipe, fast, {}, budget) == peak
    assert fast.checkpointed == checkpointed


def test_on_a_card_on_which_nothing_fits_all_are_recomputed(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = FastDit(pipe, compiled=False)
    monkeypatch.setattr(autotune, "peak_bytes", peaks(fast, least=6 * GB, each=2 * GB, card=5 * GB))
    assert autotune.choose_checkpointed(pipe, fast, {}, 4 * GB) == 0
    assert fast.checkpointed == 4


@pytest.mark.parametrize(("asked", "checkpointed"), [("auto", 0), (False, 0), (True, 4)])
def test_the_cpu_computes_as_it_is_written(
    wan: ModelSpec, config: RunConfig, asked: bool | str, checkpointed: int
) -> None:
    pipe, lora = with_lora(wan, config, torch.float32)
    wanted = config.model_copy(update={"use_gradient_checkpointing": asked})
    choices = autotune.choose(pipe, wanted, inputs_of(torch.float32, has_first_frame=True))
    assert choices == autotune.Choices(False, "PyTorch", 4, checkpointed, False)
    assert choices.text() == f"blocks as they are, attention by PyTorch, {checkpointed} of 4 blocks recomputed"
    assert all(parameter.grad is None for parameter in lora.values())


def test_a_kernel_that_does_not_run_here_is_not_chosen(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = inputs_of(torch.float32, has_first_frame=False)
    assert autotune.fastest_attention(pipe, inputs) == ("PyTorch", by_torch), "the others need a GPU"
    monkeypatch.setattr(autotune, "_seconds", lambda work: {by_torch: 2.0, by_cudnn: 3.0, by_flash: 1.0}[work.args[0]])
    assert autotune.fastest_attention(pipe, inputs) == ("FlashAttention", by_flash)


def test_blocks_that_cannot_be_compiled_are_left_as_they_are(
    wan: ModelSpec, config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, lora = with_lora(wan, config, torch.float32)
    fast = FastDit(pipe, compiled=True)
    monkeypatch.setenv("CXX", "/there/is/no/compiler")
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", ("/there/is/no/compiler",))
    inputs = inputs_of(torch.float32, has_first_frame=True)
    assert "compiler" in autotune.why_uncompiled(pipe, fast, inputs)
    assert autotune.why_uncompiled(pipe, fast, inputs) == "", "now they are computed as they are written"
    assert all(parameter.grad is None for parameter in lora.values())
