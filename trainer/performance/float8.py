"""Compute the frozen base's matrix products in float8 (e4m3), forward and for the input's gradient, but not the LoRA's.

Each row is scaled by itself when it is used: a token of an activation, an output of a weight. A scale along the summed
dimension could not be taken out of the sum, so the weights are kept twice, scaled for each direction; together they
take what they took in bf16. Shapes: M rows, K summed, N outputs.
"""

from typing import Any

import torch
from torch import nn

from trainer.contract.messages import sentence
from trainer.models.wan.pipeline import Pipe

FORMAT = torch.float8_e4m3fn
LARGEST = torch.finfo(FORMAT).max
DIVISOR = 16
"""What both sizes of a weight have to be multiples of."""
TOLERANCE = 0.1
"""Relative error of a product of random numbers that shows it was computed at all; about 0.04 is float8's."""


class Float8Linear(nn.Module):
    """Replace a frozen linear layer, with products in float8."""

    forth: torch.Tensor
    forth_scales: torch.Tensor
    back: torch.Tensor
    back_scales: torch.Tensor

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features, self.bias = linear.in_features, linear.out_features, linear.bias
        for name, weight in (("forth", linear.weight.detach()), ("back", linear.weight.detach().t())):
            rows, scales = scaled(weight)
            self.register_buffer(name, rows, persistent=False)
            self.register_buffer(f"{name}_scales", scales, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = _Product.apply(x, self.forth, self.forth_scales, self.back, self.back_scales)
        return y if self.bias is None else y + self.bias


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
        forth, forth_scales, back, back_scales = weights
        ctx.save_for_backward(back, back_scales)
        return product(x, forth, forth_scales)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return product(gradients[0], *ctx.saved_tensors), None, None, None, None


def scaled(x_MK: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Convert rows to float8, contiguous as the product wants them, with the scale of each as a column.

    What is transposed or spread is so no longer."""
    wide_MK = x_MK.float()
    scales_M1 = wide_MK.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / LARGEST
    return (wide_MK / scales_M1).clamp(-LARGEST, LARGEST).to(FORMAT).contiguous(), scales_M1


def product(x: torch.Tensor, weight_NK: torch.Tensor, scales_N1: torch.Tensor) -> torch.Tensor:
    """Multiply `x` (any leading dimensions, then K) by the weight, in the number format of `x`. On the CPU the products
    of the rounded numbers are computed in fp32, which equals the card's result but for the order of the sum.
    """
    x_MK, x_scales_M1 = scaled(x.reshape(-1, x.shape[-1]))
    if x.device.type == "cuda":
        y_MN = torch._scaled_mm(
            x_MK, weight_NK.t(), scale_a=x_scales_M1, scale_b=scales_N1.t(), out_dtype=x.dtype, use_fast_accum=True
        )
    else:
        y_MN = ((x_MK.float() * x_scales_M1) @ (weight_NK.float() * scales_N1).t()).to(x.dtype)
    return y_MN.view(*x.shape[:-1], -1)


def why_unavailable(device: torch.device, dtype: torch.dtype) -> str:
    """Say why float8 products are not available here; empty if they are."""
    if device.type != "cuda":
        return sentence("float8.cpu")
    if dtype != torch.bfloat16:
        return sentence("float8.format")
    try:
        linear = nn.Linear(64, 64, bias=False, device=device, dtype=dtype).requires_grad_(False)
        x = torch.randn(50, 64, device=device, dtype=dtype, requires_grad=True)
        found, expected = Float8Linear(linear)(x), linear(x).detach()
        found.sum().backward()
        error = float((found.detach() - expected).norm() / expected.norm())
    except (RuntimeError, ValueError) as failure:  # what torch raises on a card that has no such kernel
        return str(failure).strip().partition("\n")[0][:200]
    return "" if error < TOLERANCE else sentence("float8.inexact", error=error)


def replace_linears(pipe: Pipe) -> None:
    """Replace the frozen linear layers of the DiT's blocks."""
    for module in list(pipe.dit.blocks.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear) and not child.weight.requires_grad and _is_whole(child):
                setattr(module, name, Float8Linear(child))


def _is_whole(linear: nn.Linear) -> bool:
    return linear.in_features % DIVISOR == 0 and linear.out_features % DIVISOR == 0
