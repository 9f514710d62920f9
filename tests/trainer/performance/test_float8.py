"""The maths of float8 products, on the CPU; the card's own kernel is tried by the trainer before it is used."""

import pytest
import torch
from torch import nn

from tests.trainer.models.wan.test_dit import CPU, inputs_of, learned, with_lora
from trainer.contract.config import RunConfig
from trainer.evaluation.samples import lora_off
from trainer.models import ModelSpec
from trainer.models.wan.dit import FastDit
from trainer.performance import autotune
from trainer.performance.float8 import LARGEST, Float8Linear, replace_linears, scaled, why_unavailable


def error(found: torch.Tensor, wanted: torch.Tensor) -> float:
    return float((found - wanted).detach().norm() / wanted.detach().norm())


def test_each_row_has_its_own_scale() -> None:
    torch.manual_seed(0)
    x = torch.randn(8, 64) * 10.0 ** torch.arange(-4, 4)[:, None]
    rows, scales = scaled(x)
    assert scales.shape == (8, 1)
    assert torch.equal(rows.float().abs().amax(dim=1), torch.full((8,), LARGEST))
    for row, wanted in zip(rows.float() * scales, x, strict=True):
        assert error(row, wanted) < 0.04, "a large row spoils no small one"
    assert not scaled(torch.zeros(1, 16))[0].float().any(), "and nothing is divided by zero"


@pytest.mark.parametrize("x", [torch.randn(64, 48).t(), torch.ones(1, 1).expand(48, 64)], ids=["transposed", "spread"])
def test_rows_lie_as_the_cards_product_wants_them(x: torch.Tensor) -> None:
    assert scaled(x)[0].is_contiguous()
    linear = nn.Linear(64, 48, bias=False).requires_grad_(False)
    layer = Float8Linear(linear)
    assert layer.forth.is_contiguous()
    assert layer.back.is_contiguous()


@pytest.mark.parametrize("bias", [False, True])
def test_a_layer_and_the_gradient_through_it_are_off_by_the_formats_rounding(bias: bool) -> None:
    torch.manual_seed(0)
    linear = nn.Linear(96, 160, bias=bias).requires_grad_(False)
    x, y = torch.randn(2, 5, 96, requires_grad=True), torch.randn(2, 5, 160)
    (linear(x) * y).sum().backward()
    assert x.grad is not None
    wanted, x.grad = x.grad, None
    layer = Float8Linear(linear)
    found = layer(x)
    (found * y).sum().backward()
    assert error(found, linear(x)) < 0.05
    assert error(x.grad, wanted) < 0.05
    assert layer.forth.nbytes + layer.back.nbytes == linear.weight.nbytes // 2, "what bf16 takes"


def test_a_lora_learns_nearly_the_same_on_a_float8_base(wan: ModelSpec, config: RunConfig) -> None:
    inputs = inputs_of(torch.float32, has_first_frame=True)
    pipe, lora = with_lora(wan, config, torch.float32)
    FastDit(pipe, compiled=False)
    loss, wanted = learned(pipe, lora, inputs)
    pipe, lora = with_lora(wan, config, torch.float32)
    replace_linears(pipe)
    assert sum(isinstance(module, Float8Linear) for module in pipe.dit.modules()) == 4 * 10
    assert all(parameter.requires_grad for parameter in lora.values())
    FastDit(pipe, compiled=False).checkpointed = 2
    our_loss, ours = learned(pipe, lora, inputs)
    assert our_loss == pytest.approx(loss, rel=0.01)
    whole, our_whole = (torch.cat([g.flatten() for g in found.values()]) for found in (wanted, ours))
    assert torch.cosine_similarity(whole, our_whole, dim=0) > 0.99
    with torch.no_grad(), lora_off(pipe.dit):
        given = {"latents": inputs.pop("input_latents"), "timestep": torch.tensor([500.0]), **inputs}
        assert torch.isfinite(pipe.model_fn(dit=pipe.dit, **given)).all()


def test_where_there_are_none_the_base_stays_as_it_is(wan: ModelSpec, config: RunConfig) -> None:
    assert why_unavailable(CPU, torch.bfloat16) == "the CPU has none"
    assert why_unavailable(torch.device("cuda"), torch.float16) == "they need a bf16 base"
    pipe, _ = with_lora(wan, config, torch.float32)
    wanted = config.model_copy(update={"float8_base": True})
    choices = autotune.choose(pipe, wanted, inputs_of(torch.float32, has_first_frame=True))
    assert (choices.float8, choices.no_float8_because) == (False, "the CPU has none")
    assert not any(isinstance(module, Float8Linear) for module in pipe.dit.modules())
